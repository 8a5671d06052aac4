//! Tests of the R4 resources: golden ones to read, random ones to find what nobody thought of.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, sync::LazyLock};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{check, *};
use crate::{
    catalog,
    export::{
        Entry, Filing, build,
        tests::{entry, entry_of, filing_of, form, staff_typed, typed},
    },
    journey, made_up,
    staff_items::parse_staff_items,
    texts::translate,
};

const BASE: &str = "https://portal.example";
/// Every kind of field, condition and choice stands in one of them.
const FORMS: [&str; 5] = [
    include_str!("../../forms/pregnancy_notification.v1.toml"),
    include_str!("../../forms/questionnaire.v1.toml"),
    include_str!("../../forms/epds.v1.toml"),
    include_str!("../../forms/low_birth_weight.v1.toml"),
    include_str!("../../forms/postnatal_care.v1.toml"),
];

static READ: LazyLock<Vec<Form>> = LazyLock::new(|| FORMS.iter().map(|text| catalog::read(text).unwrap()).collect());

fn form_of(id: &str) -> Form {
    READ.iter().find(|form| form.id.as_str() == id).unwrap().clone()
}

fn shown(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

fn told(entry: &Entry) -> Value {
    questionnaire_response(entry, &form(), BASE).unwrap()
}

fn found(response: &Value) -> Vec<String> {
    check::response(&questionnaire(&form(), BASE), response).iter().map(ToString::to_string).collect()
}

/// The items of a response under their groups, by linkId.
fn item<'v>(response: &'v mut Value, link_id: &str) -> &'v mut Value {
    let groups = response["item"].as_array_mut().unwrap().iter_mut();
    let mut items = groups.flat_map(|group| group["item"].as_array_mut().unwrap());
    items.find(|item| item["linkId"] == link_id).unwrap()
}

fn link_ids(items: &Value, all: &mut Vec<String>) {
    for item in items.as_array().into_iter().flatten() {
        all.push(item["linkId"].as_str().unwrap().to_owned());
        link_ids(&item["item"], all);
    }
}

#[test]
fn the_questionnaire_of_the_notification_is_the_one_agreed() {
    insta::assert_snapshot!("questionnaire", shown(&questionnaire(&form(), BASE)));
}

#[test]
fn the_response_of_an_entry_is_the_one_agreed() {
    insta::assert_snapshot!("response", shown(&told(&entry())));
    assert_eq!(found(&told(&entry())), [""; 0]);
}

#[test]
fn every_item_has_an_id_of_its_own_in_every_shipped_form() {
    for form in &*READ {
        let mut all = Vec::new();
        link_ids(&questionnaire(form, BASE)["item"], &mut all);
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{}", form.id);
    }
}

#[test]
fn a_trailing_slash_of_the_base_makes_no_other_names() {
    assert_eq!(questionnaire(&form(), "https://portal.example/"), questionnaire(&form(), BASE));
}

#[test]
fn every_kind_of_condition_has_its_tests() {
    let with = |when: &str| {
        let text = FORMS[0].replacen(
            "when = { field = \"homecoming\", equals = \"yes\" }",
            &format!("when = {{ {when} }}"),
            1,
        );
        let made = questionnaire(&catalog::read(&text).unwrap(), BASE);
        let page = made["item"].as_array().unwrap().iter().find(|item| item["linkId"] == "page.homecoming").unwrap();
        let field = page["item"].as_array().unwrap().iter().find(|item| item["linkId"] == "homecoming_address");
        let field = field.unwrap().clone();
        (field["enableWhen"].clone(), field["enableBehavior"].clone())
    };
    let coding = |code: &str| json!({ "system": format!("{BASE}/fhir/Questionnaire/pregnancy_notification/homecoming"), "code": code });
    let equals = |code: &str| json!({ "question": "homecoming", "operator": "=", "answerCoding": coding(code) });
    assert_eq!(with("field = \"homecoming\", equals = \"no\""), (json!([equals("no")]), Value::Null));
    let one_of = with("field = \"homecoming\", one_of = [\"yes\", \"no\"]");
    assert_eq!(one_of, (json!([equals("yes"), equals("no")]), json!("any")));
    let answered = |wanted: bool| json!([{ "question": "weeks", "operator": "exists", "answerBoolean": wanted }]);
    assert_eq!(with("field = \"weeks\", answered = true").0, answered(true));
    assert_eq!(with("field = \"weeks\", answered = false").0, answered(false));
    let number = json!([{ "question": "weeks", "operator": "=", "answerInteger": 12 }]);
    assert_eq!(with("field = \"weeks\", equals = \"12\"").0, number);
}

#[test]
fn an_entry_that_would_be_sent_back_has_no_response() {
    let mut tampered = entry();
    tampered.derived.age = Some(31);
    assert!(questionnaire_response(&tampered, &form(), BASE).is_err());
}

#[test]
fn whoever_filed_for_her_is_the_source() {
    let mut raw = typed();
    for (input, value) in
        [("filer", "proxy"), ("proxy_name", "葛城 一"), ("proxy_relation", "spouse"), ("proxy_power", "asked")]
    {
        raw.set(input, vec![value.to_owned()]);
    }
    let response = told(&entry_of(&raw, &staff_typed()));
    assert_eq!(response["source"]["reference"], "#proxy");
    assert_eq!(response["contained"][1]["name"][0]["text"], "葛城 一");
    assert_eq!(response["contained"][1]["relationship"][0]["text"], "夫・パートナー");
    assert_eq!(response["subject"]["reference"], "#patient");
    assert_eq!(found(&response), [""; 0]);
}

#[test]
fn a_response_knows_nothing_that_the_answers_do_not_say() {
    let text = shown(&told(&entry()));
    // Her mail address, who decided, how identity was seen: of the entry, and not among the answers.
    for foreign in ["hanako@mail.example", "01010101", "my_number_card", "gender"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
}

fn scored(total: u32, item10: u32) -> Entry {
    let mut scored = entry();
    scored.epds = Some(Epds { occasion: "two_weeks".to_owned(), text_pack: "demo-1".to_owned(), total, item10 });
    scored
}

#[test]
fn a_score_is_total_and_item_10_and_nothing_else() {
    assert!(epds_observation(&entry(), BASE).is_none());
    let observation = epds_observation(&scored(13, 2), BASE).unwrap();
    insta::assert_snapshot!("observation", shown(&observation));
    assert_eq!(check::observation(&observation), []);
    let sentences = |total, item10| {
        let found = check::observation(&epds_observation(&scored(total, item10), BASE).unwrap());
        found.iter().map(|one| one.link_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(sentences(31, 0), ["epds.total"]);
    assert_eq!(sentences(30, 4), ["epds.item10"]);
    assert_eq!(sentences(2, 3), ["epds.total"]);
    assert_eq!(sentences(0, 0), [""; 0]);
    let mut more = observation;
    let mut third = more["component"][0].clone();
    third["code"]["coding"][0]["code"] = "item1".into();
    more["component"].as_array_mut().unwrap().push(third);
    assert_eq!(check::observation(&more)[0].link_id, "epds");
}

#[test]
fn a_filing_is_a_bundle_whose_parts_find_each_other() {
    let (entry, form) = (scored(9, 0), form());
    let (complete, staff) = crate::export::reread(&entry, &form).unwrap();
    let filled = Filled {
        id: &entry.id,
        rev: entry.rev,
        answered_at: entry.answered_at,
        form: &form,
        complete: &complete,
        staff: &staff,
        person: &entry.person,
        proxy: None,
        epds: entry.epds.as_ref(),
    };
    let made = filing(&filled, BASE);
    let entries = made["entry"].as_array().unwrap();
    let kinds: Vec<&str> = entries.iter().map(|one| one["resource"]["resourceType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Questionnaire", "QuestionnaireResponse", "Observation"]);
    assert_eq!(entries[2]["resource"]["derivedFrom"][0]["reference"], entries[1]["fullUrl"]);
    assert_eq!(entries[1]["resource"], told(&entry));
    let addresses: BTreeSet<&str> = entries.iter().map(|one| one["fullUrl"].as_str().unwrap()).collect();
    assert_eq!(addresses.len(), 3);
    assert!(addresses.iter().all(|address| address.len() == 45 && &address[23..24] == "8"), "{addresses:?}");
    assert_eq!(check::bundle(&made), []);
    let without_form = bundle(vec![told(&entry)]);
    assert_eq!(check::bundle(&without_form)[0].to_string(), "questionnaire: its form is not in the bundle");
}

#[test]
fn what_validators_leave_out_is_found() {
    type Tamper = fn(&mut Value);
    let table: [(&str, &str, Tamper); 14] = [
        ("child_order", "outside its range", |told| item(told, "child_order")["answer"][0]["valueInteger"] = 21.into()),
        ("child_order", "outside its range", |told| item(told, "child_order")["answer"][0]["valueInteger"] = 0.into()),
        ("parity", "not among the options", |told| {
            item(told, "parity")["answer"][0]["valueCoding"]["code"] = "3".into()
        }),
        ("parity", "not among the options", |told| {
            item(told, "parity")["answer"][0]["valueCoding"]["system"] = "urn:x".into();
        }),
        ("parity", "not answered", |told| item(told, "parity")["linkId"] = "partner_name".into()),
        ("practitioner", "was not to be asked", |told| {
            item(told, "diagnosed")["answer"][0]["valueCoding"]["code"] = "no".into();
        }),
        ("language_other", "not answered", |told| item(told, "language_other")["linkId"] = "language_third".into()),
        ("language_third", "no such item", |told| item(told, "language_other")["linkId"] = "language_third".into()),
        ("phone", "of another type", |told| item(told, "phone")["answer"] = json!([{ "valueInteger": 1 }])),
        ("phone", "has several", |told| {
            item(told, "phone")["answer"] = json!([{ "valueString": "1" }, { "valueString": "2" }]);
        }),
        ("phone_hours", "the same answer twice", |told| {
            let answers = &mut item(told, "phone_hours")["answer"];
            answers[1] = answers[0].clone();
        }),
        ("child_order", "does not offer that", |told| {
            let declined = item(told, "pregnancies")["answer"].clone();
            item(told, "child_order")["answer"] = declined;
        }),
        ("clinic", "empty or too long", |told| {
            item(told, "clinic")["answer"][0]["valueString"] = "長".repeat(101).into()
        }),
        ("name", "out of the form's order", |told| {
            told["item"].as_array_mut().unwrap().iter_mut().for_each(|group| {
                group["item"].as_array_mut().unwrap().reverse();
            });
        }),
    ];
    let whole = told(&entry());
    for (link_id, sentence, tamper) in table {
        let mut tampered = whole.clone();
        tamper(&mut tampered);
        let found = found(&tampered);
        let expected = |one: &String| one.starts_with(&format!("{link_id}: ")) && one.contains(sentence);
        assert!(found.iter().any(expected), "{link_id}: {sentence}, not in {found:?}");
    }
    let mut other = whole;
    other["questionnaire"] = format!("{BASE}/fhir/Questionnaire/pregnancy_notification|2").into();
    assert_eq!(found(&other), ["questionnaire: the response is to another form or version"]);
}

#[test]
fn the_ten_answers_are_in_no_response_even_where_they_are_at_hand() {
    let form = &form_of("epds");
    let items: Vec<String> = form.epds_items().iter().map(|(_, field)| field.id.to_string()).collect();
    assert_eq!(items.len(), 10);
    let made = questionnaire(form, BASE);
    assert_eq!((&made["code"][0]["code"], &made["status"]), (&json!("71354-5"), &json!("draft")));
    let mut throw = 0;
    let mut dice = |below: usize| {
        throw += 1;
        throw % below
    };
    let day = entry().answered_at.date_in_japan();
    let mut raw = made_up::valid(form, day, &["窓口 花子"], &mut dice);
    for item in &items {
        raw.set(item, vec!["2".to_owned()]);
    }
    let complete = journey::complete(form, &raw, day).unwrap();
    assert!(complete.answers().choice(&"occasion".parse().unwrap()).is_some());
    let (person, proxy) = crate::export::people(form, complete.answers());
    let (entry, staff) = (entry(), StaffAnswers::default());
    let epds = crate::epds::for_entry(form, complete.answers(), "demonstration").unwrap();
    let filled = Filled {
        id: &entry.id,
        rev: entry.rev,
        answered_at: entry.answered_at,
        form,
        complete: &complete,
        staff: &staff,
        person: &person,
        proxy: proxy.as_ref(),
        epds: Some(&epds),
    };
    let bundle = filing(&filled, BASE);
    assert_eq!(check::bundle(&bundle), []);
    let mut answered = Vec::new();
    link_ids(&bundle["entry"][1]["resource"]["item"], &mut answered);
    assert!(!answered.is_empty() && items.iter().all(|item| !answered.contains(item)), "{answered:?}");
    let score = &bundle["entry"][2]["resource"];
    assert_eq!(score["valueInteger"], epds.total);
    let numbers = score["component"].as_array().unwrap().iter().filter_map(|one| one["valueInteger"].as_u64());
    assert_eq!(numbers.collect::<Vec<_>>(), [u64::from(epds.item10)]);
}

#[test]
fn a_span_of_months_is_two_dates_or_declined_twice() {
    let text = FORMS[0].replacen(
        "id = \"delivery_place\"\nkind = \"text\"\nlongest = 100\n",
        "id = \"delivery_place\"\nkind = \"month_span\"\nrequired = true\ndecline = true\n",
        1,
    );
    let form = catalog::read(&text).unwrap();
    let answered = |inputs: &[(&str, &str)]| {
        let mut raw = typed();
        for (input, value) in inputs {
            raw.set(input, vec![(*value).to_owned()]);
        }
        let complete = journey::complete(&form, &raw, entry().answered_at.date_in_japan()).unwrap();
        let (entry, staff) = (entry(), StaffAnswers::default());
        let filled = Filled {
            id: &entry.id,
            rev: 1,
            answered_at: entry.answered_at,
            form: &form,
            complete: &complete,
            staff: &staff,
            person: &entry.person,
            proxy: None,
            epds: None,
        };
        let mut response = response(&filled, BASE);
        let findings = check::response(&questionnaire(&form, BASE), &response);
        assert_eq!(findings, []);
        item(&mut response, "delivery_place")["item"].clone()
    };
    let span = [("from-year", "2027"), ("from-month", "3"), ("to-year", "2027"), ("to-month", "6")];
    let span = span.map(|(part, value)| (format!("delivery_place-{part}"), value));
    let told = answered(&span.each_ref().map(|(input, value)| (input.as_str(), *value)));
    assert_eq!(told[0]["answer"], json!([{ "valueDate": "2027-03" }]));
    assert_eq!(
        told[1],
        json!({ "linkId": "delivery_place.to", "text": "まで", "answer": [{ "valueDate": "2027-06" }] })
    );
    let declined = answered(&[("delivery_place-declined", "1")]);
    assert_eq!(declined[0]["answer"][0]["extension"][0]["valueCode"], "asked-declined");
    assert_eq!(declined[0]["answer"], declined[1]["answer"]);
}

#[test]
fn a_choice_that_refuses_is_no_option_and_an_exclusive_one_stands_alone() {
    let text = FORMS[0].replacen("code = \"noon\", label", "code = \"noon\", exclusive = true, label", 1).replacen(
        "code = \"evening\", label",
        "code = \"evening\", refuses = { ja = \"夜はお電話できません。\" }, label",
        1,
    );
    let made = questionnaire(&catalog::read(&text).unwrap(), BASE);
    let mut told = told(&entry());
    let codes = |told: &mut Value, codes: &[&str]| {
        let answers = codes.iter().map(|code| {
            json!({ "valueCoding": { "system": format!("{BASE}/fhir/Questionnaire/pregnancy_notification/phone_hours"), "code": code } })
        });
        item(told, "phone_hours")["answer"] = answers.collect();
        let found = check::response(&made, told);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(codes(&mut told, &["morning", "afternoon"]), [""; 0]);
    assert_eq!(codes(&mut told, &["noon"]), [""; 0]);
    assert_eq!(codes(&mut told, &["morning", "noon"]), ["phone_hours: a choice that goes with no other has company"]);
    assert_eq!(codes(&mut told, &["evening"]), ["phone_hours: a code is not among the options"]);
}

#[test]
fn a_translation_beside_the_form_stands_beside_the_japanese_text() {
    let mut form = form_of("questionnaire");
    for (locale, text) in [
        ("en", include_str!("../../forms/questionnaire.v1.en.toml")),
        ("ja-easy", include_str!("../../forms/questionnaire.v1.ja-easy.toml")),
    ] {
        translate(&mut form, locale, text).unwrap();
    }
    let made = questionnaire(&form, BASE);
    let translation = &made["_title"]["extension"];
    assert_eq!(translation.as_array().unwrap().len(), 1, "やさしい日本語 is Japanese");
    assert_eq!(translation[0]["extension"][0]["valueCode"], "en");
}

proptest! {
    // All forms in each case, so fewer cases.
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_was_answered_passes_and_what_is_changed_afterwards_is_found(
        throws in prop::collection::vec(any::<u32>(), 40..400),
        which in 0usize..1_000,
    ) {
        let mut place = 0;
        let mut dice = |below: usize| {
            place += 1;
            throws[place % throws.len()] as usize % below
        };
        let (day, texts) = (entry().answered_at.date_in_japan(), ["窓口 花子", "O'Neill", "=1+1", "𠮷野"]);
        for form in &*READ {
            let complete = journey::complete(form, &made_up::valid(form, day, &texts, &mut dice), day).unwrap();
            let staff = parse_staff_items(form, &made_up::staff_items(form, &texts, &mut dice), day).unwrap();
            let epds = crate::epds::for_entry(form, complete.answers(), "demonstration");
            let made = build(form, &complete, &staff, Filing { epds, ..filing_of(form, &complete) });
            let response = questionnaire_response(&made, form, BASE).unwrap();
            let questionnaire = questionnaire(form, BASE);
            let found = |response: &Value| check::response(&questionnaire, response);
            prop_assert_eq!(found(&response), [], "{}", form.id);

            // Any answer of a kind that has limits, put outside them.
            let mut answered: Vec<String> = Vec::new();
            link_ids(&response["item"], &mut answered);
            let mut changed = response.clone();
            let limited = answered.iter().filter(|link_id| !link_id.contains('.')).filter(|link_id| {
                let answer = &item(&mut changed, link_id)["answer"][0];
                answer.get("valueCoding").or(answer.get("valueInteger")).is_some()
            });
            let limited: Vec<&String> = limited.collect();
            let link_id = limited[which % limited.len()];
            let answer = &mut item(&mut changed, link_id)["answer"][0];
            if answer.get("valueInteger").is_some() {
                answer["valueInteger"] = 100_000.into();
            } else {
                answer["valueCoding"]["code"] = "surprise".into();
            }
            prop_assert!(found(&changed).iter().any(|one| one.link_id == *link_id), "{} {link_id}", form.id);
        }
    }
}
