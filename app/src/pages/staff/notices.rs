//! What stands above everything on the page of a case. Invariant: whoever reads on, or calls, has read it first.

use leptos::prelude::*;

use super::case::Model;
use crate::text::Locale;

/// 「仮の受付」 Above everything: whoever reads on, or calls, knows that it is not the person who filed, and may not be safe with
/// who did.
pub(super) fn by_proxy(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let state = model.proxy?;
    let lead = locale.say(&format!("staff-proxy-{state}"));
    let careful = state.is_held_by_proxy().then(|| view! { <p>{locale.say("staff-proxy-careful")}</p> });
    Some(
        view! {
            <div class="notice notice--warning">
                <h2>{locale.say("staff-proxy-title")}</h2>
                <p>{lead}</p>
                {careful}
            </div>
        }
        .into_any(),
    )
}

/// 「退会」 What is asked of her here she cannot read.
pub(super) fn closed(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    model.account_is_closed.then(|| {
        view! { <div class="notice notice--warning"><p>{locale.say("staff-account-closed")}</p></div> }.into_any()
    })
}

/// 「妊娠の終了」 Above everything: whoever reads on, or calls, knows it.
pub(super) fn pregnancy_end(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let at = model.pregnancy_ended_at?;
    Some(
        view! {
            <div class="notice notice--warning">
                <h2>{locale.with("staff-end-told", &[("at", &at.minute_in_japan())])}</h2>
                <p>{locale.say("staff-end-told-lead")}</p>
            </div>
        }
        .into_any(),
    )
}

/// 「妊娠の終了」 The button to note it, or to take it back.
pub(super) fn note_end(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let (told, key) = match model.pregnancy_ended_at {
        None => ("yes", "staff-end-note"),
        Some(_) => ("no", "staff-end-take-back"),
    };
    model.can_note_end.then(|| {
        view! {
            <details class="deed">
                <summary>{locale.say("staff-end-title")}</summary>
                <form class="form" method="post" action=format!("/staff/cases/{}/pregnancy-end", model.number)>
                    <input type="hidden" name="told" value=told/>
                    <p>{locale.say("staff-end-lead")}</p>
                    <div class="button-row"><button class="button button--secondary">{locale.say(key)}</button></div>
                </form>
            </details>
        }
        .into_any()
    })
}

/// 「取下げの申出」 Above everything: it is decided before the case goes on.
pub(super) fn withdrawal(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let asked = model.withdrawal.as_ref()?;
    let first = match &asked.first {
        Some(name) => locale.with("staff-withdrawal-first", &[("name", name)]),
        None => locale.say("staff-withdrawal-nobody"),
    };
    Some(
        view! {
            <div class="notice notice--warning">
                <h2>{locale.with("staff-withdrawal-asked", &[("at", &asked.at.minute_in_japan())])}</h2>
                <p>{first}</p>
                <p>{locale.say("staff-withdrawal-lead")}</p>
            </div>
        }
        .into_any(),
    )
}
