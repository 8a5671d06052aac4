//! 「写真・書類」 Adding photos and files, on a page of its own and within a correction. Invariant: it works without script, as a
//! plain form; nothing that a file was called on the device is shown or kept.

use intake::{form::Paper, ids::PaperId};
use leptos::prelude::*;

use super::correct::Reason;
use crate::{
    chrome::{Chrome, document},
    text::Locale,
};

/// A photo or a file that is there.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its id.
    pub id: PaperId,
    /// Its place among those of its kind, from 1.
    pub number: usize,
    /// Whether it is a document, else a photo; none while it is coming.
    pub is_document: Option<bool>,
    /// How long it is.
    pub bytes: i64,
    /// Whether the scanner found something in it.
    pub is_quarantined: bool,
}

/// One kind of paper, with what is there of it.
pub struct Kind<'a> {
    /// What the form says of it.
    pub paper: &'a Paper,
    /// What is there.
    pub shown: Vec<Shown>,
    /// What of it was not taken: the keys of the sentences, without their `paper-refused-`.
    pub refused: Vec<&'static str>,
    /// Why the office asks for it, in its words.
    pub reason: Option<Reason>,
}

/// What the page shows.
pub struct Model<'a> {
    /// Its address, `/apply/{form}/papers`.
    pub address: String,
    /// The kinds that are asked for.
    pub kinds: Vec<Kind<'a>>,
    /// Which page it is, and of how many.
    pub of: usize,
    /// Where 「戻る」 leads.
    pub back: String,
    /// Whether to go back to 確認 afterwards.
    pub from_check: bool,
}

/// 「写真1」 「書類2」 What a photo or a file is called.
#[must_use]
pub fn name(locale: Locale, shown: &Shown) -> String {
    let key = match shown.is_document {
        Some(false) => "paper-photo",
        Some(true) => "paper-document",
        None => "paper-coming",
    };
    locale.with(key, &[("number", &shown.number.to_string())])
}

/// How long it is, in words.
#[must_use]
pub fn size(bytes: i64) -> String {
    const KILOBYTE: i64 = 1_000;
    const MEGABYTE: i64 = 1_000 * KILOBYTE;
    match bytes {
        ..MEGABYTE => format!("{} kB", (bytes + KILOBYTE - 1) / KILOBYTE),
        _ => format!("{}.{} MB", bytes / MEGABYTE, bytes % MEGABYTE * 10 / MEGABYTE),
    }
}

/// `/apply/{form}/papers`
#[must_use]
pub fn page(chrome: &Chrome, model: &Model<'_>) -> String {
    let locale = chrome.locale;
    let title = locale.say("papers-title");
    let has_error = model.kinds.iter().any(|kind| !kind.refused.is_empty());
    document(chrome, &title.clone(), has_error, || {
        let of = model.of.to_string();
        let progress = locale.with("progress", &[("number", &of), ("of", &of)]);
        let from_check = model.from_check.then(|| view! { <input type="hidden" name="from" value="check"/> });
        view! {
            <p class="progress">{progress} " " <progress value=of.clone() max=of aria-hidden="true"></progress></p>
            {summary(locale, &model.kinds)}
            <h1>{title}</h1>
            <p>{locale.say("papers-lead")}</p>
            {number_note(chrome)}
            <form class="form" method="post" action=model.address.clone() enctype="multipart/form-data" data-papers=model.address.clone()>
                {from_check}
                {default_button()}
                {kinds(locale, &model.kinds)}
                <div class="button-row">
                    <button class="button button--primary" name="then" value="next">{locale.say("next")}</button>
                    <button class="button button--secondary" name="then" value="add" data-paper-add="">{locale.say("papers-add")}</button>
                    <a class="button button--secondary" href=model.back.clone()>{locale.say("back")}</a>
                    <button class="button button--quiet" name="then" value="save">{locale.say("save-stop")}</button>
                </div>
            </form>
        }
        .into_any()
    })
}

/// What Enter presses: not the first button of the page, which would take a photo away.
fn default_button() -> AnyView {
    view! { <button class="visually-hidden" name="then" value="next" tabindex="-1" aria-hidden="true"></button> }
        .into_any()
}

/// The part of a correction that is about papers.
#[must_use]
pub fn part(chrome: &Chrome, shown: &[Kind<'_>]) -> AnyView {
    let locale = chrome.locale;
    if shown.is_empty() {
        return ().into_any();
    }
    view! { {default_button()}<h2>{locale.say("papers-title")}</h2>{number_note(chrome)}{kinds(locale, shown)} }
        .into_any()
}

/// 「個人番号」 It is not asked for here, and is easily on a photo.
fn number_note(chrome: &Chrome) -> Option<AnyView> {
    let text = chrome.my_number.is_spoken_of().then(|| chrome.locale.say("papers-number"))?;
    Some(view! { <div class="notice notice--warning"><p>{text}</p></div> }.into_any())
}

/// What was not taken, on top of the page; each line leads to its kind.
#[must_use]
pub fn summary(locale: Locale, kinds: &[Kind<'_>]) -> Option<AnyView> {
    let rows: Vec<AnyView> = kinds
        .iter()
        .flat_map(|kind| kind.refused.iter().map(move |code| (kind, *code)))
        .map(|(kind, code)| {
            let label = kind.paper.label.get(locale.code()).to_owned();
            let text = format!("{label}{}{}", locale.say("paper-colon"), refused(locale, kind, code));
            view! { <li><a href=format!("#paper-{}", kind.paper.id)>{text}</a></li> }.into_any()
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <div class="error-summary" role="alert" tabindex="-1" data-error-summary="">
                <h2>{locale.say("errors-title")}</h2>
                <ul>{rows}</ul>
            </div>
        }
        .into_any()
    })
}

/// The sentence that says why a file was not taken, and what to do.
#[must_use]
pub fn refused(locale: Locale, kind: &Kind<'_>, code: &str) -> String {
    locale.with(&format!("paper-refused-{code}"), &[("max", &kind.paper.max.to_string())])
}

fn kinds(locale: Locale, kinds: &[Kind<'_>]) -> AnyView {
    kinds.iter().map(|kind| one_kind(locale, kind)).collect_view().into_any()
}

fn one_kind(locale: Locale, kind: &Kind<'_>) -> AnyView {
    let paper = kind.paper;
    let input = format!("paper-{}", paper.id);
    let hint_id = format!("{input}-hint");
    let errors = kind
        .refused
        .iter()
        .map(|code| view! { <p class="field__error">{locale.say("error-prefix")}{refused(locale, kind, code)}</p> })
        .collect_view();
    let hint = paper.hint.as_ref().map(|hint| {
        view! { <p class="field__hint" id=hint_id.clone() lang=locale.lang_of(hint)>{hint.get(locale.code()).to_owned()}</p> }
    });
    let reason = kind.reason.as_ref().map(|reason| {
        view! { <div class="notice notice--warning"><p>{locale.say("correct-reason")} " " {reason.shown(locale)}</p></div> }
    });
    let class = if kind.refused.is_empty() { "field" } else { "field field--invalid" };
    let left = usize::try_from(paper.max).unwrap_or_default().saturating_sub(kind.shown.len());
    let choose = if left == 0 {
        view! { <p class="field__hint">{locale.with("paper-refused-many", &[("max", &paper.max.to_string())])}</p> }
            .into_any()
    } else {
        let label = locale.with("paper-choose", &[("left", &left.to_string())]);
        view! {
            <label class="paper-choose" for=input.clone()>{label}</label>
            <input class="input" type="file" id=input.clone() name=input multiple
                accept="image/jpeg,image/png,application/pdf" aria-describedby=hint.is_some().then(|| hint_id.clone())/>
        }
        .into_any()
    };
    view! {
        {reason}
        <fieldset class=class data-paper-kind=paper.id.to_string() data-sending=locale.with("paper-sending", &[("percent", "%")])
            data-waiting=locale.say("paper-waiting") data-done=locale.say("paper-done") data-heic=locale.say("paper-refused-heic")
            data-broken=locale.say("paper-refused-kind") data-first=locale.say("paper-first") data-gone=locale.say("save-session")>
            <legend class="field__label">
                <span lang=locale.lang_of(&paper.label)>{paper.label.get(locale.code()).to_owned()}</span> " " <span class="badge">{locale.say("optional")}</span>
            </legend>
            {hint}
            <div data-paper-part="">{errors}{list(locale, kind)}<div class="field__control">{choose}</div></div>
            <p class="paper-progress" data-paper-progress="" hidden><progress max="100" value="0" aria-hidden="true"></progress></p>
            <p class="paper-state" role="status" data-paper-state=""></p>
        </fieldset>
    }
    .into_any()
}

fn list(locale: Locale, kind: &Kind<'_>) -> Option<AnyView> {
    let rows = kind
        .shown
        .iter()
        .map(|one| {
            let called = name(locale, one);
            let length = one.is_document.map(|_| format!(" ({})", size(one.bytes)));
            let note = match (one.is_document, one.is_quarantined) {
                (None, _) => Some(locale.say("paper-go-on")),
                (_, true) => Some(locale.say("paper-unsafe")),
                _ => None,
            };
            let note = note.map(|text| view! { <small>{text}</small> });
            let remove = locale.say("paper-remove");
            view! {
                <li>
                    <span>{called.clone()}{length}{note}</span>
                    <button class="button button--quiet" name="then" value=format!("remove:{}", one.id)>
                        {remove}<span class="visually-hidden">{locale.say("paper-colon")}{called}</span>
                    </button>
                </li>
            }
        })
        .collect_view();
    (!kind.shown.is_empty()).then(|| view! { <ul class="paper-list">{rows}</ul> }.into_any())
}

/// What 確認 shows of them: every kind, by numbers.
#[must_use]
pub fn on_check(locale: Locale, address: &str, kinds: &[Kind<'_>]) -> Option<AnyView> {
    if kinds.is_empty() {
        return None;
    }
    let title = locale.say("papers-title");
    let rows = kinds
        .iter()
        .map(|kind| {
            let names: Vec<String> = kind.shown.iter().map(|one| name(locale, one)).collect();
            let text = if names.is_empty() { locale.say("paper-none") } else { names.join(&locale.say("comma")) };
            let is_coming = kind.shown.iter().any(|one| one.is_document.is_none());
            let note = is_coming.then(|| view! { <p class="field__error">{locale.say("paper-go-on")}</p> });
            view! {
                <div class="summary-list__row">
                    <dt class="summary-list__key" lang=locale.lang_of(&kind.paper.label)>{kind.paper.label.get(locale.code()).to_owned()}</dt>
                    <dd class="summary-list__value">{text}{note}</dd>
                </div>
            }
        })
        .collect_view();
    Some(
        view! {
            <section>
                <h2>{title.clone()}</h2>
                <dl class="summary-list">{rows}</dl>
                <p><a href=format!("{address}?from=check")>{locale.say("change")}<span class="visually-hidden">"："{title}</span></a></p>
            </section>
        }
        .into_any(),
    )
}

/// How many were sent, for the receipt and the page of a filing.
#[must_use]
pub fn sent(locale: Locale, count: usize) -> Option<AnyView> {
    (count > 0).then(|| view! { <p>{locale.with("papers-sent", &[("count", &count.to_string())])}</p> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_in_the_unit_that_fits() {
        assert_eq!(["1 kB", "999 kB", "1.0 MB", "5.9 MB"], [1, 999_000, 1_000_000, 5_999_999].map(size));
    }
}
