//! 「確認の仕事」 Tasks and who is on duty. Invariant: a case has one open task of a kind; what was done is sealed with the case's
//! key; none is listed or counted but for compartments that are named.

use intake::{
    form::Compartment,
    ids::{CaseId, StaffId, TaskId},
    task::TaskKind,
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, case::places, columns::row, execute, optional, sql};

macro_rules! task {
    ($rest:literal) => {
        concat!(
            "SELECT task_id, case_id, compartment, kind, for_role, owner_id, opened_at, take_by, due_at, taken_at, told_at, ",
            "escalated_at, alert_at, alerted_at, done_at, done_by, done_sealed FROM staff_task ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO staff_task (task_id, case_id, compartment, kind, for_role, owner_id, opened_at, take_by, due_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    FIND = task!("WHERE task_id = $1");
    OPEN = task!("WHERE done_at IS NULL AND compartment IN ($1, $2) ORDER BY due_at, task_id LIMIT $3");
    DONE = task!("WHERE done_at IS NOT NULL AND compartment IN ($1, $2) ORDER BY done_at DESC, task_id LIMIT $3");
    COUNT_OPEN = "SELECT COUNT(*) FROM staff_task WHERE done_at IS NULL AND compartment = $1";
    TAKE = "UPDATE staff_task SET owner_id = $2, taken_at = $3 WHERE task_id = $1 AND done_at IS NULL";
    FINISH = "UPDATE staff_task SET done_at = $4, done_by = $2, done_sealed = $3 WHERE task_id = $1 AND done_at IS NULL";
    END_OF_CASE = "UPDATE staff_task SET done_at = $2 WHERE case_id = $1 AND done_at IS NULL";
    END_OVERDUE = "UPDATE staff_task SET done_at = $2 WHERE case_id = $1 AND kind = 'overdue' AND done_at IS NULL";
    UNTOLD = task!("WHERE done_at IS NULL AND compartment = 'epds' AND kind = 'epds' AND told_at IS NULL
        ORDER BY due_at, task_id LIMIT $1");
    TOLD = "UPDATE staff_task SET told_at = $2, alert_at = $3 WHERE task_id = $1 AND told_at IS NULL AND done_at IS NULL";
    TO_ESCALATE = task!("WHERE done_at IS NULL AND compartment = 'epds' AND kind = 'epds' AND told_at IS NOT NULL
        AND escalated_at IS NULL AND (due_at <= $1 OR (taken_at IS NULL AND take_by <= $1)) ORDER BY due_at, task_id LIMIT $2");
    ESCALATED = "UPDATE staff_task SET escalated_at = $2, alert_at = $2
        WHERE task_id = $1 AND escalated_at IS NULL AND done_at IS NULL";
    TO_ALERT = task!("WHERE done_at IS NULL AND compartment = 'epds' AND alert_at IS NOT NULL ORDER BY due_at, task_id LIMIT $1");
    LEASE_ALERT = "UPDATE staff_task SET alert_at = $3 WHERE task_id = $1 AND alert_at = $2 AND done_at IS NULL";
    ALERTED = "UPDATE staff_task SET alert_at = NULL, alerted_at = $2 WHERE task_id = $1";
    NO_ALERT = "UPDATE staff_task SET alert_at = NULL WHERE task_id = $1 AND alert_at = $2";
    ON_DUTY = "SELECT staff_id, since, until FROM staff_duty WHERE until > $1 ORDER BY since DESC, staff_id";
    BEGIN_DUTY = "INSERT INTO staff_duty (staff_id, since, until) VALUES ($1, $2, $3)
        ON CONFLICT (staff_id) DO UPDATE SET since = $2, until = $3";
    END_DUTY = "DELETE FROM staff_duty WHERE staff_id = $1";
}

row! {
    /// A task.
    #[derive(Clone)]
    pub struct Task {
        /// Its id.
        pub task_id: TaskId,
        /// The case that it is about.
        pub case_id: CaseId,
        /// Who of the staff may know of it.
        pub compartment: Compartment,
        /// Why there is one.
        pub kind: TaskKind,
        /// The role that is told.
        pub for_role: String,
        /// Whose it is.
        pub owner_id: Option<StaffId>,
        /// Since when.
        pub opened_at: Instant,
        /// By when somebody is to have taken it.
        pub take_by: Instant,
        /// By when it is to be done.
        pub due_at: Instant,
        /// When somebody took it in hand.
        pub taken_at: Option<Instant>,
        /// When the mails were queued.
        pub told_at: Option<Instant>,
        /// When everybody who may know was told once more.
        pub escalated_at: Option<Instant>,
        /// When the second channel is to be used.
        pub alert_at: Option<Instant>,
        /// When it was.
        pub alerted_at: Option<Instant>,
        /// When it was done, or its reason went away.
        pub done_at: Option<Instant>,
        /// By whom; none where its reason went away.
        pub done_by: Option<StaffId>,
        /// What was done; place by [`place`].
        pub done_sealed: Option<Vec<u8>>,
    }
}

row! {
    /// 「当番」
    #[derive(Clone, Copy)]
    pub struct Duty {
        /// Who.
        pub staff_id: StaffId,
        /// From when.
        pub since: Instant,
        /// Until when.
        pub until: Instant,
    }
}

/// A task to be opened.
pub struct NewTask {
    /// Its id.
    pub task_id: TaskId,
    /// The case that it is about.
    pub case_id: CaseId,
    /// Who of the staff may know of it.
    pub compartment: Compartment,
    /// Why there is one.
    pub kind: TaskKind,
    /// The role that is told.
    pub for_role: &'static str,
    /// Whose it is.
    pub owner: Option<StaffId>,
    /// Now.
    pub opened_at: Instant,
    /// By when somebody is to have taken it.
    pub take_by: Instant,
    /// By when it is to be done.
    pub due_at: Instant,
}

/// The place that what was done is sealed for.
#[must_use]
pub fn place(task: TaskId) -> String {
    format!("staff_task/{task}/done")
}

/// Opens a task.
///
/// # Errors
/// [`StoreError::Duplicate`] when the case has an open one of this kind.
pub async fn insert(tx: &mut WriteTx, task: &NewTask) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        task.task_id.bytes().as_slice(),
        task.case_id.bytes().as_slice(),
        task.compartment.as_str(),
        task.kind.as_str(),
        task.for_role,
        task.owner.as_ref().map(|id| id.bytes().as_slice()),
        task.opened_at.micros(),
        task.take_by.micros(),
        task.due_at.micros(),
    )
    .map(drop)
}

/// A task by its id.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, id: TaskId) -> Result<Option<Task>, StoreError> {
    optional!(connection, Task, FIND, id.bytes().as_slice())
}

/// The open tasks of these compartments, the most urgent first.
///
/// # Errors
/// When the database fails.
pub async fn open(
    connection: &mut Connection,
    compartments: &[Compartment],
    limit: i64,
) -> Result<Vec<Task>, StoreError> {
    let Some([one, other]) = places(compartments) else { return Ok(Vec::new()) };
    all!(connection, Task, OPEN, one, other, limit)
}

/// Those that are done, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn done(
    connection: &mut Connection,
    compartments: &[Compartment],
    limit: i64,
) -> Result<Vec<Task>, StoreError> {
    let Some([one, other]) = places(compartments) else { return Ok(Vec::new()) };
    all!(connection, Task, DONE, one, other, limit)
}

/// How many are open in a compartment.
///
/// # Errors
/// When the database fails.
pub async fn count_open(connection: &mut Connection, compartment: Compartment) -> Result<i64, StoreError> {
    Ok(optional!(connection, (i64,), COUNT_OPEN, compartment.as_str())?.map_or(0, |(count,)| count))
}

/// Somebody takes it in hand, also from a colleague; false when it is done.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut WriteTx, id: TaskId, staff: StaffId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, TAKE, id.bytes().as_slice(), staff.bytes().as_slice(), at.micros())? == 1)
}

/// It is done; false when it was before.
///
/// # Errors
/// When the database fails.
pub async fn finish(
    tx: &mut WriteTx,
    id: TaskId,
    by: StaffId,
    done_sealed: &[u8],
    at: Instant,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, FINISH, id.bytes().as_slice(), by.bytes().as_slice(), done_sealed, at.micros())? == 1)
}

/// 「期限超過」 The case has gone on: nobody need look after its being late.
pub(super) async fn end_overdue(tx: &mut WriteTx, case: CaseId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, END_OVERDUE, case.bytes().as_slice(), at.micros()).map(drop)
}

/// What the case held is erased: nobody can look at it any more.
pub(super) async fn end_of_case(tx: &mut WriteTx, case: CaseId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, END_OF_CASE, case.bytes().as_slice(), at.micros()).map(drop)
}

/// Those of which nobody was told yet.
///
/// # Errors
/// When the database fails.
pub async fn untold(connection: &mut Connection, limit: i64) -> Result<Vec<Task>, StoreError> {
    all!(connection, Task, UNTOLD, limit)
}

/// Keeps that mails were queued, and when the second channel is to be used; false when another worker did it.
///
/// # Errors
/// When the database fails.
pub async fn told(tx: &mut WriteTx, id: TaskId, at: Instant, alert_at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, TOLD, id.bytes().as_slice(), at.micros(), alert_at.micros())? == 1)
}

/// Those that nobody has taken in time, or that are not done in time.
///
/// # Errors
/// When the database fails.
pub async fn to_escalate(connection: &mut Connection, now: Instant, limit: i64) -> Result<Vec<Task>, StoreError> {
    all!(connection, Task, TO_ESCALATE, now.micros(), limit)
}

/// Keeps that everybody was told once more; false when another worker did it, or it is done.
///
/// # Errors
/// When the database fails.
pub async fn escalated(tx: &mut WriteTx, id: TaskId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, ESCALATED, id.bytes().as_slice(), at.micros())? == 1)
}

/// Those for which the second channel may be needed.
///
/// # Errors
/// When the database fails.
pub async fn to_alert(connection: &mut Connection, limit: i64) -> Result<Vec<Task>, StoreError> {
    all!(connection, Task, TO_ALERT, limit)
}

/// Nobody else uses the second channel for it until `until`; false when somebody does already.
///
/// # Errors
/// When the database fails.
pub async fn lease_alert(tx: &mut WriteTx, id: TaskId, was: Instant, until: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, LEASE_ALERT, id.bytes().as_slice(), was.micros(), until.micros())? == 1)
}

/// Keeps that the second channel took it.
///
/// # Errors
/// When the database fails.
pub async fn alerted(tx: &mut WriteTx, id: TaskId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, ALERTED, id.bytes().as_slice(), at.micros()).map(drop)
}

/// The first channel did it.
///
/// # Errors
/// When the database fails.
pub async fn needs_no_alert(tx: &mut WriteTx, id: TaskId, was: Instant) -> Result<(), StoreError> {
    execute!(tx, NO_ALERT, id.bytes().as_slice(), was.micros()).map(drop)
}

/// Who is on duty at an instant; who began last comes first.
///
/// # Errors
/// When the database fails.
pub async fn on_duty(connection: &mut Connection, now: Instant) -> Result<Vec<Duty>, StoreError> {
    all!(connection, Duty, ON_DUTY, now.micros())
}

/// Somebody is on duty from now on.
///
/// # Errors
/// When the database fails.
pub async fn begin_duty(tx: &mut WriteTx, staff: StaffId, at: Instant, until: Instant) -> Result<(), StoreError> {
    execute!(tx, BEGIN_DUTY, staff.bytes().as_slice(), at.micros(), until.micros()).map(drop)
}

/// And no longer; false when she was not.
///
/// # Errors
/// When the database fails.
pub async fn end_duty(tx: &mut WriteTx, staff: StaffId) -> Result<bool, StoreError> {
    Ok(execute!(tx, END_DUTY, staff.bytes().as_slice())? == 1)
}
