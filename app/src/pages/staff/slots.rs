//! 「面談の枠」 Slots for interviews: the list of a week, the form that opens them, one slot with who comes. Invariant: the list
//! names nobody; all of it works as plain forms and links, in the order of the keyboard.

use std::collections::BTreeMap;

use intake::{
    answers::RawAnswers,
    booking::{Mode, SeriesError, Spoken, State},
    calendar::weekday,
    ids::{ReceiptNumber, SlotId},
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use super::frame::{Desk, document, error_summary};
use crate::{pages::booking::spoken_text, text::Locale};

/// How a slot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// Places are free.
    Open,
    /// None is.
    Full,
    /// It was closed.
    Closed,
    /// It has begun.
    Over,
}

/// A slot.
pub struct Row {
    /// Its id.
    pub id: SlotId,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Where, or how to join.
    pub place: String,
    /// How one meets.
    pub mode: Mode,
    /// What is spoken.
    pub languages: Vec<Spoken>,
    /// How many can come.
    pub capacity: i64,
    /// How many have booked.
    pub taken: i64,
    /// How it stands.
    pub state: SlotState,
}

/// What a day of the week is, beside its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// The office works, or it is an ordinary weekend.
    Plain,
    /// 「祝日」
    Holiday,
    /// 「閉庁日」
    Closing,
}

/// A week.
pub struct Week<'a> {
    /// Its Monday.
    pub monday: CivilDate,
    /// The seven days, with what they are.
    pub days: Vec<(CivilDate, DayKind)>,
    /// The slots, in the order of time.
    pub slots: Vec<Row>,
    /// What was just opened: the new ones, and those that were there.
    pub opened: Option<(usize, usize)>,
    /// What was typed into the form.
    pub typed: &'a RawAnswers,
    /// What of it could not be taken.
    pub errors: &'a [SeriesError],
}

fn clock(row: &Row) -> String {
    format!("{}–{}", row.starts_at.clock_in_japan(), row.ends_at.clock_in_japan())
}

fn mode_text(locale: Locale, mode: Mode) -> String {
    locale.say(match mode {
        Mode::InPerson => "slots-mode-in-person",
        Mode::Online => "slots-mode-online",
    })
}

fn languages_text(languages: &[Spoken]) -> String {
    languages.iter().map(|one| spoken_text(*one)).collect::<Vec<_>>().join("・")
}

fn state_text(locale: Locale, state: SlotState) -> String {
    locale.say(match state {
        SlotState::Open => "slots-state-open",
        SlotState::Full => "slots-state-full",
        SlotState::Closed => "slots-state-closed",
        SlotState::Over => "slots-state-over",
    })
}

fn day_text(locale: Locale, day: CivilDate) -> String {
    format!("{day} {}", locale.say(&format!("weekday-{}", weekday(day))))
}

fn fault_text(locale: Locale, error: &SeriesError) -> String {
    locale.say(&format!("slots-fault-{}", error.fault.code()))
}

/// `/staff/slots`
#[must_use]
pub fn week(desk: &Desk, model: &Week<'_>) -> String {
    let locale = desk.locale();
    let title = locale.say("slots-title");
    document(desk, &title.clone(), !model.errors.is_empty(), || {
        let opened = model.opened.map(|(new, there)| {
            let (new, there) = (new.to_string(), there.to_string());
            let key = if there == "0" { "slots-opened" } else { "slots-opened-there" };
            let text = locale.with(key, &[("new", &new), ("there", &there)]);
            view! { <div class="notice notice--success" role="status"><p>{text}</p></div> }
        });
        view! {
            {summary(locale, model.errors)}
            <h1>{title}</h1>
            {opened}
            {turn(locale, model.monday)}
            {list(locale, model)}
            <p class="field__hint">{locale.say("slots-keys")}</p>
            <h2 id="open">{locale.say("slots-open-title")}</h2>
            {form(locale, model)}
        }
        .into_any()
    })
}

fn summary(locale: Locale, errors: &[SeriesError]) -> Option<AnyView> {
    if errors.is_empty() {
        return None;
    }
    let lines = errors.iter().map(|error| {
        let target = format!("#{}", id_of(error.input));
        view! { <li><a href=target>{fault_text(locale, error)}</a></li> }
    });
    Some(
        view! {
            <div class="error-summary" role="alert" tabindex="-1" data-error-summary=""><ul>{lines.collect_view()}</ul></div>
        }
        .into_any(),
    )
}

/// The element that an input's fault leads to: of a group the first.
fn id_of(input: &str) -> &str {
    match input {
        "weekday" => "weekday-box-0",
        "mode" => "mode-in_person",
        "language" => "language-ja",
        other => other,
    }
}

/// The way to other weeks.
fn turn(locale: Locale, monday: CivilDate) -> AnyView {
    let to = |days: i64| format!("/staff/slots?week={}", monday.plus_days(days));
    view! {
        <nav class="week-turn" aria-label=locale.say("slots-title")>
            <a href=to(-7) rel="prev">{locale.say("slots-before")}</a>
            <strong>{locale.with("slots-week", &[("from", &monday.to_string())])}</strong>
            <a href=to(7) rel="next">{locale.say("slots-after")}</a>
            <a href="/staff/slots">{locale.say("slots-today")}</a>
        </nav>
    }
    .into_any()
}

fn list(locale: Locale, model: &Week<'_>) -> AnyView {
    if model.slots.is_empty() {
        return view! { <p>{locale.say("slots-none")}</p> }.into_any();
    }
    let mut by_day: BTreeMap<CivilDate, Vec<&Row>> = BTreeMap::new();
    for slot in &model.slots {
        by_day.entry(slot.starts_at.date_in_japan()).or_default().push(slot);
    }
    let head = |key: &str| view! { <th scope="col">{locale.say(key)}</th> };
    let kind_of = |day: &CivilDate| model.days.iter().find(|(one, _)| one == day).map(|(_, kind)| *kind);
    let bodies = by_day.iter().map(|(day, rows)| {
        let kind = match kind_of(day) {
            Some(DayKind::Holiday) => Some("slots-holiday"),
            Some(DayKind::Closing) => Some("slots-closing-day"),
            Some(DayKind::Plain) | None => None,
        };
        let kind = kind.map(|key| view! { " " <span class="badge badge--flag">{locale.say(key)}</span> });
        let rows = rows.iter().map(|row| row_view(locale, row)).collect_view();
        view! {
            <tbody>
                <tr><th scope="rowgroup" colspan="6">{day_text(locale, *day)}{kind}</th></tr>
                {rows}
            </tbody>
        }
    });
    let label = locale.say("slots-title");
    view! {
        <div class="queue slot-week" role="region" aria-label=label tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        {head("slots-time")}{head("slots-mode")}{head("slots-place")}{head("slots-languages")}
                        {head("slots-taken")}{head("slots-state")}
                    </tr>
                </thead>
                {bodies.collect_view()}
            </table>
        </div>
    }
    .into_any()
}

fn row_view(locale: Locale, row: &Row) -> AnyView {
    let taken = format!("{} / {}", row.taken, row.capacity);
    view! {
        <tr>
            <th scope="row"><a href=format!("/staff/slots/{}", row.id)>{clock(row)}</a></th>
            <td>{mode_text(locale, row.mode)}</td>
            <td lang="ja">{row.place.clone()}</td>
            <td>{languages_text(&row.languages)}</td>
            <td data-number="">{taken}</td>
            <td><span class="badge badge--stage">{state_text(locale, row.state)}</span></td>
        </tr>
    }
    .into_any()
}

/// An input with its label, hint and fault.
fn input(locale: Locale, model: &Week<'_>, name: &'static str, kind: &'static str, hint: Option<&str>) -> AnyView {
    let error = model.errors.iter().find(|error| error.input == name);
    let class = if error.is_some() { "field field--invalid" } else { "field" };
    let described = [hint.map(|_| format!("{name}-hint")), error.map(|_| format!("{name}-error"))];
    let described: Vec<String> = described.into_iter().flatten().collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let told = error.map(|error| {
        let text = format!("{}{}", locale.say("error-prefix"), fault_text(locale, error));
        view! { <p class="field__error" id=format!("{name}-error")>{text}</p> }
    });
    let hint = hint.map(|key| view! { <p class="field__hint" id=format!("{name}-hint")>{locale.say(key)}</p> });
    let numeric = matches!(name, "minutes" | "capacity").then_some("numeric");
    view! {
        <div class=class>
            <label class="field__label" for=name>{locale.say(&format!("slots-{name}"))}</label>
            {hint}{told}
            <input class="input" id=name name=name type=kind value=model.typed.first(name).to_owned() inputmode=numeric
                autocomplete="off" aria-describedby=described aria-invalid=error.map(|_| "true")/>
        </div>
    }
    .into_any()
}

/// A group of boxes or buttons.
fn group(
    locale: Locale,
    model: &Week<'_>,
    (name, label, kind): (&'static str, &'static str, &'static str),
    hint: Option<&str>,
    choices: &[(String, String)],
) -> AnyView {
    let error = model.errors.iter().find(|error| error.input == name);
    let class = if error.is_some() { "field field--invalid" } else { "field" };
    let told = error.map(|error| {
        let text = format!("{}{}", locale.say("error-prefix"), fault_text(locale, error));
        view! { <p class="field__error">{text}</p> }
    });
    let hint = hint.map(|key| view! { <p class="field__hint">{locale.say(key)}</p> });
    let boxes = choices.iter().map(|(value, text)| {
        let checked = model.typed.all(name).iter().any(|typed| typed == value);
        let id = if name == "weekday" { format!("weekday-box-{value}") } else { format!("{name}-{value}") };
        view! {
            <label class="choice"><input type=kind name=name id=id value=value.clone() checked=checked/><span>{text.clone()}</span></label>
        }
    });
    view! {
        <fieldset class=class>
            <legend class="field__label">{locale.say(label)}</legend>
            {hint}{told}
            <div class="choice-list">{boxes.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

fn form(locale: Locale, model: &Week<'_>) -> AnyView {
    let days: Vec<_> = (0..7).map(|day: u8| (day.to_string(), locale.say(&format!("weekday-{day}")))).collect();
    let modes: Vec<_> = Mode::ALL.iter().map(|mode| (mode.to_string(), mode_text(locale, *mode))).collect();
    let languages: Vec<_> = Spoken::ALL.iter().map(|one| (one.to_string(), spoken_text(*one).to_owned())).collect();
    let open_days = vec![("yes".to_owned(), locale.say("slots-open-days"))];
    view! {
        <p>{locale.say("slots-open-lead")}</p>
        <form class="slot-form" method="post" action="/staff/slots">
            <input type="hidden" name="week" value=model.monday.to_string()/>
            {input(locale, model, "from", "date", None)}
            {input(locale, model, "to", "date", None)}
            <div class="slot-form__whole">{group(locale, model, ("weekday", "slots-weekdays", "checkbox"), Some("slots-weekdays-hint"), &days)}</div>
            <div class="slot-form__whole">{group(locale, model, ("open_days", "slots-closing-day", "checkbox"), None, &open_days)}</div>
            {input(locale, model, "times", "text", Some("slots-times-hint"))}
            {input(locale, model, "minutes", "text", None)}
            {input(locale, model, "capacity", "text", None)}
            {group(locale, model, ("mode", "slots-mode", "radio"), None, &modes)}
            {input(locale, model, "place", "text", Some("slots-place-hint"))}
            <div class="slot-form__whole">{group(locale, model, ("language", "slots-languages", "checkbox"), None, &languages)}</div>
            <p class="slot-form__whole"><button class="button button--primary">{locale.say("slots-open-button")}</button></p>
        </form>
    }
    .into_any()
}

/// Somebody who comes.
pub struct Comer {
    /// 「受付番号」 None where the role may not open the case.
    pub number: Option<ReceiptNumber>,
    /// What became of it.
    pub state: State,
}

/// One slot.
pub struct Model {
    /// The slot.
    pub row: Row,
    /// Who comes.
    pub comers: Vec<Comer>,
    /// Whether it can be noted who came.
    pub may_mark: bool,
    /// Whether it can be changed or closed.
    pub may_change: bool,
    /// The key of the sentence that says why the last press was refused, and the input that it is about.
    pub refused: Option<(&'static str, Option<&'static str>)>,
}

/// `/staff/slots/{slot}`
#[must_use]
pub fn slot(desk: &Desk, model: &Model) -> String {
    let locale = desk.locale();
    let row = &model.row;
    let title = locale.with("slot-title", &[("at", &format!("{} {}", row.starts_at.date_in_japan(), clock(row)))]);
    document(desk, &title.clone(), model.refused.is_some(), || {
        let refused = model.refused.map(|(key, input)| (locale.say(key), input));
        let monday = intake::calendar::monday_of(row.starts_at.date_in_japan());
        view! {
            {refused.as_ref().and_then(|(text, input)| error_summary(Some(text), *input))}
            <p><a href=format!("/staff/slots?week={monday}")>{locale.say("slot-back")}</a></p>
            <h1>{title}</h1>
            <p>
                <span class="badge badge--stage">{state_text(locale, row.state)}</span> " " {mode_text(locale, row.mode)} " "
                <span lang="ja">{row.place.clone()}</span> " " {languages_text(&row.languages)}
            </p>
            <h2>{locale.say("slot-comers")} " " {format!("{} / {}", row.taken, row.capacity)}</h2>
            {comers(locale, model)}
            {model.may_change.then(|| changes(locale, row))}
        }
        .into_any()
    })
}

fn comers(locale: Locale, model: &Model) -> AnyView {
    if model.comers.is_empty() {
        return view! { <p>{locale.say("slot-comers-none")}</p> }.into_any();
    }
    let rows = model.comers.iter().map(|comer| comer_view(locale, model, comer)).collect_view();
    let later = (!model.may_mark).then(|| view! { <p class="field__hint">{locale.say("slot-mark-later")}</p> });
    let day = model.row.starts_at.date_in_japan().to_string();
    let came = model.comers.iter().any(|comer| comer.state == State::Attended);
    let hint = came.then(|| view! { <p class="field__hint">{locale.with("slot-interview-day", &[("day", &day)])}</p> });
    let head = |key: &str| view! { <th scope="col">{locale.say(key)}</th> };
    view! {
        <div class="queue slot-week" role="region" aria-label=locale.say("slot-comers") tabindex="0">
            <table class="table">
                <thead><tr>{head("queue-number")}{head("slots-state")}<th scope="col">{locale.say("slot-came")}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {later}{hint}
    }
    .into_any()
}

fn comer_view(locale: Locale, model: &Model, comer: &Comer) -> AnyView {
    let state = locale.say(match comer.state {
        State::Attended => "slot-came",
        State::Absent => "slot-came-not",
        State::Booked | State::Cancelled | State::Closed => "slot-booked",
    });
    let Some(number) = &comer.number else {
        return view! { <tr><th scope="row">{locale.say("slot-comer-hidden")}</th><td>{state}</td><td></td></tr> }
            .into_any();
    };
    let buttons = model.may_mark.then(|| {
        view! {
            <form method="post" action=format!("/staff/slots/{}/attendance", model.row.id)>
                <input type="hidden" name="number" value=number.to_string()/>
                <button class="button button--secondary" name="came" value="yes">{locale.say("slot-came")}<span class="visually-hidden">" "{number.to_string()}</span></button>
                <button class="button button--secondary" name="came" value="no">{locale.say("slot-came-not")}<span class="visually-hidden">" "{number.to_string()}</span></button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row"><a href=format!("/staff/cases/{number}")>{number.to_string()}</a></th>
            <td><span class="badge badge--stage">{state}</span></td>
            <td>{buttons}</td>
        </tr>
    }
    .into_any()
}

fn changes(locale: Locale, row: &Row) -> AnyView {
    view! {
        <h2>{locale.say("slots-capacity")}</h2>
        <form method="post" action=format!("/staff/slots/{}/capacity", row.id)>
            <label class="field__label" for="capacity">{locale.say("slots-capacity")}</label>
            <p class="week-turn">
                <input class="input" id="capacity" name="capacity" size="4" inputmode="numeric" autocomplete="off" value=row.capacity.to_string()/>
                <button class="button button--secondary">{locale.say("slot-capacity-button")}</button>
            </p>
        </form>
        <h2>{locale.say("slot-close-title")}</h2>
        <p>{locale.say("slot-close-lead")}</p>
        <form method="post" action=format!("/staff/slots/{}/close", row.id)>
            <button class="button button--danger">{locale.say("slot-close-button")}</button>
        </form>
    }
    .into_any()
}
