//! 「副本」 What was offered to the 中間サーバー. Invariant: an offer is kept in the transaction that takes its entry in, or
//! withdraws it, and no entry is offered twice.

use intake::ids::ReceiptNumber;

use super::{EntryKey, State, StateError, database::Tx, execute, optional};

/// What an offer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyKind {
    /// 「新規」
    New,
    /// 「訂正」 An earlier revision was offered.
    Corrected,
    /// 「取消」 The filing was withdrawn.
    Withdrawn,
}

impl CopyKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Corrected => "corrected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// An offer to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCopy {
    /// Of which entry.
    pub key: EntryKey,
    /// What it is for.
    pub kind: CopyKind,
    /// The file that has its line.
    pub csv_file: String,
}

pub(super) async fn insert(tx: &mut Tx, copy: &NewCopy) -> Result<(), StateError> {
    const OFFER: &str = "INSERT INTO copy_offer (receipt_number, rev, kind, csv_file) VALUES ($1, $2, $3, $4)";
    execute!(tx, OFFER, copy.key.id.as_str(), copy.key.rev, copy.kind.as_str(), &copy.csv_file).map(drop)
}

impl State {
    /// The newest revision of a notification that was offered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_offered(&self, id: &ReceiptNumber) -> Result<Option<i64>, StateError> {
        const OFFERED: &str = "SELECT MAX(rev) FROM copy_offer WHERE receipt_number = $1";
        let mut tx = self.database.read().await?;
        let row: Option<(Option<i64>,)> = optional!(tx, (Option<i64>,), OFFERED, id.as_str())?;
        Ok(row.and_then(|(rev,)| rev))
    }

    /// What is to be taken back of a notification, and whom it was about: nothing if nothing was offered, or it was taken
    /// back already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn offer_to_take_back(&self, id: &ReceiptNumber) -> Result<Option<(EntryKey, String)>, StateError> {
        const LAST: &str = "SELECT offer.rev, outcome.resident_number FROM copy_offer AS offer
            JOIN outcome ON outcome.receipt_number = offer.receipt_number AND outcome.rev = offer.rev
            WHERE offer.receipt_number = $1 AND outcome.result = 'imported' AND NOT EXISTS (SELECT 1 FROM copy_offer AS back
                WHERE back.receipt_number = offer.receipt_number AND back.kind = 'withdrawn')
            ORDER BY offer.rev DESC LIMIT 1";
        let mut tx = self.database.read().await?;
        let row: Option<(i64, String)> = optional!(tx, (i64, String), LAST, id.as_str())?;
        Ok(row.map(|(rev, resident_number)| (EntryKey { id: id.clone(), rev }, resident_number)))
    }
}
