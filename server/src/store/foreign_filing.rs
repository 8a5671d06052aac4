//! 「他の経路」 Filings that came by another channel. Invariant: one foreign number is one case, for ever, also when what was in
//! it is erased.

use intake::{
    ids::{CaseId, ReceiptNumber},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, columns::row, execute, optional, sql};

sql! {
    INSERT = "INSERT INTO foreign_filing (number_index, case_id, content_index, file_sha256, taken_in_at)
        VALUES ($1, $2, $3, $4, $5)";
    FIND = "SELECT case_file.receipt_number, foreign_filing.content_index FROM foreign_filing
        JOIN case_file ON case_file.case_id = foreign_filing.case_id WHERE number_index = $1";
}

/// A filing to be kept beside its case.
pub struct NewForeignFiling<'a> {
    /// The foreign number with its channel, as a keyed index.
    pub number_index: &'a [u8; 32],
    /// The case that it has become.
    pub case_id: CaseId,
    /// All that was in it, as a keyed index.
    pub content_index: &'a [u8; 32],
    /// The digest of the file that it came in.
    pub file_sha256: &'a [u8; 32],
    /// Now.
    pub at: Instant,
}

/// Keeps it.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is there.
pub async fn insert(tx: &mut WriteTx, new: &NewForeignFiling<'_>) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        new.number_index.as_slice(),
        new.case_id.bytes().as_slice(),
        new.content_index.as_slice(),
        new.file_sha256.as_slice(),
        new.at.micros(),
    )
    .map(drop)
}

row! {
    /// The case that a foreign number has become.
    #[derive(Clone)]
    pub struct ForeignFiling {
        /// 「受付番号」 Its number here.
        pub receipt_number: ReceiptNumber,
        /// All that was in it, as a keyed index.
        pub content_index: Vec<u8>,
    }
}

/// The case that a foreign number has become.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, number_index: &[u8; 32]) -> Result<Option<ForeignFiling>, StoreError> {
    optional!(connection, ForeignFiling, FIND, number_index.as_slice())
}
