//! 「不開示」 支援措置 on the page of a case. Invariant: the mark stands above everything, for whoever reads on, or calls.

use leptos::prelude::*;

use super::case::Model;
use crate::text::Locale;

/// What the page knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonDisclosure {
    /// Whether the case is marked.
    pub is_marked: bool,
    /// Whether who reads is shown where she lives all the same.
    pub can_read: bool,
    /// Whether who reads may mark it, or take the mark away.
    pub can_mark: bool,
}

/// Above everything.
pub(super) fn notice(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let of = model.non_disclosure;
    let lead = if of.can_read { "non-disclosure-lead" } else { "non-disclosure-hidden" };
    of.is_marked.then(|| {
        view! {
            <div class="notice notice--warning">
                <h2>{locale.say("non-disclosure-title")}</h2>
                <p>{locale.say(lead)}</p>
            </div>
        }
        .into_any()
    })
}

/// The button to mark it, or to take the mark away.
pub(super) fn deed(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let of = model.non_disclosure;
    let (marked, key) = if of.is_marked { ("no", "non-disclosure-lift") } else { ("yes", "non-disclosure-mark") };
    of.can_mark.then(|| {
        view! {
            <details class="deed">
                <summary>{locale.say("non-disclosure-deed")}</summary>
                <form class="form" method="post" action=format!("/staff/cases/{}/non-disclosure", model.number)>
                    <input type="hidden" name="marked" value=marked/>
                    <p>{locale.say("non-disclosure-deed-lead")}</p>
                    <div class="button-row"><button class="button button--secondary">{locale.say(key)}</button></div>
                </form>
            </details>
        }
        .into_any()
    })
}
