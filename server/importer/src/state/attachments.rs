//! 「写真・書類」 The papers of a batch. Invariant: a paper stands here from the transaction that stages its entry until it is
//! written, and is gone when every entry that names it went back.

use intake::{export::Attachment, time::Instant};

use super::{EntryKey, State, StateError, all, database::Tx, execute, optional};

/// A paper of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedPaper {
    /// In which batch.
    pub seq: u64,
    /// Its digest.
    pub sha256: String,
    /// What it is.
    pub media_type: String,
}

/// The name of the file of a paper: of its content alone, so that it says nothing of anybody.
#[must_use]
pub fn paper_file(sha256: &str, media_type: &str) -> String {
    let end = if media_type == "application/pdf" { "pdf" } else { "jpg" };
    format!("paper-{sha256}.{end}")
}

pub(super) async fn insert(tx: &mut Tx, paper: &StagedPaper, content: &[u8]) -> Result<(), StateError> {
    const INSERT: &str = "INSERT INTO attachment (seq, sha256, media_type, content) VALUES ($1, $2, $3, $4)";
    execute!(tx, INSERT, paper.seq.cast_signed(), &paper.sha256, &paper.media_type, content).map(drop)
}

pub(super) async fn name(tx: &mut Tx, key: &EntryKey, seq: u64, papers: &[Attachment]) -> Result<(), StateError> {
    const NAME: &str = "INSERT INTO entry_attachment (receipt_number, rev, number, seq, sha256, label, bytes)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    for (number, paper) in (1_i64..).zip(papers) {
        let (id, bytes) = (key.id.as_str(), paper.bytes.cast_signed());
        execute!(tx, NAME, id, key.rev, number, seq.cast_signed(), &paper.sha256, &paper.label, bytes)?;
    }
    Ok(())
}

impl State {
    /// The papers of entries that were taken in which are not written yet; their content is asked for one by one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unwritten_papers(&self) -> Result<Vec<StagedPaper>, StateError> {
        const UNWRITTEN: &str = "SELECT seq, sha256, media_type FROM attachment
            WHERE written_at IS NULL AND content IS NOT NULL
            AND EXISTS (SELECT 1 FROM entry_attachment AS named JOIN outcome USING (receipt_number, rev)
                WHERE named.seq = attachment.seq AND named.sha256 = attachment.sha256 AND outcome.result = 'imported')
            ORDER BY seq, sha256";
        let mut tx = self.database.read().await?;
        let rows: Vec<(i64, String, String)> = all!(tx, (i64, String, String), UNWRITTEN)?;
        let paper = |(seq, sha256, media_type): (i64, String, String)| StagedPaper {
            seq: seq.unsigned_abs(),
            sha256,
            media_type,
        };
        Ok(rows.into_iter().map(paper).collect())
    }

    /// The content of a paper.
    ///
    /// # Errors
    /// When the database fails, or it is gone.
    pub async fn paper(&self, paper: &StagedPaper) -> Result<Vec<u8>, StateError> {
        const CONTENT: &str = "SELECT content FROM attachment WHERE seq = $1 AND sha256 = $2 AND content IS NOT NULL";
        let mut tx = self.database.read().await?;
        let row: Option<(Vec<u8>,)> = optional!(tx, (Vec<u8>,), CONTENT, paper.seq.cast_signed(), &paper.sha256)?;
        row.map(|(content,)| content).ok_or(StateError::PaperGone)
    }

    /// Notes that a paper is on the disk under its name; here it goes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn paper_written(&self, paper: &StagedPaper, at: Instant) -> Result<(), StateError> {
        const WRITTEN: &str = "UPDATE attachment SET written_at = $3, content = NULL WHERE seq = $1 AND sha256 = $2";
        let mut tx = self.database.write().await?;
        execute!(tx, WRITTEN, paper.seq.cast_signed(), &paper.sha256, at.micros())?;
        tx.commit().await
    }

    /// Lets go of the papers of entries that went back: nobody here has a use for them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_needless_papers(&self) -> Result<(), StateError> {
        const DROP: &str = "UPDATE attachment SET content = NULL WHERE content IS NOT NULL AND NOT EXISTS
            (SELECT 1 FROM entry_attachment AS named WHERE named.seq = attachment.seq AND named.sha256 = attachment.sha256
                AND NOT EXISTS (SELECT 1 FROM outcome WHERE outcome.receipt_number = named.receipt_number
                    AND outcome.rev = named.rev AND outcome.result = 'rejected'))";
        let mut tx = self.database.write().await?;
        execute!(tx, DROP)?;
        tx.commit().await
    }
}
