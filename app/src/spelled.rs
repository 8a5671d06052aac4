//! 「読み上げ」 A receipt number as it is said on the telephone. Invariant: every character that a receipt number can have has a
//! name of its own in every language, and no two are the same.

use crate::text::Locale;

/// The symbols of Crockford's base 32 with their names: in Japanese, and in the spelling alphabet of radio (ICAO).
const NAMES: [(char, &str, &str); 32] = [
    ('0', "ゼロ", "zero"),
    ('1', "いち", "one"),
    ('2', "に", "two"),
    ('3', "さん", "three"),
    ('4', "よん", "four"),
    ('5', "ご", "five"),
    ('6', "ろく", "six"),
    ('7', "なな", "seven"),
    ('8', "はち", "eight"),
    ('9', "きゅう", "nine"),
    ('A', "エー", "Alfa"),
    ('B', "ビー", "Bravo"),
    ('C', "シー", "Charlie"),
    ('D', "ディー", "Delta"),
    ('E', "イー", "Echo"),
    ('F', "エフ", "Foxtrot"),
    ('G', "ジー", "Golf"),
    ('H', "エイチ", "Hotel"),
    ('J', "ジェー", "Juliett"),
    ('K', "ケー", "Kilo"),
    ('M', "エム", "Mike"),
    ('N', "エヌ", "November"),
    ('P', "ピー", "Papa"),
    ('Q', "キュー", "Quebec"),
    ('R', "アール", "Romeo"),
    ('S', "エス", "Sierra"),
    ('T', "ティー", "Tango"),
    ('V', "ブイ", "Victor"),
    ('W', "ダブリュー", "Whiskey"),
    ('X', "エックス", "X-ray"),
    ('Y', "ワイ", "Yankee"),
    ('Z', "ゼット", "Zulu"),
];

impl Locale {
    /// A number with the name of each character, group by group.
    #[must_use]
    pub fn spelled(self, number: &str) -> String {
        let japanese = matches!(self, Self::Ja | Self::JaEasy);
        let (between, groups) = if japanese { ("・", "、") } else { (" ", ", ") };
        let name = |symbol: char| {
            let found = NAMES.iter().find(|(other, _, _)| *other == symbol);
            found.map(|(_, kana, word)| if japanese { *kana } else { *word }).unwrap_or_default()
        };
        let spelled = |group: &str| group.chars().map(name).collect::<Vec<_>>().join(between);
        number.split('-').map(spelled).collect::<Vec<_>>().join(groups)
    }
}

/// A number for a screen reader: one character at a time, with a rest between the groups.
#[must_use]
pub fn one_by_one(number: &str) -> String {
    let apart = |group: &str| group.chars().map(String::from).collect::<Vec<_>>().join(" ");
    number.split('-').map(apart).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use intake::ids::ReceiptNumber;

    use super::*;

    #[test]
    fn every_character_of_a_number_has_a_name_of_its_own() {
        for (index, byte) in (0..=31_u8).enumerate() {
            let number = ReceiptNumber::from_random([byte; 9]);
            let symbol = number.as_str().chars().next();
            assert_eq!(symbol, NAMES.get(index).map(|(symbol, _, _)| *symbol));
        }
        for names in [NAMES.map(|(_, kana, _)| kana), NAMES.map(|(_, _, word)| word)] {
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 32);
        }
    }

    #[test]
    fn a_number_is_said_group_by_group() {
        assert_eq!(Locale::Ja.spelled("7KX0-3M"), "なな・ケー・エックス・ゼロ、さん・エム");
        assert_eq!(Locale::En.spelled("7KX0-3M"), "seven Kilo X-ray zero, three Mike");
        assert_eq!(one_by_one("7KX0-3M"), "7 K X 0, 3 M");
    }
}
