//! The batch format of `handover.md`: seal, sign, verify, open, receipts, request tokens. Invariant: what a reader gives out
//! was signed by a key it trusted beforehand and is byte for byte what was signed; every refusal has its own [`Error`].
//!
//! No database, no web, no clock: time is an argument, and who calls keeps what must be remembered.

pub mod archive;
pub mod change;
pub mod destination;
mod error;
pub mod jwk;
pub mod jws;
pub mod keys;
pub mod kit;
pub mod ledger;
pub mod manifest;
pub mod number;
pub mod open;
mod reasons;
pub mod receipt;
pub mod resync;
pub mod seal;
pub mod token;
pub mod written;

pub use archive::BatchFiles;
pub use change::KeyChange;
pub use destination::{DestinationKeys, DestinationPublic};
pub use error::Error;
pub use jwk::{Jwk, fingerprint};
pub use jws::{Algorithm, SigningKey};
pub use keys::{AnnouncedKey, KeyAnnouncement, Trust};
pub use ledger::{KeptBatch, Ledger, Summary};
pub use manifest::{AuditHead, Manifest, ManifestFile};
pub use open::{
    AttachmentFacts, Chain, OpenedBatch, OpenedEntry, Reader, check_manifest, media_type_of, open, open_attachment,
};
pub use reasons::{REASONS, Reason, SettledBy, reason, reasons};
pub use receipt::{EntryResult, Outcome, Receipt, Recorded};
pub use resync::{ReadBatch, ResyncNote};
pub use seal::{SealRequest, SealedBatch, seal, seal_attachment, sealed_length};
pub use written::Written;

/// The description of the protocol for programs: OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// At most so many entries in a batch.
pub const MOST_ENTRIES: usize = 1_000;
/// At most so many bytes in the files of a batch together.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

pub(crate) fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
