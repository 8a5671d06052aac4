//! 「受付一覧」 The lists of cases that staff work from, and how many are in each. Invariant: a page of a list is a walk through
//! an index, however many cases there are; the counts are kept in the transaction of whatever changes a case (by triggers, as
//! changes of their own that the worker adds up), so that they are what counting would give.

use std::collections::BTreeMap;

use intake::{
    case::Stage,
    export::Channel,
    form::Compartment,
    ids::{CaseId, FormId, StaffId},
    queue::{Attention, Sort},
    time::Instant,
};

use super::{
    Connection, StoreError, WriteTx, all, all_of,
    case::{CaseHead, head, places},
    execute, optional, sql,
};

sql! {
    COUNTS = "SELECT tally, CAST(SUM(cases) AS BIGINT) FROM (
            SELECT tally, cases FROM queue_count WHERE compartment IN ($1, $2)
            UNION ALL SELECT tally, cases FROM queue_change WHERE compartment IN ($1, $2)
        ) kept WHERE tally NOT LIKE 'holder/%' OR tally = $3 GROUP BY tally";
    HAS_CHANGED = "SELECT change_id FROM queue_change LIMIT 1";
    FOLD_ALONE = "UPDATE queue_fold SET folded_at = $1 WHERE fold_id = 1";
    TAKE_CHANGES = "DELETE FROM queue_change
        WHERE change_id IN (SELECT change_id FROM queue_change ORDER BY change_id LIMIT $1)
        RETURNING compartment, tally, cases";
    ADD = "INSERT INTO queue_count (compartment, tally, cases) VALUES ($1, $2, $3)
        ON CONFLICT (compartment, tally) DO UPDATE SET cases = queue_count.cases + $3";
    LAST_VIEW = "SELECT view FROM queue_view WHERE staff_id = $1";
    KEEP_VIEW = "INSERT INTO queue_view (staff_id, view, kept_at) VALUES ($1, $2, $3)
        ON CONFLICT (staff_id) DO UPDATE SET view = $2, kept_at = $3";
}

/// Of which list, narrowed by what, in which order.
#[derive(Clone, Copy, Debug)]
pub struct QueueFilter<'a> {
    /// The compartments that who asks may see.
    pub compartments: &'a [Compartment],
    /// The stages; with none the stage does not matter, and something must be waited for.
    pub stages: &'a [Stage],
    /// What waits for the office in each.
    pub attention: &'a [Attention],
    /// Of which form.
    pub form: Option<&'a FormId>,
    /// Come by which channel.
    pub channel: Option<Channel>,
    /// Whose: `Some(None)` is nobody's.
    pub holder: Option<Option<StaffId>>,
    /// Filed at this instant or later.
    pub from: Option<Instant>,
    /// Filed before.
    pub before: Option<Instant>,
    /// In which order.
    pub sort: Sort,
    /// After this row.
    pub after: Option<Place>,
    /// How many.
    pub limit: i64,
}

/// Where a row stands in its order.
pub type Place = (i64, CaseId);

/// Stands for no deadline, in the index as well.
const NO_DEADLINE: i64 = i64::MAX;

/// Where a case stands in an order.
#[must_use]
pub fn place_of(head: &CaseHead, sort: Sort) -> Place {
    let key = match sort {
        Sort::Arrival | Sort::Newest => head.filed_at.micros(),
        Sort::Deadline => head.due_at.map_or(NO_DEADLINE, Instant::micros),
        Sort::StageSince => head.stage_since.micros(),
    };
    (key, head.case_id)
}

/// Something that is put into a statement.
#[derive(Clone, Copy)]
pub(super) enum Bind<'a> {
    Text(&'a str),
    Number(i64),
    Bytes(&'a [u8]),
}

/// A statement that is put together of constant parts: with every filter its own conditions, and nothing else, so that the
/// database finds its index.
struct Composed<'a> {
    sql: String,
    binds: Vec<Bind<'a>>,
}

impl<'a> Composed<'a> {
    fn and(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }

    fn bind(&mut self, bind: Bind<'a>) {
        self.binds.push(bind);
        self.sql.push('$');
        self.sql.push_str(&self.binds.len().to_string());
    }

    fn and_bind(&mut self, condition: &str, bind: Bind<'a>) {
        self.and(condition);
        self.bind(bind);
    }
}

/// The column of an order; the deadline as it stands in its index.
const fn column(sort: Sort) -> &'static str {
    match sort {
        Sort::Arrival | Sort::Newest => "filed_at",
        Sort::Deadline => "COALESCE(due_at, 9223372036854775807)",
        Sort::StageSince => "stage_since",
    }
}

const fn condition(attention: Attention) -> &'static str {
    match attention {
        Attention::Unread => "unread_since IS NOT NULL",
        Attention::Withdrawal => "withdrawal_asked_at IS NOT NULL",
        Attention::Soon => "lateness = 'soon'",
        Attention::Overdue => "lateness = 'overdue'",
    }
}

/// Words of closed vocabularies stand in the statement itself: the partial indexes are found by them.
fn compose<'a>(
    filter: &'a QueueFilter<'a>,
    compartment: Compartment,
    stage: Option<Stage>,
    after: &'a Place,
) -> Composed<'a> {
    let mut query = Composed { sql: head!("WHERE compartment = ").to_owned(), binds: Vec::new() };
    query.sql.push_str(&format!("'{}'", compartment.as_str()));
    if let Some(stage) = stage {
        // What waits for the office is little, and so is what one person holds: they have indexes of their own, in which the stage
        // is written so, and are found by those alone.
        let is_narrow = !filter.attention.is_empty() || matches!(filter.holder, Some(Some(_)));
        let column = if is_narrow { "stage || ''" } else { "stage" };
        query.and(&format!("{column} = '{stage}'"));
    }
    filter.attention.iter().for_each(|attention| query.and(condition(*attention)));
    if let Some(form) = filter.form {
        query.and_bind("form_id = ", Bind::Text(form.as_str()));
    }
    if let Some(channel) = filter.channel {
        query.and(&format!("channel = '{}'", channel.as_str()));
    }
    match &filter.holder {
        Some(Some(holder)) => query.and_bind("holder = ", Bind::Bytes(holder.bytes().as_slice())),
        Some(None) => query.and("holder IS NULL"),
        None => {}
    }
    let (column, is_falling) = (column(filter.sort), filter.sort == Sort::Newest);
    let (order, direction) = if is_falling { ("<", " DESC") } else { (">", "") };
    query.and_bind(&format!("({column}, case_id) {order} ("), Bind::Number(after.0));
    query.sql.push_str(", ");
    query.bind(Bind::Bytes(after.1.bytes().as_slice()));
    query.sql.push(')');
    let by_arrival = matches!(filter.sort, Sort::Arrival | Sort::Newest);
    // Where the order is that of the arrival, one end is where the walk begins.
    if let Some(from) = filter.from.filter(|_| !by_arrival || is_falling) {
        query.and_bind("filed_at >= ", Bind::Number(from.micros()));
    }
    if let Some(before) = filter.before.filter(|_| !is_falling) {
        query.and_bind("filed_at < ", Bind::Number(before.micros()));
    }
    query.sql.push_str(&format!(" ORDER BY {column}{direction}, case_id{direction} LIMIT "));
    query.bind(Bind::Number(filter.limit));
    query
}

/// Where the walk begins: behind the last row that was shown, or at the end that the filter names.
fn beginning(filter: &QueueFilter<'_>) -> Place {
    let (lowest, highest) = (CaseId::from_random([0; 16]), CaseId::from_random([255; 16]));
    filter.after.unwrap_or(match filter.sort {
        Sort::Arrival => (filter.from.map_or(i64::MIN, Instant::micros), lowest),
        Sort::Newest => filter.before.map_or((i64::MAX, highest), |before| (before.micros(), lowest)),
        Sort::Deadline | Sort::StageSince => (i64::MIN, lowest),
    })
}

/// The walks of a page: one for each compartment and stage, for each is one stretch of its index.
fn walks(filter: &QueueFilter<'_>) -> Vec<(Compartment, Option<Stage>)> {
    let stages: Vec<Option<Stage>> = match filter.stages {
        [] => vec![None],
        some => some.iter().copied().map(Some).collect(),
    };
    let of = |compartment: &Compartment| stages.iter().map(|stage| (*compartment, *stage)).collect::<Vec<_>>();
    filter.compartments.iter().flat_map(of).collect()
}

/// A page of a list in its order.
///
/// # Errors
/// When the database fails.
pub async fn page(connection: &mut Connection, filter: &QueueFilter<'_>) -> Result<Vec<CaseHead>, StoreError> {
    debug_assert!(!filter.stages.is_empty() || !filter.attention.is_empty(), "everything is no list");
    let after = beginning(filter);
    let mut found = Vec::new();
    for (compartment, stage) in walks(filter) {
        let Composed { sql, binds } = compose(filter, compartment, stage, &after);
        found.extend(all_of!(connection, CaseHead, sql, binds)?);
    }
    found.sort_by_key(|head| place_of(head, filter.sort));
    if filter.sort == Sort::Newest {
        found.reverse();
    }
    found.truncate(usize::try_from(filter.limit).unwrap_or_default());
    Ok(found)
}

/// The statements of a page, as the database is given them, with the values in their places: for the test over their plans.
#[must_use]
pub fn statements_of(filter: &QueueFilter<'_>) -> Vec<String> {
    let after = beginning(filter);
    let written = |bind: &Bind<'_>| match bind {
        Bind::Text(text) => format!("'{text}'"),
        Bind::Number(number) => number.to_string(),
        Bind::Bytes(bytes) => bytes.iter().fold("X'".to_owned(), |text, byte| text + &format!("{byte:02x}")) + "'",
    };
    let of_walk = |(compartment, stage)| {
        let Composed { mut sql, binds } = compose(filter, compartment, stage, &after);
        // From the last place on: $1 is the beginning of $10.
        for (place, bind) in binds.iter().enumerate().rev() {
            sql = sql.replace(&format!("${}", place + 1), &written(bind));
        }
        sql
    };
    walks(filter).into_iter().map(of_walk).collect()
}

/// How many cases are in each list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, i64>);

impl Counts {
    /// Those of a stage.
    #[must_use]
    pub fn of_stage(&self, stage: Stage) -> i64 {
        self.of(&format!("stage/{stage}"))
    }

    /// Those that a person has in hand.
    #[must_use]
    pub fn of_holder(&self, holder: StaffId) -> i64 {
        self.of(&tally_of_holder(holder))
    }

    /// Those in which something waits for the office; what is nearly late is in no list of its own.
    #[must_use]
    pub fn of_attention(&self, attention: Attention) -> i64 {
        self.of(attention.as_str())
    }

    fn of(&self, tally: &str) -> i64 {
        self.0.get(tally).copied().unwrap_or_default()
    }
}

fn tally_of_holder(holder: StaffId) -> String {
    holder.bytes().iter().fold("holder/".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// How many cases of these compartments are in each list, and how many this person has in hand.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    connection: &mut Connection,
    compartments: &[Compartment],
    holder: StaffId,
) -> Result<Counts, StoreError> {
    let Some([one, other]) = places(compartments) else { return Ok(Counts::default()) };
    let rows = all!(connection, (String, i64), COUNTS, one, other, tally_of_holder(holder))?;
    Ok(Counts(rows.into_iter().collect()))
}

/// Whether there is anything to add up.
///
/// # Errors
/// When the database fails.
pub async fn has_changed(connection: &mut Connection) -> Result<bool, StoreError> {
    Ok(optional!(connection, (i64,), HAS_CHANGED)?.is_some())
}

/// Adds the oldest changes to the counts; how many. Two servers do it one after the other.
///
/// # Errors
/// When the database fails.
pub async fn fold(tx: &mut WriteTx, at: Instant, limit: i64) -> Result<usize, StoreError> {
    execute!(tx, FOLD_ALONE, at.micros())?;
    let changes = all!(tx, (String, String, i64), TAKE_CHANGES, limit)?;
    let folded = changes.len();
    let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (compartment, tally, cases) in changes {
        *sums.entry((compartment, tally)).or_default() += cases;
    }
    for ((compartment, tally), cases) in sums.into_iter().filter(|(_, cases)| *cases != 0) {
        execute!(tx, ADD, &compartment, &tally, cases)?;
    }
    Ok(folded)
}

/// What somebody looked at last, as its address says it.
///
/// # Errors
/// When the database fails.
pub async fn last_view(connection: &mut Connection, staff: StaffId) -> Result<Option<String>, StoreError> {
    let row = optional!(connection, (String,), LAST_VIEW, staff.bytes().as_slice())?;
    Ok(row.map(|(view,)| view))
}

/// Keeps what somebody looks at.
///
/// # Errors
/// When the database fails.
pub async fn keep_view(tx: &mut WriteTx, staff: StaffId, view: &str, at: Instant) -> Result<(), StoreError> {
    execute!(tx, KEEP_VIEW, staff.bytes().as_slice(), view, at.micros()).map(drop)
}
