//! Answers as a QuestionnaireResponse. Invariant: an item is there if and only if its question was answered or declined, under
//! the id and in the order of the Questionnaire.

use serde_json::{Map, Value, json};

use super::{
    DATA_ABSENT_REASON, DECLINED, Filled, Names, PATIENT, SPAN, STAFF_GROUP, patient,
    questionnaire::{STAFF_TITLE, page_link},
};
use crate::{
    answers::Answer,
    export::{Entry, EntryFault, Proxy, reread},
    form::{Choice, Field, Form, Kind, Page, StaffItem, Target},
    ids::FieldId,
};

/// The answers of an entry as an R4 QuestionnaireResponse.
///
/// # Errors
/// What is wrong with the entry: of one that the import job would send back there is no response.
pub fn questionnaire_response(entry: &Entry, form: &Form, base_url: &str) -> Result<Value, Vec<EntryFault>> {
    let (complete, staff) = reread(entry, form)?;
    let filled = Filled {
        id: &entry.id,
        rev: entry.rev,
        answered_at: entry.answered_at,
        form,
        complete: &complete,
        staff: &staff,
        person: &entry.person,
        proxy: entry.proxy.as_ref(),
        epds: entry.epds.as_ref(),
    };
    Ok(response(&filled, base_url))
}

/// An answered form as an R4 QuestionnaireResponse.
#[must_use]
pub fn response(filled: &Filled<'_>, base_url: &str) -> Value {
    let names = Names::of(base_url);
    let of_parent = filled.form.pages.iter().filter_map(|page| page_group(filled, names, page));
    let items: Vec<Value> = of_parent.chain(staff_group(filled, names)).collect();
    let about = json!({ "reference": format!("#{PATIENT}") });
    let mut contained = vec![patient(filled.person)];
    contained.extend(filled.proxy.map(|proxy| related_person(filled.form, proxy)));
    let source = if filled.proxy.is_some() { json!({ "reference": "#proxy" }) } else { about.clone() };
    let mut found = json!({
        "resourceType": "QuestionnaireResponse",
        "language": "ja",
        "contained": contained,
        "identifier": names.filing(filled.id, filled.rev),
        "questionnaire": names.version(filled.form),
        "status": "completed",
        "subject": about,
        "source": source,
        "authored": filled.answered_at.rfc3339_in_japan(),
    });
    // R4 has no empty lists. Of EPDS nothing may be left, for the ten answers are in no entry.
    if !items.is_empty() {
        found["item"] = items.into();
    }
    found
}

/// 「代理人」 Who filed for her, with the relation in the form's words.
fn related_person(form: &Form, proxy: &Proxy) -> Value {
    let about = json!({ "reference": format!("#{PATIENT}") });
    let mut person = json!({ "resourceType": "RelatedPerson", "id": "proxy", "patient": about });
    if let Some(name) = &proxy.name {
        person["name"] = json!([{ "text": name }]);
    }
    let asked = form.fields().find(|(_, field)| field.target == Target::Extra("proxy_relation".to_owned()));
    let choices = asked.map_or(&[][..], |(_, field)| field.choices());
    if let Some(choice) = choices.iter().find(|choice| proxy.relation.as_ref() == Some(&choice.code)) {
        person["relationship"] = json!([{ "text": choice.label.get("ja") }]);
    }
    person
}

fn page_group(filled: &Filled<'_>, names: Names<'_>, page: &Page) -> Option<Value> {
    let item = |field: &Field| {
        let answer = filled.complete.answers().get(&field.id)?;
        if field.kind == Kind::EpdsItem {
            return None;
        }
        if field.kind == Kind::MonthSpan {
            return Some(span(field, answer));
        }
        let answers = answers(filled.form, names, &field.id, field.choices(), answer);
        Some(json!({ "linkId": field.id.as_str(), "text": field.label.get("ja"), "answer": answers }))
    };
    group(&page_link(page), page.title.get("ja"), page.fields.iter().filter_map(item).collect())
}

/// Both ends of a span of months; both declined if the span was.
fn span(field: &Field, answer: &Answer) -> Value {
    let ends = match answer {
        Answer::Text(span) => span.split('/').map(|month| json!({ "valueDate": month })).collect(),
        _ => vec![declined(); SPAN.len()],
    };
    let end = |((end, text), answer): ((&str, &str), Value)| json!({ "linkId": format!("{}.{end}", field.id), "text": text, "answer": [answer] });
    let items: Vec<Value> = SPAN.into_iter().zip(ends).map(end).collect();
    json!({ "linkId": field.id.as_str(), "text": field.label.get("ja"), "item": items })
}

fn declined() -> Value {
    json!({ "extension": [{ "url": DATA_ABSENT_REASON, "valueCode": DECLINED }] })
}

fn staff_group(filled: &Filled<'_>, names: Names<'_>) -> Option<Value> {
    let item = |one: &StaffItem| {
        let answer = filled.staff.get(&one.id)?;
        let answers = answers(filled.form, names, &one.id, one.choices(), answer);
        Some(json!({ "linkId": one.id.as_str(), "text": one.label.get("ja"), "answer": answers }))
    };
    group(STAFF_GROUP, STAFF_TITLE, filled.form.staff_items.iter().filter_map(item).collect())
}

fn group(link: &str, text: &str, items: Vec<Value>) -> Option<Value> {
    (!items.is_empty()).then(|| json!({ "linkId": link, "text": text, "item": items }))
}

fn answers(form: &Form, names: Names<'_>, id: &FieldId, choices: &[Choice], answer: &Answer) -> Vec<Value> {
    let coded = |code: &String| {
        let mut coding = Map::new();
        coding.insert("system".to_owned(), names.choices(&form.id, id).into());
        coding.insert("code".to_owned(), code.clone().into());
        if let Some(choice) = choices.iter().find(|choice| choice.code == *code) {
            coding.insert("display".to_owned(), choice.label.get("ja").into());
        }
        json!({ "valueCoding": coding })
    };
    match answer {
        Answer::Text(text) => vec![json!({ "valueString": text })],
        Answer::Date(day) => vec![json!({ "valueDate": day.to_string() })],
        Answer::Integer(number) => vec![json!({ "valueInteger": number })],
        Answer::Choice(code) => vec![coded(code)],
        Answer::Choices(codes) => codes.iter().map(coded).collect(),
        Answer::Declined => vec![declined()],
    }
}
