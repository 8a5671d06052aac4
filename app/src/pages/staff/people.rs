//! 「職員の再招待」 Who of the staff has lost her passkey is invited again by two people. Invariant: every name stands with its user id,
//! and what may be pressed is what the flow allows.

use intake::time::Instant;
use leptos::prelude::*;

use super::frame::{Desk, document, error_summary};
use crate::text::Locale;

/// Somebody of the staff.
pub struct Row {
    /// Her id.
    pub id: String,
    /// What is typed to sign in.
    pub user_id: String,
    /// The name that colleagues read.
    pub name: String,
    /// Who proposed that she is invited again, and when.
    pub proposed: Option<(String, Instant)>,
    /// Whether who reads may propose it.
    pub can_propose: bool,
    /// Whether who reads may confirm it.
    pub can_confirm: bool,
}

/// What the last press came to.
pub enum Said {
    /// Nothing was pressed.
    Nothing,
    /// The second yes must be another person's.
    NeedsAnother,
    /// She is invited: the address, shown once, and until when it is good.
    Invited {
        /// The whole address.
        address: String,
        /// Until when.
        until: Instant,
    },
}

fn member(locale: Locale, row: &Row) -> AnyView {
    let waits = row.proposed.as_ref().map(|(by, at)| {
        view! { <p>{locale.with("people-proposed", &[("by", by), ("at", &at.minute_in_japan())])}</p> }
    });
    let button = |deed: &'static str, key: &str| {
        view! {
            <form method="post" action=format!("/staff/people/{}/{deed}", row.id)>
                <button class="button button--secondary">{locale.say(key)}<span class="visually-hidden">"："{row.name.clone()}</span></button>
            </form>
        }
    };
    let propose = row.can_propose.then(|| button("return", "people-propose"));
    let confirm = row.can_confirm.then(|| button("return-confirmed", "people-confirm"));
    view! { <li class="card"><h2>{row.name.clone()}</h2><p>{row.user_id.clone()}</p>{waits}{propose}{confirm}</li> }
        .into_any()
}

/// `/staff/people`
#[must_use]
pub fn page(desk: &Desk, rows: &[Row], said: &Said) -> String {
    let locale = desk.locale();
    let title = locale.say("people-title");
    let error = matches!(said, Said::NeedsAnother).then(|| locale.say("people-needs-another"));
    document(desk, &title.clone(), error.is_some(), || {
        let invited = match said {
            Said::Invited { address, until } => Some(view! {
                <div class="notice notice--info" role="status">
                    <h2>{locale.say("people-invited")}</h2>
                    <p>{locale.with("people-invited-lead", &[("until", &until.minute_in_japan())])}</p>
                    <p><code class="people__address">{address.clone()}</code></p>
                </div>
            }),
            Said::Nothing | Said::NeedsAnother => None,
        };
        let all = rows.iter().map(|row| member(locale, row)).collect_view();
        view! {
            {error_summary(error.as_deref(), None)}
            <h1>{title}</h1>
            <p>{locale.say("people-lead")}</p>
            {invited}
            <ul class="card-list">{all}</ul>
        }
        .into_any()
    })
}
