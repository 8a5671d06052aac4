//! 「監査記録」 `/staff/audit`: what the office did, in words. Invariant: a case stands as its number, staff by the name that colleagues
//! read, and of parents there is nothing.

use intake::{
    ids::ReceiptNumber,
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use super::{
    frame::{Desk, document, error_summary},
    log,
};
use crate::text::Locale;

/// An entry.
pub struct Line {
    /// When.
    pub at: Instant,
    /// The kind of who did it.
    pub actor_kind: String,
    /// The name of who did it, where it was a member of staff.
    pub who: Option<String>,
    /// The name of the deed in the log.
    pub deed: String,
    /// Whether it was refused.
    pub was_refused: bool,
    /// To which member of staff.
    pub to_whom: Option<String>,
    /// To which case.
    pub number: Option<ReceiptNumber>,
}

/// What the page shows.
pub struct Model {
    /// The day; not looked at where a case is asked for.
    pub day: CivilDate,
    /// Today.
    pub today: CivilDate,
    /// Whose deeds, by user id; empty for everybody's.
    pub user_id: String,
    /// Whether only what was refused.
    pub only_refused: bool,
    /// What was typed as the number of a case.
    pub number: String,
    /// Whether that is a receipt number, or nothing.
    pub is_a_number: bool,
    /// User id and name of everybody.
    pub staff: Vec<(String, String)>,
    /// The newest first.
    pub lines: Vec<Line>,
    /// Before which entry the next page begins.
    pub older: Option<i64>,
}

impl Model {
    fn address(&self, day: CivilDate, older: Option<i64>) -> String {
        let refused = if self.only_refused { "&refused=1" } else { "" };
        let older = older.map(|before| format!("&before={before}")).unwrap_or_default();
        // A user id is of letters, digits and marks that an address takes as they are, but for the colon of a provider's.
        format!("/staff/audit?day={day}&who={}{refused}{older}", self.user_id.replace(':', "%3A"))
    }
}

fn line(locale: Locale, line: &Line) -> AnyView {
    let who = line.who.clone().unwrap_or_else(|| match line.actor_kind.as_str() {
        "operator" => locale.say("audit-operator"),
        "destination" => locale.say("audit-destination"),
        _ => locale.say("audit-anybody"),
    });
    let refused =
        line.was_refused.then(|| view! { <span class="badge badge--flag">{locale.say("own-log-refused")}</span> });
    let number = line.number.as_ref().map(ToString::to_string);
    let to_whom = line.to_whom.as_ref().map(|name| locale.with("audit-to-whom", &[("name", name)]));
    view! {
        <li>
            <time>{line.at.minute_in_japan()}</time>
            <strong>{who}</strong>
            <span>{log::deed(locale, &line.deed)} " " <code>{line.deed.clone()}</code> " " {refused}</span>
            <span>{number}{to_whom}</span>
        </li>
    }
    .into_any()
}

fn wanted(locale: Locale, model: &Model) -> AnyView {
    let staff = model
        .staff
        .iter()
        .map(|(id, name)| {
            let label = format!("{name}（{id}）");
            view! { <option value=id.clone() selected=*id == model.user_id>{label}</option> }
        })
        .collect_view();
    let wrong = (!model.is_a_number).then(|| {
        view! { <p class="field__error" id="number-error">{locale.say("error-prefix")}{locale.say("audit-no-number")}</p> }
    });
    view! {
        <form class="queue-filter__form" method="get" action="/staff/audit" novalidate>
            <div class="field">
                <label class="field__label" for="day">{locale.say("audit-day")}</label>
                <input class="input" type="date" id="day" name="day" value=model.day.to_string() max=model.today.to_string() autocomplete="off"/>
            </div>
            <div class="field">
                <label class="field__label" for="who">{locale.say("audit-who")}</label>
                <select class="select" id="who" name="who"><option value="">{locale.say("audit-everybody")}</option>{staff}</select>
            </div>
            <label class="choice"><input type="checkbox" id="refused" name="refused" value="1" checked=model.only_refused/><span>{locale.say("audit-refused")}</span></label>
            <button class="button button--secondary">{locale.say("audit-show")}</button>
        </form>
        <form class="queue-filter__form" method="get" action="/staff/audit" novalidate>
            <div class="field">
                <label class="field__label" for="number">{locale.say("audit-number")}</label>
                {wrong}
                <input class="input" id="number" name="number" value=model.number.clone() autocomplete="off"
                    aria-describedby=(!model.is_a_number).then_some("number-error") aria-invalid=(!model.is_a_number).then_some("true")/>
            </div>
            <button class="button button--secondary">{locale.say("audit-show-case")}</button>
        </form>
    }
    .into_any()
}

/// `/staff/audit`
#[must_use]
pub fn page(desk: &Desk, model: &Model) -> String {
    let locale = desk.locale();
    let title = locale.say("audit-title");
    let error = (!model.is_a_number).then(|| locale.say("audit-no-number"));
    document(desk, &title.clone(), error.is_some(), || {
        let is_of_day = model.number.is_empty() || !model.is_a_number;
        let heading = if is_of_day { model.day.to_string() } else { model.number.clone() };
        let lines = model.lines.iter().map(|one| line(locale, one)).collect_view();
        let list = (!model.lines.is_empty()).then(|| view! { <ol class="audit">{lines}</ol> });
        let none = model.lines.is_empty().then(|| view! { <p>{locale.say("audit-none")}</p> });
        let older = model.older.map(|before| {
            view! { <p><a href=model.address(model.day, Some(before))>{locale.say("audit-older")}</a></p> }
        });
        let days = is_of_day.then(|| {
            let next = (model.day < model.today).then(|| {
                view! { <a href=model.address(model.day.plus_days(1), None)>{locale.say("audit-next-day")}</a> }
            });
            view! {
                <p class="button-row">
                    <a href=model.address(model.day.plus_days(-1), None)>{locale.say("audit-previous-day")}</a>{next}
                </p>
            }
        });
        view! {
            {error_summary(error.as_deref(), Some("number"))}
            <h1>{title.clone()}</h1>
            <p>{locale.say("audit-lead")}</p>
            {wanted(locale, model)}
            <h2>{heading}</h2>
            {days}{none}{list}{older}
        }
        .into_any()
    })
}
