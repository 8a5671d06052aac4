//! Telephone numbers in sentences. Invariant: nothing of the sentence is lost, and a number is one piece that can be pressed.

use leptos::prelude::*;

/// What a sentence consists of.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    Number(&'a str),
}

/// A Japanese number with its hyphens: three groups, ten or eleven digits, a zero before all (総務省 電気通信番号計画).
fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let groups = text.split('-').filter(|group| !group.is_empty()).count();
    let last = text.rsplit('-').next().map_or(0, str::len);
    text.starts_with('0')
        && (3..=4).contains(&last)
        && groups == 3
        && text.matches('-').count() == 2
        && (10..=11).contains(&digits)
}

fn pieces(sentence: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut words = 0;
    let mut at = 0;
    while let Some(begin) = sentence[at..].find(|c: char| c.is_ascii_digit()).map(|offset| at + offset) {
        let rest = &sentence[begin..];
        let end = begin + rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
        if is_number(&sentence[begin..end]) {
            if words < begin {
                found.push(Piece::Words(&sentence[words..begin]));
            }
            found.push(Piece::Number(&sentence[begin..end]));
            words = end;
        }
        at = end;
    }
    if words < sentence.len() {
        found.push(Piece::Words(&sentence[words..]));
    }
    found
}

/// A sentence whose telephone numbers can be pressed and stay on one line.
#[must_use]
pub fn with_links(sentence: &str) -> AnyView {
    let piece = |piece: Piece<'_>| match piece {
        Piece::Words(words) => words.to_owned().into_any(),
        Piece::Number(number) => {
            let address = format!("tel:{}", number.replace('-', ""));
            view! { <a class="telephone" href=address>{number.to_owned()}</a> }.into_any()
        }
    };
    pieces(sentence).into_iter().map(piece).collect_view().into_any()
}

#[cfg(test)]
mod tests {
    use super::{Piece::*, *};

    #[test]
    fn a_number_is_found_between_words_and_nothing_else_is() {
        assert_eq!(
            pieces("よりそいホットライン　0120-279-338"),
            [Words("よりそいホットライン　"), Number("0120-279-338")]
        );
        assert_eq!(
            pieces("0120-061-338、または 03-1234-5678。"),
            [Number("0120-061-338"), Words("、または "), Number("03-1234-5678"), Words("。")]
        );
        for plain in ["急な病気やけがは119、110", "2026-11-25", "000-0001", "受付番号 0123-4567-89AB", ""]
        {
            assert!(pieces(plain).iter().all(|piece| matches!(piece, Words(_))), "{plain}");
        }
    }
}
