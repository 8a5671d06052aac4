//! The path through a form. Invariant: it is computed from the form and the answers every time and never stored, so it
//! cannot disagree with them; only [`complete`] and [`complete_but`] make [`CompleteAnswers`].

use std::collections::BTreeSet;

use crate::{
    answers::{Answer, Answers, FieldError, RawAnswers, parse},
    form::{Check, Field, Form, Kind, Page, Paper, PersonFact, Target},
    gestation::{Gestation, TimingClass, gestation},
    ids::{FieldId, PageId},
    time::CivilDate,
    value::ValueError,
};

/// The pages that are on the way for these answers, in order. Every form has at least one.
#[must_use]
pub fn pages<'form>(form: &'form Form, answers: &Answers) -> Vec<&'form Page> {
    let asks = |page: &Page| {
        page.when.as_ref().is_none_or(|condition| condition.holds(answers))
            && page.fields.iter().any(|field| is_shown(page, field, answers))
    };
    form.pages.iter().filter(|page| asks(page)).collect()
}

/// Whether a field stands on its page for what was answered on the pages before. What depends on a choice of the same page
/// does, as long as that choice does: without script it cannot come and go.
#[must_use]
pub fn is_shown(page: &Page, field: &Field, answers: &Answers) -> bool {
    let Some(condition) = &field.when else { return true };
    match page.fields.iter().find(|other| other.id == condition.field) {
        Some(other) => is_shown(page, other, answers),
        None => condition.holds(answers),
    }
}

/// 「写真・書類」 The kinds of paper that are asked for with these answers, in order. Where there is one, a page for them
/// stands between the last page and 確認.
#[must_use]
pub fn papers<'form>(form: &'form Form, answers: &Answers) -> Vec<&'form Paper> {
    let is_asked = |paper: &&Paper| paper.when.as_ref().is_none_or(|condition| condition.holds(answers));
    form.papers.iter().filter(is_asked).collect()
}

/// Where a page stands on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Number of the page, from 1.
    pub number: usize,
    /// How many pages are on the way, that for papers among them.
    pub of: usize,
    /// The page before, if any.
    pub before: Option<PageId>,
    /// The page after; `None` means 写真・書類 or 確認 comes next.
    pub after: Option<PageId>,
}

/// Where `page` stands, or `None` if it is not on the way for these answers.
#[must_use]
pub fn place(form: &Form, answers: &Answers, page: &PageId) -> Option<Place> {
    let way = pages(form, answers);
    let at = way.iter().position(|one| one.id == *page)?;
    Some(Place {
        number: at + 1,
        of: way.len() + usize::from(!papers(form, answers).is_empty()),
        before: at.checked_sub(1).map(|index| way[index].id.clone()),
        after: way.get(at + 1).map(|next| next.id.clone()),
    })
}

/// Something to look at again. It never refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The field to look at.
    pub field: FieldId,
    /// What is odd.
    pub kind: WarningKind,
}

/// The kinds of [`Warning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// The weeks given differ by two or more from the weeks by the due date.
    WeeksDiffer {
        /// Weeks by the due date.
        computed: u32,
    },
    /// The age is below 13 or above 55.
    UnusualAge {
        /// Age on the day of filing.
        age: i32,
    },
    /// A first birth, but not the first child.
    FirstBirthButLaterChild,
    /// An earlier birth, but the first pregnancy.
    BirthBeforeButFirstPregnancy,
}

/// What the answers give rise to without refusing them.
#[must_use]
pub fn warnings(form: &Form, answers: &Answers, today: CivilDate) -> Vec<Warning> {
    form.checks.iter().filter_map(|check| warning(check, answers, today)).collect()
}

fn warning(check: &Check, answers: &Answers, today: CivilDate) -> Option<Warning> {
    match check {
        Check::WeeksAgree { due_date, weeks } => {
            let computed = gestation(answers.date(due_date)?, today)?.weeks;
            let given = answers.integer(weeks)?;
            let differ = (given - i64::from(computed)).abs() >= 2;
            differ.then(|| Warning { field: weeks.clone(), kind: WarningKind::WeeksDiffer { computed } })
        }
        Check::AgeUsual { birthdate } => {
            let age = answers.date(birthdate)?.age_on(today);
            let odd = !(13..=55).contains(&age);
            odd.then(|| Warning { field: birthdate.clone(), kind: WarningKind::UnusualAge { age } })
        }
        Check::FirstBirthAgrees { parity, first, child_order } => {
            let odd = answers.choice(parity)? == first && answers.integer(child_order)? > 1;
            odd.then(|| Warning { field: child_order.clone(), kind: WarningKind::FirstBirthButLaterChild })
        }
        Check::PregnanciesAgree { parity, earlier, pregnancies } => {
            let odd = answers.choice(parity)? == earlier && answers.integer(pregnancies)? == 1;
            odd.then(|| Warning { field: pregnancies.clone(), kind: WarningKind::BirthBeforeButFirstPregnancy })
        }
    }
}

/// Answers to everything that is on the way and required, parsed on one day; of a filing by another channel all but what
/// that channel never asks ([`complete_but`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteAnswers {
    answers: Answers,
    day: CivilDate,
}

impl CompleteAnswers {
    /// The answers.
    #[must_use]
    pub const fn answers(&self) -> &Answers {
        &self.answers
    }

    /// The day they were checked against: 届出日 for a filing.
    #[must_use]
    pub const fn day(&self) -> CivilDate {
        self.day
    }
}

/// Parses everything again and tells whether the form is complete.
///
/// # Errors
/// All field errors, in the form's order.
pub fn complete(form: &Form, raw: &RawAnswers, day: CivilDate) -> Result<CompleteAnswers, Vec<FieldError>> {
    let (answers, errors) = parse(form, raw, day);
    if errors.is_empty() { Ok(CompleteAnswers { answers, day }) } else { Err(errors) }
}

/// The same for a filing that came by another channel: what its form never asks (`not_asked`) may be missing until staff
/// have asked for it. What is there is held to the same rules.
///
/// # Errors
/// All other field errors, in the form's order.
pub fn complete_but(
    form: &Form,
    raw: &RawAnswers,
    day: CivilDate,
    not_asked: &[FieldId],
) -> Result<CompleteAnswers, Vec<FieldError>> {
    let (answers, mut errors) = parse(form, raw, day);
    errors.retain(|found| found.error != ValueError::Missing || !not_asked.contains(&found.field));
    if errors.is_empty() { Ok(CompleteAnswers { answers, day }) } else { Err(errors) }
}

/// The fields that change when `named` do, and these themselves, in the form's order: a changed answer can put others on the
/// way. The items of the EPDS are never among them.
#[must_use]
pub fn with_dependents(form: &Form, named: &[FieldId]) -> Vec<FieldId> {
    let mut open: BTreeSet<&FieldId> = named.iter().collect();
    loop {
        let before = open.len();
        for (page, field) in form.fields() {
            let depends = |on: &FieldId| open.contains(on);
            let by_page = page.when.as_ref().is_some_and(|condition| depends(&condition.field));
            let by_field = field.when.as_ref().is_some_and(|condition| depends(&condition.field));
            let by_choice =
                field.choices().iter().filter_map(|choice| choice.when.as_ref()).any(|it| depends(&it.field));
            if by_page || by_field || by_choice {
                open.insert(&field.id);
            }
        }
        if open.len() == before {
            let may_change = |field: &&Field| open.contains(&field.id) && !matches!(field.target, Target::EpdsItem(_));
            return form.fields().map(|(_, field)| field).filter(may_change).map(|field| field.id.clone()).collect();
        }
    }
}

/// What is computed from the answers (`domain.md` §1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Derived {
    /// 「妊娠週数」 By the due date on the day of filing; `None` after the birth or without a due date.
    pub gestation: Option<Gestation>,
    /// 「届出時期」
    pub timing: TimingClass,
    /// 「年齢」 On the day of filing.
    pub age: Option<i32>,
    /// 「西暦年度」 Of the day of filing.
    pub fiscal_year: i32,
}

/// Computes what follows from the answers. `after_birth` is the choice code that says the child is born already.
#[must_use]
pub fn derive(form: &Form, complete: &CompleteAnswers, after_birth: bool) -> Derived {
    derive_on(form, complete.answers(), complete.day(), after_birth)
}

/// The same for another day: a corrected filing keeps the day on which it arrived (届出日).
#[must_use]
pub fn derive_on(form: &Form, answers: &Answers, day: CivilDate, after_birth: bool) -> Derived {
    let due_date = form
        .fields()
        .find(|(_, field)| matches!(field.kind, Kind::Date { range: crate::form::DateRange::DueDate }))
        .and_then(|(_, field)| answers.date(&field.id));
    let found = if after_birth { None } else { due_date.and_then(|due| gestation(due, day)) };
    let timing = match (after_birth, found) {
        (true, _) => TimingClass::AfterBirth,
        (false, Some(found)) => TimingClass::of_weeks(found.weeks),
        (false, None) => TimingClass::Unknown,
    };
    let born = form.person_field(PersonFact::Birthdate).and_then(|field| answers.date(&field.id));
    Derived { gestation: found, timing, age: born.map(|born| born.age_on(day)), fiscal_year: day.fiscal_year() }
}

/// The answer to the field that goes to this legal item.
#[must_use]
pub fn legal_answer<'a>(form: &Form, answers: &'a Answers, item: &str) -> Option<&'a Answer> {
    let goes_there = |target: &Target| matches!(target, Target::Legal(key) if key == item);
    form.fields().find(|(_, field)| goes_there(&field.target)).and_then(|(_, field)| answers.get(&field.id))
}

/// The answer to the field that is asked for the counter's work under this key.
#[must_use]
pub fn extra_answer<'a>(form: &Form, answers: &'a Answers, key: &str) -> Option<&'a Answer> {
    let goes_there = |target: &Target| matches!(target, Target::Extra(name) if name == key);
    form.fields().find(|(_, field)| goes_there(&field.target)).and_then(|(_, field)| answers.get(&field.id))
}
