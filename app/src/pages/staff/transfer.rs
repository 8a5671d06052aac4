//! 「ご本人への引継ぎ」 The part of a case with which a filing by a proxy becomes the person's own. Invariant: it says in what order two
//! people do it, and shows the address to nobody.

use intake::{ids::ReceiptNumber, time::Instant};
use leptos::prelude::*;

use crate::text::Locale;

/// One that waits for the second person.
pub struct Proposal {
    /// Who proposed it.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Whether who reads is another person.
    pub can_confirm: bool,
}

/// What the section shows.
#[derive(Default)]
pub struct Transfer {
    /// What waits.
    pub proposal: Option<Proposal>,
    /// What was typed and not taken.
    pub typed_mail: String,
    /// Why not, as a whole sentence.
    pub error: Option<String>,
}

fn waiting(locale: Locale, number: &ReceiptNumber, proposal: &Proposal) -> AnyView {
    let told =
        locale.with("staff-transfer-proposed", &[("name", &proposal.by), ("at", &proposal.at.minute_in_japan())]);
    let inside = if proposal.can_confirm {
        view! {
            <form class="form" method="post" action=format!("/staff/cases/{number}/transfer-confirmed") novalidate>
                <p>{locale.say("staff-transfer-second")}</p>
                <div class="field">
                    <label class="field__label" for="transfer-code">{locale.say("code-label")}</label>
                    <div class="field__control"><input class="input" id="transfer-code" name="code" size="8" inputmode="numeric" autocomplete="off"/></div>
                </div>
                <div class="button-row"><button class="button button--primary">{locale.say("staff-transfer-confirm")}</button></div>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="field__hint">{locale.say("staff-obstacle-another-person")}</p> }.into_any()
    };
    view! { <p>{told}</p>{inside} }.into_any()
}

/// The section; it stands open where something waits or was not taken.
pub(super) fn section(locale: Locale, number: &ReceiptNumber, model: &Transfer) -> AnyView {
    let open = model.proposal.is_some() || model.error.is_some();
    let waits = model.proposal.as_ref().map(|proposal| waiting(locale, number, proposal));
    view! {
        <details class="deed" id="transfer" open=open>
            <summary>{locale.say("staff-transfer-title")}</summary>
            {waits}
            <form class="form" method="post" action=format!("/staff/cases/{number}/transfer") novalidate>
                <p>{locale.say("staff-transfer-first")}</p>
                <div class="field">
                    <label class="field__label" for="transfer-mail">{locale.say("staff-transfer-mail")}</label>
                    <div class="field__control"><input class="input" id="transfer-mail" name="mail" type="email" autocomplete="off" value=model.typed_mail.clone()/></div>
                </div>
                <div class="button-row"><button class="button button--secondary">{locale.say("staff-transfer-propose")}</button></div>
            </form>
        </details>
    }
    .into_any()
}
