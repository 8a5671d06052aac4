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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use handover::{Algorithm, SigningKey};
    use proptest::prelude::*;
    use serde_json::json;

    /// RFC 7515 A.3: a key and what it signed.
    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    fn published(changes: &[(&str, Value)]) -> Value {
        let mut jwk = json!({ "kty": "EC", "crv": "P-256", "x": X, "y": Y, "kid": "rfc", "use": "sig" });
        for (name, value) in changes {
            jwk[*name] = value.clone();
        }
        jwk
    }

    #[test]
    fn the_example_of_the_standard_holds_and_every_altered_one_does_not() {
        let key = Key::read(&published(&[])).unwrap();
        // Its header has no `kid`, which a provider's must have; header, payload and signature are the standard's.
        let (header, payload) = (
            "eyJhbGciOiJFUzI1NiJ9",
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        );
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        assert_eq!(read(&format!("{header}.{payload}.{signature}")).err(), Some(Refused::UnknownKey));
        let token = |signature: &str| Token {
            kid: "rfc".to_owned(),
            signed: format!("{header}.{payload}"),
            payload: BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap(),
            signature: Signature::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap(),
        };
        assert_eq!(token(signature).claims(&key).unwrap()["iss"], "joe");
        assert_eq!(token(&signature.replacen("DtE", "DtF", 1)).claims(&key).err(), Some(Refused::Signature));
    }

    #[test]
    fn only_keys_that_can_check_es256_are_taken_from_a_set() {
        assert!(Key::read(&published(&[("alg", json!("ES256")), ("x5c", json!([]))])).is_some());
        for change in [
            ("kty", json!("RSA")),
            ("crv", json!("P-384")),
            ("use", json!("enc")),
            ("alg", json!("ES384")),
            ("kid", json!(7)),
            ("x", json!("AAAA")),
            ("y", json!(X)),
        ] {
            assert!(Key::read(&published(std::slice::from_ref(&change))).is_none(), "{change:?}");
        }
        assert!(Key::read(&json!({ "kty": "oct", "k": X, "kid": "rfc", "alg": "HS256" })).is_none());
    }

    #[test]
    fn no_other_algorithm_is_taken_whatever_the_header_says() {
        let key = SigningKey::generate(Algorithm::Es256);
        let signed = key.sign_compact("JWT", b"{}");
        assert!(read(&signed).is_ok());
        let (_, rest) = signed.split_once('.').unwrap();
        for header in [
            json!({ "alg": "none", "kid": "a" }),
            json!({ "alg": "None", "kid": "a" }),
            json!({ "alg": "HS256", "kid": "a" }),
            json!({ "alg": "RS256", "kid": "a" }),
            json!({ "alg": "ES384", "kid": "a" }),
            json!({ "alg": "es256", "kid": "a" }),
            json!({ "alg": "ES256", "kid": "a", "crit": ["exp"] }),
        ] {
            let header = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
            assert_eq!(read(&format!("{header}.{rest}")).err(), Some(Refused::Algorithm), "{header}");
        }
        let ed25519 = SigningKey::generate(Algorithm::Ed25519).sign_compact("JWT", b"{}");
        assert_eq!(read(&ed25519).err(), Some(Refused::Algorithm));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(text in "[A-Za-z0-9_.=+/-]{0,200}|\\PC{0,60}") {
            let _ = read(&text);
        }
    }
}
