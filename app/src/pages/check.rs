//! 「確認」 Every answer with 変更, then sending. Invariant: an answer marked private reads 「回答済み」.

use intake::{
    answers::{Answers, RawAnswers},
    card::{CardFacts, Standing},
    form::{DECLINED, Field, Form, Kind, Page},
    ids::DraftId,
    time::Instant,
    value,
};
use leptos::prelude::*;

use super::{number, papers};
use crate::{
    chrome::{Chrome, document},
    text::Locale,
};

/// What the page shows.
pub struct Model<'a> {
    /// The form.
    pub form: &'a Form,
    /// The pages on the way.
    pub pages: Vec<&'a Page>,
    /// What was typed, parsed: it decides which fields are asked at all.
    pub answers: &'a Answers,
    /// What was typed.
    pub raw: &'a RawAnswers,
    /// 「個人番号」 How it stands, where it is asked for here.
    pub number: Option<number::Kept>,
    /// 「写真・書類」 The kinds that are asked for, with what is there of them.
    pub papers: Vec<papers::Kind<'a>>,
    /// The draft that is sent.
    pub draft: DraftId,
    /// Whether the parent has signed in.
    pub may_send: bool,
    /// 「電子署名」
    pub signing: Signing,
    /// The key of the sentence that says why there is no signature.
    pub sign_failed: Option<String>,
    /// 「マイナンバーカードの情報」 What her card says, if she signed in with it.
    pub card: Option<&'a CardFacts>,
}

/// 「電子署名」 How it stands with the signature of this draft.
#[derive(Clone)]
pub enum Signing {
    /// Not offered.
    Off,
    /// She may sign.
    Offered,
    /// She has, and it fits.
    Signed {
        /// Whose certificate it is.
        name: String,
        /// Whether name and date of birth are those that she typed.
        is_the_person: bool,
        /// When.
        at: Instant,
    },
    /// She has, but something was changed since.
    Stale,
}

/// The page.
#[must_use]
pub fn page(chrome: &Chrome, model: &Model<'_>) -> String {
    let locale = chrome.locale;
    let title = locale.say("check-title");
    document(chrome, &title.clone(), false, || {
        let sections = model
            .pages
            .iter()
            .map(|page| {
                let change = format!("/apply/{}/{}?from=check", model.form.id, page.id);
                let title = page.title.get(locale.code()).to_owned();
                view! {
                    <section>
                        <h2 lang=locale.lang_of(&page.title)>{title.clone()}</h2>
                        {answers_of(locale, page, model.raw, model.answers)}
                        {of_card(locale, model, page)}
                        <p><a href=change>{locale.say("change")}<span class="visually-hidden">"："{title}</span></a></p>
                    </section>
                }
            })
            .collect_view();
        let number =
            model.number.map(|kept| number::on_check(locale, &format!("/apply/{}/number", model.form.id), kept));
        let papers = papers::on_check(locale, &format!("/apply/{}/papers", model.form.id), &model.papers);
        let address = format!("/apply/{}/check", model.form.id);
        let end = if model.may_send {
            view! {
                {on_card(chrome, model, &address)}
                {super::signing::on_check(locale, model)}
                <form class="form" method="post" action=address.clone()>
                    <input type="hidden" name="draft" value=model.draft.to_string()/>
                    {super::signing::buttons(locale, &model.signing)}
                </form>
            }
            .into_any()
        } else {
            view! {
                <p>{locale.say("check-sign-in")}</p>
                <p><a class="button button--primary" href=format!("/sign-in?next={address}")>{locale.say("check-sign-in-button")}</a></p>
                {on_card(chrome, model, &address)}
            }
            .into_any()
        };
        view! { <h1>{title}</h1><p>{locale.say("check-lead")}</p>{sections}{number}{papers}{end} }.into_any()
    })
}

/// 「マイナンバーカードの情報」 What the card says where something else was typed; one press takes it, and no press keeps hers.
fn of_card(locale: Locale, model: &Model<'_>, page: &Page) -> Option<AnyView> {
    let facts = model.card?;
    let differs = |field: &&Field| facts.standing(field, model.raw) == Some(Standing::Typed);
    let rows: Vec<AnyView> = page
        .fields
        .iter()
        .filter(differs)
        .map(|field| {
            let label = field.label.get(locale.code()).to_owned();
            let mut raw = RawAnswers::default();
            facts.put(field, &mut raw);
            view! {
                <form class="from-card" method="post" action=format!("/apply/{}/card", model.form.id)>
                    <input type="hidden" name="field" value=field.id.to_string()/>
                    <p>{locale.say("card-field-says")}</p>
                    <p class="typed" lang=locale.lang_of_japanese()>{shown(locale, field, &raw)}</p>
                    <p>{locale.say("card-check-keep")}</p>
                    <p><button class="button button--secondary">{locale.say("card-field-take")}<span class="visually-hidden">"："{label}</span></button></p>
                </form>
            }
            .into_any()
        })
        .collect();
    (!rows.is_empty()).then(|| view! { {rows} }.into_any())
}

/// 「本人確認」 What the card does for this filing, or that one could be used.
fn on_card(chrome: &Chrome, model: &Model<'_>, address: &str) -> Option<AnyView> {
    let locale = chrome.locale;
    let notice = |key: &str| view! { <div class="notice notice--info"><p>{locale.say(key)}</p></div> }.into_any();
    match model.card {
        Some(facts) if facts.matched(model.form, model.answers).names_the_person() => Some(notice("card-check-agrees")),
        Some(_) => Some(notice("card-check-differs")),
        None if chrome.card_sign_in => Some(
            view! {
                <p>{locale.say("card-check-lead")}</p>
                <p><a class="button button--secondary" href=format!("/sign-in/mynaapp?next={address}")>{locale.say("card-way-button")}</a></p>
            }
            .into_any(),
        ),
        None => None,
    }
}

/// The answers of a page, as typed: only what is asked of this person, and what is private stays so.
fn answers_of(locale: Locale, page: &Page, raw: &RawAnswers, answers: &Answers) -> AnyView {
    let is_asked = |field: &&Field| field.when.as_ref().is_none_or(|condition| condition.holds(answers));
    let rows = page
        .fields
        .iter()
        .filter(is_asked)
        .map(|field| {
            let text = shown(locale, field, raw);
            let (text, lang, own) = match text {
                None => (locale.say("not-answered"), None, false),
                Some(_) if field.private => (locale.say("answered"), None, false),
                // Kana is Japanese in every language; of other text nobody knows in which language it was typed.
                Some(text) => {
                    let lang = locale.lang_of_japanese().filter(|_| matches!(field.kind, Kind::Kana));
                    (text, lang, field.is_in_own_words())
                }
            };
            view! {
                <div class="summary-list__row">
                    <dt class="summary-list__key" lang=locale.lang_of(&field.label)>{field.label.get(locale.code()).to_owned()}</dt>
                    <dd class="summary-list__value" lang=lang translate=own.then_some("no")>{text}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="summary-list">{rows}</dl> }.into_any()
}

/// An answer as people read it; none where nothing was typed.
pub(super) fn shown(locale: Locale, field: &Field, raw: &RawAnswers) -> Option<String> {
    let id = field.id.as_str();
    if !raw.first(&format!("{id}-declined")).is_empty() {
        return Some(locale.say("declined"));
    }
    let text = match &field.kind {
        Kind::Date { .. } => {
            let part = |part: &str| raw.first(&format!("{id}-{part}")).to_owned();
            let (year, month, day) = (part("year"), part("month"), part("day"));
            let empty = year.is_empty() && month.is_empty() && day.is_empty();
            let as_typed = || locale.with("date-shown", &[("year", &year), ("month", &month), ("day", &day)]);
            match value::any_date(&year, &month, &day) {
                Ok(date) => locale.day(date),
                Err(_) if empty => String::new(),
                Err(_) => as_typed(),
            }
        }
        Kind::MonthSpan => {
            let part = |part: &str| raw.first(&format!("{id}-{part}")).to_owned();
            let parts = ["from-year", "from-month", "to-year", "to-month"].map(part);
            let [from_year, from_month, to_year, to_month] = parts.each_ref().map(String::as_str);
            let ends =
                [("from_year", from_year), ("from_month", from_month), ("to_year", to_year), ("to_month", to_month)];
            if parts.iter().all(String::is_empty) { String::new() } else { locale.with("span-shown", &ends) }
        }
        // What was chosen is nobody's to read over her shoulder, and has its words in the text pack only.
        Kind::EpdsItem if !raw.first(id).is_empty() => locale.say("answered"),
        Kind::Single { choices } | Kind::Multi { choices } => {
            let label = |code: &String| {
                if code == DECLINED {
                    return locale.say("declined");
                }
                let choice = choices.iter().find(|choice| choice.code == *code);
                choice.map_or_else(|| code.clone(), |choice| choice.label.get(locale.code()).to_owned())
            };
            raw.all(id).iter().map(label).collect::<Vec<_>>().join(&locale.say("comma"))
        }
        Kind::Integer { unit, .. } if !raw.first(id).is_empty() => {
            format!("{} {}", raw.first(id), unit.get(locale.code()))
        }
        Kind::Name
        | Kind::Kana
        | Kind::Text { .. }
        | Kind::LongText { .. }
        | Kind::Integer { .. }
        | Kind::PostalCode
        | Kind::Address
        | Kind::Phone
        | Kind::EpdsItem => raw.first(id).to_owned(),
    };
    (!text.trim().is_empty()).then_some(text)
}
