//! 「職員のメモ」 Notes of the staff on a case. Invariant: what was typed and not written stands in the field again, one's own and what
//! came along with the case, each under the name of who typed it.

use intake::{
    ids::{ReceiptNumber, StaffId},
    note::LONGEST,
    time::Instant,
};
use leptos::prelude::*;

use crate::{fields::text_area_of, text::Locale};

/// A note.
pub struct Note {
    /// The name of who wrote it.
    pub by: String,
    /// The name of who had begun it, when that was somebody else.
    pub drafted_by: Option<String>,
    /// The text.
    pub text: String,
    /// When.
    pub written_at: Instant,
}

/// A draft that came along with the case.
pub struct Inherited {
    /// Who typed it.
    pub from: StaffId,
    /// Her name.
    pub name: String,
    /// The text.
    pub text: String,
    /// When it was saved; it names this saving.
    pub saved_at: Instant,
}

/// All notes of a case, and what is being typed.
pub struct Notes {
    /// Oldest first.
    pub all: Vec<Note>,
    /// What came along with the case.
    pub inherited: Vec<Inherited>,
    /// Names this page.
    pub token: String,
    /// What was typed.
    pub typed: String,
    /// When that was saved, if it was.
    pub saved_at: Option<Instant>,
    /// Why it was not taken, as a whole sentence.
    pub error: Option<String>,
}

/// The id of the field.
pub const FIELD: &str = "note";

/// The name of the field of a draft that came along.
#[must_use]
pub fn field_of(from: StaffId) -> String {
    format!("note-of-{from}")
}

fn item(locale: Locale, note: &Note) -> AnyView {
    let begun = note.drafted_by.as_ref().map(|name| view! { " " {locale.with("note-begun-by", &[("name", name)])} });
    view! {
        <li class="message">
            <p class="message__by"><strong>{note.by.clone()}</strong>{begun} " " <time>{note.written_at.minute_in_japan()}</time></p>
            <p class="message__text" translate="no" lang="ja">{note.text.clone()}</p>
        </li>
    }
    .into_any()
}

/// What somebody else had typed when the case was taken over: it is a note only when somebody says so.
fn inherited(locale: Locale, number: &ReceiptNumber, token: &str, draft: &Inherited) -> AnyView {
    let id = field_of(draft.from);
    let label = locale.with("note-inherited", &[("name", &draft.name), ("at", &draft.saved_at.minute_in_japan())]);
    view! {
        <form class="form notice" method="post" action=format!("/staff/cases/{number}/notes")>
            <input type="hidden" name="token" value=token.to_owned() autocomplete="off"/>
            <input type="hidden" name="from" value=draft.from.to_string()/>
            <input type="hidden" name="since" value=draft.saved_at.micros().to_string() autocomplete="off"/>
            <div class="field">
                <label class="field__label" for=id.clone()>{label}</label>
                <div class="field__control">{text_area_of(&id, &draft.text, Some("off".to_owned()), None, false)}</div>
            </div>
            <div class="button-row">
                <button class="button button--secondary" name="then" value="write">{locale.say("note-write-inherited")}</button>
                <button class="button button--quiet" name="then" value="discard">{locale.say("note-discard")}</button>
            </div>
        </form>
    }
    .into_any()
}

/// The section of a case's page. The script saves the draft while it is typed; without script a button does.
#[must_use]
pub fn section(locale: Locale, number: &ReceiptNumber, notes: &Notes) -> AnyView {
    let action = format!("/staff/cases/{number}/notes");
    let items = notes.all.iter().map(|note| item(locale, note)).collect_view();
    let list = (!notes.all.is_empty()).then(|| view! { <ol class="message-list">{items}</ol> });
    let came = notes.inherited.iter().map(|draft| inherited(locale, number, &notes.token, draft)).collect_view();
    let error = notes.error.as_ref().map(|text| {
        view! { <p class="field__error" id="note-error">{locale.say("error-prefix")}{text.clone()}</p> }
    });
    let described = if notes.error.is_some() { "note-hint note-error" } else { "note-hint" };
    let class = if notes.error.is_some() { "field field--invalid" } else { "field" };
    let typed =
        text_area_of(FIELD, &notes.typed, Some("off".to_owned()), Some(described.to_owned()), notes.error.is_some());
    let kept = notes.saved_at.map(|at| locale.with("note-draft-from", &[("at", &at.minute_in_japan())]));
    view! {
        <section id="notes" class="messages">
            <h2>{locale.say("note-title")}</h2>
            {list}{came}
            <form class="form" method="post" action=action.clone() data-note=format!("{action}/save") novalidate>
                <input type="hidden" name="token" value=notes.token.clone() autocomplete="off"/>
                <input type="hidden" name="since" value=notes.saved_at.map(|at| at.micros().to_string()).unwrap_or_default() autocomplete="off"/>
                <div class=class>
                    <label class="field__label" for=FIELD>{locale.say("note-label")}</label>
                    <p class="field__hint" id="note-hint">{locale.with("note-hint", &[("longest", &LONGEST.to_string())])}</p>
                    {error}
                    <div class="field__control">{typed}</div>
                    <p class="field__hint" role="status" data-note-state="" data-saved=locale.say("note-draft-kept")
                        data-elsewhere=locale.say("note-draft-elsewhere") data-failed=locale.say("note-draft-failed")
                        data-over=locale.say("note-draft-over")>{kept}</p>
                </div>
                <div class="button-row">
                    <button class="button button--secondary" name="then" value="write">{locale.say("note-write")}</button>
                    <button class="button button--quiet" name="then" value="draft">{locale.say("note-keep-draft")}</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}
