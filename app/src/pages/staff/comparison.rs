//! 「照合」 What was declared beside what a card or a document says (`controls.md` R09). Invariant: everything that differs is
//! marked, and says in words whether somebody has settled it and how.

use intake::{
    answers::RawAnswers,
    card::CardFact,
    case::CommandKind,
    form::Form,
    identity::{ComparedWith, Fact, Finding, Settled},
};
use leptos::prelude::*;

use super::{
    case::Model,
    command::{address, key, typed},
    marks::marked,
};
use crate::{fields::text_area_of, pages::check::shown, text::Locale};

/// The name of a fact.
pub(super) fn name(locale: Locale, fact: Fact) -> String {
    locale.say(&format!("compare-fact-{}", fact.code()))
}

fn word(locale: Locale, kind: &str, code: &str) -> String {
    locale.say(&format!("compare-{kind}-{}", code.replace('_', "-")))
}

/// With what it was compared.
pub(super) fn with_what(locale: Locale, with: ComparedWith) -> String {
    word(locale, "with", with.code())
}

fn declared(model: &Model<'_>, fact: Fact) -> Option<String> {
    declared_in(model.form, model.raw, fact)
}

fn declared_in(form: &Form, raw: &RawAnswers, fact: Fact) -> Option<String> {
    fact.field(form).and_then(|field| shown(Locale::Ja, field, raw))
}

fn on_card(locale: Locale, model: &Model<'_>, fact: Fact) -> Option<String> {
    let on_card = fact.on_card()?;
    let text = model.card?.text(on_card)?;
    Some(match on_card {
        CardFact::Sex => locale.say(&format!("identity-card-sex-{text}")),
        CardFact::Birthdate => text.parse().map_or(text, |day| Locale::Ja.day(day)),
        CardFact::Name | CardFact::Address => text,
    })
}

/// How a fact stands: a word, and whether it wants an eye.
fn standing(locale: Locale, model: &Model<'_>, fact: Fact) -> (String, bool) {
    let comparison = model.evidence.map(|evidence| evidence.comparison).unwrap_or_default();
    if comparison.is_open(fact) {
        let anew = comparison.counter.is_some_and(|it| it.findings.on(fact) == Finding::Same);
        return (locale.say(if anew { "compare-anew" } else { "compare-open" }), true);
    }
    match (comparison.settled(fact), comparison.counter.map(|it| it.findings.on(fact))) {
        (Some(Settled::SamePerson), _) => (locale.say("compare-settled-same-person"), false),
        (Some(Settled::Corrected), _) => (locale.say("compare-settled-corrected"), false),
        (None, Some(finding)) => (word(locale, "finding", finding.code()), false),
        (None, None) if on_card(locale, model, fact).is_some() && declared(model, fact).is_some() => {
            (locale.say("compare-finding-same"), false)
        }
        (None, None) => (locale.say("compare-not-yet"), false),
    }
}

fn row(locale: Locale, model: &Model<'_>, fact: Fact) -> AnyView {
    let declared = declared(model, fact);
    let card = on_card(locale, model, fact);
    let (state, is_marked) = standing(locale, model, fact);
    let class = if is_marked { "badge badge--flag" } else { "badge" };
    let none = || view! { <span class="compare__none">{locale.say("compare-none")}</span> }.into_any();
    let (left, right) = match (&declared, &card) {
        (Some(left), Some(right)) => {
            let [left, right] = marked(left, right);
            (left, right)
        }
        (left, right) => {
            let plain = |text: &Option<String>| text.clone().map_or_else(none, |text| view! { {text} }.into_any());
            (plain(left), plain(right))
        }
    };
    let beside = model.card.map(|_| view! { <td lang="ja" data-label=locale.say("compare-card")>{right}</td> });
    view! {
        <tr>
            <th scope="row">{name(locale, fact)}</th>
            <td lang="ja" data-label=locale.say("compare-declared")>{left}</td>
            {beside}
            <td data-label=locale.say("compare-result")><span class=class>{state}</span></td>
        </tr>
    }
    .into_any()
}

/// The table, with what can be done about each difference.
pub(super) fn section(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let comparison = model.evidence?.comparison;
    if comparison.counter.is_none() && model.card.is_none() {
        return None;
    }
    let with = comparison.counter.map(|it| {
        view! { <p>{locale.with("compare-with-what", &[("with", &with_what(locale, it.with))])}</p> }
    });
    let card = model.card.map(|_| view! { <th scope="col">{locale.say("compare-card")}</th> });
    let rows = Fact::ALL.iter().map(|fact| row(locale, model, *fact)).collect_view();
    let open: Vec<Fact> = comparison.open().iter().collect();
    let lead = (!open.is_empty()).then(|| view! { <p><strong>{locale.say("compare-open-lead")}</strong></p> });
    let deeds = open.into_iter().filter_map(|fact| settle(locale, model, fact)).collect_view();
    Some(
        view! {
            <section id="comparison">
                <h3>{locale.say("compare-title")}</h3>
                {with}
                <table class="compare">
                    <thead><tr><th scope="col">{locale.say("compare-fact")}</th><th scope="col">{locale.say("compare-declared")}</th>{card}<th scope="col">{locale.say("compare-result")}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                {lead}
                {deeds}
            </section>
        }
        .into_any(),
    )
}

/// 「同じ方と確認」 A form for one difference, and the way to put right what was declared.
fn settle(locale: Locale, model: &Model<'_>, fact: Fact) -> Option<AnyView> {
    let kind = CommandKind::SettleDifference;
    model.offers(kind)?;
    let failed = typed(model, kind).filter(|typed| typed.first("fact") == fact.code());
    let input = format!("because-{}", fact.code());
    let because = failed.map(|typed| typed.first(&input).to_owned()).unwrap_or_default();
    let error = failed.map(|_| model.failed.error.clone().unwrap_or_default());
    let invalid = error.is_some();
    let class = if invalid { "field field--invalid" } else { "field" };
    let error_id = format!("{input}-error");
    let described = invalid.then(|| error_id.clone());
    let error = error.map(|text| view! { <p class="field__error" id=error_id>{locale.say("error-prefix")}{text}</p> });
    let amend = fact.field(model.form).filter(|field| model.amendable.contains(&field.id)).map(|field| {
        let address = format!("/staff/cases/{}/amend/{}", model.number, field.id);
        view! { <p><a href=address>{locale.with("compare-amend", &[("fact", &name(locale, fact))])}</a></p> }
    });
    Some(
        view! {
            <details class="deed" open=invalid>
                <summary>{locale.with("compare-settle", &[("fact", &name(locale, fact))])}</summary>
                <form class="form" method="post" action=address(model, kind) novalidate>
                    <input type="hidden" name="version" value=model.version.to_string()/>
                    <input type="hidden" name="fact" value=fact.code()/>
                    <div class=class>
                        <label class="field__label" for=input.clone()>{locale.say("compare-because")}</label>
                        <p class="field__hint">{locale.say("compare-because-hint")}</p>
                        {error}
                        <div class="field__control">
                            {text_area_of(&input, &because, Some("off".to_owned()), described, invalid)}
                        </div>
                    </div>
                    <div class="button-row"><button class="button button--secondary">{locale.say(&format!("{}-button", key(kind)))}</button></div>
                </form>
                {amend}
            </details>
        }
        .into_any(),
    )
}

fn radio(name: String, code: &'static str, label: String, chosen: bool, place: usize) -> AnyView {
    view! {
        <label class="choice">
            <input type="radio" id=format!("{name}-{place}") name=name.clone() value=code checked=chosen/>
            <span>{label}</span>
        </label>
    }
    .into_any()
}

/// The part of the form about what was seen: with what it was compared, and what came of it. `typed` is what was chosen before, in a
/// form that was not taken.
pub(super) fn fields(
    locale: Locale,
    (form, raw): (&Form, &RawAnswers),
    typed: Option<&RawAnswers>,
    takes_number: bool,
) -> AnyView {
    let chosen = |input: &str| typed.map(|typed| typed.first(input).to_owned()).unwrap_or_default();
    let (with, how) = (chosen("compared_with"), chosen("compared"));
    let offered = ComparedWith::ALL.iter().filter(|with| takes_number || **with != ComparedWith::NumberDocument);
    let withs = offered
        .enumerate()
        .map(|(place, one)| {
            radio("compared_with".to_owned(), one.code(), with_what(locale, *one), one.code() == with, place)
        })
        .collect_view();
    let ways = ["all", "each"]
        .into_iter()
        .enumerate()
        .map(|(place, way)| {
            radio("compared".to_owned(), way, locale.say(&format!("compare-way-{way}")), way == how, place)
        })
        .collect_view();
    let facts = Fact::ALL
        .iter()
        .map(|fact| {
            let input = format!("fact-{}", fact.code());
            let kept = chosen(&input);
            let findings = Finding::ALL
                .iter()
                .enumerate()
                .map(|(place, one)| {
                    let label = word(locale, "finding", one.code());
                    radio(input.clone(), one.code(), label, one.code() == kept, place)
                })
                .collect_view();
            let declared = declared_in(form, raw, *fact).unwrap_or_else(|| locale.say("compare-not-declared"));
            view! {
                <fieldset class="compare__fact">
                    <legend>{name(locale, *fact)}"："<span lang="ja">{declared}</span></legend>
                    <div class="compare__findings">{findings}</div>
                </fieldset>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field">
            <legend class="field__label">{locale.say("compare-with")}</legend>
            <div class="choice-list">{withs}</div>
        </fieldset>
        <fieldset class="field">
            <legend class="field__label">{locale.say("compare-way")}</legend>
            <div class="choice-list">{ways}</div>
        </fieldset>
        <div class="compare__each">
            <p class="field__hint">{locale.say("compare-each-hint")}</p>
            {facts}
        </div>
    }
    .into_any()
}
