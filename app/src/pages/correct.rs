//! 「修正」 The fields that the office asks to be corrected, each with its reason beside it. Invariant: what is private is
//! shown again only where that is allowed.

use intake::{
    answers::{Answers, FieldError, RawAnswers},
    case::CorrectionRequest,
    epds::TextPack,
    form::Form,
    help::Helped,
    ids::{FieldId, ReceiptNumber},
    send_back::Templates,
    time::CivilDate,
};
use leptos::prelude::*;

use super::papers;
use crate::{
    chrome::{Chrome, document},
    fields::{Context, field, summary},
    helpers::{self, Help},
    text::Locale,
};

/// Why a field is named, as who reads the page reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The field, or the kind of 写真・書類.
    pub field: FieldId,
    /// The words; in easy Japanese with readings.
    pub text: String,
    /// Whether they are in the language of the page; else they are Japanese, as somebody wrote them.
    pub is_translated: bool,
}

impl Reason {
    /// The words, in a page of this language; Japanese words say that they are.
    #[must_use]
    pub fn shown(&self, locale: Locale) -> AnyView {
        let is_foreign = !self.is_translated && locale.lang_of_japanese().is_some();
        let lang = locale.lang_of_japanese().filter(|_| !self.is_translated);
        let mark = is_foreign.then(|| view! { " " <span class="badge">{locale.say("correct-in-japanese")}</span> });
        view! { <span lang=lang>{self.text.clone()}</span>{mark} }.into_any()
    }
}

/// The reasons of a request in a language.
#[must_use]
pub fn reasons(templates: &Templates, request: &CorrectionRequest, locale: Locale) -> Vec<Reason> {
    let of = |(field, _): &(FieldId, String)| {
        let reason = templates.reason(request, field, locale.code())?;
        Some(Reason { field: field.clone(), text: reason.text.to_owned(), is_translated: reason.is_translated })
    };
    request.fields.iter().filter_map(of).collect()
}

/// What the page shows.
pub struct Model<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// The form.
    pub form: &'a Form,
    /// The fields, in the form's order.
    pub fields: &'a [FieldId],
    /// The reason of each field that was named.
    pub reasons: &'a [Reason],
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
    /// 「写真・書類」 The kinds of paper that are asked for.
    pub papers: Vec<papers::Kind<'a>>,
    /// Guards against correcting what somebody changed meanwhile.
    pub version: i64,
}

/// `/cases/{receipt_number}/correct`
#[must_use]
pub fn page(chrome: &Chrome, model: &Model<'_>) -> String {
    let locale = chrome.locale;
    let title = locale.say("correct-title");
    let has_error = !model.errors.is_empty() || model.papers.iter().any(|kind| !kind.refused.is_empty());
    document(chrome, &title.clone(), has_error, || {
        let pages = model.fields.iter().filter_map(|id| model.form.field(id)).map(|(page, _)| page);
        let first = pages.filter_map(helpers::first_button).next();
        let address = format!("/cases/{}/correct", model.number);
        let has_papers = !model.papers.is_empty();
        let encoding = has_papers.then_some("multipart/form-data");
        let script = has_papers.then(|| format!("{address}/papers"));
        let add = has_papers.then(|| {
            view! { <button class="button button--secondary" name="then" value="add" data-paper-add="">{locale.say("papers-add")}</button> }
        });
        view! {
            {summary(locale, model.form, model.errors)}
            {papers::summary(locale, &model.papers)}
            <h1>{title}</h1>
            {lead(locale, model)}
            <form class="form" method="post" action=address enctype=encoding data-papers=script novalidate>
                <input type="hidden" name="version" value=model.version.to_string()/>
                {first}
                {inside(chrome, model)}
                <div class="button-row">
                    <button class="button button--primary" name="then" value="next">{locale.say("correct-send")}</button>
                    {add}
                    <a class="button button--secondary" href=format!("/cases/{}", model.number)>{locale.say("back")}</a>
                </div>
            </form>
        }
        .into_any()
    })
}

/// Until when.
pub(super) fn lead(locale: Locale, model: &Model<'_>) -> AnyView {
    view! { <p>{locale.with("correct-lead", &[("day", &locale.day(model.answer_by))])}</p> }.into_any()
}

/// What she is asked for, with the reason beside each: on her page, and on that of who looks at it before it is sent.
pub(super) fn inside(chrome: &Chrome, model: &Model<'_>) -> AnyView {
    let locale = chrome.locale;
    let fields = model
        .fields
        .iter()
        .filter_map(|id| model.form.field(id))
        .map(|(page, one)| {
            let reason = model.reasons.iter().find(|reason| reason.field == one.id).map(|reason| {
                view! {
                    <div class="notice notice--warning"><p>{locale.say("correct-reason")} " " {reason.shown(locale)}</p></div>
                }
            });
            let Model { raw, answers, errors, text_pack, .. } = *model;
            let help = Some(Help { shown: Some(model.fields), helped: model.helped, today: model.today });
            let context = Context { locale, raw, answers, errors, page, text_pack, help, card: None };
            let field = field(context, one);
            match reason {
                // Close together: the reason is of this field, not of the one above.
                Some(reason) => view! { <div class="asked">{reason}{field}</div> }.into_any(),
                None => field,
            }
        })
        .collect_view();
    view! { {papers::part(chrome, &model.papers)}{fields} }.into_any()
}
