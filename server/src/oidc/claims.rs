//! What an ID token must say (OpenID Connect Core §3.1.3.7). Invariant: pure; each thing that is not as it must be has a refusal of
//! its own.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::time::{Instant, MINUTE};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Refused;

/// How far the clocks of both sides may differ.
const SKEW: i64 = MINUTE;
/// How long ago a token that has just been fetched may have been made.
const OLDEST: i64 = 10 * MINUTE;
/// OpenID Connect Core §2: at most 255 ASCII characters.
const LONGEST_SUBJECT: usize = 255;

/// What was asked for.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub acr: &'a str,
    pub access_token: &'a str,
}

/// The subject of a token that says what it must.
pub(super) fn check(claims: &Map<String, Value>, expected: &Expected<'_>, now: Instant) -> Result<String, Refused> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name).and_then(Value::as_i64).map(|at| Instant(at.saturating_mul(1_000_000)));
    if text("iss") != Some(expected.issuer) {
        return Err(Refused::Issuer);
    }
    if !is_for(claims.get("aud"), expected.client_id) || claims.get("azp").is_some_and(|azp| azp != expected.client_id)
    {
        return Err(Refused::Audience);
    }
    let (until, made) = (time("exp").ok_or(Refused::Expired)?, time("iat").ok_or(Refused::Expired)?);
    let has_begun = made <= now.plus(SKEW) && time("nbf").is_none_or(|from| from <= now.plus(SKEW));
    if until.plus(SKEW) <= now || made.plus(OLDEST + SKEW) <= now || !has_begun {
        return Err(Refused::Expired);
    }
    let nonce = text("nonce").unwrap_or_default();
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(Refused::Nonce);
    }
    let demanded = expected.acr.split(' ').find(|word| !word.is_empty());
    let reached = text("acr").unwrap_or_default();
    if demanded.is_some_and(|word| !reached.split(' ').any(|other| other == word)) {
        return Err(Refused::Level);
    }
    if claims.get("at_hash").is_some_and(|hash| *hash != at_hash(expected.access_token)) {
        return Err(Refused::Signature);
    }
    let subject = text("sub").unwrap_or_default();
    if subject.is_empty() || subject.len() > LONGEST_SUBJECT || !subject.is_ascii() {
        return Err(Refused::NotTheProtocol);
    }
    Ok(subject.to_owned())
}

/// For us and nobody else beside us.
fn is_for(audience: Option<&Value>, client_id: &str) -> bool {
    match audience {
        Some(Value::String(one)) => one == client_id,
        Some(Value::Array(all)) => matches!(all.as_slice(), [one] if one == client_id),
        _ => false,
    }
}

/// The left half of the access token's SHA-256.
fn at_hash(access_token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16])
}

const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// Who is signed out.
    pub subject: Option<String>,
    /// Which session of the provider ends.
    pub session: Option<String>,
    /// What the token is called: it counts once.
    pub token_id: String,
    /// Until when it counts.
    pub until: Instant,
}

/// Reads the claims of a logout token. An ID token is none: it has a nonce and no event.
pub(super) fn logout(
    claims: &Map<String, Value>,
    issuer: &str,
    client_id: &str,
    now: Instant,
) -> Result<Logout, Refused> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let time = |name: &str| claims.get(name).and_then(Value::as_i64).map(|at| Instant(at.saturating_mul(1_000_000)));
    if text("iss").as_deref() != Some(issuer) {
        return Err(Refused::Issuer);
    }
    if !is_for(claims.get("aud"), client_id) {
        return Err(Refused::Audience);
    }
    let made = time("iat").ok_or(Refused::Expired)?;
    let oldest = made.plus(OLDEST + SKEW);
    // `exp` is required since the final version of the standard; older providers leave it out.
    let until = time("exp").map_or(oldest, |until| until.plus(SKEW).min(oldest));
    if until <= now || made > now.plus(SKEW) {
        return Err(Refused::Expired);
    }
    let is_event = claims.get("events").and_then(|events| events.get(LOGOUT_EVENT)).is_some_and(Value::is_object);
    let (subject, session) = (text("sub"), text("sid"));
    if !is_event || claims.contains_key("nonce") || (subject.is_none() && session.is_none()) {
        return Err(Refused::NotTheProtocol);
    }
    Ok(Logout { subject, session, token_id: text("jti").ok_or(Refused::NotTheProtocol)?, until })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const NOW: Instant = Instant(1_795_392_000_000_000);
    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://provider.example/realms/main",
        client_id: "city",
        nonce: "n-0S6_WzA2Mj",
        acr: "aal3 crl",
        // The example of OpenID Connect Core A.3, whose `at_hash` stands there too.
        access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
    };

    fn claims() -> Map<String, Value> {
        let now = NOW.micros() / 1_000_000;
        let claims = json!({
            "iss": EXPECTED.issuer, "sub": "24400320", "aud": "city", "azp": "city", "nonce": EXPECTED.nonce,
            "exp": now + 300, "iat": now, "acr": "aal3", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ",
        });
        claims.as_object().unwrap().clone()
    }

    fn with(claim: &str, value: Value) -> Result<String, Refused> {
        let mut claims = claims();
        if value.is_null() {
            claims.remove(claim);
        } else {
            claims.insert(claim.to_owned(), value);
        }
        check(&claims, &EXPECTED, NOW)
    }

    #[test]
    fn a_token_that_says_what_it_must_names_its_subject() {
        assert_eq!(check(&claims(), &EXPECTED, NOW).unwrap(), "24400320");
        for (claim, value) in
            [("azp", Value::Null), ("at_hash", Value::Null), ("aud", json!(["city"])), ("acr", json!("crl aal3"))]
        {
            assert!(with(claim, value).is_ok(), "{claim}");
        }
    }

    #[test]
    fn each_thing_that_is_not_as_it_must_be_has_its_own_refusal() {
        let now = NOW.micros() / 1_000_000;
        for (claim, value, refused) in [
            ("iss", json!("https://provider.example/realms/main/"), Refused::Issuer),
            ("iss", Value::Null, Refused::Issuer),
            ("aud", json!("other"), Refused::Audience),
            ("aud", json!(["city", "other"]), Refused::Audience),
            ("aud", json!([]), Refused::Audience),
            ("azp", json!("other"), Refused::Audience),
            ("exp", json!(now - 61), Refused::Expired),
            ("exp", json!("soon"), Refused::Expired),
            ("exp", Value::Null, Refused::Expired),
            ("iat", json!(now - 700), Refused::Expired),
            ("iat", json!(now + 90), Refused::Expired),
            ("iat", json!(i64::MIN), Refused::Expired),
            ("nbf", json!(now + 90), Refused::Expired),
            ("nonce", json!("other"), Refused::Nonce),
            ("nonce", Value::Null, Refused::Nonce),
            ("acr", json!("aal2"), Refused::Level),
            ("acr", json!("aal33"), Refused::Level),
            ("acr", Value::Null, Refused::Level),
            ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RR"), Refused::Signature),
            ("sub", Value::Null, Refused::NotTheProtocol),
            ("sub", json!("花子"), Refused::NotTheProtocol),
            ("sub", json!("a".repeat(256)), Refused::NotTheProtocol),
        ] {
            assert_eq!(with(claim, value.clone()), Err(refused), "{claim} {value}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_claim_may_hold_breaks_the_check(claim in "iss|aud|exp|iat|nonce|acr|sub|azp", number: i64, text: String) {
            for value in [json!(number), json!(text), json!([text]), json!({ "a": number }), json!(true)] {
                let _ = with(&claim, value);
            }
        }
    }

    fn logout_claims() -> Value {
        let now = NOW.micros() / 1_000_000;
        json!({
            "iss": EXPECTED.issuer, "aud": EXPECTED.client_id, "sub": "somebody", "iat": now, "exp": now + 120, "jti": "one",
            "events": { LOGOUT_EVENT: {} },
        })
    }

    fn logout_with(claim: &str, value: Value) -> Result<Logout, Refused> {
        let mut claims = logout_claims();
        let all = claims.as_object_mut().unwrap();
        if value.is_null() {
            all.remove(claim);
        } else {
            all.insert(claim.to_owned(), value);
        }
        logout(all, EXPECTED.issuer, EXPECTED.client_id, NOW)
    }

    #[test]
    fn a_logout_token_says_what_the_standard_asks_for() {
        let now = NOW.micros() / 1_000_000;
        let read = logout_with("sid", json!("a session")).unwrap();
        assert_eq!((read.subject.as_deref(), read.session.as_deref()), (Some("somebody"), Some("a session")));
        assert_eq!((read.token_id.as_str(), read.until), ("one", NOW.plus(3 * MINUTE)));
        // Providers of before the final standard leave `exp` out: the token then counts for as long as any may be old.
        assert_eq!(logout_with("exp", Value::Null).unwrap().until, NOW.plus(OLDEST + SKEW));
        for (claim, value, refused) in [
            ("iss", json!("https://other.example"), Refused::Issuer),
            ("aud", json!("another"), Refused::Audience),
            ("aud", json!([EXPECTED.client_id, "another"]), Refused::Audience),
            ("iat", json!(now + 61), Refused::Expired),
            ("iat", json!(now - 661), Refused::Expired),
            ("iat", Value::Null, Refused::Expired),
            ("exp", json!(now - 60), Refused::Expired),
            ("events", Value::Null, Refused::NotTheProtocol),
            ("events", json!({ "another": {} }), Refused::NotTheProtocol),
            ("events", json!([LOGOUT_EVENT]), Refused::NotTheProtocol),
            ("events", json!({ LOGOUT_EVENT: true }), Refused::NotTheProtocol),
            ("nonce", json!("n"), Refused::NotTheProtocol),
            ("sub", Value::Null, Refused::NotTheProtocol),
            ("jti", Value::Null, Refused::NotTheProtocol),
            ("jti", json!(""), Refused::NotTheProtocol),
        ] {
            assert_eq!(logout_with(claim, value.clone()), Err(refused), "{claim} {value}");
        }
    }
}
