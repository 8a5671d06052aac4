//! 「個人番号」 The individual number. Invariant: a [`MyNumber`] has twelve digits of which the last is right (平成26年
//! 総務省令85号5条), and its digits can be had by asking for them only: no `Debug` text, no `Display`, no `Serialize`.
//!
//! A right check digit says that the number was typed well. Whose number it is, is decided in the closed network.

use unicode_normalization::UnicodeNormalization;

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
        for character in typed.nfkc() {
            match character {
                '0'..='9' => digits.push(character),
                '-' | ' ' | '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー' => {}
                _ => return Err(MyNumberError::NotTwelveDigits),
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
}
