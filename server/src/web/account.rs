//! A parent's account and her passkeys. Invariant: adding and removing takes a session; a ceremony that fails says so and
//! leaves the other way in.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use app::{
    chrome::Chrome,
    pages::account::{self as pages, Ceremony, Row},
};
use intake::value::{self, ValueError};

use super::{
    body::FormBody,
    cookies::{self, Name},
    error::WebError,
    frame::page,
    guard::{Citizen, Visitor},
    sign_in::{HOME, local_path},
};
use crate::{
    assets,
    flows::{
        account,
        passkey::{self, Begun, PasskeyOwner},
        remind, sign_in,
    },
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
    Ok(page(StatusCode::OK, pages::overview(citizen.visitor.chrome(), &found.mail, reminded, &rows)))
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
