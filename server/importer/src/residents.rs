//! 「宛名」 The municipality's residents, from an extract, and who among them an entry is about. Invariant: only one
//! resident whom all facts fit is a match; whatever is in doubt is left to people.

use std::collections::HashMap;

use intake::{my_number::MyNumber, time::CivilDate, value::search_key};

use crate::charset::{Charset, NotThisCharset};

/// 「宛名番号」 The number of a resident in the municipality's own systems, as the extract writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResidentNumber(pub String);

/// The columns of the extract, by their headers. 個人番号 may be missing.
const COLUMNS: [&str; 7] = ["宛名番号", "氏名", "フリガナ", "生年月日", "性別", "郵便番号", "住所"];
const MY_NUMBER: &str = "個人番号";

/// Why an extract cannot be used. Rows are named by their number only.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// Not text in the encoding that the configuration names.
    #[error(transparent)]
    Charset(#[from] NotThisCharset),
    /// A column is missing.
    #[error("the column “{0}” is missing")]
    NoColumn(&'static str),
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
    /// One 宛名番号 or 個人番号 for two residents.
    #[error("row {0} has a 宛名番号 or 個人番号 that stands in an earlier row")]
    TwiceTheNumber(usize),
}

/// One resident.
struct Resident {
    number: ResidentNumber,
    name_key: String,
    birthdate: CivilDate,
    sex: String,
    address_key: String,
    my_number: Option<MyNumber>,
}

/// What is known of the person of an entry.
pub struct Wanted<'a> {
    /// 「個人番号」, if the entry bears one.
    pub my_number: Option<&'a MyNumber>,
    /// 「氏名」
    pub name: &'a str,
    /// 「生年月日」
    pub birthdate: CivilDate,
    /// 「住所」
    pub address: &'a str,
}

/// Who an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// One resident whom all facts fit.
    Matched(ResidentNumber),
    /// Several residents whom the facts fit.
    Several(Vec<ResidentNumber>),
    /// 「住登外」 Nobody; with those of the same name and birthdate who live elsewhere.
    None(Vec<ResidentNumber>),
    /// The 個人番号 belongs to somebody whom the other facts do not fit, or the resident has another one.
    NumberDiffers(Vec<ResidentNumber>),
}

/// The residents of an extract, found by 個人番号 and by name and birthdate.
pub struct Residents {
    rows: Vec<Resident>,
    by_my_number: HashMap<String, usize>,
    by_name: HashMap<(String, CivilDate), Vec<usize>>,
    by_number: HashMap<String, usize>,
    has_my_numbers: bool,
}

impl Residents {
    /// Reads an extract: CSV with a header row, columns in any order, other columns ignored.
    ///
    /// # Errors
    /// The first row that cannot be used; an extract is used whole or not at all.
    pub fn read(bytes: &[u8], charset: Charset) -> Result<Self, ExtractError> {
        let text = charset.decode(bytes)?;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().map_err(|_| ExtractError::NotCsv(1))?.clone();
        let place = |column: &str| headers.iter().position(|header| header.trim() == column);
        let mut places = [0; COLUMNS.len()];
        for (slot, column) in places.iter_mut().zip(COLUMNS) {
            *slot = place(column).ok_or(ExtractError::NoColumn(column))?;
        }
        let my_number_place = place(MY_NUMBER);
        let mut residents = Self {
            rows: Vec::new(),
            by_my_number: HashMap::new(),
            by_name: HashMap::new(),
            by_number: HashMap::new(),
            has_my_numbers: my_number_place.is_some(),
        };
        for (row, record) in (2..).zip(reader.records()) {
            let record = record.map_err(|_| ExtractError::NotCsv(row))?;
            let cell = |column: usize| record.get(places[column]).unwrap_or_default();
            let my_number = my_number_place.and_then(|place| record.get(place)).unwrap_or_default();
            residents.add(row, resident(row, cell, my_number)?)?;
        }
        Ok(residents)
    }

    fn add(&mut self, row: usize, resident: Resident) -> Result<(), ExtractError> {
        let index = self.rows.len();
        if self.by_number.insert(resident.number.0.clone(), index).is_some() {
            return Err(ExtractError::TwiceTheNumber(row));
        }
        if let Some(number) = &resident.my_number
            && self.by_my_number.insert(number.reveal().to_owned(), index).is_some()
        {
            return Err(ExtractError::TwiceTheNumber(row));
        }
        self.by_name.entry((resident.name_key.clone(), resident.birthdate)).or_default().push(index);
        self.rows.push(resident);
        Ok(())
    }

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
        self.by_number.contains_key(number)
    }

    /// 「性別」 As the extract writes it.
    #[must_use]
    pub fn sex_of(&self, number: &str) -> Option<&str> {
        self.by_number.get(number).map(|index| self.rows[*index].sex.as_str())
    }

    /// Who the wanted person is: by 個人番号 first, then by name, birthdate and address.
    #[must_use]
    pub fn resolve(&self, wanted: &Wanted<'_>) -> Resolution {
        let same_name = self.by_name.get(&(search_key(wanted.name), wanted.birthdate)).map_or(&[][..], Vec::as_slice);
        if let Some(index) = wanted.my_number.and_then(|number| self.by_my_number.get(number.reveal())) {
            // A right number with another person's name is a slip of the pen or worse; both need eyes.
            return if same_name.contains(index) {
                Resolution::Matched(self.rows[*index].number.clone())
            } else {
                Resolution::NumberDiffers(self.numbers(&[*index]))
            };
        }
        let address = search_key(wanted.address);
        let at_home: Vec<usize> =
            same_name.iter().copied().filter(|index| self.rows[*index].address_key == address).collect();
        match at_home.as_slice() {
            // The number is nobody's here although this extract has numbers: it is not shown to be this person's.
            [_] if wanted.my_number.is_some() && self.has_my_numbers => {
                Resolution::NumberDiffers(self.numbers(&at_home))
            }
            [one] => Resolution::Matched(self.rows[*one].number.clone()),
            [] => Resolution::None(self.numbers(same_name)),
            several => Resolution::Several(self.numbers(several)),
        }
    }

    fn numbers(&self, indexes: &[usize]) -> Vec<ResidentNumber> {
        indexes.iter().map(|index| self.rows[*index].number.clone()).collect()
    }
}

fn resident<'a>(row: usize, cell: impl Fn(usize) -> &'a str, my_number: &str) -> Result<Resident, ExtractError> {
    let number = cell(0).trim();
    if !(1..=15).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ExtractError::NoNumber(row));
    }
    let my_number = match my_number.trim() {
        "" => None,
        digits => Some(MyNumber::parse(digits).map_err(|_| ExtractError::BadMyNumber(row))?),
    };
    Ok(Resident {
        number: ResidentNumber(number.to_owned()),
        name_key: search_key(cell(1)),
        birthdate: day(cell(3).trim()).ok_or(ExtractError::NoBirthdate(row))?,
        sex: cell(4).to_owned(),
        address_key: search_key(cell(6)),
        my_number,
    })
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
    use proptest::prelude::*;

    use super::*;

    const EXTRACT: &str = "宛名番号,氏名,フリガナ,生年月日,性別,郵便番号,住所,個人番号
000000000000001,髙﨑　花子,タカサキ ハナコ,1996-04-02,女,360-8601,熊谷市宮町二丁目４７番地１,123456789018
000000000000002,佐藤 花子,サトウ ハナコ,1990/1/8,女,360-8601,熊谷市宮町1,987654321093
000000000000003,佐藤花子,サトウ ハナコ,19900108,女,360-8601,熊谷市宮町１,
000000000000004,鈴木 一,スズキ ハジメ,1990-01-08,女,360-8601,熊谷市宮町2,111111111118
";

    fn residents() -> Residents {
        Residents::read(EXTRACT.as_bytes(), Charset::Utf8).unwrap()
    }

    fn resolved(name: &str, born: &str, address: &str, number: Option<&str>) -> Resolution {
        let number = number.map(|number| MyNumber::parse(number).unwrap());
        let birthdate = born.parse().unwrap();
        residents().resolve(&Wanted { my_number: number.as_ref(), name, birthdate, address })
    }

    fn numbers(last: &[u8]) -> Vec<ResidentNumber> {
        last.iter().map(|digit| ResidentNumber(format!("{digit:015}"))).collect()
    }

    #[test]
    fn one_resident_is_found_however_the_facts_are_written() {
        let one = Resolution::Matched(numbers(&[1]).remove(0));
        assert_eq!(resolved("髙﨑花子", "1996-04-02", "熊谷市宮町二丁目47番地1", None), one);
        assert_eq!(resolved("髙﨑 花子", "1996-04-02", "moved away", Some("123456789018")), one);
    }

    #[test]
    fn doubt_is_left_to_people() {
        assert_eq!(resolved("佐藤花子", "1990-01-08", "熊谷市宮町1", None), Resolution::Several(numbers(&[2, 3])));
        assert_eq!(resolved("髙﨑花子", "1996-04-02", "熊谷市宮町9", None), Resolution::None(numbers(&[1])));
        assert_eq!(resolved("高崎花子", "1996-04-02", "熊谷市宮町二丁目47番地1", None), Resolution::None(vec![]));
        assert_eq!(resolved("髙﨑花子", "1996-04-03", "熊谷市宮町二丁目47番地1", None), Resolution::None(vec![]));
    }

    #[test]
    fn a_number_of_somebody_else_is_no_match() {
        let home = "熊谷市宮町二丁目47番地1";
        let other = resolved("髙﨑花子", "1996-04-02", home, Some("987654321093"));
        assert_eq!(other, Resolution::NumberDiffers(numbers(&[2])));
        let nobodys = resolved("髙﨑花子", "1996-04-02", home, Some("314159265352"));
        assert_eq!(nobodys, Resolution::NumberDiffers(numbers(&[1])));
    }

    #[test]
    fn an_extract_that_cannot_be_trusted_is_refused_whole() {
        let read = |from: &str, to: &str| {
            assert!(EXTRACT.contains(from));
            Residents::read(EXTRACT.replacen(from, to, 1).as_bytes(), Charset::Utf8).err()
        };
        assert_eq!(read("フリガナ,", "かな,"), Some(ExtractError::NoColumn("フリガナ")));
        assert_eq!(read("000000000000002", "000000000000001"), Some(ExtractError::TwiceTheNumber(3)));
        assert_eq!(read("987654321093", "123456789018"), Some(ExtractError::TwiceTheNumber(3)));
        assert_eq!(read("000000000000002", "x"), Some(ExtractError::NoNumber(3)));
        assert_eq!(read("19900108", "1990年"), Some(ExtractError::NoBirthdate(4)));
        assert_eq!(read("111111111118", "111111111111"), Some(ExtractError::BadMyNumber(5)));
        assert_eq!(read("女,360-8601", "女"), Some(ExtractError::NotCsv(2)));
        assert_eq!(Residents::read(b"\xff", Charset::Utf8).err(), Some(ExtractError::Charset(NotThisCharset)));
    }

    proptest! {
        #[test]
        fn no_extract_makes_it_panic(rows in "\\PC{0,60}|([0-9,\"\\n年/-]{0,60})", raw: Vec<u8>) {
            let _ = Residents::read(format!("{}\n{rows}", COLUMNS.join(",")).as_bytes(), Charset::Utf8);
            for charset in [Charset::Utf8, Charset::Windows31J] {
                let _ = Residents::read(&raw, charset);
            }
        }
    }
}
