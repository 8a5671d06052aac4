//! 「開庁日」 The days on which the office works, and dates counted in them. Invariant: whoever counts such days asks
//! [`is_working_day`] and nothing else.

use time::Weekday;

use crate::time::CivilDate;

/// Whether the office works on this day. Weekends only, as yet: a table of the national holidays belongs behind this function.
#[must_use]
pub fn is_working_day(day: CivilDate) -> bool {
    !matches!(day.0.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The day that lies so many working days after `day`, which itself does not count; with none, the first working day from
/// `day` on.
#[must_use]
pub fn working_days_after(day: CivilDate, count: u32) -> CivilDate {
    let mut at = day;
    let mut left = count;
    while left > 0 || !is_working_day(at) {
        let next = at.plus_days(1);
        if next == at {
            // The end of the calendar.
            return at;
        }
        at = next;
        if is_working_day(at) {
            left = left.saturating_sub(1);
        }
    }
    at
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn after(day: &str, count: u32) -> String {
        working_days_after(day.parse().unwrap(), count).to_string()
    }

    #[test]
    fn a_weekend_is_not_counted() {
        // A Friday.
        assert_eq!(after("2026-11-20", 1), "2026-11-23");
        assert_eq!(after("2026-11-20", 5), "2026-11-27");
        assert_eq!(after("2026-11-20", 6), "2026-11-30");
        assert_eq!(after("2026-11-21", 1), "2026-11-23", "what comes on a Saturday is begun on Monday");
    }

    #[test]
    fn no_day_at_all_is_the_first_on_which_somebody_works() {
        assert_eq!(after("2026-11-20", 0), "2026-11-20");
        assert_eq!(after("2026-11-21", 0), "2026-11-23");
        assert_eq!(after("9999-12-31", 3), "9999-12-31", "and the calendar ends");
    }
}
