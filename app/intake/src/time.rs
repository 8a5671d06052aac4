//! Civil dates and instants. Japan has one time zone (UTC+9, no summer time), and the law counts days there.
//!
//! Invariant: an [`Instant`] is microseconds in UTC; a [`CivilDate`] is a day on the Japanese calendar.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Date, Duration, Month, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

/// One minute, in microseconds.
pub const MINUTE: i64 = 60_000_000;
/// One hour, in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// One day, in microseconds.
pub const DAY: i64 = 24 * HOUR;

const TOKYO_SECONDS: i32 = 9 * 60 * 60;

impl Instant {
    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by `micros` microseconds.
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// The day in Japan at this instant.
    #[must_use]
    pub fn date_in_japan(self) -> CivilDate {
        CivilDate(self.in_japan().date())
    }

    /// RFC 3339 with seconds and `+09:00`, as the hand-over format writes times.
    #[must_use]
    pub fn rfc3339_in_japan(self) -> String {
        let whole = self.in_japan().replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        whole.format(&Rfc3339).unwrap_or_default()
    }

    /// The instant that an RFC 3339 text names, whatever its offset.
    ///
    /// # Errors
    /// When it is no such text.
    pub fn from_rfc3339(text: &str) -> Result<Self, NotATime> {
        let found = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NotATime)?;
        i64::try_from(found.unix_timestamp_nanos() / 1_000).map(Self).map_err(|_| NotATime)
    }

    /// This instant without the fraction of its second, as [`Instant::rfc3339_in_japan`] writes it.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Self(self.0.div_euclid(1_000_000) * 1_000_000)
    }

    /// `YYYY-MM-DD HH:MM` in Japan, for people.
    #[must_use]
    pub fn minute_in_japan(self) -> String {
        format!("{} {}", self.date_in_japan(), self.clock_in_japan())
    }

    /// `HH:MM` in Japan.
    #[must_use]
    pub fn clock_in_japan(self) -> String {
        let at = self.in_japan();
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    fn in_japan(self) -> OffsetDateTime {
        let offset = UtcOffset::from_whole_seconds(TOKYO_SECONDS).unwrap_or(UtcOffset::UTC);
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .to_offset(offset)
    }
}

/// The text is not a time of the form RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time of the form RFC 3339")]
pub struct NotATime;

/// For `#[serde(with = …)]`: an instant as the hand-over format writes it.
pub mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Instant;

    /// Writes RFC 3339 with seconds and `+09:00`.
    ///
    /// # Errors
    /// When the serializer fails.
    pub fn serialize<S: Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&at.rfc3339_in_japan())
    }

    /// Reads RFC 3339.
    ///
    /// # Errors
    /// When it is no such text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        Instant::from_rfc3339(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A day on the calendar, written `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(pub Date);

/// The text is not a day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date of the form YYYY-MM-DD")]
pub struct NotADate;

impl CivilDate {
    /// A day from its three numbers, if the calendar has it.
    #[must_use]
    pub fn from_parts(year: i32, month: u8, day: u8) -> Option<Self> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok().map(Self)
    }

    /// This day moved by a number of days.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.checked_add(Duration::days(days)).unwrap_or(self.0))
    }

    /// Days from `other` to this day; negative if this day is earlier.
    #[must_use]
    pub fn days_since(self, other: Self) -> i64 {
        (self.0 - other.0).whole_days()
    }

    /// 「年齢」 Whole years on `day`, by 年齢計算ニ関する法律 as everyday use counts it: a year is full on the birthday;
    /// for the 29th of February on the 1st of March of a common year.
    #[must_use]
    pub fn age_on(self, day: Self) -> i32 {
        let years = day.0.year() - self.0.year();
        let had_birthday = (u8::from(day.0.month()), day.0.day()) >= (u8::from(self.0.month()), self.0.day());
        if had_birthday { years } else { years - 1 }
    }

    /// 「西暦年度」 The fiscal year, which starts on the 1st of April.
    #[must_use]
    pub fn fiscal_year(self) -> i32 {
        if u8::from(self.0.month()) >= 4 { self.0.year() } else { self.0.year() - 1 }
    }

    /// The instant so many minutes after midnight in Japan.
    #[must_use]
    pub fn minute_in_japan(self, minute: i64) -> Instant {
        let days = (self.0 - Date::from_ordinal_date(1970, 1).unwrap_or(self.0)).whole_days();
        Instant(days * DAY + minute * MINUTE - i64::from(TOKYO_SECONDS) * 1_000_000)
    }

    /// Year, month, day.
    #[must_use]
    pub fn parts(self) -> (i32, u8, u8) {
        (self.0.year(), u8::from(self.0.month()), self.0.day())
    }

    /// 「元号」 The era of this day and the year in it, from 1; none before Meiji.
    #[must_use]
    pub fn era(self) -> Option<(&'static Era, i32)> {
        let era = ERAS.iter().find(|era| self.parts() >= era.first_day)?;
        Some((era, self.0.year() - era.first_day.0 + 1))
    }

    /// 「和暦」 The day in the Japanese era, such as 令和8年11月23日; years before Meiji stay in the Western count.
    #[must_use]
    pub fn era_text(self) -> String {
        let (year, month, day) = self.parts();
        match self.era() {
            Some((era, 1)) => format!("{}元年{month}月{day}日", era.name),
            Some((era, in_era)) => format!("{}{in_era}年{month}月{day}日", era.name),
            None => format!("{year}年{month}月{day}日"),
        }
    }
}

/// 「元号」 An era.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Era {
    /// In kanji.
    pub name: &'static str,
    /// How it is read.
    pub kana: &'static str,
    /// In Latin letters.
    pub latin: &'static str,
    /// Its first day: year, month, day.
    pub first_day: (i32, u8, u8),
}

const fn era(name: &'static str, kana: &'static str, latin: &'static str, first_day: (i32, u8, u8)) -> Era {
    Era { name, kana, latin, first_day }
}

/// The Japanese eras, newest first (元号を改める政令; 改元の詔書, of which that of Meiji counts from the first day of that year in
/// the calendar of the time).
pub const ERAS: [Era; 5] = [
    era("令和", "れいわ", "Reiwa", (2019, 5, 1)),
    era("平成", "へいせい", "Heisei", (1989, 1, 8)),
    era("昭和", "しょうわ", "Showa", (1926, 12, 25)),
    era("大正", "たいしょう", "Taisho", (1912, 7, 30)),
    era("明治", "めいじ", "Meiji", (1868, 1, 25)),
];

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for CivilDate {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes[4] == b'-'
            && bytes[7] == b'-'
            && bytes.iter().enumerate().all(|(i, b)| i == 4 || i == 7 || b.is_ascii_digit());
        if !shaped {
            return Err(NotADate);
        }
        let number = |range: std::ops::Range<usize>| text[range].parse::<u16>().map_err(|_| NotADate);
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (month, day) = (u8::try_from(month).map_err(|_| NotADate)?, u8::try_from(day).map_err(|_| NotADate)?);
        Self::from_parts(i32::from(year), month, day).ok_or(NotADate)
    }
}

impl Serialize for CivilDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CivilDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_day_in_japan_begins_nine_hours_before_utc() {
        let just_before = Instant(1_795_359_599_000_000);
        assert_eq!(just_before.rfc3339_in_japan(), "2026-11-22T23:59:59+09:00");
        assert_eq!(just_before.plus(1_000_000).date_in_japan().to_string(), "2026-11-23");
        assert_eq!(just_before.date_in_japan().plus_days(1).minute_in_japan(0), just_before.plus(1_000_000));
        assert_eq!(just_before.date_in_japan().minute_in_japan(24 * 60 - 1).clock_in_japan(), "23:59");
    }

    #[test]
    fn a_time_is_read_back_to_the_second() {
        let at = Instant(1_795_359_599_123_456);
        assert_eq!(Instant::from_rfc3339(&at.rfc3339_in_japan()).unwrap(), at.whole_seconds());
        assert_eq!(Instant::from_rfc3339("2026-11-22T14:59:59Z").unwrap(), at.whole_seconds());
        assert_eq!(Instant(-1).whole_seconds(), Instant(-1_000_000));
        for text in ["", "2026-11-22", "2026-11-22T23:59:59", "2026-11-22 23:59:59+0900"] {
            assert!(Instant::from_rfc3339(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_calendar_refuses_what_it_lacks() {
        for text in ["2026-02-29", "2026-13-01", "2026-1-01", "20261-01-01", "２０２６-01-01", "", "2026-00-10"] {
            assert!(text.parse::<CivilDate>().is_err(), "{text}");
        }
        assert_eq!("2028-02-29".parse::<CivilDate>().unwrap().to_string(), "2028-02-29");
    }

    #[test]
    fn age_and_fiscal_year_turn_on_their_days() {
        let born: CivilDate = "1996-11-24".parse().unwrap();
        assert_eq!(born.age_on("2026-11-23".parse().unwrap()), 29);
        assert_eq!(born.age_on("2026-11-24".parse().unwrap()), 30);
        assert_eq!("2027-03-31".parse::<CivilDate>().unwrap().fiscal_year(), 2026);
        assert_eq!("2027-04-01".parse::<CivilDate>().unwrap().fiscal_year(), 2027);
    }

    #[test]
    fn eras_change_on_their_first_day() {
        let era = |text: &str| text.parse::<CivilDate>().unwrap().era_text();
        for (day, text) in [
            ("1868-01-24", "1868年1月24日"),
            ("1868-01-25", "明治元年1月25日"),
            ("1912-07-29", "明治45年7月29日"),
            ("1912-07-30", "大正元年7月30日"),
            ("1926-12-24", "大正15年12月24日"),
            ("1926-12-25", "昭和元年12月25日"),
            ("1927-01-01", "昭和2年1月1日"),
            ("1989-01-07", "昭和64年1月7日"),
            ("1989-01-08", "平成元年1月8日"),
            ("2019-04-30", "平成31年4月30日"),
            ("2019-05-01", "令和元年5月1日"),
            ("2020-01-01", "令和2年1月1日"),
            ("2026-11-23", "令和8年11月23日"),
        ] {
            assert_eq!(era(day), text);
        }
    }

    #[test]
    fn every_day_that_is_shown_in_an_era_is_read_back_from_it() {
        let mut day: CivilDate = "1868-01-25".parse().unwrap();
        let last: CivilDate = "2040-12-31".parse().unwrap();
        while day <= last {
            let (found, in_era) = day.era().unwrap();
            let (_, month, date) = day.parts();
            let year = if in_era == 1 { format!("{}元", found.name) } else { format!("{}{in_era}", found.name) };
            let read = crate::value::date_within(&year, &month.to_string(), &date.to_string(), (day, day));
            assert_eq!(read.unwrap(), day, "{year}");
            day = day.plus_days(1);
        }
    }
}
