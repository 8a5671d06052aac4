//! 「媒体への書出し」 What a terminal says that it wrote. Invariant: the proof is of one carriage, one batch and one terminal's key.

use intake::{
    ids::CarriageId,
    time::{Instant, rfc3339},
};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Jwk, SigningKey, jws,
    manifest::{check_version, read_payload},
};

/// `typ` of a proof.
pub const WRITTEN_TYPE: &str = "madoguchi-written+jws";

/// The payload of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Version of the format: 1.
    pub v: u32,
    /// The line of the portal's ledger.
    pub carriage: CarriageId,
    /// The digest of the batch's `manifest.jws.json`.
    pub manifest_sha256: String,
    /// When it was written.
    #[serde(with = "rfc3339")]
    pub at: Instant,
}

impl Written {
    /// Signs it with the terminal's key.
    ///
    /// # Panics
    /// Never: a proof has string keys only.
    #[must_use]
    pub fn sign(&self, terminal: &SigningKey) -> Vec<u8> {
        terminal.sign(WRITTEN_TYPE, &serde_json::to_vec(self).expect("string keys only"))
    }

    /// Reads a proof of this terminal.
    ///
    /// # Errors
    /// Each refusal with its own error.
    pub fn read(document: &[u8], terminal: &Jwk) -> Result<Self, Error> {
        let verified = jws::verify(document, WRITTEN_TYPE, |kid| Some(terminal).filter(|jwk| jwk.kid == kid))?;
        check_version(&verified.payload)?;
        read_payload(&verified.payload)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::Algorithm;

    #[test]
    fn only_the_terminals_own_proof_is_read() {
        let [mine, other] = [SigningKey::generate(Algorithm::Es256), SigningKey::generate(Algorithm::Es256)];
        let written = Written {
            v: 1,
            carriage: CarriageId::from_random([7; 16]),
            manifest_sha256: "0".repeat(64),
            at: Instant(1_800_000_000_000_000),
        };
        let proof = written.sign(&mine);
        assert_eq!(Written::read(&proof, mine.jwk()).unwrap(), written);
        assert!(matches!(Written::read(&proof, other.jwk()), Err(Error::UnknownKey)));
        let text = String::from_utf8(proof).unwrap();
        let (at, _) = text.match_indices("payload").next().unwrap();
        let mut altered = text.into_bytes();
        altered[at + 15] ^= 1;
        assert!(Written::read(&altered, mine.jwk()).is_err());
    }
}
