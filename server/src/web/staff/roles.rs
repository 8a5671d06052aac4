//! 「役割と権限」 Invariant: every member of staff may read who may do what, whatever her own roles are.

use actix_web::{HttpResponse, http::StatusCode};
use app::pages::staff::roles as pages;

use super::{super::frame::page, AtWork};

/// `GET /staff/roles`
pub async fn shown(at: AtWork) -> HttpResponse {
    page(StatusCode::OK, pages::page(&at.desk))
}
