//! Days and times in the words of each language. Invariant: the one place where a parent's date is written; every day is
//! shown in both calendars, with the numbers that the form takes back.

use intake::time::{CivilDate, Instant};

use crate::text::Locale;

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const PORTUGUESE: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];
const NEPALI: [&str; 12] =
    ["जनवरी", "फेब्रुअरी", "मार्च", "अप्रिल", "मे", "जुन", "जुलाई", "अगस्ट", "सेप्टेम्बर", "अक्टोबर", "नोभेम्बर", "डिसेम्बर"];
const FILIPINO: [&str; 12] = [
    "Enero",
    "Pebrero",
    "Marso",
    "Abril",
    "Mayo",
    "Hunyo",
    "Hulyo",
    "Agosto",
    "Setyembre",
    "Oktubre",
    "Nobyembre",
    "Disyembre",
];

/// 「ついたち」 The days of a month whose reading is not their number and にち.
const SPECIAL_DAYS: [(u8, &str); 13] = [
    (1, "ついたち"),
    (2, "ふつか"),
    (3, "みっか"),
    (4, "よっか"),
    (5, "いつか"),
    (6, "むいか"),
    (7, "なのか"),
    (8, "ようか"),
    (9, "ここのか"),
    (10, "とおか"),
    (14, "じゅうよっか"),
    (20, "はつか"),
    (24, "にじゅうよっか"),
];

fn name_of(months: [&'static str; 12], month: u8) -> &'static str {
    months.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or_default()
}

/// The day of a month in easy Japanese, in the notation of furigana.
fn easy_day(day: u8) -> String {
    let special = SPECIAL_DAYS.iter().find(|(number, _)| *number == day);
    special.map_or_else(|| format!("{day}日《にち》"), |(_, reading)| format!("｜{day}日《{reading}》"))
}

impl Locale {
    /// A day, such as 2027年6月30日（令和9年）.
    #[must_use]
    pub fn day(self, date: CivilDate) -> String {
        let (year, month, day) = date.parts();
        let text = match self {
            Self::Ja | Self::ZhHans => format!("{year}年{month}月{day}日"),
            Self::JaEasy => format!("{year}年《ねん》{month}月《がつ》{}", easy_day(day)),
            Self::En => format!("{day} {} {year}", name_of(ENGLISH, month)),
            Self::Vi => format!("{day} tháng {month}, {year}"),
            Self::Pt => format!("{day} de {} de {year}", name_of(PORTUGUESE, month)),
            Self::Ne => format!("{year} {} {day}", name_of(NEPALI, month)),
            Self::Fil => format!("{} {day}, {year}", name_of(FILIPINO, month)),
        };
        self.marked(text + &self.era(date))
    }

    /// A time in Japan to the minute, with its day.
    #[must_use]
    pub fn minute(self, at: Instant) -> String {
        format!("{} {}", self.day(at.date_in_japan()), at.clock_in_japan())
    }

    /// The months of an answer such as `2027-03/2027-06`, or a single one; another text stays as it is.
    #[must_use]
    pub fn month_span(self, months: &str) -> String {
        let first_days: Option<Vec<CivilDate>> =
            months.split('/').map(|month| format!("{month}-01").parse().ok()).collect();
        match first_days.as_deref() {
            Some([one]) => self.month(*one, true),
            Some([from, to]) if from == to => self.month(*from, true),
            Some([from, to]) => {
                let same_year = self.era(*from) == self.era(*to);
                let between = match self {
                    Self::Ja | Self::JaEasy => "～",
                    Self::ZhHans => "至",
                    Self::En | Self::Vi | Self::Pt | Self::Ne | Self::Fil => " – ",
                };
                format!("{}{between}{}", self.month(*from, !same_year), self.month(*to, true))
            }
            _ => months.to_owned(),
        }
    }

    fn month(self, first_day: CivilDate, with_era: bool) -> String {
        let (year, month, _) = first_day.parts();
        let text = match self {
            Self::Ja | Self::ZhHans => format!("{year}年{month}月"),
            Self::JaEasy => format!("{year}年《ねん》{month}月《がつ》"),
            Self::En => format!("{} {year}", name_of(ENGLISH, month)),
            Self::Vi => format!("tháng {month}, {year}"),
            Self::Pt => format!("{} de {year}", name_of(PORTUGUESE, month)),
            Self::Ne => format!("{year} {}", name_of(NEPALI, month)),
            Self::Fil => format!("{} {year}", name_of(FILIPINO, month)),
        };
        let era = if with_era { self.era(first_day) } else { String::new() };
        self.marked(text + &era)
    }

    /// The year in the era, in brackets; nothing before Meiji.
    fn era(self, date: CivilDate) -> String {
        let Some((era, year)) = date.era() else { return String::new() };
        match (self, year) {
            (Self::Ja | Self::ZhHans, 1) => format!("（{}元年）", era.name),
            (Self::Ja | Self::ZhHans, year) => format!("（{}{year}年）", era.name),
            (Self::JaEasy, 1) => format!("（{}《{}》｜元年《がんねん》）", era.name, era.kana),
            (Self::JaEasy, year) => format!("（{}《{}》{year}年《ねん》）", era.name, era.kana),
            (Self::En | Self::Vi | Self::Pt | Self::Ne | Self::Fil, year) => format!(" ({} {year})", era.latin),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use intake::furigana::{in_brackets, kanji_without_reading};

    use super::*;

    fn day(locale: Locale, text: &str) -> String {
        in_brackets(&locale.day(text.parse().unwrap())).into_owned()
    }

    #[test]
    fn a_day_is_written_in_the_order_of_each_language_and_in_both_calendars() {
        for (locale, text) in [
            (Locale::Ja, "2027年6月30日（令和9年）"),
            (Locale::JaEasy, "2027年（ねん）6月（がつ）30日（にち）（令和（れいわ）9年（ねん））"),
            (Locale::En, "30 June 2027 (Reiwa 9)"),
            (Locale::ZhHans, "2027年6月30日（令和9年）"),
            (Locale::Vi, "30 tháng 6, 2027 (Reiwa 9)"),
            (Locale::Pt, "30 de junho de 2027 (Reiwa 9)"),
            (Locale::Ne, "2027 जुन 30 (Reiwa 9)"),
            (Locale::Fil, "Hunyo 30, 2027 (Reiwa 9)"),
        ] {
            assert_eq!(day(locale, "2027-06-30"), text);
        }
    }

    #[test]
    fn the_first_year_of_an_era_has_its_own_name_and_days_before_eras_have_none() {
        assert_eq!(day(Locale::Ja, "2019-05-01"), "2019年5月1日（令和元年）");
        assert_eq!(day(Locale::Ja, "2019-04-30"), "2019年4月30日（平成31年）");
        let easy = "2019年（ねん）5月（がつ）1日（ついたち）（令和（れいわ）元年（がんねん））";
        assert_eq!(day(Locale::JaEasy, "2019-05-01"), easy);
        assert_eq!(day(Locale::En, "2019-05-01"), "1 May 2019 (Reiwa 1)");
        assert_eq!(day(Locale::En, "1868-01-24"), "24 January 1868");
    }

    #[test]
    fn a_time_is_that_of_japan() {
        let at = Instant::from_rfc3339("2026-11-22T15:05:59Z").unwrap();
        assert_eq!(Locale::Ja.minute(at), "2026年11月23日（令和8年） 00:05");
        assert_eq!(Locale::En.minute(at), "23 November 2026 (Reiwa 8) 00:05");
    }

    #[test]
    fn months_name_the_era_once_where_it_is_the_same_year() {
        assert_eq!(Locale::Ja.month_span("2027-03/2027-06"), "2027年3月～2027年6月（令和9年）");
        assert_eq!(Locale::Ja.month_span("2027-11/2028-01"), "2027年11月（令和9年）～2028年1月（令和10年）");
        assert_eq!(Locale::En.month_span("2027-03/2027-06"), "March 2027 – June 2027 (Reiwa 9)");
        assert_eq!(Locale::Vi.month_span("2027-03/2027-03"), "tháng 3, 2027 (Reiwa 9)");
        for other in ["", "2027-03/", "2027-13/2028-01", "soon"] {
            assert_eq!(Locale::En.month_span(other), other);
        }
    }

    #[test]
    fn every_kanji_of_a_date_in_easy_japanese_has_its_reading() {
        let mut date: CivilDate = "2018-12-25".parse().unwrap();
        for _ in 0..800 {
            assert_eq!(kanji_without_reading(&Locale::JaEasy.day(date)), None);
            date = date.plus_days(1);
        }
        assert_eq!(kanji_without_reading(&Locale::JaEasy.month_span("2027-03/2028-06")), None);
    }
}
