//! Public keys as JWK (RFC 7517), their thumbprint (RFC 7638) and the fingerprint to read aloud. Invariant: a [`Jwk`] that
//! [`Jwk::check`] passed is a point of its curve, and its `kid` is its thumbprint.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Algorithm, Error};

/// A public signing key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwk {
    /// `EC` or `OKP`.
    pub kty: String,
    /// `P-256` or `Ed25519`.
    pub crv: String,
    /// Base64url.
    pub x: String,
    /// Base64url; `EC` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `ES256` or `Ed25519`.
    pub alg: Algorithm,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
}

pub(crate) enum VerifyingKey {
    Es256(p256::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl Jwk {
    pub(crate) fn of(key: &VerifyingKey) -> Self {
        let (kty, crv, x, y, alg) = match key {
            VerifyingKey::Es256(key) => {
                let point = key.to_sec1_bytes();
                let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
                ("EC", "P-256", x, Some(y), Algorithm::Es256)
            }
            VerifyingKey::Ed25519(key) => {
                ("OKP", "Ed25519", URL_SAFE_NO_PAD.encode(key.as_bytes()), None, Algorithm::Ed25519)
            }
        };
        let (kty, crv, usage) = (kty.to_owned(), crv.to_owned(), "sig".to_owned());
        let mut jwk = Self { kty, crv, x, y, kid: String::new(), alg, usage };
        jwk.kid = jwk.thumbprint();
        jwk
    }

    /// RFC 7638: SHA-256 over the required members in lexicographic order, base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.digest())
    }

    fn digest(&self) -> [u8; 32] {
        // The values are base64url and names of the vocabulary: nothing in them needs an escape.
        let text = match &self.y {
            Some(y) => format!(r#"{{"crv":"{}","kty":"{}","x":"{}","y":"{y}"}}"#, self.crv, self.kty, self.x),
            None => format!(r#"{{"crv":"{}","kty":"{}","x":"{}"}}"#, self.crv, self.kty, self.x),
        };
        Sha256::digest(text).into()
    }

    /// Whether this is a key that can be used as it says.
    ///
    /// # Errors
    /// [`Error::BadKey`].
    pub fn check(&self) -> Result<(), Error> {
        self.verifying_key().map(drop)
    }

    pub(crate) fn verifying_key(&self) -> Result<VerifyingKey, Error> {
        let bytes = |text: &str| -> Result<[u8; 32], Error> {
            URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(Error::BadKey)
        };
        let key = match (self.kty.as_str(), self.crv.as_str(), self.alg, &self.y) {
            ("EC", "P-256", Algorithm::Es256, Some(y)) => {
                let point = [&[4], bytes(&self.x)?.as_slice(), bytes(y)?.as_slice()].concat();
                p256::ecdsa::VerifyingKey::from_sec1_bytes(&point)
                    .map(VerifyingKey::Es256)
                    .map_err(|_| Error::BadKey)?
            }
            ("OKP", "Ed25519", Algorithm::Ed25519, None) => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes(&self.x)?).map_err(|_| Error::BadKey)?;
                if key.is_weak() {
                    return Err(Error::BadKey);
                }
                VerifyingKey::Ed25519(key)
            }
            _ => return Err(Error::BadKey),
        };
        if self.kid == self.thumbprint() && self.usage == "sig" { Ok(key) } else { Err(Error::BadKey) }
    }
}

/// The fingerprint to read aloud: the thumbprint's digest as 16 groups of four hexadecimal digits.
#[must_use]
pub fn fingerprint(jwk: &Jwk) -> String {
    let digest = jwk.digest();
    digest.chunks(2).map(|pair| format!("{:02X}{:02X}", pair[0], pair[1])).collect::<Vec<_>>().join(" ")
}

/// Whether this is the fingerprint of the key, however it was written down.
#[must_use]
pub fn fingerprint_matches(jwk: &Jwk, heard: &str) -> bool {
    let digits = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|digit| digit.to_ascii_uppercase()).collect()
    };
    digits(heard) == digits(&fingerprint(jwk))
}
