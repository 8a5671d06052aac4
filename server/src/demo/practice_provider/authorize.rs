//! `auth`: what a client asks for, and what the person chooses. Invariant: nobody is sent back to an address that was not
//! registered, and no code is given for a request that lacks anything the real service requires.

use app::text::Locale;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use intake::time::{Instant, MINUTE};

use super::{
    PracticeProvider, RealmName,
    fault::Fault,
    parameters::{Parameters, with_parameters},
    realm::{Code, Realm},
};
use crate::flows::random;

/// A person has this long to choose.
const TO_CHOOSE: i64 = 10 * MINUTE;

/// A request that has all that it needs.
#[derive(Clone)]
pub(super) struct Authorization {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    state: String,
    pub(super) nonce: String,
    pub(super) challenge: String,
    pub(super) scopes: Vec<String>,
    /// 「署名API」 What she signs.
    sign: Option<String>,
    pub(super) until: Instant,
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// On a page here, for the name of the parameter: there is nowhere to send the browser back to.
    Here(&'static str),
    /// At the client, at this address.
    There(String),
}

/// Reads a request; the name under which it waits for the person.
pub(super) fn ask(provider: &PracticeProvider, realm: &Realm, query: &[u8]) -> Result<String, Refusal> {
    let now = provider.clock.now();
    let parameters = Parameters::parse(query).ok_or(Refusal::Here("query"))?;
    let get = |name| parameters.get(name);
    let client_id = get("client_id").ok_or(Refusal::Here("client_id"))?;
    let redirect_uri = get("redirect_uri").ok_or(Refusal::Here("redirect_uri"))?;
    {
        let state = realm.state();
        let client = state.client(client_id).ok_or(Refusal::Here("client_id"))?;
        if !client.redirect_uris.iter().any(|registered| registered == redirect_uri) {
            return Err(Refusal::Here("redirect_uri"));
        }
    }
    let asked = check(realm, &parameters, client_id, redirect_uri, now).map_err(|(error, what)| {
        let mut answer = vec![("error", error), ("error_description", what)];
        answer.extend(get("state").map(|state| ("state", state)));
        Refusal::There(with_parameters(redirect_uri, &answer))
    })?;
    let name = BASE64_URL.encode(random::<16>());
    let mut state = realm.state();
    state.sweep(now);
    state.asked.insert(name.clone(), asked);
    Ok(name)
}

/// The error and what it is about.
fn check(
    realm: &Realm,
    parameters: &Parameters,
    client_id: &str,
    redirect_uri: &str,
    now: Instant,
) -> Result<Authorization, (&'static str, &'static str)> {
    let need = |name: &'static str| parameters.get(name).ok_or(("invalid_request", name));
    if need("response_type")? != "code" {
        return Err(("unsupported_response_type", "response_type"));
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(("invalid_request", "response_mode"));
    }
    if parameters.get("request").is_some() {
        return Err(("request_not_supported", "request"));
    }
    if parameters.get("request_uri").is_some() {
        return Err(("request_uri_not_supported", "request_uri"));
    }
    if parameters.get("prompt").is_some_and(|prompt| prompt == "none") {
        // Nobody is signed in here beforehand.
        return Err(("login_required", "prompt"));
    }
    let scopes: Vec<String> = need("scope")?.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let known = |scope: &String| realm.scopes().contains(&scope.as_str());
    if !scopes.iter().any(|scope| scope == "openid") || !scopes.iter().all(known) {
        return Err(("invalid_scope", "scope"));
    }
    let challenge = need("code_challenge")?;
    if BASE64_URL.decode(challenge).map(|bytes| bytes.len()) != Ok(32) {
        return Err(("invalid_request", "code_challenge"));
    }
    if need("code_challenge_method")? != "S256" {
        return Err(("invalid_request", "code_challenge_method"));
    }
    // What it asks for is a wish (OpenID Connect Core §3.1.2.1): the token says what was. The service wants it to be there.
    if realm.name == RealmName::Main {
        need("acr_values")?;
    }
    let sign = parameters.get("sign_transaction_id").map(str::to_owned);
    let wants_to_sign = scopes.iter().any(|scope| scope == "sign");
    let can_be_signed = sign.as_ref().is_some_and(|name| realm.state().can_be_signed(name, client_id));
    if wants_to_sign != sign.is_some() || (wants_to_sign && !can_be_signed) {
        return Err(("invalid_request", "sign_transaction_id"));
    }
    Ok(Authorization {
        sign,
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: need("state")?.to_owned(),
        nonce: need("nonce")?.to_owned(),
        challenge: challenge.to_owned(),
        scopes,
        until: now.plus(TO_CHOOSE),
    })
}

/// Where a page may lead to: the origin of the client that waits.
pub(super) fn origin_of_client(realm: &Realm, name: &str) -> Option<String> {
    let state = realm.state();
    let address = &state.asked.get(name)?.redirect_uri;
    let (scheme, rest) = address.split_once("://")?;
    Some(format!("{scheme}://{}", rest.split('/').next()?))
}

/// The language that a client asks for (`ui_locales`), if it is one of ours.
pub(super) fn asked_locale(query: &[u8], offered: &[Locale]) -> Option<Locale> {
    let parameters = Parameters::parse(query)?;
    let asked = parameters.get("ui_locales")?;
    asked.split(' ').find_map(|code| Locale::parse(code).filter(|locale| offered.contains(locale)))
}

/// What the person chose; where the browser goes. None when the request is over, or nobody was chosen. It can be answered more
/// than once while its time lasts: a second press finds another code and is no dead end.
pub(super) fn answer(provider: &PracticeProvider, realm: &Realm, form: &[u8]) -> Option<String> {
    let now = provider.clock.now();
    let parameters = Parameters::parse(form)?;
    let mut state = realm.state();
    state.sweep(now);
    let asked = state.asked.get(parameters.get("request")?)?.clone();
    let back = |rest: &[(&str, &str)]| {
        let with_state = [("state", asked.state.as_str())].iter().chain(rest).copied().collect::<Vec<_>>();
        with_parameters(&asked.redirect_uri, &with_state)
    };
    if parameters.get("stop").is_some() {
        return Some(back(&[("error", "access_denied"), ("error_description", "the person stopped")]));
    }
    let person = realm.person(parameters.get("person")?)?.id;
    if state.removed.contains(person) {
        return Some(back(&[("error", "access_denied"), ("error_description", "the account is disabled")]));
    }
    let chosen: Option<Fault> = parameters.get("fault").and_then(|fault| fault.parse().ok());
    let fault = chosen.or(state.fault);
    let (code, session) = (BASE64_URL.encode(random::<32>()), BASE64_URL.encode(random::<16>()));
    let address = if fault == Some(Fault::WrongState) {
        let other = BASE64_URL.encode(random::<16>());
        with_parameters(&asked.redirect_uri, &[("state", &other), ("session_state", &session), ("code", &code)])
    } else {
        back(&[("session_state", &session), ("code", &code)])
    };
    if let Some(name) = &asked.sign {
        state.sign(name, person);
    }
    state.codes.insert(code, Code { asked, person, fault, session, at: now, token: None });
    Some(address)
}
