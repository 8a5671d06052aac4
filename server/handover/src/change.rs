//! New keys of a destination, told to the portal by a signed way. Invariant: the old signing key vouches for the new public
//! halves, so that whoever carries them cannot exchange them.

use intake::time::{Instant, rfc3339};
use serde::{Deserialize, Serialize};

use crate::{
    DestinationPublic, Error, SigningKey, jws,
    manifest::{check_version, read_payload},
};

/// `typ` of a change.
pub const CHANGE_TYPE: &str = "madoguchi-destination+jws";

/// The payload of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// Version of the format: 1.
    pub v: u32,
    /// The destination.
    pub iss: String,
    /// The portal's public URL.
    pub aud: String,
    /// When it was made.
    #[serde(with = "rfc3339")]
    pub at: Instant,
    /// What the portal is given from now on.
    pub public: DestinationPublic,
}

impl KeyChange {
    /// Signs it with the key that goes.
    ///
    /// # Panics
    /// Never: a change has string keys only.
    #[must_use]
    pub fn sign(&self, before: &SigningKey) -> Vec<u8> {
        before.sign(CHANGE_TYPE, &serde_json::to_vec(self).expect("string keys only"))
    }

    /// Reads a change of this destination for the portal with this public URL.
    ///
    /// # Errors
    /// Each refusal with its own error.
    pub fn read(document: &[u8], present: &DestinationPublic, portal: &str) -> Result<Self, Error> {
        let key_of = |kid: &str| Some(&present.jwk).filter(|jwk| jwk.kid == kid);
        let verified = jws::verify(document, CHANGE_TYPE, key_of)?;
        check_version(&verified.payload)?;
        let change: Self = read_payload(&verified.payload)?;
        if change.iss != present.destination.as_str() || change.public.destination != present.destination {
            return Err(Error::WrongIssuer);
        }
        if change.aud != portal {
            return Err(Error::WrongAudience);
        }
        DestinationPublic::from_json(&change.public.to_json())?;
        Ok(change)
    }
}
