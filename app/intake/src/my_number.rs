//! 「個人番号」 The individual number. Invariant: a [`MyNumber`] has twelve digits of which the last is right (平成26年
//! 総務省令85号5条), and its digits can be had by asking for them only: no `Debug` text, no `Display`, no `Serialize`.
//!
//! A right check digit says that the number was typed well. Whose number it is, is decided in the closed network.
//!
//! The same parser runs in the browser (`seal-number`), which alone sees what is typed for it. Everywhere else a number is
//! where it must not be: [`strike_out`] takes it out of a text before anything keeps that.

use std::ops::Range;

/// 「個人番号」 Twelve digits with a right check digit.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MyNumber(String);

/// Why a text is no 個人番号. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MyNumberError {
    /// Not twelve digits.
    #[error("not twelve digits")]
    NotTwelveDigits,
    /// 「検査用数字」 The last digit does not fit the others, or the number is all zeros.
    #[error("the check digit is wrong")]
    WrongCheckDigit,
}

impl MyNumber {
    /// Reads a number in half or full width, with or without hyphens and spaces.
    ///
    /// # Errors
    /// Anything but twelve digits, or a wrong check digit. All zeros pass the formula and are refused by rule.
    pub fn parse(typed: &str) -> Result<Self, MyNumberError> {
        let mut digits = String::with_capacity(12);
        for character in typed.chars() {
            match digit(character) {
                Some(digit) => digits.push(digit),
                None if is_separator(character) => {}
                None => return Err(MyNumberError::NotTwelveDigits),
            }
        }
        if digits.len() != 12 {
            return Err(MyNumberError::NotTwelveDigits);
        }
        let all_zeros = digits.bytes().all(|digit| digit == b'0');
        if all_zeros || check_digit(&digits.as_bytes()[..11]) != digits.as_bytes()[11] - b'0' {
            return Err(MyNumberError::WrongCheckDigit);
        }
        Ok(Self(digits))
    }

    /// The twelve digits, for comparing them with the municipality's own.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for MyNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[my number]")
    }
}

/// 「検査用数字」 The check digit of eleven ASCII digits: the n-th digit from the lowest counts n+1 times up to the sixth,
/// n−5 times from there; eleven minus the remainder by eleven, and zero where the remainder is zero or one.
fn check_digit(eleven: &[u8]) -> u8 {
    let sum: u32 = eleven
        .iter()
        .rev()
        .zip(1_u32..)
        .map(|(digit, n)| u32::from(*digit - b'0') * if n <= 6 { n + 1 } else { n - 5 })
        .sum();
    match sum % 11 {
        0 | 1 => 0,
        remainder => u8::try_from(11 - remainder).unwrap_or_default(),
    }
}

/// A digit in half or full width. The tables of NFKC would be most of what a phone fetches for the page.
fn digit(character: char) -> Option<char> {
    match character {
        '0'..='9' => Some(character),
        '０'..='９' => char::from_digit(u32::from(character) - u32::from('０'), 10),
        _ => None,
    }
}

/// Hyphens and spaces as they stand between digits, and what nobody sees. Never the end of a line: the next line is another
/// matter.
const fn is_separator(character: char) -> bool {
    matches!(
        character,
        '-' | '－' | 'ー' | 'ｰ' | '\u{2010}'..='\u{2015}' | '\u{2212}' | ' ' | '\u{3000}' | '\u{a0}' | '\t'
            | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

/// What stands in the place of a number that was taken out. It says neither the digits nor how they were written.
const STRUCK_OUT: &str = "＊＊＊＊＊＊＊＊＊＊＊＊";

/// The text with every 個人番号 in it struck out; none when there is none.
///
/// Twelve digits in a row with a right check digit, in half or full width, also across hyphens and spaces, however they are
/// grouped. One in eleven rows of twelve digits has a right check digit by chance; so that no other number is met more often
/// than that, digits of another length are no 個人番号 (a telephone number has ten or eleven, a receipt number has letters), and
/// neither is what begins with `+`, nor a whole telephone number that another digit comes after.
#[must_use]
pub fn strike_out(text: &str) -> Option<String> {
    let mut struck = String::new();
    let mut end = 0;
    for run in runs(text) {
        for place in run.numbers() {
            struck.push_str(&text[end..place.start]);
            struck.push_str(STRUCK_OUT);
            end = place.end;
        }
    }
    (end > 0).then(|| struck + &text[end..])
}

/// Whether a text holds twelve digits or more in a row, whatever they are.
#[must_use]
pub fn has_twelve_digits(text: &str) -> bool {
    runs(text).iter().any(|run| run.length(&run.groups) >= 12)
}

/// Digits with nothing between them.
struct Group {
    digits: String,
    place: Range<usize>,
}

/// Groups with nothing but hyphens and spaces between them.
#[derive(Default)]
struct Run {
    groups: Vec<Group>,
    /// 「＋81」 How telephone numbers of the world begin.
    after_plus: bool,
}

impl Run {
    fn length(&self, groups: &[Group]) -> usize {
        groups.iter().map(|group| group.digits.len()).sum()
    }

    /// Where the 個人番号 are, in order, none within another.
    fn numbers(&self) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for from in 0..self.groups.len() {
            for to in from + 1..=self.groups.len() {
                let groups = &self.groups[from..to];
                let place = groups[0].place.start..groups[groups.len() - 1].place.end;
                let is_behind = found.last().is_none_or(|last| last.end <= place.start);
                if self.length(groups) == 12 && is_behind && self.stands_alone(from, to) {
                    let digits: String = groups.iter().map(|group| group.digits.as_str()).collect();
                    found.extend(MyNumber::parse(&digits).is_ok().then_some(place));
                }
            }
        }
        found
    }

    /// Whether twelve digits can be one number: one group, all there is, or groups of one length among others.
    fn stands_alone(&self, from: usize, to: usize) -> bool {
        let groups = &self.groups[from..to];
        if self.after_plus && from == 0 {
            return false;
        }
        if groups.len() == 1 {
            return true;
        }
        if from == 0 && to == self.groups.len() {
            let is_telephone = |end: usize| (10..=11).contains(&self.length(&groups[..end]));
            return !(groups[0].digits.starts_with('0') && (1..groups.len()).any(is_telephone));
        }
        let length = groups[0].digits.len();
        let differs = |at: Option<&Group>| at.is_none_or(|group| group.digits.len() != length);
        let before = from.checked_sub(1).and_then(|at| self.groups.get(at));
        groups.iter().all(|group| group.digits.len() == length) && differs(before) && differs(self.groups.get(to))
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut all = Vec::new();
    let mut run = Run::default();
    let mut is_within = false;
    let mut after_plus = false;
    for (at, character) in text.char_indices() {
        match digit(character) {
            Some(digit) => {
                let end = at + character.len_utf8();
                match run.groups.last_mut().filter(|_| is_within) {
                    Some(group) => {
                        group.digits.push(digit);
                        group.place.end = end;
                    }
                    None => run.groups.push(Group { digits: digit.to_string(), place: at..end }),
                }
                run.after_plus |= after_plus;
                (is_within, after_plus) = (true, false);
            }
            None if is_separator(character) && !run.groups.is_empty() => is_within = false,
            None => {
                all.extend((!run.groups.is_empty()).then(|| std::mem::take(&mut run)));
                (is_within, after_plus) = (false, matches!(character, '+' | '＋'));
            }
        }
    }
    all.extend((!run.groups.is_empty()).then_some(run));
    all
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_golden_numbers_are_taken_or_refused() {
        let file = include_str!("../testdata/my-number-vectors.csv").as_bytes();
        // One note holds a comma.
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let mut seen = 0;
        for row in rows.records().map(Result::unwrap) {
            assert_eq!(MyNumber::parse(&row[0]).is_ok(), &row[1] == "yes", "{}: {}", &row[0], &row[2]);
            seen += 1;
        }
        assert_eq!(seen, 16);
        assert_eq!(MyNumber::parse("１２３４５６７８９０１８").unwrap().reveal(), "123456789018");
        assert_eq!(MyNumber::parse("123456789012"), Err(MyNumberError::WrongCheckDigit));
        assert_eq!(MyNumber::parse("12345678901X"), Err(MyNumberError::NotTwelveDigits));
    }

    /// The digit by a table of sums for each place from the left, made of the weights as they are printed beside the digits on
    /// many pages (6 5 4 3 2 7 6 5 4 3 2): another way than the one that is tested.
    struct Table([[u8; 10]; 11]);

    impl Table {
        fn new() -> Self {
            let mut sums = [[0; 10]; 11];
            for (place, weight) in [6_u8, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2].into_iter().enumerate() {
                // Without multiplying: each row counts on by its weight, modulo 11.
                for digit in 1..10 {
                    sums[place][digit] = (sums[place][digit - 1] + weight) % 11;
                }
            }
            Self(sums)
        }

        fn is_right(&self, digits: &[u8; 12]) -> bool {
            const DIGIT_OF_REMAINDER: [u8; 11] = [0, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1];
            let sum = (0..11).fold(0, |sum, place| (sum + self.0[place][usize::from(digits[place] - b'0')]) % 11);
            digits[11] - b'0' == DIGIT_OF_REMAINDER[usize::from(sum)]
        }
    }

    /// Ten million numbers in `make soak`, and as part of each test run a hundredth of them, taken from everywhere.
    #[test]
    fn the_check_digit_agrees_with_an_independent_computation_over_ten_million_numbers() {
        const ALL: u64 = 10_000_000;
        let step = if std::env::var_os("MADOGUCHI_SOAK").is_some() { 1 } else { 97 };
        let table = Table::new();
        let (mut right, mut seen) = (0_u64, 0_u64);
        let mut digits = *b"000000000000";
        for place in (0..ALL).step_by(step) {
            // All last seven digits behind five that change with them, so that every place takes every digit.
            let mut number = (place * 99_991 % 100_000) * ALL + place;
            for digit in digits.iter_mut().rev() {
                *digit = b'0' + u8::try_from(number % 10).unwrap();
                number /= 10;
            }
            let is_right = table.is_right(&digits) && digits != *b"000000000000";
            assert_eq!(MyNumber::parse(std::str::from_utf8(&digits).unwrap()).is_ok(), is_right, "{digits:?}");
            right += u64::from(is_right);
            seen += 1;
        }
        assert!((seen / 11..seen / 9).contains(&right), "{right} of {seen} are right: about one in ten");
    }

    proptest! {
        #[test]
        fn exactly_one_last_digit_is_right(eleven in "[0-9]{11}") {
            prop_assume!(eleven != "00000000000");
            let right = (0..10).filter(|last| MyNumber::parse(&format!("{eleven}{last}")).is_ok()).count();
            prop_assert_eq!(right, 1);
        }

        #[test]
        fn no_text_makes_it_panic_or_speak(typed in "\\PC{0,20}") {
            if let Ok(number) = MyNumber::parse(&typed) {
                prop_assert_eq!(format!("{number:?}"), "[my number]");
            }
        }
    }

    #[test]
    fn a_number_in_a_text_is_struck_out_and_the_rest_stays() {
        for number in [
            "123456789018",
            "１２３４５６７８９０１８",
            "1234-5678-9018",
            "1234 5678 9018",
            "1234\u{3000}5678\u{3000}9018",
            "１２３４－５６７８－９０１８",
            "1234‐5678−9018",
            "123456-789018",
            "12345 6789018",
            "1 2 3 4 5 6 7 8 9 0 1 8",
            "1234 - 5678 - 9018",
            "1234\u{200b}56789018",
        ] {
            assert_eq!(
                strike_out(&format!("番号は{number}です")).as_deref(),
                Some("番号は＊＊＊＊＊＊＊＊＊＊＊＊です"),
                "{number}"
            );
            assert!(has_twelve_digits(number), "{number}");
        }
        let two = strike_out("夫 987654321093、わたし 1234-5678-9018 と 090-1234-5678\n");
        let stars = STRUCK_OUT;
        assert_eq!(two.unwrap(), format!("夫 {stars}、わたし {stars} と 090-1234-5678\n"));
        assert_eq!(strike_out("1-2 123456789018 3"), Some(format!("1-2 {stars} 3")));
        assert_eq!(strike_out("12 1234-5678-9018"), Some(format!("12 {stars}")));
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for other in [
            "123456789012",
            "1234567890180",
            "0000-0000-0000",
            "090-1234-5678",
            "+81 90-1234-5678",
            "+81-3-1234-5678",
            "＋123456789018",
            "090-1234-5678 0480-00-0000",
            "1234-5678-9018-4444",
            "2026-11-23 12:34:56",
            "1234\n56789018",
            "1234/5678/9018",
            "7K3M-9QZX-41",
        ] {
            assert_eq!(strike_out(other), None, "{other}");
        }
        // A telephone number that a digit comes after, with a check digit that would be right.
        for last in 0..10 {
            assert_eq!(strike_out(&format!("090-1234-5678 {last}")), None);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_striking_out_panic_and_what_is_struck_is_gone(text in "[0-9０-９ 　\\-ー+a\n]{0,60}") {
            if let Some(struck) = strike_out(&text) {
                prop_assert_eq!(strike_out(&struck), None);
            }
        }

        #[test]
        fn every_number_is_struck_however_it_is_grouped(eleven in "[1-9][0-9]{10}", cut in 1_usize..12) {
            let last = (0..10).find(|last| MyNumber::parse(&format!("{eleven}{last}")).is_ok()).unwrap();
            let whole = format!("{eleven}{last}");
            prop_assert_eq!(strike_out(&whole), Some(STRUCK_OUT.to_owned()));
            let grouped = format!("{}-{}", &whole[..cut], &whole[cut..]);
            prop_assert_eq!(strike_out(&grouped), Some(STRUCK_OUT.to_owned()));
        }

        #[test]
        fn telephone_numbers_are_never_struck(digits in "0[0-9]{9,10}", first in 2_usize..5) {
            let (area, rest) = digits.split_at(first);
            for text in [digits.clone(), format!("{area}-{}-{}", &rest[..3], &rest[3..]), format!("+81{}", &digits[1..])] {
                prop_assert_eq!(strike_out(&text), None);
            }
        }
    }
}
