#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The made-up people of the demo.

use std::collections::{HashMap, HashSet};

use intake::{
    answers::{Answer, Answers},
    catalog::Catalog,
    form::Form,
    gestation::TimingClass,
    journey::{self, CompleteAnswers, Derived},
    my_number::MyNumber,
    time::CivilDate,
    value::{needs_character_check, search_key},
};
use server::demo::{
    atena,
    people::{SamplePerson, SampleStage, people},
};

fn form() -> Form {
    Catalog::shipped().unwrap().newest(&"pregnancy_notification".parse().unwrap()).unwrap().clone()
}

/// Days on which something could go wrong: a leap day, the days around the turn of a year and of an era.
fn days() -> Vec<CivilDate> {
    ["2026-11-25", "2028-02-29", "2026-12-31", "2027-01-01", "2026-03-31"].map(|day| day.parse().unwrap()).to_vec()
}

struct Filed {
    person: SamplePerson,
    complete: CompleteAnswers,
    derived: Derived,
}

impl Filed {
    fn answers(&self) -> &Answers {
        self.complete.answers()
    }

    fn chose(&self, field: &str, code: &str) -> bool {
        self.answers().choice(&field.parse().unwrap()) == Some(code)
    }

    fn text(&self, field: &str) -> &str {
        self.answers().text(&field.parse().unwrap()).unwrap_or_default()
    }
}

fn filed(form: &Form, today: CivilDate) -> Vec<Filed> {
    let file = |person: SamplePerson| {
        let day = today.plus_days(-person.filed_days_ago);
        let complete = journey::complete(form, &person.raw, day)
            .unwrap_or_else(|errors| panic!("{} on {today}: {errors:?}", person.mail));
        let after_birth = complete.answers().choice(&"reason".parse().unwrap()) == Some("after_birth");
        let derived = journey::derive(form, &complete, after_birth);
        Filed { person, complete, derived }
    };
    people(today).into_iter().map(file).collect()
}

#[test]
fn the_form_takes_every_sample_person_on_every_day() {
    let form = form();
    for today in days() {
        assert_eq!(filed(&form, today).len(), 200);
    }
}

#[test]
fn a_sample_person_types_nothing_that_the_form_does_not_ask() {
    let form = form();
    for person in people(days()[0]) {
        let typed: HashMap<String, Vec<String>> =
            serde_json::from_str(&serde_json::to_string(&person.raw).unwrap()).unwrap();
        let asked: HashSet<String> = form.fields().flat_map(|(_, field)| field.inputs()).collect();
        assert!(typed.keys().all(|input| asked.contains(input)), "{:?}", typed.keys());
    }
}

#[test]
fn the_same_day_gives_the_same_people() {
    let mails = |people: Vec<SamplePerson>| -> Vec<_> {
        people.into_iter().map(|one| (one.mail, serde_json::to_string(&one.raw).unwrap(), one.filed_days_ago)).collect()
    };
    assert_eq!(mails(people(days()[0])), mails(people(days()[0])));
}

#[test]
fn there_are_people_of_every_kind() {
    let form = form();
    for today in days() {
        let all = filed(&form, today);
        let at_least = |wanted: usize, what: &str, is_one: &dyn Fn(&Filed) -> bool| {
            let found = all.iter().filter(|one| is_one(one)).count();
            assert!(found >= wanted, "{found} of {wanted} on {today}: {what}");
        };
        let timing = |class: TimingClass| move |one: &Filed| one.derived.timing == class;
        at_least(100, "within 11 weeks", &timing(TimingClass::Within11Weeks));
        at_least(20, "12 to 19 weeks", &timing(TimingClass::Weeks12To19));
        at_least(8, "20 to 27 weeks", &timing(TimingClass::Weeks20To27));
        at_least(8, "from week 28", &timing(TimingClass::FromWeek28));
        at_least(10, "after the birth", &timing(TimingClass::AfterBirth));
        at_least(20, "no due date", &timing(TimingClass::Unknown));
        at_least(10, "no diagnosis yet", &|one| one.chose("diagnosed", "no"));
        at_least(10, "twins", &|one| one.chose("multiple", "twins"));
        at_least(2, "triplets", &|one| one.chose("multiple", "more"));
        at_least(10, "moved in", &|one| one.chose("reason", "moved_in"));
        at_least(10, "proxy", &|one| one.chose("filer", "proxy"));
        at_least(5, "under 16", &|one| one.derived.age.is_some_and(|age| age < 16));
        at_least(5, "over 50", &|one| one.derived.age.is_some_and(|age| age > 50));
        at_least(10, "declined answers", &|one| one.answers().iter().any(|(_, answer)| *answer == Answer::Declined));
        at_least(10, "living elsewhere", &|one| one.chose("lives_elsewhere", "elsewhere"));
        at_least(30, "another language", &|one| !one.chose("language", "ja"));
        at_least(15, "interpreter", &|one| one.chose("interpreter", "yes"));
        at_least(8, "warnings", &|one| !journey::warnings(&form, one.answers(), one.complete.day()).is_empty());
        let languages: HashSet<&str> =
            all.iter().filter_map(|one| one.answers().choice(&"language".parse().unwrap())).collect();
        assert_eq!(languages.len(), 8, "every language of the form");
    }
}

#[test]
fn there_are_names_of_every_difficulty() {
    let form = form();
    let all = filed(&form, days()[0]);
    let names: Vec<&str> = all.iter().map(|one| one.text("name")).collect();
    let at_least = |wanted: usize, what: &str, is_one: &dyn Fn(&str) -> bool| {
        let found = names.iter().filter(|name| is_one(name)).count();
        assert!(found >= wanted, "{found} of {wanted}: {what}");
    };
    at_least(5, "variation selectors", &|name| name.contains(|c| ('\u{e0100}'..='\u{e01ef}').contains(&c)));
    at_least(5, "ideographs outside the BMP", &|name| name.contains(|c| ('\u{20000}'..='\u{3ffff}').contains(&c)));
    at_least(5, "compatibility ideographs", &|name| name.contains(|c| ('\u{f900}'..='\u{faff}').contains(&c)));
    at_least(2, "decomposed kana", &|name| name.contains('\u{3099}'));
    at_least(2, "髙", &|name| name.contains('髙'));
    at_least(3, "one-word names", &|name| !name.contains(char::is_whitespace) && name.is_ascii());
    at_least(2, "very long names", &|name| name.chars().count() > 60);
    at_least(5, "beginnings of a formula", &|name| name.starts_with(['=', '+', '-', '@']));
    at_least(4, "markup", &|name| name.contains('<'));
    at_least(3, "apostrophes", &|name| name.contains(['\'', '\u{2019}']));
    at_least(40, "for the eyes of staff", &needs_character_check);
    let once: HashSet<&&str> = names.iter().collect();
    assert_eq!(once.len(), names.len(), "no name comes twice");
}

#[test]
fn nothing_reaches_anybody_who_exists() {
    for one in filed(&form(), days()[0]) {
        assert!(one.person.mail.ends_with("@example.jp"));
        assert!(one.text("phone").starts_with("0900000"), "no such telephone number is given out");
        assert!(one.text("postal_code").starts_with("000"), "no such postal code is given out");
        assert!(one.text("address").starts_with("窓口市") || one.text("address").starts_with("架空市"));
    }
}

#[test]
fn there_are_cases_in_every_stage() {
    let all = people(days()[0]);
    let count = |is_one: &dyn Fn(SampleStage) -> bool| all.iter().filter(|one| is_one(one.stage)).count();
    assert_eq!(count(&|stage| stage == SampleStage::Submitted), 110);
    assert_eq!(count(&|stage| stage == SampleStage::Confirmed), 18);
    for stage in [SampleStage::InReview, SampleStage::SentBack, SampleStage::VisitNeeded, SampleStage::Accepted] {
        assert!(count(&|other| other == stage) >= 8, "{stage:?}");
    }
    assert!(count(&|stage| matches!(stage, SampleStage::DeclineProposed(_))) >= 4);
    assert!(count(&|stage| matches!(stage, SampleStage::Declined(_))) >= 4);
    assert!(count(&|stage| stage == SampleStage::Withdrawn) >= 4);
    assert_eq!(count(&|stage| stage == SampleStage::WithdrawalAsked), 1);
}

/// The rows of the extract by what the import job compares.
fn residents(extract: &str) -> HashMap<(String, String, String), usize> {
    let mut residents = HashMap::new();
    let mut numbers = HashSet::new();
    for line in extract.lines().skip(1) {
        let cells = cells(line);
        assert_eq!(cells.len(), 8);
        assert!(numbers.insert(cells[0].clone()), "a number comes once");
        assert!(numbers.insert(MyNumber::parse(&cells[7]).unwrap().reveal().to_owned()), "so does a 個人番号");
        *residents.entry((search_key(&cells[1]), cells[3].clone(), search_key(&cells[6]))).or_default() += 1;
    }
    residents
}

/// The cells of a line of CSV; no cell of the extract has a line break in it.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => cells.last_mut().unwrap().extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

#[test]
fn the_extract_has_most_people_once_some_twice_and_some_not() {
    let form = form();
    for today in days() {
        let all = filed(&form, today);
        let everybody: Vec<SamplePerson> = people(today);
        let residents = residents(&atena::extract(&form, &everybody, today));
        let found = |one: &&Filed, times: usize| {
            let born = one.answers().date(&"birthdate".parse().unwrap()).unwrap().to_string();
            let key = (search_key(one.text("name")), born, search_key(one.text("address")));
            residents.get(&key).copied().unwrap_or(0) == times
        };
        assert!(all.iter().filter(|one| found(one, 1)).count() >= 180);
        for stage in [SampleStage::Accepted, SampleStage::Confirmed] {
            let of_stage = || all.iter().filter(|one| one.person.stage == stage);
            assert_eq!(of_stage().filter(|one| found(one, 2)).count(), 1, "{stage:?}: in doubt");
            assert_eq!(of_stage().filter(|one| found(one, 0)).count(), 2, "{stage:?}: 住登外");
        }
        for [name, _, born, _, address] in atena::WALKERS {
            assert_eq!(residents[&(search_key(name), born.to_owned(), search_key(address))], 1);
        }
    }
}
