//! 「妊娠の終了」 Told by a parent on her own page. Invariant: one press, no question; the way back is on the same page.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::Data,
};
use app::pages::pregnancy_end::{self as pages, ADDRESS};

use super::{error::WebError, frame::page, guard::Citizen};
use crate::{flows::pregnancy_end, portal::Portal};

type Answer = Result<HttpResponse, WebError>;

/// `GET /pregnancy-end`
pub async fn shown(portal: Data<Portal>, citizen: Citizen) -> Answer {
    let told = pregnancy_end::told_at(&portal, citizen.session.account).await?.is_some();
    let chrome = citizen.visitor.chrome();
    Ok(page(StatusCode::OK, if told { pages::told(chrome) } else { pages::ask(chrome) }))
}

fn back() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, ADDRESS)).finish()
}

/// `POST /pregnancy-end`
pub async fn tell(portal: Data<Portal>, citizen: Citizen) -> Answer {
    pregnancy_end::tell(&portal, citizen.session.account).await?;
    Ok(back())
}

/// `POST /pregnancy-end/take-back`
pub async fn take_back(portal: Data<Portal>, citizen: Citizen) -> Answer {
    pregnancy_end::take_back(&portal, citizen.session.account).await?;
    Ok(back())
}
