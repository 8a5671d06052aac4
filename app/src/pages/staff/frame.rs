//! The frame of every page of the staff's side. Invariant: who is signed in stands on it, with the way out beside it.

use intake::{
    access::{Role, Roles},
    time::Instant,
};
use leptos::prelude::*;

use super::keys;
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
    /// Whether it sees what was assigned to her, and no more.
    pub sees_assigned: bool,
    /// Whether it sees what mail did not arrive.
    pub sees_mail: bool,
    /// Whether it sees reports.
    pub sees_reports: bool,
    /// 「監査記録」 Whether it reads the log.
    pub reads_audit: bool,
    /// 「窓口代行入力」 Whether it types paper forms in.
    pub types_in: bool,
    /// Whether it looks after the slots for interviews.
    pub sees_slots: bool,
    /// Whether it sees what became of the hand-over.
    pub sees_handover: bool,
    /// 「確認の仕事」 Whether it looks after tasks.
    pub sees_tasks: bool,
    /// How many of them wait that only public health nurses know of; none for everybody else.
    pub tasks_waiting: i64,
    /// Whether it has to do with media that carry batches.
    pub sees_media: bool,
    /// 「職員のアカウント」 Whether it looks after them.
    pub sees_people: bool,
}

/// What the frame needs to know. Its language is one that the staff's side has.
#[derive(Clone, Debug)]
pub struct Desk {
    chrome: Chrome,
    person: Option<Person>,
    previous_sign_in: Option<Instant>,
}

impl Desk {
    /// The frame for somebody, if anybody is signed in. A language of parents only becomes Japanese.
    #[must_use]
    pub fn new(mut chrome: Chrome, person: Option<Person>) -> Self {
        chrome.locale = chrome.locale.for_staff();
        chrome.offered.retain(|locale| locale.for_staff() == *locale);
        Self { chrome, person, previous_sign_in: None }
    }

    /// 「前回のサインイン」 The same frame that says when she signed in before.
    #[must_use]
    pub const fn signed_in_before(mut self, at: Option<Instant>) -> Self {
        self.previous_sign_in = at;
        self
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
    document_around(&desk.chrome, title, has_error, || body(desk, None, main()))
}

/// 「ご本人にはこう見えます」 A whole document with a part in a language of parents, whose frame `main` is given.
pub(super) fn document_in(desk: &Desk, language: Locale, title: &str, main: impl FnOnce(Chrome) -> AnyView) -> String {
    let chrome = Chrome { locale: language, ..desk.chrome.clone() };
    let lang = Some(desk.locale().lang());
    document_around(&chrome.clone(), title, false, || body(desk, lang, main(chrome)))
}

fn body(desk: &Desk, lang: Option<&'static str>, main: AnyView) -> AnyView {
    let chrome = &desk.chrome;
    let locale = chrome.locale;
    let banner = desk.person.as_ref().and_then(|person| super::tasks::banner(locale, person.tasks_waiting));
    let person = desk.person.as_ref().map(|person| {
        let queue = person.sees_queue.then(|| {
            view! { <a href="/staff/queue">{locale.say("queue-title")}</a> }
        });
        let assigned =
            person.sees_assigned.then(|| view! { <a href="/staff/assigned">{locale.say("assigned-title")}</a> });
        let mail = person.sees_mail.then(|| view! { <a href="/staff/mail">{locale.say("undelivered-title")}</a> });
        let entry = person.types_in.then(|| view! { <a href="/staff/entry">{locale.say("entry-title")}</a> });
        let slots = person.sees_slots.then(|| view! { <a href="/staff/slots">{locale.say("slots-title")}</a> });
        let handover =
            person.sees_handover.then(|| view! { <a href="/staff/handover">{locale.say("handover-title")}</a> });
        let reports = person.sees_reports.then(|| view! { <a href="/staff/reports">{locale.say("reports-title")}</a> });
        let audit = person.reads_audit.then(|| view! { <a href="/staff/audit">{locale.say("audit-title")}</a> });
        let tasks = person.sees_tasks.then(|| view! { <a href="/staff/tasks">{locale.say("tasks-title")}</a> });
        let media = person.sees_media.then(|| view! { <a href="/staff/media">{locale.say("media-title")}</a> });
        let people = person.sees_people.then(|| view! { <a href="/staff/people">{locale.say("people-title")}</a> });
        view! {
            <div class="staff-bar">
                {queue}{assigned}{tasks}{entry}{mail}{slots}{handover}{reports}{audit}{people}
                <details class="staff-bar__more">
                    <summary>{locale.say("staff-more")}</summary>
                    <div>
                        {media}
                        <a href="/staff/notices">{locale.say("notices-title")}</a>
                        <a href="/staff/roles">{locale.say("roles-title")}</a>
                        <a href="/staff/sessions">{locale.say("staff-sessions-title")}</a>
                    </div>
                </details>
                {person.sees_queue.then(|| view! { <button class="button button--quiet" type="button" data-keys-open="" hidden>{locale.say("keys-title")}</button> })}
                <span>{person.name.clone()} " " <span class="badge">{role_names(locale, person.roles)}</span></span>
                <form method="post" action="/staff/sign-out"><button class="button button--quiet">{locale.say("sign-out")}</button></form>
            </div>
        }
    });
    view! {
        <body lang=lang>
            <a class="skip-link" href="#main">{locale.say("skip")}</a>
            {practice(chrome)}
            <header class="site-header">
                {languages(chrome)}
                <a class="site-header__name" href="/staff"><img src=chrome.icon alt="" width="28" height="28"/>{locale.say("staff-site-name")}</a>
                <span class="site-header__place" lang=locale.lang_of_japanese()>{chrome.municipality.clone()}</span>
                {person}
            </header>
            {banner}
            <main class="page page--wide" id="main">{main}</main>
            {desk.person.as_ref().filter(|person| person.sees_queue).map(|_| keys::map(locale))}
            {recorded(desk)}
        </body>
    }
    .into_any()
}

/// 「記録」 That what is done and seen here is recorded, and when she signed in before (`controls.md` R28).
fn recorded(desk: &Desk) -> Option<AnyView> {
    let locale = desk.locale();
    desk.person.as_ref()?;
    let before = desk.previous_sign_in.map(|at| {
        view! { " " {locale.with("staff-previous-sign-in", &[("at", &at.minute_in_japan())])} }
    });
    Some(
        view! {
            <footer class="staff-recorded">
                <p>{locale.say("staff-recorded")}{before} " " <a href="/staff/me/log">{locale.say("own-log-title")}</a></p>
            </footer>
        }
        .into_any(),
    )
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
