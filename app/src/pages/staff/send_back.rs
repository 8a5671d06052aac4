//! 「差戻し」 What a parent is asked to correct, how that will look to her, and what came of it. Invariant: the preview is made by the
//! code that makes her page, and holds no control that sends anything.

use intake::{
    answers::RawAnswers,
    case::{CommandKind, CorrectionRequest, MOST_SEND_BACKS},
    form::{Field, Form},
    ids::{FieldId, ReceiptNumber},
    send_back::{Template, Templates},
    time::CivilDate,
};
use leptos::prelude::*;

use super::{
    answers::is_item,
    case::Model,
    command::{address, key, typed},
    frame::{Desk, document_in},
};
use crate::{
    pages::{check::shown, correct},
    text::Locale,
};

/// What the page of a case needs to know of it.
pub struct SendBack<'a> {
    /// 「文例」
    pub templates: &'a Templates,
    /// 「開庁日」 The day that is proposed for the answer.
    pub proposed: CivilDate,
    /// How often it was sent back.
    pub times: i64,
    /// Each time, the first first.
    pub rounds: Vec<Round<'a>>,
}

/// One time that it was sent back.
pub struct Round<'a> {
    /// What was asked for.
    pub request: &'a CorrectionRequest,
    /// What was typed before and after; none where nothing came.
    pub answers: Option<(&'a RawAnswers, &'a RawAnswers)>,
}

/// What the inputs of a chosen template begin with.
pub const TEMPLATE: &str = "template-";
/// What the inputs of a written reason begin with.
pub const REASON: &str = "reason-";

/// The form behind its name; after three times a sentence that says what is offered instead.
pub(super) fn deed(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let kind = CommandKind::SendBack;
    if model.offers(kind).is_none() {
        let is_over = model.send_back.times >= MOST_SEND_BACKS && model.offers(CommandKind::AskToVisit).is_some();
        return is_over.then(|| view! { <p class="field__hint">{locale.say("send-back-over")}</p> }.into_any());
    }
    let is_open = model.failed.kind == Some(kind);
    let look = format!("{}/preview", address(model, kind));
    let left = (MOST_SEND_BACKS - model.send_back.times).to_string();
    Some(
        view! {
            <details class="deed" open=is_open>
                <summary>{locale.say(&key(kind))}</summary>
                <form class="form" method="post" action=address(model, kind) novalidate>
                    <input type="hidden" name="version" value=model.version.to_string()/>
                    <p class="field__hint">{locale.say("send-back-lead")} " " {locale.with("send-back-left", &[("left", &left)])}</p>
                    <fieldset class="field" id="send-back-fields">
                        <legend class="field__label">{locale.say("send-back-fields")}</legend>
                        {rows(locale, model)}
                    </fieldset>
                    {day(locale, model)}
                    <div class="button-row">
                        <button class="button button--primary" formaction=look>{locale.say("send-back-preview")}</button>
                        <button class="button button--secondary">{locale.say("command-send-back-button")}</button>
                    </div>
                </form>
            </details>
        }
        .into_any(),
    )
}

fn day(locale: Locale, model: &Model<'_>) -> AnyView {
    let day = typed(model, CommandKind::SendBack)
        .map_or_else(|| model.send_back.proposed.to_string(), |typed| typed.first("answer_by").to_owned());
    view! {
        <div class="field">
            <label class="field__label" for="answer_by">{locale.say("send-back-by")}</label>
            <p class="field__hint" id="answer_by-hint">{locale.say("send-back-by-hint")}</p>
            <div class="field__control"><input class="input" type="date" id="answer_by" name="answer_by" value=day placeholder="2026-12-07" aria-describedby="answer_by-hint"/></div>
        </div>
    }
    .into_any()
}

fn rows(locale: Locale, model: &Model<'_>) -> AnyView {
    let templates = model.send_back.templates;
    let fields = model.asked().filter(|field| !is_item(field) && !asks_who_files(field)).map(|field| {
        row(locale, model, (&field.id, field.label.get("ja")), &templates.for_field(field).collect::<Vec<_>>())
    });
    let papers = model.form.papers.iter().map(|paper| {
        row(locale, model, (&paper.id, paper.label.get("ja")), &templates.for_paper(&paper.id).collect::<Vec<_>>())
    });
    fields.chain(papers).collect_view().into_any()
}

/// Who files is settled by filing.
fn asks_who_files(field: &Field) -> bool {
    matches!(&field.target, intake::form::Target::Extra(key) if key == "filer")
}

/// A field to tick, and the reasons for it, which are seen once it is.
fn row(locale: Locale, model: &Model<'_>, (id, label): (&FieldId, &str), templates: &[&Template]) -> AnyView {
    let typed = typed(model, CommandKind::SendBack);
    let (reason_id, template_name) = (format!("{REASON}{id}"), format!("{TEMPLATE}{id}"));
    let is_named = typed.is_some_and(|typed| typed.all("field").contains(&id.to_string()));
    let reason = typed.map(|typed| typed.first(&reason_id).to_owned()).unwrap_or_default();
    let picked = typed.map(|typed| typed.first(&template_name).to_owned()).unwrap_or_default();
    // What was written stays in sight.
    let class = if reason.is_empty() { "send-back__reasons" } else { "send-back__reasons send-back__reasons--written" };
    let choices = templates
        .iter()
        .enumerate()
        .map(|(place, template)| {
            let (words, into) = (template.japanese().to_owned(), reason_id.clone());
            view! {
                <label class="choice">
                    <input type="radio" id=format!("{template_name}-{place}") name=template_name.clone() value=template.id.clone()
                        checked=template.id == picked data-words=words.clone() data-into=into/>
                    <span lang="ja">{words}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <div class="send-back__field">
            <label class="choice"><input type="checkbox" id=format!("field-{id}") name="field" value=id.to_string() checked=is_named/><span lang="ja">{label.to_owned()}</span></label>
            <div class=class role="group" aria-label=locale.with("send-back-reason", &[("label", label)])>
                <div class="choice-list">{choices}</div>
                <label class="field__hint" for=reason_id.clone()>{locale.say("send-back-own-words")}</label>
                <input class="input" id=reason_id.clone() name=reason_id value=reason maxlength="300" lang="ja"/>
            </div>
        </div>
    }
    .into_any()
}

/// 「修正の結果」 What came of each time it was sent back: the reason, and what was there before and after.
pub(super) fn section(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let rounds = (1..)
        .zip(&model.send_back.rounds)
        .map(|(number, round): (usize, _)| {
            let title = locale.with("send-back-round", &[("number", &number.to_string())]);
            let state = match round.answers {
                Some(_) => None,
                None => Some(view! { <p>{locale.say("send-back-nothing-came")}</p> }),
            };
            let named = round.request.fields.iter().map(|(id, reason)| change(locale, model.form, id, Some(reason), round));
            view! { <h3>{title}</h3>{state}<dl class="summary-list" lang="ja">{named.collect_view()}{along(locale, model.form, round)}</dl> }
        })
        .collect_view();
    (!model.send_back.rounds.is_empty()).then(|| {
        view! { <section id="send-backs"><h2>{locale.say("send-back-rounds")}</h2>{rounds}</section> }.into_any()
    })
}

/// What else changed with what was named: an answer that put another field on the way.
fn along(locale: Locale, form: &Form, round: &Round<'_>) -> Option<AnyView> {
    let (before, after) = round.answers?;
    let is_named = |field: &Field| round.request.fields.iter().any(|(id, _)| *id == field.id);
    let others =
        form.fields().map(|(_, field)| field).filter(|field| !is_named(field) && !before.is_same(after, field));
    Some(others.map(|field| change(locale, form, &field.id, None, round)).collect_view().into_any())
}

fn change(locale: Locale, form: &Form, id: &FieldId, reason: Option<&String>, round: &Round<'_>) -> AnyView {
    let label = match (form.field(id), form.paper(id)) {
        (Some((_, field)), _) => field.label.get("ja").to_owned(),
        (None, Some(paper)) => paper.label.get("ja").to_owned(),
        (None, None) => id.to_string(),
    };
    let reason = reason.map(|reason| view! { <p class="field__hint">{reason.clone()}</p> });
    let texts = round.answers.zip(form.field(id)).map(|((before, after), (_, field))| {
        if before.is_same(after, field) {
            return view! { <p>{locale.say("send-back-unchanged")}</p> }.into_any();
        }
        old_and_new(locale, field, before, after)
    });
    view! {
        <div class="summary-list__row">
            <dt class="summary-list__key">{label}</dt>
            <dd class="summary-list__value">{reason}{texts}</dd>
        </div>
    }
    .into_any()
}

/// 「前 → 後」 In words, too: nothing is told by a stroke alone.
pub(super) fn old_and_new(locale: Locale, field: &Field, before: &RawAnswers, after: &RawAnswers) -> AnyView {
    let text = |raw: &RawAnswers| shown(Locale::Ja, field, raw).unwrap_or_else(|| Locale::Ja.say("not-answered"));
    view! {
        <p class="old-and-new">
            <del><span class="visually-hidden">{locale.say("send-back-before")}</span>{text(before)}</del>
            " → "
            <ins><span class="visually-hidden">{locale.say("send-back-after")}</span>{text(after)}</ins>
        </p>
    }
    .into_any()
}

/// What the preview shows.
pub struct Preview<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// What was typed, which goes on or back with the next press.
    pub typed: &'a [(String, String)],
    /// Her language.
    pub language: Locale,
    /// Her page; none where a proxy holds the case and nothing of it is hers to correct.
    pub correction: Option<&'a correct::Model<'a>>,
}

/// `/staff/cases/{receipt_number}/send_back/preview`
#[must_use]
pub fn preview(desk: &Desk, model: &Preview<'_>) -> String {
    let locale = desk.locale();
    let title = locale.say("send-back-preview-title");
    document_in(desk, model.language, &title.clone(), |chrome| {
        let language = model.language;
        let hidden = model
            .typed
            .iter()
            .map(|(name, value)| view! { <input type="hidden" name=name.clone() value=value.clone()/> })
            .collect_view();
        let sends = format!("/staff/cases/{}/send_back", model.number);
        let seen = match model.correction {
            None => view! { <p>{locale.say("send-back-preview-proxy")}</p> }.into_any(),
            Some(correction) => view! {
                <fieldset class="as-she-sees" disabled lang=language.lang()>
                    <legend class="visually-hidden" lang=locale.lang()>{locale.say("send-back-preview-title")}</legend>
                    <h2>{language.say("correct-title")}</h2>
                    {correct::lead(language, correction)}
                    {correct::inside(&chrome, correction)}
                </fieldset>
            }
            .into_any(),
        };
        let untranslated = model.correction.is_some_and(|it| it.reasons.iter().any(|reason| !reason.is_translated))
            && language.lang_of_japanese().is_some();
        let untranslated = untranslated.then(|| {
            view! { <div class="notice notice--warning"><p>{locale.say("send-back-preview-japanese")}</p></div> }
        });
        view! {
            <h1>{title}</h1>
            <p>{locale.say("send-back-preview-lead")} " " <span lang=language.lang()>{language.name()}</span></p>
            {untranslated}
            {seen}
            <form class="form" method="post" action=sends.clone()>
                {hidden}
                <div class="button-row">
                    <button class="button button--primary">{locale.say("command-send-back-button")}</button>
                    <button class="button button--secondary" formaction=format!("{sends}/preview") name="then" value="edit">{locale.say("send-back-edit")}</button>
                </div>
            </form>
        }
        .into_any()
    })
}
