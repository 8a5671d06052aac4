//! 「宛名」 The municipality's residents, from an extract, and who among them an entry is about. Invariant: only one
//! resident whom all facts fit is a match; whatever is in doubt is left to people, with which facts agreed and which differed.

mod compare;
mod source;

use std::hash::{DefaultHasher, Hash, Hasher};

use intake::{my_number::MyNumber, time::CivilDate, value::search_key};

use crate::charset::NotThisCharset;
use compare::Keys;

pub use compare::{Agreement, Candidate, ComparedFact, Wanted};

/// 「宛名番号」 The number of a resident in the municipality's own systems, as the extract writes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResidentNumber(pub String);

/// So many near misses are shown at most.
const MOST_CANDIDATES: usize = 10;
/// Stands between the cells of a resident in memory; no text of an extract holds it.
const SEPARATOR: char = '\u{1f}';

/// Why an extract cannot be used. Rows are named by their number only.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// Not text in the encoding that the configuration names.
    #[error(transparent)]
    Charset(#[from] NotThisCharset),
    /// A column is missing.
    #[error("the column “{0}” is missing")]
    NoColumn(String),
    /// Not CSV.
    #[error("row {0} is not CSV, or has another number of columns than the first")]
    NotCsv(usize),
    /// No 宛名番号, or not only digits.
    #[error("row {0} has no 宛名番号 of 1 to 15 digits")]
    NoNumber(usize),
    /// The birthdate is not a day.
    #[error("row {0} has a 生年月日 that is not a day of the form YYYY-MM-DD, YYYY/MM/DD or YYYYMMDD")]
    NoBirthdate(usize),
    /// A 個人番号 with a wrong check digit.
    #[error("row {0} has a 個人番号 whose check digit is wrong")]
    BadMyNumber(usize),
    /// A control character that no text has.
    #[error("row {0} has a control character in it")]
    ControlCharacter(usize),
    /// One 宛名番号 or 個人番号 for two residents.
    #[error("row {0} has a 宛名番号 or 個人番号 that stands in an earlier row")]
    TwiceTheNumber(usize),
    /// A database is named, and no table of it.
    #[error("residents_columns must name the table")]
    NoTable,
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// The database, in its own words.
    #[error("the database of the residents: {0}")]
    Database(String),
}

/// One resident: a single text, for a city has a hundred thousand and more of them.
pub(crate) struct Resident {
    text: Box<str>,
    birthdate: CivilDate,
    /// 0 where there is none.
    my_number: u64,
}

/// What an extract says of a resident, as it writes it.
#[derive(Clone, Copy)]
pub struct ResidentFacts<'a> {
    /// 「宛名番号」
    pub number: &'a str,
    /// 「氏名」
    pub name: &'a str,
    /// 「フリガナ」
    pub name_kana: &'a str,
    /// 「性別」
    pub sex: &'a str,
    /// 「生年月日」
    pub birthdate: CivilDate,
    /// 「住所」
    pub address: &'a str,
}

impl Resident {
    fn facts(&self) -> ResidentFacts<'_> {
        let mut cells = self.text.split(SEPARATOR);
        let mut next = || cells.next().unwrap_or_default();
        ResidentFacts {
            number: next(),
            name: next(),
            name_kana: next(),
            sex: next(),
            address: next(),
            birthdate: self.birthdate,
        }
    }

    const fn my_number(&self) -> Option<u64> {
        if self.my_number == 0 { None } else { Some(self.my_number) }
    }
}

/// Who an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// One resident whom all facts fit.
    Matched(Candidate),
    /// Several residents whom the facts fit.
    Several(Vec<Candidate>),
    /// 「住登外」 Nobody; with those who come near, the nearest first.
    None(Vec<Candidate>),
    /// The 個人番号 belongs to somebody whom the other facts do not fit, or the resident has another one.
    NumberDiffers(Vec<Candidate>),
}

impl Resolution {
    /// Who is meant, or may be where it is in doubt.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        match self {
            Self::Matched(one) => std::slice::from_ref(one),
            Self::Several(some) | Self::None(some) | Self::NumberDiffers(some) => some,
        }
    }
}

/// Rows by a key: sorted, a fraction of what a map of texts would take.
#[derive(Default)]
struct Index(Vec<(u64, u32)>);

impl Index {
    fn of(&self, key: u64) -> impl Iterator<Item = u32> + '_ {
        let begin = self.0.partition_point(|(one, _)| *one < key);
        self.0[begin..].iter().take_while(move |(one, _)| *one == key).map(|(_, row)| *row)
    }

    /// The first row whose key stands in an earlier row.
    fn first_repeated(&self) -> Option<u32> {
        self.0.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min()
    }
}

/// The residents of an extract, found by 個人番号, by name, by kana and by birthdate.
#[derive(Default)]
pub struct Residents {
    rows: Vec<Resident>,
    by_number: Index,
    by_my_number: Index,
    by_name: Index,
    by_name_kana: Index,
    by_birthdate: Index,
    has_my_numbers: bool,
}

/// Residents as they are read, row by row.
struct ResidentsBuilder {
    residents: Residents,
    /// What people call the first of them: in a file with a header row, the second.
    first_row: usize,
}

impl ResidentsBuilder {
    fn new(has_my_numbers: bool, first_row: usize) -> Self {
        Self { residents: Residents { has_my_numbers, ..Residents::default() }, first_row }
    }

    /// What people call the row that comes next.
    const fn row(&self) -> usize {
        self.first_row + self.residents.rows.len()
    }

    fn add<'a>(&mut self, cell: impl Fn(usize) -> &'a str, my_number: &str) -> Result<(), ExtractError> {
        let row = self.row();
        let number = cell(0).trim();
        if !(1..=15).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ExtractError::NoNumber(row));
        }
        let my_number = match my_number.trim() {
            "" => 0,
            digits => {
                let number = MyNumber::parse(digits).map_err(|_| ExtractError::BadMyNumber(row))?;
                number.reveal().parse().map_err(|_| ExtractError::BadMyNumber(row))?
            }
        };
        let birthdate = day(cell(3).trim()).ok_or(ExtractError::NoBirthdate(row))?;
        let cells = [number, cell(1), cell(2), cell(4), cell(6)];
        if cells.iter().any(|cell| cell.contains(SEPARATOR)) {
            return Err(ExtractError::ControlCharacter(row));
        }
        let residents = &mut self.residents;
        let index = u32::try_from(residents.rows.len()).map_err(|_| ExtractError::NotCsv(row))?;
        residents.by_number.0.push((number_key(number), index));
        residents.by_name.0.push((text_key(&search_key(cell(1))), index));
        residents.by_name_kana.0.push((text_key(&search_key(cell(2))), index));
        residents.by_birthdate.0.push((day_key(birthdate), index));
        if my_number != 0 {
            residents.by_my_number.0.push((my_number, index));
        }
        residents.rows.push(Resident { text: cells.join("\u{1f}").into(), birthdate, my_number });
        Ok(())
    }

    fn finish(self) -> Result<Residents, ExtractError> {
        let Self { mut residents, first_row } = self;
        let all = [
            &mut residents.by_number,
            &mut residents.by_my_number,
            &mut residents.by_name,
            &mut residents.by_name_kana,
            &mut residents.by_birthdate,
        ];
        for index in all {
            index.0.sort_unstable();
            index.0.shrink_to_fit();
        }
        residents.rows.shrink_to_fit();
        let repeated = residents.by_number.first_repeated().into_iter().chain(residents.by_my_number.first_repeated());
        match repeated.min() {
            Some(index) => Err(ExtractError::TwiceTheNumber(first_row + index as usize)),
            None => Ok(residents),
        }
    }
}

impl Residents {
    /// How many residents there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the extract has this 宛名番号.
    #[must_use]
    pub fn has(&self, number: &str) -> bool {
        self.facts_of(number).is_some()
    }

    /// What the extract says of a resident: for people who decide, on their screen only.
    #[must_use]
    pub fn facts_of(&self, number: &str) -> Option<ResidentFacts<'_>> {
        let is_number = (1..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let found = is_number.then(|| self.by_number.of(number_key(number)).next()).flatten();
        found.map(|row| self.row(row).facts())
    }

    /// 「性別」 As the extract writes it.
    #[must_use]
    pub fn sex_of(&self, number: &str) -> Option<&str> {
        self.facts_of(number).map(|facts| facts.sex)
    }

    fn row(&self, row: u32) -> &Resident {
        &self.rows[row as usize]
    }

    /// Who the wanted person is: by 個人番号 first, then by name, birthdate and address; where these fit several, by kana
    /// and sex.
    #[must_use]
    pub fn resolve(&self, wanted: &Wanted<'_>) -> Resolution {
        let keys = Keys::of(wanted);
        let agrees = |candidate: &Candidate, facts: &[ComparedFact]| {
            facts.iter().all(|fact| candidate.of(*fact) == Agreement::Agrees)
        };
        let owner = keys.my_number.and_then(|number| self.by_my_number.of(number).next());
        if let Some(owner) = owner.map(|row| keys.compare(self.row(row))) {
            // A right number with another person's name is a slip of the pen or worse; both need eyes.
            return if agrees(&owner, &[ComparedFact::Name, ComparedFact::Birthdate]) {
                Resolution::Matched(owner)
            } else {
                Resolution::NumberDiffers(self.near(&keys))
            };
        }
        let home = [ComparedFact::Name, ComparedFact::Birthdate, ComparedFact::Address];
        let same_name = self.by_name.of(text_key(&keys.name)).map(|row| keys.compare(self.row(row)));
        let fitting = narrowed(same_name.filter(|candidate| agrees(candidate, &home)).collect());
        match fitting.as_slice() {
            // The number is nobody's here although this extract has numbers: it is not shown to be this person's.
            [_] if keys.my_number.is_some() && self.has_my_numbers => Resolution::NumberDiffers(self.near(&keys)),
            [one] => Resolution::Matched(one.clone()),
            [] => Resolution::None(self.near(&keys)),
            _ => Resolution::Several(fitting),
        }
    }

    /// Who comes near, the nearest first.
    fn near(&self, keys: &Keys) -> Vec<Candidate> {
        let by_number = keys.my_number.into_iter().flat_map(|number| self.by_my_number.of(number));
        let by_kana = keys.name_kana.iter().flat_map(|kana| self.by_name_kana.of(text_key(kana)));
        let by_name = self.by_name.of(text_key(&keys.name));
        let by_birthdate = self.by_birthdate.of(day_key(keys.birthdate));
        let mut rows: Vec<u32> = by_number.chain(by_name).chain(by_kana).chain(by_birthdate).collect();
        rows.sort_unstable();
        rows.dedup();
        let compared = rows.into_iter().map(|row| keys.compare(self.row(row)));
        let mut near: Vec<Candidate> = compared.filter(Candidate::is_near).collect();
        near.sort_by(|one, other| other.nearness().cmp(&one.nearness()).then_with(|| one.number.cmp(&other.number)));
        near.truncate(MOST_CANDIDATES);
        near
    }
}

/// Several whom the facts fit, told apart by kana and then by sex where exactly one of them agrees.
fn narrowed(several: Vec<Candidate>) -> Vec<Candidate> {
    for fact in [ComparedFact::NameKana, ComparedFact::Sex] {
        let mut agreeing = several.iter().filter(|candidate| candidate.of(fact) == Agreement::Agrees);
        let others_differ =
            several.iter().filter(|one| one.of(fact) == Agreement::Differs).count() + 1 == several.len();
        if let (Some(one), None, true) = (agreeing.next(), agreeing.next(), others_differ) {
            return vec![one.clone()];
        }
    }
    several
}

/// A number of at most fifteen digits, leading zeros and all.
fn number_key(digits: &str) -> u64 {
    let value = digits.bytes().fold(0_u64, |value, digit| value * 10 + u64::from(digit - b'0'));
    value * 16 + digits.len() as u64
}

fn text_key(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn day_key(day: CivilDate) -> u64 {
    text_key(&day.to_string())
}

/// A day as extracts write it.
fn day(text: &str) -> Option<CivilDate> {
    let dashed = text.replace('/', "-");
    let parts: Vec<&str> = match dashed.len() {
        8 if dashed.is_ascii() && !dashed.contains('-') => vec![&dashed[..4], &dashed[4..6], &dashed[6..]],
        _ => dashed.split('-').collect(),
    };
    let [year, month, day] = parts[..] else { return None };
    CivilDate::from_parts(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use intake::export::Sex;
    use proptest::prelude::*;

    use super::*;
    use crate::{charset::Charset, config::ResidentsColumns};

    const EXTRACT: &str = "宛名番号,氏名,フリガナ,生年月日,性別,郵便番号,住所,個人番号
000000000000001,髙﨑　花子,タカサキ ハナコ,1996-04-02,女,360-8601,熊谷市宮町二丁目４７番地１,123456789018
000000000000002,佐藤 花子,サトウ ハナコ,1990/1/8,女,360-8601,熊谷市宮町1,987654321093
000000000000003,佐藤花子,サトウ ハナコ,19900108,女,360-8601,熊谷市宮町１,
000000000000004,鈴木 一,スズキ ハジメ,1990-01-08,女,360-8601,熊谷市宮町2,111111111118
";

    fn read(text: &[u8], charset: Charset) -> Result<Residents, ExtractError> {
        Residents::read_csv(text, &ResidentsColumns::default(), charset)
    }

    fn residents() -> Residents {
        read(EXTRACT.as_bytes(), Charset::Utf8).unwrap()
    }

    fn resolved(name: &str, born: &str, address: &str, number: Option<&str>) -> Resolution {
        let number = number.map(|number| MyNumber::parse(number).unwrap());
        let birthdate = born.parse().unwrap();
        let (my_number, name_kana, sex) = (number.as_ref(), None, Sex::Unknown);
        residents().resolve(&Wanted { my_number, name, name_kana, birthdate, sex, address })
    }

    fn number(last: u8) -> ResidentNumber {
        ResidentNumber(format!("{last:015}"))
    }

    fn matched(resolution: &Resolution) -> Option<ResidentNumber> {
        match resolution {
            Resolution::Matched(one) => Some(one.number.clone()),
            _ => None,
        }
    }

    /// Who may be meant, by the last digit, and the facts that agree.
    fn told(resolution: &Resolution) -> Vec<(String, String)> {
        let last = |one: &Candidate| one.number.0.trim_start_matches('0').to_owned();
        resolution.candidates().iter().map(|one| (last(one), one.named(Agreement::Agrees))).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(number, facts)| ((*number).to_owned(), (*facts).to_owned())).collect()
    }

    #[test]
    fn one_resident_is_found_however_the_facts_are_written() {
        let one = Some(number(1));
        assert_eq!(matched(&resolved("髙﨑花子", "1996-04-02", "熊谷市宮町二丁目47番地1", None)), one);
        assert_eq!(matched(&resolved("髙﨑 花子", "1996-04-02", "moved away", Some("123456789018"))), one);
    }

    #[test]
    fn doubt_is_left_to_people_with_which_facts_agree() {
        let several = resolved("佐藤花子", "1990-01-08", "熊谷市宮町1", None);
        assert!(matches!(several, Resolution::Several(_)));
        assert_eq!(told(&several), pairs(&[("2", "name,birthdate,address"), ("3", "name,birthdate,address")]));
        let home = "熊谷市宮町二丁目47番地1";
        for (name, born, address, near) in [
            ("髙﨑花子", "1996-04-02", "熊谷市宮町9", &[("1", "name,birthdate")][..]),
            ("高崎花子", "1996-04-02", home, &[("1", "birthdate,address")]),
            ("髙﨑花子", "1996-04-03", home, &[("1", "name,address")]),
            ("高崎花子", "1996-04-03", home, &[]),
            ("知らない人", "1996-04-02", "熊谷市", &[]),
        ] {
            let none = resolved(name, born, address, None);
            assert!(matches!(none, Resolution::None(_)), "{name}");
            assert_eq!(told(&none), pairs(near), "{name} {born} {address}");
        }
    }

    #[test]
    fn a_number_of_somebody_else_is_no_match() {
        let home = "熊谷市宮町二丁目47番地1";
        let other = resolved("髙﨑花子", "1996-04-02", home, Some("987654321093"));
        assert!(matches!(other, Resolution::NumberDiffers(_)));
        assert_eq!(told(&other), pairs(&[("1", "name,birthdate,address"), ("2", "my_number")]));
        assert_eq!(other.candidates()[0].named(Agreement::Differs), "my_number");
        let nobodys = resolved("髙﨑花子", "1996-04-02", home, Some("314159265352"));
        assert!(matches!(nobodys, Resolution::NumberDiffers(_)));
        assert_eq!(told(&nobodys), pairs(&[("1", "name,birthdate,address")]));
    }

    #[test]
    fn kana_and_sex_tell_two_apart_whom_all_else_fits() {
        let extract = EXTRACT.replace("佐藤花子,サトウ ハナコ", "佐藤花子,サトウ カコ");
        let residents = read(extract.as_bytes(), Charset::Utf8).unwrap();
        let wanted = |name_kana, sex| {
            let (name, birthdate) = ("佐藤花子", "1990-01-08".parse().unwrap());
            residents.resolve(&Wanted { my_number: None, name, name_kana, birthdate, sex, address: "熊谷市宮町1" })
        };
        assert_eq!(matched(&wanted(Some("さとう かこ"), Sex::Unknown)), Some(number(3)));
        assert!(matches!(wanted(Some("さとう よしこ"), Sex::Unknown), Resolution::Several(_)));
        assert!(matches!(wanted(None, Sex::Female), Resolution::Several(_)));
    }

    #[test]
    fn an_extract_that_cannot_be_trusted_is_refused_whole() {
        let read_with = |from: &str, to: &str| {
            assert!(EXTRACT.contains(from));
            read(EXTRACT.replacen(from, to, 1).as_bytes(), Charset::Utf8).err()
        };
        assert_eq!(read_with("フリガナ,", "かな,"), Some(ExtractError::NoColumn("フリガナ".to_owned())));
        assert_eq!(read_with("000000000000002", "000000000000001"), Some(ExtractError::TwiceTheNumber(3)));
        assert_eq!(read_with("987654321093", "123456789018"), Some(ExtractError::TwiceTheNumber(3)));
        assert_eq!(read_with("000000000000002", "x"), Some(ExtractError::NoNumber(3)));
        assert_eq!(read_with("19900108", "1990年"), Some(ExtractError::NoBirthdate(4)));
        assert_eq!(read_with("111111111118", "111111111111"), Some(ExtractError::BadMyNumber(5)));
        assert_eq!(read_with("女,360-8601", "女"), Some(ExtractError::NotCsv(2)));
        assert_eq!(read_with("鈴木 一", "鈴木\u{1f}一"), Some(ExtractError::ControlCharacter(5)));
        assert_eq!(read(b"\xff", Charset::Utf8).err(), Some(ExtractError::Charset(NotThisCharset)));
    }

    proptest! {
        #[test]
        fn no_extract_makes_it_panic(rows in "\\PC{0,60}|([0-9,\"\\n年/-]{0,60})", raw: Vec<u8>) {
            let _ = read(format!("{}\n{rows}", ResidentsColumns::default().required().join(",")).as_bytes(), Charset::Utf8);
            for charset in [Charset::Utf8, Charset::Windows31J] {
                let _ = read(&raw, charset);
            }
        }
    }
}
