//! The portal's public keys (`handover.md` §3): announcing them, and whom a reader trusts. Invariant: a key comes into
//! [`Trust`] by its fingerprint, read aloud, or by an announcement that a trusted key signed; a retirement is never undone.

use std::collections::BTreeMap;

use intake::time::{Instant, rfc3339};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Jwk, SigningKey,
    jwk::fingerprint_matches,
    jws,
    manifest::{check_version, read_payload},
};

/// `typ` of an announcement.
pub const KEYS_TYPE: &str = "madoguchi-keys+jws";

/// A key with its times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnouncedKey {
    /// The public key.
    pub jwk: Jwk,
    /// Since when readers can know it.
    #[serde(with = "rfc3339")]
    pub announced_at: Instant,
    /// Since when it signs; nothing yet.
    #[serde(with = "optional_time")]
    pub active_at: Option<Instant>,
    /// Since when it does not any more.
    #[serde(with = "optional_time")]
    pub retired_at: Option<Instant>,
}

mod optional_time {
    use intake::time::Instant;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(at: &Option<Instant>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(Instant::rfc3339_in_japan).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Instant>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| Instant::from_rfc3339(&text)).transpose().map_err(serde::de::Error::custom)
    }
}

/// The payload of `madoguchi-keys.jws.json` and `keys.jws.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyAnnouncement {
    /// Version of the format: 1.
    pub v: u32,
    /// The portal's public URL.
    pub iss: String,
    /// When it was made.
    #[serde(with = "rfc3339")]
    pub at: Instant,
    /// All keys, retired ones too: they verify what they signed.
    pub keys: Vec<AnnouncedKey>,
}

impl KeyAnnouncement {
    /// Signs it; `signer` should be the oldest key that is not retired, for that is the one that readers know.
    ///
    /// # Panics
    /// Never: an announcement has string keys only.
    #[must_use]
    pub fn sign(&self, signer: &SigningKey) -> Vec<u8> {
        signer.sign(KEYS_TYPE, &serde_json::to_vec(self).expect("string keys only"))
    }

    /// The same keys as a JWK set (RFC 7517), for `madoguchi-jwks.json`.
    ///
    /// # Panics
    /// Never: a JWK has string keys only.
    #[must_use]
    pub fn to_jwks(&self) -> Vec<u8> {
        let keys = self.keys.iter().map(|key| key.jwk.clone()).collect();
        serde_json::to_vec(&JwkSet { keys }).expect("string keys only")
    }
}

/// A JWK set (RFC 7517 §5).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// The keys of one portal that a reader trusts. Plain data: the reader keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    keys: BTreeMap<String, AnnouncedKey>,
}

impl Trust {
    /// Trusts nobody but the key whose fingerprint was read aloud, out of those in a JWK set or a single JWK.
    ///
    /// # Errors
    /// [`Error::WrongFingerprint`] when none has it; [`Error::BadKey`].
    pub fn pin(jwks: &[u8], heard: &str, now: Instant) -> Result<Self, Error> {
        let keys = match serde_json::from_slice::<JwkSet>(jwks) {
            Ok(set) => set.keys,
            Err(_) => vec![serde_json::from_slice(jwks).map_err(|_| Error::BadKey)?],
        };
        let jwk = keys.into_iter().find(|jwk| fingerprint_matches(jwk, heard)).ok_or(Error::WrongFingerprint)?;
        Self::of(jwk, now)
    }

    /// Trusts nobody but this key.
    ///
    /// # Errors
    /// [`Error::BadKey`].
    pub fn of(jwk: Jwk, now: Instant) -> Result<Self, Error> {
        jwk.check()?;
        // When a pinned key became active is not known: it counts as active for ever before.
        let key = AnnouncedKey { announced_at: now, active_at: Some(Instant(0)), retired_at: None, jwk };
        Ok(Self { keys: BTreeMap::from([(key.jwk.kid.clone(), key)]) })
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &AnnouncedKey> {
        self.keys.values()
    }

    /// The key under this `kid`.
    #[must_use]
    pub fn jwk(&self, kid: &str) -> Option<&Jwk> {
        self.keys.get(kid).map(|key| &key.jwk)
    }

    /// Learns from an announcement: new keys, and which are retired. Gives how many keys are new.
    ///
    /// # Errors
    /// When it is not signed by a trusted key that was active then, or comes from another portal.
    pub fn learn(&mut self, document: &[u8], issuer: &str) -> Result<usize, Error> {
        let verified = jws::verify(document, KEYS_TYPE, |kid| self.jwk(kid))?;
        check_version(&verified.payload)?;
        let announcement: KeyAnnouncement = read_payload(&verified.payload)?;
        if announcement.iss != issuer {
            return Err(Error::WrongIssuer);
        }
        self.check_time(&verified.kid, announcement.at)?;
        for key in &announcement.keys {
            key.jwk.check()?;
        }
        let before = self.keys.len();
        for key in announcement.keys {
            let known = self.keys.entry(key.jwk.kid.clone()).or_insert_with(|| key.clone());
            known.active_at = known.active_at.or(key.active_at);
            known.retired_at = match (known.retired_at, key.retired_at) {
                (Some(known), Some(said)) => Some(known.min(said)),
                (known, said) => known.or(said),
            };
        }
        Ok(self.keys.len() - before)
    }

    /// Whether this key was active at that time.
    ///
    /// # Errors
    /// [`Error::UnknownKey`], [`Error::NotYetActive`], [`Error::RetiredKey`].
    pub fn check_time(&self, kid: &str, at: Instant) -> Result<(), Error> {
        let key = self.keys.get(kid).ok_or(Error::UnknownKey)?;
        if key.retired_at.is_some_and(|retired| retired <= at) {
            return Err(Error::RetiredKey);
        }
        if key.active_at.is_none_or(|active| active > at) { Err(Error::NotYetActive) } else { Ok(()) }
    }
}
