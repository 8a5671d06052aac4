//! A page that says one thing: why something was not done, and where to go on.

use leptos::prelude::*;

use crate::chrome::{Chrome, document};

/// Which message: the keys `<name>-title` and `<name>-text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says what the page says")]
pub enum Message {
    NotFound,
    Forbidden,
    BadRequest,
    TooLarge,
    TooMany,
    Busy,
    NoDraft,
    NothingToFollow,
    Changed,
    Saved,
}

impl Message {
    const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Forbidden => "forbidden",
            Self::BadRequest => "bad-request",
            Self::TooLarge => "too-large",
            Self::TooMany => "too-many",
            Self::Busy => "busy",
            Self::NoDraft => "no-draft",
            Self::NothingToFollow => "nothing-to-follow",
            Self::Changed => "changed",
            Self::Saved => "saved-page",
        }
    }
}

/// The page.
#[must_use]
pub fn page(chrome: &Chrome, message: Message) -> String {
    let locale = chrome.locale;
    let title = locale.say(&format!("{}-title", message.name()));
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.say(&format!("{}-text", message.name()))}</p>
            <p><a href="/">{locale.say("to-start")}</a></p>
        }
        .into_any()
    })
}

/// What was sent by a browser that does not say from where: the same once more, from this page of ours.
#[must_use]
pub fn send_again(chrome: &Chrome, inputs: &[(String, String)]) -> String {
    again(chrome, "send-again", inputs, None)
}

/// What was sent after the session had ended: signing in beside it, then the same once more.
#[must_use]
pub fn sign_in_and_send_again(chrome: &Chrome, inputs: &[(String, String)]) -> String {
    again(chrome, "session-over", inputs, Some("/sign-in"))
}

fn again(chrome: &Chrome, name: &str, inputs: &[(String, String)], first: Option<&'static str>) -> String {
    let locale = chrome.locale;
    let title = locale.say(&format!("{name}-title"));
    document(chrome, &title.clone(), false, || {
        let hidden = inputs
            .iter()
            .map(|(name, value)| view! { <input type="hidden" name=name.clone() value=value.clone()/> })
            .collect_view();
        let first = first.map(|address| {
            view! { <p><a href=address target="_blank" rel="noopener">{locale.say("session-over-sign-in")}</a></p> }
        });
        view! {
            <h1>{title}</h1>
            <p>{locale.say(&format!("{name}-text"))}</p>
            {first}
            <form class="form" method="post" action=chrome.path.clone()>
                {hidden}
                <div class="button-row"><button class="button button--primary">{locale.say("send-again-button")}</button></div>
            </form>
        }
        .into_any()
    })
}
