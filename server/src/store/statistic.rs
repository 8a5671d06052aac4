//! 「集計」 What happened, counted by day. Invariant: a row holds no person and no case; counts are added to in the transaction of the deed,
//! in one order, so that two of them never wait for each other.

use intake::{
    case::{CommandKind, Stage},
    form::Compartment,
    ids::{CaseId, FormId},
    statistics::Measure,
    time::{CivilDate, Instant},
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};

sql! {
    COUNT = "INSERT INTO statistic (day, compartment, form_id, measure, word, number) VALUES ($1, $2, $3, $4, $5, 1)
        ON CONFLICT (day, compartment, form_id, measure, word) DO UPDATE SET number = statistic.number + 1";
    BETWEEN = "SELECT day, measure, word, number FROM statistic
        WHERE day >= $1 AND day < $2 AND compartment = $3 AND form_id = $4";
    WAS_GIVEN = "SELECT 1 FROM case_event WHERE case_id = $1 AND command = $2 LIMIT 1";
    OPEN_BETWEEN = "SELECT COUNT(*) FROM case_file
        WHERE compartment = $4 AND stage = $1 AND filed_at > $2 AND filed_at <= $3";
    SLOTS = "SELECT COUNT(*), COALESCE(CAST(SUM(capacity) AS BIGINT), 0) FROM slot
        WHERE starts_at >= $1 AND starts_at < $2 AND closed_at IS NULL";
    BOOKINGS = "SELECT b.state, COUNT(*) FROM slot s JOIN booking b ON b.slot_id = s.slot_id
        JOIN case_file c ON c.case_id = b.case_id
        WHERE s.starts_at >= $1 AND s.starts_at < $2 AND c.compartment = $3
        GROUP BY b.state ORDER BY b.state";
}

/// What a deed adds to: a measure and its word.
pub type Counted = (Measure, String);

/// Where it is counted.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The day of the deed, in Japan.
    pub day: CivilDate,
    /// Who of the staff may know of it.
    pub compartment: Compartment,
    /// The form.
    pub form: &'a FormId,
}

/// Adds one to each.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut WriteTx, place: Place<'_>, mut counted: Vec<Counted>) -> Result<(), StoreError> {
    counted.sort_unstable();
    let (day, form) = (place.day.to_string(), place.form.as_str());
    for (measure, word) in counted {
        execute!(tx, COUNT, &day, place.compartment.as_str(), form, measure.as_str(), word)?;
    }
    Ok(())
}

row! {
    /// A count.
    #[derive(Clone, Debug)]
    pub struct Count {
        /// The day.
        pub day: CivilDate,
        /// What was counted.
        pub measure: Measure,
        /// Under which word.
        pub word: String,
        /// How many.
        pub number: i64,
    }
}

/// The counts of a form from a day on, until before another, in no order.
///
/// # Errors
/// When the database fails.
pub async fn between(
    connection: &mut Connection,
    (from, until): (CivilDate, CivilDate),
    compartment: Compartment,
    form: &FormId,
) -> Result<Vec<Count>, StoreError> {
    let (from, until) = (from.to_string(), until.to_string());
    all!(connection, Count, BETWEEN, &from, &until, compartment.as_str(), form.as_str())
}

/// Whether a command was given on a case before.
///
/// # Errors
/// When the database fails.
pub async fn was_given(connection: &mut Connection, case: CaseId, command: CommandKind) -> Result<bool, StoreError> {
    Ok(optional!(connection, (i32,), WAS_GIVEN, case.bytes().as_slice(), command.as_str())?.is_some())
}

/// How many cases of a compartment are in a stage that were filed after an instant, and no later than another.
///
/// # Errors
/// When the database fails.
pub async fn open_between(
    connection: &mut Connection,
    stage: Stage,
    (after, until): (Instant, Instant),
    compartment: Compartment,
) -> Result<i64, StoreError> {
    let (after, until) = (after.micros(), until.micros());
    let row = optional!(connection, (i64,), OPEN_BETWEEN, stage.as_str(), after, until, compartment.as_str())?;
    Ok(row.map_or(0, |(count,)| count))
}

/// How many slots were open in a time, and how many places they had.
///
/// # Errors
/// When the database fails.
pub async fn slots(connection: &mut Connection, (from, until): (Instant, Instant)) -> Result<(i64, i64), StoreError> {
    Ok(optional!(connection, (i64, i64), SLOTS, from.micros(), until.micros())?.unwrap_or_default())
}

/// What became of the appointments in them, for the cases of a compartment.
///
/// # Errors
/// When the database fails.
pub async fn bookings(
    connection: &mut Connection,
    (from, until): (Instant, Instant),
    compartment: Compartment,
) -> Result<Vec<(String, i64)>, StoreError> {
    let (from, until) = (from.micros(), until.micros());
    all!(connection, (String, i64), BOOKINGS, from, until, compartment.as_str())
}
