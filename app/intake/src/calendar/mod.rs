//! 「開庁日」 On which days the office is open. Invariant: Saturdays, Sundays and national holidays come from the calendar and
//! the law, closing days from the city's own file; nothing here knows what day it is.

mod holidays;

use holidays::HOLIDAYS;
use time::Weekday;

use crate::time::CivilDate;

/// 「曜日」 From Monday 0 to Sunday 6.
#[must_use]
pub fn weekday(day: CivilDate) -> u8 {
    day.0.weekday().number_days_from_monday()
}

/// The Monday of the week of this day.
#[must_use]
pub fn monday_of(day: CivilDate) -> CivilDate {
    day.plus_days(-i64::from(weekday(day)))
}

/// The last year whose holidays are known.
#[must_use]
pub fn last_known_year() -> i32 {
    HOLIDAYS.last().map_or(0, |(year, _)| *year)
}

/// 「祝日・休日」 Whether it is a holiday by 国民の祝日に関する法律. False for years that the table does not know.
#[must_use]
pub fn is_holiday(day: CivilDate) -> bool {
    let (year, month, date) = day.parts();
    let of_year = HOLIDAYS.iter().find(|(known, _)| *known == year);
    of_year.is_some_and(|(_, days)| days.binary_search(&(u16::from(month) * 100 + u16::from(date))).is_ok())
}

/// 「土日」
#[must_use]
pub fn is_weekend(day: CivilDate) -> bool {
    matches!(day.0.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// 「閉庁日」 Days on which the office is closed beside Saturdays, Sundays and national holidays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosingDays(Vec<Closing>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// From one day to another, both among them.
    Span(CivilDate, CivilDate),
    /// Every year; as month × 100 + day, over the turn of the year where the first is the later.
    Yearly(u16, u16),
}

/// A line of the file that says no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected YYYY-MM-DD, MM-DD (every year) or two of one kind with .. between them")]
pub struct NotAClosingDay {
    /// Which line, from 1.
    pub line: usize,
}

impl ClosingDays {
    /// Reads a file: a line for each day `2026-12-28`, each span `2026-12-28..2027-01-05`, and, every year, `12-29..01-03`.
    /// What stands after `#` is a remark.
    ///
    /// # Errors
    /// With the first line that says something else.
    pub fn parse(text: &str) -> Result<Self, NotAClosingDay> {
        let mut all = Vec::new();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let said = line.split('#').next().unwrap_or_default().trim();
            if said.is_empty() {
                continue;
            }
            all.push(closing(said).ok_or(NotAClosingDay { line: number + 1 })?);
        }
        Ok(Self(all))
    }

    /// 「年末年始」 The same with the 29th of December to the 3rd of January, on which no municipality works (地方自治法4条の2
    /// and the ordinances by it).
    #[must_use]
    pub fn with_turn_of_year(mut self) -> Self {
        self.0.push(Closing::Yearly(1229, 103));
        self
    }

    /// Whether the office is closed on this day by the city's own file.
    #[must_use]
    pub fn contains(&self, day: CivilDate) -> bool {
        let (_, month, date) = day.parts();
        let yearly = u16::from(month) * 100 + u16::from(date);
        self.0.iter().any(|closing| match *closing {
            Closing::Span(from, to) => (from..=to).contains(&day),
            Closing::Yearly(from, to) if from <= to => (from..=to).contains(&yearly),
            Closing::Yearly(from, to) => yearly >= from || yearly <= to,
        })
    }

    /// 「開庁日」 Whether the office works on this day.
    #[must_use]
    pub fn is_open(&self, day: CivilDate) -> bool {
        !is_weekend(day) && !is_holiday(day) && !self.contains(day)
    }

    /// The day that lies so many working days after `day`, which itself does not count; with none, the first working day
    /// from `day` on.
    #[must_use]
    pub fn working_days_after(&self, day: CivilDate, count: u32) -> CivilDate {
        let mut at = day;
        let mut left = count;
        while left > 0 || !self.is_open(at) {
            let next = at.plus_days(1);
            if next == at {
                // The end of the calendar.
                return at;
            }
            at = next;
            if self.is_open(at) {
                left = left.saturating_sub(1);
            }
        }
        at
    }
}

fn closing(said: &str) -> Option<Closing> {
    let (from, to) = said.split_once("..").map_or((said, said), |(from, to)| (from.trim(), to.trim()));
    if let (Ok(from), Ok(to)) = (from.parse::<CivilDate>(), to.parse::<CivilDate>()) {
        return (from <= to).then_some(Closing::Span(from, to));
    }
    Some(Closing::Yearly(yearly(from)?, yearly(to)?))
}

/// `MM-DD`, of a leap year, so that the 29th of February may be named.
fn yearly(text: &str) -> Option<u16> {
    let day: CivilDate = format!("2024-{text}").parse().ok()?;
    let (_, month, date) = day.parts();
    Some(u16::from(month) * 100 + u16::from(date))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::BTreeSet;

    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    /// The n-th Monday of a month.
    fn monday(year: i32, month: u8, which: i64) -> CivilDate {
        let first = CivilDate::from_parts(year, month, 1).unwrap();
        let to_monday = (7 - i64::from(weekday(first))) % 7;
        first.plus_days(to_monday + 7 * (which - 1))
    }

    /// 春分日・秋分日 by the usual formula for 1980 to 2099 (the day is announced each February, 国立天文台).
    fn equinox(year: i32, base: f64) -> u8 {
        let since = f64::from(year - 1980);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a day of a month")]
        let found = (base + 0.242_194 * since - (since / 4.0).floor()).floor() as u8;
        found
    }

    /// 国民の祝日に関する法律 as it reads since 2020: 2条 names the days, 3条2項 and 3項 make further ones.
    fn by_the_law(year: i32) -> BTreeSet<CivilDate> {
        let fixed = |month, date| CivilDate::from_parts(year, month, date).unwrap();
        let mut named: BTreeSet<CivilDate> = [
            fixed(1, 1),
            monday(year, 1, 2),
            fixed(2, 11),
            fixed(2, 23),
            fixed(3, equinox(year, 20.8431)),
            fixed(4, 29),
            fixed(5, 3),
            fixed(5, 4),
            fixed(5, 5),
            monday(year, 7, 3),
            fixed(8, 11),
            monday(year, 9, 3),
            fixed(9, equinox(year, 23.2488)),
            monday(year, 10, 2),
            fixed(11, 3),
            fixed(11, 23),
        ]
        .into();
        // 3条3項: a day between two of them.
        let between: Vec<CivilDate> = named
            .iter()
            .map(|one| one.plus_days(1))
            .filter(|middle| !named.contains(middle) && named.contains(&middle.plus_days(1)))
            .collect();
        // 3条2項: for one on a Sunday the next day that is none.
        let mut instead = Vec::new();
        for sunday in named.iter().filter(|one| weekday(**one) == 6) {
            let mut next = sunday.plus_days(1);
            while named.contains(&next) {
                next = next.plus_days(1);
            }
            instead.push(next);
        }
        named.extend(between);
        named.extend(instead);
        named
    }

    #[test]
    fn weekends_and_holidays_are_not_counted() {
        let after =
            |day: &str, count| ClosingDays::default().working_days_after(day.parse().unwrap(), count).to_string();
        // A Friday before a Monday that is a holiday (勤労感謝の日).
        assert_eq!(after("2026-11-20", 1), "2026-11-24");
        assert_eq!(after("2026-11-20", 5), "2026-11-30");
        assert_eq!(after("2026-11-21", 1), "2026-11-24", "what comes on a Saturday is begun on the next working day");
        assert_eq!(after("2026-11-20", 0), "2026-11-20");
        assert_eq!(after("2026-11-21", 0), "2026-11-24", "no day at all is the first on which somebody works");
        assert_eq!(after("9999-12-31", 3), "9999-12-31", "and the calendar ends");
    }

    #[test]
    fn every_year_of_the_table_is_as_the_law_says() {
        // 2020 and 2021 had days moved by the special law for the Olympic games.
        for year in 2022..=last_known_year() {
            let (mut at, mut found) = (CivilDate::from_parts(year, 1, 1).unwrap(), BTreeSet::new());
            while at.parts().0 == year {
                if is_holiday(at) {
                    found.insert(at);
                }
                at = at.plus_days(1);
            }
            assert_eq!(found, by_the_law(year), "{year}");
        }
        assert!(last_known_year() >= 2040);
    }

    #[test]
    fn known_days_are_found() {
        for text in ["2020-07-24", "2021-08-09", "2026-05-06", "2026-09-22", "2026-11-23", "2027-01-01", "2027-03-22"] {
            assert!(is_holiday(day(text)), "{text}");
        }
        for text in ["2026-11-24", "2020-10-12", "2026-12-23", "2101-01-01"] {
            assert!(!is_holiday(day(text)), "{text}");
        }
    }

    #[test]
    fn the_office_is_closed_on_weekends_holidays_and_its_own_days() {
        let closed = ClosingDays::parse(
            "# 年末年始\n12-29..01-03\n2026-12-04 # 庁舎の点検\n\n2027-02-01 .. 2027-02-03\n02-29\n",
        )
        .unwrap();
        for text in ["2026-12-29", "2027-01-03", "2026-12-04", "2027-02-02", "2026-11-28", "2026-11-23", "2028-02-29"] {
            assert!(!closed.is_open(day(text)), "{text}");
        }
        for text in ["2026-12-28", "2027-01-04", "2026-12-03", "2027-02-04", "2026-11-24"] {
            assert!(closed.is_open(day(text)), "{text}");
        }
        assert!(ClosingDays::default().is_open(day("2026-12-29")));
        let usual = ClosingDays::default().with_turn_of_year();
        for text in ["2026-12-29", "2026-12-31", "2027-01-03"] {
            assert!(!usual.is_open(day(text)), "{text}");
        }
        assert!(usual.is_open(day("2026-12-28")) && usual.is_open(day("2027-01-04")));
    }

    #[test]
    fn a_line_that_says_no_day_is_named() {
        for (text, line) in
            [("2026-02-30", 1), ("12-29..01-03\nlater", 2), ("2026-12-05..2026-12-01", 1), ("12-29..2026-01-03", 1)]
        {
            assert_eq!(ClosingDays::parse(text), Err(NotAClosingDay { line }), "{text}");
        }
    }

    #[test]
    fn a_week_begins_on_monday() {
        assert_eq!(monday_of(day("2026-11-29")), day("2026-11-23"));
        assert_eq!(monday_of(day("2026-11-23")), day("2026-11-23"));
        assert_eq!(weekday(day("2026-11-29")), 6);
    }
}
