//! 「同じ方・重複の可能性」 Two cases that may be of one person and one pregnancy. Invariant: two cases are one pair, whichever is found
//! first; only a person settles it, and what she wrote is sealed and goes with the content of either.

use std::collections::BTreeSet;

use intake::{
    duplicate::{PairState, Reason},
    ids::{CaseId, StaffId},
    time::Instant,
};

use super::{
    Connection, StoreError, WriteTx, all, all_of_cases,
    case::{CaseHead, head},
    columns::{row, text_columns},
    execute, optional, sql,
};

text_columns!(PairState);

pub(super) const OPEN_AMONG: &str = "SELECT one_case FROM case_pair JOIN case_file ON case_id = other_case
        WHERE one_case IN ({}) AND state = 'open' AND stage NOT IN ('declined', 'withdrawn')
    UNION SELECT other_case FROM case_pair JOIN case_file ON case_id = one_case
        WHERE other_case IN ({}) AND state = 'open' AND stage NOT IN ('declined', 'withdrawn')";

sql! {
    FIND = "SELECT one_case, other_case, reasons, state, found_at, version, stands_case, settled_by, settled_at, note_sealed
        FROM case_pair WHERE one_case = $1 AND other_case = $2";
    OF_CASE = "SELECT one_case, other_case, reasons, state, found_at, version, stands_case, settled_by, settled_at,
        note_sealed FROM case_pair WHERE one_case = $1 OR other_case = $1 ORDER BY found_at, one_case, other_case LIMIT 100";
    INSERT = "INSERT INTO case_pair (one_case, other_case, reasons, state, found_at, version)
        VALUES ($1, $2, $3, 'open', $4, 1)";
    FOUND_AGAIN = "UPDATE case_pair SET reasons = $3, state = $4, stands_case = NULL, settled_by = NULL, settled_at = NULL,
        note_sealed = NULL, version = version + 1 WHERE one_case = $1 AND other_case = $2";
    SETTLE = "UPDATE case_pair SET state = $4, stands_case = $5, settled_by = $6, settled_at = $7, note_sealed = $8,
        version = version + 1 WHERE one_case = $1 AND other_case = $2 AND version = $3";
    ERASE_NOTES = "UPDATE case_pair SET note_sealed = NULL WHERE one_case = $1 OR other_case = $1";
    // Two lookups by key instead of one walk over both.
    STANDS_INSTEAD = "SELECT stands_case FROM case_pair JOIN case_file ON case_id = stands_case
        WHERE (one_case = $1 OR other_case = $1) AND state = 'joined' AND stands_case <> $1
        AND stage NOT IN ('declined', 'withdrawn') ORDER BY settled_at DESC LIMIT 1";
    OF_ACCOUNT = head!("WHERE account_id = (SELECT mine.account_id FROM case_file mine WHERE mine.case_id = $1)
        AND case_id <> $1 AND form_id = (SELECT mine.form_id FROM case_file mine WHERE mine.case_id = $1)
        AND (proxy IS NULL OR proxy = 'given') AND stage NOT IN ('declined', 'withdrawn') AND erased_at IS NULL
        ORDER BY filed_at DESC, case_id LIMIT $2");
    SEARCH_LATER = "INSERT INTO pair_search (case_id) VALUES ($1) ON CONFLICT (case_id) DO NOTHING";
    TO_SEARCH = head!("WHERE case_id IN (SELECT waiting.case_id FROM pair_search waiting ORDER BY waiting.case_id LIMIT $1)");
    SEARCHED = "DELETE FROM pair_search WHERE case_id = $1";
}

row! {
    /// Two cases.
    #[derive(Clone)]
    pub struct Pair {
        /// The one with the smaller id.
        pub one_case: CaseId,
        /// The other.
        pub other_case: CaseId,
        /// Why, by [`Reason::as_str`], with spaces between.
        pub reasons: String,
        /// What a person has said.
        pub state: PairState,
        /// When it was found.
        pub found_at: Instant,
        /// Counts every change.
        pub version: i64,
        /// Joined: which of them stands.
        pub stands_case: Option<CaseId>,
        /// Who has said so.
        pub settled_by: Option<StaffId>,
        /// When.
        pub settled_at: Option<Instant>,
        /// What she wrote; place by [`note_place`].
        pub note_sealed: Option<Vec<u8>>,
    }
}

impl Pair {
    /// Why.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        self.reasons.split(' ').filter_map(|code| code.parse().ok()).collect()
    }

    /// The other one of the two.
    #[must_use]
    pub fn beside(&self, case: CaseId) -> CaseId {
        if self.one_case == case { self.other_case } else { self.one_case }
    }
}

/// What a person says of a pair.
pub struct Settled<'a> {
    /// Joined: which of them stands; none where they are apart.
    pub stands: Option<CaseId>,
    /// Who.
    pub by: StaffId,
    /// When.
    pub at: Instant,
    /// What she wrote, sealed.
    pub note_sealed: Option<&'a [u8]>,
}

/// The two in the order in which they are kept.
#[must_use]
pub fn ordered(one: CaseId, other: CaseId) -> (CaseId, CaseId) {
    if one.bytes() <= other.bytes() { (one, other) } else { (other, one) }
}

/// The place that a note is sealed for, with the key of the first of the two.
#[must_use]
pub fn note_place(one: CaseId, other: CaseId) -> String {
    let (one, other) = ordered(one, other);
    format!("case_pair/{one}/{other}")
}

/// A pair.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, one: CaseId, other: CaseId) -> Result<Option<Pair>, StoreError> {
    let (one, other) = ordered(one, other);
    optional!(connection, Pair, FIND, one.bytes().as_slice(), other.bytes().as_slice())
}

/// The pairs of a case, in the order in which they were found.
///
/// # Errors
/// When the database fails.
pub async fn of_case(connection: &mut Connection, case: CaseId) -> Result<Vec<Pair>, StoreError> {
    all!(connection, Pair, OF_CASE, case.bytes().as_slice())
}

/// Keeps that two cases may be of one person. What a person has said of them stands, unless there is a reason that she did
/// not know of. Whether anything is to be said now that was not before.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    tx: &mut WriteTx,
    one: CaseId,
    other: CaseId,
    reasons: &[Reason],
    at: Instant,
) -> Result<bool, StoreError> {
    let (one, other) = ordered(one, other);
    let (one_id, other_id) = (one.bytes(), other.bytes());
    let text = |reasons: &[Reason]| reasons.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(" ");
    let Some(before) = find(tx, one, other).await? else {
        execute!(tx, INSERT, one_id.as_slice(), other_id.as_slice(), text(reasons), at.micros())?;
        return Ok(true);
    };
    let known = before.reasons();
    if before.state == PairState::Joined || reasons.iter().all(|reason| known.contains(reason)) {
        return Ok(false);
    }
    let all: Vec<Reason> = Reason::ALL.into_iter().filter(|one| known.contains(one) || reasons.contains(one)).collect();
    let open = PairState::Open.as_str();
    execute!(tx, FOUND_AGAIN, one_id.as_slice(), other_id.as_slice(), text(&all), open)?;
    Ok(true)
}

/// Keeps what a person has said of a pair in this version; false when it is another by now.
///
/// # Errors
/// When the database fails.
pub async fn settle(tx: &mut WriteTx, pair: &Pair, settled: &Settled<'_>) -> Result<bool, StoreError> {
    let state = if settled.stands.is_some() { PairState::Joined } else { PairState::Apart };
    let changed = execute!(
        tx,
        SETTLE,
        pair.one_case.bytes().as_slice(),
        pair.other_case.bytes().as_slice(),
        pair.version,
        state.as_str(),
        settled.stands.as_ref().map(|id| id.bytes().as_slice()),
        settled.by.bytes().as_slice(),
        settled.at.micros(),
        settled.note_sealed,
    )?;
    Ok(changed == 1)
}

/// Removes what was written about a case.
///
/// # Errors
/// When the database fails.
pub async fn erase_notes(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, ERASE_NOTES, case.bytes().as_slice()).map(drop)
}

/// Those of these cases that stand beside another of which nobody has said anything yet.
///
/// # Errors
/// When the database fails.
pub async fn open_among(connection: &mut Connection, cases: &[CaseId]) -> Result<BTreeSet<CaseId>, StoreError> {
    let found = all_of_cases!(connection, (Vec<u8>,), OPEN_AMONG, cases)?;
    Ok(ids(found)?.into_iter().collect())
}

/// The standing case that a person has said stands in the place of this one.
///
/// # Errors
/// When the database fails.
pub async fn stands_instead(connection: &mut Connection, case: CaseId) -> Result<Option<CaseId>, StoreError> {
    let found = optional!(connection, (Vec<u8>,), STANDS_INSTEAD, case.bytes().as_slice())?;
    Ok(ids(found.into_iter().collect())?.pop())
}

fn ids(rows: Vec<(Vec<u8>,)>) -> Result<Vec<CaseId>, StoreError> {
    let read = |(bytes,): (Vec<u8>,)| bytes.try_into().map(CaseId::from_random);
    rows.into_iter().map(read).collect::<Result<_, _>>().map_err(|_| StoreError::Corrupt("not a case".to_owned()))
}

/// Other standing cases of the same form that the account of a case holds for herself, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_account(connection: &mut Connection, case: CaseId, limit: i64) -> Result<Vec<CaseHead>, StoreError> {
    all!(connection, CaseHead, OF_ACCOUNT, case.bytes().as_slice(), limit)
}

/// Has a case looked at once more when others that came at this moment can be seen.
///
/// # Errors
/// When the database fails.
pub async fn search_later(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, SEARCH_LATER, case.bytes().as_slice()).map(drop)
}

/// Cases that are to be looked at once more.
///
/// # Errors
/// When the database fails.
pub async fn to_search(connection: &mut Connection, limit: i64) -> Result<Vec<CaseHead>, StoreError> {
    all!(connection, CaseHead, TO_SEARCH, limit)
}

/// A case was looked at.
///
/// # Errors
/// When the database fails.
pub async fn searched(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, SEARCHED, case.bytes().as_slice()).map(drop)
}
