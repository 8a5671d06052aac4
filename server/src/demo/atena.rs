//! 「宛名」 The extract of residents that the demo's import job looks people up in. Invariant: most sample people are in it
//! once; of those who are accepted some are not in it (住登外) and some are in it twice, so that every outcome shows.

use std::fmt::Write as _;

use intake::{
    answers::{self, Answers},
    form::{Form, PersonFact},
    my_number::MyNumber,
    time::CivilDate,
};

use super::people::{SamplePerson, SampleStage};

/// A resident whom the walk in README, and the browser tests, file as: name, kana, birthdate, postal code, address.
pub const WALKERS: [[&str; 5]; 2] = [
    ["窓口 花子", "マドグチ ハナコ", "1995-04-01", "0000001", "窓口市架空町1-2-3"],
    ["𠮷﨑　見本子", "ヨシザキ ミホコ", "1988-12-31", "0000002", "窓口市𠮷田町4丁目5番6号"],
];

const HEADER: &str = "宛名番号,氏名,フリガナ,生年月日,性別,郵便番号,住所,個人番号\r\n";

/// 「個人番号」 A made-up number with a right check digit. The first resident has the one that stands in every explanation of the
/// digit; the others count up from zeros, as no real number does.
fn number_of(row: u32) -> String {
    if row == 1 {
        return "123456789018".to_owned();
    }
    let eleven = format!("{row:011}");
    let right = (0..10).map(|last| format!("{eleven}{last}")).find(|number| MyNumber::parse(number).is_ok());
    right.unwrap_or_default()
}

/// How often the extract has a person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Not,
    Once,
    Twice,
}

/// The extract as CSV (RFC 4180, UTF-8), for the sample people as they stand on `today`.
#[must_use]
pub fn extract(form: &Form, people: &[SamplePerson], today: CivilDate) -> String {
    let mut csv = HEADER.to_owned();
    let mut number = 0;
    for [name, kana, birthdate, postal_code, address] in WALKERS {
        row(&mut csv, &mut number, [name, kana, birthdate, postal_code, address]);
    }
    let mut seen = Vec::new();
    for (index, person) in people.iter().enumerate() {
        let (answers, _) = answers::parse(form, &person.raw, today.plus_days(-person.filed_days_ago));
        let text = |fact| text_of(form, &answers, fact);
        let (name, kana, address) = (text(PersonFact::Name), text(PersonFact::NameKana), text(PersonFact::Address));
        let born = form.person_field(PersonFact::Birthdate).and_then(|field| answers.date(&field.id)).unwrap_or(today);
        let postal_code = text(PersonFact::PostalCode);
        let facts = [name, kana, &born.to_string(), postal_code, address];
        match found(person.stage, &mut seen) {
            Found::Not => {}
            Found::Once => row(&mut csv, &mut number, facts),
            Found::Twice => (0..2).for_each(|_| row(&mut csv, &mut number, facts)),
        }
        // Namesakes, who are somebody else.
        if index % 9 == 0 {
            row(&mut csv, &mut number, [name, kana, &born.plus_days(-400).to_string(), postal_code, address]);
        }
    }
    csv
}

fn text_of<'a>(form: &Form, answers: &'a Answers, fact: PersonFact) -> &'a str {
    form.person_field(fact).and_then(|field| answers.text(&field.id)).unwrap_or_default()
}

/// Counts within each stage, so that the first person who is accepted, and the first who is confirmed, is there twice, and
/// the two after her are not there.
fn found(stage: SampleStage, seen: &mut Vec<SampleStage>) -> Found {
    let earlier = seen.iter().filter(|other| **other == stage).count();
    seen.push(stage);
    match (stage, earlier) {
        (SampleStage::Accepted | SampleStage::Confirmed, 0) => Found::Twice,
        (SampleStage::Accepted | SampleStage::Confirmed, 1 | 2) => Found::Not,
        (SampleStage::Submitted, _) if earlier % 30 == 7 => Found::Not,
        (SampleStage::DeclineProposed(_) | SampleStage::Declined(_), _) => Found::Not,
        _ => Found::Once,
    }
}

fn row(csv: &mut String, number: &mut u32, [name, kana, birthdate, postal_code, address]: [&str; 5]) {
    *number += 1;
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let _ = write!(
        csv,
        "{number:015},{},{},{birthdate},女,{postal_code},{},{}\r\n",
        quoted(name),
        quoted(kana),
        quoted(address),
        number_of(*number)
    );
}
