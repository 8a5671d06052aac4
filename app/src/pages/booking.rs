//! 「面談予約」 A parent's appointment. Invariant: every button is a plain form; times stand in the reader's language, days in both
//! calendars, and how to join an online interview is told to who has a place in it only.

use intake::{
    booking::{Mode, Spoken, Wish},
    ids::{ReceiptNumber, SlotId},
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use crate::{
    chrome::{Chrome, document},
    text::Locale,
};

/// A time at which she can come.
pub struct SlotRow {
    /// Its id.
    pub id: SlotId,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Where; of an online one how to join.
    pub place: String,
    /// How one meets.
    pub mode: Mode,
    /// What is spoken.
    pub languages: Vec<Spoken>,
}

/// What became of her appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It stands.
    Booked,
    /// She cancelled it.
    Cancelled,
    /// The office closed it.
    Closed,
    /// She came.
    Attended,
    /// She did not come.
    Absent,
}

/// Her appointment.
pub struct Appointment {
    /// When and where.
    pub slot: SlotRow,
    /// What became of it.
    pub standing: Standing,
    /// Guards against moving what was moved meanwhile.
    pub sequence: i64,
}

/// What a press came to, if it was not what she wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Somebody was faster.
    Full,
    /// She has one already.
    Already,
    /// It can no longer be moved or cancelled.
    TooLate,
}

/// What the page shows.
pub struct Model {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// Her appointment, also one that is over.
    pub appointment: Option<Appointment>,
    /// Until when she can change it.
    pub change_until: Option<Instant>,
    /// Whether that is now.
    pub may_change: bool,
    /// Whether she can pick one.
    pub may_pick: bool,
    /// What is free and fits, in the order of time.
    pub free: Vec<SlotRow>,
    /// The languages among all that is free.
    pub languages: Vec<Spoken>,
    /// What she looks for.
    pub wish: Wish,
    /// Whether she waits, and when she was told.
    pub waiting: Option<Option<Instant>>,
    /// What the last press came to.
    pub told: Option<Told>,
}

/// Where the page is.
fn address(number: &ReceiptNumber) -> String {
    format!("/cases/{number}/booking")
}

fn clock(slot: &SlotRow) -> String {
    format!("{}–{}", slot.starts_at.clock_in_japan(), slot.ends_at.clock_in_japan())
}

fn mode_text(locale: Locale, mode: Mode) -> String {
    locale.say(match mode {
        Mode::InPerson => "booking-mode-in-person",
        Mode::Online => "booking-mode-online",
    })
}

/// The name of a language in itself: whoever speaks it finds it.
#[must_use]
pub const fn spoken_text(spoken: Spoken) -> &'static str {
    match spoken {
        Spoken::Japanese => "日本語",
        Spoken::English => "English",
        Spoken::Chinese => "中文",
        Spoken::Vietnamese => "Tiếng Việt",
        Spoken::Portuguese => "Português",
        Spoken::Nepali => "नेपाली",
        Spoken::Filipino => "Filipino",
    }
}

const fn tag(spoken: Spoken) -> &'static str {
    match spoken {
        Spoken::Chinese => "zh-Hans",
        other => other.as_str(),
    }
}

/// The languages as pieces with their `lang`.
fn spoken(languages: &[Spoken]) -> AnyView {
    let piece = |one: &Spoken| view! { <span class="badge" lang=tag(*one)>{spoken_text(*one)}</span> " " };
    languages.iter().map(piece).collect_view().into_any()
}

/// The link to the page, for the receipt and the case, with the time if there is one.
#[must_use]
pub fn invitation(locale: Locale, number: &ReceiptNumber, at: Option<Instant>) -> AnyView {
    let (lead, button) = match at {
        Some(at) => (locale.with("booking-at", &[("at", &locale.minute(at))]), "booking-see"),
        None => (locale.say("booking-lead"), "booking-button"),
    };
    view! {
        <section class="booking-note">
            <h2>{locale.say("booking-title")}</h2>
            <p>{lead}</p>
            <p><a class="button button--secondary" href=address(number)>{locale.say(button)}</a></p>
        </section>
    }
    .into_any()
}

/// `/cases/{receipt_number}/booking`
#[must_use]
pub fn page(chrome: &Chrome, model: &Model) -> String {
    let locale = chrome.locale;
    let title = locale.say("booking-title");
    document(chrome, &title.clone(), model.told.is_some(), || {
        view! {
            {told(locale, model)}
            <h1>{title}</h1>
            {appointment(locale, model)}
            {choice(locale, model)}
            <p><a href=format!("/cases/{}", model.number)>{locale.say("booking-back")}</a></p>
        }
        .into_any()
    })
}

fn told(locale: Locale, model: &Model) -> Option<AnyView> {
    let (key, leads_to) = match model.told? {
        Told::Full if model.free.is_empty() => ("booking-told-full", "#booking-none"),
        Told::Full => ("booking-told-full", "#booking-free"),
        Told::Already => ("booking-told-already", "#booking-yours"),
        Told::TooLate => ("booking-told-too-late", "#booking-yours"),
    };
    Some(
        view! {
            <div class="error-summary" role="alert" tabindex="-1" data-error-summary="">
                <ul><li><a href=leads_to>{locale.say(key)}</a></li></ul>
            </div>
        }
        .into_any(),
    )
}

fn appointment(locale: Locale, model: &Model) -> Option<AnyView> {
    let yours = model.appointment.as_ref()?;
    let key = match yours.standing {
        Standing::Booked => return Some(standing(locale, model, yours)),
        Standing::Cancelled => "booking-cancelled",
        Standing::Closed => "booking-closed",
        Standing::Attended => "booking-attended",
        Standing::Absent => "booking-absent",
    };
    let tone = if yours.standing == Standing::Closed { "notice notice--warning" } else { "notice notice--info" };
    let file = matches!(yours.standing, Standing::Cancelled | Standing::Closed).then(|| {
        view! { <p><a href=format!("/cases/{}/booking.ics", model.number) download="">{locale.say("booking-file-cancelled")}</a></p> }
    });
    Some(
        view! {
            <div class=tone id="booking-yours">
                <p>{locale.with(key, &[("at", &locale.minute(yours.slot.starts_at))])}</p>
                {file}
            </div>
        }
        .into_any(),
    )
}

/// Where, or how to join: an address becomes a link.
fn place(locale: Locale, slot: &SlotRow) -> AnyView {
    let lang = locale.lang_of_japanese();
    let text = slot.place.clone();
    if slot.mode == Mode::Online && text.starts_with("https://") && !text.contains(char::is_whitespace) {
        let address = text.clone();
        return view! { <a href=address rel="noreferrer">{text}</a> }.into_any();
    }
    view! { <span lang=lang>{text}</span> }.into_any()
}

fn standing(locale: Locale, model: &Model, yours: &Appointment) -> AnyView {
    let slot = &yours.slot;
    let until = model.change_until.map(|until| locale.minute(until)).unwrap_or_default();
    let change = if model.may_change {
        view! {
            <p>{locale.with("booking-change-until", &[("at", &until)])}</p>
            <form method="post" action=format!("{}/cancel", address(&model.number))>
                <button class="button button--danger">{locale.say("booking-cancel")}</button>
            </form>
        }
        .into_any()
    } else {
        view! { <p>{locale.say("booking-call")}</p> }.into_any()
    };
    view! {
        <section class="booking-yours" id="booking-yours">
            <h2>{locale.say("booking-yours")}</h2>
            <p class="booking-yours__time">
                <span>{locale.day(slot.starts_at.date_in_japan())}</span> " "
                <span>{clock(slot)}</span>
            </p>
            <dl class="booking-facts">
                <div><dt>{locale.say("booking-how")}</dt><dd>{mode_text(locale, slot.mode)}</dd></div>
                <div><dt>{locale.say(if slot.mode == Mode::Online { "booking-join" } else { "booking-place" })}</dt><dd>{place(locale, slot)}</dd></div>
                <div><dt>{locale.say("booking-languages")}</dt><dd>{spoken(&slot.languages)}</dd></div>
            </dl>
            <p><a class="button button--secondary" href=format!("/cases/{}/booking.ics", model.number) download="">{locale.say("booking-file")}</a></p>
            <p class="field__hint">{locale.say("booking-file-hint")}</p>
            {change}
        </section>
    }
    .into_any()
}

fn choice(locale: Locale, model: &Model) -> Option<AnyView> {
    if !model.may_pick {
        return None;
    }
    let has_one = model.appointment.as_ref().is_some_and(|yours| yours.standing == Standing::Booked);
    let title = locale.say(if has_one { "booking-move" } else { "booking-choose" });
    let list = if model.free.is_empty() { nothing(locale, model, has_one) } else { slots(locale, model) };
    Some(
        view! {
            <section class="booking-choice">
                <h2 id="booking-free">{title}</h2>
                {filter(locale, model)}
                {list}
            </section>
        }
        .into_any(),
    )
}

/// What she looks for; a plain GET form, so that the page can be shared and come back to.
fn filter(locale: Locale, model: &Model) -> AnyView {
    let any = locale.say("booking-any");
    let mode = |mode: Mode| {
        let selected = model.wish.mode == Some(mode);
        view! { <option value=mode.as_str() selected=selected>{mode_text(locale, mode)}</option> }
    };
    let language = |one: &Spoken| {
        let selected = model.wish.language == Some(*one);
        view! { <option value=one.as_str() selected=selected lang=tag(*one)>{spoken_text(*one)}</option> }
    };
    let languages = model.languages.iter().map(language).collect_view();
    view! {
        <form class="booking-filter" method="get" action=format!("{}#booking-free", address(&model.number))>
            <div class="field">
                <label class="field__label" for="mode">{locale.say("booking-how")}</label>
                <select class="select" id="mode" name="mode">
                    <option value="">{any.clone()}</option>
                    {mode(Mode::InPerson)}{mode(Mode::Online)}
                </select>
            </div>
            <div class="field">
                <label class="field__label" for="language">{locale.say("booking-languages")}</label>
                <select class="select" id="language" name="language"><option value="">{any}</option>{languages}</select>
            </div>
            <button class="button button--secondary">{locale.say("booking-filter")}</button>
        </form>
    }
    .into_any()
}

/// The free slots, a list for each day, in one form whose buttons are the slots.
fn slots(locale: Locale, model: &Model) -> AnyView {
    let mut days: Vec<(CivilDate, Vec<&SlotRow>)> = Vec::new();
    for slot in &model.free {
        let day = slot.starts_at.date_in_japan();
        match days.last_mut() {
            Some((last, of_day)) if *last == day => of_day.push(slot),
            _ => days.push((day, vec![slot])),
        }
    }
    let days = days.into_iter().map(|(day, slots)| {
        let rows = slots.into_iter().map(|slot| {
            let whole = format!("{} {}", locale.day(day), clock(slot));
            // How to join is told to who has a place.
            let place = (slot.mode == Mode::InPerson)
                .then(|| view! { " " <span lang=locale.lang_of_japanese()>{slot.place.clone()}</span> });
            let number = slot.id.to_string();
            view! {
                <li class="slot">
                    <button class="button button--secondary" name="slot" value=number.clone() id=format!("pick-{number}") aria-describedby=format!("about-{number}")>
                        {clock(slot)}<span class="visually-hidden">" "{whole}</span>
                    </button>
                    <p id=format!("about-{number}")>{mode_text(locale, slot.mode)}{place}" " {spoken(&slot.languages)}</p>
                </li>
            }
        });
        let week_day = locale.say(&format!("weekday-{}", intake::calendar::weekday(day)));
        view! { <h3>{locale.day(day)} " " {week_day}</h3><ul class="slot-list">{rows.collect_view()}</ul> }
    });
    let seen = model.appointment.as_ref().map(|yours| yours.sequence.to_string()).unwrap_or_default();
    view! {
        <form class="booking-days" method="post" action=address(&model.number)>
            <input type="hidden" name="seen" value=seen/>
            {wish_inputs(model)}
            {days.collect_view()}
        </form>
    }
    .into_any()
}

fn wish_inputs(model: &Model) -> AnyView {
    view! {
        <input type="hidden" name="mode" value=model.wish.mode.map_or("", Mode::as_str)/>
        <input type="hidden" name="language" value=model.wish.language.map_or("", Spoken::as_str)/>
    }
    .into_any()
}

/// Nothing is free: she can wait for it.
fn nothing(locale: Locale, model: &Model, has_one: bool) -> AnyView {
    let none = view! { <p id="booking-none">{locale.say("booking-none")}</p> };
    if has_one {
        return none.into_any();
    }
    let waiting = match model.waiting {
        Some(None) => view! {
            <div class="notice notice--info"><p>{locale.say("booking-waiting")}</p></div>
            <form method="post" action=format!("{}/stop-waiting", address(&model.number))>
                <button class="button button--secondary">{locale.say("booking-stop-waiting")}</button>
            </form>
        }
        .into_any(),
        was_told => {
            let told = was_told.flatten().map(|at| {
                view! { <p>{locale.with("booking-was-told", &[("at", &locale.minute(at))])}</p> }
            });
            view! {
                {told}
                <form method="post" action=format!("{}/wait", address(&model.number))>
                    {wish_inputs(model)}
                    <p>{locale.say("booking-wait-lead")}</p>
                    <button class="button button--primary">{locale.say("booking-wait")}</button>
                </form>
            }
            .into_any()
        }
    };
    view! { {none}{waiting} }.into_any()
}
