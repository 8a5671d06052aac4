//! Receipts. Invariant: a receipt is kept before it is sent; every outcome is in one receipt, and in none before the file
//! that has its line is written, and its papers are.

use intake::time::Instant;

use super::{EntryKey, State, StateError, all, execute, instant, optional, receipt_number};

/// Outcomes of one batch that no receipt tells of yet; none for a batch that only recalls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreceipted {
    /// The batch.
    pub seq: u64,
    /// The digest of its manifest.
    pub manifest_sha256: String,
    /// What became of which entry.
    pub outcomes: Vec<UnreceiptedOutcome>,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreceiptedOutcome {
    /// Which entry.
    pub key: EntryKey,
    /// Which of its outcomes.
    pub number: i64,
    /// `imported`, `held` or `rejected`.
    pub result: String,
    /// Why: a public reason code.
    pub reason: Option<String>,
    /// When.
    pub at: Instant,
}

/// A receipt that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReceipt {
    /// Its own name.
    pub jti: String,
    /// The batch that it is about.
    pub seq: u64,
    /// The signed document.
    pub document: Vec<u8>,
}

/// An entry that was taken in, and the batch that it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenIn {
    /// Its newest revision.
    pub rev: i64,
    /// When it was taken in.
    pub at: Instant,
    /// The batch.
    pub seq: u64,
    /// The digest of its manifest.
    pub manifest_sha256: String,
}

impl State {
    /// The newest revision of an entry that was taken in and not withdrawn.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn taken_in(&self, id: &intake::ids::ReceiptNumber) -> Result<Option<TakenIn>, StateError> {
        type Row = (i64, i64, i64, String);
        const TAKEN_IN: &str = "SELECT current_entry.rev, current_entry.imported_at, batch.seq, batch.manifest_sha256
            FROM current_entry JOIN batch USING (seq) WHERE current_entry.receipt_number = $1";
        let mut tx = self.database.read().await?;
        let row: Option<Row> = optional!(tx, Row, TAKEN_IN, id.as_str())?;
        Ok(row.map(|(rev, at, seq, manifest_sha256)| TakenIn {
            rev,
            at: instant(at),
            seq: seq.unsigned_abs(),
            manifest_sha256,
        }))
    }

    /// Outcomes that no receipt tells of yet and whose lines are written, batch by batch in order; last the batches that only
    /// recalled what was withdrawn, which are acknowledged all the same.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unreceipted(&self) -> Result<Vec<Unreceipted>, StateError> {
        type Row = (i64, String, String, i64, i64, String, Option<String>, i64);
        const UNRECEIPTED: &str =
            "SELECT batch.seq, batch.manifest_sha256, outcome.receipt_number, outcome.rev, outcome.number,
                outcome.result, outcome.reason, outcome.at
            FROM outcome JOIN entry USING (receipt_number, rev) JOIN batch USING (seq)
            LEFT JOIN csv_file ON csv_file.name = outcome.csv_file
            WHERE outcome.told = 0 AND (outcome.csv_file IS NULL OR csv_file.written_at IS NOT NULL)
              AND (outcome.csv_file IS NULL OR NOT EXISTS (SELECT 1 FROM entry_attachment AS named
                JOIN attachment ON attachment.seq = named.seq AND attachment.sha256 = named.sha256
                WHERE named.receipt_number = outcome.receipt_number AND named.rev = outcome.rev
                  AND attachment.written_at IS NULL))
              AND NOT EXISTS (SELECT 1 FROM csv_file AS waiting WHERE outcome.csv_file IS NOT NULL
                AND waiting.seq = batch.seq AND waiting.written_at IS NULL)
            ORDER BY batch.seq, outcome.number, entry.place";
        let rows: Vec<Row> = {
            let mut tx = self.database.read().await?;
            all!(tx, Row, UNRECEIPTED)?
        };
        let mut batches: Vec<Unreceipted> = Vec::new();
        for (seq, manifest_sha256, id, rev, number, result, reason, at) in rows {
            let key = EntryKey { id: receipt_number(&id)?, rev };
            let outcome = UnreceiptedOutcome { key, number, result, reason, at: instant(at) };
            let seq = seq.unsigned_abs();
            // An entry that was held and settled before any receipt was made is told of in two receipts, in order.
            match batches.last_mut().filter(|last| last.seq == seq && last.outcomes[0].number == number) {
                Some(last) => last.outcomes.push(outcome),
                None => batches.push(Unreceipted { seq, manifest_sha256, outcomes: vec![outcome] }),
            }
        }
        batches.extend(self.unacknowledged_recalls().await?);
        Ok(batches)
    }

    async fn unacknowledged_recalls(&self) -> Result<Vec<Unreceipted>, StateError> {
        const RECALLS: &str = "SELECT seq, manifest_sha256 FROM batch
            WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.seq = batch.seq)
              AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.seq = batch.seq)
              AND NOT EXISTS (SELECT 1 FROM csv_file WHERE csv_file.seq = batch.seq AND csv_file.written_at IS NULL)
            ORDER BY seq";
        let mut tx = self.database.read().await?;
        let rows: Vec<(i64, String)> = all!(tx, (i64, String), RECALLS)?;
        let recall = |(seq, manifest_sha256): (i64, String)| Unreceipted {
            seq: seq.unsigned_abs(),
            manifest_sha256,
            outcomes: Vec::new(),
        };
        Ok(rows.into_iter().map(recall).collect())
    }

    /// The manifests of the batches after this one, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn manifests_after(&self, seq: u64) -> Result<Vec<(u64, Vec<u8>)>, StateError> {
        const MANIFESTS: &str = "SELECT seq, manifest FROM batch WHERE seq > $1 ORDER BY seq";
        let mut tx = self.database.read().await?;
        let rows: Vec<(i64, Vec<u8>)> = all!(tx, (i64, Vec<u8>), MANIFESTS, seq.cast_signed())?;
        Ok(rows.into_iter().map(|(seq, manifest)| (seq.unsigned_abs(), manifest)).collect())
    }

    /// What became of the entries of a batch so far: the last word of each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outcomes_of(&self, seq: u64) -> Result<Vec<UnreceiptedOutcome>, StateError> {
        type Row = (String, i64, i64, String, Option<String>, i64);
        const OUTCOMES: &str =
            "SELECT outcome.receipt_number, outcome.rev, outcome.number, outcome.result, outcome.reason, outcome.at
            FROM outcome JOIN entry USING (receipt_number, rev) WHERE entry.seq = $1
              AND outcome.number = (SELECT MAX(later.number) FROM outcome AS later
                WHERE later.receipt_number = outcome.receipt_number AND later.rev = outcome.rev)
            ORDER BY entry.place";
        let mut tx = self.database.read().await?;
        let rows: Vec<Row> = all!(tx, Row, OUTCOMES, seq.cast_signed())?;
        rows.into_iter()
            .map(|(id, rev, number, result, reason, at)| {
                let key = EntryKey { id: receipt_number(&id)?, rev };
                Ok(UnreceiptedOutcome { key, number, result, reason, at: instant(at) })
            })
            .collect()
    }

    /// Keeps a receipt together with which outcomes it tells of.
    ///
    /// # Errors
    /// When the database fails, or another receipt tells of one of them already.
    pub async fn keep_receipt(
        &self,
        receipt: &StoredReceipt,
        outcomes: &[UnreceiptedOutcome],
        at: Instant,
    ) -> Result<(), StateError> {
        const KEEP: &str = "INSERT INTO receipt (jti, seq, document, made_at, place)
            SELECT $1, $2, $3, $4, COALESCE(MAX(place), 0) + 1 FROM receipt";
        const TELL: &str = "INSERT INTO receipt_result (jti, receipt_number, rev, number) VALUES ($1, $2, $3, $4)";
        const TOLD: &str = "UPDATE outcome SET told = 1 WHERE receipt_number = $1 AND rev = $2 AND number = $3";
        let mut tx = self.database.write().await?;
        execute!(tx, KEEP, &receipt.jti, receipt.seq.cast_signed(), &receipt.document, at.micros())?;
        for UnreceiptedOutcome { key, number, .. } in outcomes {
            execute!(tx, TELL, &receipt.jti, key.id.as_str(), key.rev, *number)?;
            execute!(tx, TOLD, key.id.as_str(), key.rev, *number)?;
        }
        tx.commit().await
    }

    /// The receipts that the portal has not acknowledged and not refused for good, in the order in which they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_receipts(&self) -> Result<Vec<StoredReceipt>, StateError> {
        self.stored_receipts("SELECT jti, seq, document FROM receipt WHERE answer IS NULL ORDER BY place").await
    }

    /// The receipts that were neither acknowledged nor carried yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn uncarried_receipts(&self) -> Result<Vec<StoredReceipt>, StateError> {
        const SQL: &str =
            "SELECT jti, seq, document FROM receipt WHERE answer IS NULL AND carried_at IS NULL ORDER BY place";
        self.stored_receipts(SQL).await
    }

    pub(super) async fn stored_receipts(&self, sql: &'static str) -> Result<Vec<StoredReceipt>, StateError> {
        let mut tx = self.database.read().await?;
        let rows: Vec<(String, i64, Vec<u8>)> = all!(tx, (String, i64, Vec<u8>), sql)?;
        let stored =
            |(jti, seq, document): (String, i64, Vec<u8>)| StoredReceipt { jti, seq: seq.unsigned_abs(), document };
        Ok(rows.into_iter().map(stored).collect())
    }

    /// Notes what the portal answered: 200, or the status with which it refused the receipt for good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn receipt_answered(&self, jti: &str, status: u16, at: Instant) -> Result<(), StateError> {
        const ANSWERED: &str = "UPDATE receipt SET answer = $2, answered_at = $3 WHERE jti = $1";
        let mut tx = self.database.write().await?;
        execute!(tx, ANSWERED, jti, i64::from(status), at.micros())?;
        tx.commit().await
    }

    /// Notes that a receipt was written for an officer to carry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn receipt_carried(&self, jti: &str, at: Instant) -> Result<(), StateError> {
        const CARRIED: &str = "UPDATE receipt SET carried_at = $2 WHERE jti = $1 AND carried_at IS NULL";
        let mut tx = self.database.write().await?;
        execute!(tx, CARRIED, jti, at.micros())?;
        tx.commit().await
    }
}
