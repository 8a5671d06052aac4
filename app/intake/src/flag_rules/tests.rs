//! Every rule that ships hits what it says and misses what it does not; every mistake in a file is told; and whatever the rules and the
//! answers, a hit names answered fields.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use crate::answers::{RawAnswers, parse};
use proptest::prelude::*;

fn catalog() -> Catalog {
    Catalog::shipped().unwrap()
}

fn rules() -> FlagRules {
    FlagRules::read(DRAFT, &catalog()).unwrap().switched_on()
}

/// Answers as `input=value&input=value`, on the day of filing.
fn answers(form: &Form, typed: &str) -> (Answers, CivilDate) {
    let mut raw = RawAnswers::default();
    for (input, value) in typed.split('&').filter_map(|pair| pair.split_once('=')) {
        let values = [raw.all(input), &[value.to_owned()]].concat();
        raw.set(input, values);
    }
    let filed_on = "2026-11-23".parse().unwrap();
    (parse(form, &raw, filed_on).0, filed_on)
}

/// Which rules say something of what was typed, and by which fields.
fn hits(rules: &FlagRules, form: &str, typed: &str) -> Vec<(String, String)> {
    let catalog = catalog();
    let form = catalog.newest(&form.parse().unwrap()).unwrap();
    let (answers, filed_on) = answers(form, typed);
    let named = |hit: Hit| {
        let rule = rules.all().iter().find(|rule| rule.label == hit.label).unwrap();
        (rule.id.clone(), hit.fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    rules.hits(form, &answers, filed_on).into_iter().map(named).collect()
}

const NOTIFICATION: &str = "pregnancy_notification";
const QUESTIONNAIRE: &str = "questionnaire";

/// For each rule that ships: what raises it, by which fields, and what just does not.
const GOLDEN: [(&str, &str, &str, &str, &str); 21] = [
    (
        "age_below_20",
        NOTIFICATION,
        "birthdate-year=2006&birthdate-month=11&birthdate-day=24",
        "birthdate",
        "birthdate-year=2006&birthdate-month=11&birthdate-day=23",
    ),
    (
        "age_35_to_39",
        NOTIFICATION,
        "birthdate-year=1991&birthdate-month=11&birthdate-day=23",
        "birthdate",
        "birthdate-year=1991&birthdate-month=11&birthdate-day=24",
    ),
    (
        "age_40_or_more",
        NOTIFICATION,
        "birthdate-year=1986&birthdate-month=11&birthdate-day=23",
        "birthdate",
        "birthdate-year=2000&birthdate-month=11&birthdate-day=24",
    ),
    // 22 weeks are 280 - 154 = 126 days before the due date.
    (
        "late",
        NOTIFICATION,
        "due_date-year=2027&due_date-month=3&due_date-day=29",
        "due_date",
        "due_date-year=2027&due_date-month=3&due_date-day=30",
    ),
    ("late", NOTIFICATION, "weeks=22", "weeks", "weeks=21"),
    ("no_diagnosis", NOTIFICATION, "diagnosed=no", "diagnosed", "diagnosed=midwife"),
    ("multiple", NOTIFICATION, "multiple=more", "multiple", "multiple=unknown"),
    (
        "unmarried_without_help",
        QUESTIONNAIRE,
        "marriage=3&helpers_any=2",
        "marriage helpers_any",
        "marriage=3&helpers_any=3",
    ),
    ("feelings", QUESTIONNAIRE, "feelings=5", "feelings", "feelings=4"),
    (
        "mental_illness",
        QUESTIONNAIRE,
        "history=1&illnesses=asthma&illnesses=mental",
        "illnesses",
        "history=1&illnesses=asthma",
    ),
    ("fertility", QUESTIONNAIRE, "fertility=3", "fertility", "fertility=1"),
    ("past", QUESTIONNAIRE, "pregnancies=2&past=preterm&past=child_loss", "past", "pregnancies=2&past=preterm"),
    ("smoking", QUESTIONNAIRE, "smoking=4", "smoking", "smoking=3"),
    ("drinking", QUESTIONNAIRE, "drinking=5", "drinking", "drinking=declined"),
    (
        "symptoms",
        QUESTIONNAIRE,
        "symptoms_any=1&symptoms=sleep&symptoms=low&symptoms=tired",
        "symptoms",
        "symptoms_any=1&symptoms=sleep&symptoms=low",
    ),
    ("relying", QUESTIONNAIRE, "relying=4", "relying", "relying=3"),
    (
        "nobody_to_talk_to",
        QUESTIONNAIRE,
        "partner_talk=2&confidants_any=2",
        "partner_talk confidants_any",
        "partner_talk=2&confidants_any=1",
    ),
    ("no_helpers", QUESTIONNAIRE, "helpers_any=2", "helpers_any", "helpers_any=3"),
    ("money", QUESTIONNAIRE, "worries_any=1&money=debt", "money", "worries_any=1&money=none"),
    (
        "violence",
        QUESTIONNAIRE,
        "alone=yes&worries_any=1&family=violence",
        "family",
        "alone=yes&worries_any=1&family=partner",
    ),
    (
        "many_declined",
        QUESTIONNAIRE,
        "marriage=declined&course=declined&smoking=declined&drinking=declined&feelings=declined",
        "course drinking feelings marriage smoking",
        "marriage=declined&course=declined&smoking=declined&drinking=declined",
    ),
];

#[test]
fn each_rule_that_ships_hits_what_it_says_and_names_the_answers() {
    let rules = rules();
    for (id, form, hit, fields, miss) in GOLDEN {
        let found = hits(&rules, form, hit);
        let by = found.iter().find(|(rule, _)| rule == id).map(|(_, by)| by.as_str());
        assert_eq!(by, Some(fields), "{id} by {hit}: {found:?}");
        assert!(!hits(&rules, form, miss).iter().any(|(rule, _)| rule == id), "{id} by {miss}");
    }
    let tried = |id: &str| GOLDEN.iter().any(|(rule, ..)| *rule == id);
    assert!(rules.all().iter().all(|rule| tried(&rule.id)), "a rule without its example");
}

#[test]
fn the_list_that_ships_says_nothing_until_it_is_switched_on() {
    let rules = FlagRules::read(DRAFT, &catalog()).unwrap();
    assert!(rules.all().iter().all(|rule| !rule.enabled));
    for (_, form, hit, ..) in GOLDEN {
        assert_eq!(hits(&rules, form, hit), []);
    }
    let one = DRAFT.replacen("enabled = false", "enabled = true", 1);
    let rules = FlagRules::read(&one, &catalog()).unwrap();
    assert_eq!(hits(&rules, NOTIFICATION, GOLDEN[0].2), [("age_below_20".to_owned(), "birthdate".to_owned())]);
    assert_eq!(hits(&rules, NOTIFICATION, "multiple=twins"), []);
}

#[test]
fn an_ordinary_filing_raises_nothing() {
    let typed = "birthdate-year=1995&birthdate-month=4&birthdate-day=1&diagnosed=doctor&multiple=single&weeks=8";
    assert_eq!(hits(&rules(), NOTIFICATION, typed), []);
}

/// The findings of a file with one rule.
fn faults(rule: &str) -> Vec<String> {
    let found = FlagRules::read(&format!("version = 1\n{rule}"), &catalog()).unwrap_err();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_to_do() {
    let rule = r#"
[[rule]]
id = "a"
form = "questionaire"
enabled = "yes"
lable = { ja = "あ", en = "a" }
source = "s"
when = []
"#;
    insta::assert_snapshot!("flag_rules_keys", faults(rule).join("\n"));
    let rule = r#"
[[rule]]
id = "a"
form = "questionnaire"
enabled = true
label = { ja = "あ" }
source = "s"
when = [
  { field = "smokin", one_of = ["4"] },
  { field = "smoking", one_of = ["9"] },
  { field = "smoking", at_least = 3 },
  { of = "declined", below = 3 },
  { of = "height", below = 150 },
  { field = "births", below = "2" },
  { field = "births" },
]

[[rule]]
id = "b"
form = "epds"
enabled = true
label = { ja = "い", en = "b" }
source = "s"
when = [{ of = "age", below = 20 }]
"#;
    insta::assert_snapshot!("flag_rules_conditions", faults(rule).join("\n"));
    assert_eq!(faults("rule = ").len(), 1);
    let one = "[[rule]]\nid = \"a\"\nform = \"questionnaire\"\nenabled = true\nlabel = { ja = \"あ\", en = \"a\" }\n\
               source = \"s\"\nwhen = [{ of = \"age\", below = 20 }]\n";
    let twice = faults(&[one, one].concat());
    assert!(twice.len() == 1 && twice[0].starts_with("9:1: there is a rule `a` already"), "{twice:?}");
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let fields: Vec<FieldId> = [NOTIFICATION, QUESTIONNAIRE]
        .iter()
        .flat_map(|form| {
            let catalog = catalog();
            let form = catalog.newest(&form.parse().unwrap()).unwrap();
            form.fields().map(|(_, field)| field.id.clone()).collect::<Vec<_>>()
        })
        .collect();
    let subject = prop_oneof![
        prop::sample::select(fields).prop_map(Subject::Field),
        Just(Subject::Age),
        Just(Subject::Weeks),
        Just(Subject::Declined),
    ];
    let test = prop_oneof![
        prop::collection::vec("[1-9a-z]{1,8}", 1..4).prop_map(Test::OneOf),
        (-3_i64..60).prop_map(Test::AtLeast),
        (-3_i64..60).prop_map(Test::Below),
    ];
    (subject, test).prop_map(|(subject, test)| Condition { subject, test })
}

fn any_answers(form: &'static str) -> impl Strategy<Value = Answers> {
    let catalog = catalog();
    let form = catalog.newest(&form.parse().unwrap()).unwrap().clone();
    let inputs: Vec<String> = form.fields().flat_map(|(_, field)| field.inputs()).collect();
    let value = prop_oneof![
        Just("declined".to_owned()),
        "[1-9]",
        (1950_u32..2030).prop_map(|year| year.to_string()),
        prop::sample::select(vec!["yes", "no", "mental", "debt", "violence", "sleep", "none", "twins"])
            .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    prop::collection::vec((prop::sample::select(inputs), value), 0..60).prop_map(move |typed| {
        let mut raw = RawAnswers::default();
        for (input, value) in typed {
            raw.set(&input, [raw.all(&input), &[value]].concat());
        }
        parse(&form, &raw, "2026-11-23".parse().unwrap()).0
    })
}

proptest! {
    #[test]
    fn whatever_the_rules_and_the_answers_a_hit_names_answered_fields(
        when in prop::collection::vec(prop::collection::vec(any_condition(), 1..4), 1..6),
        (form, answers) in prop_oneof![
            any_answers(NOTIFICATION).prop_map(|answers| (NOTIFICATION, answers)),
            any_answers(QUESTIONNAIRE).prop_map(|answers| (QUESTIONNAIRE, answers)),
        ],
        day in 0_i64..4000,
    ) {
        let catalog = catalog();
        let form = catalog.newest(&form.parse().unwrap()).unwrap();
        let rule = |when: Vec<Condition>| Rule {
            id: "any".to_owned(),
            form: form.id.clone(),
            enabled: true,
            label: Text::written([("ja", "何か".to_owned())]),
            source: String::new(),
            when,
        };
        let rules = FlagRules { version: 1, rules: when.into_iter().map(rule).collect() };
        let filed_on = "2020-01-01".parse::<CivilDate>().unwrap().plus_days(day);
        for hit in rules.hits(form, &answers, filed_on) {
            prop_assert!(!hit.fields.is_empty());
            prop_assert!(hit.fields.iter().all(|field| answers.get(field).is_some()));
        }
    }

    #[test]
    fn whatever_a_file_says_it_is_read_or_its_mistakes_are_told(text in "\\PC{0,200}") {
        if let Err(found) = FlagRules::read(&text, &catalog()) {
            prop_assert!(!found.is_empty() && found.iter().all(|one| one.line >= 1));
        }
    }
}
