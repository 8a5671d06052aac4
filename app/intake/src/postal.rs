//! 「郵便番号」 From a postal code to the places that have it. Invariant: looking one up opens one block of the table, so it
//! takes the same little memory whatever is asked.
//!
//! The table comes from `make postal` (its source: `app/intake/postal/README.md`; its format: `.ci/postal.mjs`).

use std::io;

/// The table as it was packed.
static TABLE: &[u8] = include_bytes!("../postal/table.bin");
/// One block for each three digits that a code can begin with.
const BLOCKS: usize = 1_000;
const OFFSET: usize = size_of::<u32>();

/// A place that has a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// 「都道府県」
    pub prefecture: String,
    /// 「市区町村」
    pub city: String,
    /// 「町域」 Empty where the code is of a municipality's other places (以下に掲載がない場合).
    pub town: String,
    /// Which part of the town, such as 1〜19丁目; empty for all of it.
    pub note: String,
}

impl Place {
    /// What an address there begins with.
    #[must_use]
    pub fn address(&self) -> String {
        [self.prefecture.as_str(), &self.city, &self.town].concat()
    }
}

/// What can be chosen for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What the address begins with.
    pub address: String,
    /// Which part of the town; empty for all of it.
    pub note: String,
    /// Whether it is the municipality alone, beside its towns.
    pub only_city: bool,
}

/// The places of a code of seven digits, in the table's order; none for a code that is not in it.
#[must_use]
pub fn places(code: &str) -> Vec<Place> {
    let is_code = code.len() == 7 && code.bytes().all(|byte| byte.is_ascii_digit());
    let Some((block, rest)) = code.split_at_checked(3).filter(|_| is_code) else { return Vec::new() };
    let text = block.parse().map(text_of_block).unwrap_or_default();
    rows(&text).filter(|(last_four, _)| *last_four == rest).map(|(_, place)| place).collect()
}

/// The places of a code to choose from. Beside several towns of one municipality stands that municipality, for who would
/// rather write the town herself.
#[must_use]
pub fn candidates(code: &str) -> Vec<Candidate> {
    let places = places(code);
    let as_candidate =
        |place: &Place| Candidate { address: place.address(), note: place.note.clone(), only_city: false };
    let mut candidates: Vec<Candidate> = places.iter().map(as_candidate).collect();
    if let [first, others @ ..] = places.as_slice()
        && !others.is_empty()
        && others.iter().all(|other| (&other.prefecture, &other.city) == (&first.prefecture, &first.city))
        && places.iter().all(|place| !place.town.is_empty())
    {
        let address = [first.prefecture.as_str(), &first.city].concat();
        candidates.push(Candidate { address, note: String::new(), only_city: true });
    }
    candidates
}

/// The rows of a block; the lines that begin with `=` say for which municipality.
fn rows(text: &str) -> impl Iterator<Item = (&str, Place)> {
    let mut area = ("", "");
    text.lines().filter_map(move |line| {
        if let Some(here) = line.strip_prefix('=') {
            area = here.split_once('\t')?;
            return None;
        }
        let (last_four, named) = line.split_at_checked(4)?;
        let (town, note) = named.split_once('\t').unwrap_or((named, ""));
        let [prefecture, city, town, note] = [area.0, area.1, town, note].map(str::to_owned);
        Some((last_four, Place { prefecture, city, town, note }))
    })
}

fn offset(number: usize) -> Option<usize> {
    let bytes = TABLE.get(number * OFFSET..)?.first_chunk::<OFFSET>()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

/// A block of the table; empty where no code begins so. A test opens all of them.
fn text_of_block(number: usize) -> String {
    let begin = (BLOCKS + 1) * OFFSET;
    let packed = offset(number).zip(offset(number + 1)).and_then(|(from, to)| TABLE.get(begin + from..begin + to));
    let Some(packed) = packed.filter(|packed| !packed.is_empty()) else { return String::new() };
    let mut text = Vec::new();
    let opened = io::Read::read_to_end(&mut brotli_decompressor::Decompressor::new(packed, packed.len()), &mut text);
    opened.ok().and_then(|_| String::from_utf8(text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn addresses(code: &str) -> Vec<String> {
        candidates(code).into_iter().map(|one| [one.address.as_str(), &one.note].join("|")).collect()
    }

    #[test]
    fn a_code_of_one_town_is_that_town() {
        assert_eq!(addresses("1000001"), ["東京都千代田区千代田|"]);
        assert_eq!(addresses("6128469"), ["京都府京都市伏見区中島河原田町|"]);
        assert_eq!(addresses("5220317"), ["滋賀県犬上郡多賀町一円|"], "a town of that very name");
    }

    #[test]
    fn where_the_table_names_no_town_the_address_ends_with_the_municipality() {
        assert_eq!(addresses("1000000"), ["東京都千代田区|"]);
        assert_eq!(addresses("7660002"), ["香川県仲多度郡琴平町|川東・１〜４２６番地"], "a condition is no name");
    }

    #[test]
    fn a_part_of_a_town_is_said_beside_it_and_kept_short() {
        assert_eq!(addresses("0600042"), ["北海道札幌市中央区大通西|1〜19丁目"]);
        let long = candidates("9218046").remove(0);
        assert_eq!(long.address, "石川県金沢市大桑町");
        assert!(long.note.starts_with("ア、イ、ヰ、") && long.note.ends_with("など"), "{}", long.note);
    }

    #[test]
    fn a_code_of_several_towns_offers_all_of_them_and_their_municipality() {
        let found = candidates("9896712");
        assert_eq!(found.len(), 32);
        assert_eq!(found[0].address, "宮城県大崎市鳴子温泉小身川原");
        assert!(found[..31].iter().all(|one| one.address.starts_with("宮城県大崎市鳴子温泉") && !one.only_city));
        assert_eq!(found[31], Candidate { address: "宮城県大崎市".to_owned(), note: String::new(), only_city: true });
    }

    #[test]
    fn a_code_that_two_municipalities_share_offers_both() {
        assert_eq!(addresses("4980000"), ["愛知県弥富市|", "三重県桑名郡木曽岬町|"]);
        assert_eq!(addresses("8710000"), ["福岡県築上郡吉富町|", "大分県中津市|"]);
    }

    #[test]
    fn what_is_no_code_of_the_table_has_no_place() {
        for code in ["0000000", "9999999", "", "100000", "10000011", "abcdefg", "１００", "10000é"] {
            assert_eq!(places(code), [], "{code}");
        }
    }

    #[test]
    fn the_whole_table_is_sorted_without_gaps_in_its_rows_and_each_of_its_codes_is_found() {
        let (mut codes, mut seen, mut last) = (0, 0, String::new());
        for number in 0..BLOCKS {
            let text = text_of_block(number);
            assert_eq!(text.is_empty(), offset(number) == offset(number + 1), "block {number} cannot be opened");
            assert!(text.len() < 200_000, "block {number} is too large: {}", text.len());
            let mut here: Vec<String> = Vec::new();
            for (last_four, place) in rows(&text) {
                let code = format!("{number:03}{last_four}");
                assert!(code.len() == 7 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
                assert!(code >= last, "{code} stands behind {last}");
                assert!(place.prefecture.ends_with(['都', '道', '府', '県']) && !place.city.is_empty(), "{place:?}");
                assert!(!place.address().contains(['（', '）', '\t', ' ']), "{place:?}");
                assert!(place.note.chars().count() <= 42 && !place.town.contains("場合"), "{place:?}");
                if code != last {
                    here.push(code.clone());
                }
                (last, seen) = (code, seen + 1);
            }
            let found: usize =
                here.iter().step_by(97).map(|code| places(code).len()).filter(|found| *found > 0).count();
            assert_eq!(found, here.iter().step_by(97).count());
            codes += here.len();
        }
        let about = include_str!("../postal/README.md");
        assert!(about.contains(&format!("{codes} codes, {seen} places, {} bytes", TABLE.len())), "{codes} {seen}");
    }

    #[test]
    fn every_place_is_found_by_its_code_and_no_address_stands_twice_under_one() {
        for number in 0..BLOCKS {
            let text = text_of_block(number);
            let mut of_block: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
            for (last_four, place) in rows(&text) {
                of_block.entry(last_four).or_default().push(place.address());
            }
            // A block is opened once for a look-up; all of its codes would open it a thousand times.
            let (first, last) = (of_block.first_key_value(), of_block.last_key_value());
            for (last_four, addresses) in first.into_iter().chain(last) {
                let found: Vec<String> =
                    places(&format!("{number:03}{last_four}")).iter().map(Place::address).collect();
                assert_eq!(&found, addresses);
            }
            for addresses in of_block.values() {
                let mut apart = addresses.clone();
                apart.sort_unstable();
                apart.dedup();
                assert_eq!(apart.len(), addresses.len(), "{addresses:?}");
            }
        }
        assert!(text_of_block(BLOCKS - 1).lines().last().unwrap().len() > 4);
    }
}
