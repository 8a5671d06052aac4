//! 「窓口代行入力」 A form that was handed in on paper and is typed in by staff. Invariant: the day on which it arrived is the day
//! on which it was handed in (行政手続法37条): never in the future, and an earlier one with a reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    answers::{Answers, FieldError, RawAnswers, parse},
    form::{Field, Form, PersonFact, Target},
    ids::FieldId,
    journey::{pages, with_dependents},
    time::{CivilDate, Instant},
    value::ValueError,
};

/// Paper that lay longer than this is not typed in without asking the person again.
pub const MOST_DAYS_BACK: i64 = 60;
/// The most characters of a reason for an earlier day.
pub const LONGEST_REASON: usize = 300;
/// Noon: nobody knows at which minute of an earlier day it was handed in.
const NOON: i64 = 12 * 60;

/// Why a day, or its reason, is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotThatDay {
    /// No day.
    #[error("not a day")]
    NotADay,
    /// It has not come yet.
    #[error("in the future")]
    Future,
    /// Too long ago.
    #[error("too long ago")]
    TooLongAgo,
    /// An earlier day without a reason, or with too long a one.
    #[error("an earlier day needs a reason")]
    Reason,
}

/// The instant at which a form arrived that was handed in on this day.
///
/// # Errors
/// See [`NotThatDay`].
pub fn filed_at(day: &str, reason: &str, now: Instant) -> Result<Instant, NotThatDay> {
    let day: CivilDate = day.trim().parse().map_err(|_| NotThatDay::NotADay)?;
    let has_reason = !reason.trim().is_empty();
    if reason.chars().count() > LONGEST_REASON {
        return Err(NotThatDay::Reason);
    }
    match now.date_in_japan().days_since(day) {
        0 => Ok(now),
        ..0 => Err(NotThatDay::Future),
        1..=MOST_DAYS_BACK if has_reason => Ok(day.minute_in_japan(NOON)),
        1..=MOST_DAYS_BACK => Err(NotThatDay::Reason),
        _ => Err(NotThatDay::TooLongAgo),
    }
}

/// Whether a form can be handed in on paper: 「EPDS」 is asked alone and never stands on paper, and what follows another filing is
/// answered by who filed that.
#[must_use]
pub fn is_typed_in(form: &Form) -> bool {
    form.epds_items().is_empty() && form.follows.is_none()
}

/// 「未記入」 Whether the paper may leave a field blank, to be asked for afterwards. Whose filing it is, and who filed it, stands on
/// every notification; what need not be answered needs no mark.
#[must_use]
pub fn may_be_blank(field: &Field) -> bool {
    let is_name = matches!(field.target, Target::Person(PersonFact::Name));
    let is_filer = matches!(&field.target, Target::Extra(key) if key == "filer");
    field.required && !is_name && !is_filer
}

/// What is wrong with a page, or a whole form, apart from what is missing because the paper leaves it blank. A field is blank only
/// if nothing was typed into it.
#[must_use]
pub fn errors(form: &Form, raw: &RawAnswers, day: CivilDate, blank: &[FieldId]) -> Vec<FieldError> {
    let (_, mut errors) = parse(form, raw, day);
    errors.retain(|found| found.error != ValueError::Missing || !blank.contains(&found.field));
    errors
}

/// 「照合」 What the second person says of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// 「一致」 It says what the paper says.
    Same,
    /// It does not; why it is put right.
    Differs(String),
}

/// What stands in the way of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckFault {
    /// Nobody has said anything of this field.
    Unmarked(FieldId),
    /// Put right without a reason, or with too long a one.
    NoReason(FieldId),
    /// Said to differ, and left as it was.
    NothingChanged(FieldId),
    /// What was put in its place is not taken.
    Answer(FieldError),
}

impl CheckFault {
    /// The field that it is about.
    #[must_use]
    pub const fn field(&self) -> &FieldId {
        match self {
            Self::Unmarked(id) | Self::NoReason(id) | Self::NothingChanged(id) => id,
            Self::Answer(error) => &error.field,
        }
    }
}

/// 「訂正」 A field that the second person put right, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutRight {
    /// The field.
    pub field: FieldId,
    /// Why.
    pub because: String,
}

/// What a check comes to: the answers as the paper has them.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked {
    /// What is declared.
    pub raw: RawAnswers,
    /// 「未記入」
    pub blank: Vec<FieldId>,
    /// What was put right; nothing where all was typed as it stands there.
    pub put_right: Vec<PutRight>,
}

/// The fields that are asked for with these answers, in the form's order: what a check goes through.
#[must_use]
pub fn asked<'form>(form: &'form Form, answers: &Answers) -> Vec<&'form Field> {
    let is_asked = |field: &&Field| field.when.as_ref().is_none_or(|condition| condition.holds(answers));
    pages(form, answers).into_iter().flat_map(|page| page.fields.iter()).filter(is_asked).collect()
}

/// What was typed with what the second person put in its place.
#[must_use]
pub fn with_corrections(
    form: &Form,
    typed: &RawAnswers,
    marks: &BTreeMap<FieldId, Mark>,
    sent: &[(String, String)],
) -> RawAnswers {
    let mut raw = typed.clone();
    let differs = |field: &&Field| matches!(marks.get(&field.id), Some(Mark::Differs(_)));
    for field in form.fields().map(|(_, field)| field).filter(differs) {
        raw.replace_field(field, sent);
    }
    raw
}

/// 「照合」 Holds what was typed, with `blank` fields, against the paper: every field that is asked for is marked, and what differs
/// is put right (`sent`) with a reason.
///
/// # Errors
/// Everything that stands in the way, in the form's order.
pub fn check(
    form: &Form,
    (typed, blank): (&RawAnswers, &[FieldId]),
    day: CivilDate,
    marks: &BTreeMap<FieldId, Mark>,
    sent: &[(String, String)],
) -> Result<Checked, Vec<CheckFault>> {
    let raw = with_corrections(form, typed, marks, sent);
    let (answers, _) = parse(form, &raw, day);
    let asked = asked(form, &answers);
    let is_empty = |field: &&&Field| may_be_blank(field) && !raw.has(field);
    let was_or_is_marked =
        |field: &&&Field| blank.contains(&field.id) || matches!(marks.get(&field.id), Some(Mark::Differs(_)));
    let blank: Vec<FieldId> =
        asked.iter().filter(was_or_is_marked).filter(is_empty).map(|field| field.id.clone()).collect();
    let wrong = errors(form, &raw, day, &with_dependents(form, &blank));
    let (mut faults, mut put_right) = (Vec::new(), Vec::new());
    for field in asked {
        let id = || field.id.clone();
        match marks.get(&field.id) {
            None => faults.push(CheckFault::Unmarked(id())),
            Some(Mark::Same) => {}
            Some(Mark::Differs(_)) if typed.is_same(&raw, field) => faults.push(CheckFault::NothingChanged(id())),
            Some(Mark::Differs(because)) => {
                let because = because.trim();
                if because.is_empty() || because.chars().count() > LONGEST_REASON {
                    faults.push(CheckFault::NoReason(id()));
                }
                put_right.push(PutRight { field: id(), because: because.to_owned() });
            }
        }
        faults.extend(wrong.iter().filter(|error| error.field == field.id).cloned().map(CheckFault::Answer));
    }
    if faults.is_empty() { Ok(Checked { raw, blank, put_right }) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::catalog::Catalog;

    /// 2026-11-23 09:00 in Japan.
    const NOW: Instant = Instant(1_795_392_000_000_000);

    #[test]
    fn a_paper_arrived_on_the_day_on_which_it_was_handed_in() {
        assert_eq!(filed_at("2026-11-23", "", NOW), Ok(NOW));
        assert_eq!(filed_at("2026-11-24", "郵送", NOW), Err(NotThatDay::Future));
        assert_eq!(filed_at("2026-11-20", " ", NOW), Err(NotThatDay::Reason));
        let earlier = filed_at("2026-11-20", "支所で預かりました", NOW).unwrap();
        assert_eq!(earlier.minute_in_japan(), "2026-11-20 12:00");
        assert!(filed_at("2026-09-24", "郵送", NOW).is_ok(), "sixty days");
        assert_eq!(filed_at("2026-09-23", "郵送", NOW), Err(NotThatDay::TooLongAgo));
        assert_eq!(filed_at("yesterday", "郵送", NOW), Err(NotThatDay::NotADay));
        assert_eq!(filed_at("2026-11-20", &"長".repeat(301), NOW), Err(NotThatDay::Reason));
    }

    #[test]
    fn the_epds_is_never_on_paper_and_whose_it_is_stands_on_every_form() {
        let catalog = Catalog::shipped().unwrap();
        let typed: Vec<String> =
            catalog.offered().into_iter().filter(|form| is_typed_in(form)).map(|form| form.id.to_string()).collect();
        assert!(typed.contains(&"pregnancy_notification".to_owned()), "{typed:?}");
        assert!(!typed.contains(&"epds".to_owned()) && !typed.contains(&"questionnaire".to_owned()), "{typed:?}");
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let blank = |id: &str| may_be_blank(form.field(&id.parse().unwrap()).unwrap().1);
        assert!(!blank("name") && !blank("filer"));
        assert!(blank("phone") && blank("birthdate"));
    }

    #[test]
    fn what_the_paper_leaves_blank_is_no_error_and_what_it_says_is_held_to_the_rules() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let phone: FieldId = "phone".parse().unwrap();
        let of_phone = |raw: &RawAnswers, blank: &[FieldId]| {
            let found = errors(form, raw, NOW.date_in_japan(), blank);
            found.into_iter().find(|error| error.field == phone).map(|error| error.error)
        };
        let mut raw = RawAnswers::default();
        assert_eq!(of_phone(&raw, &[]), Some(ValueError::Missing));
        assert_eq!(of_phone(&raw, std::slice::from_ref(&phone)), None);
        raw.set("phone", vec!["none".to_owned()]);
        assert_eq!(of_phone(&raw, std::slice::from_ref(&phone)), Some(ValueError::NotAPhoneNumber));
    }

    /// A whole notification of her own.
    fn typed(form: &Form) -> RawAnswers {
        let mut raw = RawAnswers::default();
        let answers: &[(&str, &str)] = &[
            ("filer", "self"),
            ("reason", "new"),
            ("name", "髙橋 花子"),
            ("name_kana", "タカハシ ハナコ"),
            ("birthdate-year", "1995"),
            ("birthdate-month", "4"),
            ("birthdate-day", "1"),
            ("postal_code", "100-0001"),
            ("address", "窓口市架空町1-2-3"),
            ("lives_elsewhere", "same"),
            ("phone", "090-1234-5678"),
            ("language", "ja"),
            ("interpreter", "no"),
            ("due_date-year", "2027"),
            ("due_date-month", "7"),
            ("due_date-day", "1"),
            ("weeks", "8"),
            ("diagnosed", "doctor"),
            ("practitioner", "医師 一郎"),
            ("clinic", "窓口クリニック"),
            ("multiple", "single"),
            ("parity", "1"),
            ("pregnancies", "1"),
            ("child_order", "1"),
            ("sti_check", "1"),
            ("tb_check", "1"),
            ("occupation", "1"),
            ("marital_status", "1"),
            ("homecoming", "no"),
        ];
        for (input, value) in answers {
            raw.set(input, vec![(*value).to_owned()]);
        }
        assert_eq!(errors(form, &raw, NOW.date_in_japan(), &[]), []);
        raw
    }

    fn id(text: &str) -> FieldId {
        text.parse().unwrap()
    }

    fn all_same(form: &Form, raw: &RawAnswers) -> BTreeMap<FieldId, Mark> {
        let (answers, _) = parse(form, raw, NOW.date_in_japan());
        asked(form, &answers).into_iter().map(|field| (field.id.clone(), Mark::Same)).collect()
    }

    fn sent(inputs: &[(&str, &str)]) -> Vec<(String, String)> {
        inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn no_field_is_skipped_in_a_check() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&id_of("pregnancy_notification")).unwrap();
        let (raw, day) = (typed(form), NOW.date_in_japan());
        let mut marks = all_same(form, &raw);
        let whole = check(form, (&raw, &[]), day, &marks, &[]).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert!(whole.put_right.is_empty() && whole.raw == raw);
        for field in marks.clone().into_keys() {
            let mark = marks.remove(&field).unwrap();
            let faults = check(form, (&raw, &[]), day, &marks, &[]).err().unwrap();
            assert_eq!(faults, [CheckFault::Unmarked(field.clone())]);
            marks.insert(field, mark);
        }
    }

    fn id_of(form: &str) -> crate::ids::FormId {
        form.parse().unwrap()
    }

    #[test]
    fn what_differs_is_put_right_with_a_reason_and_what_it_brings_with_it_is_marked_too() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&id_of("pregnancy_notification")).unwrap();
        let (raw, day) = (typed(form), NOW.date_in_japan());
        let mut marks = all_same(form, &raw);
        let other = Mark::Differs("紙は5679です。".to_owned());
        marks.insert(id("phone"), other.clone());
        let by = |marks: &BTreeMap<FieldId, Mark>, inputs: &[(&str, &str)]| {
            check(form, (&raw, &[]), day, marks, &sent(inputs))
        };
        let done = by(&marks, &[("phone", "090-1234-5679")]).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!(done.raw.first("phone"), "090-1234-5679");
        assert_eq!(done.put_right, [PutRight { field: id("phone"), because: "紙は5679です。".to_owned() }]);
        let unchanged = by(&marks, &[("phone", "090-1234-5678")]).err().unwrap();
        assert_eq!(unchanged, [CheckFault::NothingChanged(id("phone"))]);
        let wrong = by(&marks, &[("phone", "12")]).err().unwrap();
        assert!(matches!(wrong.as_slice(), [CheckFault::Answer(error)] if error.field == id("phone")), "{wrong:?}");
        marks.insert(id("phone"), Mark::Differs(" ".to_owned()));
        assert_eq!(by(&marks, &[("phone", "090-1234-5679")]).err().unwrap(), [CheckFault::NoReason(id("phone"))]);
        // On the paper it is blank: asked for afterwards.
        marks.insert(id("phone"), other);
        let blank = by(&marks, &[]).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!(blank.blank, [id("phone")]);
        // Another answer puts other fields on the way.
        marks.insert(id("phone"), Mark::Same);
        marks.insert(id("filer"), Mark::Differs("紙は代理人です。".to_owned()));
        let faults = by(&marks, &[("filer", "proxy")]).err().unwrap();
        assert!(faults.contains(&CheckFault::Unmarked(id("proxy_name"))), "{faults:?}");
    }
}
