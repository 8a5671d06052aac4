//! What is wrong with a file or a filing, for the operator. Invariant: it names a place and a remedy and quotes nothing:
//! headers and paths come from the form of the channel, never from a person.

use std::fmt;

use intake::{ids::FieldId, value::ValueError};

use crate::picture::Refusal;

/// A fault and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line; none where a file has none.
    pub line: Option<u64>,
    /// The column's header, the XML path, or which entry of the archive.
    pub place: Option<String>,
    /// The field of the form.
    pub field: Option<FieldId>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be opened or read.
    #[error("the file cannot be read")]
    Unreadable,
    /// More than is ever read.
    #[error("too large")]
    TooLarge,
    /// Bytes that mean nothing in the encoding of the mapping file.
    #[error("not text in the encoding of the mapping file")]
    NotInEncoding,
    /// The file says that it is in another encoding.
    #[error("the file names another encoding than the mapping file")]
    OtherEncoding,
    /// Rows and header do not fit.
    #[error("another number of cells than the header has")]
    CellCount,
    /// A place that the mapping file does not name.
    #[error("a place that the mapping file does not name")]
    UnknownPlace,
    /// A column that the mapping file names and the file does not have.
    #[error("a column that the mapping file names is not there")]
    MissingColumn,
    /// Two columns with one header.
    #[error("two columns have this header")]
    TwiceTheHeader,
    /// Not well-formed XML.
    #[error("not well-formed XML, or too deep or too large")]
    NotXml,
    /// A DTD: nobody needs one, and entities are made in it.
    #[error("a document type declaration")]
    Dtd,
    /// Not exactly one filing where there must be one.
    #[error("not exactly one filing")]
    NotOneFiling,
    /// Not exactly one file of the name that the mapping gives to the application.
    #[error("not exactly one file with the application")]
    NoApplication,
    /// An entry that the mapping file does not name.
    #[error("a file that the mapping file does not name")]
    UnknownFile,
    /// Not a ZIP, or one that can be read in two ways.
    #[error("not a ZIP archive that can be read in one way only")]
    NotAnArchive,
    /// A name that leads out of the archive, or that cannot be told.
    #[error("an entry whose name is absolute, leads out of the archive, or cannot be told")]
    HostileName,
    /// A link or a device.
    #[error("an entry that is no ordinary file")]
    NotAFile,
    /// Encrypted.
    #[error("an encrypted entry")]
    Encrypted,
    /// Two entries of one name.
    #[error("two entries have the same name")]
    TwiceTheName,
    /// An archive in the archive.
    #[error("an archive in the archive")]
    Nested,
    /// Packed a great deal smaller than a photo or a form can be.
    #[error("an entry that unpacks too large")]
    Bomb,
    /// Packed in a way that is not read.
    #[error("an entry that is damaged or packed in a way that is not read")]
    Damaged,
    /// The foreign number.
    #[error("no number that a filing can be known by")]
    Number,
    /// The time of arrival.
    #[error("not a time of arrival")]
    NotATime,
    /// The time of arrival lies ahead.
    #[error("a time of arrival that lies ahead")]
    Ahead,
    /// A text without a code in the mapping file.
    #[error("a text without a counterpart in the mapping file")]
    NoCounterpart,
    /// An answer that the form does not take.
    #[error("{0}")]
    Value(ValueError),
    /// A photo or a file that is not taken.
    #[error("a photo or a file that is not taken: {}", .0.as_str())]
    Paper(Refusal),
    /// More photos or files of a kind than the form takes, or of a kind that it does not ask for with these answers.
    #[error("more photos or files of this kind than the form takes with these answers")]
    TooManyPapers,
    /// 「代理人」 Somebody else has filed for her.
    #[error("filed by somebody else for her")]
    ByProxy,
    /// The number was taken in before with something else in it.
    #[error("this number was taken in before with another content")]
    OtherContent,
}

impl Problem {
    /// What to do.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Unreadable => "look whether it is there and may be read, and run again",
            Self::TooLarge => "fetch it again in smaller parts; if one filing is that large, enter it at the counter",
            Self::NotInEncoding | Self::OtherEncoding => "set `encoding` in the mapping file, or fetch the file again",
            Self::CellCount => "fetch the file again; do not save it from a spreadsheet program",
            Self::UnknownPlace => "map it to a field, or name it under `ignored` in the mapping file",
            Self::MissingColumn | Self::TwiceTheHeader => "put the mapping file right, or fetch the file again",
            Self::NotXml | Self::NotOneFiling | Self::NoApplication => {
                "fetch the archive again, or put the mapping right"
            }
            Self::Dtd | Self::HostileName | Self::NotAFile | Self::TwiceTheName | Self::Nested | Self::Bomb => {
                "do not open it; ask whoever runs the channel where it comes from"
            }
            Self::NotAnArchive | Self::Damaged => "fetch the archive again",
            Self::Encrypted => "fetch it without a password",
            Self::UnknownFile => "name it under [[paper]] or `ignored_files` in the mapping file",
            Self::Number | Self::NotATime | Self::Ahead => "look at the filing in the channel; put the mapping right",
            Self::NoCounterpart => "add the text to [codes] in the mapping file",
            Self::Value(ValueError::Missing) => {
                "ask for it in the channel; if the channel never asks, name the field under `not_asked`"
            }
            Self::Value(_) => "ask the person, and have it put right in the channel or enter it at the counter",
            Self::Paper(_) | Self::TooManyPapers => "ask for JPEG, PNG or PDF within the limits, or for fewer of them",
            Self::ByProxy => {
                "enter it at the counter with both people; other channels bring filings of the person herself only"
            }
            Self::OtherContent => "compare with the case of this receipt number, and put that right",
        }
    }
}

impl Fault {
    /// A fault of a whole file.
    #[must_use]
    pub const fn of_file(problem: Problem) -> Self {
        Self { line: None, place: None, field: None, problem }
    }

    /// A fault on a line.
    #[must_use]
    pub const fn on_line(line: u64, problem: Problem) -> Self {
        Self { line: Some(line), place: None, field: None, problem }
    }

    /// The same with its place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "({field}) ")?;
        }
        write!(f, "{}; {}", self.problem, self.problem.remedy())
    }
}
