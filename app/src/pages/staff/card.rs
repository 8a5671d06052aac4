//! 「基本4情報」 What the card of a filing says. Invariant: every fact stands beside what was declared, and what differs is marked.

use intake::{
    card::{CardFact, CardFacts, Likeness},
    identity::is_by_proxy,
};
use leptos::prelude::*;

use super::case::Model;
use crate::{pages::check::shown, text::Locale};

/// 「基本4情報」 The card beside what was declared, differences marked.
pub(super) fn beside(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let facts = model.card?;
    let rows = CardFact::ALL.into_iter().filter_map(|fact| row(locale, model, facts, fact)).collect_view();
    let key = if is_by_proxy(model.form, model.answers) {
        "identity-card-proxy"
    } else if facts.matched(model.form, model.answers).names_the_person() {
        "identity-card-enough"
    } else {
        "identity-card-not-enough"
    };
    Some(
        view! { <h4>{locale.say("identity-card")}</h4><dl class="summary-list">{rows}</dl><p>{locale.say(key)}</p> }
            .into_any(),
    )
}

fn row(locale: Locale, model: &Model<'_>, facts: &CardFacts, fact: CardFact) -> Option<AnyView> {
    let name = fact.as_str();
    let text = facts.text(fact)?;
    let text = if fact == CardFact::Sex { locale.say(&format!("identity-card-sex-{text}")) } else { text };
    let declared = fact.asked_as().and_then(|asked| model.form.person_field(asked));
    let declared = declared.and_then(|field| shown(Locale::Ja, field, model.raw));
    let likeness = facts.likeness(fact, model.form, model.answers);
    let (key, is_marked) = match likeness {
        Some(Likeness::Same) => ("identity-card-same", false),
        Some(Likeness::SameBySearchKey) => ("identity-card-same-by-search-key", true),
        Some(Likeness::Different) => ("identity-card-different", true),
        None => ("identity-card-not-declared", false),
    };
    let class = if is_marked { "badge badge--flag" } else { "badge" };
    // What agrees to the byte stands there once.
    let declared = declared.filter(|_| is_marked).map(|text| {
        view! { <br/><span lang="ja">{locale.with("identity-card-declared", &[("text", &text)])}</span> }
    });
    Some(
        view! {
            <div class="summary-list__row">
                <dt class="summary-list__key">{locale.say(&format!("identity-card-fact-{name}"))} " " <span class=class>{locale.say(key)}</span></dt>
                <dd class="summary-list__value"><span lang="ja">{text}</span>{declared}</dd>
            </div>
        }
        .into_any(),
    )
}
