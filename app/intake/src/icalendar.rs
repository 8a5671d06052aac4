//! 「カレンダー用ファイル」 An appointment as an iCalendar file (RFC 5545). Invariant: lines end with CRLF and have at most 75
//! octets, a character is never cut in two, and times are in UTC, so that no time zone has to travel along.

use crate::time::{DAY, Instant};

/// 「RFC 5545 3.1」 The longest line, in octets, without its end.
const LONGEST_LINE: usize = 75;

/// Whether the appointment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// It is new or was moved.
    Publish,
    /// It was cancelled.
    Cancel,
}

/// An appointment.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The same for as long as the appointment lasts, however often it is moved.
    pub uid: &'a str,
    /// Rises with every change.
    pub sequence: i64,
    /// When it was changed last.
    pub changed_at: Instant,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// The title: it stands on a screen that others see.
    pub summary: &'a str,
    /// More, as neutral.
    pub description: &'a str,
    /// Where it can be read of.
    pub url: &'a str,
    /// Whether it stands.
    pub method: Method,
}

impl Event<'_> {
    /// The whole file.
    #[must_use]
    pub fn file(&self) -> String {
        let (method, status) = match self.method {
            Method::Publish => ("PUBLISH", "CONFIRMED"),
            Method::Cancel => ("CANCEL", "CANCELLED"),
        };
        let lines = [
            "BEGIN:VCALENDAR".to_owned(),
            "VERSION:2.0".to_owned(),
            "PRODID:-//Madoguchi//Madoguchi//JA".to_owned(),
            format!("METHOD:{method}"),
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}", escaped(self.uid)),
            format!("SEQUENCE:{}", self.sequence),
            format!("DTSTAMP:{}", utc(self.changed_at)),
            format!("DTSTART:{}", utc(self.starts_at)),
            format!("DTEND:{}", utc(self.ends_at)),
            format!("SUMMARY:{}", escaped(self.summary)),
            format!("DESCRIPTION:{}", escaped(self.description)),
            format!("URL:{}", self.url),
            format!("STATUS:{status}"),
            "CLASS:PRIVATE".to_owned(),
            "END:VEVENT".to_owned(),
            "END:VCALENDAR".to_owned(),
        ];
        lines.iter().map(|line| folded(line)).collect()
    }
}

/// `20261201T010000Z`
fn utc(at: Instant) -> String {
    // What a clock in Japan shows nine hours earlier is what a clock in Greenwich shows.
    let there = at.plus(-9 * (DAY / 24));
    let (year, month, day) = there.date_in_japan().parts();
    let clock = there.clock_in_japan().replace(':', "");
    let second = at.micros().div_euclid(1_000_000).rem_euclid(60);
    format!("{year:04}{month:02}{day:02}T{clock}{second:02}Z")
}

/// 「RFC 5545 3.3.11」
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\\' | ';' | ',' => result.extend(['\\', character]),
            '\n' | '\r' => result.push_str("\\n"),
            other if other.is_control() && other != '\t' => {}
            other => result.push(other),
        }
    }
    result
}

/// A line in pieces, each but the first led by a space, with their ends.
fn folded(line: &str) -> String {
    let mut result = String::with_capacity(line.len() + 8);
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > LONGEST_LINE {
            result.push_str("\r\n ");
            length = 1;
        }
        result.push(character);
        length += character.len_utf8();
    }
    result + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event<'a>(summary: &'a str, description: &'a str) -> Event<'a> {
        Event {
            uid: "0123@madoguchi.example.jp",
            sequence: 3,
            changed_at: Instant(1_795_392_000_000_000),
            starts_at: Instant(1_795_392_000_000_000),
            ends_at: Instant(1_795_393_800_000_000),
            summary,
            description,
            url: "https://madoguchi.example.jp/cases",
            method: Method::Publish,
        }
    }

    #[test]
    fn times_are_in_utc_and_a_cancellation_says_so() {
        let file = event("市役所の用事", "一行目\n二行目; 三,四\\五").file();
        for line in [
            "METHOD:PUBLISH\r\n",
            "SEQUENCE:3\r\n",
            "DTSTART:20261123T000000Z\r\n",
            "DTEND:20261123T003000Z\r\n",
            "SUMMARY:市役所の用事\r\n",
            "DESCRIPTION:一行目\\n二行目\\; 三\\,四\\\\五\r\n",
            "STATUS:CONFIRMED\r\n",
        ] {
            assert!(file.contains(line), "{line} in {file}");
        }
        let cancelled = Event { method: Method::Cancel, ..event("市役所の用事", "") }.file();
        assert!(cancelled.contains("METHOD:CANCEL\r\n") && cancelled.contains("STATUS:CANCELLED\r\n"));
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_unfolding_brings_the_text_back(summary in ".{0,200}", description in "(?s).{0,400}") {
            let file = event(&summary, &description).file();
            prop_assert!(file.ends_with("END:VCALENDAR\r\n"));
            for line in file.strip_suffix("\r\n").unwrap_or_default().split("\r\n") {
                prop_assert!(line.len() <= LONGEST_LINE, "{line}");
                prop_assert!(!line.contains(['\r', '\n']));
            }
            let whole = file.replace("\r\n ", "");
            let expected = format!("SUMMARY:{}\r\n", escaped(&summary));
            prop_assert!(whole.contains(&expected));
        }
    }
}
