//! CSV of another system. Invariant: a row is taken into memory within a budget of bytes, however long it is, and each text is
//! decoded by itself: one bad row says so and takes no other with it.
//!
//! In Windows-31J no second byte is a comma or a quotation mark, so rows are cut before they are decoded.

use std::{
    cell::Cell as Budget,
    collections::BTreeMap,
    io::{self, Chain, Cursor, Read},
    rc::Rc,
};

use csv::{ByteRecord, ReaderBuilder, Terminator};

use super::{
    Cell, Record,
    fault::{Fault, Problem},
    place::Charset,
};

/// Bytes of one row at most.
pub const LONGEST_ROW: u64 = 256 * 1024;
/// Columns at most.
pub const MOST_COLUMNS: usize = 500;
const BUFFER: usize = 8 * 1024;

/// Reads no more than the budget of the row allows.
struct Metered<R> {
    from: R,
    left: Rc<Budget<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        let read = self.from.read(&mut into[..most])?;
        self.left.set(left - read as u64);
        Ok(read)
    }
}

/// A table that is read row by row.
pub struct Table<R> {
    reader: csv::Reader<Metered<Chain<Cursor<Vec<u8>>, R>>>,
    left: Rc<Budget<u64>>,
    charset: Charset,
    headers: Vec<String>,
    row: ByteRecord,
    is_over: bool,
}

impl<R: Read> Table<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// When there is none, in this encoding.
    pub fn open(from: R, charset: Charset) -> Result<Self, Fault> {
        let header = |problem| Fault::on_line(1, problem);
        let mut from = from;
        let mut start = Vec::new();
        from.by_ref().take(3).read_to_end(&mut start).map_err(|_| header(Problem::Unreadable))?;
        // Looked at here: the reader of CSV would take a mark away whatever the encoding is said to be.
        let is_utf_16 = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
        if is_utf_16 || (charset != Charset::Utf8 && start == b"\xef\xbb\xbf") {
            return Err(header(Problem::OtherEncoding));
        }
        if start == b"\xef\xbb\xbf" {
            start.clear();
        }
        let left = Rc::new(Budget::new(LONGEST_ROW));
        let metered = Metered { from: Cursor::new(start).chain(from), left: Rc::clone(&left) };
        // At `\r\n` the reader's own end of a row is the `\r`, and the next row would be counted from this row's last line.
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(BUFFER)
            .from_reader(metered);
        let (headers, row) = (Vec::new(), ByteRecord::new());
        let mut table = Self { reader, left, charset, headers, row, is_over: false };
        if !table.advance().map_err(header)? {
            return Err(header(Problem::NotOneFiling));
        }
        for cell in cells_of(&table.row) {
            let text = charset.decode(cell).ok_or_else(|| header(Problem::NotInEncoding))?;
            if table.headers.contains(&text) {
                return Err(header(Problem::TwiceTheHeader).at(text));
            }
            table.headers.push(text);
        }
        Ok(table)
    }

    /// The headers in their order.
    #[must_use]
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// Whether there was another row.
    fn advance(&mut self) -> Result<bool, Problem> {
        // What the reader has taken beyond the row before counts for this one: so a buffer more.
        self.left.set(LONGEST_ROW);
        let found = self.reader.read_byte_record(&mut self.row).map_err(|error| match error.kind() {
            csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Problem::TooLarge,
            _ => Problem::Unreadable,
        })?;
        if self.row.len() > MOST_COLUMNS { Err(Problem::TooLarge) } else { Ok(found) }
    }

    /// The row as a filing.
    fn record(&self) -> Result<Record, Fault> {
        let line = self.row.position().map_or(0, csv::Position::line);
        if self.row.len() != self.headers.len() {
            return Err(Fault::on_line(line, Problem::CellCount));
        }
        let mut cells = BTreeMap::new();
        for (header, bytes) in self.headers.iter().zip(cells_of(&self.row)) {
            let text = self.charset.decode(bytes);
            let text = text.ok_or_else(|| Fault::on_line(line, Problem::NotInEncoding).at(header))?;
            cells.insert(header.clone(), vec![Cell { text, line }]);
        }
        Ok(Record { line, cells })
    }
}

/// The cells of a row, the last one without the `\r` of the row's end.
fn cells_of(row: &ByteRecord) -> impl Iterator<Item = &[u8]> {
    let last = row.len().saturating_sub(1);
    row.iter()
        .enumerate()
        .map(move |(at, cell)| if at == last { cell.strip_suffix(b"\r").unwrap_or(cell) } else { cell })
}

impl<R: Read> Iterator for Table<R> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            let line = self.reader.position().line();
            match self.advance() {
                Ok(true) if cells_of(&self.row).all(<[u8]>::is_empty) => {}
                Ok(true) => return Some(self.record()),
                Ok(false) => self.is_over = true,
                // Where the next row begins is not known any more.
                Err(problem) => {
                    self.is_over = true;
                    return Some(Err(Fault::on_line(line, problem)));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn rows(bytes: &[u8], charset: Charset) -> Vec<Result<Record, Fault>> {
        Table::open(bytes, charset).unwrap().collect()
    }

    #[test]
    fn a_bad_row_is_named_by_its_line_and_the_others_are_read() {
        let text = "氏名,電話\n花子,1\n\"花\n子\",2,3\n,\nあ,\u{301}\n";
        let all = rows(text.as_bytes(), Charset::Utf8);
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].as_ref().ok().unwrap().cells["氏名"][0].text, "花子");
        assert_eq!(all[1].as_ref().err().unwrap(), &Fault::on_line(3, Problem::CellCount));
        assert!(all[2].is_ok());
        let windows = text.replace('\n', "\r\n");
        let same = rows(windows.as_bytes(), Charset::Utf8);
        assert_eq!(same.len(), 3);
        assert_eq!(same[0].as_ref().ok().unwrap().cells["電話"][0].text, "1");
        assert_eq!(same[1].as_ref().err().unwrap(), &Fault::on_line(3, Problem::CellCount));
        assert_eq!(same[2].as_ref().ok().unwrap().line, 6);
        let mixed = [b"a,b\n\x82\xa0,\xff\n\x82\xa0,x\n".as_slice()].concat();
        let all = rows(&mixed, Charset::Windows31J);
        assert_eq!(all[0].as_ref().err().unwrap(), &Fault::on_line(2, Problem::NotInEncoding).at("b"));
        assert_eq!(all[1].as_ref().ok().unwrap().cells["a"][0].text, "あ");
    }

    #[test]
    fn marks_of_other_encodings_and_double_headers_are_refused() {
        let refused = |bytes: &[u8], charset| Table::open(bytes, charset).err().unwrap().problem;
        assert_eq!(refused(b"\xef\xbb\xbfa,b\n", Charset::Windows31J), Problem::OtherEncoding);
        assert_eq!(refused(b"\xff\xfea\0", Charset::Windows31J), Problem::OtherEncoding);
        assert_eq!(refused(b"a,a\n", Charset::Utf8), Problem::TwiceTheHeader);
        assert_eq!(refused(b"\x82\xa0\n", Charset::Utf8), Problem::NotInEncoding);
        assert_eq!(refused(b"", Charset::Utf8), Problem::NotOneFiling);
        assert_eq!(Table::open(b"\xef\xbb\xbfa,b\n".as_slice(), Charset::Utf8).ok().unwrap().headers(), ["a", "b"]);
    }

    #[test]
    fn an_endless_row_and_a_million_columns_end_at_the_budget() {
        let endless = io::repeat(b'x');
        assert_eq!(Table::open(endless, Charset::Utf8).err().unwrap().problem, Problem::TooLarge);
        let commas = io::repeat(b',').take(1_000_000);
        assert_eq!(Table::open(commas, Charset::Utf8).err().unwrap().problem, Problem::TooLarge);
        let header: &[u8] = b"a,b\n1,2\n";
        let mut table = Table::open(header.chain(io::repeat(b'"')), Charset::Utf8).ok().unwrap();
        assert!(table.next().unwrap().is_ok());
        assert_eq!(table.next().unwrap().err().unwrap().problem, Problem::TooLarge);
        assert!(table.next().is_none());
    }
}
