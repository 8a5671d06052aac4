//! The demo's mail as a phone shows it. Invariant: only the demo serves it; text and headers are those that a relay would be given.

use intake::time::Instant;
use leptos::prelude::*;

use crate::chrome::{Chrome, document};

/// A mail.
pub struct Letter {
    /// When.
    pub at: Instant,
    /// From whom, as a phone names it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// The header lines, unfolded.
    pub headers: Vec<String>,
    /// The `lang` of subject and text.
    pub lang: &'static str,
}

/// A line of the text; an address in it can be tapped.
fn line(text: &str) -> AnyView {
    let Some(at) = text.find("https://").or_else(|| text.find("http://")) else {
        return view! { <p>{text.to_owned()}</p> }.into_any();
    };
    let end = text[at..].find(char::is_whitespace).map_or(text.len(), |length| at + length);
    let (before, address, behind) = (text[..at].to_owned(), text[at..end].to_owned(), text[end..].to_owned());
    view! { <p>{before}<a href=address.clone()>{address.clone()}</a>{behind}</p> }.into_any()
}

/// The page.
#[must_use]
pub fn page(chrome: &Chrome, letters: &[Letter]) -> String {
    let locale = chrome.locale;
    let title = locale.say("outbox-title");
    document(chrome, &title.clone(), false, || {
        let none = letters.is_empty().then(|| view! { <p>{locale.say("outbox-none")}</p> });
        let rows = letters
            .iter()
            .map(|letter| {
                let lines = letter.body.lines().map(line).collect_view();
                let headers = letter.headers.join("\n");
                view! {
                    <li class="card">
                        <p class="letter__from">{letter.from.clone()} <time>{locale.minute(letter.at)}</time></p>
                        <h2 lang=letter.lang>{letter.subject.clone()}</h2>
                        <p class="letter__to">{locale.say("outbox-to")} " " {letter.to.clone()}</p>
                        <div class="letter__text" lang=letter.lang>{lines}</div>
                        <details><summary>{locale.say("outbox-headers")}</summary><pre class="letter__headers">{headers}</pre></details>
                    </li>
                }
            })
            .collect_view();
        view! { <h1>{title}</h1>{none}<ul class="card-list letters">{rows}</ul> }.into_any()
    })
}
