//! 「窓口でのアカウント再開」 The part of a case with which a parent at the counter gets back in. Invariant: it says in what order two
//! people do it, and shows the address to nobody.

use intake::{identity::PersonDocument, ids::ReceiptNumber, time::Instant};
use leptos::prelude::*;

use crate::text::Locale;

/// One that waits for the second person.
pub struct Proposal {
    /// Who proposed it.
    pub by: String,
    /// When.
    pub at: Instant,
    /// 「身元確認」 What was seen.
    pub person_seen: Option<PersonDocument>,
    /// Whether who reads is another person.
    pub can_confirm: bool,
}

/// What the section shows.
#[derive(Default)]
pub struct WayBack {
    /// What waits.
    pub proposal: Option<Proposal>,
    /// What was typed and not taken.
    pub typed_mail: String,
    /// What was chosen and not taken.
    pub chosen: String,
    /// Why not, as a whole sentence.
    pub error: Option<String>,
}

fn person(locale: Locale, document: PersonDocument) -> String {
    locale.say(&format!("person-{}", document.code().replace('_', "-")))
}

fn waiting(locale: Locale, number: &ReceiptNumber, proposal: &Proposal) -> AnyView {
    let seen = proposal
        .person_seen
        .map(|document| view! { <p>{locale.say("identity-person")} "：" {person(locale, document)}</p> });
    let told =
        locale.with("staff-way-back-proposed", &[("name", &proposal.by), ("at", &proposal.at.minute_in_japan())]);
    let inside = if proposal.can_confirm {
        view! {
            <form class="form" method="post" action=format!("/staff/cases/{number}/way-back-confirmed") novalidate>
                <p>{locale.say("staff-way-back-second")}</p>
                <div class="field">
                    <label class="field__label" for="way-back-code">{locale.say("code-label")}</label>
                    <div class="field__control"><input class="input" id="way-back-code" name="code" size="8" inputmode="numeric" autocomplete="off"/></div>
                </div>
                <div class="button-row"><button class="button button--primary">{locale.say("staff-way-back-confirm")}</button></div>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="field__hint">{locale.say("staff-obstacle-another-person")}</p> }.into_any()
    };
    view! { <p>{told}</p>{seen}{inside} }.into_any()
}

fn proposing(locale: Locale, number: &ReceiptNumber, model: &WayBack) -> AnyView {
    let choices = PersonDocument::ALL
        .iter()
        .copied()
        .map(|document| {
            let checked = document.code() == model.chosen;
            view! {
                <label class="choice">
                    <input type="radio" name="person" value=document.code() checked=checked/>
                    <span>{person(locale, document)}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <form class="form" method="post" action=format!("/staff/cases/{number}/way-back") novalidate>
            <p>{locale.say("staff-way-back-first")}</p>
            <fieldset class="field"><legend class="field__label">{locale.say("identity-person")}</legend>{choices}</fieldset>
            <div class="field">
                <label class="field__label" for="way-back-mail">{locale.say("account-mail-new")}</label>
                <div class="field__control"><input class="input" id="way-back-mail" name="mail" type="email" autocomplete="off" value=model.typed_mail.clone()/></div>
            </div>
            <div class="button-row"><button class="button button--secondary">{locale.say("staff-way-back-propose")}</button></div>
        </form>
    }
    .into_any()
}

/// The section; it stands open where something waits or was not taken.
pub(super) fn section(locale: Locale, number: &ReceiptNumber, model: &WayBack) -> AnyView {
    let open = model.proposal.is_some() || model.error.is_some();
    let waits = model.proposal.as_ref().map(|proposal| waiting(locale, number, proposal));
    view! {
        <details class="deed" id="way-back" open=open>
            <summary>{locale.say("staff-way-back-title")}</summary>
            {waits}
            {proposing(locale, number, model)}
        </details>
    }
    .into_any()
}
