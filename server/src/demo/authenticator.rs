//! A passkey in software, for the sample staff of the demo. Invariant: it goes through the same ceremony as every passkey;
//! its private key is written to the demo's own folder and is of no use elsewhere.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A passkey with its private key, as `demo.json` holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftwarePasskey {
    /// The id of the credential, base64url.
    pub credential_id: String,
    /// The private key (RFC 7517; P-256).
    pub private_key: PrivateJwk,
    /// What the portal calls the user, base64url.
    pub user_handle: String,
    /// The host that it is bound to.
    pub rp_id: String,
}

/// A private key on P-256 (RFC 7518 §6.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of RFC 7518")]
pub struct PrivateJwk {
    pub kty: String,
    pub crv: String,
    pub x: String,
    pub y: String,
    pub d: String,
}

/// User present, user verified, a new credential follows.
const FLAGS: u8 = 0b0100_0101;

/// Answers `navigator.credentials.create`: the new passkey, and what the page sends back as `credential`. None when the
/// options are not those of a registration.
#[must_use]
pub fn create(options: &str, origin: &str) -> Option<(SoftwarePasskey, String)> {
    let options: Value = serde_json::from_str(options).ok()?;
    let options = options.get("publicKey")?;
    let rp_id = options.pointer("/rp/id")?.as_str()?;
    let (secret, key) = new_key()?;
    let credential_id: [u8; 32] = rand::random();
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = (point.x()?, point.y()?);

    let mut data = Sha256::digest(rp_id.as_bytes()).to_vec();
    data.push(FLAGS);
    // The counter stays at zero, as with passkeys that are on several devices; then the kind of device, which is not told.
    data.extend([0; 4 + 16]);
    data.extend([0, 32]);
    data.extend(credential_id);
    // COSE_Key (RFC 9053 §7.1.1): EC2, ES256, P-256, x and y of 32 bytes.
    data.extend([0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 32]);
    data.extend_from_slice(x);
    data.extend([0x22, 0x58, 32]);
    data.extend_from_slice(y);
    // CBOR: {"fmt": "none", "attStmt": {}, "authData": bytes with a length of one byte}
    let mut object = vec![0xA3, 0x63];
    object.extend(b"fmt\x64none\x67attStmt\xA0\x68authData\x58");
    object.push(u8::try_from(data.len()).ok()?);
    object.extend(data);

    let challenge = options.get("challenge")?.as_str()?;
    let client = json!({ "type": "webauthn.create", "challenge": challenge, "origin": origin, "crossOrigin": false });
    let id = BASE64_URL.encode(credential_id);
    let credential = json!({
        "id": id,
        "rawId": id,
        "type": "public-key",
        "response": {
            "attestationObject": BASE64_URL.encode(object),
            "clientDataJSON": BASE64_URL.encode(client.to_string()),
            "transports": [],
        },
        "extensions": {},
    });
    let passkey = SoftwarePasskey {
        credential_id: id,
        private_key: PrivateJwk {
            kty: "EC".to_owned(),
            crv: "P-256".to_owned(),
            x: BASE64_URL.encode(x),
            y: BASE64_URL.encode(y),
            d: BASE64_URL.encode(secret),
        },
        user_handle: options.pointer("/user/id")?.as_str()?.to_owned(),
        rp_id: rp_id.to_owned(),
    };
    Some((passkey, credential.to_string()))
}

/// Nearly every 32 bytes are a key; a few tries always find one.
fn new_key() -> Option<([u8; 32], SigningKey)> {
    (0..8).find_map(|_| {
        let secret: [u8; 32] = rand::random();
        SigningKey::from_slice(&secret).ok().map(|key| (secret, key))
    })
}
