//! 「文字コード」 Text into and out of the encodings that the office's systems read. Invariant: what is written reads back
//! as the very same text; a character for which that is not so is reported by its code point and never replaced.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, EncoderResult, SHIFT_JIS, UTF_8};
use serde::Deserialize;

/// An encoding of a text file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Charset {
    /// UTF-8 with a byte order mark, which spreadsheet programs ask for.
    #[default]
    #[serde(rename = "utf-8-bom")]
    Utf8WithMark,
    /// UTF-8 without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-31J, the Shift_JIS of Windows.
    #[serde(rename = "windows-31j")]
    Windows31J,
}

/// The bytes are not text in this encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file is not text in the encoding that the configuration names")]
pub struct NotThisCharset;

const BYTE_ORDER_MARK: &str = "\u{feff}";

impl Charset {
    /// What a file in this encoding starts with.
    #[must_use]
    pub const fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8WithMark => b"\xef\xbb\xbf",
            Self::Utf8 | Self::Windows31J => b"",
        }
    }

    /// The text in this encoding.
    ///
    /// # Errors
    /// The characters that would not come back, each once, in the order in which they stand.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, Vec<char>> {
        match self {
            Self::Utf8WithMark | Self::Utf8 => Ok(text.as_bytes().to_vec()),
            Self::Windows31J => windows_31j(text),
        }
    }

    /// The text of a file in this encoding, without a byte order mark.
    ///
    /// # Errors
    /// When some bytes mean nothing in it.
    pub fn decode(self, bytes: &[u8]) -> Result<String, NotThisCharset> {
        let text = match self {
            Self::Utf8WithMark | Self::Utf8 => str::from_utf8(bytes).map_err(|_| NotThisCharset)?.to_owned(),
            Self::Windows31J => {
                SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).ok_or(NotThisCharset)?.into_owned()
            }
        };
        Ok(text.strip_prefix(BYTE_ORDER_MARK).map_or_else(|| text.clone(), str::to_owned))
    }
}

/// Encodes one character after another and reads each back: the encoding standard writes `¥` as the backslash and `−` as
/// `－`, which no error of an encoder would tell.
fn windows_31j(text: &str) -> Result<Vec<u8>, Vec<char>> {
    let mut encoded = Vec::with_capacity(text.len());
    let mut strangers = Vec::new();
    let mut buffer = [0_u8; 16];
    let mut written_as = [0_u8; 4];
    for character in text.chars() {
        let alone = &*character.encode_utf8(&mut written_as);
        let (result, _, written) =
            SHIFT_JIS.new_encoder().encode_from_utf8_without_replacement(alone, &mut buffer, true);
        let bytes = &buffer[..written];
        let comes_back = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
        if result == EncoderResult::InputEmpty && comes_back.as_deref() == Some(alone) {
            encoded.extend_from_slice(bytes);
        } else if !strangers.contains(&character) {
            strangers.push(character);
        }
    }
    if strangers.is_empty() { Ok(encoded) } else { Err(strangers) }
}

/// A file in some encoding, read as UTF-8 piece by piece. Bytes that mean nothing are an error of the kind `InvalidData`.
pub(crate) struct Decoding<R> {
    inner: R,
    decoder: Decoder,
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

const PIECE: usize = 16 * 1024;

impl<R: Read> Decoding<R> {
    pub(crate) fn new(inner: R, charset: Charset) -> Self {
        let encoding = match charset {
            Charset::Utf8WithMark | Charset::Utf8 => UTF_8,
            Charset::Windows31J => SHIFT_JIS,
        };
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { inner, decoder, text: Vec::new(), given: 0, ended: false }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut raw = [0; PIECE];
        let read = self.inner.read(&mut raw)?;
        self.ended = read == 0;
        let most = self.decoder.max_utf8_buffer_length_without_replacement(read).unwrap_or(PIECE * 4);
        self.text.resize(most, 0);
        let (result, _, written) =
            self.decoder.decode_to_utf8_without_replacement(&raw[..read], &mut self.text, self.ended);
        match result {
            DecoderResult::InputEmpty => {
                self.text.truncate(written);
                self.given = 0;
                Ok(())
            }
            DecoderResult::OutputFull | DecoderResult::Malformed(..) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, NotThisCharset))
            }
        }
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.fill()?;
        }
        let count = into.len().min(self.text.len() - self.given);
        into[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// Code points as people look them up: `U+20BB7 U+FE00`.
#[must_use]
pub fn code_points(characters: &[char]) -> String {
    let each: Vec<String> = characters.iter().map(|character| format!("U+{:04X}", u32::from(*character))).collect();
    each.join(" ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn windows_31j_takes_what_comes_back_and_reports_the_rest() {
        let known = "髙﨑 花子　①㈱Ⅲ～ｱ\\";
        let bytes = Charset::Windows31J.encode(known).unwrap();
        assert_eq!(Charset::Windows31J.decode(&bytes).unwrap(), known);
        for stranger in ['𠮷', '¥', '‾', '−', '\u{e0101}', '\u{3099}', 'é', '〜'] {
            let found = Charset::Windows31J.encode(&format!("葛{stranger}城{stranger}")).unwrap_err();
            assert_eq!(found, [stranger]);
        }
        assert_eq!(code_points(&['𠮷', '¥']), "U+20BB7 U+00A5");
    }

    #[test]
    fn every_character_comes_back_or_is_reported() {
        for character in (0..=0x3_ffff).filter_map(char::from_u32) {
            let text = character.to_string();
            match Charset::Windows31J.encode(&text) {
                Ok(bytes) => assert_eq!(Charset::Windows31J.decode(&bytes).unwrap(), text),
                Err(strangers) => assert_eq!(strangers, [character]),
            }
        }
    }

    #[test]
    fn a_file_that_is_read_piece_by_piece_reads_the_same() {
        let text: String = std::iter::repeat_n("髙﨑 花子,サトウ\r\n", 4_000).collect();
        for charset in [Charset::Utf8WithMark, Charset::Windows31J] {
            let bytes = [charset.mark(), &charset.encode(&text).unwrap()].concat();
            let mut read = String::new();
            // Pieces that end in the middle of a character.
            Decoding::new(bytes.as_slice(), charset).read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
        let broken = Decoding::new(&b"a\xff"[..], Charset::Utf8).read_to_string(&mut String::new());
        assert_eq!(broken.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_mark_at_the_start_is_no_text() {
        assert_eq!(Charset::Utf8WithMark.decode(b"\xef\xbb\xbfa").unwrap(), "a");
        assert_eq!(Charset::Utf8.decode(b"\xff"), Err(NotThisCharset));
        assert_eq!(Charset::Windows31J.decode(b"\x81"), Err(NotThisCharset));
    }
}
