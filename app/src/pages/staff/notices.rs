//! 「お知らせメール」 Where a member of staff is written to, and whether she wants the daily mail. Invariant: her address stands on
//! her own page alone.

use leptos::prelude::*;

use super::frame::{Desk, document, error_summary};
use crate::text::Locale;

/// What the page shows.
#[derive(Default)]
pub struct Model {
    /// Her address.
    pub address: Option<String>,
    /// Whether she wants the daily mail.
    pub wants_daily: bool,
    /// Whether a code is waited for.
    pub waits: bool,
    /// Whether she is told of tasks at once.
    pub is_told_of_tasks: bool,
    /// What was typed as an address and not taken.
    pub typed: String,
    /// Why the address was not taken, as a whole sentence.
    pub address_error: Option<String>,
    /// Why the code was not taken.
    pub code_error: Option<String>,
}

/// `/staff/notices`
#[must_use]
pub fn page(desk: &Desk, model: &Model) -> String {
    let locale = desk.locale();
    let title = locale.say("notices-title");
    let (address, code) = (model.address_error.as_deref(), model.code_error.as_deref());
    document(desk, &title.clone(), address.or(code).is_some(), || {
        let tasks = model.is_told_of_tasks.then(|| view! { <p>{locale.say("notices-tasks")}</p> });
        view! {
            {error_summary(address, Some("mail"))}
            {error_summary(code, Some("code"))}
            <h1>{title}</h1>
            <p>{locale.say("notices-lead")}</p>
            {tasks}
            {present(locale, model)}
            {model.waits.then(|| one_field(locale, &CODE, "", code))}
            {one_field(locale, &ADDRESS, &model.typed, address)}
        }
        .into_any()
    })
}

fn present(locale: Locale, model: &Model) -> AnyView {
    let Some(address) = &model.address else {
        return view! { <p>{locale.say("notices-none")}</p> }.into_any();
    };
    let (now, button, value) = if model.wants_daily {
        ("notices-daily-on", "notices-daily-stop", "no")
    } else {
        ("notices-daily-off", "notices-daily-start", "yes")
    };
    view! {
        <section class="card">
            <h2>{locale.say("notices-address")}</h2>
            <p translate="no"><strong>{address.clone()}</strong></p>
            <p>{locale.say(now)}</p>
            <div class="button-row">
                <form method="post" action="/staff/notices/daily"><button class="button button--secondary" name="daily" value=value>{locale.say(button)}</button></form>
                <form method="post" action="/staff/notices/remove"><button class="button button--quiet">{locale.say("notices-remove")}</button></form>
            </div>
        </section>
    }
    .into_any()
}

struct Field {
    name: &'static str,
    kind: &'static str,
    action: &'static str,
    mode: Option<&'static str>,
    size: Option<&'static str>,
    look: &'static str,
}

const ADDRESS: Field =
    Field { name: "mail", kind: "email", action: "/staff/notices", mode: None, size: None, look: "secondary" };
const CODE: Field = Field {
    name: "code",
    kind: "text",
    action: "/staff/notices/code",
    mode: Some("numeric"),
    size: Some("8"),
    look: "primary",
};

fn one_field(locale: Locale, field: &Field, typed: &str, error: Option<&str>) -> AnyView {
    let Field { name, kind, action, mode, size, look } = *field;
    let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let described = if error.is_some() { format!("{hint_id} {error_id}") } else { hint_id.clone() };
    let class = if error.is_some() { "field field--invalid" } else { "field" };
    let invalid = error.map(|_| "true");
    let error = error
        .map(|text| view! { <p class="field__error" id=error_id>{locale.say("error-prefix")}{text.to_owned()}</p> });
    let autocomplete = if name == "code" { "one-time-code" } else { "email" };
    view! {
        <form class="form" method="post" action=action novalidate>
            <div class=class>
                <label class="field__label" for=name>{locale.say(&format!("notices-{name}"))}</label>
                <p class="field__hint" id=hint_id>{locale.say(&format!("notices-{name}-hint"))}</p>
                {error}
                <div class="field__control">
                    <input class="input" id=name name=name type=kind value=typed.to_owned() autocomplete=autocomplete
                        inputmode=mode size=size spellcheck="false" aria-describedby=described aria-invalid=invalid/>
                </div>
            </div>
            <div class="button-row"><button class=format!("button button--{look}")>{locale.say(&format!("notices-{name}-button"))}</button></div>
        </form>
    }
    .into_any()
}
