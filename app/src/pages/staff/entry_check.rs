//! 「照合」 A case that was typed in from paper, and the page on which another person holds it against the paper. Invariant: no field
//! is ticked beforehand, and every one can be marked and put right without script and by keyboard.

use std::collections::BTreeMap;

use intake::{
    answers::{Answers, FieldError, RawAnswers},
    case::CommandKind,
    counter::{CheckFault, Mark, PutRight, asked, may_be_blank},
    form::{Field, Form, Page},
    ids::{FieldId, ReceiptNumber},
    time::Instant,
};
use leptos::prelude::*;

use super::{
    case::Model,
    frame::{Desk, document},
    send_back::old_and_new,
};
use crate::{
    fields::{Context, field, sentence},
    pages::check::shown,
    text::Locale,
};

/// 「窓口代行入力」 What is known of the paper.
pub struct Entry<'a> {
    /// When it was typed in.
    pub typed_at: Instant,
    /// Why on a later day than it was handed in on.
    pub late_because: Option<&'a str>,
    /// 「未記入」
    pub blank: &'a [FieldId],
    /// Whether it was checked.
    pub is_checked: bool,
    /// What the check put right: before, after, and why.
    pub put_right: Option<(&'a RawAnswers, &'a RawAnswers, &'a [PutRight])>,
    /// Whether who reads typed it in and has not read that.
    pub tells: bool,
}

/// Where it comes from: who typed it in and who has checked it.
pub(super) fn origin(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let entry = model.entry.as_ref()?;
    let by = |command: &str| {
        let step = model.history.iter().find(|step| step.command == command);
        step.and_then(|step| step.staff.clone()).unwrap_or_default()
    };
    let row = |key: &str, value: String| {
        view! {
            <div class="summary-list__row"><dt class="summary-list__key">{locale.say(key)}</dt><dd class="summary-list__value">{value}</dd></div>
        }
    };
    let typed = format!("{}（{}）", by("submit"), entry.typed_at.minute_in_japan());
    let checked = if entry.is_checked { by(CommandKind::CheckEntry.as_str()) } else { locale.say("entry-not-checked") };
    let late = entry.late_because.map(|because| row("entry-late-because", because.to_owned()));
    let blank: Vec<String> = entry.blank.iter().map(|id| model.label(id)).collect();
    let blank = (!blank.is_empty()).then(|| row("entry-blank-fields", blank.join("、")));
    let receipt = format!("/staff/cases/{}/receipt", model.number);
    Some(
        view! {
            <dl class="summary-list">{row("entry-typed-by", typed)}{row("entry-checked-by", checked)}{late}{blank}</dl>
            <p><a href=receipt>{locale.say("entry-receipt-print")}</a></p>
        }
        .into_any(),
    )
}

/// The way to the check, for who may.
pub(super) fn deed(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let offer = model.offers(CommandKind::CheckEntry)?;
    Some(match offer.obstacle {
        Some(key) => view! {
            <div><button class="button button--primary" type="button" disabled>{locale.say("command-check-entry")}</button><p class="field__hint">{locale.say(key)}</p></div>
        }
        .into_any(),
        None => {
            let address = format!("/staff/cases/{}/entry-check", model.number);
            view! { <div><a class="button button--primary" href=address>{locale.say("command-check-entry")}</a></div> }.into_any()
        }
    })
}

/// 「訂正」 What the check put right; the typist says that she has read it.
pub(super) fn put_right(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let entry = model.entry.as_ref()?;
    let (before, after, all) = entry.put_right?;
    let rows = all
        .iter()
        .filter_map(|one| Some((one, model.form.field(&one.field)?.1)))
        .map(|(one, field)| {
            view! {
                <div class="summary-list__row">
                    <dt class="summary-list__key">{field.label.get("ja").to_owned()}</dt>
                    <dd class="summary-list__value"><p class="field__hint">{one.because.clone()}</p>{old_and_new(locale, field, before, after)}</dd>
                </div>
            }
        })
        .collect_view();
    let read = entry.tells.then(|| {
        view! {
            <form method="post" action=format!("/staff/cases/{}/entry-read", model.number)>
                <button class="button button--secondary">{locale.say("entry-read")}</button>
            </form>
        }
    });
    let class = if entry.tells { "notice notice--warning" } else { "" };
    Some(
        view! {
            <section id="put-right" class=class>
                <h2>{locale.say("entry-put-right")}</h2>
                <dl class="summary-list" lang="ja">{rows}</dl>
                {read}
            </section>
        }
        .into_any(),
    )
}

/// What the inputs of a mark begin with; no field of a form has such a name.
pub const MARK: &str = "check:";
/// What the inputs of a reason begin with.
pub const BECAUSE: &str = "because:";
/// 「一致」
pub const SAME: &str = "same";
/// 「違う」
pub const DIFFERS: &str = "differs";

/// What the page shows.
pub struct Check<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// Guards against checking what somebody changed meanwhile.
    pub version: i64,
    /// The form.
    pub form: &'a Form,
    /// What was typed in.
    pub typed: &'a RawAnswers,
    /// 「未記入」 What it leaves blank.
    pub blank: &'a [FieldId],
    /// The same with what was put in its place just now.
    pub raw: &'a RawAnswers,
    /// The same, parsed.
    pub answers: &'a Answers,
    /// What was marked just now.
    pub marks: &'a BTreeMap<FieldId, Mark>,
    /// What stood in the way.
    pub faults: &'a [CheckFault],
    /// The key of the sentence that says why who asks may not check it.
    pub obstacle: Option<&'static str>,
}

/// `/staff/cases/{receipt_number}/entry-check`
#[must_use]
pub fn page(desk: &Desk, model: &Check<'_>) -> String {
    let locale = desk.locale();
    let title = locale.say("entry-check-title");
    document(desk, &title.clone(), !model.faults.is_empty(), || {
        let case = format!("/staff/cases/{}", model.number);
        let head = view! {
            {summary(locale, model)}
            <h1>{title} " " {model.number.to_string()}</h1>
            <p><a href=case.clone()>{locale.say("entry-check-back")}</a></p>
        };
        if let Some(key) = model.obstacle {
            return view! { {head}<div class="notice notice--warning"><p>{locale.say(key)}</p></div> }.into_any();
        }
        let rows = asked(model.form, model.answers)
            .into_iter()
            .filter_map(|one| model.form.field(&one.id))
            .map(|(page, one)| row(locale, model, page, one))
            .collect_view();
        view! {
            {head}
            <p>{locale.say("entry-check-lead")}</p>
            <form class="form entry-check" method="post" action=format!("{case}/entry-check") novalidate>
                <input type="hidden" name="version" value=model.version.to_string()/>
                {rows}
                <div class="button-row"><button class="button button--primary">{locale.say("entry-check-button")}</button></div>
            </form>
        }
        .into_any()
    })
}

fn fault_sentence(locale: Locale, field: &Field, fault: &CheckFault) -> String {
    let label = field.label.get("ja");
    match fault {
        CheckFault::Unmarked(_) => locale.with("entry-fault-unmarked", &[("label", label)]),
        CheckFault::NoReason(_) => locale.with("entry-fault-reason", &[("label", label)]),
        CheckFault::NothingChanged(_) => locale.with("entry-fault-unchanged", &[("label", label)]),
        CheckFault::Answer(error) => sentence(locale, label, &field.kind, error.error),
    }
}

/// Where a fault is mended.
fn target(fault: &CheckFault) -> String {
    match fault {
        CheckFault::Unmarked(id) => format!("{MARK}{id}-0"),
        CheckFault::NoReason(id) => format!("{BECAUSE}{id}"),
        CheckFault::NothingChanged(id) => format!("{MARK}{id}-1"),
        CheckFault::Answer(error) => error.input.clone(),
    }
}

fn summary(locale: Locale, model: &Check<'_>) -> Option<AnyView> {
    let rows = model
        .faults
        .iter()
        .filter_map(|fault| Some((fault, model.form.field(fault.field())?.1)))
        .map(|(fault, field)| {
            view! { <li><a href=format!("#{}", target(fault))>{fault_sentence(locale, field, fault)}</a></li> }
        })
        .collect_view();
    (!model.faults.is_empty()).then(|| {
        view! {
            <div class="error-summary" role="alert" tabindex="-1" data-error-summary="">
                <h2>{locale.say("errors-title")}</h2>
                <ul>{rows}</ul>
            </div>
        }
        .into_any()
    })
}

/// A field as it was typed, to be ticked or put right.
fn row(locale: Locale, model: &Check<'_>, page: &Page, one: &Field) -> AnyView {
    let id = &one.id;
    let mark = model.marks.get(id);
    let is_blank = model.blank.contains(id) && !model.typed.has(one);
    let text = shown(Locale::Ja, one, model.typed);
    let text = match text {
        Some(text) => view! { <strong class="typed">{text}</strong> }.into_any(),
        None if is_blank => view! { <span class="badge badge--flag">{locale.say("entry-blank")}</span> }.into_any(),
        None => view! { <span>{Locale::Ja.say("not-answered")}</span> }.into_any(),
    };
    let faults: Vec<&CheckFault> =
        model.faults.iter().filter(|fault| fault.field() == id && !matches!(fault, CheckFault::Answer(_))).collect();
    let said = faults
        .iter()
        .map(|fault| view! { <p class="field__error">{locale.say("error-prefix")}{fault_sentence(locale, one, fault)}</p> })
        .collect_view();
    let name = format!("{MARK}{id}");
    let choice = |place: u8, value: &'static str, key: &str, checked: bool| {
        view! {
            <label class="choice"><input type="radio" id=format!("{name}-{place}") name=name.clone() value=value checked=checked/><span>{locale.say(key)}</span></label>
        }
    };
    let (same, differs) = (mark == Some(&Mark::Same), matches!(mark, Some(Mark::Differs(_))));
    let class = if faults.is_empty() { "field entry-check__field" } else { "field entry-check__field field--invalid" };
    view! {
        <fieldset class=class>
            <legend class="field__label" lang="ja">{one.label.get("ja").to_owned()}</legend>
            <p lang="ja">{text}</p>
            {said}
            <div class="choice-list choice-list--row">
                {choice(0, SAME, "entry-mark-same", same)}
                {choice(1, DIFFERS, "entry-mark-differs", differs)}
            </div>
            {correction(locale, model, page, one, mark)}
        </fieldset>
    }
    .into_any()
}

/// What the paper says, and why it was typed otherwise. It is seen once the field is said to differ.
fn correction(locale: Locale, model: &Check<'_>, page: &Page, one: &Field, mark: Option<&Mark>) -> AnyView {
    let id = &one.id;
    let errors: Vec<FieldError> = model
        .faults
        .iter()
        .filter_map(|fault| match fault {
            CheckFault::Answer(error) => Some(error.clone()),
            CheckFault::Unmarked(_) | CheckFault::NoReason(_) | CheckFault::NothingChanged(_) => None,
        })
        .collect();
    let (raw, answers) = (model.raw, model.answers);
    // Shown for itself: what it depends on is marked in a row of its own.
    let alone = Field { when: None, ..one.clone() };
    let context =
        Context { locale: Locale::Ja, raw, answers, errors: &errors, page, text_pack: None, help: None, card: None };
    let because = match mark {
        Some(Mark::Differs(because)) => because.clone(),
        Some(Mark::Same) | None => String::new(),
    };
    let reason_id = format!("{BECAUSE}{id}");
    let label = one.label.get("ja");
    let blank = may_be_blank(one).then(|| view! { <p class="field__hint">{locale.say("entry-check-blank")}</p> });
    view! {
        <div class="entry-check__correction">
            <div lang="ja">{field(context, &alone)}</div>
            {blank}
            <div class="field">
                <label class="field__label" for=reason_id.clone()>{locale.with("entry-check-because", &[("label", label)])}</label>
                <div class="field__control"><input class="input" id=reason_id.clone() name=reason_id value=because maxlength="300" autocomplete="off"/></div>
            </div>
        </div>
    }
    .into_any()
}
