//! 「再同期」 After the portal was restored from a backup: what the back office has read, told by itself. Invariant: the note is
//! signed by the destination, and the batches in it follow one another up to the last one that was read.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use intake::time::{Instant, rfc3339};
use serde::{Deserialize, Serialize};

use crate::{
    DestinationPublic, EntryResult, Error, Manifest, SigningKey, is_sha256_hex, jws,
    manifest::{check_version, read_payload},
    sha256_hex,
};

/// `typ` of a note.
pub const RESYNC_TYPE: &str = "madoguchi-resync+jws";

/// The payload of a note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResyncNote {
    /// Version of the format: 1.
    pub v: u32,
    /// The destination.
    pub iss: String,
    /// The portal's public URL.
    pub aud: String,
    /// When it was made.
    #[serde(with = "rfc3339")]
    pub at: Instant,
    /// The last batch that was read; 0 if none was.
    pub last_seq: u64,
    /// The digest of its manifest; empty if none was read.
    pub last_manifest_sha256: String,
    /// The batches that the portal may have lost, in order, up to the last one.
    pub batches: Vec<ReadBatch>,
}

/// A batch that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadBatch {
    /// `manifest.jws.json`, base64url without padding.
    pub manifest: String,
    /// What became of its entries so far.
    pub results: Vec<EntryResult>,
}

impl ReadBatch {
    /// Of the exact bytes of a manifest.
    #[must_use]
    pub fn new(manifest: &[u8], results: Vec<EntryResult>) -> Self {
        Self { manifest: URL_SAFE_NO_PAD.encode(manifest), results }
    }

    /// The exact bytes, their digest and what was signed. The signature is the portal's own affair: it may have lost the key.
    ///
    /// # Errors
    /// [`Error::NotAJws`], [`Error::WrongVersion`], [`Error::BadPayload`].
    pub fn manifest(&self) -> Result<(Vec<u8>, String, Manifest), Error> {
        let document = URL_SAFE_NO_PAD.decode(&self.manifest).map_err(|_| Error::NotAJws)?;
        let payload = jws::unverified_payload(&document)?;
        check_version(&payload)?;
        let manifest = read_payload(&payload)?;
        let sha256 = sha256_hex(&document);
        Ok((document, sha256, manifest))
    }
}

impl ResyncNote {
    /// Signs it with the destination's key.
    ///
    /// # Panics
    /// Never: a note has string keys only.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        key.sign(RESYNC_TYPE, &serde_json::to_vec(self).expect("string keys only"))
    }

    /// Reads a note of this destination for the portal with this public URL.
    ///
    /// # Errors
    /// Each refusal with its own error.
    pub fn read(document: &[u8], destination: &DestinationPublic, portal: &str) -> Result<Self, Error> {
        let key_of = |kid: &str| Some(&destination.jwk).filter(|jwk| jwk.kid == kid);
        let verified = jws::verify(document, RESYNC_TYPE, key_of)?;
        check_version(&verified.payload)?;
        let note: Self = read_payload(&verified.payload)?;
        if note.iss != destination.destination.as_str() {
            return Err(Error::WrongIssuer);
        }
        if note.aud != portal {
            return Err(Error::WrongAudience);
        }
        if (note.last_seq > 0) != is_sha256_hex(&note.last_manifest_sha256) {
            return Err(Error::BadPayload);
        }
        let mut expected = None;
        for batch in &note.batches {
            let (_, sha256, manifest) = batch.manifest()?;
            if (manifest.iss.as_str(), manifest.aud.as_str()) != (portal, note.iss.as_str()) {
                return Err(Error::WrongAudience);
            }
            if expected.as_ref().is_some_and(|(seq, prev)| (*seq, prev) != (manifest.seq, &manifest.prev)) {
                return Err(Error::WrongPrevious);
            }
            let listed = |result: &EntryResult| {
                manifest.entries.iter().any(|entry| (&entry.id, entry.rev) == (&result.id, result.rev))
            };
            if !batch.results.iter().all(listed) {
                return Err(Error::ForeignReceipt);
            }
            expected = Some((manifest.seq + 1, sha256));
        }
        match expected {
            Some((next, sha256)) if (next - 1, &sha256) != (note.last_seq, &note.last_manifest_sha256) => {
                Err(Error::WrongPrevious)
            }
            _ => Ok(note),
        }
    }
}
