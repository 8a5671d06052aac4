//! Sign-in of parents. Invariant: whether an address is known is not told, and signing in in the middle of something comes
//! back to the very page.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Query},
};
use app::{pages::sign_in as pages, text::Locale};
use intake::{identity::Method, value::ValueError};
use serde::{Deserialize, Serialize};

use super::{
    account,
    body::FormBody,
    cookies::{self, Name},
    error::WebError,
    frame::page,
    guard::{self, Citizen, Visitor},
};
use crate::{
    flows::{
        random,
        sign_in::{self, Arrival, Asked, Entered},
    },
    letters,
    portal::Portal,
    seal::token_hash,
};

/// Where the way goes on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Next {
    next: String,
}

impl Next {
    pub(super) fn path(&self) -> String {
        local_path(&self.next, HOME)
    }
}

/// Where a parent is when she came from nowhere.
pub(super) const HOME: &str = "/cases";

/// A path of ours, so that a link to the sign-in cannot lead elsewhere; `otherwise` for anything else.
pub(super) fn local_path(text: &str, otherwise: &str) -> String {
    let inside = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-');
    let is_ours = text.starts_with('/') && !text.starts_with("//") && text.len() <= 200 && text.bytes().all(inside);
    if is_ours { text.to_owned() } else { otherwise.to_owned() }
}

/// Where somebody signs in: what her browser has, and what kind of device it is.
pub(super) fn arrival(request: &HttpRequest, visitor: &Visitor) -> Arrival {
    Arrival {
        browser: visitor.browser,
        device: guard::device(request),
        session: visitor.session.map(|session| session.hash),
    }
}

/// A way in that is switched off is not there.
pub(super) fn needs(portal: &Portal, method: Method) -> Result<(), WebError> {
    if portal.config.offers(method) { Ok(()) } else { Err(WebError::NotFound) }
}

/// 「サインイン」 The page with the ways that are on; beside a passkey of this site the browser offers it in the field.
pub(super) fn address_page(
    portal: &Portal,
    visitor: &Visitor,
    status: StatusCode,
    next: &str,
    typed: &str,
    error: Option<&str>,
) -> HttpResponse {
    let ways =
        pages::Ways { code: portal.config.offers(Method::EmailCode), passkey: portal.config.offers(Method::Passkey) };
    let chrome = if ways.passkey { account::for_ceremony(visitor.chrome()) } else { visitor.chrome().clone() };
    page(status, pages::address(&chrome, ways, next, typed, error))
}

/// `GET /sign-in`
pub async fn address(portal: Data<Portal>, visitor: Visitor, next: Query<Next>) -> HttpResponse {
    address_page(&portal, &visitor, StatusCode::OK, &next.path(), "", None)
}

/// What is wrong with an address that no code went to.
pub(super) fn sentence(locale: Locale, asked: &Asked) -> Option<String> {
    match asked {
        Asked::Sent => None,
        Asked::TooMany => Some(locale.say("sign-in-too-many")),
        Asked::NotAnAddress(ValueError::Missing) => {
            Some(locale.with("error-missing", &[("label", &locale.say("sign-in-mail"))]))
        }
        Asked::NotAnAddress(_) => Some(locale.say("error-mail")),
    }
}

/// `POST /sign-in`: sends a code.
pub async fn send_code(portal: Data<Portal>, visitor: Visitor, mut form: FormBody) -> Result<HttpResponse, WebError> {
    needs(&portal, Method::EmailCode)?;
    let (typed, next) = (form.take("mail"), local_path(&form.take("next"), HOME));
    let new_token: Option<[u8; 32]> = visitor.browser.is_none().then(random);
    let browser = new_token.map_or(visitor.browser, |token| Some(token_hash(&token))).ok_or(WebError::Broken)?;
    let locale = visitor.locale;
    let letter = |code: &str| letters::sign_in_code(locale.code(), code);
    let asked = sign_in::ask_for_code(&portal, browser, &typed, locale.code(), letter).await?;
    if let Some(error) = sentence(locale, &asked) {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(address_page(&portal, &visitor, status, &next, &typed, Some(&error)));
    }
    let mut answer = HttpResponse::SeeOther();
    answer.insert_header((header::LOCATION, format!("/sign-in/code?next={next}")));
    if let Some(token) = new_token {
        answer.cookie(cookies::make_token(&portal.config, Name::Browser, &token));
    }
    Ok(answer.finish())
}

/// `GET /sign-in/code`
pub async fn code(portal: Data<Portal>, visitor: Visitor, next: Query<Next>) -> Result<HttpResponse, WebError> {
    needs(&portal, Method::EmailCode)?;
    Ok(page(StatusCode::OK, pages::code(visitor.chrome(), &next.path(), None)))
}

/// `POST /sign-in/code`
pub async fn enter_code(
    portal: Data<Portal>,
    visitor: Visitor,
    request: HttpRequest,
    mut form: FormBody,
) -> Result<HttpResponse, WebError> {
    needs(&portal, Method::EmailCode)?;
    let (typed, next) = (form.take("code"), local_path(&form.take("next"), HOME));
    let locale = visitor.locale;
    let entered = sign_in::enter_code(&portal, arrival(&request, &visitor), &typed, locale.code()).await?;
    match entered {
        Entered::SignedIn { token, .. } => Ok(HttpResponse::SeeOther()
            .cookie(cookies::make_token(&portal.config, Name::Session, &token))
            .insert_header((header::LOCATION, next))
            .finish()),
        Entered::Wrong { tries_left } => {
            let error = locale.with("code-wrong", &[("left", &tries_left.to_string())]);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, pages::code(visitor.chrome(), &next, Some(&error))))
        }
        Entered::Over => {
            let error = locale.say("code-over");
            Ok(address_page(&portal, &visitor, StatusCode::UNPROCESSABLE_ENTITY, &next, "", Some(&error)))
        }
    }
}

/// `POST /sign-out`: ends the session, and lets the next person at this device see no draft.
pub async fn sign_out(portal: Data<Portal>, visitor: Visitor) -> Result<HttpResponse, WebError> {
    if let Some(session) = visitor.session {
        sign_in::sign_out(&portal, session.account, &session.hash).await?;
    }
    Ok(HttpResponse::SeeOther()
        .cookie(cookies::remove(&portal.config, Name::Session))
        .cookie(cookies::remove(&portal.config, Name::Browser))
        .insert_header((header::LOCATION, "/"))
        .finish())
}

/// How long a session still goes on.
#[derive(Serialize)]
struct Left {
    left: i64,
}

/// `GET /session`: for the script, how many seconds are left; asking does not make it more.
pub async fn left(portal: Data<Portal>, request: HttpRequest) -> Result<HttpResponse, WebError> {
    let left = guard::seconds_left(&request, &portal).await?;
    Ok(HttpResponse::Ok().json(Left { left }))
}

/// `POST /session/extend`: for the script; the session is in use, and this many seconds are left.
pub async fn extend(portal: Data<Portal>, citizen: Citizen, request: HttpRequest) -> Result<HttpResponse, WebError> {
    guard::touch(&portal, &citizen.session.hash).await?;
    left(portal, request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_goes_on_within_this_site_only() {
        for (text, expected) in [
            ("/apply/pregnancy_notification/check", "/apply/pregnancy_notification/check"),
            ("//evil.example", HOME),
            ("https://evil.example", HOME),
            ("/\\evil.example", HOME),
            ("/a?next=//evil", HOME),
            ("", HOME),
        ] {
            assert_eq!(local_path(text, HOME), expected, "{text}");
        }
    }
}
