//! What proves that a batch came and what was answered: for the archive. Invariant: bytes as they came and went.

use super::{State, StateError, StoredReceipt, all};

/// A batch as it is kept for those who verify it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedBatch {
    /// Its number.
    pub seq: u64,
    /// The signed manifest.
    pub manifest: Vec<u8>,
    /// The key announcement that came with it; none where it came with an earlier version of this program.
    pub keys_document: Option<Vec<u8>>,
}

impl State {
    /// The batches after this one, in order, at most so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn proofs_after(&self, seq: u64, most: i64) -> Result<Vec<ProvedBatch>, StateError> {
        type Row = (i64, Vec<u8>, Option<Vec<u8>>);
        const PROOFS: &str = "SELECT seq, manifest, keys_document FROM batch WHERE seq > $1 ORDER BY seq LIMIT $2";
        let mut tx = self.database.read().await?;
        let rows: Vec<Row> = all!(tx, Row, PROOFS, seq.cast_signed(), most)?;
        let proved =
            |(seq, manifest, keys_document): Row| ProvedBatch { seq: seq.unsigned_abs(), manifest, keys_document };
        Ok(rows.into_iter().map(proved).collect())
    }

    /// Every receipt that was made for these batches, in the order in which they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn receipts_of(&self, seq: u64) -> Result<Vec<StoredReceipt>, StateError> {
        type Row = (String, i64, Vec<u8>);
        const OF: &str = "SELECT jti, seq, document FROM receipt WHERE seq = $1 ORDER BY place";
        let mut tx = self.database.read().await?;
        let rows: Vec<Row> = all!(tx, Row, OF, seq.cast_signed())?;
        let stored = |(jti, seq, document): Row| StoredReceipt { jti, seq: seq.unsigned_abs(), document };
        Ok(rows.into_iter().map(stored).collect())
    }
}
