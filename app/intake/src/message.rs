//! 「市との連絡」 What may be written between a parent and the office. Invariant: a text that was taken is shown as it was
//! written, but for characters that nobody sees.

use crate::my_number::strike_out;

/// The most characters of a message.
pub const LONGEST: usize = 1_000;
/// So many messages of a parent may wait on a case until the office has read them.
pub const MOST_UNREAD: usize = 20;

/// Why a text is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMessage {
    /// Nothing but space.
    Empty,
    /// More than [`LONGEST`] characters.
    TooLong,
    /// 「個人番号」 One stands in it: it goes with nothing that people read.
    MyNumber,
}

/// What people read of a text as a browser sends it: lines end in one way, and characters that only steer are left out.
pub(crate) fn readable(typed: &str) -> String {
    let lines = typed.replace("\r\n", "\n").replace('\r', "\n");
    // Directions that turn text around could make a sentence read as another one.
    let is_hidden = |it: char| {
        (it.is_control() && it != '\n')
            || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}')
    };
    lines.chars().filter(|it| !is_hidden(*it)).collect()
}

/// The message of a text.
///
/// # Errors
/// See [`NoMessage`].
pub fn text(typed: &str) -> Result<String, NoMessage> {
    let text = readable(typed);
    let text = text.trim();
    match text.chars().count() {
        0 => Err(NoMessage::Empty),
        _ if strike_out(text).is_some() => Err(NoMessage::MyNumber),
        1..=LONGEST => Ok(text.to_owned()),
        _ => Err(NoMessage::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_stays_and_what_nobody_sees_goes() {
        assert_eq!(text("  髙橋です。\r\n\r\n😀 は残ります。\r"), Ok("髙橋です。\n\n😀 は残ります。".to_owned()));
        assert_eq!(text("a\u{0}\u{1b}\u{202e}b\u{feff}"), Ok("ab".to_owned()));
        assert_eq!(text("邉\u{e0100}さん"), Ok("邉\u{e0100}さん".to_owned()), "a variant of a kanji stays");
    }

    #[test]
    fn a_number_of_a_person_is_no_message() {
        assert_eq!(text("番号は 1234-5678-9018 です"), Err(NoMessage::MyNumber));
        assert!(text("電話は 090-1234-5678 です").is_ok());
    }

    #[test]
    fn nothing_and_too_much_are_told_apart() {
        for empty in ["", " \r\n　", "\u{202e}"] {
            assert_eq!(text(empty), Err(NoMessage::Empty), "{empty:?}");
        }
        assert!(text(&"あ".repeat(LONGEST)).is_ok());
        assert_eq!(text(&"あ".repeat(LONGEST + 1)), Err(NoMessage::TooLong));
        // Browsers count a line break as one character, and send two.
        assert!(text(&format!("{}\r\nい", "あ".repeat(LONGEST - 2))).is_ok());
    }
}
