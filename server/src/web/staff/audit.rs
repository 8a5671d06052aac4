//! 「監査記録」 Invariant: what is asked for is read before anything is looked up, and a number that is none is said, not searched.

use actix_web::{
    http::StatusCode,
    web::{Data, Query},
};
use app::pages::staff::audit::{self as pages, Line, Model};
use intake::{ids::ReceiptNumber, time::CivilDate};
use serde::Deserialize;

use super::{super::frame::page, Answer, AtWork};
use crate::{
    flows::audit_log::{self, Wanted},
    portal::Portal,
};

/// What is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    day: String,
    who: String,
    refused: String,
    before: String,
    number: String,
}

/// `GET /staff/audit`
pub async fn list(portal: Data<Portal>, at: AtWork, asked: Query<Asked>) -> Answer {
    let Query(Asked { day, who, refused, before, number }) = asked;
    let today = portal.clock.now().date_in_japan();
    // A day that is none, such as one that a browser left empty, is today.
    let day: CivilDate = day.parse().unwrap_or(today);
    let number = number.trim().to_owned();
    let found: Option<ReceiptNumber> = number.parse().ok();
    let is_a_number = number.is_empty() || found.is_some();
    let only_refused = refused == "1";
    let wanted = match found {
        Some(number) => Wanted::Case(number),
        None => Wanted::Day {
            day,
            user_id: Some(who.clone()).filter(|who| !who.is_empty()),
            only_refused,
            before: before.parse().ok(),
        },
    };
    let view = audit_log::view(&portal, &at.who.staff, &wanted).await?;
    let line = |line: audit_log::Line| Line {
        at: line.entry.at,
        actor_kind: line.entry.actor_kind,
        who: line.who,
        deed: line.entry.deed,
        was_refused: line.entry.outcome == "refused",
        to_whom: line.to_whom,
        number: line.number,
    };
    let model = Model {
        day,
        today,
        user_id: who,
        only_refused,
        is_a_number,
        number,
        staff: view.staff.into_iter().map(|one| (one.user_id, one.display_name)).collect(),
        lines: view.lines.into_iter().map(line).collect(),
        older: view.older,
    };
    let status = if is_a_number { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page(status, pages::page(&at.desk, &model)))
}
