//! 「引渡しの突合」 Invariant: what is shown and what is taken away as a file are the same lines.

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::handover::{self as pages, COLUMNS, Counts, Model, Row};
use intake::access::{Action, may};

use super::{super::frame::page, Answer, AtWork, WebError, csv};
use crate::{
    flows::reconciliation::{self, DAYS, Day, Line},
    portal::Portal,
};

const fn counts(day: Day) -> Counts {
    let Day { confirmed, handed_over, imported, held, rejected, unanswered, withdrawn } = day;
    [confirmed, handed_over, imported, held, rejected, unanswered, withdrawn]
}

fn row(line: Line) -> Row {
    Row {
        number: line.number,
        day: line.day,
        batch: line.batch.map(|(destination, seq)| format!("{destination} {seq}")),
        kind: line.difference.as_str(),
        reason: line.difference.reason().map(str::to_owned),
    }
}

/// `GET /staff/handover`
pub async fn shown(portal: Data<Portal>, at: AtWork) -> Answer {
    let found = reconciliation::view(&portal, &at.who.staff).await?;
    let model = Model {
        overdue: found.overdue(),
        days: found.days.into_iter().map(|(date, day)| (date, counts(day))).collect(),
        rows: found.lines.into_iter().map(row).collect(),
        stopped: found.stopped.into_iter().map(|id| id.to_string()).collect(),
        alarm_days: found.alarm_days,
        shown_days: DAYS,
        opens_cases: may(at.who.staff.roles, Action::ReadCase),
    };
    Ok(page(StatusCode::OK, pages::page(&at.desk, &model)))
}

/// `GET /staff/handover/{list}.csv`: `days` or `differences`.
pub async fn file(portal: Data<Portal>, at: AtWork, list: Path<String>) -> Answer {
    let found = reconciliation::view(&portal, &at.who.staff).await?;
    let lines: Vec<Vec<String>> = match list.as_str() {
        "days" => {
            let head = std::iter::once("day").chain(COLUMNS).map(|column| column.replace('-', "_")).collect();
            let rows = found.days.into_iter().map(|(date, day)| {
                std::iter::once(date.to_string()).chain(counts(day).iter().map(u32::to_string)).collect()
            });
            std::iter::once(head).chain(rows).collect()
        }
        "differences" => {
            let head = ["confirmed_on", "receipt_number", "difference", "reason", "batch"].map(str::to_owned).to_vec();
            let rows = found.lines.into_iter().map(|line| {
                let Row { number, day, batch, kind, reason } = row(line);
                let (reason, batch) = (reason.unwrap_or_default(), batch.unwrap_or_default());
                vec![day.to_string(), number.to_string(), kind.to_owned(), reason, batch]
            });
            std::iter::once(head).chain(rows).collect()
        }
        _ => return Err(WebError::NotFound),
    };
    Ok(csv::file(&format!("handover-{list}"), &lines))
}
