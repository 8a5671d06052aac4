//! The demo's mail as sent. Invariant: only the demo serves it.

use intake::time::Instant;
use leptos::prelude::*;

use crate::chrome::{Chrome, document};

/// A mail.
pub struct Letter {
    /// When.
    pub at: Instant,
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
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
                let lines = letter.body.lines().map(|line| view! { <p>{line.to_owned()}</p> }).collect_view();
                view! {
                    <li class="card">
                        <h2>{letter.subject.clone()}</h2>
                        <p>{locale.minute(letter.at)} " → " {letter.to.clone()}</p>
                        {lines}
                    </li>
                }
            })
            .collect_view();
        view! { <h1>{title}</h1>{none}<ul class="card-list">{rows}</ul> }.into_any()
    })
}
