//! 「同じ方・重複の可能性」 Which two filings may be of one person and one pregnancy. Invariant: the table only points, each row by a
//! reason that staff can read; it refuses nothing and joins nothing, and knows nothing of an EPDS.
//!
//! Source: `domain.md` §1.5 (same applicant, or same name, birthdate and a due date within 14 days, within 300 days); one
//! person filed 15 times for the 特別定額給付金.

use std::{fmt, str::FromStr};

use crate::{
    answers::Answers,
    form::{Compartment, DateRange, Field, Form, Kind, PersonFact, Target},
    ids::NotAnId,
    time::CivilDate,
    value::{self, search_key},
};

/// Due dates of one pregnancy lie no farther apart, in days.
pub const DUE_DATES_APART: i64 = 14;
/// Filings of one pregnancy lie no farther apart, in days.
pub const FILINGS_APART: i64 = 300;

/// What is kept of the person of a filing, as a keyed index of a kind of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trace {
    /// 「氏名」 with 「生年月日」
    Name,
    /// 「フリガナ」 with 「生年月日」
    Kana,
    /// 「電話番号」
    Phone,
    /// 「署名用電子証明書」 Its serial number.
    Certificate,
}

impl Trace {
    /// All.
    pub const ALL: [Self; 4] = [Self::Name, Self::Kana, Self::Phone, Self::Certificate];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Kana => "kana",
            Self::Phone => "phone",
            Self::Certificate => "certificate",
        }
    }
}

impl FromStr for Trace {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|trace| trace.as_str() == text).ok_or(NotAnId)
    }
}

/// The traces of a filing, normalised: equal is equal, however it was typed (`decisions.md`, Text).
#[must_use]
pub fn traces(form: &Form, answers: &Answers) -> Vec<(Trace, String)> {
    let text = |fact| form.person_field(fact).and_then(|field| answers.text(&field.id));
    let born = form.person_field(PersonFact::Birthdate).and_then(|field| answers.date(&field.id));
    let named = [(Trace::Name, PersonFact::Name), (Trace::Kana, PersonFact::NameKana)];
    let mut found = Vec::new();
    for (trace, fact) in named {
        if let (Some(text), Some(born)) = (text(fact), born) {
            found.push((trace, format!("{}\0{born}", search_key(text))));
        }
    }
    let number = phone_field(form).and_then(|field| answers.text(&field.id)).and_then(|typed| value::phone(typed).ok());
    found.extend(number.map(|number| (Trace::Phone, number)));
    found
}

/// The アンケート asks for the telephone as a record item.
fn phone_field(form: &Form) -> Option<&Field> {
    let of_person = form.person_field(PersonFact::Phone);
    let is_item = |field: &&Field| field.kind == Kind::Phone && matches!(field.target, Target::Record(_));
    of_person.or_else(|| form.fields().map(|(_, field)| field).find(is_item))
}

/// 「分娩予定日」
#[must_use]
pub fn due_date(form: &Form, answers: &Answers) -> Option<CivilDate> {
    due_date_field(form).and_then(|field| answers.date(&field.id))
}

fn due_date_field(form: &Form) -> Option<&Field> {
    let is_due_date = |field: &&Field| matches!(field.kind, Kind::Date { range: DateRange::DueDate });
    form.fields().map(|(_, field)| field).find(is_due_date)
}

/// Whether a pregnancy has one filing of this form: it asks for the due date, or follows one that does. An application for care
/// or a notification of twins is rightly filed twice, and an EPDS at several occasions.
#[must_use]
pub fn is_once_a_pregnancy(form: &Form) -> bool {
    form.compartment == Compartment::General && (due_date_field(form).is_some() || form.follows.is_some())
}

/// What two filings of one form have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Common {
    /// The traces that are equal.
    pub traces: Vec<Trace>,
    /// Whether they are one account's own.
    pub account: bool,
    /// How far their due dates lie apart, in days, where both give one.
    pub due_apart: Option<i64>,
    /// How far they were filed apart, in days.
    pub filed_apart: i64,
}

/// Why two filings may be of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// 「電子証明書」
    Certificate,
    /// 「アカウント」
    Account,
    /// 「氏名と生年月日」
    Name,
    /// 「フリガナと生年月日」
    Kana,
    /// 「電話番号」
    Phone,
}

impl Reason {
    /// All, the surest first.
    pub const ALL: [Self; 5] = [Self::Certificate, Self::Account, Self::Name, Self::Kana, Self::Phone];

    /// The stable code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Account => "account",
            Self::Name => "name",
            Self::Kana => "kana",
            Self::Phone => "phone",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reason {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(NotAnId)
    }
}

/// What is equal.
#[derive(Clone, Copy, Debug)]
enum Shared {
    Account,
    Trace(Trace),
}

/// What the due dates must be like.
#[derive(Clone, Copy, Debug)]
enum DueDates {
    /// Whatever they are: the person is the same, and one of them may be a slip.
    Any,
    /// Near each other, or one is not known: before the diagnosis, after the birth, on a form that does not ask.
    NotFar,
    /// Both known and near each other: a telephone is shared by sisters, too.
    Near,
}

/// One row of the table.
struct Rule {
    reason: Reason,
    shared: Shared,
    due_dates: DueDates,
}

const fn rule(reason: Reason, shared: Shared, due_dates: DueDates) -> Rule {
    Rule { reason, shared, due_dates }
}

/// The table.
const RULES: [Rule; 5] = [
    rule(Reason::Certificate, Shared::Trace(Trace::Certificate), DueDates::Any),
    rule(Reason::Account, Shared::Account, DueDates::Any),
    rule(Reason::Name, Shared::Trace(Trace::Name), DueDates::NotFar),
    rule(Reason::Kana, Shared::Trace(Trace::Kana), DueDates::NotFar),
    rule(Reason::Phone, Shared::Trace(Trace::Phone), DueDates::Near),
];

/// Why two filings may be of one person and one pregnancy, the surest reason first; none where nothing says so.
#[must_use]
pub fn reasons(common: &Common) -> Vec<Reason> {
    if common.filed_apart.abs() > FILINGS_APART {
        return Vec::new();
    }
    let near = common.due_apart.map(|days| days.abs() <= DUE_DATES_APART);
    let holds = |rule: &&Rule| {
        let is_shared = match rule.shared {
            Shared::Account => common.account,
            Shared::Trace(trace) => common.traces.contains(&trace),
        };
        is_shared
            && match rule.due_dates {
                DueDates::Any => true,
                DueDates::NotFar => near != Some(false),
                DueDates::Near => near == Some(true),
            }
    };
    RULES.iter().filter(holds).map(|rule| rule.reason).collect()
}

/// What a person has said of two filings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairState {
    /// Nothing yet.
    Open,
    /// 「同じ届出」 One of them stands.
    Joined,
    /// 「別の届出」
    Apart,
}

impl PairState {
    /// All.
    pub const ALL: [Self; 3] = [Self::Open, Self::Joined, Self::Apart];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Joined => "joined",
            Self::Apart => "apart",
        }
    }
}

impl FromStr for PairState {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(NotAnId)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{
        answers::{RawAnswers, parse},
        catalog::Catalog,
    };
    use proptest::prelude::*;

    const ALL_OF_HER: Common = Common { traces: Vec::new(), account: false, due_apart: Some(0), filed_apart: 0 };

    fn with(traces: &[Trace], due_apart: Option<i64>, filed_apart: i64) -> Common {
        Common { traces: traces.to_vec(), due_apart, filed_apart, ..ALL_OF_HER }
    }

    #[test]
    fn name_and_birthdate_point_only_with_a_due_date_that_may_be_the_same() {
        for (due_apart, points) in
            [(Some(0), true), (Some(14), true), (Some(-14), true), (Some(15), false), (Some(-15), false), (None, true)]
        {
            for (trace, reason) in [(Trace::Name, Reason::Name), (Trace::Kana, Reason::Kana)] {
                let found = reasons(&with(&[trace], due_apart, 10));
                assert_eq!(found, if points { vec![reason] } else { vec![] }, "{due_apart:?}");
            }
        }
    }

    #[test]
    fn a_telephone_points_only_where_both_due_dates_are_known_and_near() {
        assert_eq!(reasons(&with(&[Trace::Phone], Some(14), 0)), [Reason::Phone]);
        assert_eq!(reasons(&with(&[Trace::Phone], Some(15), 0)), []);
        assert_eq!(reasons(&with(&[Trace::Phone], None, 0)), []);
    }

    #[test]
    fn the_same_applicant_points_whatever_the_due_date_and_nothing_does_after_300_days() {
        assert_eq!(reasons(&with(&[Trace::Certificate], Some(200), 300)), [Reason::Certificate]);
        assert_eq!(reasons(&Common { account: true, ..with(&[], Some(99), -300) }), [Reason::Account]);
        assert_eq!(reasons(&Common { account: true, ..with(&Trace::ALL, Some(0), 301) }), []);
        assert_eq!(reasons(&Common { account: true, ..with(&Trace::ALL, Some(0), 0) }), Reason::ALL);
    }

    #[test]
    fn forms_that_are_rightly_filed_twice_are_never_pointed_at() {
        let catalog = Catalog::shipped().unwrap();
        let once: Vec<String> = catalog
            .all_newest()
            .into_iter()
            .filter(|form| is_once_a_pregnancy(form))
            .map(|form| form.id.to_string())
            .collect();
        assert_eq!(once, ["pregnancy_notification", "questionnaire"]);
    }

    #[test]
    fn a_person_leaves_the_same_traces_however_she_is_typed() {
        let catalog = Catalog::shipped().unwrap();
        let traces_of = |form: &str, name: &str, kana: &str, phone: &str| {
            let form = catalog.newest(&form.parse().unwrap()).unwrap();
            let mut raw = RawAnswers::default();
            let born = [("birthdate-year", "1995"), ("birthdate-month", "4"), ("birthdate-day", "1")];
            for (input, typed) in [("name", name), ("name_kana", kana), ("phone", phone)].into_iter().chain(born) {
                raw.set(input, vec![typed.to_owned()]);
            }
            traces(form, &parse(form, &raw, "2026-11-23".parse().unwrap()).0)
        };
        let one = traces_of("pregnancy_notification", "佐藤　花子", "サトウ ハナコ", "090-1234-5678");
        assert_eq!(one.len(), 3);
        assert_eq!(one, traces_of("questionnaire", "佐藤花子", "さとう　はなこ", "０９０１２３４５６７８"));
        assert_ne!(one, traces_of("questionnaire", "佐籐花子", "さとう　はなこ", "09012345678"));
    }

    proptest! {
        #[test]
        fn what_points_points_both_ways(account: bool, kinds in 0_u8..16, due in prop::option::of(-400_i64..400), filed in -400_i64..400) {
            let traces: Vec<Trace> = Trace::ALL.into_iter().enumerate().filter(|(bit, _)| kinds & (1 << bit) != 0).map(|(_, one)| one).collect();
            let common = Common { traces, account, due_apart: due, filed_apart: filed };
            let other = Common { due_apart: due.map(|days| -days), filed_apart: -filed, ..common.clone() };
            let found = reasons(&common);
            prop_assert_eq!(&found, &reasons(&other));
            prop_assert!(found.is_empty() || common.account || !common.traces.is_empty());
            prop_assert!(found.iter().all(|reason| reason.as_str().parse() == Ok(*reason)));
        }
    }
}
