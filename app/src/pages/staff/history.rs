//! 「履歴」 What happened to a case, in words. Invariant: every step says who, what and when.

use intake::identity::{Fact, Finding};
use leptos::prelude::*;

use super::{
    case::{Detail, Model},
    comparison,
};
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
        Detail::Compared(compared) => {
            let with = comparison::with_what(locale, compared.with);
            let differs = Fact::ALL.iter().filter(|fact| compared.findings.on(**fact) == Finding::Different);
            let differs = differs.map(|fact| comparison::name(locale, *fact)).collect::<Vec<_>>();
            let found = if differs.is_empty() {
                locale.with("history-compared-same", &[("with", &with)])
            } else {
                locale.with("history-compared-different", &[("with", &with), ("facts", &differs.join("、"))])
            };
            Some(view! { <p>{found}</p> }.into_any())
        }
        Detail::Amend(fields, reason, note) => {
            let fields = fields.iter().map(|field| model.label(field)).collect::<Vec<_>>().join("、");
            let reason = locale.say(&format!("amend-reason-{reason}"));
            let note = (!note.is_empty()).then(|| view! { <p lang="ja">{note.clone()}</p> });
            Some(view! { <p><span lang="ja">{fields}</span>"："{reason}</p>{note} }.into_any())
        }
        Detail::Settled(fact, because) => Some(
            view! { <p>{comparison::name(locale, *fact)}"："<span lang="ja">{because.clone()}</span></p> }.into_any(),
        ),
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
