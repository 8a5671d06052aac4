//! A parent's account and her passkeys. Invariant: adding and removing takes a session; a ceremony that fails says so and
//! leaves the other way in.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use app::{
    chrome::Chrome,
    pages::account::{self as pages, Ceremony, Row, SessionRow},
    text::Locale,
};
use intake::{
    identity::{
        Method,
        ways::{May, Right},
    },
    value::{self, ValueError},
};
use serde::Serialize;

use super::{
    body::FormBody,
    cookies::{self, Name},
    error::WebError,
    frame::page,
    guard::{Citizen, Session, Visitor},
    sign_in::{HOME, address_page, arrival, local_path, needs},
};
use crate::{
    assets,
    flows::{
        account::{self, Added, Removed},
        address_change::{self, Asked, Asking, Entered as AddressEntered},
        card,
        passkey::{self, Begun},
        remind, sign_in,
    },
    letters,
    portal::Portal,
};

type Answer = Result<HttpResponse, WebError>;

const LONGEST_LABEL: u32 = 40;

/// The frame of a page with a ceremony; in the demo the practice authenticator answers where there is no other.
pub(super) fn for_ceremony(chrome: &Chrome) -> Chrome {
    let mut chrome = chrome.clone();
    if chrome.demo {
        chrome.scripts.push(assets::PRACTICE_AUTHENTICATOR);
    }
    chrome.scripts.push(assets::PASSKEY);
    chrome
}

fn to(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, address)).finish()
}

/// `GET /account`
pub async fn overview(portal: Data<Portal>, citizen: Citizen) -> Answer {
    let found = account::view(&portal, citizen.session.account).await?;
    let card_since = card::bound_at(&portal, citizen.session.account).await?;
    let reminded = remind::of_account(&portal, citizen.session.account).await?;
    let rows: Vec<Row> = found
        .passkeys
        .iter()
        .map(|passkey| Row {
            id: passkey.passkey_id.to_string(),
            label: passkey.label.clone(),
            added: passkey.created_at,
            used: passkey.last_used_at,
        })
        .collect();
    let sessions: Vec<SessionRow> = found
        .sessions
        .iter()
        .map(|session| SessionRow {
            since: session.created_at,
            seen: session.seen_at,
            name: account::session_name(session),
            device: session.device.name(),
            method: session.method.clone(),
            is_this: session.session_hash == citizen.session.hash,
        })
        .collect();
    let chrome = citizen.visitor.chrome();
    let passkeys = portal.config.offers(Method::Passkey).then_some(rows.as_slice());
    Ok(page(StatusCode::OK, pages::overview(chrome, &found.mail, reminded, passkeys, card_since, &sessions)))
}

/// `POST /account/session-end`: この端末からサインアウト
pub async fn end_one(portal: Data<Portal>, citizen: Citizen, mut form: FormBody) -> Answer {
    account::end_session(&portal, citizen.session.account, &form.take("session")).await?;
    Ok(to("/account"))
}

/// `POST /account/sessions/end-others`: ほかの端末からサインアウト
pub async fn end_others(portal: Data<Portal>, citizen: Citizen) -> Answer {
    account::sign_out_elsewhere(&portal, citizen.session.account, &citizen.session.hash).await?;
    Ok(to("/account"))
}

const fn asking(citizen: &Citizen) -> Asking {
    let Session { account, method, signed_in_at, hash: session, .. } = citizen.session;
    Asking { account, method, signed_in_at, session }
}

/// Why this session may not, and the way that does.
fn not_now(chrome: &Chrome, not: May, next: &str) -> HttpResponse {
    page(StatusCode::OK, pages::sign_in_again(chrome, not == May::Stronger, next))
}

/// A page that opens for who may by the table of ways in.
async fn page_for(
    portal: &Portal,
    citizen: &Citizen,
    (right, next): (Right, &str),
    shown: impl Fn(&Chrome) -> String,
) -> Answer {
    let chrome = citizen.visitor.chrome();
    match address_change::may_now(portal, &asking(citizen), right).await? {
        May::Yes => Ok(page(StatusCode::OK, shown(chrome))),
        not => Ok(not_now(chrome, not, next)),
    }
}

/// `GET /account/mail`
pub async fn mail(portal: Data<Portal>, citizen: Citizen) -> Answer {
    page_for(&portal, &citizen, (Right::ChangeAddress, "/account/mail"), |chrome| pages::change_mail(chrome, "", None))
        .await
}

/// `POST /account/mail`: sends a code to the new address.
pub async fn ask_for_mail(portal: Data<Portal>, citizen: Citizen, mut form: FormBody) -> Answer {
    let (typed, locale, chrome) = (form.take("mail"), citizen.visitor.locale, citizen.visitor.chrome());
    let error = match address_change::ask(&portal, &asking(&citizen), &typed, &letters::address_code).await? {
        Asked::Sent => return Ok(to("/account/mail/code")),
        Asked::Not(not) => return Ok(not_now(chrome, not, "/account/mail")),
        other => address_trouble(locale, other),
    };
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, pages::change_mail(chrome, &typed, Some(&error))))
}

/// Why no code was sent.
pub(super) fn address_trouble(locale: Locale, asked: Asked) -> String {
    match asked {
        Asked::NotAnAddress(ValueError::Missing) => {
            locale.with("error-missing", &[("label", &locale.say("account-mail-new"))])
        }
        Asked::NotAnAddress(_) => locale.say("error-mail"),
        Asked::Same => locale.say("account-mail-same"),
        Asked::Taken => locale.say("account-mail-taken"),
        Asked::TooMany | Asked::Sent | Asked::Not(_) => locale.say("sign-in-too-many"),
    }
}

/// `GET /account/mail/code`
pub async fn mail_code(citizen: Citizen) -> HttpResponse {
    page(StatusCode::OK, pages::change_mail_code(citizen.visitor.chrome(), None))
}

/// `POST /account/mail/code`
pub async fn enter_mail_code(portal: Data<Portal>, citizen: Citizen, mut form: FormBody) -> Answer {
    let (typed, locale, chrome) = (form.take("code"), citizen.visitor.locale, citizen.visitor.chrome());
    let entered = address_change::enter(&portal, &asking(&citizen), &typed, &letters::address_changed).await?;
    let html = match entered {
        AddressEntered::Changed => return Ok(to("/account")),
        AddressEntered::Wrong(left) => {
            let error = locale.with("code-wrong", &[("left", &left.to_string())]);
            pages::change_mail_code(chrome, Some(&error))
        }
        AddressEntered::Taken => pages::change_mail(chrome, "", Some(&locale.say("account-mail-taken"))),
        AddressEntered::Over | AddressEntered::NeedsAnotherPerson => {
            pages::change_mail(chrome, "", Some(&locale.say("code-over")))
        }
    };
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html))
}

/// `GET /account/leave`
pub async fn leave(portal: Data<Portal>, citizen: Citizen) -> Answer {
    page_for(&portal, &citizen, (Right::Leave, "/account/leave"), pages::leave).await
}

/// `POST /account/leave`: 退会
pub async fn leave_for_good(portal: Data<Portal>, citizen: Citizen) -> Answer {
    match account::leave(&portal, &asking(&citizen)).await? {
        May::Yes => {}
        not => return Ok(not_now(citizen.visitor.chrome(), not, "/account/leave")),
    }
    Ok(HttpResponse::SeeOther()
        .cookie(cookies::remove(&portal.config, Name::Session))
        .cookie(cookies::remove(&portal.config, Name::Browser))
        .insert_header((header::LOCATION, "/account/left"))
        .finish())
}

/// `GET /account/left`
pub async fn left(visitor: Visitor) -> HttpResponse {
    page(StatusCode::OK, pages::left(visitor.chrome()))
}

/// Back to the account, with the session under its new token.
fn renewed(portal: &Portal, token: &[u8; 32]) -> HttpResponse {
    HttpResponse::SeeOther()
        .cookie(cookies::make_token(&portal.config, Name::Session, token))
        .insert_header((header::LOCATION, "/account"))
        .finish()
}

const NEW_PASSKEY: &str = "/account/passkeys/new";

async fn registration(portal: &Portal, citizen: &Citizen, status: StatusCode, error: Option<&str>) -> Answer {
    let begun = match account::begin_passkey(portal, &asking(citizen)).await? {
        Ok(begun) => begun,
        Err(not) => return Ok(not_now(citizen.visitor.chrome(), not, NEW_PASSKEY)),
    };
    let (ceremony, options) = (begun.ceremony.as_str(), begun.options.as_str());
    let model = Ceremony { kind: "create", action: NEW_PASSKEY, ceremony, options, next: None, error };
    Ok(page(status, pages::ceremony(&for_ceremony(citizen.visitor.chrome()), "passkey-new", &model)))
}

/// `GET /account/passkeys/new`
pub async fn new_passkey(portal: Data<Portal>, citizen: Citizen) -> Answer {
    needs(&portal, Method::Passkey)?;
    registration(&portal, &citizen, StatusCode::OK, None).await
}

fn label(locale: Locale, typed: &str) -> String {
    value::text(typed, LONGEST_LABEL).unwrap_or_else(|_| locale.say("passkey-default-label"))
}

/// `POST /account/passkeys/new`
pub async fn add_passkey(portal: Data<Portal>, citizen: Citizen, mut form: FormBody) -> Answer {
    needs(&portal, Method::Passkey)?;
    let locale = citizen.visitor.locale;
    let label = label(locale, &form.take("label"));
    let (ceremony, credential) = (form.take("ceremony"), form.take("credential"));
    let answer = (ceremony.as_str(), credential.as_str());
    match account::add_passkey(&portal, &asking(&citizen), answer, &label, &letters::passkeys_changed).await? {
        Added::Yes(token) => Ok(renewed(&portal, &token)),
        Added::Not(not) => Ok(not_now(citizen.visitor.chrome(), not, NEW_PASSKEY)),
        Added::Refused => {
            let error = locale.say("passkey-failed");
            registration(&portal, &citizen, StatusCode::UNPROCESSABLE_ENTITY, Some(&error)).await
        }
    }
}

/// `POST /account/passkeys/{passkey}/name`
pub async fn rename_passkey(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut form: FormBody) -> Answer {
    let id = path.parse().map_err(|_| WebError::NotFound)?;
    let label = label(citizen.visitor.locale, &form.take("label"));
    match account::rename_passkey(&portal, &asking(&citizen), id, &label).await? {
        May::Yes => Ok(to("/account")),
        not => Ok(not_now(citizen.visitor.chrome(), not, "/account")),
    }
}

/// `POST /account/passkeys/{passkey}/remove`: the last strong way in is asked about first.
pub async fn remove_passkey(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut form: FormBody) -> Answer {
    let id = path.parse().map_err(|_| WebError::NotFound)?;
    let (asking, knows) = (asking(&citizen), form.take("last") == "yes");
    match account::remove_passkey(&portal, &asking, id, knows, &letters::passkeys_changed).await? {
        Removed::Yes(token) => Ok(renewed(&portal, &token)),
        Removed::IsLast => Ok(page(StatusCode::OK, pages::last_passkey(citizen.visitor.chrome(), &path))),
        Removed::Not(not) => Ok(not_now(citizen.visitor.chrome(), not, "/account")),
    }
}

fn use_passkey(visitor: &Visitor, begun: &Begun, next: &str) -> HttpResponse {
    let (ceremony, options) = (begun.ceremony.as_str(), begun.options.as_str());
    let action = "/sign-in/passkey/finish";
    let model = Ceremony { kind: "get", action, ceremony, options, next: Some(next), error: None };
    page(StatusCode::OK, pages::ceremony(&for_ceremony(visitor.chrome()), "passkey-enter", &model))
}

/// `POST /sign-in/passkey`: the ceremony for the address that was typed, known or not; without one for whatever passkey the
/// device has for this site.
pub async fn ask(portal: Data<Portal>, visitor: Visitor, mut form: FormBody) -> Answer {
    needs(&portal, Method::Passkey)?;
    let (typed, next) = (form.take("mail"), local_path(&form.take("next"), HOME));
    match sign_in::ask_for_passkey(&portal, &typed).await? {
        Ok(begun) => Ok(use_passkey(&visitor, &begun, &next)),
        Err(_) => {
            let (status, sentence) = (StatusCode::UNPROCESSABLE_ENTITY, visitor.locale.say("error-mail"));
            Ok(address_page(&portal, &visitor, status, &next, &typed, Some(&sentence)))
        }
    }
}

/// What the script is given for the passkey that the browser offers beside the field.
#[derive(Serialize)]
struct Offered {
    ceremony: String,
    options: String,
}

/// `POST /sign-in/passkey/offer`: for the script, on a browser that offers passkeys beside a field.
pub async fn offer(portal: Data<Portal>) -> Answer {
    needs(&portal, Method::Passkey)?;
    let Begun { ceremony, options } = passkey::begin_discovery(&portal).await?;
    Ok(HttpResponse::Ok().json(Offered { ceremony, options }))
}

/// `POST /sign-in/passkey/finish`
pub async fn finish(portal: Data<Portal>, visitor: Visitor, request: HttpRequest, mut form: FormBody) -> Answer {
    needs(&portal, Method::Passkey)?;
    let next = local_path(&form.take("next"), HOME);
    let (ceremony, credential) = (form.take("ceremony"), form.take("credential"));
    match sign_in::enter_passkey(&portal, &arrival(&request, &visitor), &ceremony, &credential).await? {
        Some(token) => Ok(HttpResponse::SeeOther()
            .cookie(cookies::make_token(&portal.config, Name::Session, &token))
            .insert_header((header::LOCATION, next))
            .finish()),
        None => {
            let (status, error) = (StatusCode::UNPROCESSABLE_ENTITY, visitor.locale.say("passkey-refused"));
            Ok(address_page(&portal, &visitor, status, &next, "", Some(&error)))
        }
    }
}
