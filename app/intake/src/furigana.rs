//! 「振り仮名」 Readings of kanji. Sources write them as 青空文庫 does, `漢字《かんじ》`, with `｜` before a base that is not just the
//! run of kanji before `《`. Invariant: [`read`] makes well-formed groups of marks only, and what is no well-formed group is
//! plain text to everybody who reads marks.
//!
//! The marks are noncharacters, so a text stays one `String` through every page until it is written out; no text of a
//! person holds them (`value::is_invisible`).

use std::borrow::Cow;

/// Stands before a base.
pub const BASE: char = '\u{fdd0}';
/// Stands between a base and its reading.
pub const READING: char = '\u{fdd1}';
/// Stands after a reading.
pub const END: char = '\u{fdd2}';

/// What is wrong with a text in the notation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FuriganaError {
    /// `《` without `》` on the same line, or the other way round.
    #[error("《 and 》 do not go in pairs near “{0}”")]
    Unbalanced(String),
    /// A reading after something that is no kanji, without `｜`.
    #[error("the reading 《{0}》 has no kanji before it; put ｜ where its base begins")]
    NoBase(String),
    /// `《》`
    #[error("an empty reading 《》 near “{0}”")]
    NoReading(String),
    /// `｜` without a reading on the same line.
    #[error("a ｜ that no reading follows near “{0}”")]
    BarAlone(String),
    /// A character that is kept for the marks.
    #[error("a character between U+FDD0 and U+FDEF")]
    Noncharacter,
}

/// Whether a character takes a reading: a kanji, or a sign that is read like one.
#[must_use]
pub const fn is_kanji(character: char) -> bool {
    matches!(character,
        '々' | '〆' | '〇' | 'ヶ'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// The marked text of a text in the notation.
///
/// # Errors
/// With the first mistake.
pub fn read(notation: &str) -> Result<String, FuriganaError> {
    let mut marked = String::with_capacity(notation.len() + notation.len() / 4);
    // Where in `marked` the run of kanji before this place began, and where the text after a bar.
    let (mut run, mut bar): (Option<usize>, Option<usize>) = (None, None);
    let mut rest = notation;
    while let Some(character) = rest.chars().next() {
        let here = || rest.chars().take(12).collect::<String>();
        let mut after = &rest[character.len_utf8()..];
        match character {
            '《' => {
                let (reading, behind) = enclosed(after).ok_or_else(|| FuriganaError::Unbalanced(here()))?;
                if reading.is_empty() {
                    return Err(FuriganaError::NoReading(here()));
                }
                let start = bar.take().or(run.take()).filter(|start| *start < marked.len());
                let base = marked.split_off(start.ok_or_else(|| FuriganaError::NoBase(reading.to_owned()))?);
                marked.push(BASE);
                marked.push_str(&base);
                marked.push(READING);
                marked.push_str(reading);
                marked.push(END);
                after = behind;
            }
            '》' => return Err(FuriganaError::Unbalanced(here())),
            '｜' if bar.is_none() => (bar, run) = (Some(marked.len()), None),
            '｜' | '\n' if bar.is_some() => return Err(FuriganaError::BarAlone(here())),
            '\u{fdd0}'..='\u{fdef}' => return Err(FuriganaError::Noncharacter),
            other => {
                run = is_kanji(other).then(|| run.unwrap_or(marked.len()));
                marked.push(other);
            }
        }
        rest = after;
    }
    if bar.is_some() { Err(FuriganaError::BarAlone("the end".to_owned())) } else { Ok(marked) }
}

/// The text up to `》` on the same line, and what is behind it.
fn enclosed(text: &str) -> Option<(&str, &str)> {
    let end = text.find(['》', '《', '｜', '\n'])?;
    let behind = text[end..].strip_prefix('》')?;
    Some((&text[..end], behind))
}

/// A part of a marked text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Without a reading.
    Plain(&'a str),
    /// With one.
    Ruby {
        /// What is read.
        base: &'a str,
        /// How it is read.
        reading: &'a str,
    },
}

/// The parts of a marked text, in order. Marks that are no well-formed group stay in the plain parts.
#[must_use]
pub fn pieces(marked: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut done, mut from) = (0, 0);
    while let Some(at) = marked[from..].find(BASE).map(|at| from + at) {
        from = at + BASE.len_utf8();
        let Some((base, reading, length)) = group(&marked[from..]) else { continue };
        if done < at {
            pieces.push(Piece::Plain(&marked[done..at]));
        }
        pieces.push(Piece::Ruby { base, reading });
        from += length;
        done = from;
    }
    if done < marked.len() {
        pieces.push(Piece::Plain(&marked[done..]));
    }
    pieces
}

/// Base and reading of the group whose first mark stands before `text`, and how long the rest of the group is.
fn group(text: &str) -> Option<(&str, &str, usize)> {
    let marks = [BASE, READING, END];
    let middle = text.find(marks)?;
    let after = text[middle..].strip_prefix(READING)?;
    let end = after.find(marks)?;
    let behind = after[end..].strip_prefix(END)?;
    let (base, reading) = (&text[..middle], &after[..end]);
    (!base.is_empty() && !reading.is_empty()).then(|| (base, reading, text.len() - behind.len()))
}

/// A marked text without its readings, for a title or an attribute.
#[must_use]
pub fn without_readings(marked: &str) -> Cow<'_, str> {
    written(marked, |text, base, _| text.push_str(base))
}

/// A marked text with its readings in brackets, `漢字（かんじ）`, for mail and other plain text.
#[must_use]
pub fn in_brackets(marked: &str) -> Cow<'_, str> {
    written(marked, |text, base, reading| text.extend([base, "（", reading, "）"]))
}

fn written(marked: &str, write: impl Fn(&mut String, &str, &str)) -> Cow<'_, str> {
    if !marked.contains(BASE) {
        return Cow::Borrowed(marked);
    }
    let mut text = String::with_capacity(marked.len());
    for piece in pieces(marked) {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Ruby { base, reading } => write(&mut text, base, reading),
        }
    }
    Cow::Owned(text)
}

/// The first kanji of a marked text that has no reading above it, if any; the tests of every text in easy Japanese ask.
#[must_use]
pub fn kanji_without_reading(marked: &str) -> Option<char> {
    pieces(marked).into_iter().find_map(|piece| match piece {
        Piece::Plain(text) => text.chars().find(|character| is_kanji(*character)),
        Piece::Ruby { reading, .. } => reading.chars().find(|character| is_kanji(*character)),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    fn bracketed(notation: &str) -> String {
        in_brackets(&read(notation).unwrap()).into_owned()
    }

    #[test]
    fn a_reading_belongs_to_the_kanji_right_before_it_or_to_what_follows_the_bar() {
        assert_eq!(bracketed("妊娠《にんしん》した人《ひと》"), "妊娠（にんしん）した人（ひと）");
        assert_eq!(bracketed("お母《かあ》さん"), "お母（かあ）さん");
        assert_eq!(bracketed("この｜1日《ついたち》"), "この1日（ついたち）");
        assert_eq!(bracketed("時々《ときどき》見る人《ひと》"), "時々（ときどき）見る人（ひと）");
        assert_eq!(bracketed("出産｜予定日《よていび》"), "出産予定日（よていび）");
        assert_eq!(bracketed("かな だけ"), "かな だけ");
    }

    #[test]
    fn each_mistake_has_its_own_answer() {
        let error = |notation: &str| read(notation).unwrap_err();
        for notation in ["漢字《かん", "漢字》", "漢字《かん《じ》》", "漢字《かん\nじ》", "漢字《か｜ん》"]
        {
            assert!(matches!(error(notation), FuriganaError::Unbalanced(_)), "{notation}");
        }
        for notation in ["《かんじ》", "かな《かな》", "漢字は《かんじ》", "漢《かん》《じ》", "｜《かんじ》"]
        {
            assert!(matches!(error(notation), FuriganaError::NoBase(_)), "{notation}");
        }
        assert!(matches!(error("漢字《》"), FuriganaError::NoReading(_)));
        for notation in ["｜漢字", "｜漢字\n《かんじ》", "｜漢｜字《かんじ》"] {
            assert!(matches!(error(notation), FuriganaError::BarAlone(_)), "{notation}");
        }
        assert_eq!(error("漢\u{fdd1}字"), FuriganaError::Noncharacter);
    }

    #[test]
    fn a_kanji_without_a_reading_is_found() {
        assert_eq!(kanji_without_reading(&read("妊娠《にんしん》した人").unwrap()), Some('人'));
        assert_eq!(kanji_without_reading(&read("妊娠《にんしん》した人《ひと》").unwrap()), None);
        assert_eq!(kanji_without_reading(&read("人《人》").unwrap()), Some('人'));
    }

    #[test]
    fn every_kanji_of_the_shipped_form_in_easy_japanese_has_a_reading() {
        let overlay = include_str!("../forms/pregnancy_notification.v1.ja-easy.toml");
        for line in overlay.lines().filter(|line| !line.starts_with('#')) {
            assert_eq!(kanji_without_reading(&read(line).unwrap()), None, "{line}");
        }
    }

    #[test]
    fn marks_that_are_no_group_stay_where_they_are() {
        for text in ["\u{fdd0}a", "a\u{fdd1}b\u{fdd2}", "\u{fdd0}\u{fdd1}b\u{fdd2}", "\u{fdd0}a\u{fdd1}\u{fdd2}"] {
            assert_eq!(pieces(text), [Piece::Plain(text)]);
        }
        let twice = "\u{fdd0}a\u{fdd0}b\u{fdd1}c\u{fdd2}";
        let found = [Piece::Plain("\u{fdd0}a"), Piece::Ruby { base: "b", reading: "c" }];
        assert_eq!(pieces(twice), found);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_stumble_and_nothing_but_readings_is_left_out(
            text in "(｜?[a漢字]{1,2}《[か漢a]{1,2}》|\u{fdd0}a\u{fdd1}b\u{fdd2}|[a-c漢字かな｜《》\u{fdd0}-\u{fdd2}\n]|\\PC){0,12}"
        ) {
            if let Ok(marked) = read(&text) {
                let without = without_readings(&marked).into_owned();
                let mut expected = String::new();
                let mut is_reading = false;
                for character in text.chars() {
                    match character {
                        '《' => is_reading = true,
                        '》' => is_reading = false,
                        '｜' => {}
                        other if is_reading => prop_assert!(marked.contains(other)),
                        other => expected.push(other),
                    }
                }
                prop_assert_eq!(without, expected);
            }
            let again: String = pieces(&text).into_iter().map(|piece| match piece {
                Piece::Plain(plain) => plain.to_owned(),
                Piece::Ruby { base, reading } => format!("{BASE}{base}{READING}{reading}{END}"),
            }).collect();
            prop_assert_eq!(again, text);
        }
    }
}
