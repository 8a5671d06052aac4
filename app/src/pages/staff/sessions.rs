//! 「サインイン中の端末」 Where members of staff are signed in. Invariant: a device stands in plain words, and nothing of its cookie does.

use intake::time::Instant;
use leptos::prelude::*;

use super::frame::{Desk, document};
use crate::{pages::account::device, text::Locale};

/// A session.
pub struct Row {
    /// Names it, to end it.
    pub name: String,
    /// 「端末」 Empty when it is not known.
    pub device: String,
    /// When it began.
    pub since: Instant,
    /// When it was last used.
    pub seen: Instant,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// A member of staff with her sessions.
pub struct Member {
    /// Her id.
    pub id: String,
    /// The name that colleagues read.
    pub name: String,
    /// Her sessions, newest first.
    pub sessions: Vec<Row>,
}

fn facts(locale: Locale, row: &Row) -> AnyView {
    let this = row.is_this.then(|| view! { " " <span class="badge">{locale.say("session-this")}</span> });
    view! {
        <p><strong>{device(locale, &row.device)}</strong>{this}</p>
        <p>{locale.with("session-since", &[("at", &row.since.minute_in_japan())])}</p>
        <p>{locale.with("session-seen", &[("at", &row.seen.minute_in_japan())])}</p>
    }
    .into_any()
}

fn own(locale: Locale, row: &Row) -> AnyView {
    let end = (!row.is_this).then(|| {
        view! {
            <form method="post" action="/staff/session-end">
                <button class="button button--secondary" name="session" value=row.name.clone()>{locale.say("session-end")}</button>
            </form>
        }
    });
    view! { <li class="card">{facts(locale, row)}{end}</li> }.into_any()
}

fn member(locale: Locale, member: &Member) -> AnyView {
    let sessions = member.sessions.iter().map(|row| facts(locale, row)).collect_view();
    view! {
        <li class="card">
            <h3>{member.name.clone()}</h3>
            {sessions}
            <form method="post" action="/staff/sessions-end">
                <button class="button button--danger" name="staff" value=member.id.clone()>{locale.say("staff-sessions-end-all")}<span class="visually-hidden">"："{member.name.clone()}</span></button>
            </form>
        </li>
    }
    .into_any()
}

/// `/staff/sessions`; `all` is empty for who does not look after accounts.
#[must_use]
pub fn page(desk: &Desk, sessions: &[Row], all: &[Member]) -> String {
    let locale = desk.locale();
    let title = locale.say("staff-sessions-title");
    document(desk, &title.clone(), false, || {
        let alone = (sessions.len() < 2).then(|| view! { <p>{locale.say("staff-sessions-none")}</p> });
        let rows = sessions.iter().map(|row| own(locale, row)).collect_view();
        let everybody = (!all.is_empty()).then(|| {
            let members = all.iter().map(|one| member(locale, one)).collect_view();
            view! { <h2>{locale.say("staff-sessions-everybody")}</h2><ul class="card-list">{members}</ul> }
        });
        view! {
            <h1>{title}</h1>
            <p>{locale.say("staff-sessions-lead")}</p>
            <ul class="card-list">{rows}</ul>
            {alone}
            {everybody}
        }
        .into_any()
    })
}
