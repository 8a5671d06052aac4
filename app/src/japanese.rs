//! Japanese within a sentence of another language. Invariant: what has to be pronounced in Japanese says so (WCAG 2.2, 3.1.2), and not a
//! character of the sentence is lost.

use leptos::prelude::*;

use crate::text::Locale;

const fn is_kana(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}')
}

pub(crate) const fn is_japanese(character: char) -> bool {
    is_kana(character) || matches!(character, '々' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// The sentence in pieces, and which of them are Japanese. In Chinese only kana is.
fn pieces(locale: Locale, text: &str) -> Vec<(bool, &str)> {
    let is_one = if locale == Locale::ZhHans { is_kana } else { is_japanese };
    let mut pieces: Vec<(bool, &str)> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let other = |character: char| is_one(character) != is_one(first);
        let (piece, behind) = rest.split_at(rest.find(other).unwrap_or(rest.len()));
        pieces.push((is_one(first), piece));
        rest = behind;
    }
    pieces
}

/// The sentence with its Japanese marked, on a page that is not in Japanese.
pub(crate) fn marked(locale: Locale, text: String) -> AnyView {
    let Some(lang) = locale.lang_of_japanese() else { return text.into_any() };
    let piece = |(is_japanese, piece): (bool, &str)| {
        let piece = piece.to_owned();
        if is_japanese { view! { <span lang=lang>{piece}</span> }.into_any() } else { piece.into_any() }
    };
    pieces(locale, &text).into_iter().map(piece).collect_view().into_any()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn japanese_stands_apart_and_chinese_does_not() {
        let app = "the app (マイナアプリ).";
        assert_eq!(pieces(Locale::En, app), [(false, "the app ("), (true, "マイナアプリ"), (false, ").")]);
        assert_eq!(pieces(Locale::ZhHans, "使用マイナ"), [(false, "使用"), (true, "マイナ")]);
        assert_eq!(pieces(Locale::ZhHans, "个人号码"), [(false, "个人号码")]);
    }

    proptest! {
        #[test]
        fn no_character_is_lost(text in "[a ア漢々。]{0,20}|\\PC{0,20}") {
            let whole: String = pieces(Locale::En, &text).into_iter().map(|(_, piece)| piece).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
