//! 「ご案内」 The pages that explain. Invariant: they are the same for everybody.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use app::pages::info::{self, Info};

use super::{frame::page, guard::Visitor};
use crate::portal::Portal;

fn shown(portal: &Portal, visitor: &Visitor, info: Info) -> HttpResponse {
    page(StatusCode::OK, info::page(visitor.chrome(), info, portal.config.privacy_contact.as_deref()))
}

/// `GET /privacy`
pub async fn privacy(portal: Data<Portal>, visitor: Visitor) -> HttpResponse {
    shown(&portal, &visitor, Info::Privacy)
}

/// `GET /accessibility`
pub async fn accessibility(portal: Data<Portal>, visitor: Visitor) -> HttpResponse {
    shown(&portal, &visitor, Info::Accessibility)
}

/// `GET /benefit`
pub async fn benefit(portal: Data<Portal>, visitor: Visitor) -> HttpResponse {
    shown(&portal, &visitor, Info::Benefit)
}

/// `GET /moved-in`
pub async fn moved_in(portal: Data<Portal>, visitor: Visitor) -> HttpResponse {
    shown(&portal, &visitor, Info::MovedIn)
}

/// `GET /help`
pub async fn help(portal: Data<Portal>, visitor: Visitor) -> HttpResponse {
    shown(&portal, &visitor, Info::Help)
}
