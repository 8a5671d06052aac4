//! Entries that wait for two people. Invariant: a held entry is settled once, and only when two different people have said
//! the same of it.

use intake::{time::Instant, value::search_key};

use super::{
    EntryKey, State, StateError, instant, receipt_number,
    staging::{CsvFile, NewOutcome, insert_file, insert_outcome},
};

/// An entry that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub key: EntryKey,
    /// The batch that it came in.
    pub seq: u64,
    /// What is notified.
    pub kind: String,
    /// Why it waits.
    pub reason: String,
    /// Since when.
    pub since: Instant,
    /// Its line as it came.
    pub line: Vec<u8>,
}

/// What somebody says of a held entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is about this resident.
    Resident(String),
    /// It goes back, for this reason.
    Reject(String),
}

/// Who says what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// Who.
    pub person: String,
    /// What.
    pub verdict: Verdict,
}

impl State {
    /// The entries that wait, oldest first; without those that were withdrawn in the meantime.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn held(&self) -> Result<Vec<Held>, StateError> {
        type Row = (String, i64, i64, String, String, i64, Vec<u8>);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT entry.receipt_number, entry.rev, entry.seq, entry.kind, outcome.reason, outcome.at, entry.line
            FROM outcome JOIN entry USING (receipt_number, rev)
            WHERE outcome.number = 1 AND outcome.result = 'held'
              AND NOT EXISTS (SELECT 1 FROM outcome AS later WHERE later.receipt_number = outcome.receipt_number
                  AND later.rev = outcome.rev AND later.number = 2)
              AND NOT EXISTS (SELECT 1 FROM withdrawn WHERE withdrawn.receipt_number = outcome.receipt_number)
            ORDER BY entry.seq, entry.place",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(id, rev, seq, kind, reason, since, line)| {
                let key = EntryKey { id: receipt_number(&id)?, rev };
                Ok(Held { key, seq: seq.unsigned_abs(), kind, reason, since: instant(since), line })
            })
            .collect()
    }

    /// What each person said last of an entry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn opinions(&self, key: &EntryKey) -> Result<Vec<Opinion>, StateError> {
        let rows: Vec<(String, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT person, resident_number, reject_reason FROM opinion AS one WHERE receipt_number = $1 AND rev = $2
            AND opinion_id = (SELECT MAX(opinion_id) FROM opinion AS other WHERE other.receipt_number = one.receipt_number
                AND other.rev = one.rev AND other.person_key = one.person_key)
            ORDER BY opinion_id",
        )
        .bind(key.id.as_str())
        .bind(key.rev)
        .fetch_all(&self.pool)
        .await?;
        let verdict = |resident: Option<String>, reason: Option<String>| {
            resident.map(Verdict::Resident).unwrap_or_else(|| Verdict::Reject(reason.unwrap_or_default()))
        };
        Ok(rows
            .into_iter()
            .map(|(person, resident, reason)| Opinion { person, verdict: verdict(resident, reason) })
            .collect())
    }

    /// Notes what somebody says of a held entry, and whether somebody else says the same.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn say(&self, key: &EntryKey, opinion: &Opinion, at: Instant) -> Result<bool, StateError> {
        let (resident, reason) = match &opinion.verdict {
            Verdict::Resident(number) => (Some(number), None),
            Verdict::Reject(reason) => (None, Some(reason)),
        };
        sqlx::query(
            "INSERT INTO opinion (receipt_number, rev, person, person_key, resident_number, reject_reason, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(key.id.as_str())
        .bind(key.rev)
        .bind(&opinion.person)
        .bind(search_key(&opinion.person))
        .bind(resident)
        .bind(reason)
        .bind(at.micros())
        .execute(&self.pool)
        .await?;
        let same = |other: &Opinion| {
            search_key(&other.person) != search_key(&opinion.person) && other.verdict == opinion.verdict
        };
        Ok(self.opinions(key).await?.iter().any(same))
    }

    /// How many entries of this kind of a batch were taken in after they had waited: each has a file of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settled_files_of(&self, seq: u64, kind: &str) -> Result<i64, StateError> {
        Ok(sqlx::query_scalar(
            "SELECT COUNT(*) FROM outcome JOIN entry USING (receipt_number, rev)
            WHERE entry.seq = $1 AND entry.kind = $2 AND outcome.number = 2 AND outcome.result = 'imported'",
        )
        .bind(seq.cast_signed())
        .bind(kind)
        .fetch_one(&self.pool)
        .await?)
    }

    /// Settles a held entry.
    ///
    /// # Errors
    /// [`StateError::NotHeld`] when it does not wait any more.
    pub async fn settle(
        &self,
        key: &EntryKey,
        outcome: &NewOutcome,
        files: &[CsvFile],
        at: Instant,
    ) -> Result<(), StateError> {
        let mut tx = self.begin().await?;
        let results: Vec<String> =
            sqlx::query_scalar("SELECT result FROM outcome WHERE receipt_number = $1 AND rev = $2")
                .bind(key.id.as_str())
                .bind(key.rev)
                .fetch_all(&mut *tx)
                .await?;
        if results != ["held"] {
            return Err(StateError::NotHeld);
        }
        for file in files {
            insert_file(&mut tx, file).await?;
        }
        insert_outcome(&mut tx, key, 2, outcome, at).await?;
        tx.commit().await?;
        Ok(())
    }
}
