//! 「職員のメモ」 What staff may write for each other on a case. Invariant: no 個人番号 stands in what is kept of it, neither in a note nor
//! in a draft of one; everything else stays as it was typed, but for characters that nobody sees.

use crate::{message::readable, my_number::strike_out};

/// The most characters of a note.
pub const LONGEST: usize = 2_000;

/// Why a text is no note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoNote {
    /// Nothing but space.
    Empty,
    /// More than [`LONGEST`] characters.
    TooLong,
}

/// What is kept of what was typed so far: a 個人番号 is struck out of it.
#[must_use]
pub fn draft(typed: &str) -> String {
    let text = readable(typed);
    strike_out(&text).unwrap_or(text)
}

/// The note of a text.
///
/// # Errors
/// See [`NoNote`].
pub fn text(typed: &str) -> Result<String, NoNote> {
    let text = draft(typed);
    let text = text.trim();
    match text.chars().count() {
        0 => Err(NoNote::Empty),
        1..=LONGEST => Ok(text.to_owned()),
        _ => Err(NoNote::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_a_person_is_struck_out_and_the_rest_stays() {
        let kept = text(" 電話で確認 1234-5678-9018\r\n折り返し 090-1234-5678 ").unwrap_or_default();
        assert!(!kept.contains("9018") && kept.contains("電話で確認") && kept.ends_with("090-1234-5678"), "{kept}");
        assert_eq!(draft("1234 5678 9018"), draft(&draft("1234 5678 9018")), "struck out once and for all");
    }

    #[test]
    fn nothing_and_too_much_are_told_apart() {
        assert_eq!(text(" \r\n　\u{202e}"), Err(NoNote::Empty));
        assert!(text(&"あ".repeat(LONGEST)).is_ok());
        assert_eq!(text(&"あ".repeat(LONGEST + 1)), Err(NoNote::TooLong));
    }
}
