//! What staff fill in on a case. Invariant: only [`parse_staff_items`] makes [`StaffAnswers`], so every answer in them
//! has the kind that its item asks for. None is required: later values go as a new revision (`decisions.md`).

use std::collections::BTreeMap;

use crate::{
    answers::{Answer, RawAnswers},
    form::{Form, StaffItem, StaffKind},
    ids::FieldId,
    time::CivilDate,
    value::{self, ValueError},
};

/// The first day that a staff item can bear: 母子保健法 came into force on the 1st of January 1966.
const FIRST_DAY: (i32, u8, u8) = (1966, 1, 1);
/// How far ahead a day may lie: appointments, not the far future.
const DAYS_AHEAD: i64 = 3 * 366;

/// Parsed staff items by their id. An item that is not there was not filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaffAnswers(BTreeMap<FieldId, Answer>);

impl StaffAnswers {
    /// What was filled in: [`Answer::Text`], [`Answer::Date`], [`Answer::Choice`] or [`Answer::Choices`].
    #[must_use]
    pub fn get(&self, item: &FieldId) -> Option<&Answer> {
        self.0.get(item)
    }

    /// All of them by id.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldId, &Answer)> {
        self.0.iter()
    }
}

/// What is wrong with one staff item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffItemError {
    /// The item.
    pub item: FieldId,
    /// The input that the focus should go to.
    pub input: String,
    /// What is wrong.
    pub error: ValueError,
}

/// Parses what staff typed. Inputs that are no staff item of the form are not looked at.
///
/// # Errors
/// All of them, in the form's order.
pub fn parse_staff_items(form: &Form, raw: &RawAnswers, today: CivilDate) -> Result<StaffAnswers, Vec<StaffItemError>> {
    let mut answers = StaffAnswers::default();
    let mut errors = Vec::new();
    for item in &form.staff_items {
        match parse_item(item, raw, today) {
            Ok(answer) => {
                answers.0.insert(item.id.clone(), answer);
            }
            Err(ValueError::Missing) => {}
            Err(error) => {
                errors.push(StaffItemError { item: item.id.clone(), input: error_input(item, raw, error), error })
            }
        }
    }
    if errors.is_empty() { Ok(answers) } else { Err(errors) }
}

fn parse_item(item: &StaffItem, raw: &RawAnswers, today: CivilDate) -> Result<Answer, ValueError> {
    let id = item.id.as_str();
    let takes_one = !matches!(item.kind, StaffKind::Multi { .. });
    if takes_one && item.inputs().iter().any(|input| raw.all(input).len() > 1) {
        return Err(ValueError::MoreThanOne);
    }
    match &item.kind {
        StaffKind::Text { longest } => value::text(raw.first(id), *longest).map(Answer::Text),
        StaffKind::LongText { longest } => value::long_text(raw.first(id), *longest).map(Answer::Text),
        StaffKind::Day => {
            let part = |name: &str| raw.first(&format!("{id}-{name}"));
            let (year, month, day) = FIRST_DAY;
            let first = CivilDate::from_parts(year, month, day).unwrap_or(today);
            let bounds = (first, today.plus_days(DAYS_AHEAD));
            value::date_within(part("year"), part("month"), part("day"), bounds).map(Answer::Date)
        }
        StaffKind::Single { choices } => match raw.first(id) {
            "" => Err(ValueError::Missing),
            code if choices.iter().any(|choice| choice.code == code) => Ok(Answer::Choice(code.to_owned())),
            _ => Err(ValueError::NotAChoice),
        },
        StaffKind::Multi { choices } => {
            let chosen: Vec<&String> = raw.all(id).iter().filter(|code| !code.is_empty()).collect();
            if chosen.is_empty() {
                return Err(ValueError::Missing);
            }
            if chosen.iter().any(|code| !choices.iter().any(|choice| choice.code == **code)) {
                return Err(ValueError::NotAChoice);
            }
            let in_order = choices.iter().filter(|choice| chosen.contains(&&choice.code));
            Ok(Answer::Choices(in_order.map(|choice| choice.code.clone()).collect()))
        }
    }
}

/// The input of an item that an error is about: the first empty part of a day, else the first input.
fn error_input(item: &StaffItem, raw: &RawAnswers, error: ValueError) -> String {
    let inputs = item.inputs();
    let first_empty = inputs.iter().find(|input| raw.first(input).trim().is_empty());
    match (error, first_empty, &item.kind) {
        (ValueError::IncompleteDate, Some(input), _) => input.clone(),
        (_, _, StaffKind::Single { .. } | StaffKind::Multi { .. }) => format!("{}-0", item.id),
        _ => inputs.into_iter().next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::catalog::Catalog;

    fn parse(typed: &[(&str, &[&str])]) -> Result<StaffAnswers, Vec<StaffItemError>> {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let mut raw = RawAnswers::default();
        for (input, values) in typed {
            raw.set(input, values.iter().map(|value| (*value).to_owned()).collect());
        }
        parse_staff_items(form, &raw, "2026-11-23".parse().unwrap())
    }

    #[test]
    fn nothing_is_required() {
        assert_eq!(parse(&[]).unwrap(), StaffAnswers::default());
    }

    #[test]
    fn each_kind_is_read() {
        let found = parse(&[
            ("voucher_number", &[" 2026-0001 "]),
            ("high_risk", &["mental", "medical"]),
            ("handbook_issued_on-year", &["令和8"]),
            ("handbook_issued_on-month", &["11"]),
            ("handbook_issued_on-day", &["23"]),
            ("remark", &["一行目\r\n二行目"]),
        ])
        .unwrap();
        let get = |id: &str| found.get(&id.parse().unwrap()).unwrap().clone();
        assert!(get("voucher_number") == Answer::Text("2026-0001".to_owned()));
        assert!(get("high_risk") == Answer::Choices(vec!["medical".to_owned(), "mental".to_owned()]));
        assert!(get("handbook_issued_on") == Answer::Date("2026-11-23".parse().unwrap()));
        assert!(get("remark") == Answer::Text("一行目\n二行目".to_owned()));
    }

    #[test]
    fn errors_name_the_item_and_the_input() {
        let errors = parse(&[
            ("voucher_number", &["a", "b"]),
            ("high_risk", &["rich"]),
            ("handbook_issued_on-year", &["2026"]),
            ("next_appointment_on-year", &["2040"]),
            ("next_appointment_on-month", &["1"]),
            ("next_appointment_on-day", &["1"]),
        ])
        .unwrap_err();
        let shown: Vec<(&str, &str)> = errors.iter().map(|error| (error.item.as_str(), error.input.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("voucher_number", "voucher_number"),
                ("high_risk", "high_risk-0"),
                ("handbook_issued_on", "handbook_issued_on-month"),
                ("next_appointment_on", "next_appointment_on-year"),
            ]
        );
        assert_eq!(errors[0].error, ValueError::MoreThanOne);
        assert_eq!(errors[1].error, ValueError::NotAChoice);
    }
}
