//! The manifest of a batch (`handover.md` §1). Invariant: its exact bytes are what is signed and what the next one names.

use intake::{
    ids::{FormId, ReceiptNumber},
    time::{Instant, rfc3339},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Error;

/// `typ` of a manifest.
pub const BATCH_TYPE: &str = "madoguchi-batch+jws";
/// The signed manifest.
pub const MANIFEST_FILE: &str = "manifest.jws.json";
/// The key announcement that travels with a batch.
pub const KEYS_FILE: &str = "keys.jws.json";
/// The encrypted entries.
pub const ENTRIES_FILE: &str = "entries.ndjson.age";
/// What stands as `prev` in the first manifest of a destination.
pub const NO_PREVIOUS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The payload of `manifest.jws.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the format: 1.
    pub v: u32,
    /// The portal's public URL.
    pub iss: String,
    /// The destination.
    pub aud: String,
    /// Number of the batch, from 1, without gaps.
    pub seq: u64,
    /// Digest of the manifest before, or [`NO_PREVIOUS`].
    pub prev: String,
    /// When it was sealed.
    #[serde(with = "rfc3339")]
    pub created_at: Instant,
    /// The files but the manifest itself.
    pub files: Vec<ManifestFile>,
    /// The entries, in the order of the file.
    pub entries: Vec<ManifestEntry>,
    /// 「取下げ」 What was handed over before and was withdrawn since.
    pub withdrawn: Vec<ReceiptNumber>,
    /// Where the audit log stood.
    pub audit: AuditHead,
}

/// A file of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Its name.
    pub name: String,
    /// Its digest.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// The digest of what is in it, if it is encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_sha256: Option<String>,
}

/// An entry of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// 「受付番号」
    pub id: ReceiptNumber,
    /// Revision.
    pub rev: i64,
    /// What is notified.
    pub kind: FormId,
    /// The digest of its line without the LF.
    pub sha256: String,
}

/// The head of the Merkle tree (RFC 6962) over the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditHead {
    /// How many entries the log has.
    pub size: u64,
    /// The tree's head.
    pub root: String,
}

/// The head of the Merkle tree (RFC 6962 §2.1) whose leaves are these hashes.
#[must_use]
pub fn audit_head(entry_hashes: &[[u8; 32]]) -> AuditHead {
    let mut tree = ct_merkle::mem_backed_tree::MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    for hash in entry_hashes {
        tree.push(hash.to_vec());
    }
    let root = tree.root();
    let hex = root.as_bytes().iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"));
    AuditHead { size: entry_hashes.len() as u64, root: hex }
}

/// The version first: a later one may have other members.
pub(crate) fn check_version(payload: &[u8]) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let version: Version = read_payload(payload)?;
    if version.v == 1 { Ok(()) } else { Err(Error::WrongVersion) }
}

pub(crate) fn read_payload<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(payload).map_err(|_| Error::BadPayload)
}
