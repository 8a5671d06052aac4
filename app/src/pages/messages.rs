//! 「市との連絡」 Messages on a case, for both sides. Invariant: what was typed and not taken stands in the field again; the page
//! has a token of its own, so that one press is one message.

use intake::{message::LONGEST, time::Instant};
use leptos::prelude::*;

use crate::{fields::text_area_of, text::Locale};

/// A message.
pub struct Message {
    /// Who wrote it, as who reads the page calls them.
    pub by: String,
    /// Whether it was who reads the page.
    pub is_own: bool,
    /// The text.
    pub text: String,
    /// When.
    pub sent_at: Instant,
    /// When the other side was shown it first.
    pub read_at: Option<Instant>,
}

/// All messages of a case, and the field for another one.
pub struct Messages {
    /// Oldest first.
    pub all: Vec<Message>,
    /// Where a new one is sent.
    pub action: String,
    /// Names this page.
    pub token: String,
    /// What was typed and not taken.
    pub typed: String,
    /// Why not, as a whole sentence.
    pub error: Option<String>,
    /// 「個人番号」 Whether pages speak of it.
    pub speaks_of_number: bool,
}

/// The id of the field.
pub const FIELD: &str = "message";

fn item(locale: Locale, message: &Message) -> AnyView {
    let read = match (message.is_own, message.read_at) {
        (true, Some(at)) => Some(locale.with("message-read", &[("at", &locale.minute(at))])),
        (true, None) => Some(locale.say("message-unread")),
        (false, _) => None,
    };
    let read = read.map(|text| view! { <p class="message__read">{text}</p> });
    view! {
        <li class=if message.is_own { "message message--own" } else { "message" }>
            <p class="message__by"><strong>{message.by.clone()}</strong> " " <time>{locale.minute(message.sent_at)}</time></p>
            <p class="message__text" translate="no">{message.text.clone()}</p>
            {read}
        </li>
    }
    .into_any()
}

/// The section of a page; `lead` is a whole sentence.
#[must_use]
pub fn section(locale: Locale, lead: String, messages: &Messages) -> AnyView {
    let none = messages.all.is_empty().then(|| view! { <p>{locale.say("messages-none")}</p> });
    let items = messages.all.iter().map(|message| item(locale, message)).collect_view();
    let list = (!messages.all.is_empty()).then(|| view! { <ol class="message-list">{items}</ol> });
    let error = messages.error.as_ref().map(|text| {
        view! { <p class="field__error" id="message-error">{locale.say("error-prefix")}{text.clone()}</p> }
    });
    let described = if messages.error.is_some() { "message-hint message-error" } else { "message-hint" };
    let hint = if messages.speaks_of_number { "message-hint" } else { "my-number-hint-off" };
    let field = text_area_of(FIELD, &messages.typed, None, Some(described.to_owned()), messages.error.is_some());
    let class = if messages.error.is_some() { "field field--invalid" } else { "field" };
    view! {
        <section id="messages" class="messages">
            <h2>{locale.say("messages-title")}</h2>
            <p>{lead}</p>
            {none}{list}
            <form class="form" method="post" action=messages.action.clone() novalidate>
                <input type="hidden" name="token" value=messages.token.clone() autocomplete="off"/>
                <div class=class>
                    <label class="field__label" for=FIELD>{locale.say("message-label")}</label>
                    <p class="field__hint" id="message-hint">{locale.with(hint, &[("longest", &LONGEST.to_string())])}</p>
                    {error}
                    <div class="field__control">{field}</div>
                </div>
                <div class="button-row"><button class="button button--secondary">{locale.say("message-send")}</button></div>
            </form>
        </section>
    }
    .into_any()
}
