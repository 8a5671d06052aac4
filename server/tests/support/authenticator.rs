//! The other half of a passkey in software: it signs in. What a real device would refuse to do, a test can ask for.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use server::demo::authenticator::SoftwarePasskey;
use sha2::{Digest, Sha256};

pub const USER_VERIFIED: u8 = 0b0000_0101;
pub const USER_ONLY_PRESENT: u8 = 0b0000_0001;

/// Answers `navigator.credentials.get`.
pub fn sign(passkey: &SoftwarePasskey, options: &str, origin: &str, flags: u8, counter: u32) -> String {
    let options: Value = serde_json::from_str(options).unwrap();
    let challenge = options["publicKey"]["challenge"].as_str().unwrap();
    let client = json!({ "type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": false });
    let client = client.to_string();
    let mut data = Sha256::digest(passkey.rp_id.as_bytes()).to_vec();
    data.push(flags);
    data.extend(counter.to_be_bytes());
    let mut signed = data.clone();
    signed.extend(Sha256::digest(client.as_bytes()));
    let key = SigningKey::from_slice(&BASE64_URL.decode(&passkey.private_key.d).unwrap()).unwrap();
    let signature: Signature = key.sign(&signed);
    json!({
        "id": passkey.credential_id,
        "rawId": passkey.credential_id,
        "type": "public-key",
        "response": {
            "authenticatorData": BASE64_URL.encode(data),
            "clientDataJSON": BASE64_URL.encode(client),
            "signature": BASE64_URL.encode(signature.to_der().as_bytes()),
            "userHandle": passkey.user_handle,
        },
        "extensions": {},
    })
    .to_string()
}

/// A new credential as a device sends it that did not verify its user: nothing signs this byte without attestation.
pub fn without_user_verification(credential: &str) -> String {
    let mut credential: Value = serde_json::from_str(credential).unwrap();
    let object = credential["response"]["attestationObject"].as_str().unwrap();
    let mut object = BASE64_URL.decode(object).unwrap();
    let start = object.windows(8).position(|part| part == b"authData").unwrap() + 8 + 2;
    object[start + 32] &= !0b0000_0100;
    credential["response"]["attestationObject"] = BASE64_URL.encode(object).into();
    credential.to_string()
}
