//! 「修正」 The fields that the office asks to be corrected, each with its reason beside it. Invariant: what is private is
//! shown again only where that is allowed.

use intake::{
    answers::{Answers, FieldError, RawAnswers},
    epds::TextPack,
    form::Form,
    help::Helped,
    ids::{FieldId, ReceiptNumber},
    time::CivilDate,
};
use leptos::prelude::*;

use crate::{
    chrome::{Chrome, document},
    fields::{Context, field, summary},
    helpers::{self, Help},
};

/// What the page shows.
pub struct Model<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// The form.
    pub form: &'a Form,
    /// The fields, in the form's order.
    pub fields: &'a [FieldId],
    /// The reason of each field that was named.
    pub reasons: &'a [(FieldId, String)],
    /// Until when.
    pub answer_by: CivilDate,
    /// What was typed.
    pub raw: &'a RawAnswers,
    /// The same, parsed.
    pub answers: &'a Answers,
    /// 「EPDS」 The wording of the items, where the form has them.
    pub text_pack: Option<&'a TextPack>,
    /// What was not taken.
    pub errors: &'a [FieldError],
    /// What became of the last wish for help.
    pub helped: Option<&'a Helped>,
    /// The day.
    pub today: CivilDate,
    /// Guards against correcting what somebody changed meanwhile.
    pub version: i64,
}

/// `/cases/{receipt_number}/correct`
#[must_use]
pub fn page(chrome: &Chrome, model: &Model<'_>) -> String {
    let locale = chrome.locale;
    let title = locale.say("correct-title");
    document(chrome, &title.clone(), !model.errors.is_empty(), || {
        let fields = model
            .fields
            .iter()
            .filter_map(|id| model.form.field(id))
            .map(|(page, one)| {
                let reason = model.reasons.iter().find(|(id, _)| *id == one.id).map(|(_, reason)| {
                    view! {
                        <div class="notice notice--warning"><p>{locale.say("correct-reason")} " " <span lang=locale.lang_of_japanese()>{reason.clone()}</span></p></div>
                    }
                });
                let Model { raw, answers, errors, text_pack, .. } = *model;
                let help = Some(Help { shown: Some(model.fields), helped: model.helped, today: model.today });
                let context = Context { locale, raw, answers, errors, page, text_pack, help };
                view! { {reason}{field(context, one)} }
            })
            .collect_view();
        let pages = model.fields.iter().filter_map(|id| model.form.field(id)).map(|(page, _)| page);
        let first = pages.filter_map(helpers::first_button).next();
        view! {
            {summary(locale, model.form, model.errors)}
            <h1>{title}</h1>
            <p>{locale.with("correct-lead", &[("day", &locale.day(model.answer_by))])}</p>
            <form class="form" method="post" action=format!("/cases/{}/correct", model.number) novalidate>
                <input type="hidden" name="version" value=model.version.to_string()/>
                {first}
                {fields}
                <div class="button-row">
                    <button class="button button--primary">{locale.say("correct-send")}</button>
                    <a class="button button--secondary" href=format!("/cases/{}", model.number)>{locale.say("back")}</a>
                </div>
            </form>
        }
        .into_any()
    })
}
