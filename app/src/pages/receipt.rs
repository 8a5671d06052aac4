//! The receipt. Invariant: the title is neutral, for the page may lie about; of one form everybody gets the same page,
//! whatever was answered.

use intake::{form::Form, ids::ReceiptNumber};
use leptos::prelude::*;

use crate::chrome::{Chrome, document};

/// The page.
#[must_use]
pub fn page(chrome: &Chrome, number: &ReceiptNumber, form: &Form, is_quiet: bool) -> String {
    let locale = chrome.locale;
    let title = locale.say("receipt-title");
    document(chrome, &title.clone(), false, || {
        let closing = form.closing.iter().map(|text| view! { <p>{text.get(locale.code()).to_owned()}</p> });
        let next = if is_quiet {
            // 「妊娠の終了」 Nothing that lies ahead is spoken of.
            ().into_any()
        } else if form.closing.is_empty() {
            view! {
                <h2>{locale.say("receipt-next")}</h2>
                <ol class="timeline">
                    <li class="timeline__step--done"><p>{locale.say("receipt-step-1")}</p></li>
                    <li aria-current="step"><p>{locale.say("receipt-step-2")}</p></li>
                    <li><p>{locale.say("receipt-step-3")}</p></li>
                </ol>
            }
            .into_any()
        } else {
            view! { <div class="prose">{closing.collect_view()}</div> }.into_any()
        };
        view! {
            <h1>{title}</h1>
            <div class="receipt">
                <p>{locale.say("receipt-number")}</p>
                <p class="receipt__number">{number.as_str().to_owned()}</p>
            </div>
            <p>{locale.say("receipt-keep")}</p>
            {next}
            <p><a class="button button--secondary" href="/cases">{locale.say("receipt-cases")}</a></p>
        }
        .into_any()
    })
}
