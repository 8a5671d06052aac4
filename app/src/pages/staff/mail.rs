//! 「届かなかったメール」 Mail that did not arrive. Invariant: an address stands here only where it was opened just now.

use intake::{ids::ReceiptNumber, time::Instant};
use leptos::prelude::*;

use super::frame::{Desk, document};
use crate::text::Locale;

/// A mail that was given up.
pub struct Row {
    /// Its id.
    pub id: String,
    /// 「受付番号」 of the case that it is about.
    pub number: ReceiptNumber,
    /// Which mail.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it was not taken, in the words of the log: `refused 550`.
    pub reason: Option<String>,
    /// When it was given up.
    pub given_up_at: Option<Instant>,
    /// The address, if it was opened.
    pub address: Option<String>,
}

/// Which mail, in words; kinds of later days have none.
fn kind(locale: Locale, kind: &str) -> String {
    match kind {
        "received" | "taken_in" | "sent_back" | "visit_needed" | "decided" => {
            locale.say(&format!("undelivered-kind-{}", kind.replace('_', "-")))
        }
        _ => locale.say("undelivered-kind-other"),
    }
}

/// Why, in words: what is final in the relay's answer is said with its number.
fn reason(locale: Locale, reason: Option<&str>) -> String {
    let reason = reason.unwrap_or_default();
    match reason.split_once(' ') {
        Some(("refused", code)) => locale.with("undelivered-refused", &[("code", code)]),
        Some(("put", _)) => {
            locale.with("undelivered-put-off", &[("code", reason.rsplit(' ').next().unwrap_or_default())])
        }
        Some(("not", _)) => locale.say("undelivered-not-an-address"),
        Some(("cannot", _)) => locale.say("undelivered-cannot-open"),
        _ => locale.say("undelivered-unreachable"),
    }
}

/// What, why and when, in one line.
pub(super) fn sentence(locale: Locale, row: &Row) -> String {
    let at = row.given_up_at.map(Instant::minute_in_japan).unwrap_or_default();
    let (kind, reason) = (kind(locale, &row.kind), reason(locale, row.reason.as_deref()));
    locale.with("undelivered-line", &[("kind", &kind), ("reason", &reason), ("at", &at)])
}

/// `/staff/mail`
#[must_use]
pub fn page(desk: &Desk, rows: &[Row]) -> String {
    let locale = desk.locale();
    let title = locale.say("undelivered-title");
    document(desk, &title.clone(), false, || {
        let none = rows.is_empty().then(|| view! { <p>{locale.say("undelivered-none")}</p> });
        let rows = rows.iter().map(|one| row(locale, one)).collect_view();
        view! {
            <h1>{title}</h1>
            <p>{locale.say("undelivered-lead")}</p>
            {none}
            <ul class="card-list">{rows}</ul>
        }
        .into_any()
    })
}

fn row(locale: Locale, row: &Row) -> AnyView {
    let number = row.number.to_string();
    let address = match &row.address {
        Some(address) => {
            view! { <p>{locale.say("undelivered-address")} " " <code>{address.clone()}</code></p> }.into_any()
        }
        None => button(locale, row, "address", "button--quiet", "undelivered-open-address"),
    };
    view! {
        <li class="card">
            <h2><a href=format!("/staff/cases/{number}")>{number.clone()}</a></h2>
            <p>{sentence(locale, row)}</p>
            <p>{locale.with("undelivered-attempts", &[("attempts", &row.attempts.to_string())])}</p>
            {address}
            <div class="button-row">
                {button(locale, row, "settle", "button--primary", "undelivered-settle")}
                {button(locale, row, "again", "button--secondary", "undelivered-again")}
            </div>
        </li>
    }
    .into_any()
}

fn button(locale: Locale, row: &Row, deed: &str, look: &str, key: &str) -> AnyView {
    let number = row.number.to_string();
    view! {
        <form method="post" action=format!("/staff/mail/{}/{deed}", row.id)>
            <button class=format!("button {look}")>{locale.say(key)}<span class="visually-hidden">" " {number}</span></button>
        </form>
    }
    .into_any()
}

/// 「電話してください」 On the page of a case: above everything, for she waits and does not know it.
pub(super) fn notice(locale: Locale, rows: &[Row]) -> Option<AnyView> {
    let lines = rows.iter().map(|row| view! { <p>{sentence(locale, row)}</p> }).collect_view();
    (!rows.is_empty()).then(|| {
        view! {
            <div class="notice notice--warning">
                <h2>{locale.say("undelivered-call")}</h2>
                {lines}
                <p><a href="/staff/mail">{locale.say("undelivered-title")}</a></p>
            </div>
        }
        .into_any()
    })
}
