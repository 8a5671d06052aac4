//! 「届かなかったメール」 Mail that did not arrive, for staff. Invariant: an address stands on the page only after it was opened,
//! which is recorded.

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::mail::{self as pages, Row};
use intake::ids::OutboxId;

use super::{super::frame::page, Answer, AtWork, WebError, to};
use crate::{
    flows::undelivered::{self, Step},
    portal::Portal,
    store::outbox::Undelivered,
};

/// A row as it is shown.
pub(super) fn row(mail: Undelivered) -> Row {
    let Undelivered { outbox_id, kind, attempts, last_error, given_up_at, receipt_number: number, .. } = mail;
    Row { id: outbox_id.to_string(), number, kind, attempts, reason: last_error, given_up_at, address: None }
}

async fn shown(portal: &Portal, at: &AtWork, opened: Option<(OutboxId, String)>) -> Answer {
    let mut rows: Vec<Row> = undelivered::list(portal, &at.who.staff).await?.into_iter().map(row).collect();
    if let Some((id, address)) = opened {
        let row = rows.iter_mut().find(|row| row.id == id.to_string());
        row.into_iter().for_each(|row| row.address = Some(address.clone()));
    }
    Ok(page(StatusCode::OK, pages::page(&at.desk, &rows)))
}

/// `GET /staff/mail`
pub async fn list(portal: Data<Portal>, at: AtWork) -> Answer {
    shown(&portal, &at, None).await
}

/// `POST /staff/mail/{mail}/{deed}`: again, settle, or address.
pub async fn act(portal: Data<Portal>, mut at: AtWork, path: Path<(String, String)>) -> Answer {
    let id = path.0.parse().map_err(|_| WebError::NotFound)?;
    let step = match path.1.as_str() {
        "again" => Step::TryAgain,
        "settle" => Step::Settle,
        "address" => Step::OpenAddress,
        _ => return Err(WebError::NotFound),
    };
    match undelivered::act(&portal, &at.who.staff, id, step).await? {
        Some(address) => {
            at.desk = at.desk.at("/staff/mail".to_owned());
            shown(&portal, &at, Some((id, address))).await
        }
        None => Ok(to("/staff/mail")),
    }
}
