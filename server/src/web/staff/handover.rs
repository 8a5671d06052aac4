//! 「引渡しの突合」 Invariant: what is shown and what is taken away as a file are the same lines.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION},
    },
    web::{Data, Path},
};
use app::pages::staff::handover::{self as pages, COLUMNS, Counts, Model, Row};
use intake::access::{Action, may};

use super::{super::frame::page, Answer, AtWork, WebError};
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

/// `GET /staff/handover/{list}.csv`: `days` or `differences`. Numbers, days and codes only: nothing in it needs quoting.
pub async fn file(portal: Data<Portal>, at: AtWork, list: Path<String>) -> Answer {
    let found = reconciliation::view(&portal, &at.who.staff).await?;
    let mut lines = match list.as_str() {
        "days" => vec![format!("day,{}", COLUMNS.join(",").replace('-', "_"))],
        "differences" => vec!["confirmed_on,receipt_number,difference,reason,batch".to_owned()],
        _ => return Err(WebError::NotFound),
    };
    if list.as_str() == "days" {
        lines.extend(found.days.into_iter().map(|(date, day)| {
            let numbers: Vec<String> = counts(day).iter().map(u32::to_string).collect();
            format!("{date},{}", numbers.join(","))
        }));
    } else {
        lines.extend(found.lines.into_iter().map(|line| {
            let Row { number, day, batch, kind, reason } = row(line);
            format!("{day},{number},{kind},{},{}", reason.unwrap_or_default(), batch.unwrap_or_default())
        }));
    }
    let name = format!("attachment; filename=\"handover-{list}.csv\"");
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, name))
        .body(format!("\u{feff}{}\r\n", lines.join("\r\n"))))
}
