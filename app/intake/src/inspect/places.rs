//! Where everything stands in a file. Invariant: nothing is counted until a place is asked for, so that a file without a
//! fault costs one walk.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

/// Line and column, from 1.
pub(crate) type Place = (usize, usize);

/// Every key and every member of a list of a file, such as `page.3.field.0.kind`.
#[derive(Default)]
pub(super) struct Places {
    text: String,
    at: BTreeMap<String, usize>,
}

impl Places {
    /// The places of a whole file.
    pub(super) fn of(text: &str, table: &DeTable<'_>) -> Self {
        let mut found = Self { text: text.to_owned(), at: BTreeMap::new() };
        found.below("", table);
        found
    }

    fn below(&mut self, path: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let here = below(path, key.get_ref());
            self.within(&here, value.get_ref());
            self.at.insert(here, key.span().start);
        }
    }

    fn within(&mut self, path: &str, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.below(path, table),
            DeValue::Array(list) => {
                for (number, one) in list.iter().enumerate() {
                    let here = format!("{path}.{number}");
                    self.within(&here, one.get_ref());
                    self.at.insert(here, one.span().start);
                }
            }
            _ => {}
        }
    }

    /// Where a key stands, else what it would stand in; a page, a field or a form is found by its id.
    pub(super) fn find(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(at) = self.at.get(&below(path, "id")).or_else(|| self.at.get(path)) {
                return place(&self.text, *at);
            }
            match path.rsplit_once('.') {
                Some((above, _)) => path = above,
                None if path.is_empty() => return (1, 1),
                None => path = "",
            }
        }
    }
}

/// Line and column of a byte.
pub(crate) fn place(text: &str, at: usize) -> Place {
    let before = text.get(..at).unwrap_or(text);
    let line_begins = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_begins..].chars().count() + 1)
}

/// The path of a key in a table.
pub(super) fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
