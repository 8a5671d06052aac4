//! 「お知らせメール」 Invariant: a member of staff sees and changes her own address, and nobody's else.

use actix_web::{http::StatusCode, web::Data};
use app::pages::staff::notices::{self as pages, Model};

use super::{Answer, AtWork, to};
use crate::{
    flows::{
        staff_mail::{self, Asked, Entered},
        task,
    },
    letters,
    portal::Portal,
    web::{body::FormBody, frame::page},
};

const ADDRESS: &str = "/staff/notices";

async fn page_with(portal: &Portal, at: &AtWork, failed: Model) -> Answer {
    let found = staff_mail::view(portal, &at.who.staff).await?;
    let has_error = failed.address_error.is_some() || failed.code_error.is_some();
    let status = if has_error { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let model = Model {
        address: found.address,
        wants_daily: found.wants_daily,
        // The error of a code that is over stands at its field all the same.
        waits: found.waits || failed.code_error.is_some(),
        is_told_of_tasks: task::is_told(&at.who.staff),
        ..failed
    };
    Ok(page(status, pages::page(&at.desk.clone().at(ADDRESS.to_owned()), &model)))
}

/// `GET /staff/notices`
pub async fn shown(portal: Data<Portal>, at: AtWork) -> Answer {
    page_with(&portal, &at, Model::default()).await
}

/// `POST /staff/notices`: sends a code to an address.
pub async fn ask(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    let (typed, locale) = (form.take("mail"), at.desk.locale());
    let to_whom = (typed.as_str(), locale.code());
    let error = match staff_mail::ask(&portal, &at.who.staff, to_whom, &letters::staff_mail_code).await? {
        Asked::Sent => return Ok(to(ADDRESS)),
        Asked::NotAnAddress(_) => locale.say("error-mail"),
        Asked::TooMany => locale.say("sign-in-too-many"),
    };
    page_with(&portal, &at, Model { typed, address_error: Some(error), ..Model::default() }).await
}

/// `POST /staff/notices/code`
pub async fn enter(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    let locale = at.desk.locale();
    let error = match staff_mail::enter(&portal, &at.who.staff, &form.take("code")).await? {
        Entered::Kept => return Ok(to(ADDRESS)),
        Entered::Wrong(left) => locale.with("code-wrong", &[("left", &left.to_string())]),
        Entered::Over => locale.say("code-over"),
    };
    page_with(&portal, &at, Model { code_error: Some(error), ..Model::default() }).await
}

/// `POST /staff/notices/daily`
pub async fn choose(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    staff_mail::choose(&portal, &at.who.staff, form.take("daily") == "yes").await?;
    Ok(to(ADDRESS))
}

/// `POST /staff/notices/remove`
pub async fn remove(portal: Data<Portal>, at: AtWork) -> Answer {
    staff_mail::remove(&portal, &at.who.staff).await?;
    Ok(to(ADDRESS))
}
