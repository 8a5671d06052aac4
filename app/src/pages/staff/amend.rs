//! 「職権訂正」 The page on which the office puts an answer right (`controls.md` R10). Invariant: what was typed and not taken stands
//! in its field again, with the reason that was chosen.

use intake::{
    answers::{Answers, FieldError, RawAnswers},
    case::AmendReason,
    form::Form,
    ids::{FieldId, ReceiptNumber},
};
use leptos::prelude::*;

use super::frame::{Desk, document, error_summary};
use crate::{
    fields::{Context, field, summary, text_area_of},
    text::Locale,
};

/// What the page shows.
pub struct Model<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// Guards against changing what somebody changed meanwhile.
    pub version: i64,
    /// The form.
    pub form: &'a Form,
    /// The field that is named.
    pub named: &'a FieldId,
    /// This field and those that depend on it.
    pub fields: &'a [FieldId],
    /// What stands in them.
    pub raw: &'a RawAnswers,
    /// The same, parsed.
    pub answers: &'a Answers,
    /// The reason that was chosen, as a code.
    pub reason: &'a str,
    /// What was written for colleagues.
    pub note: &'a str,
    /// What of the answers was not taken.
    pub errors: &'a [FieldError],
    /// What else was not, as a sentence, and the input to go to.
    pub error: Option<(String, &'static str)>,
}

fn reasons(locale: Locale, chosen: &str) -> AnyView {
    AmendReason::ALL
        .iter()
        .enumerate()
        .map(|(place, reason)| {
            view! {
                <label class="choice">
                    <input type="radio" id=format!("amend_reason-{place}") name="amend_reason" value=reason.as_str() checked=reason.as_str() == chosen/>
                    <span>{locale.say(&format!("amend-reason-{reason}"))}</span>
                </label>
            }
        })
        .collect_view()
        .into_any()
}

/// `/staff/cases/{receipt_number}/amend/{field}`
#[must_use]
pub fn page(desk: &Desk, model: &Model<'_>) -> String {
    let locale = desk.locale();
    let title = locale.say("amend-title");
    let has_error = model.error.is_some() || !model.errors.is_empty();
    document(desk, &title.clone(), has_error, || {
        let Model { raw, answers, errors, .. } = *model;
        let fields = model
            .fields
            .iter()
            .filter_map(|id| model.form.field(id))
            .map(|(page, one)| {
                // In Japanese: it is the parent's own form that is put right.
                let context =
                    Context { locale: Locale::Ja, raw, answers, errors, page, text_pack: None, help: None, card: None };
                field(context, one)
            })
            .collect_view();
        let (error, input) = model.error.clone().unzip();
        let reason_error = error.clone().filter(|_| input == Some("amend_reason-0"));
        let class = if reason_error.is_some() { "field field--invalid" } else { "field" };
        let reason_error =
            reason_error.map(|text| view! { <p class="field__error">{locale.say("error-prefix")}{text}</p> });
        let address = format!("/staff/cases/{}/amend/{}", model.number, model.named);
        view! {
            {error_summary(error.as_deref(), input)}
            {summary(Locale::Ja, model.form, model.errors)}
            <h1>{title}</h1>
            <p>{model.number.to_string()}</p>
            <p>{locale.say("amend-lead")}</p>
            <form class="form" method="post" action=address novalidate>
                <input type="hidden" name="version" value=model.version.to_string()/>
                <div lang="ja" class="amend-fields">{fields}</div>
                <fieldset class=class>
                    <legend class="field__label">{locale.say("amend-reason")}</legend>
                    <p class="field__hint">{locale.say("amend-reason-hint")}</p>
                    {reason_error}
                    <div class="choice-list">{reasons(locale, model.reason)}</div>
                </fieldset>
                <div class="field">
                    <label class="field__label" for="amend_note">{locale.say("amend-note")}</label>
                    <p class="field__hint" id="amend_note-hint">{locale.say("amend-note-hint")}</p>
                    <div class="field__control">{text_area_of("amend_note", model.note, Some("off".to_owned()), Some("amend_note-hint".to_owned()), false)}</div>
                </div>
                <div class="button-row">
                    <button class="button button--primary">{locale.say("amend-button")}</button>
                    <a class="button button--secondary" href=format!("/staff/cases/{}", model.number)>{locale.say("back")}</a>
                </div>
            </form>
        }
        .into_any()
    })
}
