//! 「個人番号」 as the portal holds it: age armor that it cannot open (`handover.md` §2 `my_number`). Invariant: a
//! [`SealedNumber`] is canonical armor of an age v1 file to X25519 recipients whose content is twelve bytes long, and nothing
//! stands in it beside; so that a number that was sent in plain is none.

use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};

use crate::Error;

/// A number that was sealed in the browser, as armor.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedNumber(String);

const VERSION: &str = "age-encryption.org/v1";
/// The nonce of the payload, twelve digits, and the tag of the one chunk.
const PAYLOAD_BYTES: usize = 16 + 12 + 16;
const MOST_STANZAS: usize = 8;
/// An ephemeral share or a wrapped file key in base64 without padding.
const BASE64_OF_32_BYTES: usize = 43;

impl SealedNumber {
    /// The longest armor that is read; one of our own has some 500 bytes.
    pub const LONGEST: usize = 4096;

    /// Reads armor as a browser sends it, with lines that end in either way.
    ///
    /// # Errors
    /// [`Error::BadPayload`] for anything else. The text is nowhere in it.
    pub fn parse(sent: &str) -> Result<Self, Error> {
        let text = sent.replace("\r\n", "\n");
        if text.len() > Self::LONGEST {
            return Err(Error::BadPayload);
        }
        let mut file = Vec::new();
        ArmoredReader::new(text.as_bytes()).read_to_end(&mut file).map_err(|_| Error::BadPayload)?;
        let armor = armored(&file)?;
        let is_canonical = armor.trim_end() == text.trim_end();
        if is_canonical && holds_twelve_bytes(&file).is_some() { Ok(Self(armor)) } else { Err(Error::BadPayload) }
    }

    /// The armor.
    #[must_use]
    pub fn armor(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SealedNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[sealed number]")
    }
}

fn armored(file: &[u8]) -> Result<String, Error> {
    let mut writer = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).map_err(|_| Error::BadPayload)?;
    writer.write_all(file).map_err(|_| Error::BadPayload)?;
    String::from_utf8(writer.finish().map_err(|_| Error::BadPayload)?).map_err(|_| Error::BadPayload)
}

/// Walks over the header; some when it is an age v1 header with X25519 stanzas and before a payload of the right length.
fn holds_twelve_bytes(file: &[u8]) -> Option<()> {
    let header_end = file.windows(5).position(|five| five == b"\n--- ")? + 1;
    let (header, rest) = file.split_at(header_end);
    let mut lines = std::str::from_utf8(header).ok()?.lines();
    (lines.next()? == VERSION).then_some(())?;
    let (mut stanzas, mut all) = (0, 0);
    let mut line = lines.next()?;
    loop {
        let mut arguments = line.strip_prefix("-> ")?.split(' ');
        match (arguments.next()?, arguments.next(), arguments.next()) {
            ("X25519", Some(share), None) if share.len() == BASE64_OF_32_BYTES => stanzas += 1,
            // What age adds so that readers pass over what they do not know.
            (kind, ..) if kind.ends_with("-grease") => {}
            _ => return None,
        }
        all += 1;
        // The body: whole lines of 64 and a shorter one.
        while lines.next()?.len() == 64 {}
        match lines.next() {
            Some(next) if all < MOST_STANZAS => line = next,
            Some(_) => return None,
            None => break,
        }
    }
    let mac_end = rest.iter().position(|byte| *byte == b'\n')?;
    let is_mac = mac_end == "--- ".len() + BASE64_OF_32_BYTES;
    (stanzas > 0 && is_mac && rest.len() - mac_end - 1 == PAYLOAD_BYTES).then_some(())
}
