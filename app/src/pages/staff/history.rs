//! 「履歴」 What happened to a case, in words. Invariant: every step says who, what and when.

use leptos::prelude::*;

use super::case::{Detail, Model};
use crate::text::Locale;

pub(super) fn history(locale: Locale, model: &Model<'_>) -> AnyView {
    let steps = model
        .history
        .iter()
        .map(|step| {
            let who = match (&step.staff, step.by_parent) {
                (Some(name), _) => name.clone(),
                (None, true) => locale.say("history-parent"),
                (None, false) => locale.say("history-portal"),
            };
            let what = locale.say(&format!("history-{}", step.command.replace('_', "-")));
            view! { <li><time>{step.at.minute_in_japan()}</time><p>{who}"："{what}</p>{detail(locale, model, &step.detail)}</li> }
        })
        .collect_view();
    view! { <section><h2>{locale.say("staff-history")}</h2><ol class="history">{steps}</ol></section> }.into_any()
}

fn detail(locale: Locale, model: &Model<'_>, detail: &Detail) -> Option<AnyView> {
    match detail {
        Detail::None => None,
        Detail::Decline(reason) => {
            let text = locale.say(&format!("decline-{}", reason.as_str().replace('_', "-")));
            Some(view! { <p>{text}</p> }.into_any())
        }
        Detail::SendBack(request) => {
            let lines = request
                .fields
                .iter()
                .map(|(field, reason)| view! { <li>{model.label(field)}"："{reason.clone()}</li> })
                .collect_view();
            let due = locale.with("queue-due", &[("day", &request.answer_by.to_string())]);
            Some(view! { <ul>{lines}</ul><p>{due}</p> }.into_any())
        }
    }
}
