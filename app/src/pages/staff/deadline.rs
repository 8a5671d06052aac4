//! 「処理期限」 By when a case is to be done with, in words. Invariant: whoever reads it knows whether the clock runs.

use intake::{
    calendar::weekday,
    case::Lateness,
    deadline::Standing,
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use crate::text::Locale;

/// How a case stands with its time.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// By when, or what is left.
    pub standing: Standing,
    /// How it stands.
    pub lateness: Lateness,
}

/// The day of a deadline.
pub(super) fn day(locale: Locale, due_at: Instant) -> String {
    let day: CivilDate = due_at.date_in_japan();
    format!("{day}{}", locale.say(&format!("weekday-{}", weekday(day))))
}

fn sentence(locale: Locale, shown: Shown) -> String {
    match shown.standing {
        Standing::Runs { due_at, days } => {
            let day = day(locale, due_at);
            let count = days.unsigned_abs().to_string();
            match days {
                0 => locale.with("deadline-today", &[("day", &day)]),
                1.. => locale.with("deadline-runs", &[("day", &day), ("days", &count)]),
                _ => locale.with("deadline-overdue", &[("day", &day), ("days", &count)]),
            }
        }
        Standing::Stopped { days: 0 } => locale.say("deadline-stopped-overdue"),
        Standing::Stopped { days } => locale.with("deadline-stopped", &[("days", &days.to_string())]),
    }
}

/// The line on the page of a case.
pub(super) fn section(locale: Locale, shown: Shown) -> AnyView {
    let is_late = match shown.standing {
        Standing::Runs { days, .. } => days < 0 || shown.lateness == Lateness::Overdue,
        Standing::Stopped { .. } => false,
    };
    let badge = match (is_late, shown.lateness) {
        (true, _) => Some("deadline-badge-overdue"),
        (false, Lateness::Soon) => Some("deadline-badge-soon"),
        (false, Lateness::InTime | Lateness::Overdue) => None,
    };
    let badge = badge.map(|key| view! { <span class="badge badge--flag">{locale.say(key)}</span> " " });
    view! { <p id="deadline">{locale.say("deadline-title")} "：" {badge}{sentence(locale, shown)}</p> }.into_any()
}
