//! One page of a form. Invariant: whatever was typed is shown again, with the errors on top and at the fields.

use intake::{
    answers::{Answers, FieldError, RawAnswers},
    epds::TextPack,
    form::{DraftRule, Field, Form, Page, Target},
    journey::{Place, Warning, WarningKind, is_shown},
    value::ValueError,
};
use leptos::prelude::*;

use super::card::Card;
use crate::{
    chrome::{Chrome, document},
    fields::{self, Context, field, sentence, summary},
    helpers::{self, Help},
    text::Locale,
};

/// What the page shows.
pub struct Model<'a> {
    /// The form.
    pub form: &'a Form,
    /// The page.
    pub page: &'a Page,
    /// Where it stands on the way.
    pub place: Place,
    /// What was typed.
    pub raw: &'a RawAnswers,
    /// The same, parsed.
    pub answers: &'a Answers,
    /// 「EPDS」 The wording of the items, where the form has them.
    pub text_pack: Option<&'a TextPack>,
    /// What of this page was not taken.
    pub errors: &'a [FieldError],
    /// What looks odd.
    pub warnings: &'a [Warning],
    /// `RawAnswers::page_state` of what is kept.
    pub state: String,
    /// Whether to go back to 確認 afterwards.
    pub from_check: bool,
    /// What the helpers need.
    pub help: Help<'a>,
    /// 「マイナンバーカードの情報」 What her card says.
    pub card: Option<Card<'a>>,
}

/// The page.
#[must_use]
pub fn page(chrome: &Chrome, model: &Model<'_>) -> String {
    let locale = chrome.locale;
    let title = model.page.title.get(locale.code()).to_owned();
    let has_error = !model.errors.is_empty();
    let action = format!("/apply/{}/{}", model.form.id, model.page.id);
    document(chrome, &title, has_error, || inside(locale, model, &action, |_| None))
}

/// The page within its frame, which sends to `action`; `below` is what stands below a field.
pub(super) fn inside(
    locale: Locale,
    model: &Model<'_>,
    action: &str,
    below: impl Fn(&Field) -> Option<AnyView>,
) -> AnyView {
    let title = model.page.title.get(locale.code()).to_owned();
    let (number, of) = (model.place.number, model.place.of);
    let progress = locale.with("progress", &[("number", &number.to_string()), ("of", &of.to_string())]);
    let help = model
        .page
        .help
        .as_ref()
        .map(|help| view! { <p lang=locale.lang_of(help)>{help.get(locale.code()).to_owned()}</p> });
    let Model { raw, answers, errors, page, text_pack, .. } = *model;
    let context = Context { locale, raw, answers, errors, page, text_pack, help: Some(model.help), card: model.card };
    let shown = page.fields.iter().filter(|field| is_shown(page, field, answers));
    let with_below = |one: &Field| match below(one) {
        Some(below) => view! { <div class="field-and-mark">{field(context, one)}{below}</div> }.into_any(),
        None => field(context, one),
    };
    let fields = shown.map(with_below).collect_view();
    let from_check = model.from_check.then(|| view! { <input type="hidden" name="from" value="check"/> });
    let warned = (!model.warnings.is_empty()).then(|| view! { <input type="hidden" name="warned" value="1"/> });
    let is_kept = model.form.draft == DraftRule::Kept;
    let stop = is_kept.then(|| {
        view! { <button class="button button--quiet" name="then" value="save">{locale.say("save-stop")}</button> }
    });
    view! {
            <p class="progress">{progress} " " <progress value=number.to_string() max=of.to_string() aria-hidden="true"></progress></p>
            {summary(locale, model.form, model.errors)}
            {warning_notice(locale, model)}
            <h1 lang=locale.lang_of(&model.page.title)>{title}</h1>
            {help}
            {instrument(locale, model)}
            <form class="form" method="post" action=action.to_owned() novalidate data-autosave=format!("{action}/save") data-error=locale.say("error-prefix")>
                <input type="hidden" name="page_state" value=model.state.clone() autocomplete="off"/>
                {from_check}{warned}{helpers::first_button(page)}{fields}
                {source_line(locale, model)}
                {save_state(locale, model.form.draft)}
                <div class="button-row">
                    <button class="button button--primary" name="then" value="next">{locale.say("next")}</button>
                    <button class="button button--secondary" name="then" value="back">{locale.say("back")}</button>
                    {stop}
                </div>
            </form>
        }
        .into_any()
}

/// The sentence that tells what is wrong with the answer to a field.
#[must_use]
pub fn error_sentence(locale: Locale, field: &Field, error: ValueError) -> String {
    sentence(locale, field.label.get(locale.code()), &field.kind, error)
}

/// The wording of the page's items, if it has any.
fn wording<'a>(model: &Model<'a>) -> Option<&'a TextPack> {
    let has_items = model.page.fields.iter().any(|field| matches!(field.target, Target::EpdsItem(_)));
    model.text_pack.filter(|_| has_items)
}

/// 「EPDS」 The name of the instrument and the days that it asks about, as its text has them; a sample says that it is one.
fn instrument(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let pack = wording(model)?;
    let language = fields::language(pack);
    let sample = pack.demonstration.then(|| {
        view! { <div class="notice notice--warning"><p>{locale.say("epds-sample")}</p></div> }
    });
    Some(
        view! {
            {sample}
            <p lang=language.clone()><strong>{fields::pack_text(locale, pack, &pack.title)}</strong></p>
            <p lang=language>{fields::pack_text(locale, pack, &pack.reference_period)}</p>
        }
        .into_any(),
    )
}

fn source_line(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let pack = wording(model)?;
    let source = fields::pack_text(locale, pack, &pack.source);
    Some(view! { <p class="field__hint" lang=fields::language(pack)>{source}</p> }.into_any())
}

fn save_state(locale: Locale, draft: DraftRule) -> impl IntoView {
    let over = locale.say(match draft {
        DraftRule::Kept => "save-session",
        DraftRule::Session => "save-session-gone",
    });
    view! {
        <p class="save-state" role="status" data-save-state="" data-saved=locale.say("saved")
            data-conflict=locale.say("save-conflict") data-session=over data-gone=locale.say("save-gone")
            data-large=locale.say("save-large") data-server=locale.say("save-server")
            data-network=locale.say("save-network") data-unsaved=locale.say("save-unsaved")
            data-comma=locale.say("comma")></p>
    }
}

fn warning_notice(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    if model.warnings.is_empty() {
        return None;
    }
    let rows =
        model.warnings.iter().map(|warning| view! { <li>{warning_sentence(locale, warning)}</li> }).collect_view();
    Some(
        view! {
            <div class="notice notice--warning" role="alert">
                <h2>{locale.say("warnings-title")}</h2>
                <ul>{rows}</ul>
                <p>{locale.say("warnings-go-on")}</p>
            </div>
        }
        .into_any(),
    )
}

/// The sentence that tells what looks odd.
#[must_use]
pub fn warning_sentence(locale: Locale, warning: &Warning) -> String {
    match warning.kind {
        WarningKind::WeeksDiffer { computed } => locale.with("warning-weeks", &[("computed", &computed.to_string())]),
        WarningKind::UnusualAge { age } => locale.with("warning-age", &[("age", &age.to_string())]),
        WarningKind::FirstBirthButLaterChild => locale.say("warning-first-birth"),
        WarningKind::BirthBeforeButFirstPregnancy => locale.say("warning-pregnancies"),
    }
}
