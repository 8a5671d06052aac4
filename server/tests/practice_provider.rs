#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The practice identity provider: each requirement of the real service (`domain.md` §4.2) is refused when it is missing, and each
//! fault is one deviation from a sign-in that is right.

use serde_json::{Value, json};
use server::{
    clock::Clock,
    demo::practice_provider::{Fault, RealmName},
};

use crate::support::{
    NOW,
    browser::inputs,
    page::Page,
    provider::{BACK, CLIENT, Provider, Returned, holds, json_of, random, unverified},
};

const MINUTE: i64 = 60_000_000;

fn main_realm() -> Provider {
    Provider::start(RealmName::Main, Clock::fixed(NOW))
}

/// The parameters with one of them set, or taken out.
fn with(parameters: &[(String, String)], name: &str, value: Option<&str>) -> Vec<(String, String)> {
    let mut changed: Vec<_> = parameters.iter().filter(|(key, _)| key != name).cloned().collect();
    changed.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    changed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_says_where_it_is_and_what_it_takes() {
    let provider = main_realm();
    let metadata = provider.json(".well-known/openid-configuration");
    let issuer = provider.provider.issuer(RealmName::Main);
    assert!(issuer.starts_with("http://127.0.0.2:") && issuer.ends_with("/api/realms/main"), "{issuer}");
    assert_eq!(metadata["issuer"], issuer);
    for (key, endpoint) in [
        ("authorization_endpoint", "auth"),
        ("token_endpoint", "token"),
        ("userinfo_endpoint", "userinfo"),
        ("jwks_uri", "certs"),
    ] {
        assert_eq!(metadata[key], format!("{issuer}/protocol/openid-connect/{endpoint}"));
    }
    for (key, only) in [
        ("response_types_supported", "code"),
        ("id_token_signing_alg_values_supported", "ES256"),
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
        ("code_challenge_methods_supported", "S256"),
        ("subject_types_supported", "pairwise"),
    ] {
        assert_eq!(metadata[key], json!([only]), "{key}");
    }
    assert_eq!(provider.published_keys()["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_requirement_of_a_request_is_refused_when_it_is_missing_or_wrong() {
    let provider = main_realm();
    let good = provider.request(&random(), &random(), "the state");
    provider.ask(&good).is(200);
    let short = "a".repeat(42);
    for (name, value, error) in [
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", Some("code id_token"), "unsupported_response_type"),
        ("response_mode", Some("fragment"), "invalid_request"),
        ("scope", None, "invalid_request"),
        ("scope", Some("name address"), "invalid_scope"),
        ("scope", Some("openid email"), "invalid_scope"),
        ("nonce", None, "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some(&short), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("acr_values", None, "invalid_request"),
        ("request", Some("eyJhbGciOiJub25lIn0.e30."), "request_not_supported"),
        ("request_uri", Some("https://example.jp/request"), "request_uri_not_supported"),
        ("prompt", Some("none"), "login_required"),
    ] {
        let answer = provider.ask(&with(&good, name, value)).is(303);
        let expected = format!("{BACK}?error={error}&error_description={name}&state=the+state");
        assert_eq!(answer.location(), expected, "{name} {value:?}");
    }
    let answer = provider.ask(&with(&good, "state", None)).is(303);
    assert_eq!(answer.location(), format!("{BACK}?error=invalid_request&error_description=state"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_an_address_that_was_not_registered_exactly() {
    let provider = main_realm();
    let good = provider.request(&random(), &random(), &random());
    for (name, value) in [
        ("client_id", None),
        ("client_id", Some("another")),
        ("redirect_uri", None),
        ("redirect_uri", Some("http://localhost:1/oidc/callback/")),
        ("redirect_uri", Some("http://localhost:1/oidc/callback?next=/")),
        ("redirect_uri", Some("http://localhost:2/oidc/callback")),
        ("redirect_uri", Some("http://LOCALHOST:1/oidc/callback")),
        ("redirect_uri", Some("https://evil.example/")),
    ] {
        let answer = provider.ask(&with(&good, name, value)).is(400);
        assert_eq!(answer.header("location"), None);
        assert!(Page::of(&answer).text().contains(name), "{name} {value:?}");
    }
    let mut twice = good;
    twice.push(("state".to_owned(), "another".to_owned()));
    provider.ask(&twice).is(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_practice_and_leads_to_itself_and_to_the_client_only() {
    let provider = main_realm();
    let answer = provider.ask(&provider.request(&random(), &random(), &random())).is(200);
    let page = Page::of(&answer);
    assert!(answer.text().contains("本物のマイナアプリではありません"));
    assert!(page.text().contains("窓口 花子"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' http://localhost:1;"), "{policy}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    for (language, word) in [("en", "made up"), ("vi", "luyện tập"), ("fr", "練習用")] {
        let mut parameters = provider.request(&random(), &random(), &random());
        parameters.push(("ui_locales".to_owned(), language.to_owned()));
        assert!(provider.ask(&parameters).is(200).text().contains(word), "{language}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_or_waits_too_long_gets_no_code() {
    let provider = main_realm();
    let returned = provider.press(&[("stop", "yes")]);
    assert_eq!(returned.get("error").as_deref(), Some("access_denied"));
    assert_eq!((returned.get("state"), returned.get("code")), (Some(returned.state.clone()), None));

    let page = Page::of(&provider.ask(&provider.request(&random(), &random(), &random())).is(200));
    let action = "/api/realms/main/login-actions/authenticate";
    let mut browser = provider.browser();
    // Nobody of that name; then a second press, which finds another code.
    browser.post(action, &page.filled_in(action, &inputs(&[("person", "nobody")]))).is(410);
    let first = browser.press(&page, action, &[("person", "hanako")]).is(303);
    let second = browser.press(&page, action, &[("person", "hanako")]).is(303);
    assert_ne!(first.location(), second.location());
    provider.clock.advance(10 * MINUTE);
    browser.press(&page, action, &[("person", "hanako")]).is(410);
}

fn seconds(provider: &Provider) -> i64 {
    provider.clock.now().micros() / 1_000_000
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_gives_a_signed_token_and_the_four_facts_in_each_format() {
    let provider = main_realm();
    let published = provider.published_keys();
    for (person, name, facts) in [
        ("hanako", "窓口 花子", json!({ "address": "窓口市架空町1-2-3", "birthdate": "19950401", "gender": "2" })),
        (
            "mihoko",
            "𠮷﨑　見本子",
            json!({ "address": { "formatted": "窓口市𠮷田町4丁目5番6号" }, "birthdate": "1988-12-31", "gender": "female" }),
        ),
        (
            "taro",
            "見本　太郎",
            json!({ "address": { "formatted": "窓口市架空町1-2-3" }, "birthdate": "1993-07-15", "gender": "male" }),
        ),
    ] {
        let returned = provider.choose(person, None);
        assert_eq!(returned.get("state"), Some(returned.state.clone()));
        let answer = provider.tokens(&provider.grant(&returned)).is(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let tokens = json_of(&answer);
        assert_eq!(
            (&tokens["token_type"], &tokens["scope"]),
            (&json!("Bearer"), &json!("openid name address birthdate gender"))
        );
        assert_eq!(tokens["session_state"], json!(returned.get("session_state")));
        let id_token = tokens["id_token"].as_str().unwrap();
        assert!(holds(id_token, &published));
        let (_, claims) = unverified(id_token);
        let subject = provider.provider.subject(RealmName::Main, CLIENT, person);
        for (claim, value) in [
            ("iss", json!(provider.provider.issuer(RealmName::Main))),
            ("sub", json!(subject)),
            ("aud", json!(CLIENT)),
            ("azp", json!(CLIENT)),
            ("nonce", json!(returned.nonce)),
            ("acr", json!("aal3")),
            ("iat", json!(seconds(&provider))),
            ("auth_time", json!(seconds(&provider))),
            ("exp", json!(seconds(&provider) + 300)),
        ] {
            assert_eq!(claims[claim], value, "{claim}");
        }
        assert_eq!(claims.get("name"), None, "the facts are told by userinfo alone");
        let mut told = json_of(&provider.userinfo(tokens["access_token"].as_str().unwrap()).is(200));
        let all = told.as_object_mut().unwrap();
        assert_eq!((all.remove("sub"), all.remove("name")), (Some(json!(subject)), Some(json!(name))));
        assert_eq!(told, facts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_asked_for_is_told() {
    let provider = main_realm();
    let verifier = random();
    let asked = with(&provider.request(&verifier, &random(), &random()), "scope", Some("openid birthdate"));
    let page = Page::of(&provider.ask(&asked).is(200));
    let action = "/api/realms/main/login-actions/authenticate";
    let answer = provider.browser().press(&page, action, &[("person", "hanako")]).is(303);
    let address = answer.location().parse().unwrap();
    let returned = Returned { address, verifier, nonce: String::new(), state: String::new() };
    let tokens = json_of(&provider.tokens(&provider.grant(&returned)).is(200));
    let told = json_of(&provider.userinfo(tokens["access_token"].as_str().unwrap()).is(200));
    assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["birthdate", "sub"]);
}

/// What the token endpoint says when one parameter is set, or taken out.
fn refused(provider: &Provider, name: &str, value: Option<&str>) -> (u16, Value) {
    let returned = provider.choose("hanako", None);
    let answer = provider.tokens(&with(&provider.grant(&returned), name, value));
    let error = json_of(&answer)["error"].clone();
    (answer.status, error)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_of_a_request_for_tokens_is_checked() {
    let provider = main_realm();
    let other = random();
    let other_client = other.as_str();
    for (name, value, status, error) in [
        ("grant_type", None, 400, "invalid_request"),
        ("grant_type", Some("password"), 400, "unsupported_grant_type"),
        ("code", None, 400, "invalid_request"),
        ("code", Some(other_client), 400, "invalid_grant"),
        ("redirect_uri", None, 400, "invalid_grant"),
        ("redirect_uri", Some("http://localhost:1/"), 400, "invalid_grant"),
        ("code_verifier", None, 400, "invalid_grant"),
        ("code_verifier", Some(other_client), 400, "invalid_grant"),
        ("client_id", Some("another"), 401, "invalid_client"),
        ("client_secret", Some("secret"), 401, "invalid_client"),
        ("client_assertion_type", None, 401, "invalid_client"),
        ("client_assertion", None, 401, "invalid_client"),
        ("client_assertion", Some("a.b.c"), 401, "invalid_client"),
    ] {
        assert_eq!(refused(&provider, name, value), (status, json!(error)), "{name} {value:?}");
    }
    let returned = provider.choose("hanako", None);
    provider.tokens(&with(&provider.grant(&returned), "client_id", None)).is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_claim_of_an_assertion_is_checked() {
    let provider = main_realm();
    let now = seconds(&provider);
    let issuer = provider.provider.issuer(RealmName::Main).to_owned();
    for (claim, value) in [
        ("iss", json!("another")),
        ("iss", Value::Null),
        ("sub", json!("another")),
        ("sub", Value::Null),
        ("aud", json!(issuer)),
        ("aud", json!([format!("{issuer}/protocol/openid-connect/token"), "https://example.jp"])),
        ("aud", Value::Null),
        ("exp", json!(now)),
        ("exp", json!(now + 301)),
        ("exp", Value::Null),
        ("iat", json!(now + 61)),
        ("nbf", json!(now + 61)),
        ("jti", json!("")),
        ("jti", Value::Null),
    ] {
        let mut claims = provider.assertion();
        claims[claim] = value.clone();
        let assertion = provider.sign(&claims);
        let expected = (401, json!("invalid_client"));
        assert_eq!(refused(&provider, "client_assertion", Some(&assertion)), expected, "{claim} {value}");
    }
    let mut in_a_list = provider.assertion();
    in_a_list["aud"] = json!([in_a_list["aud"]]);
    let returned = provider.choose("hanako", None);
    let grant = with(&provider.grant(&returned), "client_assertion", Some(&provider.sign(&in_a_list)));
    provider.tokens(&grant).is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_counts_once_and_under_a_registered_key_only() {
    let provider = main_realm();
    let assertion = provider.sign(&provider.assertion());
    let returned = provider.choose("hanako", None);
    provider.tokens(&with(&provider.grant(&returned), "client_assertion", Some(&assertion))).is(200);
    let expected = (401, json!("invalid_client"));
    assert_eq!(refused(&provider, "client_assertion", Some(&assertion)), expected);

    let stranger = Provider::start(RealmName::Main, Clock::fixed(NOW));
    let foreign = stranger.sign(&provider.assertion());
    assert_eq!(refused(&provider, "client_assertion", Some(&foreign)), expected);
    // Its own header over another's signature, and a changed claim under the right one.
    let right = provider.sign(&provider.assertion());
    let (input, _) = right.rsplit_once('.').unwrap();
    let (_, signature) = foreign.rsplit_once('.').unwrap();
    assert_eq!(refused(&provider, "client_assertion", Some(&format!("{input}.{signature}"))), expected);
    let none = format!("{}.", input.replacen(right.split('.').next().unwrap(), "eyJhbGciOiJub25lIn0", 1));
    assert_eq!(refused(&provider, "client_assertion", Some(&none)), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_counts_once_within_a_minute_and_its_second_use_ends_the_token() {
    let provider = main_realm();
    let returned = provider.choose("hanako", None);
    let tokens = json_of(&provider.tokens(&provider.grant(&returned)).is(200));
    let access_token = tokens["access_token"].as_str().unwrap();
    provider.userinfo(access_token).is(200);
    let again = provider.tokens(&provider.grant(&returned)).is(400);
    assert_eq!(json_of(&again)["error"], "invalid_grant");
    provider.userinfo(access_token).is(401);

    let late = provider.choose("hanako", None);
    provider.clock.advance(MINUTE);
    assert_eq!(json_of(&provider.tokens(&provider.grant(&late)).is(400))["error_description"], "code is over");

    let returned = provider.choose("hanako", None);
    let tokens = json_of(&provider.tokens(&provider.grant(&returned)).is(200));
    provider.clock.advance(5 * MINUTE);
    provider.userinfo(tokens["access_token"].as_str().unwrap()).is(401);
    provider.userinfo("").is(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_called_otherwise_by_each_client_and_the_same_at_every_start() {
    let (first, second) = (main_realm(), main_realm());
    let subject = |provider: &Provider, client, person| provider.provider.subject(RealmName::Main, client, person);
    assert_eq!(subject(&first, CLIENT, "hanako"), subject(&second, CLIENT, "hanako"));
    assert_ne!(subject(&first, CLIENT, "hanako"), subject(&first, "another", "hanako"));
    assert_ne!(subject(&first, CLIENT, "hanako"), subject(&first, CLIENT, "mihoko"));
}

/// The claims of a sign-in with a fault, its header, and whether the signature held before and after the keys were fetched anew.
fn faulty(provider: &Provider, fault: Fault) -> (Returned, Value, Value, [bool; 2]) {
    let before = provider.published_keys();
    let returned = provider.choose("hanako", Some(fault));
    let tokens = json_of(&provider.tokens(&provider.grant(&returned)).is(200));
    let id_token = tokens["id_token"].as_str().unwrap();
    let (header, claims) = unverified(id_token);
    let told = json_of(&provider.userinfo(tokens["access_token"].as_str().unwrap()).is(200));
    (
        returned,
        header,
        json!({ "token": claims, "userinfo": told }),
        [holds(id_token, &before), holds(id_token, &provider.published_keys())],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_one_deviation_from_a_sign_in_that_is_right() {
    let provider = main_realm();
    let subject = |person| json!(provider.provider.subject(RealmName::Main, CLIENT, person));
    let issuer = provider.provider.issuer(RealmName::Main);
    for fault in Fault::ALL {
        if matches!(fault, Fault::WrongState | Fault::CodeUsed | Fault::ServerError | Fault::Slow) {
            continue;
        }
        let (returned, header, told, signature) = faulty(&provider, fault);
        let (token, userinfo) = (&told["token"], &told["userinfo"]);
        let only = |one: Fault| fault == one;
        assert_eq!(token["nonce"] != json!(returned.nonce), only(Fault::WrongNonce), "{fault:?}");
        assert_eq!(token["aud"] != CLIENT, only(Fault::WrongAudience), "{fault:?}");
        assert_eq!(token["iss"] != issuer, only(Fault::WrongIssuer), "{fault:?}");
        assert_eq!(token["exp"].as_i64().unwrap() < seconds(&provider), only(Fault::Expired), "{fault:?}");
        assert_eq!(token.get("acr").is_none(), only(Fault::MissingAcr), "{fault:?}");
        assert_eq!(token["sub"] != subject("hanako"), only(Fault::OtherSubject), "{fault:?}");
        assert_eq!(userinfo["sub"] != subject("hanako"), only(Fault::OtherUserinfo), "{fault:?}");
        let algorithm = match fault {
            Fault::AlgorithmNone => "none",
            Fault::HmacWithPublicKey => "HS256",
            _ => "ES256",
        };
        assert_eq!(header["alg"], algorithm, "{fault:?}");
        let expected = match fault {
            Fault::AlgorithmNone | Fault::HmacWithPublicKey | Fault::Forged | Fault::UnknownKey => [false, false],
            Fault::NewKey => [false, true],
            _ => [true, true],
        };
        assert_eq!(signature, expected, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_faults_outside_the_token_show_at_the_callback_and_at_the_token_endpoint() {
    let provider = main_realm();
    let returned = provider.choose("hanako", Some(Fault::WrongState));
    assert_ne!(returned.get("state"), Some(returned.state.clone()));
    let returned = provider.choose("hanako", Some(Fault::CodeUsed));
    assert_eq!(json_of(&provider.tokens(&provider.grant(&returned)).is(400))["error"], "invalid_grant");
    let returned = provider.choose("hanako", Some(Fault::ServerError));
    provider.tokens(&provider.grant(&returned)).is(500);
    // A fault that a test sets holds until it is taken back.
    provider.provider.fail_with(RealmName::Main, Some(Fault::CodeUsed));
    let returned = provider.choose("hanako", None);
    provider.tokens(&provider.grant(&returned)).is(400);
    provider.provider.fail_with(RealmName::Main, None);
    let returned = provider.choose("hanako", None);
    provider.tokens(&provider.grant(&returned)).is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_staffs_realm_tells_groups_and_number_and_how_strong_the_sign_in_was() {
    let provider = Provider::start(RealmName::Staff, Clock::fixed(NOW));
    for (person, groups, acr) in [
        ("nanami", json!(["boshi-clerks"]), "aal2"),
        ("towa", json!(["boshi-clerks"]), "aal1"),
        ("momoe", json!(["library"]), "aal2"),
        ("chie", json!(["boshi-clerks", "audit"]), "aal2"),
    ] {
        let returned = provider.choose(person, None);
        let tokens = json_of(&provider.tokens(&provider.grant(&returned)).is(200));
        let (_, claims) = unverified(tokens["id_token"].as_str().unwrap());
        assert_eq!((&claims["groups"], &claims["acr"]), (&groups, &json!(acr)), "{person}");
        assert!(claims["employee_number"].is_string());
    }
    assert!(provider.provider.set_listed("nanami", false).await);
    assert_eq!(provider.choose("nanami", None).get("error").as_deref(), Some("access_denied"));
    assert!(provider.provider.set_listed("nanami", true).await);
    provider.choose("nanami", None).code();
    assert!(!provider.provider.set_listed("nobody", false).await);
}
