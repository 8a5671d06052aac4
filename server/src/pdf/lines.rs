//! Breaking a text into lines. Invariant: joined again the lines are the text, and no line is wider than it may be unless one
//! character alone is.

use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;

/// The lines of a text, by the rules of Unicode (UAX #14, with its strict 禁則); what has no place to break, such as a name of
/// two hundred letters, breaks between characters. `width` measures.
pub(super) fn break_lines<'a>(text: &'a str, widest: f32, width: &impl Fn(&str) -> f32) -> Vec<&'a str> {
    let mut lines = Vec::new();
    let (mut from, mut until) = (0, 0);
    for (at, _) in linebreaks(text) {
        // Spaces at the end of a line may hang over.
        if width(text[from..at].trim_end()) <= widest {
            until = at;
            continue;
        }
        if until > from {
            lines.push(&text[from..until]);
            from = until;
        }
        while width(text[from..at].trim_end()) > widest {
            let end = from + longest(&text[from..at], widest, width);
            lines.push(&text[from..end]);
            from = end;
        }
        until = at;
    }
    if from < text.len() {
        lines.push(&text[from..]);
    }
    lines
}

/// How many bytes of a text that has no place to break fit into a line: at least one character.
fn longest(text: &str, widest: f32, width: &impl Fn(&str) -> f32) -> usize {
    let mut fits = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let end = at + cluster.len();
        if fits > 0 && width(&text[..end]) > widest {
            break;
        }
        fits = end;
    }
    fits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_characters(text: &str) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a line has few characters")]
        let count = text.graphemes(true).count() as f32;
        count
    }

    #[test]
    fn a_line_neither_begins_with_a_mark_nor_ends_with_an_opening_bracket() {
        let lines = break_lines("窓口へ、おいで「ください」ます。", 4.0, &by_characters);
        for line in &lines {
            assert!(!line.starts_with(['、', '。', '」']), "{lines:?}");
            assert!(!line.ends_with('「'), "{lines:?}");
        }
    }

    #[test]
    fn a_name_without_a_place_to_break_is_broken_all_the_same() {
        let name = "a".repeat(200);
        let lines = break_lines(&name, 60.0, &by_characters);
        assert_eq!(lines.iter().map(|line| line.len()).collect::<Vec<_>>(), [60, 60, 60, 20]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "[a-z 、。「」あ漢\u{845B}\u{E0101}が]{0,80}", widest in 1_u8..20) {
            let widest = f32::from(widest);
            let lines = break_lines(&text, widest, &by_characters);
            prop_assert_eq!(lines.concat(), text.clone());
            for line in lines {
                prop_assert!(by_characters(line.trim_end()) <= widest, "{:?}", line);
            }
        }
    }
}
