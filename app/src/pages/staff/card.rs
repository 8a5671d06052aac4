//! 「基本4情報」 What the card of a filing is worth. Invariant: what it says stands in the comparison beside what was declared.

use intake::identity::is_by_proxy;
use leptos::prelude::*;

use super::case::Model;
use crate::text::Locale;

/// 「基本4情報」 Whether the card carries an acceptance.
pub(super) fn worth(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let facts = model.card?;
    let key = if is_by_proxy(model.form, model.answers) {
        "identity-card-proxy"
    } else if facts.matched(model.form, model.answers).names_the_person() {
        "identity-card-enough"
    } else {
        "identity-card-not-enough"
    };
    Some(view! { <p>{locale.say("identity-card")}"："{locale.say(key)}</p> }.into_any())
}
