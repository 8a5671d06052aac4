//! 「引渡しの突合」 `/staff/handover`: by day, and every difference as a line. Invariant: it names filings by receipt number only, and
//! only those that whoever reads may know of.

use intake::{ids::ReceiptNumber, time::CivilDate};
use leptos::prelude::*;

use super::frame::{Desk, document};
use crate::text::Locale;

/// A day, in the order of the columns: confirmed, handed over, imported, held, rejected, unanswered, withdrawn.
pub type Counts = [u32; 7];

/// The columns of a day.
pub const COLUMNS: [&str; 7] = ["confirmed", "handed-over", "imported", "held", "rejected", "unanswered", "withdrawn"];

/// A difference.
pub struct Row {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// On which day it was confirmed.
    pub day: CivilDate,
    /// In which batch it is, if in any.
    pub batch: Option<String>,
    /// What is different: `waiting`, `withdrawal_asked`, `withdrawn`, `unanswered`, `overdue`, `held`, `rejected` or
    /// `papers_left_out`.
    pub kind: &'static str,
    /// Why, as a code.
    pub reason: Option<String>,
}

/// What the page shows.
pub struct Model {
    /// By day, the newest first.
    pub days: Vec<(CivilDate, Counts)>,
    /// Every difference, the oldest first.
    pub rows: Vec<Row>,
    /// The destinations to which nothing goes.
    pub stopped: Vec<String>,
    /// How many wait too long for an answer.
    pub overdue: usize,
    /// After how many working days that is.
    pub alarm_days: u32,
    /// So many days are shown.
    pub shown_days: i64,
    /// Whether who reads may open a case.
    pub opens_cases: bool,
}

/// Why, in words; codes that only the back office knows stand as they are.
pub(super) fn reason(locale: Locale, code: &str) -> String {
    const KNOWN: [&str; 18] = [
        "papers_wait",
        "too_large",
        "no_destination",
        "refused",
        "resident_none",
        "resident_several",
        "number_differs",
        "character_unmappable",
        "code_unmapped",
        "kind_unmapped",
        "other_municipality",
        "person_unknown",
        "wrong_person",
        "duplicate",
        "withdrawn",
        "paper_differs",
        "number_unreadable",
        "number_check_digit",
    ];
    if KNOWN.contains(&code) {
        locale.say(&format!("handover-reason-{}", code.replace('_', "-")))
    } else {
        code.to_owned()
    }
}

/// `/staff/handover`
#[must_use]
pub fn page(desk: &Desk, model: &Model) -> String {
    let locale = desk.locale();
    let title = locale.say("handover-title");
    document(desk, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            {alarms(locale, model)}
            <p>{locale.say("handover-lead")}</p>
            <h2>{locale.say("handover-differences")}</h2>
            {rows(locale, model)}
            <h2>{locale.with("handover-days", &[("days", &model.shown_days.to_string())])}</h2>
            {days(locale, model)}
            <ul>
                <li><a href="/staff/handover/days.csv">{locale.say("handover-csv-days")}</a></li>
                <li><a href="/staff/handover/differences.csv">{locale.say("handover-csv-differences")}</a></li>
            </ul>
        }
        .into_any()
    })
}

fn alarms(locale: Locale, model: &Model) -> AnyView {
    let stopped = model.stopped.iter().map(|destination| {
        let sentence = locale.with("handover-stopped", &[("destination", destination)]);
        view! { <div class="notice notice--warning" role="alert"><p>{sentence}</p></div> }
    });
    let overdue = (model.overdue > 0).then(|| {
        let (count, days) = (model.overdue.to_string(), model.alarm_days.to_string());
        let sentence = locale.with("handover-overdue-alarm", &[("count", &count), ("days", &days)]);
        view! { <div class="notice notice--warning" role="alert"><p>{sentence}</p></div> }
    });
    view! { {stopped.collect_view()}{overdue} }.into_any()
}

fn rows(locale: Locale, model: &Model) -> AnyView {
    if model.rows.is_empty() {
        return view! { <p>{locale.say("handover-no-difference")}</p> }.into_any();
    }
    let rows = model.rows.iter().map(|row| {
        let number = row.number.to_string();
        let named = if model.opens_cases {
            view! { <a href=format!("/staff/cases/{number}")>{number.clone()}</a> }.into_any()
        } else {
            view! { {number.clone()} }.into_any()
        };
        let kind = locale.say(&format!("handover-kind-{}", row.kind.replace('_', "-")));
        let badge = if row.kind == "overdue" { "badge badge--flag" } else { "badge" };
        let confirmed = locale.with("handover-confirmed-on", &[("day", &row.day.to_string())]);
        let batch = row.batch.as_ref().map(|batch| locale.with("handover-in-batch", &[("batch", batch)]));
        view! {
            <li class="card">
                <h3>{named}</h3>
                <p><span class=badge>{kind}</span> " " {row.reason.as_deref().map(|code| reason(locale, code))}</p>
                <p>{confirmed} {batch.map(|batch| format!("・{batch}"))}</p>
            </li>
        }
    });
    view! { <ul class="card-list">{rows.collect_view()}</ul> }.into_any()
}

fn days(locale: Locale, model: &Model) -> AnyView {
    if model.days.is_empty() {
        return view! { <p>{locale.say("handover-no-days")}</p> }.into_any();
    }
    let heads = COLUMNS.iter().map(|column| {
        let name = locale.say(&format!("handover-column-{column}"));
        view! { <th scope="col">{name}</th> }
    });
    let lines = model.days.iter().map(|(day, counts)| {
        let cells = counts.iter().map(|count| view! { <td>{*count}</td> });
        view! { <tr><th scope="row">{day.to_string()}</th>{cells.collect_view()}</tr> }
    });
    view! {
        <div class="handover-days" role="region" tabindex="0" aria-label=locale.say("handover-by-day")>
            <table class="table">
                <thead><tr><th scope="col">{locale.say("handover-column-day")}</th>{heads.collect_view()}</tr></thead>
                <tbody>{lines.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// 「取込先から戻った届出」 On the page of a case: what to look at before it is decided on again.
pub(super) fn notice(locale: Locale, came_back: Option<&str>) -> Option<AnyView> {
    let sentence = locale.with("handover-came-back-why", &[("reason", &reason(locale, came_back?))]);
    Some(
        view! {
            <div class="notice notice--warning">
                <h2>{locale.say("handover-came-back")}</h2>
                <p>{sentence}</p>
            </div>
        }
        .into_any(),
    )
}
