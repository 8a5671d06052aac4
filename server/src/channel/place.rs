//! Encodings, days and times as other systems write them. Invariant: what is read is read in one way only, or not at all.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};
use intake::{time::Instant, value};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

/// 「文字コード」 How a file is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Charset {
    /// UTF-8, with or without a byte order mark.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-31J, the Shift_JIS of Windows.
    #[serde(rename = "windows-31j")]
    Windows31J,
}

impl Charset {
    /// The text, without a byte order mark; none when some bytes mean nothing in it.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).ok().map(str::to_owned),
            Self::Windows31J => {
                SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
            }
        }
    }

    /// Whether a label, such as that of an XML declaration, means this encoding.
    #[must_use]
    pub fn is_called(self, label: &str) -> bool {
        let found = match label.to_ascii_lowercase().as_str() {
            "windows-31j" | "cp932" | "ms932" => Some(SHIFT_JIS),
            other => Encoding::for_label(other.as_bytes()),
        };
        found
            == Some(match self {
                Self::Utf8 => UTF_8,
                Self::Windows31J => SHIFT_JIS,
            })
    }
}

/// How days are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayStyle {
    /// `2026/11/23`, `2026-11-23`, `2026年11月23日`, `20261123`, `令和8年11月23日`, `R8.11.23`, in any width.
    #[default]
    Written,
    /// Seven digits that begin with the code of the era (1 明治 … 5 令和): `5081123`.
    EraCode,
}

/// Year, month and day as they would be typed; the form says whether they are a day.
#[must_use]
pub fn day_parts(text: &str, style: DayStyle) -> Option<[String; 3]> {
    let text: String = text.nfkc().collect();
    let text = text.trim();
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match (style, is_digits, text.len()) {
        (DayStyle::EraCode, true, 7) => {
            let era = ["M", "T", "S", "H", "R"].get(usize::from(text.as_bytes()[0].checked_sub(b'1')?))?;
            Some([format!("{era}{}", &text[1..3]), text[3..5].to_owned(), text[5..].to_owned()])
        }
        (DayStyle::EraCode, ..) => None,
        (DayStyle::Written, true, 8) => Some([&text[..4], &text[4..6], &text[6..]].map(str::to_owned)),
        (DayStyle::Written, true, _) => None,
        (DayStyle::Written, false, _) => {
            let (year, rest) = text.split_once(['/', '-', '.', '年'])?;
            let (month, day) = rest.split_once(['/', '-', '.', '月'])?;
            let day = day.trim().strip_suffix('日').unwrap_or(day);
            let small = |part: &str| part.trim().to_owned();
            let parts = [small(year), small(month), small(day)];
            let is_number = |part: &String| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            parts[1..].iter().all(is_number).then_some(parts)
        }
    }
}

/// 「受付日時」 A time in Japan; without an hour, the beginning of the day.
#[must_use]
pub fn time(text: &str, style: DayStyle) -> Option<Instant> {
    let text: String = text.nfkc().collect();
    let text = text.trim();
    if let Ok(instant) = Instant::from_rfc3339(text) {
        return Some(instant);
    }
    let (day, hour) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let [year, month, day] = day_parts(day, style)?;
    let day = value::any_date(&year, &month, &day).ok()?;
    let hour = hour.trim().replace(['時', '分'], ":");
    let hour = hour.trim_end_matches('秒').trim_end_matches(':');
    let mut parts = [0_i64; 3];
    if !hour.is_empty() {
        for (place, part) in hour.split(':').enumerate() {
            let is_number = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            *parts.get_mut(place)? = part.parse().ok().filter(|_| is_number)?;
        }
    }
    let [hour, minute, second] = parts;
    let fits = hour < 24 && minute < 60 && second < 60;
    fits.then(|| day.minute_in_japan(hour * 60 + minute).plus(second * 1_000_000))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_are_read_as_other_systems_write_them() {
        let read = |text: &str| {
            let [year, month, day] = day_parts(text, DayStyle::Written)?;
            value::any_date(&year, &month, &day).ok().map(|day| day.to_string())
        };
        for text in [
            "2026/11/23",
            "2026-11-23",
            "２０２６／１１／２３",
            "2026年11月23日",
            "20261123",
            "令和8年11月23日",
            "R8.11.23",
            "Ｒ８．１１．２３",
            "令和８年１１月２３日",
        ] {
            assert_eq!(read(text).as_deref(), Some("2026-11-23"), "{text}");
        }
        for text in ["", "2026", "2026/11", "11/23/2026", "2026/13/1", "2026112", "明日", "2026/11/23 10:00"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(day_parts("5081123", DayStyle::EraCode).unwrap(), ["R08", "11", "23"]);
        assert_eq!(day_parts("9081123", DayStyle::EraCode), None);
        assert_eq!(day_parts("0081123", DayStyle::EraCode), None);
    }

    #[test]
    fn times_of_arrival_are_times_in_japan() {
        let read = |text: &str| time(text, DayStyle::Written).map(Instant::rfc3339_in_japan);
        let noon = Some("2026-11-23T12:34:56+09:00".to_owned());
        for text in
            ["2026/11/23 12:34:56", "2026-11-23T12:34:56+09:00", "令和8年11月23日 12時34分56秒", "2026-11-23T12:34:56"]
        {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read("20261123").unwrap(), "2026-11-23T00:00:00+09:00");
        for text in ["", "2026/11/23 24:00", "2026/11/23 1:2:3:4", "2026/11/23 x"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn an_encoding_is_known_by_its_labels() {
        assert!(Charset::Windows31J.is_called("Shift_JIS") && Charset::Windows31J.is_called("Windows-31J"));
        assert!(Charset::Utf8.is_called("UTF-8") && !Charset::Utf8.is_called("Shift_JIS"));
        assert_eq!(Charset::Windows31J.decode(b"\x82\xa0\xfb\xfc").unwrap(), "あ髙");
        assert_eq!(Charset::Utf8.decode(b"\x82\xa0"), None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_for_a_day_or_a_time_breaks_it(text in "\\PC{0,30}|[0-9年月日令和RHS/:. -]{0,20}") {
            for style in [DayStyle::Written, DayStyle::EraCode] {
                let _ = day_parts(&text, style);
                let _ = time(&text, style);
            }
        }
    }
}
