//! Parsed values. Invariant: what a parser lets through is what the office can work with, and it is stored as typed:
//! no NFC, no NFKC, no dash mapping; only white space at both ends is dropped.
//!
//! Digits and kana are the exception: they are read in full and half width, and kept in one form.

use unicode_normalization::UnicodeNormalization;

use crate::{
    form::DateRange,
    gestation::{DUE_DATE_FUTURE_DAYS, DUE_DATE_PAST_DAYS},
    time::{CivilDate, ERAS},
};

/// Code points that a name may have at most.
pub const LONGEST_NAME: u32 = 200;
/// Code points that an address may have at most.
pub const LONGEST_ADDRESS: u32 = 300;

/// Why a value was not taken. Each has its own sentence in `app/locales`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Nothing was entered where something must be.
    #[error("missing")]
    Missing,
    /// Too many characters.
    #[error("too long")]
    TooLong {
        /// Code points at most.
        longest: u32,
    },
    /// A control character, line break, zero-width or direction-changing character.
    #[error("a character that cannot be seen")]
    InvisibleCharacter,
    /// An emoji in a name.
    #[error("an emoji")]
    Emoji,
    /// Something that is not kana.
    #[error("not kana")]
    NotKana,
    /// Not seven digits.
    #[error("not a postal code")]
    NotAPostalCode,
    /// Not a telephone number.
    #[error("not a telephone number")]
    NotAPhoneNumber,
    /// Not an e-mail address.
    #[error("not a mail address")]
    NotAMailAddress,
    /// A part of a date is missing.
    #[error("an incomplete date")]
    IncompleteDate,
    /// Not a day of the calendar.
    #[error("not a day")]
    NotADay,
    /// A day that lies too early.
    #[error("too early")]
    TooEarly {
        /// The first possible day.
        first: CivilDate,
    },
    /// A day that lies too late.
    #[error("too late")]
    TooLate {
        /// The last possible day.
        last: CivilDate,
    },
    /// Not a whole number.
    #[error("not a whole number")]
    NotANumber,
    /// A number outside its range.
    #[error("out of range")]
    OutOfRange {
        /// Smallest value.
        least: i64,
        /// Largest value.
        most: i64,
    },
    /// A code that the form does not offer.
    #[error("not one of the choices")]
    NotAChoice,
    /// More than one value for a field that takes one.
    #[error("more than one value")]
    MoreThanOne,
    /// A choice that nobody can go on with; its own sentence says why.
    #[error("a choice that the form refuses")]
    Refused {
        /// Its place among the choices, from 0.
        place: u8,
    },
    /// A choice that goes with no other, with another.
    #[error("choices that do not go together")]
    NotTogether,
    /// A part of a span of months is missing.
    #[error("an incomplete span of months")]
    IncompleteSpan,
    /// A span of months that ends before it begins, or is longer than two years.
    #[error("not a span of months")]
    NotASpan,
    /// 「個人番号」 A number that must not stand here; it was struck out.
    #[error("an individual number")]
    MyNumber,
}

/// Whether a character changes how text around it is read, or cannot be seen at all.
///
/// Variation selectors (U+FE00–FE0F, U+E0100–E01EF) stay: they choose the shape of a character in a name (IVS).
#[must_use]
pub const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a character is an emoji or a picture, which no name has.
#[must_use]
pub const fn is_emoji(character: char) -> bool {
    matches!(character, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{20e3}' | '\u{fe0f}')
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '\u{3000}'
}

fn one_line(typed: &str, longest: u32) -> Result<String, ValueError> {
    let text = typed.trim_matches(is_blank);
    if text.is_empty() {
        return Err(ValueError::Missing);
    }
    if text.chars().any(is_invisible) {
        return Err(ValueError::InvisibleCharacter);
    }
    if text.chars().count() > longest as usize {
        return Err(ValueError::TooLong { longest });
    }
    Ok(text.to_owned())
}

/// 「氏名」 A person's name.
///
/// # Errors
/// Empty, over 200 code points, invisible characters (but variation selectors), emoji.
pub fn name(typed: &str) -> Result<String, ValueError> {
    let text = one_line(typed, LONGEST_NAME)?;
    if text.chars().any(is_emoji) { Err(ValueError::Emoji) } else { Ok(text) }
}

/// 「住所」 An address.
///
/// # Errors
/// Empty, over 300 code points, invisible characters.
pub fn address(typed: &str) -> Result<String, ValueError> {
    one_line(typed, LONGEST_ADDRESS)
}

/// One line of text.
///
/// # Errors
/// Empty, too long, invisible characters.
pub fn text(typed: &str, longest: u32) -> Result<String, ValueError> {
    one_line(typed, longest)
}

/// Several lines of text; line ends become LF, tabs stay.
///
/// # Errors
/// Empty, too long, invisible characters but line ends and tabs.
pub fn long_text(typed: &str, longest: u32) -> Result<String, ValueError> {
    let unified = typed.replace("\r\n", "\n").replace('\r', "\n");
    let text = unified.trim_matches(is_blank);
    if text.is_empty() {
        return Err(ValueError::Missing);
    }
    if text.chars().any(|character| !matches!(character, '\n' | '\t') && is_invisible(character)) {
        return Err(ValueError::InvisibleCharacter);
    }
    if text.chars().count() > longest as usize {
        return Err(ValueError::TooLong { longest });
    }
    Ok(text.to_owned())
}

/// 「フリガナ」 Kana in full-width katakana; hiragana and half-width kana are turned into it.
///
/// # Errors
/// Empty, over 200 code points, anything but kana, `・`, `ー`, `゠`, full stops and spaces.
pub fn kana(typed: &str) -> Result<String, ValueError> {
    let text = one_line(typed, LONGEST_NAME)?;
    let katakana: String = text.nfkc().map(to_katakana).collect();
    let is_kana = |character: char| matches!(character, '\u{30a0}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | ' ' | '.');
    if katakana.chars().all(is_kana) { Ok(katakana) } else { Err(ValueError::NotKana) }
}

/// The katakana of a hiragana; any other character unchanged.
#[must_use]
pub fn to_katakana(character: char) -> char {
    match character {
        '\u{3041}'..='\u{3096}' | '\u{309d}' | '\u{309e}' => {
            char::from_u32(u32::from(character) + 0x60).unwrap_or(character)
        }
        other => other,
    }
}

/// The digits of a text in half width, with hyphens, spaces and the like left out; `None` if anything else is in it.
fn digits(typed: &str) -> Option<String> {
    let mut found = String::new();
    for character in typed.nfkc() {
        match character {
            '0'..='9' => found.push(character),
            '-' | ' ' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー' | '〒' => {}
            _ => return None,
        }
    }
    Some(found)
}

/// 「郵便番号」 Seven digits.
///
/// # Errors
/// Empty, or not seven digits.
pub fn postal_code(typed: &str) -> Result<String, ValueError> {
    if typed.trim_matches(is_blank).is_empty() {
        return Err(ValueError::Missing);
    }
    digits(typed).filter(|found| found.len() == 7).ok_or(ValueError::NotAPostalCode)
}

/// 「電話番号」 A number as dialled in Japan (10 or 11 digits after a zero) or abroad (`+` and 7 to 15 digits).
///
/// # Errors
/// Empty, or not a number of this shape.
pub fn phone(typed: &str) -> Result<String, ValueError> {
    let trimmed = typed.trim_matches(is_blank);
    if trimmed.is_empty() {
        return Err(ValueError::Missing);
    }
    let unified: String = trimmed.nfkc().collect();
    let (abroad, rest) = unified.strip_prefix('+').map_or((false, unified.as_str()), |rest| (true, rest));
    let found = digits(rest).ok_or(ValueError::NotAPhoneNumber)?;
    match (abroad, found.len()) {
        (true, 7..=15) => Ok(format!("+{found}")),
        (false, 10 | 11) if found.starts_with('0') => Ok(found),
        _ => Err(ValueError::NotAPhoneNumber),
    }
}

/// An e-mail address as typed, but for blanks around it and full-width characters.
///
/// Addresses that Japanese carriers once gave out with dots in a row or at the end of the local part are taken too.
///
/// # Errors
/// Empty, too long (254), or not an address.
pub fn mail_address(typed: &str) -> Result<String, ValueError> {
    let text: String = typed.trim_matches(is_blank).nfkc().collect();
    if text.is_empty() {
        return Err(ValueError::Missing);
    }
    if text.len() > 254 {
        return Err(ValueError::TooLong { longest: 254 });
    }
    let (local, domain) = text.rsplit_once('@').ok_or(ValueError::NotAMailAddress)?;
    let dots_apart: String = local.split('.').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
    let shaped = validator::ValidateEmail::validate_email(&format!("{dots_apart}@{domain}"));
    if shaped && local.is_ascii() && domain.contains('.') { Ok(text) } else { Err(ValueError::NotAMailAddress) }
}

/// A whole number, in half or full width.
///
/// # Errors
/// Empty, not a number, out of range.
pub fn integer(typed: &str, least: i64, most: i64) -> Result<i64, ValueError> {
    let text: String = typed.trim_matches(is_blank).nfkc().collect();
    if text.is_empty() {
        return Err(ValueError::Missing);
    }
    if text.len() > 18 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValueError::NotANumber);
    }
    let number: i64 = text.parse().map_err(|_| ValueError::NotANumber)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(ValueError::OutOfRange { least, most }) }
}

/// A day from its three inputs, checked against the range that the field takes, seen from `today`.
///
/// The year may be Western or, with the letter or name of an era, Japanese (`R8`, `令和8`, `平成7`).
///
/// # Errors
/// All parts empty, some part empty, not a day, out of the range.
pub fn date(year: &str, month: &str, day: &str, range: DateRange, today: CivilDate) -> Result<CivilDate, ValueError> {
    date_within(year, month, day, date_bounds(range, today))
}

/// A day from its three inputs, checked against its first and last possible day.
///
/// # Errors
/// As [`date`].
pub fn date_within(
    year: &str,
    month: &str,
    day: &str,
    (first, last): (CivilDate, CivilDate),
) -> Result<CivilDate, ValueError> {
    let clean = |part: &str| part.trim_matches(is_blank).nfkc().collect::<String>();
    let (year, month, day) = (clean(year), clean(month), clean(day));
    if year.is_empty() && month.is_empty() && day.is_empty() {
        return Err(ValueError::Missing);
    }
    if year.is_empty() || month.is_empty() || day.is_empty() {
        return Err(ValueError::IncompleteDate);
    }
    let year = western_year(&year).ok_or(ValueError::NotADay)?;
    let small = |part: &str| part.trim_end_matches(['月', '日']).parse::<u8>().map_err(|_| ValueError::NotADay);
    let found = CivilDate::from_parts(year, small(&month)?, small(&day)?).ok_or(ValueError::NotADay)?;
    if found < first {
        Err(ValueError::TooEarly { first })
    } else if found > last {
        Err(ValueError::TooLate { last })
    } else {
        Ok(found)
    }
}

/// The months at both ends of a span may lie this far from each other.
const LONGEST_SPAN_IN_MONTHS: i32 = 24;

/// A span of months from its four inputs (year and month, twice), as `2027-03/2027-06`. Years as in [`date`].
///
/// # Errors
/// All parts empty, some part empty, not a month, or not a span.
pub fn month_span(parts: [&str; 4]) -> Result<String, ValueError> {
    let parts = parts.map(|part| part.trim_matches(is_blank).nfkc().collect::<String>());
    if parts.iter().all(String::is_empty) {
        return Err(ValueError::Missing);
    }
    if parts.iter().any(String::is_empty) {
        return Err(ValueError::IncompleteSpan);
    }
    let month = |year: &str, month: &str| {
        let (year, month) = (western_year(year)?, month.parse::<i32>().ok()?);
        ((1..=12).contains(&month) && (1900..=2200).contains(&year)).then_some((year, month))
    };
    let (Some(from), Some(to)) = (month(&parts[0], &parts[1]), month(&parts[2], &parts[3])) else {
        return Err(ValueError::NotASpan);
    };
    let length = (to.0 - from.0) * 12 + to.1 - from.1;
    if !(0..=LONGEST_SPAN_IN_MONTHS).contains(&length) {
        return Err(ValueError::NotASpan);
    }
    Ok(format!("{:04}-{:02}/{:04}-{:02}", from.0, from.1, to.0, to.1))
}

/// What would have to be typed into the four inputs to get this span; none for a text that is no span.
#[must_use]
pub fn month_span_parts(span: &str) -> Option<[&str; 4]> {
    let (from, to) = span.split_once('/')?;
    let ((from_year, from_month), (to_year, to_month)) = (from.split_once('-')?, to.split_once('-')?);
    Some([from_year, from_month, to_year, to_month])
}

/// A day from its three inputs, whenever it was or will be.
///
/// # Errors
/// As [`date`], but for the range.
pub fn any_date(year: &str, month: &str, day: &str) -> Result<CivilDate, ValueError> {
    let day_of = |year, month, day| CivilDate::from_parts(year, month, day).ok_or(ValueError::NotADay);
    date_within(year, month, day, (day_of(1, 1, 1)?, day_of(9999, 12, 31)?))
}

/// The first and the last day that a date field takes, seen from `today`.
#[must_use]
pub fn date_bounds(range: DateRange, today: CivilDate) -> (CivilDate, CivilDate) {
    match range {
        DateRange::DueDate => (today.plus_days(-DUE_DATE_PAST_DAYS), today.plus_days(DUE_DATE_FUTURE_DAYS)),
        DateRange::Birthdate => (today.plus_days(-120 * 366), today),
        DateRange::RecentPast => (today.plus_days(-400), today),
        DateRange::Upcoming => (today, today.plus_days(365)),
        DateRange::AroundBirth => (today.plus_days(-400), today.plus_days(DUE_DATE_FUTURE_DAYS)),
    }
}

/// The Western year of what was typed: four digits, or an era and a year in it. An era is named in full (`令和`, `Reiwa`), by
/// its first character (`令`) or by its letter (`R`); `元` is its first year.
///
/// Years beyond the end of an era are taken too (平成35 is 2023): papers from before a change of eras have them, and the day is
/// shown beside what was typed in both calendars.
fn western_year(typed: &str) -> Option<i32> {
    let typed = typed.trim_end_matches('年').trim_end();
    if typed.len() == 4 && typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return typed.parse().ok();
    }
    for era in &ERAS {
        let in_era = [Some(era.name), era.name.get(..'令'.len_utf8()), Some(era.latin), era.latin.get(..1)]
            .into_iter()
            .flatten()
            .find_map(|name| without_start(typed, name));
        if let Some(in_era) = in_era {
            let in_era = in_era.trim_start_matches([' ', '.', '\u{3000}']);
            let is_number = (1..=2).contains(&in_era.len()) && in_era.bytes().all(|byte| byte.is_ascii_digit());
            let number = if in_era == "元" { 1 } else { in_era.parse().ok().filter(|_| is_number)? };
            return (number > 0).then_some(era.first_day.0 + number - 1);
        }
    }
    None
}

/// What stands behind `start`, whether in large or in small letters.
fn without_start<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let begins = text.get(..start.len())?.eq_ignore_ascii_case(start);
    if begins { text.get(start.len()..) } else { None }
}

/// The search key of a name: NFKC, katakana, lower case, without spaces and variation selectors. Only for keyed indexes
/// and comparisons; what is stored and shown stays as typed (`decisions.md`, Text).
#[must_use]
pub fn search_key(text: &str) -> String {
    text.nfkc()
        .filter(|c| !is_blank(*c) && !matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'))
        .map(to_katakana)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The search key of an e-mail address: lower case, half width.
#[must_use]
pub fn mail_key(address: &str) -> String {
    address.nfkc().flat_map(char::to_lowercase).collect()
}

/// Whether staff should look at the characters of a name: it starts as a formula would, or holds characters beyond
/// JIS X 0213 that the back office may not have (`decisions.md`, Text). The test is by blocks, so it errs towards a look.
#[must_use]
pub fn needs_character_check(text: &str) -> bool {
    let formula = text.starts_with(['=', '+', '-', '@']);
    let everyday = |c: char| {
        matches!(c,
            '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{17f}' | '\u{1e00}'..='\u{1eff}' | '\u{3000}'..='\u{30ff}'
            | '\u{4e00}'..='\u{9fff}' | '\u{ff01}'..='\u{ff9f}' | '\u{2010}'..='\u{2026}' | '\u{2212}')
    };
    formula || !text.chars().all(everyday) || text.contains('髙')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn difficult_text_survives_byte_for_byte_or_is_refused() {
        let file: serde_json::Value = serde_json::from_str(include_str!("../testdata/difficult-text.json")).unwrap();
        let cases = file["cases"].as_array().unwrap();
        assert!(cases.len() >= 19);
        for case in cases {
            let text = case["text"].as_str().unwrap();
            let taken = name(text);
            if case["accept"].as_bool().unwrap() {
                assert_eq!(taken.unwrap(), text, "{}", case["why"]);
            } else {
                assert!(taken.is_err(), "{}", case["why"]);
            }
        }
    }

    #[test]
    fn kana_is_kept_in_full_width_katakana() {
        assert_eq!(kana("さとう　はなこ").unwrap(), "サトウ ハナコ");
        assert_eq!(kana("ﾊﾅｺ").unwrap(), "ハナコ");
        assert_eq!(kana("がぎ").unwrap(), "ガギ");
        assert_eq!(kana("マリア・クララ").unwrap(), "マリア・クララ");
        assert_eq!(kana("佐藤"), Err(ValueError::NotKana));
        assert_eq!(kana("Maria"), Err(ValueError::NotKana));
    }

    #[test]
    fn a_span_of_months_is_read_in_both_calendars_and_written_back() {
        assert_eq!(month_span(["2027", "3", "令和9", "６"]).unwrap(), "2027-03/2027-06");
        assert_eq!(month_span(["2027", "3", "2027", "3"]).unwrap(), "2027-03/2027-03");
        assert_eq!(month_span(["", " ", "", ""]), Err(ValueError::Missing));
        assert_eq!(month_span(["2027", "3", "", ""]), Err(ValueError::IncompleteSpan));
        for bad in [["2027", "3", "2027", "2"], ["2027", "13", "2028", "1"], ["2027", "1", "2029", "2"]] {
            assert_eq!(month_span(bad), Err(ValueError::NotASpan), "{bad:?}");
        }
        let parts = month_span_parts("2027-03/2027-06").unwrap();
        assert_eq!(month_span(parts).unwrap(), "2027-03/2027-06");
    }

    #[test]
    fn digits_are_read_in_every_width_and_with_hyphens() {
        assert_eq!(postal_code("〒３６０-８６０１").unwrap(), "3608601");
        assert_eq!(postal_code("360860"), Err(ValueError::NotAPostalCode));
        assert_eq!(phone("０９０ー１２３４ー５６７８").unwrap(), "09012345678");
        assert_eq!(phone("+81 90-1234-5678").unwrap(), "+819012345678");
        for bad in ["090", "12345678901", "0901234567890", "abc", "090-1234-567x"] {
            assert_eq!(phone(bad), Err(ValueError::NotAPhoneNumber), "{bad}");
        }
    }

    #[test]
    fn mail_addresses_of_japanese_carriers_are_taken() {
        for good in
            ["hanako@example.jp", "a..b.@docomo.example.jp", "ｈａｎａｋｏ＠example.jp", " x+y@sub.example.com "]
        {
            assert!(mail_address(good).is_ok(), "{good}");
        }
        for bad in
            ["", "a", "a@", "@b.jp", "a@b", "a b@example.jp", "a@example.jp\r\nBcc: b@example.jp", "a@b@example.jp\n"]
        {
            assert!(mail_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn dates_are_read_in_both_calendars_and_kept_in_range() {
        let today: CivilDate = "2026-11-23".parse().unwrap();
        let due = |y: &str, m: &str, d: &str| date(y, m, d, DateRange::DueDate, today);
        assert_eq!(due("2027", "6", "30").unwrap().to_string(), "2027-06-30");
        assert_eq!(due("令和９", "０６", "30").unwrap().to_string(), "2027-06-30");
        assert_eq!(due("R9", "6", "30").unwrap().to_string(), "2027-06-30");
        assert_eq!(due("2027", "2", "29"), Err(ValueError::NotADay));
        assert_eq!(due("", "", ""), Err(ValueError::Missing));
        assert_eq!(due("2027", "", "3"), Err(ValueError::IncompleteDate));
        assert!(matches!(due("2027", "8", "31"), Err(ValueError::TooLate { .. })));
        assert!(matches!(due("2026", "11", "1"), Err(ValueError::TooEarly { .. })));
        let years = ["2019", "２０１９年", "平成31", "平成31年", "平31", "H31", "h.31", "Heisei 31", "㍻31"];
        for year in
            years.into_iter().chain(["令和元", "令和元年", "令和1", "令和01", "R1", "Ｒ１", "r 1", "reiwa1", "令元"])
        {
            // Both eras have days of that year; what was meant is shown beside it.
            for (month, day) in [("4", "30"), ("5月", "1日")] {
                let read = any_date(year, month, day).unwrap();
                assert_eq!(read.parts().0, 2019, "{year}");
            }
        }
        for (year, western) in [("昭和64", 1989), ("S60", 1985), ("大正15", 1926), ("明治45", 1912), ("平成35", 2023)]
        {
            assert_eq!(any_date(year, "1", "1").unwrap().parts().0, western, "{year}");
        }
        for year in ["8", "令和", "令和0", "R100", "X8", "令和-1", "令和+1", "元", "R8.5", "20190", "平成令和1", "年"]
        {
            assert_eq!(any_date(year, "1", "1"), Err(ValueError::NotADay), "{year}");
        }
        let born = date("平成元", "1", "8", DateRange::Birthdate, today).unwrap();
        assert_eq!(born.to_string(), "1989-01-08");
    }

    #[test]
    fn the_marks_of_furigana_are_in_no_text_of_a_person() {
        for mark in ['\u{fdd0}', '\u{fdd1}', '\u{fdd2}', '\u{fdef}'] {
            let typed = format!("花{mark}子");
            assert_eq!(name(&typed), Err(ValueError::InvisibleCharacter));
            assert_eq!(long_text(&typed, 20), Err(ValueError::InvisibleCharacter));
        }
        assert!(name("花子\u{fdcf}").is_ok());
    }

    #[test]
    fn search_keys_meet_whatever_was_typed() {
        assert_eq!(search_key("さとう　はなこ"), search_key("ｻﾄｳ ﾊﾅｺ"));
        assert_eq!(search_key("MARIA Clara"), "mariaclara");
        assert_eq!(search_key("葛\u{e0101}城"), "葛城");
    }

    proptest! {
        #[test]
        fn no_parser_panics_and_what_passes_passes_again(typed in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            for parser in [name, address, kana, postal_code, phone, mail_address] {
                if let Ok(value) = parser(&typed) {
                    prop_assert_eq!(parser(&value).unwrap(), value.clone());
                    prop_assert!(!value.chars().any(is_invisible));
                }
            }
            let today = CivilDate::from_parts(2026, 11, 23).unwrap();
            let _ = date(&typed, "1", "1", DateRange::Birthdate, today);
            let _ = integer(&typed, 0, 20);
            let _ = long_text(&typed, 20);
        }
    }
}
