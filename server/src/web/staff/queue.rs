//! The queue. Invariant: a receipt number that is searched for stands in no address but that of its case.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Query},
};
use app::pages::staff::{
    message,
    queue::{self as pages, Model, Row},
};
use intake::{export::Channel, time::Instant};
use serde::Deserialize;

use super::{Answer, AtWork, to};
use crate::{
    flows::queue::{self, QueueRow, Tab},
    portal::Portal,
    web::{body::FormBody, error::WebError, frame::page},
};

/// Tab and place.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Place {
    tab: String,
    after: String,
}

/// `GET /staff`: to the queue, or a page that says that the role has none.
pub async fn home(at: AtWork) -> HttpResponse {
    let sees_queue = at.desk.person().is_some_and(|person| person.sees_queue);
    if sees_queue { to("/staff/queue") } else { page(StatusCode::OK, message::no_queue(&at.desk)) }
}

fn row(row: QueueRow, now: Instant) -> Row {
    let days = now.date_in_japan().days_since(row.head.stage_since.date_in_japan());
    Row {
        number: row.head.receipt_number,
        name: row.name,
        kana: row.kana,
        stage: row.head.stage,
        flags: row.flags,
        pair_is_open: row.pair_is_open,
        filed_at: row.head.filed_at,
        days,
        holder: row.holder,
        correction_due_on: row.head.correction_due_on,
        withdrawal_asked_at: row.head.withdrawal_asked_at,
        unread_since: row.head.unread_since,
        channel: row.head.channel.parse().unwrap_or(Channel::Portal),
    }
}

async fn shown(portal: &Portal, at: &AtWork, place: &Place, not_found: Option<String>) -> Answer {
    let tab = if place.tab.is_empty() { Ok(Tab::New) } else { place.tab.parse() };
    let tab: Tab = tab.map_err(|_| WebError::NotFound)?;
    let after = if place.after.is_empty() { None } else { Some(place.after.parse().map_err(|_| WebError::NotFound)?) };
    let found = queue::page(portal, &at.who.staff, tab, after).await?;
    let now = portal.clock.now();
    let status = if not_found.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let model = Model {
        tabs: found.counts.iter().map(|(tab, count)| (tab.as_str(), *count)).collect(),
        current: tab.as_str(),
        rows: found.rows.into_iter().map(|found| row(found, now)).collect(),
        next: found.next.map(|mark| mark.to_string()),
        is_later_page: after.is_some(),
        not_found,
    };
    Ok(page(status, pages::page(&at.desk, &model)))
}

/// `GET /staff/queue`
pub async fn queue(portal: Data<Portal>, at: AtWork, place: Query<Place>) -> Answer {
    shown(&portal, &at, &place, None).await
}

/// `POST /staff/queue`: leads to the case of a receipt number.
pub async fn search(portal: Data<Portal>, at: AtWork, mut form: FormBody) -> Answer {
    let typed = form.take("number");
    match queue::search(&portal, &at.who.staff, &typed).await? {
        Some(number) => Ok(to(&format!("/staff/cases/{number}"))),
        None => shown(&portal, &at, &Place::default(), Some(typed)).await,
    }
}
