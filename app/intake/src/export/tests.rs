//! Tests of entries: there and back for whatever answers, and each fault by its own tampering.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;
use crate::{
    answers::RawAnswers,
    card::Matched,
    catalog::Catalog,
    form::Form,
    identity::{Comparison, Evidence, Met, ProxyEvidence, SeenAtCounter, is_by_proxy},
    journey::{CompleteAnswers, complete},
    made_up,
    staff_items::parse_staff_items,
};

/// 2026-11-23 10:00 in Japan.
const FILED: Instant = Instant(1_795_395_600_123_456);

pub(crate) fn form() -> Form {
    Catalog::shipped().unwrap().newest(&"pregnancy_notification".parse().unwrap()).unwrap().clone()
}

fn raw(pairs: &[(&str, &str)]) -> RawAnswers {
    let mut raw = RawAnswers::default();
    for (input, value) in pairs {
        raw.set(input, value.split('|').map(str::to_owned).collect());
    }
    raw
}

/// The same for these answers: where a proxy gave them, staff have met the person.
pub(crate) fn filing_of(form: &Form, complete: &CompleteAnswers) -> Filing {
    let usual = filing();
    let met = Some(Met { by: StaffId::from_random([1; 16]), at: FILED });
    let proxy = is_by_proxy(form, complete.answers()).then_some(ProxyEvidence { seen: None, met });
    Filing { evidence: Evidence { proxy, ..usual.evidence }, ..usual }
}

pub(crate) fn filing() -> Filing {
    let staff = |number: u8| StaffId::from_random([number; 16]);
    let seen = SeenAtCounter {
        number: NumberDocument::MyNumberCard,
        person: PersonDocument::MyNumberCard,
        without_photo: None,
        by: staff(1),
        at: FILED.plus(3_600_000_000),
    };
    Filing {
        id: ReceiptNumber::from_random([7; 9]),
        rev: 1,
        channel: Channel::Portal,
        filed_at: FILED,
        answered_at: FILED,
        municipality: "112020".to_owned(),
        email: Some("hanako@mail.example".to_owned()),
        evidence: Evidence {
            method: Method::EmailCode,
            signed_in_at: FILED,
            counter: Some(seen),
            matched: Matched::default(),
            proxy: None,
            comparison: Comparison::default(),
        },
        my_number: None,
        epds: None,
        attachments: Vec::new(),
        review: Review {
            accepted_by: staff(1),
            accepted_at: FILED.plus(7_200_000_000),
            confirmed_by: staff(2),
            confirmed_at: FILED.plus(8_000_000_000),
        },
    }
}

pub(crate) fn typed() -> RawAnswers {
    raw(&[
        ("filer", "self"),
        ("reason", "new"),
        ("name", "葛󠄁城 凜"),
        ("name_kana", "かつらぎ りん"),
        ("birthdate-year", "平成8"),
        ("birthdate-month", "4"),
        ("birthdate-day", "2"),
        ("postal_code", "360-8601"),
        ("address", "熊谷市宮町２丁目−１　〜コーポ①"),
        ("lives_elsewhere", "same"),
        ("phone", "090-1234-5678"),
        ("phone_hours", "morning|evening"),
        ("language", "other"),
        ("language_other", "ビサヤ語"),
        ("interpreter", "yes"),
        ("due_date-year", "2027"),
        ("due_date-month", "6"),
        ("due_date-day", "30"),
        ("diagnosed", "doctor"),
        ("practitioner", "医師 太郎"),
        ("clinic", "くまがや産婦人科"),
        ("multiple", "single"),
        ("parity", "2"),
        ("pregnancies-declined", "1"),
        ("child_order", "2"),
        ("sti_check", "1"),
        ("tb_check", "9"),
        ("occupation", "8"),
        ("occupation_other", "画家"),
        ("marital_status", "declined"),
        ("homecoming", "no"),
    ])
}

pub(crate) fn staff_typed() -> RawAnswers {
    raw(&[
        ("voucher_number", "26-0001"),
        ("high_risk", "medical|mental"),
        ("handbook_issued_on-year", "2026"),
        ("handbook_issued_on-month", "11"),
        ("handbook_issued_on-day", "23"),
        ("remark", "一行目\n二行目"),
    ])
}

pub(crate) fn entry_of(raw: &RawAnswers, staff: &RawAnswers) -> Entry {
    let (form, day) = (form(), FILED.date_in_japan());
    let staff = parse_staff_items(&form, staff, day).unwrap();
    let complete = complete(&form, raw, day).unwrap();
    build(&form, &complete, &staff, filing_of(&form, &complete))
}

pub(crate) fn entry() -> Entry {
    entry_of(&typed(), &staff_typed())
}

#[test]
fn one_whole_entry_is_the_one_agreed() {
    let shown: serde_json::Value = serde_json::from_slice(&entry().to_line()).unwrap();
    insta::assert_snapshot!("one_whole_entry", serde_json::to_string_pretty(&shown).unwrap());
}

#[test]
fn a_line_holds_no_line_end_and_is_read_back() {
    let line = entry().to_line();
    assert!(!line.contains(&b'\n'));
    assert!(Entry::from_line(&line).unwrap() == entry());
}

#[test]
fn a_member_that_the_format_lacks_is_refused_wherever_it_stands() {
    let line = String::from_utf8(entry().to_line()).unwrap();
    for place in [r#"{"schema""#, r#"{"no""#, r#"{"name""#, r#"{"accepted_by""#] {
        let put_in = line.replacen(place, &place.replacen('{', r#"{"surprise":1,"#, 1), 1);
        assert_ne!(put_in, line, "{place}");
        assert!(Entry::from_line(put_in.as_bytes()).is_err(), "{place}");
    }
    let other = line.replace("madoguchi-entry/1", "madoguchi-entry/2");
    assert!(Entry::from_line(other.as_bytes()).is_err());
}

#[test]
fn weeks_that_nobody_gave_are_computed_and_given_ones_stay() {
    let computed = entry();
    assert_eq!(computed.item("4").unwrap().by, By::Derived);
    let mut given = typed();
    given.set("weeks", vec!["10".to_owned()]);
    let given = entry_of(&given, &staff_typed());
    assert!(given.item("4").unwrap().value == Some(Value::Number(10)));
    assert_eq!(given.item("4").unwrap().by, By::Citizen);
    assert_eq!(recheck(&given, &form()), []);
}

#[test]
fn each_tampering_has_its_own_fault() {
    type Tamper = fn(&mut Entry);
    let table: [(&str, Tamper); 17] = [
        ("other_form", |entry| entry.form.version = 2),
        ("bad_revision", |entry| entry.rev = 0),
        ("bad_municipality", |entry| entry.municipality = "11202".to_owned()),
        ("answer_refused", |entry| entry.person.name = Some("花子👶".to_owned())),
        ("answer_refused", |entry| entry.person.birthdate = Some("2026-11-24".parse().unwrap())),
        ("answer_refused", |entry| {
            entry.legal.remove("sti_check");
        }),
        ("staff_item_refused", |entry| entry.items[8].said.value = Some(Value::Text("長".repeat(31)))),
        ("person_differs", |entry| entry.person.name_kana = Some("ﾘﾝ".to_owned())),
        ("item_differs", |entry| entry.items[4].said.name = "別の項目".to_owned()),
        ("item_differs", |entry| {
            let twice = entry.items[0].clone();
            entry.items.push(twice);
        }),
        ("item_order", |entry| entry.items.swap(0, 1)),
        ("legal_differs", |entry| entry.legal.get_mut("tb_check").unwrap().text = Some("受けた".to_owned())),
        ("extra_differs", |entry| {
            let said = entry.extra["reason"].clone();
            entry.extra.insert("surprise".to_owned(), said);
        }),
        ("proxy_differs", |entry| entry.proxy = Some(Proxy::default())),
        ("derived_differs", |entry| entry.derived.age = Some(31)),
        ("identity_insufficient", |entry| entry.identity.level = Level::VerifiedSigned),
        ("review_incomplete", |entry| entry.review.confirmed_by = entry.review.accepted_by),
    ];
    assert_eq!(recheck(&entry(), &form()), []);
    for (code, tamper) in table {
        let mut tampered = entry();
        tamper(&mut tampered);
        let codes: Vec<&str> = recheck(&tampered, &form()).iter().map(EntryFault::code).collect();
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
    let mut scored = entry();
    scored.epds = Some(Epds { occasion: "2weeks".to_owned(), text_pack: "ja".to_owned(), total: 31, item10: 0 });
    assert_eq!(recheck(&scored, &form()), [EntryFault::EpdsScore]);
}

#[test]
fn a_sign_in_by_code_alone_carries_no_entry() {
    let (form, day) = (form(), FILED.date_in_japan());
    let evidence = Evidence { counter: None, ..filing().evidence };
    let complete = complete(&form, &typed(), day).unwrap();
    let entry = build(&form, &complete, &Default::default(), Filing { evidence, ..filing() });
    assert_eq!(recheck(&entry, &form), [EntryFault::Identity]);
}

#[test]
fn a_card_carries_an_entry_only_with_the_facts_that_agreed() {
    use crate::{card::CardFact, identity::Method};
    let (form, day) = (form(), FILED.date_in_japan());
    let complete = complete(&form, &typed(), day).unwrap();
    let made = |matched: Vec<CardFact>| {
        let evidence =
            Evidence { method: Method::Mynaapp, counter: None, matched: matched.into(), ..filing().evidence };
        build(&form, &complete, &Default::default(), Filing { evidence, ..filing() })
    };
    let whole = made(vec![CardFact::Birthdate, CardFact::Name]);
    assert_eq!(whole.identity.matched, [CardFact::Name, CardFact::Birthdate]);
    assert_eq!((whole.identity.method, whole.identity.level), (Method::Mynaapp, Level::VerifiedRemote));
    assert_eq!(recheck(&whole, &form), []);
    assert_eq!(recheck(&made(vec![CardFact::Name, CardFact::Address]), &form), [EntryFault::Identity]);
    // What somebody took out on the way is noticed.
    let mut tampered = whole;
    tampered.identity.matched.clear();
    assert_eq!(recheck(&tampered, &form), [EntryFault::Identity]);
}

#[test]
fn faults_and_debug_texts_hold_nothing_personal() {
    let mut tampered = entry();
    tampered.person.name = Some("花子👶".to_owned());
    let shown = format!("{:?} {:?} {:?}", recheck(&tampered, &form()), tampered, tampered.items);
    assert!(!shown.contains("花子") && !shown.contains("2026-0"), "{shown}");
}

fn difficult() -> Vec<String> {
    let file: serde_json::Value = serde_json::from_str(include_str!("../../testdata/difficult-text.json")).unwrap();
    let cases = file["cases"].as_array().unwrap().iter().filter(|case| case["accept"] == true);
    cases.map(|case| case["text"].as_str().unwrap().to_owned()).collect()
}

proptest! {
    // All forms in each case, so fewer cases.
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_was_answered_survives_the_way_there_and_back(
        throws in prop::collection::vec(any::<u32>(), 40..400),
        days_later in 0i64..40,
    ) {
        let mut place = 0;
        let mut dice = |below: usize| {
            place += 1;
            throws[place % throws.len()] as usize % below
        };
        let (texts, day) = (difficult(), FILED.date_in_japan());
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.extend(["\"=1+1\"", "\\,<b>", "葛󠄁城 凜"]);
        let catalog = Catalog::shipped().unwrap();
        for form in catalog.all_newest() {
            let complete = complete(form, &made_up::valid(form, day, &texts, &mut dice), day).unwrap();
            let staff = parse_staff_items(form, &made_up::staff_items(form, &texts, &mut dice), day).unwrap();
            // A revision is answered on a later day only if its answers hold then; here the arrival is the earlier one.
            let filing = Filing { filed_at: FILED.plus(-days_later * crate::time::DAY), ..filing_of(form, &complete) };
            let entry = build(form, &complete, &staff, filing);
            let again = Entry::from_line(&entry.to_line()).unwrap();
            prop_assert!(again == entry);
            prop_assert_eq!(recheck(&again, form), [], "{}", form.id);
            prop_assert!(entry.person.name.is_some());
        }
    }
}
