//! Tokens: the provider's own, and the clients' assertions. Invariant: a client is believed for a signature of ES256 under a key
//! that was registered for it; what the provider signs with ES256 is right unless a [`Fault`] was asked for.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use handover::{Algorithm, Jwk, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fault::Fault;

const TYP: &str = "JWT";

/// The keys of a realm.
pub(super) struct Keys {
    current: SigningKey,
    /// Not published yet.
    next: SigningKey,
    /// Published still, for what was signed before.
    older: Option<Jwk>,
}

impl Keys {
    pub(super) fn generate() -> Self {
        let new = || SigningKey::generate(Algorithm::Es256);
        Self { current: new(), next: new(), older: None }
    }

    /// `jwks_uri`
    pub(super) fn published(&self) -> Value {
        let keys: Vec<&Jwk> = std::iter::once(self.current.jwk()).chain(&self.older).collect();
        json!({ "keys": keys })
    }

    /// Publishes the next key and signs with it from now on.
    pub(super) fn rotate(&mut self) {
        let next = std::mem::replace(&mut self.next, SigningKey::generate(Algorithm::Es256));
        let before = std::mem::replace(&mut self.current, next);
        self.older = Some(before.jwk().clone());
    }

    /// Signs claims, rightly or as the fault has it.
    pub(super) fn sign(&mut self, claims: &Value, fault: Option<Fault>) -> String {
        let payload = claims.to_string();
        match fault {
            Some(Fault::AlgorithmNone) => format!("{}.", self.unsigned("none", &payload)),
            Some(Fault::HmacWithPublicKey) => {
                let input = self.unsigned("HS256", &payload);
                let mac = Hmac::<Sha256>::new_from_slice(self.current.jwk().x.as_bytes()).expect("any length is a key");
                let mac = mac.chain_update(&input).finalize().into_bytes();
                format!("{input}.{}", BASE64_URL.encode(mac))
            }
            Some(Fault::Forged) => {
                let (right, other) = (
                    self.current.sign_compact(TYP, payload.as_bytes()),
                    self.next.sign_compact(TYP, payload.as_bytes()),
                );
                let (input, _) = right.rsplit_once('.').unwrap_or_default();
                let (_, signature) = other.rsplit_once('.').unwrap_or_default();
                format!("{input}.{signature}")
            }
            Some(Fault::UnknownKey) => self.next.sign_compact(TYP, payload.as_bytes()),
            Some(Fault::NewKey) => {
                self.rotate();
                self.current.sign_compact(TYP, payload.as_bytes())
            }
            _ => self.current.sign_compact(TYP, payload.as_bytes()),
        }
    }

    fn unsigned(&self, algorithm: &str, payload: &str) -> String {
        let header = json!({ "alg": algorithm, "kid": self.current.kid(), "typ": TYP });
        format!("{}.{}", BASE64_URL.encode(header.to_string()), BASE64_URL.encode(payload))
    }
}

/// `at_hash` (OpenID Connect Core §3.1.3.6): the left half of the hash.
pub(super) fn half_hash(token: &str) -> String {
    BASE64_URL.encode(&Sha256::digest(token)[..16])
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// The claims of a compact JWS whose signature holds under one of the keys; else what is wrong with it.
pub(super) fn verified(token: &str, keys: &[Jwk]) -> Result<Value, &'static str> {
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("not a compact JWS");
    };
    let decode = |text: &str| BASE64_URL.decode(text).map_err(|_| "not base64url");
    let head: Header = serde_json::from_slice(&decode(header)?).map_err(|_| "the header is not JSON")?;
    if head.alg != "ES256" {
        return Err("alg is not ES256");
    }
    if head.crit.is_some() {
        return Err("crit is not understood");
    }
    let kid = head.kid.ok_or("kid is missing")?;
    let key = keys.iter().find(|key| key.kid == kid).ok_or("kid is not registered")?;
    let key = point_of(key).ok_or("the registered key is none of P-256")?;
    let signed = Signature::from_slice(&decode(signature)?).map_err(|_| "not a signature")?;
    key.verify(format!("{header}.{payload}").as_bytes(), &signed).map_err(|_| "the signature does not hold")?;
    serde_json::from_slice(&decode(payload)?).map_err(|_| "the claims are not JSON")
}

fn point_of(key: &Jwk) -> Option<VerifyingKey> {
    let coordinate = |text: &str| BASE64_URL.decode(text).ok().filter(|bytes| bytes.len() == 32);
    let point = [vec![4], coordinate(&key.x)?, coordinate(key.y.as_deref()?)?].concat();
    VerifyingKey::from_sec1_bytes(&point).ok()
}
