//! Request tokens: good for a minute, for one portal, from one destination.

use handover::{DestinationKeys, SigningKey, token};
use intake::time::Instant;

use crate::support::{NOW, PORTAL, Sides, refusal};

const SECOND: i64 = 1_000_000;

fn signed(key: &SigningKey, change: impl FnOnce(&mut serde_json::Value)) -> String {
    let exp = NOW.micros() / SECOND + 60;
    let mut claims = serde_json::json!({ "iss": "kenko", "sub": "kenko", "aud": PORTAL, "exp": exp, "jti": "1" });
    change(&mut claims);
    key.sign_compact("JWT", &serde_json::to_vec(&claims).unwrap())
}

#[test]
fn a_token_says_who_asks_and_what_to_remember() {
    let sides = Sides::new();
    let made = token::make(&sides.keys.signing, &sides.keys.destination, "https://portal.example/", NOW, [7; 16]);
    let read = token::read(&made, &[sides.keys.public()], PORTAL, NOW).unwrap();
    assert_eq!(read.destination.as_str(), "kenko");
    assert_eq!(read.jti, "07".repeat(16));
    assert_eq!(refusal(token::read(&made, &[sides.keys.public()], PORTAL, read.remember_until)), "token_time");
    assert_eq!(refusal(token::read(&made, &[], PORTAL, NOW)), "unknown_key");
}

#[test]
fn a_token_is_good_for_a_minute_give_or_take_the_leeway() {
    let sides = Sides::new();
    let made = signed(&sides.keys.signing, |_| {});
    let at = |seconds: i64| {
        refusal(token::read(&made, &[sides.keys.public()], PORTAL, Instant(NOW.micros() + seconds * SECOND)))
    };
    assert_eq!(at(-60), "nothing was refused");
    assert_eq!(at(-61), "token_time");
    assert_eq!(at(120), "nothing was refused");
    assert_eq!(at(121), "token_time");
}

#[test]
fn tokens_for_or_from_somebody_else_are_refused() {
    let sides = Sides::new();
    let key = &sides.keys.signing;
    let read = |token: &str| refusal(token::read(token, &[sides.keys.public()], PORTAL, NOW));
    assert_eq!(read(&signed(key, |claims| claims["iat"] = 1.into())), "nothing was refused");
    assert_eq!(read(&signed(key, |claims| claims["aud"] = "https://evil.example".into())), "wrong_audience");
    assert_eq!(read(&signed(key, |claims| claims["aud"] = "https://portal.example/".into())), "wrong_audience");
    assert_eq!(read(&signed(key, |claims| claims["iss"] = "other".into())), "wrong_issuer");
    assert_eq!(read(&signed(key, |claims| claims["sub"] = "other".into())), "wrong_issuer");
    assert_eq!(read(&signed(key, |claims| claims["jti"] = "".into())), "bad_payload");
    assert_eq!(read(&signed(key, |claims| claims["exp"] = i64::MAX.into())), "token_time");
    assert_eq!(read(&signed(key, |claims| claims["exp"] = i64::MIN.into())), "token_time");
    assert_eq!(read(&signed(&sides.portal, |_| {})), "unknown_key");
    assert_eq!(read("a.b"), "not_a_jws");
    // Another destination's good key does not speak for this one.
    let other = DestinationKeys::generate("other".parse().unwrap());
    let both = [sides.keys.public(), other.public()];
    assert_eq!(refusal(token::read(&signed(&other.signing, |_| {}), &both, PORTAL, NOW)), "wrong_issuer");
}
