//! The font of the PDF. Invariant: a font that is found was opened and can write Japanese; its file is read anew for each
//! document, for it is larger than all else that the portal keeps in memory.

use std::{
    fs::File,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::{
    FontRef, MetadataProvider,
    charmap::{Charmap, MapVariant},
    instance::{LocationRef, Size},
    metrics::GlyphMetrics,
    raw::FileRef,
    string::StringId,
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Where distributions put a Japanese font: Noto Sans CJK, then the fonts of IPA and VL Gothic.
const USUAL_PLACES: [&str; 9] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJKjp-Regular.otf",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
    "/usr/share/fonts/truetype/vlgothic/VL-Gothic-Regular.ttf",
];

/// What every receipt needs; 「〓」 stands for what the font has not.
const NEEDED: &str = "受付番号〓〔〕U+0123456789ABCDEF年月日";

/// So many papers are made at once: each holds the whole font.
const AT_ONCE: usize = 2;

/// Why there is no PDF; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum NoFont {
    /// None of the usual places has one.
    #[error("no Japanese font was found: install fonts-noto-cjk or name a font file in MADOGUCHI_PDF_FONT")]
    NoneFound,
    /// The file that is named cannot be read.
    #[error("MADOGUCHI_PDF_FONT: the file cannot be read: {0}")]
    Unreadable(io::Error),
    /// The file that is named is no font, or one without Japanese.
    #[error("MADOGUCHI_PDF_FONT: not a font that can write Japanese")]
    NotJapanese,
}

/// 「受付票」 A font file that papers can be made with.
#[derive(Debug)]
pub struct PdfFont {
    path: PathBuf,
    index: u32,
    pub(super) turns: Semaphore,
}

impl PdfFont {
    /// The font that is named, else the first in the usual places.
    ///
    /// # Errors
    /// See [`NoFont`]; the portal works without.
    pub fn find(named: Option<&Path>) -> Result<Self, NoFont> {
        match named {
            Some(path) => Self::open(path),
            None => USUAL_PLACES.iter().find_map(|path| Self::open(Path::new(path)).ok()).ok_or(NoFont::NoneFound),
        }
    }

    fn open(path: &Path) -> Result<Self, NoFont> {
        let data = whole(path).map_err(NoFont::Unreadable)?;
        let index = japanese(&data).ok_or(NoFont::NotJapanese)?;
        Ok(Self { path: path.to_owned(), index, turns: Semaphore::const_new(AT_ONCE) })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it for one document; none when the file is gone or another one meanwhile.
    pub(super) fn read(&self) -> Option<Face> {
        Face::new(whole(&self.path).ok()?, self.index)
    }
}

/// A whole file. What is freed below 32 MiB the allocator keeps for the next time, so room is asked for above that; the part
/// that is not written to costs nothing.
fn whole(path: &Path) -> io::Result<Vec<u8>> {
    const ROOM: usize = 33 * 1024 * 1024;
    let mut data = Vec::with_capacity(ROOM);
    File::open(path)?.read_to_end(&mut data)?;
    Ok(data)
}

/// The place of the Japanese font among the fonts of a file: in a collection the one that says JP, for the same character is
/// drawn differently in China and in Japan.
fn japanese(data: &[u8]) -> Option<u32> {
    let fonts: Vec<FontRef<'_>> = FileRef::new(data).ok()?.fonts().collect::<Result<_, _>>().ok()?;
    let says_jp =
        |font: &FontRef<'_>| font.localized_strings(StringId::FAMILY_NAME).any(|name| name.to_string().contains(" JP"));
    let index = fonts.iter().position(says_jp).unwrap_or_default();
    let charmap = fonts.get(index)?.charmap();
    let has_all = NEEDED.chars().all(|needed| charmap.map(needed).is_some());
    u32::try_from(index).ok().filter(|_| has_all)
}

/// The font's bytes, for the PDF and for measuring alike.
#[derive(Clone)]
struct Bytes(Arc<Vec<u8>>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A font that was read, for one document.
pub(super) struct Face {
    bytes: Bytes,
    index: u32,
    pub(super) font: Font,
}

impl Face {
    fn new(data: Vec<u8>, index: u32) -> Option<Self> {
        let bytes = Bytes(Arc::new(data));
        let font = Font::new(krilla::Data::from(Arc::clone(&bytes.0)), index)?;
        Some(Self { bytes, index, font })
    }

    /// What measures and chooses glyphs.
    pub(super) fn pen(&self) -> Option<Pen<'_>> {
        let font = FontRef::from_index(self.bytes.as_ref(), self.index).ok()?;
        Some(Pen { charmap: font.charmap(), metrics: font.glyph_metrics(Size::new(1.0), LocationRef::default()) })
    }
}

/// Chooses glyphs and knows how wide they are, at a size of 1.
pub(super) struct Pen<'a> {
    charmap: Charmap<'a>,
    metrics: GlyphMetrics<'a>,
}

impl Pen<'_> {
    /// The glyph of what is read as one character: with its variation (IVS), or composed of a letter and its marks.
    fn glyph(&self, cluster: &str) -> Option<skrifa::GlyphId> {
        let mut characters = cluster.chars();
        let (first, second, more) = (characters.next()?, characters.next(), characters.next());
        match (second, more) {
            (None, _) => self.charmap.map(first),
            (Some(selector), None) if is_selector(selector) => match self.charmap.map_variant(first, selector)? {
                MapVariant::UseDefault => self.charmap.map(first),
                MapVariant::Variant(glyph) => Some(glyph),
            },
            _ => {
                let mut composed = cluster.nfc();
                let one = composed.next()?;
                if composed.next().is_some() { None } else { self.charmap.map(one) }
            }
        }
    }

    /// The text as it can be written: 〓 and the code point in the place of a character that the font has not; a variation
    /// that it has not is written as the character and the selector's code point. Nothing is left out in silence.
    pub(super) fn writable(&self, text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        for cluster in text.graphemes(true) {
            if self.glyph(cluster).is_some() {
                written.push_str(cluster);
                continue;
            }
            for character in cluster.chars() {
                match self.charmap.map(character).filter(|_| !is_selector(character)) {
                    Some(_) => written.push(character),
                    None if is_selector(character) => written.push_str(&code_point(character)),
                    None => written.push_str(&format!("〓{}", code_point(character))),
                }
            }
        }
        written
    }

    /// Whether it can write a text as it stands.
    pub(super) fn can_write(&self, text: &str) -> bool {
        text.graphemes(true).all(|cluster| self.glyph(cluster).is_some())
    }

    /// The glyphs of a text that is [`Self::writable`], at a size of 1.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let mut glyphs = Vec::new();
        for (at, cluster) in text.grapheme_indices(true) {
            if let Some(glyph) = self.glyph(cluster) {
                glyphs.push(self.placed(glyph, at..at + cluster.len()));
                continue;
            }
            for (inside, character) in cluster.char_indices() {
                let from = at + inside;
                let glyph =
                    self.charmap.map(character).map(|glyph| self.placed(glyph, from..from + character.len_utf8()));
                glyphs.extend(glyph);
            }
        }
        glyphs
    }

    /// How wide a text is, at a size of 1.
    pub(super) fn width(&self, text: &str) -> f32 {
        self.glyphs(text).iter().map(|glyph| glyph.x_advance).sum()
    }

    fn placed(&self, glyph: skrifa::GlyphId, text_range: Range<usize>) -> KrillaGlyph {
        KrillaGlyph {
            glyph_id: GlyphId::new(glyph.to_u32()),
            text_range,
            x_advance: self.metrics.advance_width(glyph).unwrap_or_default(),
            x_offset: 0.0,
            y_offset: 0.0,
            y_advance: 0.0,
            location: None,
        }
    }
}

/// A variation selector (IVS and its older kin).
const fn is_selector(character: char) -> bool {
    matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn code_point(character: char) -> String {
    format!("〔U+{:04X}〕", u32::from(character))
}
