//! 「同じ方・重複の可能性」 What a case says of others beside it, and what it belongs to. Invariant: each pair is named with why it was
//! found, and leads to the page on which a person says what they are; nothing here decides.

use intake::{
    duplicate::{PairState, Reason},
    ids::ReceiptNumber,
    time::Instant,
};
use leptos::prelude::*;

use super::case::{Model, Related, rows};
use crate::text::Locale;

/// A pair, as one of its cases shows it.
pub struct ShownPair {
    /// The other case.
    pub other: Related,
    /// Why it was found.
    pub reasons: Vec<Reason>,
    /// What a person has said.
    pub state: PairState,
    /// Joined: whether it is the other that stands.
    pub other_stands: bool,
    /// Who has said so, and when.
    pub settled: Option<(String, Instant)>,
}

/// 「結び付け」 What a case may belong to, and what may belong to it.
#[derive(Default)]
pub struct Ties {
    /// Filings that this one may follow instead.
    pub follows: Vec<Related>,
    /// Filings that may follow this one.
    pub followers: Vec<Related>,
}

/// Why two filings may be of one person, in words.
pub(super) fn reasons(locale: Locale, reasons: &[Reason]) -> String {
    let words: Vec<String> = reasons.iter().map(|reason| locale.say(&format!("pair-reason-{reason}"))).collect();
    words.join("、")
}

/// The address at which two cases stand side by side.
pub(super) fn address(number: &ReceiptNumber, other: &ReceiptNumber) -> String {
    format!("/staff/cases/{number}/beside/{other}")
}

/// What a person has said of a pair, as a sentence.
pub(super) fn verdict(
    locale: Locale,
    state: PairState,
    other_stands: bool,
    settled: Option<&(String, Instant)>,
) -> String {
    let key = match (state, other_stands) {
        (PairState::Open, _) => "pair-open",
        (PairState::Apart, _) => "pair-apart",
        (PairState::Joined, true) => "pair-other-stands",
        (PairState::Joined, false) => "pair-this-stands",
    };
    match settled {
        Some((name, at)) => locale.with(key, &[("name", name), ("at", &at.minute_in_japan())]),
        None => locale.say(key),
    }
}

/// Above the answers: whoever decides compares first. It warns only while something is to be said, or the other stands.
pub(super) fn section(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    if model.same_person.is_empty() {
        return None;
    }
    let all = model.same_person.iter().map(|pair| {
        let why = locale.with("pair-why", &[("reasons", &reasons(locale, &pair.reasons))]);
        let said = verdict(locale, pair.state, pair.other_stands, pair.settled.as_ref());
        let beside = pair.other.is_open.then(|| {
            let name = locale.with("pair-beside", &[("number", &pair.other.number.to_string())]);
            view! { <p><a class="button button--secondary" href=address(model.number, &pair.other.number)>{name}</a></p> }
        });
        let other = rows(locale, std::slice::from_ref(&pair.other));
        view! { <ul>{other}</ul><p>{why}</p><p><strong>{said}</strong></p>{beside} }
    });
    let matters = |pair: &ShownPair| pair.state == PairState::Open || pair.other_stands;
    let look = if model.same_person.iter().any(matters) { "notice notice--warning" } else { "notice" };
    Some(
        view! {
            <section class=look id="same-person">
                <h2>{locale.say("same-person-title")}</h2>
                <p>{locale.say("same-person-lead")}</p>
                {all.collect_view()}
            </section>
        }
        .into_any(),
    )
}

/// 「結び付け」 What it may belong to, each with a button, and what may belong to it.
pub(super) fn ties(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let Ties { follows, followers } = &model.ties;
    let may_follow = (!follows.is_empty()).then(|| {
        let all = follows.iter().map(|one| {
            let number = one.number.to_string();
            let button = locale.with("tie-button", &[("number", &number)]);
            view! {
                {rows(locale, std::slice::from_ref(one))}
                <form method="post" action=format!("/staff/cases/{}/tie", model.number)>
                    <input type="hidden" name="version" value=model.version.to_string()/>
                    <input type="hidden" name="to" value=number/>
                    <button class="button button--secondary">{button}</button>
                </form>
            }
        });
        view! { <h3>{locale.say("tie-follows")}</h3><ul>{all.collect_view()}</ul> }
    });
    let may_be_followed = (!followers.is_empty()).then(|| {
        view! { <h3>{locale.say("tie-followers")}</h3><ul>{rows(locale, followers)}</ul> }
    });
    (may_follow.is_some() || may_be_followed.is_some()).then(|| {
        view! {
            <section id="ties">
                <h2>{locale.say("tie-title")}</h2>
                <p>{locale.say("tie-lead")}</p>
                {may_follow}{may_be_followed}
            </section>
        }
        .into_any()
    })
}
