//! Made-up answers, for the demo's samples and for tests. Invariant: [`valid`] goes one way through a form from its first
//! page to its last and answers only what is asked on it; [`spoil`] makes one answer wrong and says how it is refused.
//!
//! The dice are an argument, so that the same throws give the same answers.

use crate::{
    answers::{Answers, RawAnswers, parse},
    form::{DECLINED, EPDS_POSITIONS, Field, Form, Kind, StaffKind},
    ids::{FieldId, PageId},
    time::CivilDate,
    value::{ValueError, date_bounds},
};

/// Dice: a number below the one that is given.
pub trait Dice {
    /// Throws. `below` is at least 1.
    fn throw(&mut self, below: usize) -> usize;
}

impl<F: FnMut(usize) -> usize> Dice for F {
    fn throw(&mut self, below: usize) -> usize {
        self(below)
    }
}

/// Inputs with their values, as they would be typed.
type Typed = Vec<(String, Vec<String>)>;

/// One way through a form on `today`. `texts` is what to write where words are asked for; never empty, and each of them
/// is taken where a name is.
#[must_use]
pub fn valid(form: &Form, today: CivilDate, texts: &[&str], dice: &mut impl Dice) -> RawAnswers {
    let mut raw = RawAnswers::default();
    for page in &form.pages {
        for field in &page.fields {
            let (answers, _) = parse(form, &raw, today);
            let on_the_way = [&page.when, &field.when].into_iter().flatten().all(|condition| condition.holds(&answers));
            if !on_the_way || (!field.required && dice.throw(3) == 0) {
                continue;
            }
            for (input, values) in typed(field, &answers, today, texts, dice) {
                raw.set(&input, values);
            }
        }
    }
    raw
}

/// What one could type into a field that takes it.
fn typed(field: &Field, before: &Answers, today: CivilDate, texts: &[&str], dice: &mut impl Dice) -> Typed {
    let id = field.id.as_str();
    let one = |value: String| vec![(id.to_owned(), vec![value])];
    let declines = field.decline && dice.throw(7) == 0;
    if declines && field.is_choice() {
        return one(DECLINED.to_owned());
    }
    if declines {
        return vec![(format!("{id}-declined"), vec!["1".to_owned()])];
    }
    let mut pick = |from: &[&str]| from[dice.throw(from.len())].to_owned();
    match &field.kind {
        Kind::Name => one(pick(texts)),
        Kind::Kana => one(pick(&["ﾘﾝ", "りん ごう", "カツラギ"])),
        Kind::Text { longest } | Kind::LongText { longest } => {
            one(pick(texts).chars().take(*longest as usize).collect())
        }
        Kind::Address => one(pick(texts)),
        Kind::PostalCode => one(pick(&["３６０-8601", "0000001"])),
        Kind::Phone => one(pick(&["090-1234-5678", "+63 917 123 4567", "048(524)1111"])),
        Kind::Integer { least, most, .. } => {
            let width = usize::try_from(most - least + 1).unwrap_or(1);
            one((least + i64::try_from(dice.throw(width)).unwrap_or_default()).to_string())
        }
        Kind::Date { range } => {
            let (first, last) = date_bounds(*range, today);
            let width = usize::try_from(last.days_since(first) + 1).unwrap_or(1);
            day(id, first.plus_days(i64::try_from(dice.throw(width)).unwrap_or_default()))
        }
        Kind::MonthSpan => {
            let (year, _, _) = today.parts();
            let parts = [year, 1 + dice.throw(12) as i32, year + 1, 1 + dice.throw(12) as i32];
            let names = ["from-year", "from-month", "to-year", "to-month"];
            names.iter().zip(parts).map(|(name, part)| (format!("{id}-{name}"), vec![part.to_string()])).collect()
        }
        Kind::EpdsItem => one(pick(&EPDS_POSITIONS)),
        Kind::Single { .. } => {
            let offered = open_choices(field, before, |_| true);
            one(offered[dice.throw(offered.len())].clone())
        }
        Kind::Multi { .. } => vec![(id.to_owned(), several(field, before, dice))],
    }
}

/// One exclusive choice, or some of the others; at least one.
fn several(field: &Field, before: &Answers, dice: &mut impl Dice) -> Vec<String> {
    let exclusive = open_choices(field, before, |is_exclusive| is_exclusive);
    let together = open_choices(field, before, |is_exclusive| !is_exclusive);
    if together.is_empty() || (!exclusive.is_empty() && dice.throw(4) == 0) {
        return vec![exclusive[dice.throw(exclusive.len())].clone()];
    }
    let sure = dice.throw(together.len());
    let chosen = (0..).zip(together).filter(|(place, _)| *place == sure || dice.throw(3) == 0);
    chosen.map(|(_, code)| code).collect()
}

/// The codes that can be chosen and gone on with.
fn open_choices(field: &Field, before: &Answers, wanted: impl Fn(bool) -> bool) -> Vec<String> {
    let open = field.choices().iter().filter(|choice| choice.is_offered(before) && choice.refuses.is_none());
    open.filter(|choice| wanted(choice.exclusive)).map(|choice| choice.code.clone()).collect()
}

fn day(id: &str, day: CivilDate) -> Typed {
    let (year, month, day) = day.parts();
    [("year", year.to_string()), ("month", month.to_string()), ("day", day.to_string())]
        .map(|(part, value)| (format!("{id}-{part}"), vec![value]))
        .into()
}

/// What staff could fill in. Each item is left empty now and then.
#[must_use]
pub fn staff_items(form: &Form, texts: &[&str], dice: &mut impl Dice) -> RawAnswers {
    let mut raw = RawAnswers::default();
    for item in &form.staff_items {
        if dice.throw(4) == 0 {
            continue;
        }
        let id = item.id.as_str();
        match &item.kind {
            StaffKind::Text { longest } | StaffKind::LongText { longest } => {
                let text = texts[dice.throw(texts.len())].chars().take(*longest as usize).collect();
                raw.set(id, vec![text]);
            }
            StaffKind::Day => {
                let parts =
                    [("year", 2020 + dice.throw(7)), ("month", 1 + dice.throw(12)), ("day", 1 + dice.throw(28))];
                for (part, value) in parts {
                    raw.set(&format!("{id}-{part}"), vec![value.to_string()]);
                }
            }
            StaffKind::Single { choices } => raw.set(id, vec![choices[dice.throw(choices.len())].code.clone()]),
            StaffKind::Multi { choices } => {
                let chosen = choices.iter().take(dice.throw(choices.len() + 1));
                raw.set(id, chosen.map(|choice| choice.code.clone()).collect());
            }
        }
    }
    raw
}

/// A wrong answer: where it stands, and why it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoiled {
    /// The page.
    pub page: PageId,
    /// The field.
    pub field: FieldId,
    /// Why.
    pub error: ValueError,
}

/// Makes one answer of a complete form wrong; none when there is nothing to spoil.
#[must_use]
pub fn spoil(form: &Form, raw: &mut RawAnswers, today: CivilDate, dice: &mut impl Dice) -> Option<Spoiled> {
    let (answers, _) = parse(form, raw, today);
    let mut ways = Vec::new();
    for page in &form.pages {
        for field in &page.fields {
            let asked = [&page.when, &field.when].into_iter().flatten().all(|condition| condition.holds(&answers));
            if asked {
                let found = wrong(field, &answers, today);
                ways.extend(found.into_iter().map(|(typed, error)| (page, field, typed, error)));
            }
        }
    }
    if ways.is_empty() {
        return None;
    }
    let (page, field, typed, error) = ways.swap_remove(dice.throw(ways.len()));
    for input in field.inputs() {
        raw.set(&input, Vec::new());
    }
    for (input, values) in typed {
        raw.set(&input, values);
    }
    Some(Spoiled { page: page.id.clone(), field: field.id.clone(), error })
}

/// Ways to answer a field wrongly.
fn wrong(field: &Field, before: &Answers, today: CivilDate) -> Vec<(Typed, ValueError)> {
    let id = field.id.as_str();
    let one = |value: &str| vec![(id.to_owned(), vec![value.to_owned()])];
    let mut ways: Vec<(Typed, ValueError)> = Vec::new();
    if field.required {
        ways.push((Vec::new(), ValueError::Missing));
    }
    match &field.kind {
        Kind::Name => ways.push((one("花子👶"), ValueError::Emoji)),
        Kind::Kana => ways.push((one("佐藤"), ValueError::NotKana)),
        Kind::Text { longest } | Kind::LongText { longest } => {
            let long = "長".repeat(*longest as usize + 1);
            ways.push((one(&long), ValueError::TooLong { longest: *longest }));
        }
        Kind::Address => ways.push((one("市\u{202e}町"), ValueError::InvisibleCharacter)),
        Kind::PostalCode => ways.push((one("360-860"), ValueError::NotAPostalCode)),
        Kind::Phone => ways.push((one("090-1234-567x"), ValueError::NotAPhoneNumber)),
        Kind::Integer { least, most, .. } => {
            ways.push((one("三"), ValueError::NotANumber));
            ways.push((one(&(most + 1).to_string()), ValueError::OutOfRange { least: *least, most: *most }));
        }
        Kind::Date { range } => {
            let (first, last) = date_bounds(*range, today);
            ways.push((day(id, first.plus_days(-1)), ValueError::TooEarly { first }));
            ways.push((day(id, last.plus_days(1)), ValueError::TooLate { last }));
            let mut incomplete = day(id, last);
            incomplete.pop();
            ways.push((incomplete, ValueError::IncompleteDate));
        }
        Kind::MonthSpan => {
            ways.push((vec![(format!("{id}-from-year"), vec!["2027".to_owned()])], ValueError::IncompleteSpan));
        }
        Kind::EpdsItem => ways.push((one("0"), ValueError::NotAChoice)),
        Kind::Single { choices } | Kind::Multi { choices } => {
            ways.push((one("no_such_code"), ValueError::NotAChoice));
            for (place, choice) in (0..).zip(choices) {
                if !choice.is_offered(before) {
                    ways.push((one(&choice.code), ValueError::NotAChoice));
                } else if choice.refuses.is_some() {
                    ways.push((one(&choice.code), ValueError::Refused { place }));
                }
            }
            let together: Vec<String> = open_choices(field, before, |_| true);
            if choices.iter().any(|choice| choice.exclusive) && together.len() > 1 {
                ways.push((vec![(id.to_owned(), together)], ValueError::NotTogether));
            }
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        catalog::Catalog,
        form::{Condition, Target},
        journey::complete,
    };
    use proptest::prelude::*;

    /// Dice that throw the same every time.
    fn seeded(seed: u64) -> impl FnMut(usize) -> usize {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        move |below| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) as usize % below
        }
    }

    fn conditions(form: &Form) -> Vec<(String, &Condition)> {
        let mut all = Vec::new();
        for page in &form.pages {
            all.extend(page.when.iter().map(|condition| (format!("page {}", page.id), condition)));
            for field in &page.fields {
                all.extend(field.when.iter().map(|condition| (format!("field {}", field.id), condition)));
                let of_choices =
                    field.choices().iter().filter_map(|choice| Some((&choice.code, choice.when.as_ref()?)));
                all.extend(of_choices.map(|(code, condition)| (format!("choice {}.{code}", field.id), condition)));
            }
        }
        all
    }

    #[test]
    fn every_condition_of_every_form_is_reached_both_ways_and_no_way_keeps_what_is_not_on_it() {
        let today: CivilDate = "2026-11-23".parse().unwrap();
        let rounds = if std::env::var_os("MADOGUCHI_SOAK").is_some() { 5_000 } else { 150 };
        for form in Catalog::shipped().unwrap().all_newest() {
            let mut seen: BTreeSet<(String, bool)> = BTreeSet::new();
            for round in 0..rounds {
                let raw = valid(form, today, &["窓口 花子"], &mut seeded(round + 1));
                let answers = complete(form, &raw, today).unwrap().answers().clone();
                seen.extend(conditions(form).into_iter().map(|(whose, condition)| (whose, condition.holds(&answers))));
                // Whatever else was typed once and is not on the way any more is not among the answers.
                let mut cluttered = valid(form, today, &["残り"], &mut seeded(round + 7_777));
                for (_, field) in form.fields() {
                    let asked = answers.get(&field.id).is_some();
                    for input in field.inputs().into_iter().filter(|_| asked || field.required) {
                        cluttered.set(&input, raw.all(&input).to_vec());
                    }
                }
                for (page, field) in form.fields() {
                    let on_the_way = |condition: &Condition| condition.holds(&answers);
                    let is_asked = [&page.when, &field.when].into_iter().flatten().all(on_the_way);
                    assert!(is_asked || answers.get(&field.id).is_none(), "{} {}", form.id, field.id);
                    assert!(!is_asked || !field.required || answers.get(&field.id).is_some(), "{}", field.id);
                }
                let (kept, _) = crate::answers::parse(form, &cluttered, today);
                for (page, field) in form.fields() {
                    let holds = |condition: &Condition| condition.holds(&kept);
                    let is_asked = [&page.when, &field.when].into_iter().flatten().all(holds);
                    assert!(is_asked || kept.get(&field.id).is_none(), "{} keeps {}", form.id, field.id);
                }
            }
            for (whose, _) in conditions(form) {
                for way in [true, false] {
                    assert!(seen.contains(&(whose.clone(), way)), "{} {whose} is never {way}", form.id);
                }
            }
            let kept_apart = form.fields().any(|(_, field)| matches!(field.target, Target::EpdsItem(_)));
            assert_eq!(kept_apart, form.id.as_str() == "epds");
        }
    }

    proptest! {
        // All forms in each case, so fewer cases.
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_way_through_every_form_is_complete_and_every_spoiled_one_is_refused_as_foretold(
            throws in prop::collection::vec(any::<u32>(), 40..400),
        ) {
            let mut place = 0;
            let mut dice = |below: usize| {
                place += 1;
                throws[place % throws.len()] as usize % below
            };
            let today: CivilDate = "2026-11-23".parse().map_err(|_| TestCaseError::reject("a day"))?;
            let catalog = Catalog::shipped().map_err(|found| TestCaseError::fail(format!("{found:?}")))?;
            for form in catalog.all_newest() {
                let mut raw = valid(form, today, &["窓口 花子", "O'Neill", "=1+1", "𠮷野"], &mut dice);
                let found = complete(form, &raw, today);
                prop_assert!(found.is_ok(), "{}: {:?}", form.id, found);
                let staff = staff_items(form, &["架空"], &mut dice);
                prop_assert!(crate::staff_items::parse_staff_items(form, &staff, today).is_ok());
                if let Some(spoiled) = spoil(form, &mut raw, today, &mut dice) {
                    let errors = complete(form, &raw, today).err().unwrap_or_default();
                    let first = errors.iter().find(|error| error.field == spoiled.field);
                    prop_assert_eq!(first.map(|error| error.error), Some(spoiled.error), "{} {}", form.id, spoiled.field);
                }
            }
        }
    }
}
