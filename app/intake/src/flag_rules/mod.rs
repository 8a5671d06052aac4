//! 「確認が必要な項目」 Rules of the city's own over answers, as data. Invariant: a hit names the answered fields that raised it; there
//! is no weight, no total and no verdict; a rule that is not switched on says nothing.
//!
//! Source: `domain.md` §6.4. They are shown to staff on the case, and nowhere else: not to the parent, in no list, in no batch.

mod read;
#[cfg(test)]
mod tests;

use crate::{
    answers::{Answer, Answers},
    catalog::Catalog,
    form::{Check, DateRange, Field, Form, Kind, PersonFact, Text},
    ids::{FieldId, FormId},
    journey::derive_on,
    time::CivilDate,
};

pub use read::{Fault, Finding};

/// The draft list that ships: every rule of it is switched off.
pub const DRAFT: &str = include_str!("../../flags/draft.v1.toml");

/// What a condition is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One answer.
    Field(FieldId),
    /// 「年齢」 On the day of filing.
    Age,
    /// 「妊娠週数」 On the day of filing: by the due date, else as they were typed.
    Weeks,
    /// 「答えたくない」 How many answers.
    Declined,
}

/// What it must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// The choice, or one of several choices, is one of these codes.
    OneOf(Vec<String>),
    /// The number, or how many choices were made, is this or more.
    AtLeast(i64),
    /// It is less than this.
    Below(i64),
}

impl Test {
    const fn of_number(&self, number: i64) -> bool {
        match self {
            Self::OneOf(_) => false,
            Self::AtLeast(least) => number >= *least,
            Self::Below(bound) => number < *bound,
        }
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it is about.
    pub subject: Subject,
    /// What that must be like.
    pub test: Test,
}

/// A rule: it hits where all of its conditions hold.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name in the file.
    pub id: String,
    /// The form whose answers it looks at.
    pub form: FormId,
    /// Whether the city has switched it on.
    pub enabled: bool,
    /// What staff read.
    pub label: Text,
    /// Where it comes from.
    pub source: String,
    /// Its conditions; at least one.
    pub when: Vec<Condition>,
}

/// The rules of a file.
#[derive(Clone, Debug, Default)]
pub struct FlagRules {
    version: u32,
    rules: Vec<Rule>,
}

/// A rule that hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What staff read.
    pub label: Text,
    /// The fields whose answers raised it; at least one, all answered.
    pub fields: Vec<FieldId>,
}

impl FlagRules {
    /// Reads a file for these forms.
    ///
    /// # Errors
    /// With every mistake in it, each with its line and what to do.
    pub fn read(text: &str, catalog: &Catalog) -> Result<Self, Vec<Finding>> {
        read::file(text, catalog)
    }

    /// 「版」 The version that the city gave the file.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// The same with every rule switched on: for the demo, which decides about nobody.
    #[must_use]
    pub fn switched_on(mut self) -> Self {
        self.rules.iter_mut().for_each(|rule| rule.enabled = true);
        self
    }

    /// What the rules that are switched on say of answers, in the order of the file. `filed_on` is 届出日.
    #[must_use]
    pub fn hits(&self, form: &Form, answers: &Answers, filed_on: CivilDate) -> Vec<Hit> {
        let of_form = self.rules.iter().filter(|rule| rule.enabled && rule.form == form.id);
        let hit = |rule: &Rule| {
            let raised: Option<Vec<Vec<FieldId>>> =
                rule.when.iter().map(|condition| raised_by(condition, form, answers, filed_on)).collect();
            let mut fields: Vec<FieldId> = Vec::new();
            for field in raised?.into_iter().flatten() {
                if !fields.contains(&field) {
                    fields.push(field);
                }
            }
            (!fields.is_empty()).then(|| Hit { label: rule.label.clone(), fields })
        };
        of_form.filter_map(hit).collect()
    }
}

/// The answered fields by which a condition holds; none where it does not.
fn raised_by(condition: &Condition, form: &Form, answers: &Answers, filed_on: CivilDate) -> Option<Vec<FieldId>> {
    let test = &condition.test;
    let of_number = |field: &FieldId, number: i64| test.of_number(number).then(|| vec![field.clone()]);
    match &condition.subject {
        Subject::Field(id) => match answers.get(id)? {
            Answer::Choice(code) => is_one_of(test, std::slice::from_ref(code)).then(|| vec![id.clone()]),
            Answer::Choices(codes) if is_one_of(test, codes) => Some(vec![id.clone()]),
            Answer::Choices(codes) if !codes.is_empty() => {
                of_number(id, i64::try_from(codes.len()).unwrap_or(i64::MAX))
            }
            Answer::Integer(number) => of_number(id, *number),
            Answer::Choices(_) | Answer::Text(_) | Answer::Date(_) | Answer::Declined => None,
        },
        Subject::Age => {
            let field = form.person_field(PersonFact::Birthdate)?;
            answers.date(&field.id)?;
            of_number(&field.id, i64::from(derive_on(form, answers, filed_on, false).age?))
        }
        Subject::Weeks => weeks(form, answers, filed_on).and_then(|(field, weeks)| of_number(field, weeks)),
        Subject::Declined => {
            let declined = answers.iter().filter(|(_, answer)| **answer == Answer::Declined);
            let declined: Vec<FieldId> = declined.map(|(id, _)| id.clone()).collect();
            test.of_number(i64::try_from(declined.len()).unwrap_or(i64::MAX)).then_some(declined)
        }
    }
}

fn is_one_of(test: &Test, chosen: &[String]) -> bool {
    matches!(test, Test::OneOf(codes) if chosen.iter().any(|code| codes.contains(code)))
}

fn weeks<'form>(form: &'form Form, answers: &Answers, filed_on: CivilDate) -> Option<(&'form FieldId, i64)> {
    let by_date = due_date(form).filter(|field| answers.date(&field.id).is_some());
    if let Some(field) = by_date {
        let found = derive_on(form, answers, filed_on, false).gestation?;
        return Some((&field.id, i64::from(found.weeks)));
    }
    let typed = typed_weeks(form)?;
    answers.integer(typed).map(|weeks| (typed, weeks))
}

fn due_date(form: &Form) -> Option<&Field> {
    let is_due_date = |field: &&Field| matches!(field.kind, Kind::Date { range: DateRange::DueDate });
    form.fields().map(|(_, field)| field).find(is_due_date)
}

/// The field in which a form asks for the weeks: the one that it compares with the due date.
fn typed_weeks(form: &Form) -> Option<&FieldId> {
    form.checks.iter().find_map(|check| match check {
        Check::WeeksAgree { weeks, .. } => Some(weeks),
        _ => None,
    })
}
