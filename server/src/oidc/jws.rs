//! Tokens in the compact form (RFC 7515), as a provider signs them. Invariant: the algorithm is ES256, always; what a header says
//! can refuse a token, never choose how it is checked.
//!
//! Unlike those of a batch (`handover::jws`) these keys are named as the provider likes, and a header may hold more.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Refused;

const LONGEST: usize = 32 * 1024;

/// A public key of a provider.
pub(super) struct Key {
    pub kid: String,
    key: VerifyingKey,
}

impl Key {
    /// A key of a JWK set that can check ES256; other kinds of key stand there too and are left out.
    pub(super) fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let is_for_signing = text("use").is_none_or(|usage| usage == "sig");
        let is_for_es256 = text("alg").is_none_or(|algorithm| algorithm == "ES256");
        if text("kty")? != "EC" || text("crv")? != "P-256" || !is_for_signing || !is_for_es256 {
            return None;
        }
        let coordinate = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(text(name)?).ok().filter(|it| it.len() == 32);
        let point = [vec![4], coordinate("x")?, coordinate("y")?].concat();
        Some(Self { kid: text("kid")?.to_owned(), key: VerifyingKey::from_sec1_bytes(&point).ok()? })
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// A token that says it is signed with ES256, by whom is to be seen.
pub(super) struct Token {
    pub kid: String,
    signed: String,
    payload: Vec<u8>,
    signature: Signature,
}

/// Reads a token without believing it.
pub(super) fn read(compact: &str) -> Result<Token, Refused> {
    let parts: Vec<&str> = compact.split('.').collect();
    let [header, payload, signature] = parts[..] else { return Err(Refused::NotTheProtocol) };
    if compact.len() > LONGEST {
        return Err(Refused::NotTheProtocol);
    }
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::NotTheProtocol);
    let Header { alg, kid, crit } = serde_json::from_slice(&decode(header)?).map_err(|_| Refused::NotTheProtocol)?;
    if alg != "ES256" || crit.is_some() {
        return Err(Refused::Algorithm);
    }
    Ok(Token {
        kid: kid.ok_or(Refused::UnknownKey)?,
        signed: format!("{header}.{payload}"),
        payload: decode(payload)?,
        signature: Signature::from_slice(&decode(signature)?).map_err(|_| Refused::Signature)?,
    })
}

impl Token {
    /// What it says, if this key signed it.
    pub(super) fn claims(&self, key: &Key) -> Result<Map<String, Value>, Refused> {
        key.key.verify(self.signed.as_bytes(), &self.signature).map_err(|_| Refused::Signature)?;
        serde_json::from_slice(&self.payload).map_err(|_| Refused::NotTheProtocol)
    }
}
