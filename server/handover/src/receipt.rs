//! Receipts (`handover.md` §6). Invariant: a receipt names its batch by number and digest and says of each entry one result;
//! it holds neither 個人番号 nor 宛名番号 nor name. What the office recorded on its side may stand beside `imported`.

use intake::{
    ids::ReceiptNumber,
    time::{CivilDate, Instant, rfc3339},
};
use serde::{Deserialize, Serialize};

use crate::{
    DestinationPublic, Error, Manifest, SigningKey, is_sha256_hex, jws,
    manifest::{check_version, read_payload},
};

/// `typ` of a receipt.
pub const RECEIPT_TYPE: &str = "madoguchi-receipt+jws";

/// The payload of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Version of the format: 1.
    pub v: u32,
    /// The destination.
    pub iss: String,
    /// The portal's public URL.
    pub aud: String,
    /// Number of the batch.
    pub seq: u64,
    /// Digest of its `manifest.jws.json`.
    pub manifest_sha256: String,
    /// Its own identifier.
    pub jti: String,
    /// What became of the entries; those that are still open may be left out.
    pub results: Vec<EntryResult>,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryResult {
    /// 「受付番号」
    pub id: ReceiptNumber,
    /// Revision.
    pub rev: i64,
    /// The result.
    pub result: Outcome,
    /// Why, as a code: lower-case letters, digits and `_`, at most 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    #[serde(with = "rfc3339")]
    pub at: Instant,
    /// What the office has recorded on its side; with `imported` only, and also later, in a receipt that says nothing else new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
}

/// 「母子健康手帳」 What the office has recorded of a filing on its side, for the portal to keep with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// 「母子健康手帳交付番号」
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handbook_number: Option<String>,
    /// 「交付日」
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handbook_issued_on: Option<CivilDate>,
    /// 「親子番号」 Kept only where the city wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_child_number: Option<String>,
}

impl Recorded {
    /// The longest of its texts, in characters.
    pub const LONGEST: usize = 30;

    /// Whether it says something, in texts that can be read.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let texts = [&self.handbook_number, &self.parent_child_number];
        let readable = |text: &String| {
            (1..=Self::LONGEST).contains(&text.chars().count())
                && text.trim() == text
                && !text.contains(char::is_control)
        };
        *self != Self::default() && texts.into_iter().flatten().all(readable)
    }
}

/// The results that a receipt knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 「取込済」
    Imported,
    /// 「保留」 A later receipt settles it.
    Held,
    /// 「却下」 The case goes back to review.
    Rejected,
}

impl Outcome {
    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Held => "held",
            Self::Rejected => "rejected",
        }
    }
}

impl Receipt {
    /// Signs it with the destination's key.
    ///
    /// # Panics
    /// Never: a receipt has string keys only.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        key.sign(RECEIPT_TYPE, &serde_json::to_vec(self).expect("string keys only"))
    }

    /// Reads a receipt of this destination for the portal with this public URL.
    ///
    /// # Errors
    /// Each refusal with its own error.
    pub fn read(document: &[u8], destination: &DestinationPublic, portal: &str) -> Result<Self, Error> {
        let key_of = |kid: &str| Some(&destination.jwk).filter(|jwk| jwk.kid == kid);
        let verified = jws::verify(document, RECEIPT_TYPE, key_of)?;
        check_version(&verified.payload)?;
        let receipt: Self = read_payload(&verified.payload)?;
        if receipt.iss != destination.destination.as_str() {
            return Err(Error::WrongIssuer);
        }
        if receipt.aud != portal {
            return Err(Error::WrongAudience);
        }
        let codes = receipt.results.iter().filter_map(|result| result.reason.as_deref());
        let well_formed = is_sha256_hex(&receipt.manifest_sha256)
            && (1..=128).contains(&receipt.jti.len())
            && receipt.jti.bytes().all(|byte| byte.is_ascii_graphic())
            && receipt.results.len() <= crate::MOST_ENTRIES
            && codes.into_iter().all(is_code)
            && receipt.results.iter().all(|result| match &result.recorded {
                Some(recorded) => result.result == Outcome::Imported && recorded.is_well_formed(),
                None => true,
            });
        if well_formed { Ok(receipt) } else { Err(Error::BadPayload) }
    }

    /// Whether it is about this batch and only about entries of it, each once.
    ///
    /// # Errors
    /// [`Error::ForeignReceipt`], [`Error::DuplicateEntry`].
    pub fn check_against(&self, manifest: &Manifest, manifest_sha256: &str) -> Result<(), Error> {
        self.check_batch(manifest.seq, manifest_sha256, |id, rev| {
            manifest.entries.iter().any(|entry| (&entry.id, entry.rev) == (id, rev))
        })
    }

    /// The same for a reader that has the entries of the batch otherwise.
    ///
    /// # Errors
    /// [`Error::ForeignReceipt`], [`Error::DuplicateEntry`].
    pub fn check_batch(
        &self,
        seq: u64,
        manifest_sha256: &str,
        is_listed: impl Fn(&ReceiptNumber, i64) -> bool,
    ) -> Result<(), Error> {
        if self.seq != seq || self.manifest_sha256 != manifest_sha256 {
            return Err(Error::ForeignReceipt);
        }
        for (place, result) in self.results.iter().enumerate() {
            if !is_listed(&result.id, result.rev) {
                return Err(Error::ForeignReceipt);
            }
            if self.results[..place].iter().any(|before| (&before.id, before.rev) == (&result.id, result.rev)) {
                return Err(Error::DuplicateEntry(place + 1));
            }
        }
        Ok(())
    }
}

fn is_code(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(inside)
}
