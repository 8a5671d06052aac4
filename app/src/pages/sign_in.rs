//! Sign-in with a one-time code. Invariant: whether an address is known is not told.

use leptos::prelude::*;

use super::card;
use crate::{
    chrome::{Chrome, document},
    text::Locale,
};

/// 「入り方」 Which ways the municipality has on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// The number by mail.
    pub code: bool,
    /// The passkey.
    pub passkey: bool,
}

/// `/sign-in`: `typed` is shown again, `error` is a whole sentence.
#[must_use]
pub fn address(chrome: &Chrome, ways: Ways, next: &str, typed: &str, error: Option<&str>) -> String {
    if !ways.code {
        return without_code(chrome, ways, next, error);
    }
    let title = chrome.locale.say("sign-in-title");
    let field = Field {
        action: "/sign-in",
        name: "mail",
        label: chrome.locale.say("sign-in-mail"),
        kind: "email",
        // The browser offers a passkey of this site beside the addresses that it knows.
        autocomplete: if ways.passkey { "username webauthn" } else { "email" },
        lead: chrome.locale.say("sign-in-lead"),
        button: chrome.locale.say("sign-in-send"),
        passkey: ways.passkey,
    };
    one_field(chrome, &title, &field, Some(next), typed, error)
}

/// Where no number is sent: the other ways, each with its button.
fn without_code(chrome: &Chrome, ways: Ways, next: &str, error: Option<&str>) -> String {
    let locale = chrome.locale;
    let title = locale.say("sign-in-other-title");
    document(chrome, &title.clone(), error.is_some(), || {
        let error = error.map(|text| {
            view! { <div class="error-summary" role="alert" tabindex="-1" data-error-summary=""><p>{text.to_owned()}</p></div> }
        });
        let passkey = ways.passkey.then(|| {
            view! {
                <form class="form" method="post" action="/sign-in/passkey">
                    <input type="hidden" name="next" value=next.to_owned()/>
                    <div class="button-row"><button class="button button--primary">{locale.say("passkey-enter")}</button></div>
                </form>
            }
        });
        view! { {error}<h1>{title}</h1>{passkey}{card::way_in(chrome, next)} }.into_any()
    })
}

/// What the script fills in when a passkey was chosen beside the field.
fn beside(locale: Locale, next: &str) -> AnyView {
    view! {
        <form method="post" action="/sign-in/passkey/finish" data-beside="/sign-in/passkey/offer" hidden>
            <input type="hidden" name="next" value=next.to_owned()/>
            <input type="hidden" name="ceremony" value="" autocomplete="off"/>
            <input type="hidden" name="credential" value="" autocomplete="off"/>
            <button>{locale.say("passkey-enter")}</button>
        </form>
    }
    .into_any()
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
        passkey: false,
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
    /// Whether a passkey may take its place.
    pub(super) passkey: bool,
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
        let passkey = field.passkey.then(|| {
            view! { <button class="button button--secondary" formaction="/sign-in/passkey">{locale.say("passkey-enter")}</button> }
        });
        let again = next.filter(|_| is_code).map(|next| {
            view! {
                <p><a href=format!("/sign-in?next={next}")>{locale.say("code-again")}</a></p>
                <p><a href="/mail/help" target="_blank">{locale.say("mail-help-link")}</a></p>
            }
        });
        let beside = next.filter(|_| field.passkey).map(|next| beside(locale, next));
        let card = next.filter(|_| !is_code).and_then(|next| card::way_in(chrome, next));
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
            {again}
            {beside}
            {card}
        }
        .into_any()
    })
}
