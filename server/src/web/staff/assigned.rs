//! 「担当の届出」 Invariant: a list of numbers and forms, without a name.

use actix_web::{http::StatusCode, web::Data};
use app::pages::staff::assigned::{self as pages, Row};
use intake::ids::FormId;

use super::{super::frame::page, Answer, AtWork};
use crate::{flows::assigned, portal::Portal};

/// `GET /staff/assigned`
pub async fn list(portal: Data<Portal>, at: AtWork) -> Answer {
    let held = assigned::list(&portal, &at.who.staff).await?.into_iter();
    let title = |id: &FormId| portal.catalog.newest(id).map(|form| form.title.get("ja").to_owned());
    let rows: Vec<Row> = held
        .map(|case| Row {
            title: title(&case.form_id).unwrap_or_else(|| case.form_id.to_string()),
            number: case.receipt_number,
            filed_on: case.filed_at.date_in_japan(),
        })
        .collect();
    Ok(page(StatusCode::OK, pages::page(&at.desk, &rows)))
}
