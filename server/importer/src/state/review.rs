//! Entries that wait for two people. Invariant: a held entry is settled once, and only when two different people have said
//! the same of it.

use intake::{time::Instant, value::search_key};

use super::{
    EntryKey, NearMiss, NewCopy, State, StateError, all, copies, execute, instant, optional, receipt_number,
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
    /// Who was signed in to the computer.
    pub os_account: Option<String>,
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
        const HELD: &str =
            "SELECT entry.receipt_number, entry.rev, entry.seq, entry.kind, outcome.reason, outcome.at, entry.line
            FROM outcome JOIN entry USING (receipt_number, rev)
            WHERE outcome.number = 1 AND outcome.result = 'held'
              AND NOT EXISTS (SELECT 1 FROM outcome AS later WHERE later.receipt_number = outcome.receipt_number
                  AND later.rev = outcome.rev AND later.number = 2)
              AND NOT EXISTS (SELECT 1 FROM withdrawn WHERE withdrawn.receipt_number = outcome.receipt_number)
            ORDER BY entry.seq, entry.place";
        let mut tx = self.database.read().await?;
        let rows: Vec<Row> = all!(tx, Row, HELD)?;
        rows.into_iter()
            .map(|(id, rev, seq, kind, reason, since, line)| {
                let key = EntryKey { id: receipt_number(&id)?, rev };
                Ok(Held { key, seq: seq.unsigned_abs(), kind, reason, since: instant(since), line })
            })
            .collect()
    }

    /// Who came near when the entry was found to be in doubt, as the extract was on that day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn near_misses(&self, key: &EntryKey) -> Result<Vec<NearMiss>, StateError> {
        const NEAR: &str =
            "SELECT resident_number, agreed, differed FROM near_miss WHERE receipt_number = $1 AND rev = $2
            ORDER BY place";
        let mut tx = self.database.read().await?;
        let rows: Vec<(String, String, String)> = all!(tx, (String, String, String), NEAR, key.id.as_str(), key.rev)?;
        let near = |(resident_number, agreed, differed)| NearMiss { resident_number, agreed, differed };
        Ok(rows.into_iter().map(near).collect())
    }

    /// What each person said last of an entry.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn opinions(&self, key: &EntryKey) -> Result<Vec<Opinion>, StateError> {
        type Row = (String, Option<String>, Option<String>, Option<String>);
        const OPINIONS: &str = "SELECT person, os_account, resident_number, reject_reason FROM opinion AS one
            WHERE receipt_number = $1 AND rev = $2
            AND opinion_id = (SELECT MAX(opinion_id) FROM opinion AS other WHERE other.receipt_number = one.receipt_number
                AND other.rev = one.rev AND other.person_key = one.person_key)
            ORDER BY opinion_id";
        let mut tx = self.database.read().await?;
        let rows: Vec<Row> = all!(tx, Row, OPINIONS, key.id.as_str(), key.rev)?;
        let opinion = |(person, os_account, resident, reason): Row| Opinion {
            person,
            os_account,
            verdict: resident.map_or_else(|| Verdict::Reject(reason.unwrap_or_default()), Verdict::Resident),
        };
        Ok(rows.into_iter().map(opinion).collect())
    }

    /// Notes what somebody says of a held entry. Gives what everybody has said of it by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn say(&self, key: &EntryKey, opinion: &Opinion, at: Instant) -> Result<Vec<Opinion>, StateError> {
        const SAY: &str = "INSERT INTO opinion (receipt_number, rev, person, person_key, os_account, resident_number, reject_reason, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let (resident, reason) = match &opinion.verdict {
            Verdict::Resident(number) => (Some(number), None),
            Verdict::Reject(reason) => (None, Some(reason)),
        };
        let (id, person_key) = (key.id.as_str(), search_key(&opinion.person));
        let mut tx = self.database.write().await?;
        execute!(
            tx,
            SAY,
            id,
            key.rev,
            &opinion.person,
            &person_key,
            &opinion.os_account,
            resident,
            reason,
            at.micros()
        )?;
        tx.commit().await?;
        self.opinions(key).await
    }

    /// How many entries of this kind of a batch were taken in after they had waited: each has a file of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settled_files_of(&self, seq: u64, kind: &str) -> Result<i64, StateError> {
        const SETTLED: &str = "SELECT COUNT(*) FROM outcome JOIN entry USING (receipt_number, rev)
            WHERE entry.seq = $1 AND entry.kind = $2 AND outcome.number = 2 AND outcome.result = 'imported'";
        let mut tx = self.database.read().await?;
        let row: Option<(i64,)> = optional!(tx, (i64,), SETTLED, seq.cast_signed(), kind)?;
        Ok(row.unwrap_or_default().0)
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
        copy: Option<&NewCopy>,
        at: Instant,
    ) -> Result<(), StateError> {
        const RESULTS: &str = "SELECT result FROM outcome WHERE receipt_number = $1 AND rev = $2";
        let mut tx = self.database.write().await?;
        let results: Vec<(String,)> = all!(tx, (String,), RESULTS, key.id.as_str(), key.rev)?;
        if results != [("held".to_owned(),)] {
            return Err(StateError::NotHeld);
        }
        for file in files {
            insert_file(&mut tx, file).await?;
        }
        insert_outcome(&mut tx, key, 2, outcome, at).await?;
        if let Some(copy) = copy {
            copies::insert(&mut tx, copy).await?;
        }
        tx.commit().await
    }
}
