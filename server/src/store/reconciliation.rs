//! 「突合」 What was confirmed, beside what became of it in the hand-over. Invariant: it is read and never written; whoever may
//! not know of a case neither sees nor counts it.

use intake::{
    case::Stage,
    form::Compartment,
    ids::{DestinationId, ReceiptNumber},
    time::Instant,
};

use super::{Connection, StoreError, all, batch::BlockReason, case::places, columns::row, sql};

macro_rules! confirmed {
    ($from:literal) => {
        concat!(
            "SELECT case_file.receipt_number, case_file.stage, case_file.rev AS case_rev, case_file.withdrawal_asked_at, ",
            "batch_entry.rev, batch_entry.destination_id, batch_entry.seq, batch_entry.result, batch_entry.reason, ",
            "batch_entry.papers_left_out, batch.created_at AS sealed_at, hand_over_block.reason AS block, ",
            $from
        )
    };
}

sql! {
    // A case is confirmed once in each revision, so that an event and an entry belong together.
    CONFIRMED = confirmed!("case_event.at AS confirmed_at FROM case_event
        JOIN case_file ON case_file.case_id = case_event.case_id
        LEFT JOIN batch_entry ON batch_entry.case_id = case_event.case_id AND batch_entry.rev = case_event.rev
        LEFT JOIN batch ON batch.destination_id = batch_entry.destination_id AND batch.seq = batch_entry.seq
        LEFT JOIN hand_over_block ON hand_over_block.case_id = case_event.case_id
        WHERE case_event.command = 'confirm' AND case_event.at >= $1 AND case_file.compartment IN ($2, $3)
        ORDER BY case_event.at, case_file.receipt_number LIMIT $4");
    OLDER_WAITING = confirmed!("case_file.confirmed_at AS confirmed_at FROM case_file
        LEFT JOIN batch_entry ON batch_entry.case_id = case_file.case_id AND batch_entry.rev = case_file.rev
        LEFT JOIN batch ON batch.destination_id = batch_entry.destination_id AND batch.seq = batch_entry.seq
        LEFT JOIN hand_over_block ON hand_over_block.case_id = case_file.case_id
        WHERE case_file.stage IN ('confirmed', 'handed_over', 'held') AND case_file.confirmed_at < $1
        AND case_file.compartment IN ($2, $3) ORDER BY case_file.confirmed_at, case_file.receipt_number LIMIT $4");
    UNANSWERED = "SELECT batch.created_at, COUNT(*) FROM batch_entry
        JOIN batch ON batch.destination_id = batch_entry.destination_id AND batch.seq = batch_entry.seq
        WHERE batch_entry.result IS NULL GROUP BY batch.created_at ORDER BY batch.created_at";
}

row! {
    /// A confirmation, and what became of it.
    #[derive(Clone, Debug)]
    pub struct Confirmation {
        /// 「受付番号」
        pub receipt_number: ReceiptNumber,
        /// Where the case is now.
        pub stage: Stage,
        /// The revision that the case is in now.
        pub case_rev: i64,
        /// When a withdrawal was asked for that is not decided yet.
        pub withdrawal_asked_at: Option<Instant>,
        /// The revision that was handed over; none while it is in no batch.
        pub rev: Option<i64>,
        /// To whom.
        pub destination_id: Option<DestinationId>,
        /// In which batch.
        pub seq: Option<i64>,
        /// What the back office says.
        pub result: Option<String>,
        /// Why, as a code.
        pub reason: Option<String>,
        /// How many of its papers are not in the batch.
        pub papers_left_out: Option<i64>,
        /// When the batch was sealed.
        pub sealed_at: Option<Instant>,
        /// Why it is in no batch yet, if that is known.
        pub block: Option<BlockReason>,
        /// When it was confirmed.
        pub confirmed_at: Instant,
    }
}

/// What was confirmed since an instant, and what was confirmed before and is not settled; oldest first.
///
/// # Errors
/// When the database fails.
pub async fn confirmations(
    connection: &mut Connection,
    compartments: &[Compartment],
    since: Instant,
    limit: i64,
) -> Result<(Vec<Confirmation>, Vec<Confirmation>), StoreError> {
    let Some([one, other]) = places(compartments) else { return Ok((Vec::new(), Vec::new())) };
    let recent = all!(connection, Confirmation, CONFIRMED, since.micros(), one, other, limit)?;
    let older = all!(connection, Confirmation, OLDER_WAITING, since.micros(), one, other, limit)?;
    Ok((recent, older))
}

/// How many entries have no answer, by when their batch was sealed.
///
/// # Errors
/// When the database fails.
pub async fn unanswered(connection: &mut Connection) -> Result<Vec<(Instant, i64)>, StoreError> {
    let rows = all!(connection, (i64, i64), UNANSWERED)?;
    Ok(rows.into_iter().map(|(at, count)| (Instant(at), count)).collect())
}
