//! Flattened JWS JSON (RFC 7515 §7.2.2) and the compact form for tokens, with one signature. Invariant: a reader takes the
//! algorithm from the key that it knows by the `kid`, never from the document; a header has `alg`, `kid`, `typ` and nothing
//! else.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::{
    ecdsa::signature::{Signer, Verifier},
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Error,
    jwk::{Jwk, VerifyingKey},
};

/// The signature algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256 (RFC 7518); the default.
    #[serde(rename = "ES256")]
    Es256,
    /// EdDSA with Curve25519 (RFC 9864).
    Ed25519,
}

impl Algorithm {
    /// As a header names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Ed25519 => "Ed25519",
        }
    }
}

impl std::str::FromStr for Algorithm {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "ES256" => Ok(Self::Es256),
            "Ed25519" => Ok(Self::Ed25519),
            _ => Err(Error::AlgorithmRefused),
        }
    }
}

enum Secret {
    Es256(p256::ecdsa::SigningKey),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

/// A private signing key.
pub struct SigningKey {
    secret: Secret,
    jwk: Jwk,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.jwk.kid)
    }
}

impl SigningKey {
    /// A new key.
    #[must_use]
    pub fn generate(algorithm: Algorithm) -> Self {
        loop {
            let mut bytes = Zeroizing::new([0; 32]);
            rand::fill(bytes.as_mut_slice());
            // Not every number of 256 bits is a key of P-256; almost every one is.
            if let Ok(key) = Self::from_bytes(algorithm, &bytes) {
                return key;
            }
        }
    }

    /// The key that these 32 bytes are.
    ///
    /// # Errors
    /// [`Error::BadKey`].
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8; 32]) -> Result<Self, Error> {
        match algorithm {
            Algorithm::Es256 => p256::ecdsa::SigningKey::from_slice(bytes).map(Self::es256).map_err(|_| Error::BadKey),
            Algorithm::Ed25519 => Ok(Self::ed25519(ed25519_dalek::SigningKey::from_bytes(bytes))),
        }
    }

    fn es256(key: p256::ecdsa::SigningKey) -> Self {
        let jwk = Jwk::of(&VerifyingKey::Es256(*key.verifying_key()));
        Self { secret: Secret::Es256(key), jwk }
    }

    fn ed25519(key: ed25519_dalek::SigningKey) -> Self {
        let jwk = Jwk::of(&VerifyingKey::Ed25519(key.verifying_key()));
        Self { secret: Secret::Ed25519(Box::new(key)), jwk }
    }

    /// Reads PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`Error::BadKey`].
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        if let Ok(key) = p256::ecdsa::SigningKey::from_pkcs8_pem(pem) {
            return Ok(Self::es256(key));
        }
        ed25519_dalek::SigningKey::from_pkcs8_pem(pem).map(Self::ed25519).map_err(|_| Error::BadKey)
    }

    /// Writes PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`Error::BadKey`], which a key that exists does not give.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, Error> {
        let pem = match &self.secret {
            Secret::Es256(key) => key.to_pkcs8_pem(LineEnding::LF),
            Secret::Ed25519(key) => key.to_pkcs8_pem(LineEnding::LF),
        };
        pem.map_err(|_| Error::BadKey)
    }

    /// The public half.
    #[must_use]
    pub const fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.jwk.kid
    }

    fn sign_bytes(&self, bytes: &[u8]) -> [u8; 64] {
        match &self.secret {
            Secret::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(bytes);
                signature.to_bytes().into()
            }
            Secret::Ed25519(key) => key.sign(bytes).to_bytes(),
        }
    }

    fn signed_parts(&self, typ: &str, payload: &[u8]) -> (String, String, String) {
        let header = Header { alg: self.jwk.alg.as_str().to_owned(), kid: self.jwk.kid.clone(), typ: typ.to_owned() };
        let header = serde_json::to_vec(&header).expect("three texts");
        let (protected, payload) = (URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(self.sign_bytes(format!("{protected}.{payload}").as_bytes()));
        (protected, payload, signature)
    }

    /// Signs as flattened JWS JSON.
    ///
    /// # Panics
    /// Never: three texts are always JSON.
    #[must_use]
    pub fn sign(&self, typ: &str, payload: &[u8]) -> Vec<u8> {
        let (protected, payload, signature) = self.signed_parts(typ, payload);
        serde_json::to_vec(&Flattened { payload, protected, signature }).expect("three texts")
    }

    /// Signs in the compact form, as a bearer token.
    #[must_use]
    pub fn sign_compact(&self, typ: &str, payload: &[u8]) -> String {
        let (protected, payload, signature) = self.signed_parts(typ, payload);
        format!("{protected}.{payload}.{signature}")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flattened {
    payload: String,
    protected: String,
    signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// A document whose signature holds.
pub struct Verified {
    /// Who signed it.
    pub kid: String,
    /// What was signed.
    pub payload: Vec<u8>,
}

/// Reads flattened JWS JSON. `key_of` gives the key that is trusted under a `kid`.
///
/// # Errors
/// Each refusal with its own error.
pub fn verify<'keys>(
    document: &[u8],
    typ: &str,
    key_of: impl Fn(&str) -> Option<&'keys Jwk>,
) -> Result<Verified, Error> {
    let Flattened { payload, protected, signature } = serde_json::from_slice(document).map_err(|_| Error::NotAJws)?;
    verify_parts(&protected, &payload, &signature, typ, key_of)
}

/// What a flattened JWS says, whoever signed it: for documents that another signature vouches for, or that are verified
/// right after by what is learned here.
///
/// # Errors
/// [`Error::NotAJws`].
pub fn unverified_payload(document: &[u8]) -> Result<Vec<u8>, Error> {
    let Flattened { payload, .. } = serde_json::from_slice(document).map_err(|_| Error::NotAJws)?;
    URL_SAFE_NO_PAD.decode(payload).map_err(|_| Error::NotAJws)
}

/// Reads the compact form.
///
/// # Errors
/// As [`verify`].
pub fn verify_compact<'keys>(
    token: &str,
    typ: &str,
    key_of: impl Fn(&str) -> Option<&'keys Jwk>,
) -> Result<Verified, Error> {
    let mut parts = token.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(protected), Some(payload), Some(signature), None) => {
            verify_parts(protected, payload, signature, typ, key_of)
        }
        _ => Err(Error::NotAJws),
    }
}

fn verify_parts<'keys>(
    protected: &str,
    payload: &str,
    signature: &str,
    typ: &str,
    key_of: impl Fn(&str) -> Option<&'keys Jwk>,
) -> Result<Verified, Error> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::NotAJws);
    let header: Header = serde_json::from_slice(&decode(protected)?).map_err(|_| Error::HeaderRefused)?;
    let algorithm: Algorithm = header.alg.parse()?;
    if header.typ != typ {
        return Err(Error::WrongType);
    }
    let jwk = key_of(&header.kid).ok_or(Error::UnknownKey)?;
    if jwk.alg != algorithm {
        return Err(Error::AlgorithmRefused);
    }
    let signature: [u8; 64] = decode(signature)?.try_into().map_err(|_| Error::BadSignature)?;
    let signed = format!("{protected}.{payload}");
    let holds = match jwk.verifying_key()? {
        VerifyingKey::Es256(key) => p256::ecdsa::Signature::from_slice(&signature)
            .is_ok_and(|signature| key.verify(signed.as_bytes(), &signature).is_ok()),
        VerifyingKey::Ed25519(key) => {
            key.verify_strict(signed.as_bytes(), &ed25519_dalek::Signature::from_bytes(&signature)).is_ok()
        }
    };
    if holds { Ok(Verified { kid: header.kid, payload: decode(payload)? }) } else { Err(Error::BadSignature) }
}
