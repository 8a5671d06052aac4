//! 「確認が必要な項目」 What staff look at before they decide. Invariant: a flag follows from the answers alone and names the
//! one that raised it; it refuses nothing.

use crate::{
    answers::{Answer, Answers},
    form::{Field, Form, PersonFact, Target},
    gestation::TimingClass,
    ids::FieldId,
    journey::{derive_on, warnings},
    time::CivilDate,
    value::needs_character_check,
};

/// What is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// 「代理」 Filed by somebody else: the person herself is met later.
    Proxy,
    /// 「診断前」 No doctor has confirmed it yet.
    NoDiagnosis,
    /// 「分娩後」 Filed after the birth.
    AfterBirth,
    /// 「遅い届出」 Filed in week 20 or later.
    Late,
    /// 「多胎」 Twins or more.
    Multiple,
    /// 「通訳」 An interpreter is needed.
    Interpreter,
    /// 「文字の確認」 The name starts as a formula would, or holds characters that the back office may lack.
    NeedsCharacterCheck,
    /// 「食い違い」 Answers that do not go together (`journey::warnings`).
    LooksOdd,
}

impl Flag {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Proxy,
        Self::NoDiagnosis,
        Self::AfterBirth,
        Self::Late,
        Self::Multiple,
        Self::Interpreter,
        Self::NeedsCharacterCheck,
        Self::LooksOdd,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::NoDiagnosis => "no_diagnosis",
            Self::AfterBirth => "after_birth",
            Self::Late => "late",
            Self::Multiple => "multiple",
            Self::Interpreter => "interpreter",
            Self::NeedsCharacterCheck => "needs_char_check",
            Self::LooksOdd => "looks_odd",
        }
    }
}

/// A flag with the answer that raised it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// What.
    pub flag: Flag,
    /// The field whose answer raised it.
    pub field: FieldId,
}

/// The flags of answers, in order. `filed_on` is 届出日.
#[must_use]
pub fn flags(form: &Form, answers: &Answers, filed_on: CivilDate) -> Vec<Raised> {
    let chosen = |key: &str, codes: &[&str]| {
        let goes_there = |field: &&Field| match &field.target {
            Target::Legal(name) | Target::Extra(name) => name == key,
            Target::Record(_) | Target::Person(_) | Target::DetailOf(_) | Target::EpdsItem(_) => false,
        };
        let field = form.fields().map(|(_, field)| field).find(goes_there)?;
        codes.contains(&answers.choice(&field.id)?).then(|| field.id.clone())
    };
    let after_birth = chosen("reason", &["after_birth"]);
    let raised_by = |flag: Flag| match flag {
        Flag::Proxy => chosen("filer", &["proxy"]),
        Flag::NoDiagnosis => chosen("diagnosed", &["no"]),
        Flag::AfterBirth => after_birth.clone(),
        Flag::Late => late(form, answers, filed_on, after_birth.is_some()),
        Flag::Multiple => chosen("multiple", &["twins", "more"]),
        Flag::Interpreter => chosen("interpreter", &["yes"]),
        Flag::NeedsCharacterCheck => hard_to_write(form, answers),
        Flag::LooksOdd => warnings(form, answers, filed_on).into_iter().next().map(|warning| warning.field),
    };
    Flag::ALL.into_iter().filter_map(|flag| raised_by(flag).map(|field| Raised { flag, field })).collect()
}

fn late(form: &Form, answers: &Answers, filed_on: CivilDate, after_birth: bool) -> Option<FieldId> {
    let timing = derive_on(form, answers, filed_on, after_birth).timing;
    let is_late = matches!(timing, TimingClass::Weeks20To27 | TimingClass::FromWeek28);
    let due_date = form
        .fields()
        .map(|(_, field)| field)
        .find(|field| matches!(field.kind, crate::form::Kind::Date { range: crate::form::DateRange::DueDate }));
    due_date.filter(|_| is_late).map(|field| field.id.clone())
}

fn hard_to_write(form: &Form, answers: &Answers) -> Option<FieldId> {
    let name = form.person_field(PersonFact::Name)?;
    match answers.get(&name.id)? {
        Answer::Text(text) if needs_character_check(text) => Some(name.id.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{answers::RawAnswers, answers::parse, catalog::Catalog};

    fn raised(typed: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let mut raw = RawAnswers::default();
        for (input, value) in typed {
            raw.set(input, vec![(*value).to_owned()]);
        }
        let day = "2026-11-23".parse().unwrap();
        let (answers, _) = parse(form, &raw, day);
        flags(form, &answers, day).into_iter().map(|one| (one.flag.code(), one.field.to_string())).collect()
    }

    #[test]
    fn nothing_is_raised_by_an_ordinary_filing() {
        let typed = [("filer", "self"), ("reason", "new"), ("name", "佐藤 花子"), ("diagnosed", "doctor")];
        assert_eq!(raised(&typed), []);
    }

    #[test]
    fn each_flag_names_the_answer_that_raised_it() {
        let typed = [
            ("filer", "proxy"),
            ("reason", "new"),
            ("name", "髙橋 花子"),
            ("diagnosed", "no"),
            ("multiple", "twins"),
            ("interpreter", "yes"),
            ("due_date-year", "2027"),
            ("due_date-month", "1"),
            ("due_date-day", "10"),
        ];
        let expected = [
            ("proxy", "filer"),
            ("no_diagnosis", "diagnosed"),
            ("late", "due_date"),
            ("multiple", "multiple"),
            ("interpreter", "interpreter"),
            ("needs_char_check", "name"),
        ];
        assert_eq!(raised(&typed), expected.map(|(flag, field)| (flag, field.to_owned())));
        assert_eq!(raised(&[("reason", "after_birth")]), [("after_birth", "reason".to_owned())]);
        assert_eq!(raised(&[("name", "=1+1")]), [("needs_char_check", "name".to_owned())]);
    }
}
