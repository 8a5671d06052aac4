//! 「在席」 Who holds a case, who else has it open, and a case that goes from hand to hand. Invariant: the page says all of it as it was when
//! it was shown, without script too; the script only keeps it up to date.

use intake::{case::Stage, ids::ReceiptNumber, time::Instant};
use leptos::prelude::*;

use crate::text::Locale;

/// Somebody who has a case open.
pub struct Present {
    /// Her name.
    pub name: String,
    /// Whether nothing was heard of her for some minutes.
    pub is_away: bool,
}

/// How it stands with what who reads the page has asked for.
#[derive(Clone, Copy)]
pub enum Ask {
    /// The holder has until then.
    Waits(Instant),
    /// She keeps it.
    Kept,
}

/// What a case's page says of people.
pub struct Desks {
    /// Who else has it open.
    pub present: Vec<Present>,
    /// Whether who reads may ask the holder for it.
    pub may_ask: bool,
    /// What she has asked for.
    pub ask: Option<Ask>,
    /// Who asks her for it, and until when.
    pub asked_by: Option<(String, Instant)>,
    /// That somebody else asks for it already, for who has just pressed.
    pub is_asked_by_another: bool,
}

/// Who has a case open, as a sentence; empty when nobody has.
#[must_use]
pub fn present_text(locale: Locale, present: &[Present]) -> String {
    let name = |one: &Present| {
        let key = if one.is_away { "presence-away" } else { "presence-there" };
        locale.with(key, &[("name", &one.name)])
    };
    let names: Vec<String> = present.iter().map(name).collect();
    if names.is_empty() {
        return String::new();
    }
    locale.with("presence-open", &[("names", &names.join(&locale.say("presence-comma")))])
}

/// The same in a row of the queue.
#[must_use]
pub fn present_in_row(locale: Locale, present: &[Present]) -> String {
    let names: Vec<&str> = present.iter().map(|one| one.name.as_str()).collect();
    if names.is_empty() { String::new() } else { locale.with("presence-row", &[("names", &names.join("、"))]) }
}

/// That a case is not any more as a page shows it.
#[must_use]
pub fn changed_text(locale: Locale, stage: Stage, holder: Option<&str>) -> String {
    let stage = locale.say(&format!("staff-stage-{stage}"));
    match holder {
        Some(name) => locale.with("presence-changed-held", &[("stage", &stage), ("name", name)]),
        None => locale.with("presence-changed", &[("stage", &stage)]),
    }
}

/// How it stands with what was asked for.
#[must_use]
pub fn ask_text(locale: Locale, ask: Ask) -> String {
    match ask {
        Ask::Waits(until) => locale.with("take-over-waits", &[("at", &second(until))]),
        Ask::Kept => locale.say("take-over-kept"),
    }
}

/// That somebody asks for a case.
#[must_use]
pub fn asked_text(locale: Locale, number: &ReceiptNumber, by: &str, until: Instant) -> String {
    let (number, at) = (number.to_string(), second(until));
    locale.with("take-over-asked", &[("name", by), ("number", &number), ("at", &at)])
}

/// The time of day in Japan to the second: the wait is of half a minute.
fn second(at: Instant) -> String {
    let day = 86_400;
    let of_day = (at.micros().div_euclid(1_000_000) + 9 * 3_600).rem_euclid(day);
    format!("{:02}:{:02}:{:02}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

/// Where an answer to somebody who asks is sent.
#[must_use]
pub fn answer_address(number: &ReceiptNumber) -> String {
    format!("/staff/cases/{number}/take-over-answer")
}

fn answer_form(locale: Locale, text: String, action: String) -> AnyView {
    view! {
        <div class="notice notice--warning" role="alert">
            <p>{text}</p>
            <form method="post" action=action>
                <div class="button-row">
                    <button class="button button--secondary" name="answer" value="give">{locale.say("take-over-give")}</button>
                    <button class="button button--secondary" name="answer" value="keep">{locale.say("take-over-keep")}</button>
                </div>
            </form>
        </div>
    }
    .into_any()
}

/// What the script fills in on a page that stands open: where it listens, and how somebody who asks is shown on it.
#[must_use]
pub fn live(locale: Locale, events: &str) -> AnyView {
    view! {
        <div data-events=events.to_owned()>
            <div data-asked=""></div>
            <template>{answer_form(locale, String::new(), "/staff/here".to_owned())}</template>
        </div>
    }
    .into_any()
}

/// The section of a case's page.
#[must_use]
pub fn section(locale: Locale, number: &ReceiptNumber, version: i64, desks: &Desks) -> AnyView {
    let events = format!("/staff/cases/{number}/events");
    let home = format!("/staff/cases/{number}");
    let asked = desks
        .asked_by
        .as_ref()
        .map(|(by, until)| answer_form(locale, asked_text(locale, number, by, *until), answer_address(number)));
    let waits = matches!(desks.ask, Some(Ask::Waits(_)));
    let ask = (desks.may_ask && !waits).then(|| {
        view! {
            <form method="post" action=format!("{home}/take-over")>
                <button class="button button--secondary">{locale.say("take-over-ask")}</button>
                <p class="field__hint">{locale.say("take-over-hint")}</p>
            </form>
        }
    });
    let answer = desks.ask.map(|ask| ask_text(locale, ask));
    let by_another = desks.is_asked_by_another.then(|| view! { <p>{locale.say("take-over-by-another")}</p> });
    view! {
        <div class="desks" data-events=events data-version=version.to_string()>
            <p role="status" data-present="">{present_text(locale, &desks.present)}</p>
            <p role="status" data-ask="">{answer}</p>
            {by_another}
            <p class="notice notice--warning" role="alert" data-changed="" hidden>
                <span></span> <a href=home>{locale.say("presence-show-again")}</a>
            </p>
            <div data-asked="">{asked}</div>
            <template>{answer_form(locale, String::new(), "/staff/here".to_owned())}</template>
            {ask}
        </div>
    }
    .into_any()
}
