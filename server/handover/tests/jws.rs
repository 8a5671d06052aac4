//! JWS and JWK: the vectors of the RFCs, and every header that must be refused.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use handover::{Algorithm, Jwk, SigningKey, fingerprint, jwk::fingerprint_matches, jws};
use proptest::prelude::*;

use crate::support::refusal;

/// Flattened JWS with whatever header, signed by this key over it.
fn with_header(key: &SigningKey, header: &str, payload: &str) -> Vec<u8> {
    let good: serde_json::Value = serde_json::from_slice(&key.sign("t", payload.as_bytes())).unwrap();
    let protected = URL_SAFE_NO_PAD.encode(header);
    // The signature cannot be right for another header; a header is refused before anybody looks at the signature.
    serde_json::to_vec(&serde_json::json!({
        "payload": good["payload"], "protected": protected, "signature": good["signature"],
    }))
    .unwrap()
}

fn read(key: &SigningKey, document: &[u8]) -> &'static str {
    refusal(jws::verify(document, "t", |kid| Some(key.jwk()).filter(|jwk| jwk.kid == kid)))
}

#[test]
fn the_signature_of_rfc_7515_appendix_a3_holds() {
    let jwk = |kid: &str| Jwk {
        kty: "EC".to_owned(),
        crv: "P-256".to_owned(),
        x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU".to_owned(),
        y: Some("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0".to_owned()),
        kid: kid.to_owned(),
        alg: Algorithm::Es256,
        usage: "sig".to_owned(),
    };
    let key = jwk(&jwk("").thumbprint());
    key.check().unwrap();
    assert!(jwk("another").check().is_err());
    // Its header has no kid and no typ, so our reader refuses it; the key below is the same, written as PKCS#8.
    let secret = URL_SAFE_NO_PAD.decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI").unwrap();
    let ours = SigningKey::from_bytes(Algorithm::Es256, &secret.try_into().unwrap()).unwrap();
    assert_eq!(*ours.jwk(), key);
    let again = SigningKey::from_pem(&ours.to_pem().unwrap()).unwrap();
    assert_eq!(again.jwk(), ours.jwk());
}

#[test]
fn the_thumbprint_and_the_key_of_rfc_8037_appendix_a_are_ours_too() {
    let secret = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let key = SigningKey::from_bytes(Algorithm::Ed25519, &secret.try_into().unwrap()).unwrap();
    assert_eq!(key.jwk().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
    assert_eq!(again.jwk(), key.jwk());
}

#[test]
fn a_fingerprint_is_recognised_however_it_was_written_down() {
    let (key, other) = (SigningKey::generate(Algorithm::Es256), SigningKey::generate(Algorithm::Es256));
    let shown = fingerprint(key.jwk());
    assert_eq!(shown.split(' ').count(), 16);
    assert!(fingerprint_matches(key.jwk(), &shown.to_lowercase().replace(' ', "-")));
    assert!(!fingerprint_matches(other.jwk(), &shown));
    assert!(!fingerprint_matches(key.jwk(), &shown[5..]));
    assert!(!fingerprint_matches(key.jwk(), ""));
}

#[test]
fn what_both_algorithms_sign_is_read_and_nothing_else() {
    for algorithm in [Algorithm::Es256, Algorithm::Ed25519] {
        let (key, other) = (SigningKey::generate(algorithm), SigningKey::generate(algorithm));
        let document = key.sign("t", b"{}");
        assert_eq!(read(&key, &document), "nothing was refused");
        assert_eq!(read(&other, &document), "unknown_key");
        assert_eq!(refusal(jws::verify(&document, "t", |_| Some(other.jwk()))), "bad_signature");
        assert_eq!(refusal(jws::verify(&document, "u", |_| Some(key.jwk()))), "wrong_type");
    }
}

#[test]
fn headers_that_lead_a_reader_astray_are_refused() {
    let key = SigningKey::generate(Algorithm::Es256);
    let kid = key.kid();
    let plain = format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"t"}}"#);
    let table = [
        (plain.replace("ES256", "none"), "algorithm_refused"),
        (plain.replace("ES256", "HS256"), "algorithm_refused"),
        (plain.replace("ES256", "RS256"), "algorithm_refused"),
        (plain.replace("ES256", "es256"), "algorithm_refused"),
        // The other algorithm that we know, but not this key's.
        (plain.replace("ES256", "Ed25519"), "algorithm_refused"),
        (plain.replace(r#""typ":"t""#, r#""typ":"t","crit":["b64"]"#), "header_refused"),
        (plain.replace(r#""typ":"t""#, r#""typ":"t","b64":false"#), "header_refused"),
        (plain.replace(r#""typ":"t""#, r#""typ":"t","jwk":{}"#), "header_refused"),
        (plain.replace(r#""typ":"t""#, r#""typ":"t","jku":"https://evil.example""#), "header_refused"),
        (plain.replace(r#""typ":"t""#, r#""typ":"t","x5u":"https://evil.example""#), "header_refused"),
        (plain.replace(r#""typ":"t""#, r#""typ":"t","typ":"t""#), "header_refused"),
        (plain.replace(r#","typ":"t""#, ""), "header_refused"),
        (plain.replace(kid, "../../keys/other"), "unknown_key"),
        (format!(" {plain}"), "bad_signature"),
    ];
    for (header, code) in table {
        assert_eq!(read(&key, &with_header(&key, &header, "{}")), code, "{header}");
    }
}

#[test]
fn a_mac_keyed_with_the_public_key_is_no_signature() {
    // Whatever bytes stand as the signature of an HS256 header: the algorithm is refused before.
    let key = SigningKey::generate(Algorithm::Es256);
    let header = format!(r#"{{"alg":"HS256","kid":"{}","typ":"t"}}"#, key.kid());
    let mut document: serde_json::Value = serde_json::from_slice(&with_header(&key, &header, "{}")).unwrap();
    document["signature"] = URL_SAFE_NO_PAD.encode([0; 32]).into();
    assert_eq!(read(&key, &serde_json::to_vec(&document).unwrap()), "algorithm_refused");
}

#[test]
fn members_too_much_and_keys_that_stand_twice_are_refused() {
    let key = SigningKey::generate(Algorithm::Es256);
    let text = String::from_utf8(key.sign("t", b"{}")).unwrap();
    for put_in in [r#"{"header":{},"#, r#"{"signatures":[],"#, r#"{"payload":"e30","#] {
        assert_eq!(read(&key, text.replacen('{', put_in, 1).as_bytes()), "not_a_jws", "{put_in}");
    }
    assert_eq!(read(&key, b""), "not_a_jws");
    assert_eq!(read(&key, &text.as_bytes()[..text.len() - 1]), "not_a_jws");
}

proptest! {
    #[test]
    fn a_flipped_bit_anywhere_in_a_document_is_refused(place in 0usize..10_000, bit in 0u8..8) {
        let key = SigningKey::from_bytes(Algorithm::Es256, &[7; 32]).unwrap();
        let mut document = key.sign("t", "{\"名\":1}".as_bytes());
        let place = place % document.len();
        document[place] ^= 1 << bit;
        prop_assert_ne!(read(&key, &document), "nothing was refused");
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        let key = SigningKey::from_bytes(Algorithm::Es256, &[7; 32]).unwrap();
        prop_assert_ne!(read(&key, text.as_bytes()), "nothing was refused");
        let compact = jws::verify_compact(&text, "t", |_| Some(key.jwk()));
        prop_assert!(compact.is_err());
    }
}
