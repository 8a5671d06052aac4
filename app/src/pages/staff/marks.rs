//! 「文字ごとのちがい」 Two texts side by side. Invariant: nothing of either is left out; what the other has not is marked.

use leptos::prelude::*;

/// The most characters that are compared one by one; of what is longer only the ends that agree are left unmarked.
const MOST: usize = 400;

/// A text in pieces, each with whether the other text has it not.
fn pieces(text: &[char], is_common: &[bool]) -> Vec<(bool, String)> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for (sign, common) in text.iter().zip(is_common) {
        match pieces.last_mut() {
            Some((marked, piece)) if *marked != *common => piece.push(*sign),
            _ => pieces.push((!common, sign.to_string())),
        }
    }
    pieces
}

/// Which characters of each belong to a longest common row.
fn common(one: &[char], other: &[char]) -> (Vec<bool>, Vec<bool>) {
    let (mut in_one, mut in_other) = (vec![false; one.len()], vec![false; other.len()]);
    let width = other.len() + 1;
    let mut longest = vec![0_u32; (one.len() + 1) * width];
    for (row, left) in one.iter().enumerate().rev() {
        for (column, right) in other.iter().enumerate().rev() {
            let at = row * width + column;
            longest[at] =
                if left == right { longest[at + width + 1] + 1 } else { longest[at + width].max(longest[at + 1]) };
        }
    }
    let (mut row, mut column) = (0, 0);
    while row < one.len() && column < other.len() {
        let at = row * width + column;
        if one[row] == other[column] {
            (in_one[row], in_other[column]) = (true, true);
            (row, column) = (row + 1, column + 1);
        } else if longest[at + width] >= longest[at + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    (in_one, in_other)
}

fn both(one: &str, other: &str) -> [Vec<(bool, String)>; 2] {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (in_one, in_other) = if one.len() > MOST || other.len() > MOST {
        (vec![one == other; one.len()], vec![one == other; other.len()])
    } else {
        common(&one, &other)
    };
    [pieces(&one, &in_one), pieces(&other, &in_other)]
}

fn shown(pieces: Vec<(bool, String)>) -> AnyView {
    pieces
        .into_iter()
        .map(
            |(marked, text)| {
                if marked { view! { <mark>{text}</mark> }.into_any() } else { view! { {text} }.into_any() }
            },
        )
        .collect_view()
        .into_any()
}

/// Both texts, each with what the other has not marked.
pub(super) fn marked(one: &str, other: &str) -> [AnyView; 2] {
    both(one, other).map(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_one_character_that_differs_is_marked_on_both_sides() {
        let piece = |marked, text: &str| (marked, text.to_owned());
        let [left, right] = both("髙橋 花子", "高橋 花子");
        assert_eq!(left, [piece(true, "髙"), piece(false, "橋 花子")]);
        assert_eq!(right, [piece(true, "高"), piece(false, "橋 花子")]);
        let [left, right] = both("架空町1-2-3", "架空町1丁目2-3");
        assert_eq!(left, [piece(false, "架空町1"), piece(true, "-"), piece(false, "2-3")]);
        assert_eq!(right, [piece(false, "架空町1"), piece(true, "丁目"), piece(false, "2-3")]);
    }

    proptest! {
        #[test]
        fn nothing_is_left_out_and_what_is_not_marked_is_the_same(one in "[a-c髙高]{0,12}", other in "[a-c髙高]{0,12}") {
            let whole = |pieces: &[(bool, String)]| pieces.iter().map(|(_, text)| text.as_str()).collect::<String>();
            let plain = |pieces: &[(bool, String)]| {
                pieces.iter().filter(|(marked, _)| !marked).map(|(_, text)| text.as_str()).collect::<String>()
            };
            let [left, right] = both(&one, &other);
            prop_assert_eq!(whole(&left), one);
            prop_assert_eq!(whole(&right), other);
            prop_assert_eq!(plain(&left), plain(&right));
        }
    }
}
