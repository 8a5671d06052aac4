//! 「探す」 What staff can find a case by. Invariant: what was typed and what is kept go through the same functions, so that equal
//! is equal; both exist as keyed indexes only (`decisions.md`, Text).

use unicode_normalization::UnicodeNormalization;

use crate::{
    answers::Answers,
    form::{Form, PersonFact},
    ids::ReceiptNumber,
    time::CivilDate,
    value::{self, search_key},
};

/// The most characters of what is typed into the search.
pub const LONGEST: usize = 200;

/// Something that a case can be found by, as text for a keyed index. Each kind has a key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// 「氏名」「フリガナ」 The whole of it, or its first word.
    Name(String),
    /// 「生年月日」
    Birthdate(CivilDate),
    /// A name with the birthdate: a word of its own, so that a name that thousands have costs no more than one that nobody else has.
    NameBirthdate(String, CivilDate),
    /// 「電話番号」
    Phone(String),
}

impl Word {
    /// The name of its kind, which its key is made from.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Name(_) => "name",
            Self::Birthdate(_) => "birthdate",
            Self::NameBirthdate(..) => "name_birthdate",
            Self::Phone(_) => "phone",
        }
    }

    /// The normalised text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Name(text) | Self::Phone(text) => text.clone(),
            Self::Birthdate(day) => day.to_string(),
            // No blank stands in the key of a name.
            Self::NameBirthdate(text, day) => format!("{text} {day}"),
        }
    }
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{3000}' | '\u{a0}')
}

fn name(typed: &str) -> Option<String> {
    Some(search_key(typed)).filter(|key| !key.is_empty())
}

/// Counted on when [`words`] gives other words for the same answers, so that cases from before are indexed anew.
pub const WORDS_VERSION: u8 = 2;

/// The words of a filing: name and kana whole and by their first word, each with the birthdate, too; birthdate, telephone; none twice.
#[must_use]
pub fn words(form: &Form, answers: &Answers) -> Vec<Word> {
    let mut names = Vec::new();
    for fact in [PersonFact::Name, PersonFact::NameKana] {
        let Some(text) = form.person_field(fact).and_then(|field| answers.text(&field.id)) else { continue };
        let first = text.split(is_blank).find(|word| !word.is_empty()).and_then(name);
        names.extend(name(text).into_iter().chain(first));
    }
    let born = form.person_field(PersonFact::Birthdate).and_then(|field| answers.date(&field.id));
    let with_birthdate = |day| names.iter().map(move |name| Word::NameBirthdate(name.clone(), day));
    let mut found: Vec<Word> = born.into_iter().flat_map(with_birthdate).chain(born.map(Word::Birthdate)).collect();
    found.extend(names.iter().cloned().map(Word::Name));
    let phone = form.person_field(PersonFact::Phone).and_then(|field| answers.text(&field.id));
    found.extend(phone.and_then(|typed| value::phone(typed).ok()).map(Word::Phone));
    let mut once: Vec<Word> = Vec::with_capacity(found.len());
    for word in found {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    once
}

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// 「受付番号」
    Number(ReceiptNumber),
    /// Cases with this word.
    Word(Word),
}

impl Wanted {
    /// The name of its kind, for the audit log.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Word(word) => word.kind(),
        }
    }
}

/// Why nothing can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWanted {
    /// Nothing was typed.
    Nothing,
    /// More than [`LONGEST`] characters.
    TooLong,
}

/// A day as people write it in one line: `1995-04-01`, `1995/4/1`, `19950401`, `1995年4月1日`, `平成7年4月1日`, `H7.4.1`.
fn day(typed: &str) -> Option<CivilDate> {
    let text: String = typed.nfkc().collect();
    let parts: Vec<&str> = if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        vec![&text[..4], &text[4..6], &text[6..]]
    } else {
        let text = text.strip_suffix('日').unwrap_or(&text);
        text.split(['-', '/', '.', '年', '月']).collect()
    };
    let [year, month, date] = parts.as_slice() else { return None };
    let bounds = (CivilDate::from_parts(1868, 1, 25)?, CivilDate::from_parts(2200, 12, 31)?);
    value::date_within(year, month, date, bounds).ok()
}

/// What typed text can mean, the likeliest first: ten digits may be a receipt number or a telephone.
///
/// # Errors
/// See [`NotWanted`].
pub fn readings(typed: &str) -> Result<Vec<Wanted>, NotWanted> {
    let typed = typed.trim_matches(is_blank);
    if typed.is_empty() {
        return Err(NotWanted::Nothing);
    }
    if typed.chars().count() > LONGEST {
        return Err(NotWanted::TooLong);
    }
    let mut all = Vec::new();
    all.extend(typed.parse().ok().map(Wanted::Number));
    if let Some(born) = day(typed) {
        all.push(Wanted::Word(Word::Birthdate(born)));
        return Ok(all);
    }
    if let Ok(number) = value::phone(typed) {
        all.push(Wanted::Word(Word::Phone(number)));
        return Ok(all);
    }
    let both = typed.rsplit_once(is_blank).and_then(|(text, last)| Some((name(text)?, day(last)?)));
    if let Some((text, born)) = both {
        all.push(Wanted::Word(Word::NameBirthdate(text, born)));
        return Ok(all);
    }
    all.extend(name(typed).map(|text| Wanted::Word(Word::Name(text))));
    if all.is_empty() { Err(NotWanted::Nothing) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{answers::RawAnswers, answers::parse, catalog::Catalog};
    use proptest::prelude::*;

    fn born() -> Word {
        Word::Birthdate("1995-04-01".parse().unwrap())
    }

    fn text(typed: &str) -> Word {
        Word::Name(search_key(typed))
    }

    fn only(typed: &str) -> Wanted {
        let mut all = readings(typed).unwrap();
        assert_eq!(all.len(), 1, "{typed}: {all:?}");
        all.remove(0)
    }

    #[test]
    fn a_day_is_read_however_it_is_written() {
        let ways = [
            "1995-04-01",
            "1995/4/1",
            "19950401",
            "1995年4月1日",
            "平成7年4月1日",
            "H7.4.1",
            "１９９５－０４－０１",
            " 1995.4.1　",
        ];
        for typed in ways {
            assert_eq!(only(typed), Wanted::Word(born()), "{typed}");
        }
    }

    #[test]
    fn names_kana_and_telephones_are_read_whatever_their_width() {
        for typed in ["マドグチ ハナコ", "まどぐち　はなこ", "ﾏﾄﾞｸﾞﾁ ﾊﾅｺ", "マドグチハナコ"]
        {
            assert_eq!(only(typed), Wanted::Word(text("マドグチハナコ")), "{typed}");
            let with_birthdate = format!("{typed} 平成7年4月1日");
            let both = Word::NameBirthdate(search_key("マドグチハナコ"), "1995-04-01".parse().unwrap());
            assert_eq!(only(&with_birthdate), Wanted::Word(both), "{typed}");
        }
        for typed in ["090-1234-5678", "０９０１２３４５６７８", "090 1234 5678"] {
            assert_eq!(only(typed), Wanted::Word(Word::Phone("09012345678".to_owned())), "{typed}");
        }
        assert_eq!(readings(" 　"), Err(NotWanted::Nothing));
        assert_eq!(readings(&"あ".repeat(LONGEST + 1)), Err(NotWanted::TooLong));
    }

    #[test]
    fn a_receipt_number_may_be_something_else_as_well() {
        let number = (0..=u8::MAX)
            .map(|seed| ReceiptNumber::from_random([seed; 9]))
            .find(|number| !number.as_str().bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
            .unwrap();
        let all = readings(&number.as_str().to_lowercase()).unwrap();
        assert_eq!(all[0], Wanted::Number(number));
        assert!(all.len() <= 2, "it may be a name in Latin letters: {all:?}");
    }

    #[test]
    fn what_a_filing_says_of_a_person_finds_it() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let mut raw = RawAnswers::default();
        let inputs = [
            ("name", "髙橋 花子"),
            ("name_kana", "たかはし ハナコ"),
            ("birthdate-year", "1995"),
            ("birthdate-month", "4"),
            ("birthdate-day", "1"),
            ("phone", "090-1234-5678"),
        ];
        for (name, value) in inputs {
            raw.set(name, vec![value.to_owned()]);
        }
        let answers = parse(form, &raw, "2026-11-23".parse().unwrap()).0;
        let found = words(form, &answers);
        for typed in [
            "髙橋花子",
            "髙橋",
            "タカハシ　ハナコ",
            "ﾀｶﾊｼ",
            "1995/4/1",
            "09012345678",
            "髙橋 1995/4/1",
            "タカハシ ハナコ H7.4.1",
        ] {
            let Wanted::Word(word) = only(typed) else { panic!("{typed}") };
            assert!(found.contains(&word), "{typed}: {found:?}");
        }
        assert_eq!(found.len(), 10, "{found:?}");
        assert!(!found.contains(&text("高橋")), "another character is another name");
    }

    proptest! {
        #[test]
        fn anything_typed_is_read_or_refused(typed in "\\PC*") {
            if let Ok(all) = readings(&typed) {
                prop_assert!((1..=2).contains(&all.len()));
            }
        }
    }
}
