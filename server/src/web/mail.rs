//! Mail as parents meet it: stopping reminders, and help when none arrives. Invariant: stopping takes the token of the mail and
//! nothing else, no signing in, no cookie, no script; looking at the page stops nothing.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use app::pages::mail as pages;

use super::{
    body::FormBody,
    error::WebError,
    frame::page,
    guard::{Citizen, Visitor},
};
use crate::{flows::remind, mail::domain_of, portal::Portal};

type Answer = Result<HttpResponse, WebError>;

/// The sender of the demo, which sends nothing.
pub(super) const DEMO_SENDER: &str = "madoguchi@mail.example.jp";

/// Who mail is from.
pub(super) fn sender(portal: &Portal) -> &str {
    portal.config.smtp.as_ref().map_or(DEMO_SENDER, |smtp| smtp.from.as_str())
}

/// `GET /mail/help`
pub async fn help(portal: Data<Portal>, visitor: Visitor) -> Answer {
    let domain = domain_of(sender(&portal)).ok_or(WebError::Broken)?;
    Ok(page(StatusCode::OK, pages::help(visitor.chrome(), &domain)))
}

/// `GET /mail/stop/{token}`: what will no longer come, and one button.
pub async fn ask_to_stop(portal: Data<Portal>, visitor: Visitor, token: Path<String>) -> Answer {
    let html = if remind::is_reminded(&portal, &token).await? {
        pages::stop(visitor.chrome(), &format!("/mail/stop/{token}"))
    } else {
        pages::stopped(visitor.chrome())
    };
    Ok(page(StatusCode::OK, html))
}

/// `POST /mail/stop/{token}`: by that button, or by a mail program. What it sends is not looked at.
pub async fn stop(portal: Data<Portal>, visitor: Visitor, token: Path<String>) -> Answer {
    remind::stop(&portal, &token).await?;
    Ok(page(StatusCode::OK, pages::stopped(visitor.chrome())))
}

/// `POST /account/reminders`: stops them or takes them up again.
pub async fn choose(portal: Data<Portal>, citizen: Citizen, mut form: FormBody) -> Answer {
    let wanted = match form.take("reminders").as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(WebError::Unreadable),
    };
    remind::choose(&portal, citizen.session.account, wanted).await?;
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, "/account")).finish())
}
