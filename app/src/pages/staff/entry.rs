//! 「窓口代行入力」 A form that was handed in on paper is typed in by staff. Invariant: its pages are those of the parent, with her
//! fields, helpers and errors; what belongs to the paper alone stands beside them.

use intake::{
    answers::{Answers, RawAnswers},
    form::{Field, Form, Page},
    identity::NumberDocument,
    ids::{DraftId, FieldId, FormId, ReceiptNumber},
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use super::{
    command::{persons, radios, without_photo},
    frame::{Desk, document, error_summary},
};
use crate::{
    pages::{
        check::shown,
        conflict::{self, Conflict},
        form, receipt,
    },
    text::Locale,
};

/// A form that can be begun.
pub struct Offered {
    /// The form.
    pub id: FormId,
    /// What it is called, in Japanese.
    pub title: String,
}

/// What somebody is typing in.
pub struct Draft {
    /// The form.
    pub id: FormId,
    /// What it is called, in Japanese.
    pub title: String,
    /// The last save.
    pub updated_at: Instant,
    /// The day on which it is removed.
    pub ends_on: CivilDate,
}

/// What somebody typed in.
pub struct Typed {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// What it is called, in Japanese.
    pub title: String,
    /// When it arrived.
    pub filed_at: Instant,
    /// Whether another person has checked it.
    pub is_checked: bool,
    /// Whether it can be opened: its content is not erased.
    pub is_open: bool,
}

/// All that a member of staff sees of her own typing in.
pub struct Overview {
    /// What can be begun.
    pub forms: Vec<Offered>,
    /// What is being typed in.
    pub drafts: Vec<Draft>,
    /// What was put right and not read.
    pub news: Vec<Typed>,
    /// What was typed in.
    pub typed: Vec<Typed>,
}

/// `/staff/entry`
#[must_use]
pub fn overview(desk: &Desk, model: &Overview) -> String {
    let locale = desk.locale();
    let title = locale.say("entry-title");
    document(desk, &title.clone(), false, || {
        let news = (!model.news.is_empty()).then(|| {
            view! {
                <section class="notice notice--warning">
                    <h2>{locale.say("entry-news")}</h2>
                    <p>{locale.say("entry-news-lead")}</p>
                    <ul>{lines(locale, &model.news)}</ul>
                </section>
            }
        });
        let drafts = (!model.drafts.is_empty()).then(|| {
            let rows = model.drafts.iter().map(|draft| going_on(locale, draft)).collect_view();
            view! { <section><h2>{locale.say("entry-drafts")}</h2>{rows}</section> }
        });
        let is_begun = |form: &&Offered| model.drafts.iter().all(|draft| draft.id != form.id);
        let forms = model
            .forms
            .iter()
            .filter(is_begun)
            .map(|form| {
                view! {
                    <form method="post" action=format!("/staff/entry/{}", form.id)>
                        <button class="button button--primary" lang="ja">{form.title.clone()}</button>
                    </form>
                }
            })
            .collect_view();
        let typed = (!model.typed.is_empty()).then(|| {
            view! { <section><h2>{locale.say("entry-typed")}</h2><ul>{lines(locale, &model.typed)}</ul></section> }
        });
        view! {
            <h1>{title}</h1>
            <p>{locale.say("entry-lead")}</p>
            {news}{drafts}
            <section><h2>{locale.say("entry-forms")}</h2><div class="button-row">{forms}</div></section>
            {typed}
        }
        .into_any()
    })
}

fn going_on(locale: Locale, draft: &Draft) -> AnyView {
    let address = format!("/staff/entry/{}", draft.id);
    let (at, day) = (draft.updated_at.minute_in_japan(), draft.ends_on.to_string());
    view! {
        <div class="card">
            <h3 lang="ja">{draft.title.clone()}</h3>
            <p>{locale.with("entry-draft-saved", &[("at", &at), ("day", &day)])}</p>
            <div class="button-row">
                <form method="post" action=address.clone()><button class="button button--primary">{locale.say("entry-go-on")}</button></form>
                <form method="post" action=format!("{address}/discard")><button class="button button--quiet">{locale.say("entry-discard")}</button></form>
            </div>
        </div>
    }
    .into_any()
}

fn lines(locale: Locale, all: &[Typed]) -> AnyView {
    all.iter()
        .map(|one| {
            let number = one.number.to_string();
            let name = if one.is_open {
                view! { <a href=format!("/staff/cases/{number}")>{one.title.clone()} " " {number.clone()}</a> }
                    .into_any()
            } else {
                view! { {one.title.clone()} " " {number} }.into_any()
            };
            let state = locale.say(if one.is_checked { "entry-checked" } else { "entry-not-checked" });
            let filed = locale.with("cases-filed", &[("at", &one.filed_at.minute_in_japan())]);
            view! { <li><span lang="ja">{name}</span> " " <span class="badge">{state}</span> " " {filed}</li> }
        })
        .collect_view()
        .into_any()
}

/// What the inputs of a mark are called: no field of a form has such a name.
pub const BLANK: &str = "entry:blank";

/// A page of the form, as the parent has it, with a mark below what the paper may leave blank.
#[must_use]
pub fn page(desk: &Desk, model: &form::Model<'_>, blank: &[FieldId], can_be_blank: impl Fn(&Field) -> bool) -> String {
    let locale = desk.locale();
    let title = format!("{} – {}", locale.say("entry-title"), model.page.title.get("ja"));
    let action = format!("/staff/entry/{}/{}", model.form.id, model.page.id);
    document(desk, &title, !model.errors.is_empty(), || {
        let mark = |field: &Field| {
            can_be_blank(field).then(|| {
                let (id, checked) = (format!("blank-{}", field.id), blank.contains(&field.id));
                let label = field.label.get("ja").to_owned();
                view! {
                    <label class="choice"><input type="checkbox" id=id name=BLANK value=field.id.to_string() checked=checked/><span>{Locale::Ja.say("entry-blank-mark")}<span class="visually-hidden">"："{label}</span></span></label>
                }
                .into_any()
            })
        };
        view! {
            <p><span class="badge">{locale.say("channel-counter")}</span> " " <span lang="ja">{model.form.title.get("ja").to_owned()}</span></p>
            <div class="entry-page" lang="ja">{form::inside(Locale::Ja, model, &action, mark)}</div>
        }
        .into_any()
    })
}

/// Another tab was faster.
#[must_use]
pub fn conflict(desk: &Desk, model: &Conflict<'_>) -> String {
    let title = Locale::Ja.say("conflict-title");
    document(desk, &title, true, || {
        view! { <div class="entry-page" lang="ja">{conflict::inside(Locale::Ja, model)}</div> }.into_any()
    })
}

/// The last page: all that was typed, and what is said of the paper.
pub struct End<'a> {
    /// The form.
    pub form: &'a Form,
    /// The pages on the way.
    pub pages: Vec<&'a Page>,
    /// What was typed.
    pub raw: &'a RawAnswers,
    /// The same, parsed.
    pub answers: &'a Answers,
    /// 「未記入」
    pub blank: &'a [FieldId],
    /// What was typed on this very page.
    pub end: &'a RawAnswers,
    /// The draft that is sent.
    pub draft: DraftId,
    /// Today, in Japan.
    pub today: CivilDate,
    /// 「個人番号」 Whether it is spoken of.
    pub takes_number: bool,
    /// 「代理人」 Whether somebody else handed it in.
    pub is_by_proxy: bool,
    /// Why it was not taken, and the input to go to.
    pub error: Option<(String, &'static str)>,
}

/// `/staff/entry/{form}/check`
#[must_use]
pub fn end(desk: &Desk, model: &End<'_>) -> String {
    let locale = desk.locale();
    let title = locale.say("entry-end-title");
    document(desk, &title.clone(), model.error.is_some(), || {
        let error = model.error.as_ref();
        let sections = model.pages.iter().map(|page| section(locale, model, page)).collect_view();
        view! {
            {error_summary(error.map(|(text, _)| text.as_str()), error.map(|(_, input)| *input))}
            <h1>{title}</h1>
            <p>{locale.say("entry-end-lead")}</p>
            <div class="entry-page" lang="ja">{sections}</div>
            <form class="form" method="post" action=format!("/staff/entry/{}/check", model.form.id) novalidate>
                <input type="hidden" name="draft" value=model.draft.to_string()/>
                {handed_in(locale, model)}
                {seen(locale, model)}
                <div class="button-row">
                    <button class="button button--primary">{locale.say("entry-send")}</button>
                    <button class="button button--quiet" name="then" value="save">{Locale::Ja.say("save-stop")}</button>
                </div>
            </form>
        }
        .into_any()
    })
}

fn section(locale: Locale, model: &End<'_>, page: &Page) -> AnyView {
    let is_asked = |field: &&Field| field.when.as_ref().is_none_or(|condition| condition.holds(model.answers));
    let rows = page
        .fields
        .iter()
        .filter(is_asked)
        .map(|field| {
            let text = match shown(Locale::Ja, field, model.raw) {
                Some(text) => view! { {text} }.into_any(),
                None if model.blank.contains(&field.id) => {
                    view! { <span class="badge badge--flag">{Locale::Ja.say("entry-blank")}</span> }.into_any()
                }
                None => view! { {Locale::Ja.say("not-answered")} }.into_any(),
            };
            view! {
                <div class="summary-list__row">
                    <dt class="summary-list__key">{field.label.get("ja").to_owned()}</dt>
                    <dd class="summary-list__value">{text}</dd>
                </div>
            }
        })
        .collect_view();
    let title = page.title.get("ja").to_owned();
    let change = format!("/staff/entry/{}/{}?from=check", model.form.id, page.id);
    view! {
        <section>
            <h2>{title.clone()}</h2>
            <dl class="summary-list">{rows}</dl>
            <p><a href=change lang=locale.lang()>{locale.say("change")}<span class="visually-hidden" lang="ja">"："{title}</span></a></p>
        </section>
    }
    .into_any()
}

/// The day on which the paper was handed in.
fn handed_in(locale: Locale, model: &End<'_>) -> AnyView {
    let day = model.end.first("handed_in");
    let day = if day.is_empty() { model.today.to_string() } else { day.to_owned() };
    view! {
        <div class="field">
            <label class="field__label" for="handed_in">{locale.say("entry-handed-in")}</label>
            <p class="field__hint" id="handed_in-hint">{locale.say("entry-handed-in-hint")}</p>
            <div class="field__control"><input class="input" type="date" id="handed_in" name="handed_in" value=day placeholder="2026-12-07" aria-describedby="handed_in-hint"/></div>
        </div>
        <div class="field">
            <label class="field__label" for="late_because">{locale.say("entry-late-because")}</label>
            <p class="field__hint" id="late_because-hint">{locale.say("entry-late-because-hint")}</p>
            <div class="field__control"><input class="input" id="late_because" name="late_because" value=model.end.first("late_because").to_owned() maxlength="300" autocomplete="off" aria-describedby="late_because-hint"/></div>
        </div>
    }
    .into_any()
}

/// 「本人確認」 What was seen, if she was there; else it is recorded on the page of the case.
fn seen(locale: Locale, model: &End<'_>) -> AnyView {
    let (end, say) =
        (model.end, |prefix: &str, code: &str| locale.say(&format!("{prefix}-{}", code.replace('_', "-"))));
    let when = vec![("later", locale.say("entry-seen-later")), ("now", locale.say("entry-seen-now"))];
    let chosen = if end.first("seen") == "now" { "now" } else { "later" };
    let numbers = NumberDocument::OFFERED.map(|one| (one.code(), say("number", one.code()))).to_vec();
    let number = model.takes_number.then(|| {
        view! {
            <fieldset class="field">
                <legend class="field__label">{locale.say("identity-number")}</legend>
                <div class="choice-list">{radios("number", numbers, end.first("number"))}</div>
            </fieldset>
        }
    });
    let met = model.is_by_proxy.then(|| {
        let checked = end.first("met") == "yes";
        view! {
            <fieldset class="field">
                <legend class="field__label">{locale.say("proxy-met")}</legend>
                <label class="choice"><input type="checkbox" id="met" name="met" value="yes" checked=checked/><span>{locale.say("proxy-met-yes")}</span></label>
            </fieldset>
        }
    });
    view! {
        <fieldset class="field entry-seen">
            <legend class="field__label">{locale.say("entry-seen")}</legend>
            <p class="field__hint">{locale.say("entry-seen-hint")}</p>
            <div class="choice-list">{radios("seen", when, chosen)}</div>
            <div class="entry-seen__documents">
                {number}
                <fieldset class="field">
                    <legend class="field__label">{locale.say("identity-person")}</legend>
                    <div class="choice-list">{radios("person", persons(locale), end.first("person"))}</div>
                </fieldset>
                {without_photo(locale, "without_photo", end.all("without_photo"))}
                {super::comparison::fields(locale, (model.form, model.raw), Some(end), model.takes_number)}
                {met}
            </div>
        </fieldset>
    }
    .into_any()
}

/// 「受付票」 What the person takes home: the number, and nothing of what it is about.
pub struct Receipt<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// When it arrived.
    pub filed_at: Instant,
    /// The municipality and its telephone number.
    pub city: (&'a str, &'a str),
}

/// `/staff/cases/{receipt_number}/receipt`
#[must_use]
pub fn receipt(desk: &Desk, model: &Receipt<'_>) -> String {
    let locale = desk.locale();
    // Neutral: the paper may lie about.
    let title = Locale::Ja.say("receipt-title");
    document(desk, &title.clone(), false, || {
        let (city, phone) = model.city;
        view! {
            <p class="no-print"><a href=format!("/staff/cases/{}", model.number)>{locale.say("entry-check-back")}</a> " " <a href="/staff/entry">{locale.say("entry-title")}</a></p>
            <div class="notice notice--info no-print"><p>{locale.say("entry-receipt-lead")}</p></div>
            <div class="entry-receipt" lang="ja">
                <h1>{title}</h1>
                <div class="receipt">{receipt::number(Locale::Ja, model.number.as_str())}</div>
                <p>{Locale::Ja.with("entry-receipt-filed", &[("day", &Locale::Ja.day(model.filed_at.date_in_japan()))])}</p>
                <p>{Locale::Ja.say("entry-receipt-keep")}</p>
                <p>{city.to_owned()} " " {phone.to_owned()}</p>
            </div>
        }
        .into_any()
    })
}
