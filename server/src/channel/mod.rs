//! 「他の経路」 Files of ぴったりサービス and of a prefecture's service, read at the edge. Invariant: nothing of a file is believed:
//! what is too large, too deep, ambiguous or of another encoding is refused with a fault that names its place and a remedy,
//! and no fault holds anything that somebody typed.
//!
//! Neither layout is public: what stands where is said by a mapping file of the city's, and no compatibility is claimed.

pub mod archive;
pub mod fault;
pub mod mapping;
pub mod place;
pub mod table;
pub mod xml;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// One text of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Cell {
    /// The text, byte for byte as it came.
    pub text: String,
    /// The line on which it begins.
    pub line: u64,
}

/// One filing of a file, before it is mapped: texts by their place, a column's header or an XML path.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The line on which it begins.
    pub line: u64,
    /// The texts of each place.
    pub cells: BTreeMap<String, Vec<Cell>>,
}

impl Record {
    /// The texts of a place that are not empty.
    pub fn filled(&self, place: &str) -> impl Iterator<Item = &Cell> {
        self.cells.get(place).into_iter().flatten().filter(|cell| !cell.text.trim().is_empty())
    }

    /// A digest of all of it, led by lengths: another text, place or order is another digest. Where it stands in the file is
    /// not in it.
    #[must_use]
    pub fn content(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        };
        for (place, cells) in &self.cells {
            for cell in cells.iter().filter(|cell| !cell.text.is_empty()) {
                add(place);
                add(&cell.text);
            }
        }
        digest.finalize().into()
    }
}
