//! A parent's account and her passkeys. Invariant: adding and removing takes a session; a ceremony that fails says so and
//! leaves the other way in.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use app::{
    chrome::Chrome,
    pages::account::{self as pages, Ceremony, Row, SessionRow},
    text::Locale,
};
use intake::value::{self, ValueError};

use super::{
    body::FormBody,
    cookies::{self, Name},
    error::WebError,
    frame::page,
    guard::{Citizen, Session, Visitor},
    sign_in::{HOME, local_path},
};
use crate::{
    assets,
    flows::{
        account,
        address_change::{self, Asked, Asking, Entered as AddressEntered},
        card,
        passkey::{self, Begun, PasskeyOwner},
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
            how: match session.method.as_str() {
                "passkey" => "session-by-passkey",
                "mynaapp" => "session-by-card",
                _ => "session-by-code",
            },
            is_this: session.session_hash == citizen.session.hash,
        })
        .collect();
    let chrome = citizen.visitor.chrome();
    Ok(page(StatusCode::OK, pages::overview(chrome, &found.mail, reminded, &rows, card_since, &sessions)))
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

/// A page that only a fresh sign-in opens.
async fn fresh_page(portal: &Portal, citizen: &Citizen, next: &str, shown: impl Fn(&Chrome) -> String) -> Answer {
    let chrome = citizen.visitor.chrome();
    let is_fresh = address_change::is_fresh(portal, &asking(citizen)).await?;
    Ok(page(StatusCode::OK, if is_fresh { shown(chrome) } else { pages::sign_in_again(chrome, next) }))
}

/// `GET /account/mail`
pub async fn mail(portal: Data<Portal>, citizen: Citizen) -> Answer {
    fresh_page(&portal, &citizen, "/account/mail", |chrome| pages::change_mail(chrome, "", None)).await
}

/// `POST /account/mail`: sends a code to the new address.
pub async fn ask_for_mail(portal: Data<Portal>, citizen: Citizen, mut form: FormBody) -> Answer {
    let (typed, locale, chrome) = (form.take("mail"), citizen.visitor.locale, citizen.visitor.chrome());
    let error = match address_change::ask(&portal, &asking(&citizen), &typed, &letters::address_code).await? {
        Asked::Sent => return Ok(to("/account/mail/code")),
        Asked::NotFresh => return Ok(page(StatusCode::OK, pages::sign_in_again(chrome, "/account/mail"))),
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
        Asked::TooMany | Asked::Sent | Asked::NotFresh => locale.say("sign-in-too-many"),
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
    fresh_page(&portal, &citizen, "/account/leave", pages::leave).await
}

/// `POST /account/leave`: 退会
pub async fn leave_for_good(portal: Data<Portal>, citizen: Citizen) -> Answer {
    if !account::leave(&portal, &asking(&citizen)).await? {
        return Ok(page(StatusCode::OK, pages::sign_in_again(citizen.visitor.chrome(), "/account/leave")));
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

async fn registration(portal: &Portal, citizen: &Citizen, status: StatusCode, error: Option<&str>) -> Answer {
    let begun = account::begin_passkey(portal, citizen.session.account).await?;
    let (ceremony, options) = (begun.ceremony.as_str(), begun.options.as_str());
    let model = Ceremony { kind: "create", action: "/account/passkeys/new", ceremony, options, next: None, error };
    Ok(page(status, pages::ceremony(&for_ceremony(citizen.visitor.chrome()), "passkey-new", &model)))
}

/// `GET /account/passkeys/new`
pub async fn new_passkey(portal: Data<Portal>, citizen: Citizen) -> Answer {
    registration(&portal, &citizen, StatusCode::OK, None).await
}

/// `POST /account/passkeys/new`
pub async fn add_passkey(portal: Data<Portal>, citizen: Citizen, mut form: FormBody) -> Answer {
    let locale = citizen.visitor.locale;
    let label = value::text(&form.take("label"), LONGEST_LABEL).unwrap_or_else(|_| locale.say("passkey-default-label"));
    let owner = PasskeyOwner::Account(citizen.session.account);
    let (ceremony, credential) = (form.take("ceremony"), form.take("credential"));
    if passkey::add(&portal, owner, &ceremony, &credential, &label).await? {
        return Ok(to("/account"));
    }
    let error = locale.say("passkey-failed");
    registration(&portal, &citizen, StatusCode::UNPROCESSABLE_ENTITY, Some(&error)).await
}

/// `POST /account/passkeys/{passkey}/remove`
pub async fn remove_passkey(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let id = path.parse().map_err(|_| WebError::NotFound)?;
    account::remove_passkey(&portal, citizen.session.account, id).await?;
    Ok(to("/account"))
}

fn use_passkey(visitor: &Visitor, begun: &Begun, next: &str) -> HttpResponse {
    let (ceremony, options) = (begun.ceremony.as_str(), begun.options.as_str());
    let action = "/sign-in/passkey/finish";
    let model = Ceremony { kind: "get", action, ceremony, options, next: Some(next), error: None };
    page(StatusCode::OK, pages::ceremony(&for_ceremony(visitor.chrome()), "passkey-enter", &model))
}

/// `POST /sign-in/passkey`: the ceremony for the address that was typed, known or not.
pub async fn ask(portal: Data<Portal>, visitor: Visitor, mut form: FormBody) -> Answer {
    let (typed, next) = (form.take("mail"), local_path(&form.take("next"), HOME));
    let error = match sign_in::ask_for_passkey(&portal, &typed).await? {
        Ok(begun) => return Ok(use_passkey(&visitor, &begun, &next)),
        Err(error) => error,
    };
    let locale = visitor.locale;
    let sentence = match error {
        ValueError::Missing => locale.with("error-missing", &[("label", &locale.say("sign-in-mail"))]),
        _ => locale.say("error-mail"),
    };
    let html = app::pages::sign_in::address(visitor.chrome(), &next, &typed, Some(&sentence));
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html))
}

/// `POST /sign-in/passkey/finish`
pub async fn finish(portal: Data<Portal>, visitor: Visitor, mut form: FormBody) -> Answer {
    let next = local_path(&form.take("next"), HOME);
    let (ceremony, credential) = (form.take("ceremony"), form.take("credential"));
    match sign_in::enter_passkey(&portal, visitor.browser, &ceremony, &credential).await? {
        Some(token) => Ok(HttpResponse::SeeOther()
            .cookie(cookies::make_token(&portal.config, Name::Session, &token))
            .insert_header((header::LOCATION, next))
            .finish()),
        None => {
            let error = visitor.locale.say("passkey-refused");
            let html = app::pages::sign_in::address(visitor.chrome(), &next, "", Some(&error));
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, html))
        }
    }
}
