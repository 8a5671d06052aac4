//! `token` and `userinfo`. Invariant: tokens are given to the client that the code was given to, which proves itself by
//! `private_key_jwt` (RFC 7523) and the request by PKCE (RFC 7636), once.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use intake::time::{Instant, MINUTE};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    PracticeProvider, RealmName,
    fault::Fault,
    jose::{half_hash, verified},
    parameters::Parameters,
    realm::{Access, Client, Code, Realm, State},
};
use crate::flows::random;

const SECOND: i64 = MINUTE / 60;
const CODE_COUNTS: i64 = MINUTE;
const TOKEN_COUNTS: i64 = 5 * MINUTE;
/// An assertion that is good for longer is none of a client that follows the service's guide.
const LONGEST_ASSERTION: i64 = 5 * MINUTE;
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An error of RFC 6749 §5.2, and what it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TokenError {
    pub(super) error: &'static str,
    pub(super) what: &'static str,
}

const fn refuse(error: &'static str, what: &'static str) -> TokenError {
    TokenError { error, what }
}

fn seconds(at: Instant) -> i64 {
    at.micros() / SECOND
}

/// The fault of a code that a request names, which decides whether the request is read at all.
pub(super) fn fault_of(realm: &Realm, form: &[u8]) -> Option<Fault> {
    let parameters = Parameters::parse(form)?;
    realm.state().codes.get(parameters.get("code")?)?.fault
}

/// Answers `token`.
pub(super) fn exchange(provider: &PracticeProvider, realm: &Realm, form: &[u8]) -> Result<Value, TokenError> {
    let now = provider.clock.now();
    realm.state().sweep(now);
    let parameters = Parameters::parse(form).ok_or(refuse("invalid_request", "body"))?;
    let client = authenticated(realm, &parameters, now)?;
    match parameters.get("grant_type") {
        Some("authorization_code") => {}
        Some("client_credentials") => return for_itself(realm, &client, &parameters, now),
        Some(_) => return Err(refuse("unsupported_grant_type", "grant_type")),
        None => return Err(refuse("invalid_request", "grant_type")),
    }
    let code = parameters.get("code").ok_or(refuse("invalid_request", "code"))?;
    let mut state = realm.state();
    let given = state.codes.get_mut(code).ok_or(refuse("invalid_grant", "code"))?;
    let access_token = BASE64_URL.encode(random::<32>());
    let before = given.token.replace(access_token.clone());
    if let Some(before) = before {
        // Whoever uses a code twice is not the one who was meant (RFC 6749 §4.1.2).
        state.tokens.remove(&before);
        return Err(refuse("invalid_grant", "code was used"));
    }
    let given = given.clone();
    check_grant(&given, &client, &parameters, now)?;
    let access = Access {
        client_id: client.id.clone(),
        person: given.person,
        scopes: given.asked.scopes.clone(),
        fault: given.fault,
        until: now.plus(TOKEN_COUNTS),
    };
    let claims = claims((realm, &state), &given, &client, &access_token, now);
    let id_token = state.keys.sign(&claims, given.fault);
    state.tokens.insert(access_token.clone(), access);
    Ok(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": TOKEN_COUNTS / SECOND,
        "id_token": id_token,
        "session_state": given.session,
        "scope": given.asked.scopes.join(" "),
    }))
}

/// 「署名API」 A token for the client itself, to begin sign transactions with.
fn for_itself(realm: &Realm, client: &Client, parameters: &Parameters, now: Instant) -> Result<Value, TokenError> {
    if parameters.get("scope") != Some("sign") || !realm.scopes().contains(&"sign") {
        return Err(refuse("invalid_scope", "scope"));
    }
    let token = BASE64_URL.encode(random::<32>());
    realm.state().services.insert(token.clone(), (client.id.clone(), now.plus(TOKEN_COUNTS)));
    Ok(json!({ "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_COUNTS / SECOND, "scope": "sign" }))
}

fn check_grant(given: &Code, client: &Client, parameters: &Parameters, now: Instant) -> Result<(), TokenError> {
    if given.asked.client_id != client.id {
        return Err(refuse("invalid_grant", "client_id"));
    }
    if given.at.plus(CODE_COUNTS) <= now {
        return Err(refuse("invalid_grant", "code is over"));
    }
    if parameters.get("redirect_uri") != Some(&given.asked.redirect_uri) {
        return Err(refuse("invalid_grant", "redirect_uri"));
    }
    let verifier = parameters.get("code_verifier").ok_or(refuse("invalid_grant", "code_verifier"))?;
    let is_well_formed = (43..=128).contains(&verifier.len());
    if !is_well_formed || BASE64_URL.encode(Sha256::digest(verifier)) != given.asked.challenge {
        return Err(refuse("invalid_grant", "code_verifier"));
    }
    if given.fault == Some(Fault::CodeUsed) {
        return Err(refuse("invalid_grant", "code was used"));
    }
    Ok(())
}

/// `private_key_jwt`, in full.
fn authenticated(realm: &Realm, parameters: &Parameters, now: Instant) -> Result<Client, TokenError> {
    let bad = |what| refuse("invalid_client", what);
    if parameters.get("client_secret").is_some() {
        return Err(bad("client_secret"));
    }
    if parameters.get("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err(bad("client_assertion_type"));
    }
    let assertion = parameters.get("client_assertion").ok_or(bad("client_assertion"))?;
    let issuer = unverified_issuer(assertion).ok_or(bad("client_assertion"))?;
    let mut state = realm.state();
    let client = state.client(&issuer).ok_or(bad("iss"))?.clone();
    let claims = verified(assertion, &client.keys).map_err(bad)?;
    if claims["sub"] != client.id.as_str() {
        return Err(bad("sub"));
    }
    if parameters.get("client_id").is_some_and(|id| id != client.id) {
        return Err(bad("client_id"));
    }
    let token_url = realm.endpoint("token");
    let is_for_us = match &claims["aud"] {
        Value::String(aud) => *aud == token_url,
        Value::Array(all) => all.len() == 1 && all[0] == token_url.as_str(),
        _ => false,
    };
    if !is_for_us {
        return Err(bad("aud"));
    }
    let until = claims["exp"].as_i64().ok_or(bad("exp"))?;
    if until <= seconds(now) || until > seconds(now.plus(LONGEST_ASSERTION)) {
        return Err(bad("exp"));
    }
    if [&claims["iat"], &claims["nbf"]].into_iter().any(|at| at.as_i64().is_some_and(|at| at > seconds(now) + 60)) {
        return Err(bad("iat"));
    }
    let jti = claims["jti"].as_str().filter(|jti| !jti.is_empty()).ok_or(bad("jti"))?;
    if !state.first_sight(&client.id, jti, now.plus(LONGEST_ASSERTION)) {
        return Err(bad("jti was seen"));
    }
    Ok(client)
}

/// Whose assertion it says it is: which keys are asked of it.
fn unverified_issuer(assertion: &str) -> Option<String> {
    let payload = BASE64_URL.decode(assertion.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    Some(claims["iss"].as_str()?.to_owned())
}

/// The claims of the ID token.
fn claims((realm, state): (&Realm, &State), given: &Code, client: &Client, access_token: &str, now: Instant) -> Value {
    let fault = |one| given.fault == Some(one);
    let person = if fault(Fault::OtherSubject) { realm.other_than(given.person) } else { given.person };
    let issued = if fault(Fault::Expired) { now.plus(-2 * TOKEN_COUNTS) } else { now };
    let mut claims = json!({
        "iss": if fault(Fault::WrongIssuer) { format!("{}-other", realm.issuer) } else { realm.issuer.clone() },
        "sub": realm.subject(&client.id, person),
        "aud": if fault(Fault::WrongAudience) { "another-client" } else { &client.id },
        "azp": client.id,
        "exp": seconds(issued.plus(TOKEN_COUNTS)),
        "iat": seconds(issued),
        "auth_time": seconds(given.at),
        "nonce": if fault(Fault::WrongNonce) { BASE64_URL.encode(random::<16>()) } else { given.asked.nonce.clone() },
        "at_hash": half_hash(access_token),
        "jti": BASE64_URL.encode(random::<16>()),
        "typ": "ID",
        "session_state": given.session,
        "sid": given.session,
    });
    let Some(all) = claims.as_object_mut() else { return claims };
    if let Some(person) = realm.person(person).filter(|_| !fault(Fault::MissingAcr)) {
        all.insert("acr".to_owned(), person.acr.into());
    }
    if realm.name == RealmName::Staff {
        // The city's own provider puts groups and number into the token; the card's facts are told by userinfo alone.
        all.append(&mut facts(realm, state, person, &given.asked.scopes));
    }
    claims
}

/// What is told of a person for these scopes.
fn facts(realm: &Realm, state: &State, person: &str, scopes: &[String]) -> Map<String, Value> {
    let told = realm.person(person).into_iter().flat_map(|person| &person.claims);
    let told = told.filter(|(scope, ..)| scopes.iter().any(|asked| asked == scope));
    let mut facts: Map<String, Value> = told.map(|(_, claim, value)| ((*claim).to_owned(), value.clone())).collect();
    if let (Some(groups), Some(now)) = (facts.get_mut("groups"), state.groups.get(person)) {
        *groups = json!(now);
    }
    facts
}

/// Answers `userinfo` for an access token; none when it does not count.
pub(super) fn userinfo(provider: &PracticeProvider, realm: &Realm, token: &str) -> Option<Value> {
    let mut state = realm.state();
    state.sweep(provider.clock.now());
    let access = state.tokens.get(token)?.clone();
    let person = match access.fault {
        Some(Fault::OtherUserinfo) => realm.other_than(access.person),
        _ => access.person,
    };
    let mut told = facts(realm, &state, person, &access.scopes);
    told.insert("sub".to_owned(), realm.subject(&access.client_id, person).into());
    Some(Value::Object(told))
}
