//! 「下見」 Every page of a form on one page, for those who make forms. Invariant: what depends on an answer is shown too, and
//! says on which.

use intake::{
    answers::{Answers, RawAnswers},
    epds::TextPack,
    form::{Condition, Field, Form, Page},
};
use leptos::prelude::*;

use crate::{
    chrome::{Chrome, document},
    fields::{Context, field},
    text::Locale,
};

/// The page, with the wording of the EPDS where the form has its items. The form is in the language that was chosen, what
/// is said about it in Japanese.
#[must_use]
pub fn page(chrome: &Chrome, form: &Form, pack: Option<&TextPack>) -> String {
    let says = Locale::Ja;
    let title = form.title.get(chrome.locale.code());
    let title = says.with("preview-title", &[("form", title), ("version", &form.version.to_string())]);
    document(chrome, &title.clone(), false, || {
        let pages = form.pages.iter().map(|page| section(chrome.locale, (form, page), pack)).collect_view();
        view! {
            <h1>{title}</h1>
            <p>{says.say("preview-lead")}</p>
            {pages}
            {papers(chrome.locale, form)}
        }
        .into_any()
    })
}

/// 「写真・書類」 The kinds of paper that can be added.
fn papers(locale: Locale, form: &Form) -> Option<AnyView> {
    let row = |paper: &intake::form::Paper| {
        let hint = paper.hint.as_ref();
        let hint = hint.map(|hint| view! { <p lang=locale.lang_of(hint)>{hint.get(locale.code()).to_owned()}</p> });
        view! {
            {note(paper.when.as_ref().map(|when| condition(form, when)))}
            <h3 lang=locale.lang_of(&paper.label)>{paper.label.get(locale.code()).to_owned()} " (" {paper.id.to_string()} ", " {paper.max} ")"</h3>
            {hint}
        }
    };
    let rows = form.papers.iter().map(row).collect_view();
    (!form.papers.is_empty())
        .then(|| view! { <section><h2>{locale.say("papers-title")} " (papers)"</h2>{rows}</section> }.into_any())
}

fn section(locale: Locale, (form, page): (&Form, &Page), text_pack: Option<&TextPack>) -> AnyView {
    let (raw, answers) = (RawAnswers::default(), Answers::default());
    let context =
        Context { locale, raw: &raw, answers: &answers, errors: &[], page, text_pack, help: None, card: None };
    let fields = page
        .fields
        .iter()
        .map(|one| view! { {note(one.when.as_ref().map(|when| condition(form, when)))} {field(context, one)} {notes_of_choices(form, one)} })
        .collect_view();
    let help =
        page.help.as_ref().map(|help| view! { <p lang=locale.lang_of(help)>{help.get(locale.code()).to_owned()}</p> });
    view! {
        <section>
            <h2 lang=locale.lang_of(&page.title)>{page.title.get(locale.code()).to_owned()} " (" {page.id.to_string()} ")"</h2>
            {note(page.when.as_ref().map(|when| condition(form, when)))}
            {help}
            {fields}
        </section>
    }
    .into_any()
}

fn note(text: Option<String>) -> Option<AnyView> {
    text.map(|text| view! { <p class="field__hint" lang="ja">{text}</p> }.into_any())
}

/// On what a choice depends, and whom it turns away: a page alone does not show either.
fn notes_of_choices(form: &Form, field: &Field) -> Vec<AnyView> {
    let says = Locale::Ja;
    let of_choice = |choice: &intake::form::Choice| {
        let label = choice.label.get("ja");
        let when = choice
            .when
            .as_ref()
            .map(|when| format!("{}：{}", says.with("preview-choice", &[("choice", label)]), condition(form, when)));
        let refuses = choice
            .refuses
            .as_ref()
            .map(|text| says.with("preview-refuses", &[("choice", label), ("text", text.get("ja"))]));
        [note(when), note(refuses)].into_iter().flatten().collect::<Vec<_>>()
    };
    field.choices().iter().flat_map(of_choice).collect()
}

fn condition(form: &Form, condition: &Condition) -> String {
    let field = form.field(&condition.field).map(|(_, field)| field);
    let name = field.map_or_else(|| condition.field.as_str(), |field| field.label.get("ja"));
    let codes = condition.equals.iter().chain(condition.one_of.iter().flatten());
    let label = |code: &String| {
        let choice = field.and_then(|field| field.choices().iter().find(|choice| choice.code == *code));
        choice.map_or_else(|| code.clone(), |choice| choice.label.get("ja").to_owned())
    };
    let labels = codes.map(label).collect::<Vec<_>>().join("、");
    match condition.answered {
        _ if !labels.is_empty() => Locale::Ja.with("preview-when", &[("field", name), ("labels", &labels)]),
        Some(false) => Locale::Ja.with("preview-when-unanswered", &[("field", name)]),
        Some(true) | None => Locale::Ja.with("preview-when-answered", &[("field", name)]),
    }
}
