//! Sign-in with a one-time code. Invariant: whether an address is known is not told.

use leptos::prelude::*;

use super::card;
use crate::chrome::{Chrome, document};

/// `/sign-in`: `typed` is shown again, `error` is a whole sentence.
#[must_use]
pub fn address(chrome: &Chrome, next: &str, typed: &str, error: Option<&str>) -> String {
    let title = chrome.locale.say("sign-in-title");
    let field = Field {
        action: "/sign-in",
        name: "mail",
        label: chrome.locale.say("sign-in-mail"),
        kind: "email",
        autocomplete: "email",
        lead: chrome.locale.say("sign-in-lead"),
        button: chrome.locale.say("sign-in-send"),
    };
    one_field(chrome, &title, &field, Some(next), typed, error)
}

/// `/sign-in/code`
#[must_use]
pub fn code(chrome: &Chrome, next: &str, error: Option<&str>) -> String {
    let title = chrome.locale.say("code-title");
    let field = Field {
        action: "/sign-in/code",
        name: "code",
        label: chrome.locale.say("code-label"),
        kind: "text",
        autocomplete: "one-time-code",
        lead: chrome.locale.say("code-lead"),
        button: chrome.locale.say("code-enter"),
    };
    one_field(chrome, &title, &field, Some(next), "", error)
}

/// A page that asks for one thing.
pub(super) struct Field {
    pub(super) action: &'static str,
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) kind: &'static str,
    pub(super) autocomplete: &'static str,
    pub(super) lead: String,
    pub(super) button: String,
}

/// The page; `next` is where signing in leads, and none where somebody has signed in.
pub(super) fn one_field(
    chrome: &Chrome,
    title: &str,
    field: &Field,
    next: Option<&str>,
    typed: &str,
    error: Option<&str>,
) -> String {
    let locale = chrome.locale;
    document(chrome, title, error.is_some(), || {
        let is_code = field.name == "code";
        let error_id = format!("{}-error", field.name);
        let summary = error.map(|text| {
            view! {
                <div class="error-summary" role="alert" tabindex="-1" data-error-summary="">
                    <h2>{locale.say("errors-title")}</h2>
                    <ul><li><a href=format!("#{}", field.name)>{text.to_owned()}</a></li></ul>
                </div>
            }
        });
        let at_field = error.map(|text| view! { <p class="field__error" id=error_id.clone()>{text.to_owned()}</p> });
        let passkey = (!is_code && next.is_some()).then(|| {
            view! { <button class="button button--secondary" formaction="/sign-in/passkey">{locale.say("passkey-enter")}</button> }
        });
        let card = next.filter(|_| !is_code).and_then(|next| card::way_in(chrome, next));
        let again = next.filter(|_| is_code).map(|next| {
            view! {
                <p><a href=format!("/sign-in?next={next}")>{locale.say("code-again")}</a></p>
                <p><a href="/mail/help" target="_blank">{locale.say("mail-help-link")}</a></p>
            }
        });
        let next = next.map(|next| view! { <input type="hidden" name="next" value=next.to_owned()/> });
        view! {
            {summary}
            <h1>{title.to_owned()}</h1>
            <p>{field.lead.clone()}</p>
            <form class="form" method="post" action=field.action novalidate>
                {next}
                <div class=if error.is_some() { "field field--invalid" } else { "field" }>
                    <label class="field__label" for=field.name>{field.label.clone()}</label>
                    {at_field}
                    <div class="field__control">
                        <input class="input" id=field.name name=field.name type=field.kind value=typed.to_owned()
                            autocomplete=field.autocomplete inputmode=is_code.then_some("numeric")
                            size=is_code.then_some("8") aria-invalid=error.map(|_| "true")
                            aria-describedby=error.map(|_| error_id.clone())/>
                    </div>
                </div>
                <div class="button-row"><button class="button button--primary">{field.button.clone()}</button>{passkey}</div>
            </form>
            {again}{card}
        }
        .into_any()
    })
}
