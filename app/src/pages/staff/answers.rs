//! The answers of a case, and what of them wants a second look. Invariant: every answer is shown as it was typed, beside the
//! number of its record item.

use intake::{
    form::{Field, Kind, Target},
    gestation::TimingClass,
    ids::FieldId,
};
use leptos::prelude::*;

use super::case::Model;
use crate::{
    pages::{check::shown, form::warning_sentence},
    text::Locale,
};

/// 「確認が必要な項目」 each with the answer that raised it.
pub(super) fn look_at(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let answer = |id: &FieldId| {
        let text = model.form.field(id).and_then(|(_, field)| shown(Locale::Ja, field, model.raw));
        format!("{}：{}", model.label(id), text.unwrap_or_else(|| locale.say("not-answered")))
    };
    // What does not go together has a sentence of its own below.
    let flags = model.flags.iter().filter(|raised| raised.flag != intake::flags::Flag::LooksOdd).map(|raised| {
        let name = locale.say(&format!("flag-{}", raised.flag.code().replace('_', "-")));
        view! { <li><strong>{name}</strong><p>{answer(&raised.field)}</p></li> }.into_any()
    });
    let warnings = model.warnings.iter().map(|warning| {
        let sentence = warning_sentence(locale, warning);
        view! { <li><strong>{sentence}</strong><p>{answer(&warning.field)}</p></li> }.into_any()
    });
    let all: Vec<AnyView> = flags.chain(warnings).collect();
    (!all.is_empty()).then(|| {
        view! { <section><h2>{locale.say("staff-look-at")}</h2><ul class="flag-list">{all}</ul></section> }.into_any()
    })
}

/// The language of what she wrote herself, where it is not Japanese.
fn foreign(model: &Model<'_>) -> Option<Locale> {
    model.language.filter(|language| language.lang() != Locale::Ja.lang())
}

/// The answers, always in Japanese: staff decide on what the record will say, in whatever language it was asked.
pub(super) fn answers(locale: Locale, model: &Model<'_>) -> AnyView {
    let sections = model
        .pages
        .iter()
        // The items of the EPDS stand with their scores.
        .filter(|page| page.fields.iter().any(|field| !is_item(field)))
        .map(|page| {
            let rows = page
                .fields
                .iter()
                .filter(|field| model.is_asked(field) && !is_item(field))
                .map(|field| row(locale, model, field))
                .collect_view();
            view! { <h3>{page.title.get("ja").to_owned()}</h3><dl class="summary-list">{rows}</dl> }
        })
        .collect_view();
    let language = model.language.map(|language| {
        view! { <p>{locale.say("staff-language")} <span lang=language.lang()>{language.name()}</span></p> }
    });
    view! {
        <section>
            <h2>{locale.say("staff-answers")}</h2>
            {language}{computed(locale, model)}
            <div lang="ja">{sections}</div>
        </section>
    }
    .into_any()
}

pub(super) const fn is_item(field: &Field) -> bool {
    matches!(field.target, Target::EpdsItem(_))
}

fn row(locale: Locale, model: &Model<'_>, field: &Field) -> AnyView {
    let item = match &field.target {
        Target::Record(number) => Some(locale.with("staff-record-item", &[("number", number)])),
        Target::Legal(_) => Some(locale.say("staff-legal-item")),
        Target::Person(_) | Target::Extra(_) | Target::DetailOf(_) | Target::EpdsItem(_) => None,
    };
    let item = item.map(|text| view! { " " <span class="badge">{text}</span> });
    let changed = model.changed.contains(&field.id).then(|| {
        view! { " " <span class="badge badge--flag">{locale.say("staff-changed-answer")}</span> }
    });
    let text = shown(Locale::Ja, field, model.raw).unwrap_or_else(|| Locale::Ja.say("not-answered"));
    let in_other_words = matches!(field.kind, Kind::Text { .. } | Kind::LongText { .. }) && answered(model, field);
    let language = foreign(model).filter(|_| in_other_words);
    let mark = language.map(|language| {
        let text = locale.with("staff-foreign-text", &[("language", language.name())]);
        view! { " " <span class="badge badge--flag">{text}</span> }
    });
    view! {
        <div class="summary-list__row" id=format!("answer-{}", field.id)>
            <dt class="summary-list__key">{field.label.get("ja").to_owned()}{item}{changed}{mark}</dt>
            <dd class="summary-list__value" lang=language.map(Locale::lang)>{text}</dd>
        </div>
    }
    .into_any()
}

fn answered(model: &Model<'_>, field: &Field) -> bool {
    model.answers.text(&field.id).is_some()
}

fn computed(locale: Locale, model: &Model<'_>) -> AnyView {
    let weeks = model.derived.gestation.map(|found| {
        let (weeks, days, month) = (found.weeks.to_string(), found.days.to_string(), found.month.to_string());
        locale.with("staff-weeks", &[("weeks", &weeks), ("days", &days), ("month", &month)])
    });
    let timing = match model.derived.timing {
        TimingClass::Unknown => None,
        timing => Some(timing.name().to_owned()),
    };
    let age = model.derived.age.map(|age| locale.with("staff-age", &[("age", &age.to_string())]));
    let all: Vec<String> = [weeks, timing, age].into_iter().flatten().collect();
    view! { <p>{locale.with("staff-computed", &[("all", &all.join("、"))])}</p> }.into_any()
}
