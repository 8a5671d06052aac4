//! 「妊娠週数」 Weeks and months of a pregnancy, counted from the expected date of delivery.
//!
//! Invariant: the due date is day 280 after the first day of the last period, as Japanese obstetrics counts
//! (`domain.md` §1.5; golden vectors in the tests).

use serde::{Deserialize, Serialize};

use crate::time::CivilDate;

/// Days from the first day of the last period to the expected date of delivery.
pub const TERM_DAYS: i64 = 280;
/// How many days before the notification a due date may lie.
pub const DUE_DATE_PAST_DAYS: i64 = 21;
/// How many days after the notification a due date may lie.
pub const DUE_DATE_FUTURE_DAYS: i64 = 280;

/// 「妊娠週数」 How far a pregnancy is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gestation {
    /// 「週」 Completed weeks, 0 to 43.
    pub weeks: u32,
    /// 「日」 Days beyond the completed weeks, 0 to 6.
    pub days: u32,
    /// 「妊娠月数」 Month, counted from one: the first month is weeks 0 to 3.
    pub month: u32,
}

/// 「届出時期」 Class of the time of notification in the statistics (地域保健・健康増進事業報告 第18表).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimingClass {
    /// 満11週以内
    #[serde(rename = "within_11_weeks")]
    Within11Weeks,
    /// 満12〜19週
    #[serde(rename = "weeks_12_to_19")]
    Weeks12To19,
    /// 満20〜27週
    #[serde(rename = "weeks_20_to_27")]
    Weeks20To27,
    /// 満28週〜
    #[serde(rename = "from_week_28")]
    FromWeek28,
    /// 分娩後
    AfterBirth,
    /// 不詳
    Unknown,
}

impl TimingClass {
    /// The code number: 1 to 4 by weeks, 5 after the birth, 9 unknown.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Within11Weeks => "1",
            Self::Weeks12To19 => "2",
            Self::Weeks20To27 => "3",
            Self::FromWeek28 => "4",
            Self::AfterBirth => "5",
            Self::Unknown => "9",
        }
    }

    /// The name of the class in the statistics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Within11Weeks => "満11週以内",
            Self::Weeks12To19 => "満12〜19週",
            Self::Weeks20To27 => "満20〜27週",
            Self::FromWeek28 => "満28週〜",
            Self::AfterBirth => "分娩後",
            Self::Unknown => "不詳",
        }
    }

    /// The class that completed weeks fall into.
    #[must_use]
    pub const fn of_weeks(weeks: u32) -> Self {
        match weeks {
            0..=11 => Self::Within11Weeks,
            12..=19 => Self::Weeks12To19,
            20..=27 => Self::Weeks20To27,
            _ => Self::FromWeek28,
        }
    }
}

/// How far the pregnancy with this due date is on `day`, or `None` where the due date is out of the range that a
/// notification on that day may bear (21 days past to 280 days ahead).
#[must_use]
pub fn gestation(due_date: CivilDate, day: CivilDate) -> Option<Gestation> {
    let ahead = due_date.days_since(day);
    if !(-DUE_DATE_PAST_DAYS..=DUE_DATE_FUTURE_DAYS).contains(&ahead) {
        return None;
    }
    let elapsed = u32::try_from(TERM_DAYS - ahead).ok()?;
    let weeks = elapsed / 7;
    Some(Gestation { weeks, days: elapsed % 7, month: weeks / 4 + 1 })
}

/// 「分娩予定日」 The due date from the first day of the last period.
#[must_use]
pub fn due_date_from_last_period(first_day: CivilDate) -> CivilDate {
    first_day.plus_days(TERM_DAYS)
}

/// 「分娩予定日」 The due date of who is so many completed weeks and days on with her pregnancy on `day`.
#[must_use]
pub fn due_date_from_weeks(weeks: u32, days: u32, day: CivilDate) -> CivilDate {
    day.plus_days(TERM_DAYS - i64::from(weeks) * 7 - i64::from(days))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn golden_vectors_hold() {
        let mut rows = csv::Reader::from_reader(include_str!("../testdata/gestation-vectors.csv").as_bytes());
        let mut seen = 0;
        for row in rows.records() {
            let row = row.unwrap();
            let filed: CivilDate = row[0].parse().unwrap();
            let due: CivilDate = row[1].parse().unwrap();
            let found = gestation(due, filed).unwrap();
            assert_eq!(found.weeks.to_string(), row[2], "weeks of {due} on {filed}");
            assert_eq!(found.days.to_string(), row[3], "days of {due} on {filed}");
            assert_eq!(found.month.to_string(), row[4], "month of {due} on {filed}");
            assert_eq!(TimingClass::of_weeks(found.weeks).name(), &row[5]);
            seen += 1;
        }
        assert_eq!(seen, 11);
    }

    #[test]
    fn the_range_ends_where_the_decision_says() {
        let day: CivilDate = "2026-11-23".parse().unwrap();
        assert_eq!(gestation(day.plus_days(280), day).unwrap().weeks, 0);
        assert_eq!(gestation(day.plus_days(281), day), None);
        assert_eq!(gestation(day.plus_days(-21), day).unwrap(), Gestation { weeks: 43, days: 0, month: 11 });
        assert_eq!(gestation(day.plus_days(-22), day), None);
    }

    #[test]
    fn the_last_period_gives_the_due_date() {
        let first: CivilDate = "2026-09-23".parse().unwrap();
        assert_eq!(due_date_from_last_period(first).to_string(), "2027-06-30");
    }
}
