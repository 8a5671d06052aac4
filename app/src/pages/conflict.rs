//! 「二つの内容」 The choice between two texts, field by field. Invariant: what differs is shown from both sides, and nothing else
//! is asked.

use intake::{
    answers::RawAnswers,
    epds::TextPack,
    form::{EPDS_POSITIONS, Field, Page, Target},
};
use leptos::prelude::*;

use super::check::shown;
use crate::{
    chrome::{Chrome, document},
    fields,
    text::Locale,
};

/// What the inputs of the choice begin with: no field of a form has such a name.
pub const CHOICE: &str = "choice:";
/// The value that stands for the stored text.
pub const STORED: &str = "stored";

/// Two texts.
pub struct Conflict<'a> {
    /// The fields that differ.
    pub fields: Vec<&'a Field>,
    /// The page that was sent, whose text is sent again; none for two whole drafts.
    pub page: Option<&'a Page>,
    /// What is kept.
    pub stored: &'a RawAnswers,
    /// What was typed here.
    pub typed: &'a RawAnswers,
    /// 「EPDS」 The wording of the items, where the form has them.
    pub text_pack: Option<&'a TextPack>,
    /// Names what is kept.
    pub state: String,
    /// Where the choice is sent.
    pub action: String,
    /// Whether to go back to 確認 afterwards.
    pub from_check: bool,
}

/// The page.
#[must_use]
pub fn page(chrome: &Chrome, model: &Conflict<'_>) -> String {
    let locale = chrome.locale;
    let of_page = model.page.is_some();
    let says = |one: &str, two: &str| locale.say(if of_page { one } else { two });
    let title = says("conflict-title", "both-title");
    document(chrome, &title, of_page, || inside(locale, model))
}

/// The page within its frame.
pub(super) fn inside(locale: Locale, model: &Conflict<'_>) -> AnyView {
    let of_page = model.page.is_some();
    let says = |one: &str, two: &str| locale.say(if of_page { one } else { two });
    let title = says("conflict-title", "both-title");
    let names = (says("conflict-typed", "both-typed"), says("conflict-stored", "both-stored"));
    let fields = model.fields.iter().map(|field| choice(locale, model, field, &names)).collect_view();
    let inputs = model.page.into_iter().flat_map(|page| page.fields.iter().flat_map(Field::inputs));
    let hidden = inputs
        .flat_map(|name| model.typed.all(&name).iter().map(move |value| (name.clone(), value.clone())))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    let from_check = model.from_check.then(|| view! { <input type="hidden" name="from" value="check"/> });
    view! {
        <h1>{title}</h1>
        <p>{says("conflict-lead", "both-lead")}</p>
        <form class="form" method="post" action=model.action.clone()>
            <input type="hidden" name="page_state" value=model.state.clone() autocomplete="off"/>
            {from_check}{hidden}{fields}
            <div class="button-row">
                <button class="button button--primary" name="then" value="next">{locale.say("conflict-go-on")}</button>
            </div>
        </form>
    }
    .into_any()
}

fn choice(locale: Locale, model: &Conflict<'_>, field: &Field, names: &(String, String)) -> AnyView {
    let label = field.label.get(locale.code()).to_owned();
    let own = field.is_in_own_words().then_some("no");
    let option = |value: &'static str, raw: &RawAnswers, name: &String| {
        let text = text_of(locale, model, field, raw);
        view! {
            <label class="choice">
                <input type="radio" name=format!("{CHOICE}{}", field.id) value=value checked=value != STORED/>
                <span><strong class="typed" translate=own>{text}</strong><br/>{name.clone()}</span>
            </label>
        }
    };
    view! {
        <fieldset class="field">
            <legend class="field__label"><span lang=locale.lang_of(&field.label)>{label}</span></legend>
            <div class="field__control">
                {option("typed", model.typed, &names.0)}
                {option(STORED, model.stored, &names.1)}
            </div>
        </fieldset>
    }
    .into_any()
}

/// What she would choose between; 「EPDS」 a choice between two words of 回答済み would be none.
fn text_of(locale: Locale, model: &Conflict<'_>, field: &Field, raw: &RawAnswers) -> String {
    let option = || {
        let Target::EpdsItem(number) = field.target else { return None };
        let pack = model.text_pack?;
        let place = EPDS_POSITIONS.iter().position(|code| *code == raw.first(field.id.as_str()))?;
        Some(fields::pack_text(locale, pack, pack.item(number)?.options.get(place)?))
    };
    option().or_else(|| shown(locale, field, raw)).unwrap_or_else(|| locale.say("not-answered"))
}
