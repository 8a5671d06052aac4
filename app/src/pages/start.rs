//! `/` and the first page of a procedure: for whom, what is needed, how long, what the answers are used for, what happens
//! afterwards. Invariant: the purpose stands before the first question (個人情報保護法62条).

use intake::form::{DraftRule, Form};
use leptos::prelude::*;

use crate::{
    chrome::{Chrome, document},
    text::Locale,
};

/// `/`
#[must_use]
pub fn start(chrome: &Chrome, forms: &[&Form]) -> String {
    let locale = chrome.locale;
    let title = locale.say("start-title");
    document(chrome, &title.clone(), false, || {
        let cards = forms
            .iter()
            .map(|form| {
                view! {
                    <li class="card">
                        <h2><a href=format!("/apply/{}", form.id)>{form.title.get(locale.code()).to_owned()}</a></h2>
                        <p>{form.summary.get(locale.code()).to_owned()}</p>
                        <p>{minutes(locale, form)}</p>
                    </li>
                }
            })
            .collect_view();
        view! {
            <h1>{title}</h1>
            <div class="prose"><p>{locale.say("start-lead")}</p></div>
            <ul class="card-list">{cards}</ul>
            <p><a href="/cases">{locale.say("start-cases")}</a></p>
        }
        .into_any()
    })
}

fn minutes(locale: Locale, form: &Form) -> String {
    locale.with("procedure-minutes", &[("minutes", &form.minutes.to_string())])
}

/// The first page of a procedure.
#[derive(Clone, Copy)]
pub struct Procedure<'a> {
    /// The form.
    pub form: &'a Form,
    /// Whether there is something to go on with.
    pub has_draft: bool,
    /// What was answered went with the session that it belonged to.
    pub answers_are_gone: bool,
    /// 個人番号 is not asked for here but at the counter.
    pub number_at_counter: bool,
}

/// `/apply/{form}`
#[must_use]
pub fn procedure(chrome: &Chrome, model: &Procedure<'_>) -> String {
    let locale = chrome.locale;
    let Procedure { form, has_draft, answers_are_gone, number_at_counter } = *model;
    let title = form.title.get(locale.code()).to_owned();
    document(chrome, &title.clone(), false, || {
        let needed =
            form.needed.iter().map(|text| view! { <li>{text.get(locale.code()).to_owned()}</li> }).collect_view();
        let address = format!("/apply/{}", form.id);
        let begin = locale.say(if has_draft { "procedure-continue" } else { "procedure-begin" });
        let number = number_at_counter.then(|| view! { <p>{locale.say("procedure-number")}</p> });
        let discard = has_draft.then(|| {
            view! {
                <form method="post" action=format!("{address}/discard")>
                    <button class="button button--quiet">{locale.say("procedure-discard")}</button>
                </form>
            }
        });
        let gone = answers_are_gone.then(|| {
            view! { <div class="notice notice--info" role="status"><p>{locale.say("procedure-gone")}</p></div> }
        });
        let is_kept = form.draft == DraftRule::Kept;
        let after = is_kept.then(|| {
            view! {
                <h2>{locale.say("procedure-after")}</h2>
                <p>{locale.say("procedure-after-1")}</p>
                <p>{locale.say("procedure-after-2")}</p>
            }
        });
        let keep = locale.say(if is_kept { "procedure-keep" } else { "procedure-session" });
        view! {
            {gone}
            <h1>{title}</h1>
            <div class="prose">
                <p>{form.summary.get(locale.code()).to_owned()}</p>
                <p>{minutes(locale, form)}</p>
                <h2>{locale.say("procedure-needed")}</h2>
                <ul>{needed}</ul>
                <h2>{locale.say("procedure-purpose")}</h2>
                <p>{form.purpose.get(locale.code()).to_owned()}</p>
                {after}
                {number}
                <p>{keep}</p>
            </div>
            <form class="form" method="post" action=address>
                <div class="button-row"><button class="button button--primary">{begin}</button></div>
            </form>
            {discard}
        }
        .into_any()
    })
}
