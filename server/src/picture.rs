//! 「写真・書類」 What was sent as a photo or a file. Invariant: neither a name nor a type that somebody claims is believed; what
//! comes out is a JPEG made here, without anything but its pixels, or a PDF as it came, which is never shown on our pages.
//!
//! Memory is bounded by [`MOST_DECODED`] whatever a header says, and by how many are decoded at once (`Portal::decoding`).

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage, codecs::jpeg::JpegEncoder};

/// The longest file that is taken.
pub const LONGEST_FILE: usize = 6 * 1024 * 1024;
/// A camera of 40 megapixels; some 120 MB while it is decoded.
const MOST_PIXELS: u64 = 40_000_000;
const LONGEST_EDGE: u32 = 12_000;
/// What a picture may take while it is decoded.
const MOST_DECODED: u64 = 192 * 1024 * 1024;
/// What is packed beside the pixels, such as a colour profile, may swell to so much.
const MOST_BESIDE: u64 = 8 * 1024 * 1024;
/// 「プログレッシブJPEG」 A picture that comes in passes is kept as coefficients until the last one: two bytes for each of up to
/// four components of a pixel. Cameras write one pass; the web knows both.
const COEFFICIENTS_OF_A_PIXEL: u64 = 2 * 4;
/// An A4 page of print stays readable.
const KEPT_EDGE: u32 = 2_560;
const QUALITY: u8 = 85;

/// Why a file is not taken. Each has a sentence that says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 「HEIC」 The format of phones that others cannot read.
    Heic,
    /// Neither JPEG nor PNG nor PDF.
    OtherKind,
    /// Too many bytes.
    TooLong,
    /// Too many pixels.
    TooManyPixels,
    /// It ends too early or cannot be read.
    Broken,
    /// Nothing in it.
    Empty,
    /// More than the form asks for.
    TooMany,
    /// The papers of this person have too many bytes together.
    Quota,
    /// Too much is kept of people who have not signed in: those who have can go on.
    SignInFirst,
}

impl Refusal {
    /// All.
    pub const ALL: [Self; 9] = [
        Self::Heic,
        Self::OtherKind,
        Self::TooLong,
        Self::TooManyPixels,
        Self::Broken,
        Self::Empty,
        Self::TooMany,
        Self::Quota,
        Self::SignInFirst,
    ];

    /// The stable name; its sentence is `paper-refused-…`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Heic => "heic",
            Self::OtherKind => "kind",
            Self::TooLong => "long",
            Self::TooManyPixels => "pixels",
            Self::Broken => "broken",
            Self::Empty => "empty",
            Self::TooMany => "many",
            Self::Quota => "quota",
            Self::SignInFirst => "sign-in",
        }
    }
}

/// What is kept of a file.
pub struct Kept {
    /// `image/jpeg` or `application/pdf`.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The media type of what is kept of a photo.
pub const JPEG: &str = "image/jpeg";
/// The media type of what is kept of a document.
pub const PDF: &str = "application/pdf";

enum Sort {
    Jpeg,
    Png,
    Pdf,
}

/// Looks into a file and makes of it what is kept. It can take seconds: not for a thread that answers requests.
///
/// # Errors
/// Why it is not taken.
pub fn take_in(file: Vec<u8>) -> Result<Kept, Refusal> {
    if file.is_empty() {
        return Err(Refusal::Empty);
    }
    if file.len() > LONGEST_FILE {
        return Err(Refusal::TooLong);
    }
    let picture = match sort(&file)? {
        Sort::Pdf if has_pdf_end(&file) => return Ok(Kept { media_type: PDF, bytes: file }),
        Sort::Pdf => return Err(Refusal::Broken),
        Sort::Jpeg => decode(&file, jpeg_passes(&file).ok_or(Refusal::Broken)?)?,
        Sort::Png => decode(&file, Passes::One)?,
    };
    drop(file);
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    picture.write_with_encoder(encoder).map_err(|_| Refusal::Broken)?;
    Ok(Kept { media_type: JPEG, bytes })
}

/// By what the file begins with.
fn sort(file: &[u8]) -> Result<Sort, Refusal> {
    const HEIC: [&[u8]; 8] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"];
    if file.starts_with(&[0xff, 0xd8, 0xff]) {
        return Ok(Sort::Jpeg);
    }
    if file.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Sort::Png);
    }
    if file.starts_with(b"%PDF-") {
        return Ok(Sort::Pdf);
    }
    let is_heic = file.get(4..8) == Some(b"ftyp") && file.get(8..12).is_some_and(|brand| HEIC.contains(&brand));
    Err(if is_heic { Refusal::Heic } else { Refusal::OtherKind })
}

fn has_pdf_end(file: &[u8]) -> bool {
    let tail = &file[file.len().saturating_sub(1_024)..];
    tail.windows(5).any(|window| window == b"%%EOF")
}

/// How a picture is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passes {
    One,
    Several,
}

/// How a JPEG comes, if it comes to its end: decoders fill up with grey what was cut off. Phones write other things behind
/// the end, and small pictures with ends of their own before the beginning, so the segments are walked through.
fn jpeg_passes(file: &[u8]) -> Option<Passes> {
    let mut at = 2;
    let (mut is_in_scan, mut passes) = (false, Passes::One);
    while let Some(pair) = file.get(at..at + 2) {
        match pair {
            [0xff, 0xd9] => return is_in_scan.then_some(passes),
            [0xff, 0xff] => at += 1,
            // Stuffing and restarts: before the first scan they would hide a header from one reader and not from another.
            [0xff, 0x00 | 0x01 | 0xd0..=0xd7] if is_in_scan => at += 2,
            [0xff, 0x00 | 0x01 | 0xd0..=0xd7] => return None,
            [0xff, marker] => {
                let length = file.get(at + 2..at + 4)?;
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
                is_in_scan |= *marker == 0xda;
                if *marker == 0xc2 {
                    passes = Passes::Several;
                }
            }
            _ if is_in_scan => at += 1,
            _ => return None,
        }
    }
    None
}

fn decode(file: &[u8], passes: Passes) -> Result<DynamicImage, Refusal> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_EDGE);
    limits.max_image_height = Some(LONGEST_EDGE);
    limits.max_alloc = Some(MOST_BESIDE);
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|_| Refusal::Broken)?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let coefficients = if passes == Passes::Several { pixels.saturating_mul(COEFFICIENTS_OF_A_PIXEL) } else { 0 };
    // Asked here because the decoders count neither against their limit.
    if pixels > MOST_PIXELS || decoder.total_bytes().saturating_add(coefficients) > MOST_DECODED {
        return Err(Refusal::TooManyPixels);
    }
    let orientation = decoder.orientation().map_err(|_| Refusal::Broken)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    if picture.width().max(picture.height()) > KEPT_EDGE {
        // By boxes: other filters hold the whole picture once more, four times as large.
        picture = picture.thumbnail(KEPT_EDGE, KEPT_EDGE);
    }
    picture.apply_orientation(orientation);
    Ok(DynamicImage::ImageRgb8(on_white(picture)))
}

fn refusal(error: &image::ImageError) -> Refusal {
    if matches!(error, image::ImageError::Limits(_)) { Refusal::TooManyPixels } else { Refusal::Broken }
}

/// A JPEG has no transparency: what shows through is paper.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let from = picture.into_rgba8();
    let over =
        |value: u8, alpha: u16| u8::try_from((u16::from(value) * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX);
    RgbImage::from_fn(from.width(), from.height(), |x, y| {
        let [red, green, blue, alpha] = from.get_pixel(x, y).0;
        image::Rgb([red, green, blue].map(|value| over(value, u16::from(alpha))))
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use image::{ImageFormat, Rgba, RgbaImage};

    fn sample(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([u8::try_from(x % 256).unwrap(), u8::try_from(y % 256).unwrap(), 90])
        }))
    }

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn size(kept: &Kept) -> (u32, u32) {
        assert_eq!(kept.media_type, JPEG);
        let picture = image::load_from_memory_with_format(&kept.bytes, ImageFormat::Jpeg).unwrap();
        (picture.width(), picture.height())
    }

    /// An EXIF segment that says 「turn me」, with a place.
    fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        tiff.extend(b"GPS 35.6812N 139.7671E");
        let body = [b"Exif\0\0".as_slice(), &tiff].concat();
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &body, &jpeg[2..]].concat()
    }

    #[test]
    fn a_photo_is_turned_made_smaller_and_keeps_nothing_but_its_pixels() {
        let kept = take_in(with_exif(&encoded(&sample(3_000, 1_000), ImageFormat::Jpeg))).unwrap();
        assert_eq!(size(&kept), (853, 2_560));
        assert!(!kept.bytes.windows(4).any(|window| window == b"Exif" || window == b"GPS "));
    }

    #[test]
    fn a_png_becomes_a_jpeg_on_white() {
        let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(9, 9, Rgba([0, 0, 0, 0])));
        let kept = take_in(encoded(&clear, ImageFormat::Png)).unwrap();
        let picture = image::load_from_memory(&kept.bytes).unwrap().into_rgb8();
        assert!(picture.get_pixel(4, 4).0.iter().all(|value| *value > 250));
    }

    #[test]
    fn what_hangs_behind_a_picture_is_gone() {
        let script = b"<script>alert(1)</script>PK\x03\x04";
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let kept = take_in([encoded(&sample(20, 20), format), script.to_vec()].concat()).unwrap();
            assert_eq!(size(&kept), (20, 20));
            assert!(!kept.bytes.windows(7).any(|window| window == b"<script"));
        }
    }

    #[test]
    fn what_is_no_picture_is_refused_whatever_it_claims() {
        for (file, refusal) in [
            (b"".to_vec(), Refusal::Empty),
            (b"GIF89a\x01\0\x01\0".to_vec(), Refusal::OtherKind),
            (b"<html><script>alert(1)</script>".to_vec(), Refusal::OtherKind),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), Refusal::OtherKind),
            (b"PK\x03\x04 %PDF-1.7 %%EOF".to_vec(), Refusal::OtherKind),
            (b"MZ\x90\0".to_vec(), Refusal::OtherKind),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), Refusal::Heic),
            (b"\0\0\0\x18ftypmp42".to_vec(), Refusal::OtherKind),
            (b"\xff\xd8\xff\xe0 nothing more".to_vec(), Refusal::Broken),
            (b"%PDF-1.7 cut off".to_vec(), Refusal::Broken),
            (vec![0xff; LONGEST_FILE + 1], Refusal::TooLong),
        ] {
            assert_eq!(
                take_in(file.clone()).err(),
                Some(refusal),
                "{:?}",
                String::from_utf8_lossy(&file[..file.len().min(40)])
            );
        }
    }

    #[test]
    fn a_picture_that_was_cut_off_is_refused_wherever_it_was_cut() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let whole = encoded(&sample(200, 160), format);
            assert!(take_in(whole.clone()).is_ok());
            // The last chunk of a PNG is an end mark without content.
            for cut in (3..whole.len() - 16).step_by(97) {
                assert!(take_in(whole[..cut].to_vec()).is_err(), "{format:?} cut at {cut}");
            }
        }
        // The end of the small picture inside is not the end of the picture.
        let mut with_thumbnail = with_exif(&encoded(&sample(200, 160), ImageFormat::Jpeg));
        with_thumbnail.splice(30..32, [0xff, 0xd9]);
        let length = with_thumbnail.len();
        assert_eq!(jpeg_passes(&with_thumbnail[..length - 2]), None);
        assert_eq!(jpeg_passes(&with_thumbnail), Some(Passes::One));
    }

    /// A decoder of a picture in passes keeps six bytes for each pixel beside the three that come out, one of sixteen bits eight.
    #[test]
    fn what_takes_more_memory_for_each_pixel_may_have_fewer_of_them() {
        let mut jpeg = encoded(&sample(8, 8), ImageFormat::Jpeg);
        let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[6_200_u16.to_be_bytes(), 4_200_u16.to_be_bytes()].concat());
        // So many pixels are taken in one pass, and it is the data that are missing.
        assert_ne!(take_in(jpeg.clone()).err(), Some(Refusal::TooManyPixels));
        jpeg[frame + 1] = 0xc2;
        assert_eq!(jpeg_passes(&jpeg), Some(Passes::Several));
        assert_eq!(take_in(jpeg).err(), Some(Refusal::TooManyPixels));
        let mut deep = png_that_says(6_000, 6_000);
        deep[24] = 16;
        deep[25] = 6;
        let crc = crc32(&deep[12..29]);
        deep[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(take_in(deep).err(), Some(Refusal::TooManyPixels));
    }

    /// A PNG whose header says a size, and whose data are zeros as many as one likes.
    fn png_that_says(width: u32, height: u32) -> Vec<u8> {
        let mut file = encoded(&sample(8, 8), ImageFormat::Png);
        file[16..20].copy_from_slice(&width.to_be_bytes());
        file[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = crc32(&file[12..29]);
        file[29..33].copy_from_slice(&crc.to_be_bytes());
        file
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        })
    }

    #[test]
    fn a_header_of_fifty_thousand_by_fifty_thousand_is_refused_before_anything_is_made_of_it() {
        for (width, height) in [(50_000, 50_000), (11_999, 11_999), (u32::MAX >> 1, 1), (1, 50_000)] {
            assert_eq!(take_in(png_that_says(width, height)).err(), Some(Refusal::TooManyPixels), "{width} × {height}");
        }
        let mut jpeg = encoded(&sample(8, 8), ImageFormat::Jpeg);
        let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0xc3, 0x50, 0xc3, 0x50]);
        assert_eq!(take_in(jpeg).err(), Some(Refusal::TooManyPixels));
    }

    #[test]
    fn a_document_is_kept_as_it_came() {
        let file = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n".to_vec();
        let kept = take_in(file.clone()).unwrap();
        assert_eq!((kept.media_type, kept.bytes), (PDF, file));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_looked_at(start in 0_usize..3, rest: Vec<u8>, at in 0_usize..600, put: u8) {
            let starts: [&[u8]; 3] = [&[0xff, 0xd8, 0xff], b"\x89PNG\r\n\x1a\n", b"%PDF-"];
            let _ = take_in([starts[start], &rest].concat());
            let mut jpeg = encoded(&sample(8, 8), ImageFormat::Jpeg);
            let length = jpeg.len();
            jpeg[at % length] = put;
            let _ = take_in(jpeg);
        }
    }
}
