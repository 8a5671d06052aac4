//! 「写真・書類」 The papers of a case. Invariant: each opens apart from the page of the case, and only what may be opened is a link.

use leptos::prelude::*;

use super::case::Model;
use crate::text::Locale;

/// 「写真・書類」 By their numbers; each opens on a page without any script.
pub(super) fn papers(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let rows = (1_usize..)
        .zip(&model.papers)
        .map(|(number, paper)| {
            let key = if paper.is_document { "paper-document" } else { "paper-photo" };
            let called = Locale::Ja.with(key, &[("number", &number.to_string())]);
            let name = if paper.can_be_opened {
                let address = format!("/staff/cases/{}/papers/{}", model.number, paper.id);
                let target = (!paper.is_document).then_some("_blank");
                view! { <a href=address target=target rel="noopener">{called}</a> }.into_any()
            } else {
                view! { {called} }.into_any()
            };
            let is_new = paper.rev > 1 && paper.rev == model.rev;
            let new = is_new.then(|| view! { " " <span class="badge badge--flag">{locale.say("staff-changed-answer")}</span> });
            let state = locale.say(paper.state);
            let size = crate::pages::papers::size(paper.bytes);
            view! {
                <li><span lang="ja">{paper.label.clone()}"："{name}</span> " (" {size} ") " <span class="badge">{state}</span>{new}</li>
            }
        })
        .collect_view();
    (!model.papers.is_empty())
        .then(|| view! { <section id="papers"><h2>{locale.say("papers-title")}</h2><ul class="staff-papers">{rows}</ul></section> }.into_any())
}
