//! A page of the staff's side that says one thing: what was not done and why, and where to go on.

use intake::{case::Stage, ids::ReceiptNumber};
use leptos::prelude::*;

use super::frame::{Desk, document};

/// `GET /staff` for a role that has no queue.
#[must_use]
pub fn no_queue(desk: &Desk) -> String {
    one(desk, "staff-no-queue", "/staff", "staff-home")
}

/// An invitation that was used, or whose time is over.
#[must_use]
pub fn invitation_over(desk: &Desk) -> String {
    one(desk, "invitation-over", "/staff/sign-in", "staff-sign-in-button")
}

/// Not there, or not for who asks.
#[must_use]
pub fn not_found(desk: &Desk) -> String {
    one(desk, "staff-not-found", "/staff", "staff-home")
}

fn one(desk: &Desk, name: &str, address: &'static str, link: &str) -> String {
    let locale = desk.locale();
    let title = locale.say(&format!("{name}-title"));
    document(desk, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.say(&format!("{name}-text"))}</p>
            <p><a href=address>{locale.say(link)}</a></p>
        }
        .into_any()
    })
}

/// Somebody changed the case meanwhile: who did what, the stage it is in, and what was typed, so that nothing is lost.
#[must_use]
pub fn changed(desk: &Desk, number: &ReceiptNumber, stage: Stage, last: Option<&str>, typed: &[String]) -> String {
    let locale = desk.locale();
    let title = locale.say("staff-changed-title");
    document(desk, &title.clone(), false, || {
        let stage = locale.say(&format!("staff-stage-{stage}"));
        let kept = (!typed.is_empty()).then(|| {
            let lines = typed.iter().map(|line| view! { <li>{line.clone()}</li> }).collect_view();
            view! { <h2>{locale.say("staff-changed-typed")}</h2><ul>{lines}</ul> }
        });
        view! {
            <h1>{title}</h1>
            {last.map(|last| view! { <p><strong>{last.to_owned()}</strong></p> })}
            <p>{locale.with("staff-changed-text", &[("stage", &stage)])}</p>
            {kept}
            <p><a class="button button--primary" href=format!("/staff/cases/{number}")>{locale.say("staff-changed-open")}</a></p>
        }
        .into_any()
    })
}

/// What was sent after the session had ended: signing in beside it, then the same once more.
#[must_use]
pub fn sign_in_and_send_again(desk: &Desk, inputs: &[(String, String)]) -> String {
    let locale = desk.locale();
    let title = locale.say("session-over-title");
    document(desk, &title.clone(), false, || {
        let hidden = inputs
            .iter()
            .map(|(name, value)| view! { <input type="hidden" name=name.clone() value=value.clone()/> })
            .collect_view();
        view! {
            <h1>{title}</h1>
            <p>{locale.say("session-over-text")}</p>
            <p><a href="/staff/sign-in" target="_blank" rel="noopener">{locale.say("session-over-sign-in")}</a></p>
            <form class="form" method="post" action=desk.path()>
                {hidden}
                <div class="button-row"><button class="button button--primary">{locale.say("send-again-button")}</button></div>
            </form>
        }
        .into_any()
    })
}
