//! 「期間」 A month or a fiscal year that a report is about. Invariant: it begins with a first of a month, and what is not over leaves no
//! team: from two reports of days that follow each other the difference would be one person's.

use std::{fmt, str::FromStr};

use crate::{ids::NotAnId, time::CivilDate};

/// A month, by its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(CivilDate);

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: CivilDate) -> Self {
        let (.., of_month) = day.parts();
        Self(day.plus_days(1 - i64::from(of_month)))
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(self) -> CivilDate {
        self.0
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        // No month has more days.
        Self::of(self.0.plus_days(31))
    }

    /// The month before it.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::of(self.0.plus_days(-1))
    }

    /// Whether it is over on a day.
    #[must_use]
    pub fn is_over(self, today: CivilDate) -> bool {
        self < Self::of(today)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, _) = self.0.parts();
        write!(f, "{year:04}-{month:02}")
    }
}

/// The years that a report can be about: the database holds days of no others.
const YEARS: std::ops::RangeInclusive<i32> = 2020..=2100;

impl FromStr for Month {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let day: CivilDate = format!("{text}-01").parse().map_err(|_| NotAnId)?;
        if YEARS.contains(&day.parts().0) { Ok(Self(day)) } else { Err(NotAnId) }
    }
}

/// What a report is about. In an address `2026-11` or `fy2026`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A month.
    Month(Month),
    /// 「年度」 The twelve months from this April on; named after its year.
    FiscalYear(Month),
}

impl Period {
    /// The fiscal year of a day.
    #[must_use]
    pub fn fiscal_year_of(day: CivilDate) -> Self {
        let mut first = Month::of(day);
        while first.0.parts().1 != 4 {
            first = first.previous();
        }
        Self::FiscalYear(first)
    }

    /// Its months, in order.
    #[must_use]
    pub fn months(self) -> Vec<Month> {
        let (first, count) = match self {
            Self::Month(month) => (month, 1),
            Self::FiscalYear(april) => (april, 12),
        };
        std::iter::successors(Some(first), |month| Some(month.next())).take(count).collect()
    }

    /// Those of its months that are over on a day.
    #[must_use]
    pub fn months_over(self, today: CivilDate) -> Vec<Month> {
        self.months().into_iter().filter(|month| month.is_over(today)).collect()
    }

    /// Its first day, and the first day after it.
    #[must_use]
    pub fn days(self) -> (CivilDate, CivilDate) {
        let (first, count) = match self {
            Self::Month(month) => (month, 1),
            Self::FiscalYear(april) => (april, 12),
        };
        let after = (0..count).fold(first, |month, _| month.next());
        (first.first_day(), after.first_day())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => write!(f, "{month}"),
            Self::FiscalYear(april) => write!(f, "fy{}", april.0.parts().0),
        }
    }
}

impl FromStr for Period {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match text.strip_prefix("fy") {
            Some(year) => format!("{year}-04").parse().map(Self::FiscalYear),
            None => text.parse().map(Self::Month),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_read_as_it_is_written_and_has_its_days() {
        for (text, from, until, months) in [
            ("2026-11", "2026-11-01", "2026-12-01", 1),
            ("2026-12", "2026-12-01", "2027-01-01", 1),
            ("fy2026", "2026-04-01", "2027-04-01", 12),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!((period.to_string().as_str(), period.months().len()), (text, months));
            assert_eq!(period.days(), (day(from), day(until)));
        }
        assert_eq!(Period::fiscal_year_of(day("2027-03-31")).to_string(), "fy2026");
        assert_eq!(Period::fiscal_year_of(day("2026-04-01")).to_string(), "fy2026");
        for text in [
            "", "2026", "2026-13", "2026-00", "2026-1", "26-01", "fy26", "fy20266", "fy", "+026-11", "1999-01",
            "fy2101",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_month_is_over_when_the_next_has_begun() {
        let november: Month = "2026-11".parse().unwrap();
        assert!(!november.is_over(day("2026-11-30")) && november.is_over(day("2026-12-01")));
        assert_eq!(
            (november.previous().to_string(), november.next().next().to_string()),
            ("2026-10".into(), "2027-01".into())
        );
        let over = "fy2026".parse::<Period>().unwrap().months_over(day("2027-01-15"));
        assert_eq!((over.len(), over[8].to_string()), (9, "2026-12".to_owned()));
    }
}
