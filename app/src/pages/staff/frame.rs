//! The frame of every page of the staff's side. Invariant: who is signed in stands on it, with the way out beside it.

use intake::access::Role;
use leptos::prelude::*;

use crate::chrome::{Chrome, document_around, languages, practice};

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name that colleagues read.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Whether the queue is for this role.
    pub sees_queue: bool,
}

/// What the frame needs to know.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What every page needs.
    pub chrome: Chrome,
    /// Who is signed in, if anybody.
    pub person: Option<Person>,
}

/// A whole document.
pub(super) fn document(desk: &Desk, title: &str, has_error: bool, main: impl FnOnce() -> AnyView) -> String {
    document_around(&desk.chrome, title, has_error, || body(desk, main()))
}

fn body(desk: &Desk, main: AnyView) -> AnyView {
    let chrome = &desk.chrome;
    let locale = chrome.locale;
    let person = desk.person.as_ref().map(|person| {
        let queue = person.sees_queue.then(|| view! { <a href="/staff/queue">{locale.say("queue-title")}</a> });
        view! {
            <div class="staff-bar">
                {queue}
                <span>{person.name.clone()} " " <span class="badge">{locale.say(&format!("role-{}", person.role))}</span></span>
                <form method="post" action="/staff/sign-out"><button class="button button--quiet">{locale.say("sign-out")}</button></form>
            </div>
        }
    });
    view! {
        <body>
            <a class="skip-link" href="#main">{locale.say("skip")}</a>
            {practice(chrome)}
            <header class="site-header">
                {languages(chrome)}
                <a class="site-header__name" href="/staff"><img src=chrome.icon alt="" width="28" height="28"/>{locale.say("staff-site-name")}</a>
                <span class="site-header__place">{chrome.municipality.clone()}</span>
                {person}
            </header>
            <main class="page page--wide" id="main">{main}</main>
        </body>
    }
    .into_any()
}

/// A sentence on top that takes the focus.
pub(super) fn error_summary(text: Option<&str>, leads_to: Option<&str>) -> Option<AnyView> {
    let text = text?.to_owned();
    let inside = match leads_to {
        Some(input) => view! { <ul><li><a href=format!("#{input}")>{text}</a></li></ul> }.into_any(),
        None => view! { <p>{text}</p> }.into_any(),
    };
    Some(
        view! { <div class="error-summary" role="alert" tabindex="-1" data-error-summary="">{inside}</div> }.into_any(),
    )
}
