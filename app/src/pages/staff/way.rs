//! The way through a view of the queue: what was just done, and the case before and after. Invariant: it leads where the flow says.

use intake::{case::CommandKind, ids::ReceiptNumber};
use leptos::prelude::*;

use crate::text::Locale;

/// Where somebody is on her way.
#[derive(Default)]
pub struct Way {
    /// The view that she came from.
    pub address: Option<String>,
    /// The case before this one.
    pub previous: Option<ReceiptNumber>,
    /// The case after it.
    pub next: Option<ReceiptNumber>,
    /// What she has just done, and to which case.
    pub done: Option<(CommandKind, ReceiptNumber)>,
}

/// What was just done, with the way back to it.
#[must_use]
pub fn done(locale: Locale, way: &Way) -> Option<AnyView> {
    let (kind, number) = way.done.as_ref()?;
    let what = locale.say(&format!("history-{}", kind.as_str().replace('_', "-")));
    Some(
        view! {
            <p class="way-done" role="status" data-done="">
                <a href=format!("/staff/cases/{number}")>{number.to_string()}</a> "：" {what}
            </p>
        }
        .into_any(),
    )
}

/// The links to the case before and after.
#[must_use]
pub fn links(locale: Locale, way: &Way) -> Option<AnyView> {
    let link = |number: &ReceiptNumber, rel: &'static str, key: &str| {
        view! { <a href=format!("/staff/cases/{number}") rel=rel>{locale.say(key)}</a> }
    };
    let previous = way.previous.as_ref().map(|number| link(number, "prev", "way-previous"));
    let next = way.next.as_ref().map(|number| link(number, "next", "way-next"));
    let back = way.address.clone().map(|address| view! { <a href=address>{locale.say("way-back-to-view")}</a> });
    back.is_some()
        .then(|| view! { <nav class="way" aria-label=locale.say("way-title")>{back}{previous}{next}</nav> }.into_any())
}
