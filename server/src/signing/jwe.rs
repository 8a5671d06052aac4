//! The envelope that a signing result comes in: JWE compact (RFC 7516), ECDH-ES on P-256 (RFC 7518 §4.6) with AES-GCM.
//! Invariant: nothing is opened by another algorithm than these, whatever the header says, and each refusal says only that.
//!
//! RSA-OAEP is not offered: its private operation would need the crate `rsa` (RUSTSEC-2023-0071).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use p256::{PublicKey, SecretKey, ecdh::diffie_hellman, pkcs8::DecodePrivateKey};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Longer than any result.
const LONGEST: usize = 256 * 1024;

/// What does not open, or is no envelope of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// Not five parts of base64url, or too long.
    #[error("it is no JWE")]
    NotAJwe,
    /// Another algorithm, or a header that must be understood and is not.
    #[error("the header is not of ECDH-ES with AES-GCM")]
    Header,
    /// For another key, or altered.
    #[error("it does not open with this key")]
    CannotOpen,
    /// The key file is no P-256 key.
    #[error("the key is no private key of P-256 in PKCS #8 (PEM)")]
    NotAKey,
}

/// The key that results are encrypted to.
pub struct EnvelopeKey(SecretKey);

#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    epk: Epk,
    #[serde(default)]
    apu: String,
    #[serde(default)]
    apv: String,
    #[serde(default)]
    zip: Option<Value>,
    #[serde(default)]
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Epk {
    kty: String,
    crv: String,
    x: String,
    y: String,
}

impl Epk {
    fn key(&self) -> Option<PublicKey> {
        let coordinate = |text: &str| <[u8; 32]>::try_from(BASE64_URL.decode(text).ok()?).ok();
        if self.kty != "EC" || self.crv != "P-256" {
            return None;
        }
        let point = [&[4], coordinate(&self.x)?.as_slice(), coordinate(&self.y)?.as_slice()].concat();
        // A point beside the curve is refused here.
        PublicKey::from_sec1_bytes(&point).ok()
    }
}

/// The algorithm of the content, with the length of its key in bits.
fn content_algorithm(enc: &str) -> Option<(&'static Algorithm, u32)> {
    match enc {
        "A256GCM" => Some((&AES_256_GCM, 256)),
        "A128GCM" => Some((&AES_128_GCM, 128)),
        _ => None,
    }
}

/// Concat KDF with SHA-256 (NIST SP 800-56A §5.8.1): one round gives up to 256 bits.
pub(crate) fn content_key(shared: &[u8], enc: &str, apu: &[u8], apv: &[u8], bits: u32) -> Zeroizing<Vec<u8>> {
    let mut hash = Sha256::new();
    hash.update(1_u32.to_be_bytes());
    hash.update(shared);
    for part in [enc.as_bytes(), apu, apv] {
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.update(bits.to_be_bytes());
    let digest = Zeroizing::new(hash.finalize().to_vec());
    Zeroizing::new(digest[..bits as usize / 8].to_vec())
}

impl EnvelopeKey {
    /// Reads PKCS #8 in PEM.
    ///
    /// # Errors
    /// [`JweError::NotAKey`].
    pub fn from_pem(pem: &str) -> Result<Self, JweError> {
        SecretKey::from_pkcs8_pem(pem).map(Self).map_err(|_| JweError::NotAKey)
    }

    /// The public half, as the city hands it in with its application.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        let point = self.0.public_key().to_sec1_bytes();
        let (x, y) = (BASE64_URL.encode(&point[1..33]), BASE64_URL.encode(&point[33..65]));
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        let kid = BASE64_URL.encode(thumbprint);
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "use": "enc", "alg": "ECDH-ES" })
    }

    /// Opens an envelope.
    ///
    /// # Errors
    /// See [`JweError`].
    pub fn open(&self, compact: &str) -> Result<Zeroizing<Vec<u8>>, JweError> {
        if compact.len() > LONGEST {
            return Err(JweError::NotAJwe);
        }
        let parts: Vec<&str> = compact.trim().split('.').collect();
        let [protected, "", nonce, content, tag] = parts.as_slice() else { return Err(JweError::NotAJwe) };
        let decode = |text: &str| BASE64_URL.decode(text).map_err(|_| JweError::NotAJwe);
        let header: Header = serde_json::from_slice(&decode(protected)?).map_err(|_| JweError::Header)?;
        if header.alg != "ECDH-ES" || header.zip.is_some() || header.crit.is_some() {
            return Err(JweError::Header);
        }
        let (algorithm, bits) = content_algorithm(&header.enc).ok_or(JweError::Header)?;
        let theirs = header.epk.key().ok_or(JweError::Header)?;
        let shared = diffie_hellman(self.0.to_nonzero_scalar(), theirs.as_affine());
        let (apu, apv) = (decode(&header.apu)?, decode(&header.apv)?);
        let key = content_key(shared.raw_secret_bytes(), &header.enc, &apu, &apv, bits);
        let key = LessSafeKey::new(UnboundKey::new(algorithm, &key).map_err(|_| JweError::CannotOpen)?);
        let nonce = Nonce::try_assume_unique_for_key(&decode(nonce)?).map_err(|_| JweError::NotAJwe)?;
        let mut text = Zeroizing::new([decode(content)?, decode(tag)?].concat());
        let length = key
            .open_in_place(nonce, Aad::from(protected.as_bytes()), &mut text)
            .map_err(|_| JweError::CannotOpen)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    /// RFC 7518, appendix C: Alice's and Bob's keys, "Alice" and "Bob" as parties, and the derived key of A128GCM.
    #[test]
    fn the_key_is_the_one_of_rfc_7518() {
        let scalar = |text: &str| SecretKey::from_slice(&BASE64_URL.decode(text).unwrap()).unwrap();
        let alice = scalar("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
        let bob = scalar("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
        for (ours, theirs) in [(&alice, &bob), (&bob, &alice)] {
            let shared = diffie_hellman(ours.to_nonzero_scalar(), theirs.public_key().as_affine());
            let key = content_key(shared.raw_secret_bytes(), "A128GCM", b"Alice", b"Bob", 128);
            assert_eq!(BASE64_URL.encode(&*key), "VqqN6vgjbSBcIijNcacQGg");
        }
    }

    /// Made by `jwcrypto` (Python): an implementation that shares no code with this one.
    const MADE_ELSEWHERE: &str = include_str!("testdata/made-by-jwcrypto.jwe");
    const KEY: &str = include_str!("testdata/made-by-jwcrypto.pem");

    fn key() -> EnvelopeKey {
        EnvelopeKey::from_pem(KEY).unwrap()
    }

    #[test]
    fn what_another_implementation_sealed_opens() {
        assert_eq!(key().open(MADE_ELSEWHERE).unwrap().as_slice(), "署名の結果".as_bytes());
    }

    #[test]
    fn every_other_header_part_or_key_is_refused() {
        let parts: Vec<&str> = MADE_ELSEWHERE.trim().split('.').collect();
        let header: Value = serde_json::from_slice(&BASE64_URL.decode(parts[0]).unwrap()).unwrap();
        let with = |name: &str, value: Value| {
            let mut header = header.clone();
            header[name] = value;
            let protected = BASE64_URL.encode(header.to_string());
            key().open(&[&protected, parts[1], parts[2], parts[3], parts[4]].join(".")).map(drop)
        };
        assert_eq!(with("alg", json!("RSA-OAEP-256")), Err(JweError::Header));
        assert_eq!(with("alg", json!("dir")), Err(JweError::Header));
        assert_eq!(with("enc", json!("A256CBC-HS512")), Err(JweError::Header));
        assert_eq!(with("crit", json!(["exp"])), Err(JweError::Header));
        assert_eq!(with("zip", json!("DEF")), Err(JweError::Header));
        assert_eq!(with("apu", json!("eA")), Err(JweError::CannotOpen));
        let off_curve =
            json!({ "kty": "EC", "crv": "P-256", "x": BASE64_URL.encode([1; 32]), "y": BASE64_URL.encode([1; 32]) });
        assert_eq!(with("epk", off_curve), Err(JweError::Header));
        let other = EnvelopeKey(SecretKey::from_slice(&[7; 32]).unwrap());
        assert_eq!(other.open(MADE_ELSEWHERE).map(drop), Err(JweError::CannotOpen));
        let with_key = [parts[0], "AAAA", parts[2], parts[3], parts[4]].join(".");
        assert_eq!(key().open(&with_key).map(drop), Err(JweError::NotAJwe));
        for place in 1..5 {
            let mut cut = parts.clone();
            cut.remove(place);
            assert!(key().open(&cut.join(".")).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_open(text in "\\PC{0,80}|([A-Za-z0-9_-]{0,30}\\.){4}[A-Za-z0-9_-]{0,30}") {
            prop_assert!(key().open(&text).is_err());
        }

        #[test]
        fn one_altered_character_is_refused(place in any::<prop::sample::Index>(), other in "[A-Za-z0-9_-]") {
            let text = MADE_ELSEWHERE.trim();
            let place = place.index(text.len());
            let altered = format!("{}{other}{}", &text[..place], &text[place + 1..]);
            prop_assume!(altered != text && text.as_bytes()[place] != b'.');
            // base64url without padding leaves bits of the last character of a part that mean nothing; they are refused too.
            prop_assert!(key().open(&altered).is_err());
        }
    }
}
