//! 「入力の手助け」 What stands beside a field to help with it, and what it says. Invariant: whether it was asked for by a button that
//! sends the page or by the script, the same words come from here.

use intake::{
    form::{Field, Form, Kind, Page},
    help::{self, Helped, Outcome, Wish, ask_input},
    ids::FieldId,
    postal::Candidate,
    time::{CivilDate, ERAS},
    value::{self, ValueError},
};
use leptos::prelude::*;

use crate::{
    fields::{Context, sentence},
    japanese, ruby,
    text::Locale,
};

/// What fields need to know to offer help.
#[derive(Clone, Copy)]
pub struct Help<'a> {
    /// The fields that are shown; none: all of the page.
    pub shown: Option<&'a [FieldId]>,
    /// What became of the last wish.
    pub helped: Option<&'a Helped>,
    /// The day.
    pub today: CivilDate,
}

impl Help<'_> {
    /// A whole page, of which nothing was asked yet.
    #[must_use]
    pub const fn on(today: CivilDate) -> Self {
        Self { shown: None, helped: None, today }
    }

    fn shows(&self, field: &Field) -> bool {
        self.shown.is_none_or(|shown| shown.contains(&field.id))
    }
}

/// The address that belongs to a postal code, if both are shown.
#[must_use]
pub fn address_of<'page>(help: &Help<'_>, page: &'page Page, code: &Field) -> Option<&'page Field> {
    help::address_of(page, code).filter(|address| help.shows(address))
}

/// The field for the reading of a name, if both are shown.
pub(crate) fn kana_of(context: Context<'_>, name: &Field) -> Option<String> {
    let kana = help::kana_of(context.page, name)?;
    context.help?.shows(kana).then(|| kana.id.to_string())
}

/// Whether the script of the helpers does anything for this field.
fn has_help(page: &Page, field: &Field) -> bool {
    match field.kind {
        Kind::Date { .. } => true,
        Kind::PostalCode => help::address_of(page, field).is_some(),
        Kind::Name => help::kana_of(page, field).is_some(),
        _ => false,
    }
}

/// Whether a page with these fields loads the script of the helpers.
#[must_use]
pub fn needs_script<'a>(form: &Form, mut fields: impl Iterator<Item = &'a FieldId>) -> bool {
    fields.any(|id| form.field(id).is_some_and(|(page, field)| has_help(page, field)))
}

/// A press of the return key presses the first button of a form: this one goes on, although those of helpers stand before
/// the one that is seen.
pub(crate) fn first_button(page: &Page) -> Option<AnyView> {
    let has_buttons = page.fields.iter().any(|field| match field.kind {
        Kind::PostalCode => help::address_of(page, field).is_some(),
        _ => help::has_due_date_helper(field),
    });
    has_buttons.then(|| {
        view! { <button class="visually-hidden" name="then" value="next" tabindex="-1" aria-hidden="true"></button> }
            .into_any()
    })
}

/// What stands below the control of a field.
pub(crate) fn below(context: Context<'_>, field: &Field) -> Option<AnyView> {
    let help = context.help?;
    match field.kind {
        Kind::PostalCode => {
            let address = address_of(&help, context.page, field)?;
            Some(postal_code(context, &help, field, &address.id))
        }
        Kind::Date { .. } => {
            let due_date = help::has_due_date_helper(field).then(|| due_date(context, field));
            let day = help::day_of(&field.id, context.raw).filter(|_| outcome_of(&help, field).is_none());
            let said = day.map(|day| outcome(context.locale, &field.id, &Outcome::Day(day)));
            Some(view! { {due_date}{region(context, &help, field, said)} }.into_any())
        }
        _ => None,
    }
}

fn outcome_of<'a>(help: &Help<'a>, field: &Field) -> Option<&'a Outcome> {
    help.helped.filter(|helped| helped.field == field.id).map(|helped| &helped.outcome)
}

fn region_id(field: &FieldId) -> String {
    format!("{field}-help")
}

/// Where a helper speaks: it is there before it says anything, so that what it says is read out.
fn region(context: Context<'_>, help: &Help<'_>, field: &Field, otherwise: Option<AnyView>) -> AnyView {
    let said = outcome_of(help, field).map(|said| outcome(context.locale, &field.id, said)).or(otherwise);
    view! {
        <div class="help" id=region_id(&field.id) aria-live="polite" data-help-failed=context.locale.say("help-failed")>{said}</div>
    }
    .into_any()
}

/// A button that asks. Without script it sends the page, which comes back at the place where the answer stands.
fn ask_button(wish: &Wish, text: String, target: Option<&FieldId>) -> AnyView {
    let target = target.map(FieldId::to_string);
    view! {
        <button class="button" name="then" value=wish.to_string() formaction=format!("#{}", region_id(wish.field()))
            data-help=wish.field().to_string() data-target=target>{text}</button>
    }
    .into_any()
}

fn postal_code(context: Context<'_>, help: &Help<'_>, field: &Field, address: &FieldId) -> AnyView {
    let wish = Wish::Address(field.id.clone());
    view! {
        <p class="help__ask">{ask_button(&wish, context.locale.say("help-address-button"), Some(address))}</p>
        {region(context, help, field, None)}
    }
    .into_any()
}

/// 「和暦」 The eras that a year of this field can fall into, for who types it with keys for digits only; the script shows them.
pub(crate) fn eras(context: Context<'_>, field: &Field) -> Option<AnyView> {
    const OLDEST_PARENT: i64 = 65 * 366;
    let Kind::Date { range } = field.kind else { return None };
    let today = context.help?.today;
    let (first, last) = value::date_bounds(range, today);
    let first = first.max(today.plus_days(-OLDEST_PARENT));
    let mut after = CivilDate::from_parts(9999, 12, 31)?;
    let mut names = Vec::new();
    for era in &ERAS {
        let (year, month, day) = era.first_day;
        let begins = CivilDate::from_parts(year, month, day)?;
        if begins <= last && first < after {
            names.push(era.name);
        }
        after = begins;
    }
    names.reverse();
    let button = |name: &'static str| {
        view! { <button class="button" type="button" lang=context.locale.lang_of_japanese() data-era=name>{name}</button> }
    };
    let year = format!("{}-year", field.id);
    let buttons = names.into_iter().map(button).collect_view();
    Some(view! { <span class="eras" hidden data-eras=year role="group" aria-label=context.locale.say("help-eras")>{buttons}</span> }.into_any())
}

/// An input of the helper itself; nothing of it is kept.
fn asked(context: Context<'_>, field: &Field, part: &'static str, size: &'static str, label: &'static str) -> AnyView {
    let name = ask_input(&field.id, part);
    let typed = context.raw.first(&name).to_owned();
    let mode = (part != "year").then_some("numeric");
    view! {
        <label>
            <input class="input" id=name.clone() name=name inputmode=mode size=size maxlength="12" autocomplete="off" value=typed/>
            " " {context.locale.say(label)}
        </label>
    }
    .into_any()
}

fn due_date(context: Context<'_>, field: &Field) -> AnyView {
    let locale = context.locale;
    let parts = ["year", "month", "day", "weeks", "days"];
    let is_open = parts.iter().any(|part| !context.raw.first(&ask_input(&field.id, part)).is_empty());
    let [period_id, weeks_id] = ["period", "weeks"].map(|way| format!("{}-help-{way}", field.id));
    let (period, weeks) = (Wish::FromLastPeriod(field.id.clone()), Wish::FromWeeks(field.id.clone()));
    view! {
        <details class="helper" open=is_open>
            <summary>{locale.say("help-due-summary")}</summary>
            <p>{locale.say("help-due-lead")}</p>
            <div class="helper__way" role="group" aria-labelledby=period_id.clone()>
                <p id=period_id.clone()><strong>{locale.say("help-period")}</strong></p>
                <p class="field__hint">{locale.say("help-period-hint")}</p>
                <div class="date-parts">
                    {asked(context, field, "year", "5", "year")}{asked(context, field, "month", "3", "month")}{asked(context, field, "day", "3", "day")}
                </div>
                {ask_button(&period, locale.say("help-period-button"), None)}
            </div>
            <div class="helper__way" role="group" aria-labelledby=weeks_id.clone()>
                <p id=weeks_id.clone()><strong>{locale.say("help-weeks")}</strong></p>
                <div class="date-parts">
                    {asked(context, field, "weeks", "3", "help-unit-weeks")}{asked(context, field, "days", "3", "help-unit-days")}
                </div>
                {ask_button(&weeks, locale.say("help-weeks-button"), None)}
            </div>
        </details>
    }
    .into_any()
}

/// What a helper says, and the buttons that it offers.
fn outcome(locale: Locale, field: &FieldId, outcome: &Outcome) -> AnyView {
    let plain = |text: String| view! { <p>{text}</p> }.into_any();
    let refused = |label: String, error: ValueError| {
        // No choice is asked about here, so the kind of the field does not matter to the sentence.
        let text = sentence(locale, &label, &Kind::PostalCode, error);
        view! { <p class="field__error">{locale.say("error-prefix")}{text}</p> }.into_any()
    };
    match outcome {
        Outcome::NotACode(_) => refused(String::new(), ValueError::NotAPostalCode),
        Outcome::UnknownCode => plain(locale.say("help-address-unknown")),
        Outcome::Agrees => plain(locale.say("help-address-agrees")),
        Outcome::Address(address) => {
            let text = japanese::marked(locale, locale.with("help-address-filled", &[("address", address)]));
            view! { <p>{text}</p> }.into_any()
        }
        Outcome::Choose { code, candidates, replaces } => choose(locale, field, code, candidates, *replaces),
        Outcome::NotAPeriod(error) => refused(locale.say("help-period-label"), *error),
        Outcome::NotWeeks(error) => refused(locale.say("help-weeks-label"), *error),
        Outcome::DueDate { day, filled_in } => {
            let found = locale.with("help-due-found", &[("day", &locale.day(*day))]);
            let differs = (!filled_in).then(|| {
                let wish = Wish::TakeDay(field.clone(), *day);
                view! {
                    <p>{locale.say("help-due-differs")}</p>
                    {ask_button(&wish, locale.say("help-due-take"), None)}
                }
            });
            view! { <p><strong>{found}</strong></p><p>{locale.say("help-due-estimate")}</p>{differs} }.into_any()
        }
        Outcome::Day(day) => plain(locale.day(*day)),
        Outcome::NoDay => ().into_any(),
    }
}

fn choose(locale: Locale, field: &FieldId, code: &str, candidates: &[Candidate], replaces: bool) -> AnyView {
    let lead = if replaces {
        locale.say("help-address-replace")
    } else {
        locale.with("help-address-choose", &[("count", &candidates.len().to_string())])
    };
    let japanese = locale.lang_of_japanese();
    let rows = candidates
        .iter()
        .enumerate()
        .map(|(place, one)| {
            let wish = Wish::TakeAddress(field.clone(), code.to_owned(), place);
            let note = (!one.note.is_empty()).then(|| format!("（{}）", one.note));
            let own = one.only_city.then(|| view! { <small>{locale.say("help-address-only-city")}</small> });
            view! {
                <li>
                    <button class="button" name="then" value=wish.to_string() formaction=format!("#{}", region_id(field))
                        data-help=field.to_string()>
                        <span lang=japanese>{one.address.clone()}{note}</span>{own}
                    </button>
                </li>
            }
        })
        .collect_view();
    view! { <p>{lead}</p><ul class="help__choices">{rows}</ul> }.into_any()
}

/// What a helper says, alone, for the script.
#[must_use]
pub fn fragment(locale: Locale, helped: &Helped) -> String {
    let owner = Owner::new_root(Some(std::sync::Arc::new(hydration_context::SsrSharedContext::new())));
    let html = owner.with(|| outcome(locale, &helped.field, &helped.outcome).to_html());
    if locale.has_furigana() { ruby::render(html) } else { html }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::BTreeMap;

    use intake::{
        answers::{Answers, RawAnswers},
        catalog::Catalog,
    };
    use scraper::{Html, Selector};

    use super::*;
    use crate::fields::field;

    /// Every field of every form that ships, as it stands on its page.
    fn each_field(mut look: impl FnMut(&Form, &Field, &Html)) {
        let catalog = Catalog::shipped().unwrap();
        let (raw, answers) = (RawAnswers::default(), Answers::default());
        let help = Some(Help::on("2026-11-23".parse().unwrap()));
        for id in ["pregnancy_notification", "questionnaire", "epds", "low_birth_weight", "postnatal_care"] {
            let form = catalog.newest(&id.parse().unwrap()).unwrap();
            for (page, one) in form.fields() {
                let locale = Locale::Ja;
                let context = Context {
                    locale,
                    raw: &raw,
                    answers: &answers,
                    errors: &[],
                    page,
                    text_pack: None,
                    help,
                    card: None,
                };
                let owner = Owner::new_root(Some(std::sync::Arc::new(hydration_context::SsrSharedContext::new())));
                look(form, one, &Html::parse_fragment(&owner.with(|| field(context, one).to_html())));
            }
        }
    }

    fn inputs(html: &Html) -> BTreeMap<String, (String, String)> {
        let selector = Selector::parse("input[name], textarea[name]").unwrap();
        let attribute = |element: &scraper::ElementRef<'_>, name| element.attr(name).unwrap_or_default().to_owned();
        let one = |element: scraper::ElementRef<'_>| {
            (attribute(&element, "name"), (attribute(&element, "autocomplete"), attribute(&element, "inputmode")))
        };
        html.select(&selector).map(one).collect()
    }

    #[test]
    fn a_browser_may_fill_in_what_it_knows_of_the_person_and_shows_the_right_keys_in_every_form() {
        let mut seen = 0;
        each_field(|form, one, html| {
            let inputs = inputs(html);
            let id = one.id.as_str();
            let place = format!("{} {id}", form.id);
            let has = |name: &str, autocomplete: &str, mode: &str| {
                let (found, keys) = &inputs[name];
                assert_eq!((found.as_str(), keys.as_str()), (autocomplete, mode), "{place} {name}");
            };
            seen += 1;
            match (&one.kind, &one.target) {
                (Kind::Name, intake::form::Target::Person(_)) => has(id, "name", ""),
                (Kind::PostalCode, _) => has(id, "postal-code", "numeric"),
                (Kind::Address, intake::form::Target::Person(_)) => has(id, "street-address", ""),
                (Kind::Phone, _) => has(id, "tel", "tel"),
                (Kind::Date { .. }, target) => {
                    let is_hers = matches!(target, intake::form::Target::Person(_));
                    for (part, mode) in [("year", ""), ("month", "numeric"), ("day", "numeric")] {
                        let own = if is_hers { format!("bday-{part}") } else { "off".to_owned() };
                        has(&format!("{id}-{part}"), &own, mode);
                    }
                }
                (Kind::Integer { .. }, _) => has(id, "", "numeric"),
                _ if one.autocomplete.is_some() => has(id, one.autocomplete.as_deref().unwrap(), ""),
                // Of somebody else, or of something else: nothing of hers may get in by itself.
                _ => {
                    let known = ["name", "bday", "postal-code", "street-address", "tel", "email"];
                    assert!(inputs.values().all(|(found, _)| !known.contains(&found.as_str())), "{place}");
                }
            }
        });
        assert!(seen > 100, "{seen} fields");
    }

    #[test]
    fn help_stands_where_the_form_says_that_fields_belong_together() {
        let mut found = Vec::new();
        each_field(|form, one, html| {
            let all = |selector: &str| html.select(&Selector::parse(selector).unwrap()).count();
            for (what, count) in [
                ("address", all("[data-help][data-target=address]")),
                ("kana", all("[data-kana]")),
                ("due date", all("details.helper")),
                ("eras", all("[data-eras]")),
            ] {
                found.extend((count > 0).then(|| format!("{} {} {what}", form.id, one.id)));
            }
            assert_eq!(all("[data-day]"), usize::from(matches!(one.kind, Kind::Date { .. })), "{}", one.id);
        });
        for form in ["pregnancy_notification", "questionnaire", "epds", "low_birth_weight", "postnatal_care"] {
            for help in ["postal_code address", "name kana", "birthdate eras"] {
                assert!(found.contains(&format!("{form} {help}")), "{form} {help}: {found:?}");
            }
        }
        assert_eq!(found.iter().filter(|one| one.ends_with("due date")).count(), 1, "{found:?}");
    }

    #[test]
    fn what_a_helper_says_is_escaped_and_has_readings_in_easy_japanese() {
        let code: FieldId = "code".parse().unwrap();
        let said = |locale, outcome| fragment(locale, &Helped { field: code.clone(), outcome, filled_in: vec![] });
        let hostile = said(Locale::Ja, Outcome::Address("<b>\"1".to_owned()));
        assert!(hostile.contains("&lt;b&gt;") && !hostile.contains("<b>"), "{hostile}");
        let day = "2019-05-01".parse().unwrap();
        assert!(said(Locale::Ja, Outcome::Day(day)).contains("2019年5月1日（令和元年）"));
        let easy = said(Locale::JaEasy, Outcome::DueDate { day, filled_in: false });
        assert!(easy.contains("<ruby>令和"), "{easy}");
        assert!(easy.contains("take-day/code/2019-05-01"), "{easy}");
    }
}
