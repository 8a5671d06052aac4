#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Every format of `domain.md` §4.2, and what must not be taken for one.

use super::*;
use crate::{answers::parse, catalog::Catalog};
use proptest::prelude::*;
use serde_json::json;

fn facts(claims: Value) -> (CardFacts, Vec<CardFact>) {
    read(claims.as_object().unwrap())
}

fn hanako() -> CardFacts {
    facts(json!({"name": "窓口　花子", "address": "窓口市架空町1-2-3", "birthdate": "19950401", "gender": "2"})).0
}

fn form() -> Form {
    Catalog::shipped().unwrap().newest(&"pregnancy_notification".parse().unwrap()).unwrap().clone()
}

fn typed(pairs: &[(&str, &str)]) -> (RawAnswers, Answers) {
    let mut raw = RawAnswers::default();
    for (input, text) in pairs {
        raw.set(input, vec![(*text).to_owned()]);
    }
    let answers = parse(&form(), &raw, "2026-11-23".parse().unwrap()).0;
    (raw, answers)
}

const HERS: [(&str, &str); 6] = [
    ("filer", "self"),
    ("name", "窓口 花子"),
    ("birthdate-year", "平成7"),
    ("birthdate-month", "4"),
    ("birthdate-day", "1"),
    ("address", "窓口市架空町1-2-3"),
];

#[test]
fn all_formats_of_an_address_a_birthdate_and_a_sex_are_read() {
    for (address, expected) in [
        (json!("東京都窓口市 1-2"), "東京都窓口市 1-2"),
        (json!({"formatted": "東京都窓口市1-2"}), "東京都窓口市1-2"),
        (json!({"formatted": "東京都窓口市\n架空町1-2\r\n"}), "東京都窓口市 架空町1-2"),
        (json!({"region": "東京都", "locality": "窓口市", "street_address": "1-2"}), "東京都窓口市1-2"),
        (json!({"formatted": " ", "region": "東京都"}), "東京都"),
    ] {
        let (read, unread) = facts(json!({ "address": address }));
        assert_eq!((read.address.as_deref(), unread.len()), (Some(expected), 0), "{address}");
    }
    for birthdate in [json!("19950401"), json!("1995-04-01"), json!(19_950_401)] {
        assert_eq!(facts(json!({ "birthdate": birthdate })).0.birthdate.unwrap().to_string(), "1995-04-01");
    }
    for (sex, expected) in [
        (json!("1"), CardSex::Male),
        (json!("2"), CardSex::Female),
        (json!(2), CardSex::Female),
        (json!("male"), CardSex::Male),
        (json!("FEMALE"), CardSex::Female),
        (json!("女"), CardSex::Female),
        (json!("9"), CardSex::Unknown),
    ] {
        assert_eq!(facts(json!({ "gender": sex })).0.sex, Some(expected), "{sex}");
    }
}

#[test]
fn what_is_in_no_known_format_is_no_fact_and_is_said_by_its_name() {
    for (claim, value, fact) in [
        ("name", json!(["花子"]), CardFact::Name),
        ("address", json!({"postal_code": "100-0001"}), CardFact::Address),
        ("birthdate", json!("0000-04-01"), CardFact::Birthdate),
        ("birthdate", json!("19950431"), CardFact::Birthdate),
        ("birthdate", json!("1995/04/01"), CardFact::Birthdate),
        ("birthdate", json!("1995"), CardFact::Birthdate),
        ("birthdate", json!("+9950401"), CardFact::Birthdate),
        ("birthdate", json!("平成07"), CardFact::Birthdate),
        ("gender", json!("4"), CardFact::Sex),
        ("gender", json!({"value": "2"}), CardFact::Sex),
    ] {
        assert_eq!(facts(json!({ claim: value })), (CardFacts::default(), vec![fact]), "{claim} {value}");
    }
    let nothing = json!({"name": "", "address": null, "birthdate": " "});
    assert_eq!(facts(nothing), (CardFacts::default(), vec![]), "a scope that was not granted is no fault");
}

#[test]
fn name_and_birthdate_name_the_person_however_they_were_typed() {
    let (_, answers) = typed(&HERS);
    let card = hanako();
    let form = form();
    assert_eq!(card.likeness(CardFact::Name, &form, &answers), Some(Likeness::SameBySearchKey));
    assert_eq!(card.likeness(CardFact::Birthdate, &form, &answers), Some(Likeness::Same));
    assert_eq!(card.likeness(CardFact::Address, &form, &answers), Some(Likeness::Same));
    assert_eq!(card.likeness(CardFact::Sex, &form, &answers), None, "no form asks for it");
    let matched = card.matched(&form, &answers);
    assert!(matched.names_the_person());
    assert_eq!(serde_json::to_string(&matched).unwrap(), r#"["name","address","birthdate"]"#);
    let back: Matched = serde_json::from_str(r#"["birthdate"]"#).unwrap();
    assert!(back.has(CardFact::Birthdate) && !back.names_the_person());
}

#[test]
fn the_card_of_a_proxy_agrees_with_nothing() {
    let mut proxied = HERS;
    proxied[0] = ("filer", "proxy");
    let (_, answers) = typed(&proxied);
    assert!(hanako().matched(&form(), &answers).is_empty());
}

#[test]
fn what_she_typed_otherwise_stays_until_she_takes_the_cards() {
    let (form, card) = (form(), hanako());
    let field = |fact| form.person_field(fact).unwrap();
    let (empty, _) = typed(&[]);
    for fact in [PersonFact::Name, PersonFact::Birthdate, PersonFact::Address] {
        assert_eq!(card.standing(field(fact), &empty), Some(Standing::FromCard));
    }
    assert_eq!(card.standing(field(PersonFact::NameKana), &empty), None, "no card has it");
    assert_eq!(card.standing(field(PersonFact::PostalCode), &empty), None);
    let (mut raw, _) = typed(&HERS);
    assert_eq!(card.standing(field(PersonFact::Birthdate), &raw), Some(Standing::FromCard), "the same day");
    assert_eq!(card.standing(field(PersonFact::Name), &raw), Some(Standing::Typed), "other blanks");
    card.put(field(PersonFact::Name), &mut raw);
    assert_eq!(raw.first("name"), "窓口　花子");
    assert_eq!(card.standing(field(PersonFact::Name), &raw), Some(Standing::FromCard));
    raw.set("birthdate-day", vec![String::new()]);
    assert_eq!(card.standing(field(PersonFact::Birthdate), &raw), Some(Standing::Typed), "half a day is hers too");
}

#[test]
fn a_fact_that_the_form_would_not_take_locks_no_field() {
    let form = form();
    let card = facts(json!({"name": "窓口\u{200b}花子"})).0;
    assert_eq!(card.standing(form.person_field(PersonFact::Name).unwrap(), &typed(&[]).0), None);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}|[0-9-]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("formatted|region|locality|[a-z]{1,4}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_provider_sends_is_a_fact_or_unread(
        claims in prop::collection::btree_map("name|address|birthdate|gender", any_json(), 0..5)
    ) {
        let claims: Map<String, Value> = claims.into_iter().collect();
        let (facts, unread) = read(&claims);
        for (fact, claim) in CardFact::ALL.into_iter().zip(["name", "address", "birthdate", "gender"]) {
            let is_there = claims.get(claim).is_some_and(|value| !is_nothing(value));
            prop_assert_eq!(is_there, facts.text(fact).is_some() || unread.contains(&fact));
        }
        let form = form();
        for (_, field) in form.fields() {
            // What is put into a field is taken by its parser.
            let mut raw = RawAnswers::default();
            facts.put(field, &mut raw);
            if raw.has(field) && !matches!(field.kind, Kind::Date { .. }) {
                prop_assert_eq!(facts.standing(field, &raw), Some(Standing::FromCard));
            }
        }
        let kept = serde_json::to_string(&facts).unwrap();
        prop_assert_eq!(serde_json::from_str::<CardFacts>(&kept).unwrap(), facts);
    }

    #[test]
    fn every_day_is_read_in_both_writings(year in 1_i32..=9999, month in 1_u8..=12, day in 1_u8..=31) {
        let expected = CivilDate::from_parts(year, month, day);
        for text in [format!("{year:04}{month:02}{day:02}"), format!("{year:04}-{month:02}-{day:02}")] {
            prop_assert_eq!(facts(json!({ "birthdate": text })).0.birthdate, expected);
        }
    }
}
