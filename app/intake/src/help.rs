//! 「入力の手助け」 What a parent can have filled in for her: an address from the postal code, a due date from the last period or
//! from weeks, and the other calendar of a day. Invariant: nothing that she typed is replaced unless she chose just that;
//! and what she tells the helper itself (inputs that begin with [`ASK`]) is no answer and is kept nowhere.

use std::{fmt, str::FromStr};

use crate::{
    answers::RawAnswers,
    form::{DateRange, Field, Kind, Page, PersonFact, Target},
    gestation::{DUE_DATE_PAST_DAYS, TERM_DAYS, due_date_from_last_period, due_date_from_weeks},
    ids::{FieldId, NotAnId},
    postal::{self, Candidate},
    time::CivilDate,
    value::{self, ValueError},
};

/// What the names of a helper's own inputs begin with; no field's id has a full stop.
pub const ASK: &str = "ask.";

/// The name of a helper's own input.
#[must_use]
pub fn ask_input(field: &FieldId, part: &str) -> String {
    format!("{ASK}{field}.{part}")
}

/// What is asked for, as a button says it (`address/postal_code`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// 「郵便番号から住所」 The address of the code in this field.
    Address(FieldId),
    /// The candidate at this place, from 0, of this code.
    TakeAddress(FieldId, String, usize),
    /// 「最終月経から」 The due date from the first day of the last period.
    FromLastPeriod(FieldId),
    /// 「妊娠週数から」 The due date from the completed weeks and days of today.
    FromWeeks(FieldId),
    /// This due date.
    TakeDay(FieldId, CivilDate),
    /// 「和暦・西暦」 The day of this field in both calendars.
    Day(FieldId),
}

impl Wish {
    /// The field that it is about.
    #[must_use]
    pub const fn field(&self) -> &FieldId {
        match self {
            Self::Address(field)
            | Self::TakeAddress(field, ..)
            | Self::FromLastPeriod(field)
            | Self::FromWeeks(field)
            | Self::TakeDay(field, _)
            | Self::Day(field) => field,
        }
    }

    /// What was asked of a helper on this page: by its button, or by filling it in and going on. `raw` is what stands on the page, with
    /// what was typed into the helper.
    #[must_use]
    pub fn of(then: &str, page: &Page, raw: &RawAnswers) -> Option<Self> {
        let pressed: Option<Self> = then.parse().ok();
        let is_here = |wish: &Self| page.fields.iter().any(|field| field.id == *wish.field());
        pressed.filter(is_here).or_else(|| Self::not_pressed(page, raw).filter(|_| then == "next"))
    }

    /// What she meant who filled in a helper on this page and went on without pressing its button: its date is still empty.
    fn not_pressed(page: &Page, raw: &RawAnswers) -> Option<Self> {
        let field = page.fields.iter().find(|field| has_due_date_helper(field))?;
        let id = &field.id;
        let typed = |part: &str| !raw.first(&ask_input(id, part)).trim().is_empty();
        if !date_parts(id).iter().all(|input| raw.first(input).trim().is_empty()) {
            None
        } else if ["year", "month", "day"].into_iter().any(typed) {
            Some(Self::FromLastPeriod(id.clone()))
        } else {
            ["weeks", "days"].into_iter().any(typed).then(|| Self::FromWeeks(id.clone()))
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(field) => write!(f, "address/{field}"),
            Self::TakeAddress(field, code, place) => write!(f, "take-address/{field}/{code}/{place}"),
            Self::FromLastPeriod(field) => write!(f, "last-period/{field}"),
            Self::FromWeeks(field) => write!(f, "weeks/{field}"),
            Self::TakeDay(field, day) => write!(f, "take-day/{field}/{day}"),
            Self::Day(field) => write!(f, "day/{field}"),
        }
    }
}

impl FromStr for Wish {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match text.split('/').collect::<Vec<_>>().as_slice() {
            ["address", field] => Ok(Self::Address(field.parse()?)),
            ["take-address", field, code, place] => {
                let code = value::postal_code(code).map_err(|_| NotAnId)?;
                Ok(Self::TakeAddress(field.parse()?, code, place.parse().map_err(|_| NotAnId)?))
            }
            ["last-period", field] => Ok(Self::FromLastPeriod(field.parse()?)),
            ["weeks", field] => Ok(Self::FromWeeks(field.parse()?)),
            ["take-day", field, day] => Ok(Self::TakeDay(field.parse()?, day.parse().map_err(|_| NotAnId)?)),
            ["day", field] => Ok(Self::Day(field.parse()?)),
            _ => Err(NotAnId),
        }
    }
}

/// What a helper says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The postal code is none.
    NotACode(ValueError),
    /// The table does not have the code.
    UnknownCode,
    /// The address begins as the code says already.
    Agrees,
    /// This was put into the address.
    Address(String),
    /// She has to choose.
    Choose {
        /// The code that was looked up.
        code: String,
        /// What there is.
        candidates: Vec<Candidate>,
        /// Whether it would take the place of what she typed.
        replaces: bool,
    },
    /// The first day of the last period was not taken.
    NotAPeriod(ValueError),
    /// The weeks were not taken.
    NotWeeks(ValueError),
    /// 「分娩予定日のめやす」 A due date; `filled_in` unless another one stands there.
    DueDate {
        /// The day.
        day: CivilDate,
        /// Whether it was put into the date.
        filled_in: bool,
    },
    /// A day, to be shown in both calendars.
    Day(CivilDate),
    /// No whole day yet.
    NoDay,
}

/// What became of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helped {
    /// The field that was asked about.
    pub field: FieldId,
    /// What the helper says.
    pub outcome: Outcome,
    /// Inputs that have another content now.
    pub filled_in: Vec<(String, String)>,
}

impl Helped {
    /// Puts what was filled in among what was typed.
    pub fn put_into(&self, raw: &mut RawAnswers) {
        for (input, value) in &self.filled_in {
            raw.set(input, vec![value.clone()]);
        }
    }
}

/// Carries a wish out. `raw` holds what the page sent, the helper's own inputs too; `address` is where the address of a
/// postal code goes.
#[must_use]
pub fn help(wish: &Wish, address: Option<&FieldId>, raw: &RawAnswers, today: CivilDate) -> Helped {
    let field = wish.field().clone();
    let (outcome, filled_in) = match wish {
        Wish::Address(code) => look_up(raw.first(code.as_str()), address, raw),
        Wish::TakeAddress(_, code, place) => match postal::candidates(code).into_iter().nth(*place).zip(address) {
            Some((chosen, address)) => fill_in_address(chosen, address),
            None => (Outcome::UnknownCode, Vec::new()),
        },
        Wish::FromLastPeriod(due_date) => {
            estimate(due_date, raw, from_last_period(due_date, raw, today), Outcome::NotAPeriod)
        }
        Wish::FromWeeks(due_date) => estimate(due_date, raw, from_weeks(due_date, raw, today), Outcome::NotWeeks),
        Wish::TakeDay(due_date, day) => (Outcome::DueDate { day: *day, filled_in: true }, fill_in_day(due_date, *day)),
        Wish::Day(date) => (day_of(date, raw).map_or(Outcome::NoDay, Outcome::Day), Vec::new()),
    };
    Helped { field, outcome, filled_in }
}

type Found = (Outcome, Vec<(String, String)>);

fn look_up(typed: &str, address: Option<&FieldId>, raw: &RawAnswers) -> Found {
    let code = match value::postal_code(typed) {
        Ok(code) => code,
        Err(error) => return (Outcome::NotACode(error), Vec::new()),
    };
    let mut candidates = postal::candidates(&code);
    let Some(address) = address.filter(|_| !candidates.is_empty()) else { return (Outcome::UnknownCode, Vec::new()) };
    let stands = raw.first(address.as_str()).trim();
    if !stands.is_empty() && candidates.iter().any(|one| stands.starts_with(&one.address)) {
        return (Outcome::Agrees, Vec::new());
    }
    if stands.is_empty() && candidates.len() == 1 {
        return fill_in_address(candidates.remove(0), address);
    }
    (Outcome::Choose { code, candidates, replaces: !stands.is_empty() }, Vec::new())
}

fn fill_in_address(chosen: Candidate, address: &FieldId) -> Found {
    (Outcome::Address(chosen.address.clone()), vec![(address.to_string(), chosen.address)])
}

/// The first day of the last period gives a due date that the form takes.
fn from_last_period(due_date: &FieldId, raw: &RawAnswers, today: CivilDate) -> Result<CivilDate, ValueError> {
    let part = |part: &str| raw.first(&ask_input(due_date, part)).to_owned();
    let bounds = (today.plus_days(-TERM_DAYS - DUE_DATE_PAST_DAYS), today);
    value::date_within(&part("year"), &part("month"), &part("day"), bounds).map(due_date_from_last_period)
}

/// Weeks that the form takes; without days it is the first day of the week.
fn from_weeks(due_date: &FieldId, raw: &RawAnswers, today: CivilDate) -> Result<CivilDate, ValueError> {
    let (weeks, days) = (raw.first(&ask_input(due_date, "weeks")), raw.first(&ask_input(due_date, "days")));
    let weeks = value::integer(weeks, 0, 42)?;
    let days = match value::integer(days, 0, 6) {
        Err(ValueError::Missing) => 0,
        days => days?,
    };
    let small = |number: i64| u32::try_from(number).map_err(|_| ValueError::NotANumber);
    Ok(due_date_from_weeks(small(weeks)?, small(days)?, today))
}

fn estimate(
    due_date: &FieldId,
    raw: &RawAnswers,
    found: Result<CivilDate, ValueError>,
    refused: fn(ValueError) -> Outcome,
) -> Found {
    let day = match found {
        Ok(day) => day,
        Err(error) => return (refused(error), Vec::new()),
    };
    let is_empty = date_parts(due_date).iter().all(|input| raw.first(input).trim().is_empty());
    if is_empty || day_of(due_date, raw) == Some(day) {
        (Outcome::DueDate { day, filled_in: true }, if is_empty { fill_in_day(due_date, day) } else { Vec::new() })
    } else {
        (Outcome::DueDate { day, filled_in: false }, Vec::new())
    }
}

fn date_parts(field: &FieldId) -> [String; 3] {
    ["year", "month", "day"].map(|part| format!("{field}-{part}"))
}

fn fill_in_day(field: &FieldId, day: CivilDate) -> Vec<(String, String)> {
    let (year, month, date) = day.parts();
    date_parts(field).into_iter().zip([year.to_string(), month.to_string(), date.to_string()]).collect()
}

/// The day that stands in a date, once it is whole.
#[must_use]
pub fn day_of(field: &FieldId, raw: &RawAnswers) -> Option<CivilDate> {
    let [year, month, day] = date_parts(field);
    value::any_date(raw.first(&year), raw.first(&month), raw.first(&day)).ok()
}

/// Whether a field offers to work out the due date.
#[must_use]
pub const fn has_due_date_helper(field: &Field) -> bool {
    matches!(field.kind, Kind::Date { range: DateRange::DueDate })
}

/// 「住所」 Where the address of a postal code goes: both are facts about the person, or the address follows the code.
#[must_use]
pub fn address_of<'page>(page: &'page Page, code: &Field) -> Option<&'page Field> {
    let is_code = |field: &Field| matches!(field.kind, Kind::PostalCode);
    let is_address = |field: &Field| matches!(field.kind, Kind::Address);
    partner(page, code, (PersonFact::PostalCode, PersonFact::Address), is_code, is_address)
}

/// 「フリガナ」 Where the reading of a name goes, likewise.
#[must_use]
pub fn kana_of<'page>(page: &'page Page, name: &Field) -> Option<&'page Field> {
    let is_name = |field: &Field| matches!(field.kind, Kind::Name);
    let is_kana = |field: &Field| matches!(field.kind, Kind::Kana);
    partner(page, name, (PersonFact::Name, PersonFact::NameKana), is_name, is_kana)
}

fn partner<'page>(
    page: &'page Page,
    field: &Field,
    (own, other): (PersonFact, PersonFact),
    is_own_kind: impl Fn(&Field) -> bool,
    is_other_kind: impl Fn(&Field) -> bool,
) -> Option<&'page Field> {
    if !is_own_kind(field) {
        return None;
    }
    if field.target == Target::Person(own) {
        return page.fields.iter().find(|one| one.target == Target::Person(other));
    }
    let behind = page.fields.iter().skip_while(|one| one.id != field.id).skip(1);
    let of_nobody_yet = |one: &&Field| !matches!(one.target, Target::Person(_));
    behind.take_while(|one| !is_own_kind(one)).filter(of_nobody_yet).find(|one| is_other_kind(one))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;
    use crate::{catalog::Catalog, gestation::gestation};

    fn today() -> CivilDate {
        "2026-11-23".parse().unwrap()
    }

    fn typed(inputs: &[(&str, &str)]) -> RawAnswers {
        let mut raw = RawAnswers::default();
        for (name, value) in inputs {
            raw.set(name, vec![(*value).to_owned()]);
        }
        raw
    }

    fn asked(wish: &str, inputs: &[(&str, &str)]) -> Helped {
        help(&wish.parse().unwrap(), Some(&"address".parse().unwrap()), &typed(inputs), today())
    }

    fn filled(inputs: &[(&str, &str)]) -> Vec<(String, String)> {
        inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_empty_address_is_filled_in_from_the_code_however_it_is_typed() {
        for code in ["1000001", "100-0001", "〒１００－０００１"] {
            let helped = asked("address/code", &[("code", code), ("address", " ")]);
            assert_eq!(helped.outcome, Outcome::Address("東京都千代田区千代田".to_owned()));
            assert_eq!(helped.filled_in, filled(&[("address", "東京都千代田区千代田")]));
        }
    }

    #[test]
    fn what_was_typed_stays_until_another_address_is_chosen() {
        let helped = asked("address/code", &[("code", "1000001"), ("address", "大阪府堺市1")]);
        let Outcome::Choose { code, candidates, replaces: true } = helped.outcome else { panic!("{helped:?}") };
        assert_eq!((code.as_str(), candidates.len(), helped.filled_in), ("1000001", 1, vec![]));
        let taken = asked("take-address/code/1000001/0", &[("code", ""), ("address", "大阪府堺市1")]);
        assert_eq!(taken.filled_in, filled(&[("address", "東京都千代田区千代田")]));
        let same = asked("address/code", &[("code", "1000001"), ("address", "東京都千代田区千代田1-1")]);
        assert_eq!((same.outcome, same.filled_in), (Outcome::Agrees, vec![]));
    }

    #[test]
    fn several_candidates_are_never_chosen_between() {
        let helped = asked("address/code", &[("code", "4980000")]);
        let Outcome::Choose { candidates, replaces: false, .. } = helped.outcome else { panic!("{helped:?}") };
        assert_eq!(candidates.len(), 2);
        assert_eq!(asked("take-address/code/4980000/1", &[]).filled_in, filled(&[("address", "三重県桑名郡木曽岬町")]));
        assert_eq!(asked("take-address/code/4980000/2", &[]).outcome, Outcome::UnknownCode);
    }

    #[test]
    fn what_is_no_code_is_said_to_be_none() {
        assert_eq!(asked("address/code", &[]).outcome, Outcome::NotACode(ValueError::Missing));
        assert_eq!(asked("address/code", &[("code", "12")]).outcome, Outcome::NotACode(ValueError::NotAPostalCode));
        assert_eq!(asked("address/code", &[("code", "000-0001")]).outcome, Outcome::UnknownCode);
    }

    #[test]
    fn the_last_period_and_weeks_give_the_due_date_of_the_tables() {
        for (year, month, day, due) in [
            ("2026", "9", "23", "2027-06-30"),
            ("令和8", "9", "23", "2027-06-30"),
            ("2026", "11", "23", "2027-08-30"),
            ("2026", "2", "16", "2026-11-23"),
            ("2026", "1", "26", "2026-11-02"),
        ] {
            let parts = [("ask.due.year", year), ("ask.due.month", month), ("ask.due.day", day)];
            let helped = asked("last-period/due", &parts);
            assert_eq!(helped.outcome, Outcome::DueDate { day: due.parse().unwrap(), filled_in: true }, "{due}");
        }
        for (weeks, days, due) in
            [("8", "5", "2027-06-30"), ("８", "", "2027-07-05"), ("0", "0", "2027-08-30"), ("42", "6", "2026-11-03")]
        {
            let helped = asked("weeks/due", &[("ask.due.weeks", weeks), ("ask.due.days", days)]);
            assert_eq!(
                helped.outcome,
                Outcome::DueDate { day: due.parse().unwrap(), filled_in: true },
                "{weeks} {days}"
            );
        }
    }

    #[test]
    fn what_gives_no_due_date_is_refused_with_its_reason() {
        let period = |year, month, day| {
            asked("last-period/due", &[("ask.due.year", year), ("ask.due.month", month), ("ask.due.day", day)]).outcome
        };
        assert_eq!(period("2026", "11", "24"), Outcome::NotAPeriod(ValueError::TooLate { last: today() }));
        let first = "2026-01-26".parse().unwrap();
        assert_eq!(period("2026", "1", "25"), Outcome::NotAPeriod(ValueError::TooEarly { first }));
        assert_eq!(period("", "1", "25"), Outcome::NotAPeriod(ValueError::IncompleteDate));
        assert_eq!(asked("weeks/due", &[]).outcome, Outcome::NotWeeks(ValueError::Missing));
        let range = ValueError::OutOfRange { least: 0, most: 6 };
        let days = asked("weeks/due", &[("ask.due.weeks", "8"), ("ask.due.days", "7")]);
        assert_eq!(days.outcome, Outcome::NotWeeks(range));
    }

    #[test]
    fn a_due_date_that_was_typed_stays_until_the_other_one_is_taken() {
        let due = |day: &str, filled_in| Outcome::DueDate { day: day.parse().unwrap(), filled_in };
        let date =
            [("due-year", "2027"), ("due-month", "7"), ("due-day", "1"), ("ask.due.weeks", "8"), ("ask.due.days", "5")];
        let helped = asked("weeks/due", &date);
        assert_eq!((helped.outcome, helped.filled_in), (due("2027-06-30", false), vec![]));
        let taken = asked("take-day/due/2027-06-30", &date);
        assert_eq!(taken.filled_in, filled(&[("due-year", "2027"), ("due-month", "6"), ("due-day", "30")]));
        // Half a date was typed too.
        assert_eq!(asked("weeks/due", &date[1..]).filled_in, vec![]);
    }

    #[test]
    fn a_day_is_read_in_either_calendar() {
        let day = |year| asked("day/born", &[("born-year", year), ("born-month", "5"), ("born-day", "1")]).outcome;
        assert_eq!(day("平成31"), Outcome::Day("2019-05-01".parse().unwrap()));
        assert_eq!(day("2019"), day("R元"));
        assert_eq!(day(""), Outcome::NoDay);
    }

    #[test]
    fn who_filled_in_the_helper_and_went_on_is_helped_all_the_same() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let page = form.page(&"due_date".parse().unwrap()).unwrap();
        let meant = |inputs: &[(&str, &str)]| Wish::not_pressed(page, &typed(inputs)).map(|wish| wish.to_string());
        assert_eq!(meant(&[("ask.due_date.weeks", "8")]).as_deref(), Some("weeks/due_date"));
        assert_eq!(meant(&[("ask.due_date.month", "8")]).as_deref(), Some("last-period/due_date"));
        assert_eq!(meant(&[("ask.due_date.weeks", "8"), ("due_date-year", "2027")]), None);
        assert_eq!(meant(&[]), None);
    }

    #[test]
    fn what_belongs_together_follows_from_each_form() {
        let catalog = Catalog::shipped().unwrap();
        let mut others = Vec::new();
        for id in ["pregnancy_notification", "questionnaire", "epds", "low_birth_weight", "postnatal_care"] {
            let form = catalog.newest(&id.parse().unwrap()).unwrap();
            let code = form.person_field(PersonFact::PostalCode).unwrap();
            let name = form.person_field(PersonFact::Name).unwrap();
            let (page_of_code, _) = form.field(&code.id).unwrap();
            let (page_of_name, _) = form.field(&name.id).unwrap();
            assert_eq!(address_of(page_of_code, code).unwrap().target, Target::Person(PersonFact::Address), "{id}");
            assert_eq!(kana_of(page_of_name, name).unwrap().target, Target::Person(PersonFact::NameKana), "{id}");
            for (page, field) in form.fields().filter(|(_, field)| field.id != name.id) {
                others.extend(kana_of(page, field).map(|kana| [id, field.id.as_str(), kana.id.as_str()].join(" ")));
                assert_eq!(address_of(page, field).is_some(), field.id == code.id, "{id} {}", field.id);
            }
        }
        // The name of a proxy or a partner has no reading, and never gets hers.
        assert_eq!(others, ["low_birth_weight child_name child_name_kana"]);
    }

    proptest! {
        #[test]
        fn weeks_of_a_due_date_from_weeks_are_those_weeks(weeks in 0_u32..43, days in 0_u32..7, shift in -20_000_i64..20_000) {
            let day = today().plus_days(shift);
            let found = gestation(due_date_from_weeks(weeks, days, day), day).unwrap();
            prop_assert_eq!((found.weeks, found.days), (weeks, days));
        }

        #[test]
        fn a_last_period_and_the_weeks_since_give_the_same_due_date(since in 0_i64..301) {
            let first = today().plus_days(-since);
            let (weeks, days) = (u32::try_from(since / 7).unwrap(), u32::try_from(since % 7).unwrap());
            prop_assert_eq!(due_date_from_last_period(first), due_date_from_weeks(weeks, days, today()));
            prop_assert!(gestation(due_date_from_last_period(first), today()).is_some());
        }

        #[test]
        fn any_text_is_a_wish_that_is_written_as_it_was_read_or_none(text in "[a-z_-]{0,12}(/[a-z0-9_-]{0,12}){0,4}") {
            if let Ok(wish) = text.parse::<Wish>() {
                prop_assert_eq!(wish.to_string().parse::<Wish>().unwrap(), wish);
            }
        }

        #[test]
        fn a_helper_never_changes_an_address_that_is_there(code in "[0-9]{7}", address in "[^\\s]{1,30}") {
            prop_assert_eq!(asked("address/code", &[("code", &code), ("address", &address)]).filled_in, vec![]);
        }
    }
}
