//! The frame of every page of the staff's side. Invariant: who is signed in stands on it, with the way out beside it.

use intake::access::{Role, Roles};
use leptos::prelude::*;

use crate::{
    chrome::{Chrome, document_around, languages, practice},
    text::Locale,
};

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name that colleagues read.
    pub name: String,
    /// The roles.
    pub roles: Roles,
    /// Whether the queue is for these roles.
    pub sees_queue: bool,
    /// Whether it sees what mail did not arrive.
    pub sees_mail: bool,
    /// Whether it looks after the slots for interviews.
    pub sees_slots: bool,
    /// Whether it sees what became of the hand-over.
    pub sees_handover: bool,
    /// Whether it has to do with media that carry batches.
    pub sees_media: bool,
}

/// What the frame needs to know. Its language is one that the staff's side has.
#[derive(Clone, Debug)]
pub struct Desk {
    chrome: Chrome,
    person: Option<Person>,
}

impl Desk {
    /// The frame for somebody, if anybody is signed in. A language of parents only becomes Japanese.
    #[must_use]
    pub fn new(mut chrome: Chrome, person: Option<Person>) -> Self {
        chrome.locale = chrome.locale.for_staff();
        chrome.offered.retain(|locale| locale.for_staff() == *locale);
        Self { chrome, person }
    }

    /// The language.
    #[must_use]
    pub const fn locale(&self) -> Locale {
        self.chrome.locale
    }

    /// The same frame with the path of this page, to come back to.
    #[must_use]
    pub fn at(mut self, path: String) -> Self {
        self.chrome.path = path;
        self
    }

    /// The same frame with further scripts; some stand in the demo only.
    #[must_use]
    pub fn with_scripts(mut self, scripts: &[&'static str], in_demo: &[&'static str]) -> Self {
        if self.chrome.demo {
            self.chrome.scripts.extend(in_demo);
        }
        self.chrome.scripts.extend(scripts);
        self
    }

    /// Who is signed in, if anybody.
    #[must_use]
    pub const fn person(&self) -> Option<&Person> {
        self.person.as_ref()
    }

    pub(super) fn path(&self) -> String {
        self.chrome.path.clone()
    }
}

/// A whole document.
pub(super) fn document(desk: &Desk, title: &str, has_error: bool, main: impl FnOnce() -> AnyView) -> String {
    document_around(&desk.chrome, title, has_error, || body(desk, main()))
}

fn body(desk: &Desk, main: AnyView) -> AnyView {
    let chrome = &desk.chrome;
    let locale = chrome.locale;
    let person = desk.person.as_ref().map(|person| {
        let queue = person.sees_queue.then(|| {
            view! { <a href="/staff/queue">{locale.say("queue-title")}</a> }
        });
        let mail = person.sees_mail.then(|| view! { <a href="/staff/mail">{locale.say("undelivered-title")}</a> });
        let slots = person.sees_slots.then(|| view! { <a href="/staff/slots">{locale.say("slots-title")}</a> });
        let handover =
            person.sees_handover.then(|| view! { <a href="/staff/handover">{locale.say("handover-title")}</a> });
        let media = person.sees_media.then(|| view! { <a href="/staff/media">{locale.say("media-title")}</a> });
        view! {
            <div class="staff-bar">
                {queue}{mail}{slots}{handover}{media}
                <a href="/staff/roles">{locale.say("roles-title")}</a>
                <a href="/staff/sessions">{locale.say("staff-sessions-title")}</a>
                <span>{person.name.clone()} " " <span class="badge">{role_names(locale, person.roles)}</span></span>
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
                <span class="site-header__place" lang=locale.lang_of_japanese()>{chrome.municipality.clone()}</span>
                {person}
            </header>
            <main class="page page--wide" id="main">{main}</main>
        </body>
    }
    .into_any()
}

/// What a role is called.
pub(super) fn role_name(locale: Locale, role: Role) -> String {
    locale.say(&format!("role-{}", role.as_str().replace('_', "-")))
}

/// What roles are called, as one line.
pub(super) fn role_names(locale: Locale, roles: Roles) -> String {
    let names: Vec<String> = roles.iter().map(|role| role_name(locale, role)).collect();
    names.join("・")
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
