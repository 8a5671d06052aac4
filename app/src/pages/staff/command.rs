//! The forms of commands on a case. Invariant: each sends the version that the page was shown with; what was typed into one
//! that could not be taken is shown again, in a form that stands open.

use intake::{
    answers::RawAnswers,
    case::{CommandKind, DeclineReason},
    form::{Choice, Kind, StaffItem, StaffKind},
    identity::{NoPhoto, NumberDocument, PersonDocument, PowerDocument},
};
use leptos::prelude::*;

use super::{case::Model, entry_check, send_back};
use crate::{
    fields::{sentence, text_area_of},
    text::Locale,
};

/// Everything that can be done, in the order in which it usually is.
pub(super) fn all(locale: Locale, model: &Model<'_>) -> AnyView {
    let nothing = model.offers.is_empty().then(|| view! { <p>{locale.say("staff-nothing-to-do")}</p> });
    view! {
        {nothing}
        {button(locale, model, CommandKind::ProposeWithdrawal, "danger")}
        {button(locale, model, CommandKind::ConfirmWithdrawal, "danger")}
        {button(locale, model, CommandKind::RefuseWithdrawal, "secondary")}
        {button(locale, model, CommandKind::Claim, "primary")}
        {entry_check::deed(locale, model)}
        {button(locale, model, CommandKind::Visited, "secondary")}
        {record_proxy(locale, model)}
        {record_identity(locale, model)}
        {button(locale, model, CommandKind::Accept, "primary")}
        {button(locale, model, CommandKind::Confirm, "primary")}
        {send_back::deed(locale, model)}
        {button(locale, model, CommandKind::AskToVisit, "secondary")}
        {propose_decline(locale, model)}
        {button(locale, model, CommandKind::Decline, "danger")}
        {button(locale, model, CommandKind::Reopen, "secondary")}
        {button(locale, model, CommandKind::Correct, "secondary")}
        {button(locale, model, CommandKind::Release, "quiet")}
    }
    .into_any()
}

pub(super) fn key(kind: CommandKind) -> String {
    format!("command-{}", kind.as_str().replace('_', "-"))
}

pub(super) fn address(model: &Model<'_>, kind: CommandKind) -> String {
    format!("/staff/cases/{}/{kind}", model.number)
}

fn button(locale: Locale, model: &Model<'_>, kind: CommandKind, look: &'static str) -> Option<AnyView> {
    let offer = model.offers(kind)?;
    let why = offer.obstacle.map(|key| {
        // What another filing has to do with it stands in a part of its own.
        let of_pair = matches!(key, "staff-obstacle-pair-open" | "staff-obstacle-other-stands");
        let text = locale.say(key);
        let text = if of_pair { view! { <a href="#same-person">{text}</a> }.into_any() } else { text.into_any() };
        view! { <p class="field__hint">{text}</p> }
    });
    let may = offer.obstacle.is_none();
    let shown = if may {
        view! {
            <form method="post" action=address(model, kind)>
                <input type="hidden" name="version" value=model.version.to_string()/>
                <button class=format!("button button--{look}")>{locale.say(&key(kind))}</button>
            </form>
        }
        .into_any()
    } else {
        view! { <button class=format!("button button--{look}") type="button" disabled>{locale.say(&key(kind))}</button> }.into_any()
    };
    Some(view! { <div>{shown}{why}</div> }.into_any())
}

/// A form behind its name; it stands open when it could not be taken.
fn folded(locale: Locale, model: &Model<'_>, kind: CommandKind, inside: AnyView) -> Option<AnyView> {
    model.offers(kind)?;
    let failed = model.failed.kind == Some(kind);
    Some(
        view! {
            <details class="deed" open=failed>
                <summary>{locale.say(&key(kind))}</summary>
                <form class="form" method="post" action=address(model, kind) novalidate>
                    <input type="hidden" name="version" value=model.version.to_string()/>
                    {inside}
                    <div class="button-row"><button class="button button--secondary">{locale.say(&format!("{}-button", key(kind)))}</button></div>
                </form>
            </details>
        }
        .into_any(),
    )
}

pub(super) fn typed<'a>(model: &'a Model<'_>, kind: CommandKind) -> Option<&'a RawAnswers> {
    (model.failed.kind == Some(kind)).then_some(&model.failed.typed)
}

pub(super) fn radios(name: &'static str, choices: Vec<(&'static str, String)>, chosen: &str) -> AnyView {
    choices
        .into_iter()
        .enumerate()
        .map(|(place, (code, label))| {
            view! {
                <label class="choice">
                    <input type="radio" id=format!("{name}-{place}") name=name value=code checked=code == chosen/>
                    <span>{label}</span>
                </label>
            }
        })
        .collect_view()
        .into_any()
}

fn record_identity(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let kind = CommandKind::RecordIdentity;
    let seen = model.evidence.and_then(|found| found.counter);
    let chosen = |input: &str, kept: Option<&'static str>| {
        typed(model, kind).map_or_else(|| kept.unwrap_or_default().to_owned(), |typed| typed.first(input).to_owned())
    };
    let say = |prefix: &str, code: &str| locale.say(&format!("{prefix}-{}", code.replace('_', "-")));
    let numbers = NumberDocument::OFFERED.map(|one| (one.code(), say("number", one.code()))).to_vec();
    let number = model.takes_number.then(|| {
        view! {
            <fieldset class="field">
                <legend class="field__label">{locale.say("identity-number")}</legend>
                <div class="choice-list">{radios("number", numbers, &chosen("number", seen.map(|seen| seen.number.code())))}</div>
            </fieldset>
        }
    });
    let persons = persons(locale);
    let met = model.evidence.is_some_and(|found| found.proxy.is_some()).then(|| {
        let checked = typed(model, kind).is_some_and(|typed| typed.first("met") == "yes");
        view! {
            <fieldset class="field">
                <legend class="field__label">{locale.say("proxy-met")}</legend>
                <p class="field__hint">{locale.say("proxy-met-hint")}</p>
                <label class="choice"><input type="checkbox" id="met" name="met" value="yes" checked=checked/><span>{locale.say("proxy-met-yes")}</span></label>
            </fieldset>
        }
    });
    let two = kept_kinds(typed(model, kind), "without_photo", seen.and_then(|seen| seen.without_photo));
    let inside = view! {
        {number}
        <fieldset class="field">
            <legend class="field__label">{locale.say("identity-person")}</legend>
            <div class="choice-list">{radios("person", persons, &chosen("person", seen.map(|seen| seen.person.code())))}</div>
        </fieldset>
        {without_photo(locale, "without_photo", &two)}
        {super::comparison::fields(locale, (model.form, model.raw), typed(model, kind), model.takes_number)}
        {met}
        <p class="field__hint">{locale.say(if model.takes_number { "identity-no-number" } else { "identity-no-copy" })}</p>
    };
    folded(locale, model, kind, inside.into_any())
}

pub(super) fn persons(locale: Locale) -> Vec<(&'static str, String)> {
    let say = |code: &str| locale.say(&format!("person-{}", code.replace('_', "-")));
    PersonDocument::ALL.iter().map(|one| (one.code(), say(one.code()))).collect()
}

/// The kinds without a photo: as they were ticked just now, else as they are kept.
fn kept_kinds(typed: Option<&RawAnswers>, name: &str, kept: Option<[NoPhoto; 2]>) -> Vec<String> {
    let kept = || kept.into_iter().flatten().map(|one| one.code().to_owned()).collect();
    typed.map_or_else(kept, |typed| typed.all(name).to_vec())
}

/// 「顔写真のない書類」 The two that were seen together.
pub(super) fn without_photo(locale: Locale, name: &'static str, ticked: &[String]) -> AnyView {
    let rows = NoPhoto::ALL
        .iter()
        .enumerate()
        .map(|(place, one)| {
            let label = locale.say(&format!("no-photo-{}", one.code().replace('_', "-")));
            let checked = ticked.iter().any(|code| code == one.code());
            view! {
                <label class="choice"><input type="checkbox" id=format!("{name}-{place}") name=name value=one.code() checked=checked/><span>{label}</span></label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field">
            <legend class="field__label">{locale.say("identity-without-photo")}</legend>
            <div class="choice-list">{rows}</div>
        </fieldset>
    }
    .into_any()
}

/// 「代理人の確認」 Her power and who she is, apart from the person.
fn record_proxy(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let kind = CommandKind::RecordProxy;
    let seen = model.evidence.and_then(|found| found.proxy).and_then(|proxy| proxy.seen);
    let chosen = |input: &str, kept: Option<&'static str>| {
        typed(model, kind).map_or_else(|| kept.unwrap_or_default().to_owned(), |typed| typed.first(input).to_owned())
    };
    let say = |code: &str| locale.say(&format!("power-{}", code.replace('_', "-")));
    let powers = PowerDocument::ALL.iter().map(|one| (one.code(), say(one.code()))).collect();
    let two = kept_kinds(typed(model, kind), "proxy_without_photo", seen.and_then(|seen| seen.without_photo));
    let inside = view! {
        <p class="field__hint">{locale.say("proxy-lead")}</p>
        <fieldset class="field">
            <legend class="field__label">{locale.say("proxy-power")}</legend>
            <div class="choice-list">{radios("power", powers, &chosen("power", seen.map(|seen| seen.power.code())))}</div>
        </fieldset>
        <fieldset class="field">
            <legend class="field__label">{locale.say("proxy-person")}</legend>
            <div class="choice-list">{radios("proxy_person", persons(locale), &chosen("proxy_person", seen.map(|seen| seen.person.code())))}</div>
        </fieldset>
        {without_photo(locale, "proxy_without_photo", &two)}
    };
    folded(locale, model, kind, inside.into_any())
}

fn propose_decline(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let kind = CommandKind::ProposeDecline;
    let chosen = typed(model, kind).map(|typed| typed.first("reason").to_owned()).unwrap_or_default();
    let say = |reason: &DeclineReason| locale.say(&format!("decline-{}", reason.as_str().replace('_', "-")));
    let reasons = DeclineReason::ALL.iter().map(|reason| (reason.as_str(), say(reason))).collect();
    let inside = view! {
        <p class="field__hint">{locale.say("decline-lead")}</p>
        <fieldset class="field">
            <legend class="field__label">{locale.say("decline-reason")}</legend>
            <div class="choice-list">{radios("reason", reasons, &chosen)}</div>
        </fieldset>
    };
    folded(locale, model, kind, inside.into_any())
}

/// The staff's record items: a form for who holds the case, a list for everybody else.
pub(super) fn staff_items(locale: Locale, model: &Model<'_>) -> AnyView {
    let kind = CommandKind::EditStaffItems;
    let title = locale.say("staff-items-title");
    if model.offers(kind).is_none() {
        let rows = model.form.staff_items.iter().map(|item| item_row(locale, model.staff_items, item)).collect_view();
        return view! { <section><h2>{title}</h2><dl class="summary-list">{rows}</dl></section> }.into_any();
    }
    let raw = typed(model, kind).unwrap_or(model.staff_items);
    let fields = model.form.staff_items.iter().map(|item| item_field(locale, model, raw, item)).collect_view();
    view! {
        <section>
            <h2>{title}</h2>
            <p class="field__hint">{locale.say("staff-items-lead")}</p>
            <form class="form" method="post" action=address(model, kind) novalidate>
                <input type="hidden" name="version" value=model.version.to_string()/>
                {fields}
                <div class="button-row"><button class="button button--secondary">{locale.say(&key(kind))}</button></div>
            </form>
        </section>
    }
    .into_any()
}

fn item_label(locale: Locale, item: &StaffItem) -> AnyView {
    let number = locale.with("staff-record-item", &[("number", &item.record)]);
    view! { {item.label.get(locale.code()).to_owned()} " " <span class="badge">{number}</span> }.into_any()
}

fn item_row(locale: Locale, raw: &RawAnswers, item: &StaffItem) -> AnyView {
    let id = item.id.as_str();
    let text = match &item.kind {
        StaffKind::Text { .. } | StaffKind::LongText { .. } => raw.first(id).to_owned(),
        StaffKind::Day => {
            let parts = ["year", "month", "day"].map(|part| raw.first(&format!("{id}-{part}")).to_owned());
            if parts.iter().all(String::is_empty) { String::new() } else { parts.join("-") }
        }
        StaffKind::Single { choices } | StaffKind::Multi { choices } => {
            let chosen = choices.iter().filter(|choice| raw.all(id).contains(&choice.code));
            chosen.map(|choice| choice.label.get(locale.code())).collect::<Vec<_>>().join("、")
        }
    };
    let text = if text.is_empty() { locale.say("staff-item-empty") } else { text };
    view! {
        <div class="summary-list__row">
            <dt class="summary-list__key">{item_label(locale, item)}</dt>
            <dd class="summary-list__value">{text}</dd>
        </div>
    }
    .into_any()
}

fn item_field(locale: Locale, model: &Model<'_>, raw: &RawAnswers, item: &StaffItem) -> AnyView {
    let id = item.id.to_string();
    let error = model.failed.items.iter().find(|error| error.item == item.id).map(|error| {
        let kind = Kind::Text { longest: 0 };
        sentence(locale, item.label.get(locale.code()), &kind, error.error)
    });
    let error_id = format!("{id}-error");
    let described = error.as_ref().map(|_| error_id.clone());
    let class = if error.is_some() { "field field--invalid" } else { "field" };
    let invalid = error.is_some();
    let error = error.map(|text| view! { <p class="field__error" id=error_id>{locale.say("error-prefix")}{text}</p> });
    let label = item_label(locale, item);
    let control = match &item.kind {
        StaffKind::Text { .. } => {
            let described = described.clone();
            view! {
                <input class="input" id=id.clone() name=id.clone() value=raw.first(&id).to_owned() autocomplete="off"
                    aria-describedby=described aria-invalid=invalid.then_some("true")/>
            }
            .into_any()
        }
        StaffKind::LongText { .. } => {
            text_area_of(&id, raw.first(&id), Some("off".to_owned()), described.clone(), invalid)
        }
        StaffKind::Day => day_parts(locale, raw, &id, invalid),
        StaffKind::Single { choices } => ticks(locale, raw, &id, choices, "radio"),
        StaffKind::Multi { choices } => ticks(locale, raw, &id, choices, "checkbox"),
    };
    if matches!(item.kind, StaffKind::Day | StaffKind::Single { .. } | StaffKind::Multi { .. }) {
        view! {
            <fieldset class=class aria-describedby=described>
                <legend class="field__label">{label}</legend>{error}<div class="field__control">{control}</div>
            </fieldset>
        }
        .into_any()
    } else {
        view! {
            <div class=class><label class="field__label" for=id>{label}</label>{error}<div class="field__control">{control}</div></div>
        }
        .into_any()
    }
}

fn day_parts(locale: Locale, raw: &RawAnswers, id: &str, invalid: bool) -> AnyView {
    let part = |part: &'static str, size: &'static str| {
        let name = format!("{id}-{part}");
        view! {
            <label>
                <input class="input" id=name.clone() name=name.clone() inputmode="numeric" size=size maxlength="12" autocomplete="off"
                    value=raw.first(&name).to_owned() aria-invalid=invalid.then_some("true")/>
                " " {locale.say(part)}
            </label>
        }
    };
    view! { <div class="date-parts">{part("year", "5")}{part("month", "3")}{part("day", "3")}</div> }.into_any()
}

fn ticks(locale: Locale, raw: &RawAnswers, id: &str, choices: &[Choice], kind: &'static str) -> AnyView {
    let rows = choices
        .iter()
        .enumerate()
        .map(|(place, choice)| {
            let checked = raw.all(id).contains(&choice.code);
            view! {
                <label class="choice">
                    <input type=kind id=format!("{id}-{place}") name=id.to_owned() value=choice.code.clone() checked=checked/>
                    <span>{choice.label.get(locale.code()).to_owned()}</span>
                </label>
            }
        })
        .collect_view();
    view! { <div class="choice-list">{rows}</div> }.into_any()
}
