//! 「確認が必要な項目」 What the procedure itself makes staff look at before they decide. Invariant: a flag follows from the answers
//! alone and names the one that raised it; it refuses nothing. What a city wants pointed out beyond it is data: `flag_rules`.

use crate::{
    answers::{Answer, Answers},
    form::{Field, Form, PersonFact, Target},
    ids::FieldId,
    journey::warnings,
    time::CivilDate,
    value::needs_character_check,
};

/// What is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// 「代理」 Filed by somebody else: the person herself is met later.
    Proxy,
    /// 「分娩後」 Filed after the birth.
    AfterBirth,
    /// 「通訳」 An interpreter is needed.
    Interpreter,
    /// 「文字の確認」 The name starts as a formula would, or holds characters that the back office may lack.
    NeedsCharacterCheck,
    /// 「食い違い」 Answers that do not go together (`journey::warnings`).
    LooksOdd,
}

impl Flag {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::Proxy, Self::AfterBirth, Self::Interpreter, Self::NeedsCharacterCheck, Self::LooksOdd];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::AfterBirth => "after_birth",
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
    let raised_by = |flag: Flag| match flag {
        Flag::Proxy => chosen("filer", &["proxy"]),
        Flag::AfterBirth => chosen("reason", &["after_birth"]),
        Flag::Interpreter => chosen("interpreter", &["yes"]),
        Flag::NeedsCharacterCheck => hard_to_write(form, answers),
        Flag::LooksOdd => warnings(form, answers, filed_on).into_iter().next().map(|warning| warning.field),
    };
    Flag::ALL.into_iter().filter_map(|flag| raised_by(flag).map(|field| Raised { flag, field })).collect()
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
        let typed = [("filer", "proxy"), ("reason", "new"), ("name", "髙橋 花子"), ("interpreter", "yes")];
        let expected = [("proxy", "filer"), ("interpreter", "interpreter"), ("needs_char_check", "name")];
        assert_eq!(raised(&typed), expected.map(|(flag, field)| (flag, field.to_owned())));
        assert_eq!(raised(&[("reason", "after_birth")]), [("after_birth", "reason".to_owned())]);
        assert_eq!(raised(&[("name", "=1+1")]), [("needs_char_check", "name".to_owned())]);
    }
}
