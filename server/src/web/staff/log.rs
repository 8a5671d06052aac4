//! 「自分の操作の記録」 Invariant: everybody reads her own, and nobody another's.

use actix_web::{http::StatusCode, web::Data};
use app::pages::staff::log as pages;

use super::{Answer, AtWork};
use crate::{flows::own_log, portal::Portal, web::frame::page};

/// `GET /staff/me/log`
pub async fn own(portal: Data<Portal>, at: AtWork) -> Answer {
    let lines = own_log::view(&portal, &at.who.staff).await?;
    let lines: Vec<pages::Line> = lines
        .into_iter()
        .map(|line| pages::Line { at: line.at, deed: line.deed, was_refused: line.outcome == "refused" })
        .collect();
    Ok(page(StatusCode::OK, pages::page(&at.desk, &lines)))
}
