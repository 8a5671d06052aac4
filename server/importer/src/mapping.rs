//! 「変換表」 The mapping file: our codes to those of the health information system, the columns, the encoding. Invariant:
//! a line of CSV either says exactly what the entry says, by this mapping, or is not made and it is told why; nothing is
//! replaced that the file does not name.

use std::collections::BTreeMap;

use intake::form::Form;
use serde::Deserialize;

use crate::{
    charset::{Charset, code_points},
    record::{DECLINED, Fact, Facts, default_columns, is_fact_name},
};

/// One column of the CSV.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What stands in the header row.
    pub header: String,
    /// The name of the fact, such as `item.9`.
    pub from: String,
    /// Whether the code is written or what it reads.
    #[serde(default)]
    pub part: Part,
}

/// Which part of a choice a column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The code, or the vendor's code for it.
    #[default]
    Code,
    /// The label, or the detail that was given (その他).
    Text,
}

/// A mapping file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// How the CSV is encoded.
    #[serde(default)]
    encoding: Charset,
    /// Whether a cell that a spreadsheet would take for a formula gets an apostrophe in front.
    #[serde(default)]
    spreadsheet_safe: bool,
    /// What stands between several codes in one cell.
    #[serde(default = "bar")]
    separator: String,
    /// The columns in order; without any, those of the record list.
    #[serde(default, rename = "column")]
    columns: Vec<Column>,
    /// The vendor's code for each of our codes, by the name of the fact.
    #[serde(default)]
    codes: BTreeMap<String, BTreeMap<String, String>>,
    /// Characters that the office has decided to write in another way.
    #[serde(default)]
    characters: BTreeMap<char, String>,
}

fn bar() -> String {
    "|".to_owned()
}

/// What is wrong with a mapping file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not a mapping file.
    #[error("line {line}: {message}")]
    Unreadable {
        /// Line from 1; 0 if unknown.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A fact that no entry has.
    #[error("“{0}” is no part of an entry")]
    UnknownFact(String),
    /// Two columns with one header.
    #[error("two columns have the header “{0}”")]
    TwiceTheHeader(String),
    /// A header that the encoding does not have.
    #[error("the header “{0}” cannot be written in this encoding: {1}")]
    Header(String, String),
}

/// Why a cell could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmappable {
    /// The column's header.
    pub header: String,
    /// What it is about.
    pub what: Stranger,
}

/// What has no counterpart on the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// Characters that the encoding does not have.
    Characters(Vec<char>),
    /// Codes for which the mapping names no counterpart, although it names some for this fact.
    Codes(Vec<String>),
}

impl std::fmt::Display for Unmappable {
    /// Code points are told; codes are answers, and only their column is told.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.what {
            Stranger::Characters(characters) => {
                write!(f, "column {}: {} cannot be written", self.header, code_points(characters))
            }
            Stranger::Codes(_) => write!(f, "column {}: a code without a counterpart in the mapping file", self.header),
        }
    }
}

/// One line of CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line with its end.
    pub bytes: Vec<u8>,
    /// What was written in another way because the mapping file says so: to be told, each.
    pub changes: Vec<String>,
}

impl Mapping {
    /// The mapping that holds without a file: the columns of the form, our own codes, UTF-8.
    ///
    /// # Errors
    /// Never: what is not named has a default.
    pub fn without_file() -> Result<Self, MappingError> {
        Self::read("", "")
    }

    /// Reads a mapping file for entries of this kind.
    ///
    /// # Errors
    /// With what is wrong in it.
    pub fn read(text: &str, kind: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|error| MappingError::Unreadable {
            line: error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
            message: error.message().to_owned(),
        })?;
        mapping.check(kind)?;
        Ok(mapping)
    }

    /// Whether the file names its columns; else they are those of the form.
    #[must_use]
    pub const fn names_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// The same with the columns of a form, where the file names none.
    #[must_use]
    pub fn for_form(&self, form: &Form) -> Self {
        let columns = if self.names_columns() { self.columns.clone() } else { default_columns(form) };
        Self { columns, ..self.clone() }
    }

    /// The same with these columns, header and name of the fact, where the file names none.
    #[must_use]
    pub fn with_columns(self, columns: &[(&str, &str)]) -> Self {
        if self.names_columns() {
            return self;
        }
        let column = |(header, from): &(&str, &str)| Column {
            header: (*header).to_owned(),
            from: (*from).to_owned(),
            part: Part::Code,
        };
        Self { columns: columns.iter().map(column).collect(), ..self }
    }

    fn check(&self, kind: &str) -> Result<(), MappingError> {
        let asked = self.columns.iter().map(|column| &column.from).chain(self.codes.keys());
        if let Some(unknown) = asked.into_iter().find(|name| !is_fact_name(kind, name)) {
            return Err(MappingError::UnknownFact(unknown.clone()));
        }
        for (place, column) in self.columns.iter().enumerate() {
            if self.columns[..place].iter().any(|earlier| earlier.header == column.header) {
                return Err(MappingError::TwiceTheHeader(column.header.clone()));
            }
            if let Err(strangers) = self.encoding.encode(&column.header) {
                return Err(MappingError::Header(column.header.clone(), code_points(&strangers)));
            }
        }
        Ok(())
    }

    /// How the file is encoded.
    #[must_use]
    pub const fn charset(&self) -> Charset {
        self.encoding
    }

    /// What the file starts with: the encoding's mark and the header row.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        let headers: Vec<&str> = self.columns.iter().map(|column| column.header.as_str()).collect();
        let mut head = self.encoding.mark().to_vec();
        head.extend(self.encoding.encode(&csv_line(&headers)).unwrap_or_default());
        head
    }

    /// The line of an entry.
    ///
    /// # Errors
    /// Everything in it that has no counterpart.
    pub fn line(&self, facts: &Facts) -> Result<Line, Vec<Unmappable>> {
        let (mut cells, mut changes, mut strangers) = (Vec::new(), Vec::new(), Vec::new());
        for column in &self.columns {
            let stranger = |what| Unmappable { header: column.header.clone(), what };
            match self.cell(column, facts.get(&column.from)) {
                Ok(text) => {
                    let text = self.rewritten(column, text, &mut changes);
                    if let Err(characters) = self.encoding.encode(&text) {
                        strangers.push(stranger(Stranger::Characters(characters)));
                    }
                    cells.push(text);
                }
                Err(codes) => strangers.push(stranger(Stranger::Codes(codes))),
            }
        }
        match self.encoding.encode(&csv_line(&cells)) {
            Ok(bytes) if strangers.is_empty() => Ok(Line { bytes, changes }),
            _ => Err(strangers),
        }
    }

    fn cell(&self, column: &Column, fact: Option<&Fact>) -> Result<String, Vec<String>> {
        let counterparts = self.codes.get(&column.from);
        let counterpart = |code: &str| match counterparts {
            Some(known) => known.get(code).cloned().ok_or_else(|| code.to_owned()),
            None => Ok(code.to_owned()),
        };
        match (fact, column.part) {
            (None, _) => Ok(String::new()),
            (Some(Fact::Value(text)), _) => Ok(text.clone()),
            (Some(Fact::Declined), _) => counterpart(DECLINED).map_err(|code| vec![code]),
            (Some(Fact::Codes(_, text)), Part::Text) => Ok(text.clone().unwrap_or_default()),
            (Some(Fact::Codes(codes, _)), Part::Code) => {
                let (known, unknown): (Vec<_>, Vec<_>) =
                    codes.iter().map(|code| counterpart(code)).partition(Result::is_ok);
                let known: Vec<String> = known.into_iter().flatten().collect();
                let unknown: Vec<String> = unknown.into_iter().filter_map(Result::err).collect();
                if unknown.is_empty() { Ok(known.join(&self.separator)) } else { Err(unknown) }
            }
        }
    }

    /// The text with what the mapping file names written in its other way, and a note of each.
    fn rewritten(&self, column: &Column, text: String, changes: &mut Vec<String>) -> String {
        let mut result = text;
        for (character, other) in &self.characters {
            if result.contains(*character) {
                result = result.replace(*character, other);
                let points = code_points(&[*character]);
                changes.push(format!("column {}: {points} is written as the mapping file says", column.header));
            }
        }
        if self.spreadsheet_safe && result.starts_with(['=', '+', '-', '@']) {
            result.insert(0, '\'');
            changes.push(format!("column {}: an apostrophe stands in front", column.header));
        }
        result
    }
}

/// One line of CSV as text: RFC 4180, with CR LF.
pub(crate) fn csv_line<T: AsRef<[u8]>>(cells: &[T]) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing into memory fails for lack of memory only, and cells of text make text.
    let written = writer.write_record(cells).ok().and_then(|()| writer.into_inner().ok());
    written.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use intake::catalog::Catalog;
    use proptest::prelude::*;

    use super::*;
    use crate::record::PREGNANCY_NOTIFICATION;

    fn facts() -> Facts {
        let value = |text: &str| Fact::Value(text.to_owned());
        Facts::from([
            ("person.name".to_owned(), value("=𠮷野, \"花\"")),
            ("item.9".to_owned(), Fact::Codes(vec!["2".to_owned()], Some("入籍の予定がある".to_owned()))),
            ("item.11".to_owned(), Fact::Codes(vec!["medical".to_owned(), "social".to_owned()], None)),
            ("item.7".to_owned(), Fact::Declined),
        ])
    }

    fn line(mapping: &str) -> Result<Line, Vec<Unmappable>> {
        Mapping::read(mapping, PREGNANCY_NOTIFICATION).unwrap().line(&facts())
    }

    const NAME: &str = "[[column]]\nheader = \"氏名\"\nfrom = \"person.name\"\n";

    #[test]
    fn a_cell_is_true_to_the_byte_unless_the_file_says_otherwise() {
        let plain = line(NAME).unwrap();
        assert_eq!(plain.bytes, "\"=𠮷野, \"\"花\"\"\"\r\n".as_bytes());
        assert!(plain.changes.is_empty());
        let safe = line(&format!("spreadsheet_safe = true\n{NAME}")).unwrap();
        assert_eq!(safe.bytes, "\"'=𠮷野, \"\"花\"\"\"\r\n".as_bytes());
        assert_eq!(safe.changes.len(), 1);
    }

    #[test]
    fn a_character_without_counterpart_is_reported_and_never_replaced() {
        let found = line(&format!("encoding = \"windows-31j\"\n{NAME}")).unwrap_err();
        assert_eq!(found[0].what, Stranger::Characters(vec!['𠮷']));
        assert_eq!(found[0].to_string(), "column 氏名: U+20BB7 cannot be written");
        let decided = line(&format!("encoding = \"windows-31j\"\ncharacters = {{ \"𠮷\" = \"吉\" }}\n{NAME}")).unwrap();
        assert_eq!(Charset::Windows31J.decode(&decided.bytes).unwrap(), "\"=吉野, \"\"花\"\"\"\r\n");
        assert_eq!(decided.changes, ["column 氏名: U+20BB7 is written as the mapping file says"]);
    }

    #[test]
    fn codes_are_written_as_the_vendor_names_them_or_reported() {
        let column = |from: &str| format!("[[column]]\nheader = \"x\"\nfrom = \"{from}\"\n");
        assert_eq!(line(&column("item.9")).unwrap().bytes, b"2\r\n");
        assert_eq!(line(&column("item.11")).unwrap().bytes, b"medical|social\r\n");
        assert_eq!(line(&column("item.7")).unwrap().bytes, b"declined\r\n");
        assert_eq!(line(&(column("item.9") + "part = \"text\"\n")).unwrap().bytes, "入籍の予定がある\r\n".as_bytes());
        let mapped = column("item.9") + "[codes.\"item.9\"]\n2 = \"02\"\n";
        assert_eq!(line(&mapped).unwrap().bytes, b"02\r\n");
        let lacking = column("item.11") + "[codes.\"item.11\"]\nmedical = \"1\"\n";
        assert_eq!(line(&lacking).unwrap_err()[0].what, Stranger::Codes(vec!["social".to_owned()]));
        assert!(!line(&lacking).unwrap_err()[0].to_string().contains("social"));
    }

    #[test]
    fn without_a_file_the_columns_are_those_of_the_record_list() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&PREGNANCY_NOTIFICATION.parse().unwrap()).unwrap();
        let mapping = Mapping::without_file().unwrap().for_form(form);
        let head = String::from_utf8(mapping.head()).unwrap();
        assert!(head.starts_with("\u{feff}宛名番号,受付番号,版,"));
        assert!(head.contains(",親子番号,届出日,出産予定日,"));
        let named = Mapping::read(NAME, PREGNANCY_NOTIFICATION).unwrap().for_form(form);
        assert_eq!(String::from_utf8(named.head()).unwrap(), "\u{feff}氏名\r\n");
    }

    #[test]
    fn slips_of_the_pen_in_a_mapping_file_are_found() {
        let fault = |text: &str| Mapping::read(text, PREGNANCY_NOTIFICATION).unwrap_err();
        assert!(matches!(fault("encoding = \"utf-8-bom\"\nencodin = 1"), MappingError::Unreadable { line: 2, .. }));
        assert!(
            matches!(fault("[codes.\"item.99\"]\n1 = \"1\""), MappingError::UnknownFact(name) if name == "item.99")
        );
        assert!(matches!(fault(&NAME.repeat(2)), MappingError::TwiceTheHeader(_)));
        let foreign = NAME.replace("氏名", "𠮷");
        assert!(matches!(fault(&format!("encoding = \"windows-31j\"\n{foreign}")), MappingError::Header(..)));
    }

    proptest! {
        #[test]
        fn whatever_was_typed_is_read_back_from_the_csv_or_reported(
            texts in prop::collection::vec("\\PC{0,12}|[\\x00-\\x7f]{0,12}|[ぁ-んァ-ン一-龠𠮷髙]{0,12}", 1..4),
            encoding in prop::sample::select(vec!["utf-8", "windows-31j"]),
        ) {
            let column = |place| format!("[[column]]\nheader = \"{place}\"\nfrom = \"extra.t{place}\"\n");
            let file: String = (0..texts.len()).map(column).collect();
            let mapping = Mapping::read(&format!("encoding = \"{encoding}\"\n{file}"), PREGNANCY_NOTIFICATION).unwrap();
            let facts = texts.iter().enumerate().map(|(place, text)| (format!("extra.t{place}"), Fact::Value(text.clone())));
            match mapping.line(&facts.collect()) {
                Ok(line) => {
                    let text = mapping.charset().decode(&[&mapping.head(), line.bytes.as_slice()].concat()).unwrap();
                    let mut rows = csv::Reader::from_reader(text.as_bytes());
                    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
                    prop_assert_eq!(rows.len(), 1);
                    prop_assert_eq!(rows[0].iter().collect::<Vec<_>>(), texts);
                }
                Err(strangers) => {
                    prop_assert_eq!(encoding, "windows-31j");
                    prop_assert!(!strangers.is_empty());
                }
            }
        }
    }
}
