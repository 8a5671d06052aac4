//! 「処理期限」 The clocks of cases. Invariant: how a case stands with its time follows from two instants that were kept with its
//! stage; whoever moves it, and however often, it stands as it must.

use intake::{
    case::{Lateness, Stage},
    deadline::{Before, Clock},
    form::Compartment,
    ids::{CaseId, FormId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, case::places, columns::row, execute, optional, sql};

sql! {
    FIND = "SELECT case_id, form_id, stage, stage_since, due_at, time_left, worked, compartment FROM case_file
        WHERE case_id = $1";
    FIND_VERSION = "SELECT case_id, form_id, stage, stage_since, due_at, time_left, worked, compartment FROM case_file
        WHERE case_id = $1 AND version = $2";
    // The words are those of the index: each statement finds the few rows that are to be moved, of however many cases. The outer
    // condition is asked again after the row lock of PostgreSQL was waited for.
    OVERDUE = "UPDATE case_file SET lateness = 'overdue' WHERE case_id IN (SELECT case_id FROM case_file
        WHERE due_at IS NOT NULL AND lateness <> 'overdue' AND due_at < $1 ORDER BY due_at LIMIT $2)
        AND due_at < $1 AND lateness <> 'overdue'";
    SOON = "UPDATE case_file SET lateness = 'soon' WHERE case_id IN (SELECT case_id FROM case_file
        WHERE soon_at IS NOT NULL AND lateness = 'in_time' AND soon_at <= $1 ORDER BY soon_at LIMIT $2)
        AND soon_at <= $1 AND lateness = 'in_time'";
    WITHOUT_CLOCK = "SELECT case_id, form_id, stage, stage_since, due_at, time_left, worked, compartment FROM case_file
        WHERE due_at IS NULL
        AND stage IN ('submitted', 'in_review', 'accepted', 'decline_proposed', 'confirmed', 'handed_over', 'held')
        ORDER BY case_id LIMIT $1";
    START = "UPDATE case_file SET due_at = $4, soon_at = $5, lateness = $6
        WHERE case_id = $1 AND stage = $2 AND stage_since = $3 AND due_at IS NULL";
    UNTOLD = "SELECT case_id, form_id, stage, stage_since, due_at, time_left, worked, compartment FROM case_file
        WHERE lateness = 'overdue' AND overdue_told_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2";
    TOLD = "UPDATE case_file SET overdue_told_at = $2 WHERE case_id = $1 AND lateness = 'overdue' AND overdue_told_at IS NULL";
    LATE = "SELECT 'overdue', COUNT(*) FROM case_file WHERE lateness = 'overdue' AND compartment IN ($1, $2)
        UNION ALL SELECT 'soon', COUNT(*) FROM case_file WHERE lateness = 'soon' AND compartment IN ($1, $2)";
}

row! {
    /// The clock of a case as it is kept.
    #[derive(Clone)]
    pub struct Kept {
        /// The case.
        pub case_id: CaseId,
        /// The form.
        pub form_id: FormId,
        /// The stage.
        pub stage: Stage,
        /// Since when.
        pub stage_since: Instant,
        /// See [`Clock::due_at`].
        pub due_at: Option<Instant>,
        /// See [`Clock::time_left`].
        pub time_left: Option<i64>,
        /// See [`Clock::worked`].
        pub worked: i64,
        /// Who of the staff may know of it.
        pub compartment: Compartment,
    }
}

impl Kept {
    /// For the rules.
    #[must_use]
    pub const fn before(&self) -> Before {
        let Self { stage, stage_since: since, due_at, time_left, worked, .. } = *self;
        Before { stage, since, due_at, time_left, worked }
    }
}

/// The clock of a case.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, id: CaseId) -> Result<Option<Kept>, StoreError> {
    optional!(connection, Kept, FIND, id.bytes().as_slice())
}

/// The clock of a case that is still of this version.
pub(super) async fn of_version(
    connection: &mut Connection,
    id: CaseId,
    version: i64,
) -> Result<Option<Kept>, StoreError> {
    optional!(connection, Kept, FIND_VERSION, id.bytes().as_slice(), version)
}

/// Moves those whose time is up, or nearly, at an instant; how many. No version moves: nobody has done anything.
///
/// # Errors
/// When the database fails.
pub async fn move_on(tx: &mut WriteTx, now: Instant, limit: i64) -> Result<u64, StoreError> {
    let late = execute!(tx, OVERDUE, now.micros(), limit)?;
    Ok(late + execute!(tx, SOON, now.micros(), limit)?)
}

/// Open cases of which no clock was started.
///
/// # Errors
/// When the database fails.
pub async fn without_clock(connection: &mut Connection, limit: i64) -> Result<Vec<Kept>, StoreError> {
    all!(connection, Kept, WITHOUT_CLOCK, limit)
}

/// Starts the clock of one of them, if it is still as it was.
///
/// # Errors
/// When the database fails.
pub async fn start(tx: &mut WriteTx, of: &Kept, clock: &Clock) -> Result<(), StoreError> {
    let (due, soon) = (clock.due_at.map(Instant::micros), clock.soon_at.map(Instant::micros));
    let (id, since) = (of.case_id, of.stage_since.micros());
    execute!(tx, START, id.bytes().as_slice(), of.stage.as_str(), since, due, soon, clock.lateness.as_str()).map(drop)
}

/// Overdue cases that were due before an instant, and of which nobody was told.
///
/// # Errors
/// When the database fails.
pub async fn untold(connection: &mut Connection, due_before: Instant, limit: i64) -> Result<Vec<Kept>, StoreError> {
    all!(connection, Kept, UNTOLD, due_before.micros(), limit)
}

/// Keeps that somebody was told; whether nobody had done it.
///
/// # Errors
/// When the database fails.
pub async fn told(tx: &mut WriteTx, id: CaseId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, TOLD, id.bytes().as_slice(), at.micros())? == 1)
}

/// How many cases of these compartments are overdue, and how many nearly.
///
/// # Errors
/// When the database fails.
pub async fn late(connection: &mut Connection, compartments: &[Compartment]) -> Result<(i64, i64), StoreError> {
    let Some([one, other]) = places(compartments) else { return Ok((0, 0)) };
    let rows = all!(connection, (String, i64), LATE, one, other)?;
    let of = |lateness: Lateness| {
        rows.iter().filter(|(word, _)| word == lateness.as_str()).map(|(_, count)| *count).sum::<i64>()
    };
    Ok((of(Lateness::Overdue), of(Lateness::Soon)))
}
