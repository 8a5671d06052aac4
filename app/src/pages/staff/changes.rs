//! 「変更」 What each revision changed, and every revision whole (`controls.md` R10). Invariant: what was filed first can always be
//! read, beside who changed it, when and why.

use std::collections::BTreeSet;

use intake::{
    answers::{RawAnswers, parse},
    ids::FieldId,
    time::Instant,
};
use leptos::prelude::*;

use super::{answers::is_item, case::Model, marks::marked};
use crate::{pages::check::shown, text::Locale};

/// One revision of the answers.
pub struct Revision<'a> {
    /// Its number, from 1.
    pub rev: i64,
    /// When it came.
    pub at: Instant,
    /// The name of a member of staff who made it; none for the parent and the portal.
    pub staff: Option<String>,
    /// Whether it was the parent.
    pub by_parent: bool,
    /// What was answered before it.
    pub before: Option<&'a RawAnswers>,
    /// What is answered in it.
    pub raw: &'a RawAnswers,
    /// The fields that it changed.
    pub fields: Vec<FieldId>,
}

/// The fields that changed since who reads saw the case last; of the newest revision where she sees it for the first time.
pub(super) fn changed(model: &Model<'_>) -> BTreeSet<FieldId> {
    let since = model.seen_rev.filter(|seen| *seen < model.rev).unwrap_or(model.rev - 1);
    model.revisions.iter().filter(|it| it.rev > since).flat_map(|it| it.fields.iter().cloned()).collect()
}

fn who(locale: Locale, revision: &Revision<'_>) -> String {
    match (&revision.staff, revision.by_parent) {
        (Some(name), _) => name.clone(),
        (None, true) => locale.say("history-parent"),
        (None, false) => locale.say("history-portal"),
    }
}

fn heading(locale: Locale, revision: &Revision<'_>) -> String {
    let (rev, at, who) = (revision.rev.to_string(), revision.at.minute_in_japan(), who(locale, revision));
    locale.with("changes-revision", &[("rev", &rev), ("at", &at), ("who", &who)])
}

/// Old and new of each field that a revision changed.
fn table(locale: Locale, model: &Model<'_>, revision: &Revision<'_>) -> Option<AnyView> {
    let before = revision.before?;
    let none = || locale.say("not-answered");
    let rows: Vec<AnyView> = revision
        .fields
        .iter()
        .filter_map(|id| model.form.field(id))
        .filter(|(_, field)| !is_item(field))
        .map(|(_, field)| {
            let text = |raw| shown(Locale::Ja, field, raw).unwrap_or_else(none);
            let [old, new] = marked(&text(before), &text(revision.raw));
            view! {
                <tr>
                    <th scope="row" lang="ja">{field.label.get("ja").to_owned()}</th>
                    <td lang="ja" data-label=locale.say("changes-old")>{old}</td>
                    <td lang="ja" data-label=locale.say("changes-new")>{new}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let shown = if rows.is_empty() {
        view! { <p>{locale.say("changes-none")}</p> }.into_any()
    } else {
        view! {
            <table class="compare">
                <thead><tr><th scope="col">{locale.say("changes-field")}</th><th scope="col">{locale.say("changes-old")}</th><th scope="col">{locale.say("changes-new")}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    Some(shown)
}

/// A whole revision, as it would be read then.
fn whole(locale: Locale, model: &Model<'_>, revision: &Revision<'_>) -> AnyView {
    let (answers, _) = parse(model.form, revision.raw, revision.at.date_in_japan());
    let is_asked = |condition: &Option<intake::form::Condition>| condition.as_ref().is_none_or(|it| it.holds(&answers));
    let asked =
        model.form.fields().filter(|(page, field)| is_asked(&page.when) && is_asked(&field.when) && !is_item(field));
    let rows = asked
        .map(|(_, field)| {
            let text = shown(Locale::Ja, field, revision.raw).unwrap_or_else(|| locale.say("not-answered"));
            view! {
                <div class="summary-list__row">
                    <dt class="summary-list__key">{field.label.get("ja").to_owned()}</dt>
                    <dd class="summary-list__value">{text}</dd>
                </div>
            }
        })
        .collect_view();
    let name = locale.with("changes-whole", &[("rev", &revision.rev.to_string())]);
    view! { <details class="deed"><summary>{name}</summary><dl class="summary-list" lang="ja">{rows}</dl></details> }
        .into_any()
}

/// The changes, the newest first; nothing where nothing was changed, and for who does not read what is private.
pub(super) fn section(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    if model.revisions.len() < 2 || model.hides_private {
        return None;
    }
    let unseen = model.seen_rev.filter(|seen| *seen < model.rev).map(|seen| {
        view! { <div class="notice notice--warning"><p>{locale.with("changes-since-seen", &[("rev", &seen.to_string())])}</p></div> }
    });
    let all = model
        .revisions
        .iter()
        .rev()
        .map(|revision| {
            view! { <h3>{heading(locale, revision)}</h3>{table(locale, model, revision)}{whole(locale, model, revision)} }
        })
        .collect_view();
    Some(view! { <section id="changes"><h2>{locale.say("changes-title")}</h2>{unseen}{all}</section> }.into_any())
}
