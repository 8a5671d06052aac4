//! 「EPDS」 Edinburgh Postnatal Depression Scale (Cox, Holden, Sagovsky 1987; `domain.md` §5): the one place that scores, and
//! the text packs. Invariant: a total exists only where all ten items are answered; wording and order are the pack's.
//!
//! The wording is licensed, so it comes as a pack from whoever has the permission; the repository holds a demonstration in
//! words of its own. From which scores on somebody is asked to look is the pack's, for it depends on the wording; what it means
//! the office judges.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    answers::Answers,
    export::Epds,
    form::{EPDS_POSITIONS, Form},
    furigana, journey,
    time::CivilDate,
};

/// How many items the scale has.
pub const ITEMS: usize = 10;
/// 「自分を傷つける考え」 The item that is looked at whatever the total is.
pub const SELF_HARM_ITEM: u8 = 10;
/// The items whose first option scores 0; all others are shown from 3 down to 0.
const FROM_ZERO: [u8; 3] = [1, 2, 4];

/// The score of one item, 0 to 3, by the position (1 to 4) of the option that was chosen; none outside the scale.
#[must_use]
pub fn item_score(item: u8, position: u8) -> Option<u32> {
    if !(1..=10).contains(&item) || !(1..=4).contains(&position) {
        return None;
    }
    Some(u32::from(if FROM_ZERO.contains(&item) { position - 1 } else { 4 - position }))
}

/// What the ten answers come to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Score {
    /// The scores of the items in their order; none where an item was not answered.
    pub items: [Option<u32>; ITEMS],
}

impl Score {
    /// The scores of the answers to a form with the ten items; none for any other form.
    #[must_use]
    pub fn of(form: &Form, answers: &Answers) -> Option<Self> {
        let fields = form.epds_items();
        if fields.len() != ITEMS {
            return None;
        }
        let mut items = [None; ITEMS];
        for (place, (item, field)) in items.iter_mut().zip(fields) {
            let code = answers.choice(&field.id);
            let position = code.and_then(|code| EPDS_POSITIONS.iter().position(|known| *known == code));
            *place = position.and_then(|position| item_score(item, u8::try_from(position + 1).ok()?));
        }
        Some(Self { items })
    }

    /// 「合計点」 0 to 30; none unless every item was answered.
    #[must_use]
    pub fn total(&self) -> Option<u32> {
        self.items.iter().copied().sum()
    }

    /// 「項目10」 0 to 3; none if it was not answered.
    #[must_use]
    pub const fn item10(&self) -> Option<u32> {
        self.items[SELF_HARM_ITEM as usize - 1]
    }

    /// How many items were answered.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.items.iter().flatten().count()
    }
}

/// 「確認の目安」 From which scores on a public health nurse is asked to look at once. It is no judgement: the instrument screens,
/// and does not diagnose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LookAt {
    /// 「合計点」 Of the Japanese version 9 (岡野ら 1996).
    pub total: u32,
    /// 「項目10」 Whatever the total is.
    pub item10: u32,
}

impl Default for LookAt {
    fn default() -> Self {
        Self { total: 9, item10: 1 }
    }
}

/// How soon somebody is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Within hours, by day and by night: item 10.
    AtOnce,
    /// On a working day.
    Soon,
}

impl LookAt {
    /// Whether somebody is to look, and how soon. Items that were left out count for nothing: what is there is enough, or it
    /// is not known.
    #[must_use]
    pub fn urgency(self, score: &Score) -> Option<Urgency> {
        let at_least: u32 = score.items.iter().flatten().sum();
        if score.item10().is_some_and(|item10| item10 >= self.item10) {
            Some(Urgency::AtOnce)
        } else {
            (at_least >= self.total).then_some(Urgency::Soon)
        }
    }

    const fn is_possible(self) -> bool {
        1 <= self.total && self.total <= 30 && 1 <= self.item10 && self.item10 <= 3
    }
}

impl std::fmt::Debug for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[score]")
    }
}

/// What an entry says of the EPDS (`handover.md` §2): nothing unless all ten items were answered.
#[must_use]
pub fn for_entry(form: &Form, answers: &Answers, text_pack: &str) -> Option<Epds> {
    let score = Score::of(form, answers)?;
    let occasion = match journey::extra_answer(form, answers, "occasion") {
        Some(crate::answers::Answer::Choice(code)) => code.clone(),
        _ => return None,
    };
    Some(Epds { occasion, text_pack: text_pack.to_owned(), total: score.total()?, item10: score.item10()? })
}

/// The demonstration packs that ship with the portal, by file name: no instrument, and said to be none.
pub const DEMONSTRATION: &[(&str, &str)] = &[
    ("epds.demonstration.ja.json", include_str!("../forms/epds.demonstration.ja.json")),
    ("epds.demonstration.ja-easy.json", include_str!("../forms/epds.demonstration.ja-easy.json")),
    ("epds.demonstration.en.json", include_str!("../forms/epds.demonstration.en.json")),
];

/// A text pack: the questions and options in one language, word for word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextPack {
    /// Version of this format: 1.
    pub v: u32,
    /// Its name, such as `okano-1996`.
    pub id: String,
    /// BCP 47; `ja-easy` for やさしい日本語.
    pub language: String,
    /// The name of the instrument.
    pub title: String,
    /// Which days are asked about, in the words of the instrument.
    pub reference_period: String,
    /// The ten items in their order.
    pub items: Vec<PackItem>,
    /// The source line that is shown with the items.
    pub source: String,
    /// Who holds the permission to use the wording.
    pub permission_holder: Option<String>,
    /// Since when.
    pub permission_date: Option<CivilDate>,
    /// Made-up wording, to practise with.
    #[serde(default)]
    pub demonstration: bool,
    /// 「確認の目安」 From which scores on somebody is asked to look.
    #[serde(default)]
    pub look_at: LookAt,
    /// See [`TextPack::sha256`].
    #[serde(skip)]
    sha256: String,
}

/// One item of a text pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackItem {
    /// Its number, 1 to 10.
    pub n: u8,
    /// The question.
    pub question: String,
    /// The four options in the order in which they are shown.
    pub options: [String; 4],
}

/// What is wrong with a text pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackFault {
    /// Not a text pack.
    #[error("line {line}: not a text pack")]
    Unreadable {
        /// Line from 1.
        line: usize,
    },
    /// Another version of the format.
    #[error("a text pack of another version")]
    Version,
    /// Not the ten items in their order.
    #[error("a text pack has the items 1 to 10 in their order")]
    Items,
    /// An empty question, option, title, source line or id.
    #[error("a text of the pack is empty")]
    Empty,
    /// A reading in やさしい日本語 that belongs to no kanji.
    #[error("a text of the pack has furigana that belong to nothing")]
    Furigana,
    /// Scores that cannot be reached, or always are.
    #[error("`look_at` has a total of 1 to 30 and an item10 of 1 to 3")]
    LookAt,
    /// Real wording without the permission to use it.
    #[error("a text pack names who has permission to use the wording, and since when, or is a demonstration")]
    NoPermission,
}

impl TextPack {
    /// Reads and checks a pack (JSON).
    ///
    /// # Errors
    /// See [`PackFault`].
    pub fn read(json: &str) -> Result<Self, PackFault> {
        let mut pack: Self =
            serde_json::from_str(json).map_err(|error| PackFault::Unreadable { line: error.line() })?;
        if pack.v != 1 {
            return Err(PackFault::Version);
        }
        if !pack.items.iter().map(|item| item.n).eq(1..=10) {
            return Err(PackFault::Items);
        }
        let of_items = pack.items.iter().flat_map(|item| std::iter::once(&item.question).chain(&item.options));
        let texts: Vec<&String> = of_items.chain([&pack.id, &pack.language, &pack.title, &pack.source]).collect();
        if texts.iter().any(|text| text.trim().is_empty()) {
            return Err(PackFault::Empty);
        }
        let permitted = pack.permission_holder.as_deref().is_some_and(|holder| !holder.trim().is_empty());
        let licensed = permitted && pack.permission_date.is_some();
        if !licensed && !pack.demonstration {
            return Err(PackFault::NoPermission);
        }
        if !pack.look_at.is_possible() {
            return Err(PackFault::LookAt);
        }
        // The text stays as it is written; pages put the readings above it.
        if pack.language == "ja-easy" && texts.iter().any(|text| furigana::read(text).is_err()) {
            return Err(PackFault::Furigana);
        }
        pack.sha256 = Sha256::digest(json).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Ok(pack)
    }

    /// SHA-256 of the file, in lower-case hexadecimal: what a lock file pins, and a case remembers.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// An item by its number.
    #[must_use]
    pub fn item(&self, number: u8) -> Option<&PackItem> {
        self.items.iter().find(|item| item.n == number)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::answers::{RawAnswers, parse};

    /// A form with the ten items, as small as one can be.
    fn form() -> Form {
        let mut text = String::from(
            "id = \"epds\"\nversion = 1\nrecord = \"EPDS\"\ntitle = { ja = \"x\" }\nsummary = { ja = \"x\" }\n\
             purpose = { ja = \"x\" }\nneeded = []\nminutes = 5\nproxy = \"noted\"\ncompartment = \"epds\"\n\
             draft = \"session\"\n[[page]]\nid = \"first\"\ntitle = { ja = \"x\" }\n\
             [[page.field]]\nid = \"name\"\nkind = \"name\"\nperson = \"name\"\nlabel = { ja = \"x\" }\n\
             [[page.field]]\nid = \"occasion\"\nkind = \"single\"\nextra = \"occasion\"\nlabel = { ja = \"x\" }\n\
             choices = [{ code = \"one_month\", label = { ja = \"x\" } }]\n",
        );
        for item in 1..=10 {
            text += &format!(
                "[[page.field]]\nid = \"item{item}\"\nkind = \"epds_item\"\nepds_item = {item}\nlabel = {{ ja = \"x\" }}\n"
            );
        }
        crate::catalog::read(&text).unwrap()
    }

    fn answers(positions: [u8; 10]) -> Answers {
        let mut raw = RawAnswers::default();
        raw.set("occasion", vec!["one_month".to_owned()]);
        for (place, position) in positions.iter().enumerate() {
            let typed = if *position == 0 { Vec::new() } else { vec![position.to_string()] };
            raw.set(&format!("item{}", place + 1), typed);
        }
        parse(&form(), &raw, "2026-11-23".parse().unwrap()).0
    }

    fn score(positions: [u8; 10]) -> Score {
        Score::of(&form(), &answers(positions)).unwrap()
    }

    /// Display order of scores, item by item, from Cox et al. 1987 and the Japanese version (`domain.md` §5.1).
    const GOLDEN: [[u32; 4]; 10] = [
        [0, 1, 2, 3],
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [3, 2, 1, 0],
        [3, 2, 1, 0],
        [3, 2, 1, 0],
        [3, 2, 1, 0],
        [3, 2, 1, 0],
    ];

    #[test]
    fn every_item_scores_in_its_direction_at_every_position() {
        for (item, scores) in (1..).zip(GOLDEN) {
            for (position, expected) in (1..).zip(scores) {
                assert_eq!(item_score(item, position), Some(expected), "item {item}, position {position}");
                let mut positions = [0; 10];
                positions[usize::from(item) - 1] = position;
                assert_eq!(score(positions).items[usize::from(item) - 1], Some(expected));
            }
        }
        for (item, position) in [(0, 1), (11, 1), (1, 0), (1, 5)] {
            assert_eq!(item_score(item, position), None);
        }
    }

    #[test]
    fn the_total_is_the_sum_and_item_ten_is_among_it() {
        assert_eq!(score([1, 1, 4, 1, 4, 4, 4, 4, 4, 4]).total(), Some(0));
        assert_eq!(score([4, 4, 1, 4, 1, 1, 1, 1, 1, 1]).total(), Some(30));
        let mixed = score([2, 1, 3, 2, 4, 2, 3, 3, 4, 3]);
        assert_eq!((mixed.total(), mixed.item10()), (Some(1 + 1 + 1 + 2 + 1 + 1 + 1), Some(1)));
    }

    #[test]
    fn without_all_ten_there_is_no_total() {
        let whole = [1, 1, 4, 1, 4, 4, 4, 4, 4, 2];
        assert_eq!(score(whole).item10(), Some(2));
        for left_out in 0..10 {
            let mut positions = whole;
            positions[left_out] = 0;
            let found = score(positions);
            assert_eq!((found.total(), found.answered()), (None, 9));
            assert!(for_entry(&form(), &answers(positions), "x").is_none());
        }
        let epds = for_entry(&form(), &answers(whole), "pack").unwrap();
        assert_eq!((epds.total, epds.item10, epds.occasion.as_str()), (2, 2, "one_month"));
    }

    #[test]
    fn nine_points_or_one_of_item_ten_ask_for_a_look_also_where_items_were_left_out() {
        let of = |positions| LookAt::default().urgency(&score(positions));
        assert_eq!(of([1, 1, 4, 1, 4, 4, 4, 4, 4, 4]), None);
        assert_eq!(of([4, 4, 3, 2, 4, 4, 4, 4, 4, 4]), None, "8");
        assert_eq!(of([4, 4, 2, 2, 4, 4, 4, 4, 4, 4]), Some(Urgency::Soon), "9");
        assert_eq!(of([1, 1, 4, 1, 4, 4, 4, 4, 4, 3]), Some(Urgency::AtOnce), "item 10 alone");
        assert_eq!(of([4, 4, 1, 4, 1, 1, 1, 1, 1, 1]), Some(Urgency::AtOnce));
        assert_eq!(of([0, 0, 1, 4, 1, 4, 4, 4, 4, 4]), Some(Urgency::Soon), "9 of eight items are at least 9");
        assert_eq!(of([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(of([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), Some(Urgency::AtOnce));
        let other = LookAt { total: 13, item10: 2 };
        assert_eq!(other.urgency(&score([4, 4, 2, 2, 4, 4, 4, 4, 4, 3])), None);
        assert_eq!(pack_with(|pack| pack["look_at"] = serde_json::json!({"total": 13})).unwrap().look_at.total, 13);
        assert_eq!(pack_with(|pack| pack["look_at"] = serde_json::json!({"total": 0})), Err(PackFault::LookAt));
        assert_eq!(pack_with(|_| {}).unwrap().look_at, LookAt::default());
    }

    fn pack_with(change: impl Fn(&mut serde_json::Value)) -> Result<TextPack, PackFault> {
        let item = |n: usize| serde_json::json!({ "n": n, "question": "q", "options": ["a", "b", "c", "d"] });
        let mut pack = serde_json::json!({
            "v": 1, "id": "x", "language": "ja", "title": "t", "reference_period": "", "source": "s",
            "items": (1..=10).map(item).collect::<Vec<_>>(),
            "permission_holder": "City", "permission_date": "2026-04-01",
        });
        change(&mut pack);
        TextPack::read(&pack.to_string())
    }

    #[test]
    fn the_demonstration_packs_can_be_read_and_say_that_they_are_no_instrument() {
        for (file, text) in DEMONSTRATION {
            let pack = TextPack::read(text).unwrap_or_else(|fault| panic!("{file}: {fault}"));
            assert!(pack.demonstration && pack.permission_holder.is_none(), "{file}");
            assert_eq!(format!("epds.demonstration.{}.json", pack.language), **file);
        }
    }

    #[test]
    fn a_pack_is_whole_and_permitted_or_a_demonstration() {
        let pack = pack_with(|_| {}).unwrap();
        assert_eq!(pack.sha256().len(), 64);
        assert_eq!(pack.item(10).unwrap().options[3], "d");
        assert_eq!(pack_with(|pack| pack["v"] = 2.into()), Err(PackFault::Version));
        assert_eq!(pack_with(|pack| pack["items"][3]["n"] = 3.into()), Err(PackFault::Items));
        assert_eq!(pack_with(|pack| pack["items"][3]["options"][1] = " ".into()), Err(PackFault::Empty));
        assert_eq!(pack_with(|pack| pack["permission_date"] = serde_json::Value::Null), Err(PackFault::NoPermission));
        assert_eq!(pack_with(|pack| pack["surprise"] = 1.into()), Err(PackFault::Unreadable { line: 1 }));
        let demonstration = pack_with(|pack| {
            pack["permission_holder"] = serde_json::Value::Null;
            pack["demonstration"] = true.into();
        });
        assert!(demonstration.unwrap().demonstration);
    }
}
