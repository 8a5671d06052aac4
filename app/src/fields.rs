//! One component per kind of field. Invariant: an input's name is the one that `intake::form::Field::inputs` lists, and
//! what was typed is shown again exactly.

use intake::{
    answers::{Answers, FieldError, RawAnswers},
    card::Standing,
    epds::TextPack,
    form::{Choice, Condition, DECLINED, EPDS_POSITIONS, Field, Form, Kind, Page, PersonFact, Target},
    furigana::{self, without_readings},
    value::ValueError,
};
use leptos::prelude::*;

use crate::{
    helpers::{self, Help},
    pages::card::{self, Card},
    telephone::with_links,
    text::Locale,
};

/// What the fields of a page need to know.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The language.
    pub locale: Locale,
    /// What was typed.
    pub raw: &'a RawAnswers,
    /// The same, parsed: it decides which choices are offered.
    pub answers: &'a Answers,
    /// What was not taken.
    pub errors: &'a [FieldError],
    /// The page that the fields stand on.
    pub page: &'a Page,
    /// 「EPDS」 The wording of the items, where the form has them.
    pub text_pack: Option<&'a TextPack>,
    /// What the helpers need; none where nothing can be asked of them.
    pub help: Option<Help<'a>>,
    /// 「マイナンバーカードの情報」 What her card says; none where it is not to stand in the fields.
    pub card: Option<Card<'a>>,
}

/// For whom a field is that depends on a choice of the same page. Without script it is always shown, so it says so.
struct OnlyIf {
    field: String,
    codes: String,
    text: String,
}

fn only_if(context: Context<'_>, condition: &Condition) -> Option<OnlyIf> {
    let on_this_page = context.page.fields.iter().find(|field| field.id == condition.field)?;
    let codes: Vec<&str> =
        condition.equals.iter().chain(condition.one_of.iter().flatten()).map(String::as_str).collect();
    let choices = on_this_page.choices().iter().filter(|choice| codes.contains(&choice.code.as_str()));
    let labels: Vec<&str> = choices.map(|choice| choice.label.get(context.locale.code())).collect();
    let text = context.locale.with("only-if", &[("labels", &labels.join(&context.locale.say("or")))]);
    (!labels.is_empty()).then(|| OnlyIf { field: condition.field.to_string(), codes: codes.join(" "), text })
}

/// What is wrong, in a sentence that says how to put it right.
pub fn sentence(locale: Locale, label: &str, kind: &Kind, error: ValueError) -> String {
    let says = |key: &str, values: &[(&'static str, &str)]| {
        let all: Vec<_> = values.iter().copied().chain([("label", label)]).collect();
        locale.with(key, &all)
    };
    match error {
        // 「里帰りをしますか」 cannot be chosen or filled in, only answered.
        ValueError::Missing if label.ends_with(['か', '？', '?']) => says("error-answer", &[]),
        ValueError::Missing if matches!(kind, Kind::Single { .. } | Kind::Multi { .. } | Kind::EpdsItem) => {
            says("error-choose", &[])
        }
        ValueError::Missing => says("error-missing", &[]),
        ValueError::TooLong { longest } => says("error-too-long", &[("longest", &longest.to_string())]),
        ValueError::InvisibleCharacter => says("error-invisible", &[]),
        ValueError::Emoji => says("error-emoji", &[]),
        ValueError::NotKana => says("error-kana", &[]),
        ValueError::NotAPostalCode => says("error-postal-code", &[]),
        ValueError::NotAPhoneNumber => says("error-phone", &[]),
        ValueError::NotAMailAddress => says("error-mail", &[]),
        ValueError::IncompleteDate => says("error-incomplete-date", &[]),
        ValueError::NotADay => says("error-not-a-day", &[]),
        ValueError::TooEarly { first } => says("error-too-early", &[("first", &locale.day(first))]),
        ValueError::TooLate { last } => says("error-too-late", &[("last", &locale.day(last))]),
        ValueError::NotANumber => says("error-number", &[]),
        ValueError::OutOfRange { least, most } => {
            says("error-range", &[("least", &least.to_string()), ("most", &most.to_string())])
        }
        ValueError::NotAChoice => says("error-not-a-choice", &[]),
        ValueError::MoreThanOne => says("error-more-than-one", &[]),
        ValueError::NotTogether => says("error-not-together", &[]),
        ValueError::IncompleteSpan => says("error-incomplete-span", &[]),
        ValueError::NotASpan => says("error-not-a-span", &[]),
        ValueError::MyNumber => says("error-my-number", &[]),
        ValueError::Refused { place } => {
            let choices = match kind {
                Kind::Single { choices } | Kind::Multi { choices } => choices.as_slice(),
                _ => &[],
            };
            let refused = choices.get(usize::from(place)).and_then(|choice| choice.refuses.as_ref());
            refused.map_or_else(|| says("error-not-a-choice", &[]), |text| text.get(locale.code()).to_owned())
        }
    }
}

/// What was not taken, on top of the page; each line leads to its field.
pub fn summary(locale: Locale, form: &Form, errors: &[FieldError]) -> Option<AnyView> {
    if errors.is_empty() {
        return None;
    }
    let rows = errors
        .iter()
        .filter_map(|error| {
            let (_, field) = form.field(&error.field)?;
            let text = sentence(locale, field.label.get(locale.code()), &field.kind, error.error);
            let lang = locale.lang_of(&field.label);
            Some(view! { <li><a href=format!("#{}", error.input) lang=lang>{text}</a></li> })
        })
        .collect_view();
    Some(
        view! {
            <div class="error-summary" role="alert" tabindex="-1" data-error-summary="">
                <h2>{locale.say("errors-title")}</h2>
                <ul>{rows}</ul>
            </div>
        }
        .into_any(),
    )
}

/// A field with its label, hint and error.
pub fn field(context: Context<'_>, field: &Field) -> AnyView {
    let locale = context.locale;
    let id = field.id.as_str().to_owned();
    let item = epds_item(context, field);
    // The wording of an item is in the language of its text, whatever the page around it is in.
    let (label, lang) = match item.zip(context.text_pack) {
        Some((item, pack)) => (pack_text(locale, pack, &item.question), Some(language(pack))),
        None => (field.label.get(locale.code()).to_owned(), locale.lang_of(&field.label).map(str::to_owned)),
    };
    let error = context
        .errors
        .iter()
        .find(|error| error.field == field.id)
        .map(|error| sentence(locale, &label, &field.kind, error.error));
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let hint = field.hint.as_ref().map(|hint| (hint.get(locale.code()).to_owned(), locale.lang_of(hint)));
    let card_id = card::standing(context, field).map(|_| card::id_of(field));
    let described: Vec<&str> =
        [hint.as_ref().map(|_| hint_id.as_str()), error.as_ref().map(|_| error_id.as_str()), card_id.as_deref()]
            .into_iter()
            .flatten()
            .collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let invalid = error.is_some();
    let only_if = field.when.as_ref().and_then(|condition| only_if(context, condition));
    let (when, codes) = only_if.as_ref().map(|only| (only.field.clone(), only.codes.clone())).unzip();
    let badge = if let Some(only) = only_if {
        view! { <span class="badge">{only.text}</span> }.into_any()
    } else if field.required {
        view! { <span class="badge badge--required">{locale.say("required")}</span> }.into_any()
    } else {
        view! { <span class="badge">{locale.say("optional")}</span> }.into_any()
    };
    let hint = hint.map(|(text, lang)| view! { <p class="field__hint" id=hint_id lang=lang>{with_links(&text)}</p> });
    let error = error.map(|text| view! { <p class="field__error" id=error_id>{locale.say("error-prefix")}{text}</p> });
    let class = if invalid { "field field--invalid" } else { "field" };
    let locked = card::standing(context, field) == Some(Standing::FromCard);
    let attributes = Attributes { described: described.clone(), invalid, locked };
    let control = control(context, field, &attributes);
    let is_group = field.is_choice() || matches!(field.kind, Kind::Date { .. } | Kind::MonthSpan);
    if is_group {
        view! {
            <fieldset class=class aria-describedby=described data-field=field.id.to_string() data-when=when data-when-codes=codes>
                <legend class="field__label"><span lang=lang.clone()>{label}</span>" "{badge}</legend>
                {hint}{error}
                <div class="field__control">{control}</div>
            </fieldset>
        }
        .into_any()
    } else {
        view! {
            <div class=class data-field=field.id.to_string() data-when=when data-when-codes=codes>
                <label class="field__label" for=id><span lang=lang>{label}</span>" "{badge}</label>
                {hint}{error}
                <div class="field__control">{control}</div>
            </div>
        }
        .into_any()
    }
}

/// The language tag of a text pack: やさしい日本語 is Japanese.
pub(crate) fn language(pack: &TextPack) -> String {
    match pack.language.as_str() {
        "ja-easy" => "ja".to_owned(),
        language => language.to_owned(),
    }
}

/// A text of a pack as this page shows it: one with readings above the characters only where pages have them.
pub(crate) fn pack_text(locale: Locale, pack: &TextPack, text: &str) -> String {
    if pack.language != Locale::JaEasy.code() {
        return text.to_owned();
    }
    let marked = furigana::read(text).unwrap_or_else(|_| text.to_owned());
    if locale.has_furigana() { marked } else { without_readings(&marked).into_owned() }
}

/// The wording of an EPDS item.
fn epds_item<'a>(context: Context<'a>, field: &Field) -> Option<&'a intake::epds::PackItem> {
    match field.target {
        Target::EpdsItem(number) => context.text_pack?.item(number),
        _ => None,
    }
}

struct Attributes {
    described: Option<String>,
    invalid: bool,
    /// The card filled it in.
    locked: bool,
}

fn control(context: Context<'_>, field: &Field, attributes: &Attributes) -> AnyView {
    let input = |mode: Option<&'static str>, kind: &'static str, size: Option<&'static str>| {
        let id = field.id.as_str().to_owned();
        view! {
            <input class="input" id=id.clone() name=id.clone() type=kind inputmode=mode size=size
                autocomplete=autocomplete(field) value=context.raw.first(&id).to_owned() readonly=attributes.locked
                data-kana=helpers::kana_of(context, field) aria-describedby=attributes.described.clone() aria-invalid=attributes.invalid.then_some("true")/>
        }
    };
    let shown = match &field.kind {
        Kind::Name | Kind::Kana | Kind::Text { .. } => input(None, "text", None).into_any(),
        Kind::Address | Kind::LongText { .. } => text_area(context, field, attributes),
        Kind::PostalCode => input(Some("numeric"), "text", Some("10")).into_any(),
        Kind::Phone => input(Some("tel"), "tel", None).into_any(),
        Kind::Integer { unit: unit_text, .. } => {
            let unit = unit_text.get(context.locale.code()).to_owned();
            let lang = context.locale.lang_of(unit_text);
            view! { {input(Some("numeric"), "text", Some("4"))} " " <span lang=lang>{unit}</span> }.into_any()
        }
        Kind::Date { .. } => date(context, field, attributes),
        Kind::MonthSpan => month_span(context, field, attributes),
        Kind::Single { choices } => choice_list(context, field, offered(context, choices), "radio"),
        Kind::Multi { choices } => choice_list(context, field, offered(context, choices), "checkbox"),
        Kind::EpdsItem => {
            let of_pack = |pack: &TextPack| {
                let options = epds_item(context, field).into_iter().flat_map(|item| &item.options);
                let texts = options.map(|option| pack_text(context.locale, pack, option));
                let codes = EPDS_POSITIONS.iter().map(|code| (*code).to_owned());
                codes.zip(texts).map(|(code, text)| (code, text, Some(language(pack)))).collect()
            };
            choice_list(context, field, context.text_pack.map(of_pack).unwrap_or_default(), "radio")
        }
    };
    let helper = helpers::below(context, field).filter(|_| !attributes.locked);
    let card = card::at_field(context, field);
    let shown = view! { {shown}{card}{helper} }.into_any();
    if !field.decline || field.is_choice() {
        return shown;
    }
    let name = format!("{}-declined", field.id);
    let checked = !context.raw.first(&name).is_empty();
    view! {
        {shown}
        <label class="choice">
            <input type="checkbox" name=name value="1" checked=checked/>
            <span>{context.locale.say("declined")}</span>
        </label>
    }
    .into_any()
}

fn text_area(context: Context<'_>, field: &Field, attributes: &Attributes) -> AnyView {
    let id = field.id.as_str();
    let Attributes { described, invalid, locked } = attributes;
    text_area_locked(id, context.raw.first(id), autocomplete(field), (described.clone(), *invalid, *locked))
}

/// What a browser may fill in: as the form says, else what each fact about the person is called in HTML.
fn autocomplete(field: &Field) -> Option<String> {
    let of_fact = || match field.target {
        Target::Person(PersonFact::Name) => Some("name"),
        Target::Person(PersonFact::Birthdate) => Some("bday"),
        Target::Person(PersonFact::PostalCode) => Some("postal-code"),
        Target::Person(PersonFact::Address) => Some("street-address"),
        Target::Person(PersonFact::Phone) => Some("tel"),
        _ => None,
    };
    field.autocomplete.clone().or_else(|| of_fact().map(str::to_owned))
}

/// The only text area: its content is escaped by the pinned Leptos (a test feeds it hostile text).
pub(crate) fn text_area_of(
    id: &str,
    typed: &str,
    autocomplete: Option<String>,
    described: Option<String>,
    invalid: bool,
) -> AnyView {
    text_area_locked(id, typed, autocomplete, (described, invalid, false))
}

fn text_area_locked(
    id: &str,
    typed: &str,
    autocomplete: Option<String>,
    (described, invalid, locked): (Option<String>, bool, bool),
) -> AnyView {
    // The first line break after the tag is not content in HTML; one of our own keeps one that was typed.
    let typed = format!("\n{typed}");
    view! {
        <textarea class="textarea" id=id.to_owned() name=id.to_owned() rows="3" autocomplete=autocomplete readonly=locked
            aria-describedby=described aria-invalid=invalid.then_some("true")>{typed}</textarea>
    }
    .into_any()
}

fn date(context: Context<'_>, field: &Field, attributes: &Attributes) -> AnyView {
    let invalid = attributes.invalid.then_some("true");
    let locked = attributes.locked;
    let is_birthday = autocomplete(field).as_deref() == Some("bday");
    let part = |part: &'static str, size: &'static str| {
        let name = format!("{}-{part}", field.id);
        let autocomplete = if is_birthday { format!("bday-{part}") } else { "off".to_owned() };
        // A year may be typed as 令和8, for which keys with digits alone would not do; the script has buttons for the eras.
        let mode = (part != "year").then_some("numeric");
        view! {
            <label>
                <input class="input" id=name.clone() name=name.clone() inputmode=mode size=size maxlength="12"
                    autocomplete=autocomplete value=context.raw.first(&name).to_owned() readonly=locked aria-invalid=invalid/>
                " " {context.locale.say(part)}
            </label>
        }
    };
    view! {
        {(!locked).then(|| helpers::eras(context, field))}
        <div class="date-parts" data-day=field.id.as_str().to_owned()>{part("year", "5")}{part("month", "3")}{part("day", "3")}</div>
    }
    .into_any()
}

fn month_span(context: Context<'_>, field: &Field, attributes: &Attributes) -> AnyView {
    let invalid = attributes.invalid.then_some("true");
    let locale = context.locale;
    let part = |end: &'static str, part: &'static str, size: &'static str| {
        let name = format!("{}-{end}-{part}", field.id);
        let mode = (part != "year").then_some("numeric");
        view! {
            <label>
                <input class="input" id=name.clone() name=name.clone() inputmode=mode size=size maxlength="12"
                    autocomplete="off" value=context.raw.first(&name).to_owned() aria-invalid=invalid/>
                " " {locale.say(part)}
            </label>
        }
    };
    let end = |key: &'static str, end: &'static str| {
        let name = locale.say(key);
        view! {
            <div class="date-parts" role="group" aria-label=name.clone()>
                <span class="date-parts__name" aria-hidden="true">{name.clone()}</span>
                {part(end, "year", "5")}{part(end, "month", "3")}
            </div>
        }
    };
    view! { {end("span-from", "from")}{end("span-to", "to")} }.into_any()
}

/// A choice as it is offered: its code, its label, and the language of the label where it is not the page's.
type Offered = (String, String, Option<String>);

/// The codes and labels that are offered to who gave the answers so far.
fn offered(context: Context<'_>, choices: &[Choice]) -> Vec<Offered> {
    let locale = context.locale;
    let offered = choices.iter().filter(|choice| choice.is_offered(context.answers));
    let option = |choice: &Choice| {
        let label = choice.label.get(locale.code()).to_owned();
        (choice.code.clone(), label, locale.lang_of(&choice.label).map(str::to_owned))
    };
    offered.map(option).collect()
}

fn choice_list(context: Context<'_>, field: &Field, choices: Vec<Offered>, kind: &'static str) -> AnyView {
    let chosen = context.raw.all(field.id.as_str());
    let declined = field.decline.then(|| (DECLINED.to_owned(), context.locale.say("declined"), None));
    let rows = choices
        .into_iter()
        .chain(declined)
        .enumerate()
        .map(|(place, (code, label, lang))| {
            let checked = chosen.contains(&code);
            view! {
                <label class="choice">
                    <input type=kind id=format!("{}-{place}", field.id) name=field.id.as_str().to_owned() value=code checked=checked/>
                    <span lang=lang>{label}</span>
                </label>
            }
        })
        .collect_view();
    view! { <div class="choice-list">{rows}</div> }.into_any()
}
