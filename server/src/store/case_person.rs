//! Whom a case is about, as keyed indexes. Invariant: they say that two cases may be of one person and nothing else; without
//! the master key nobody is found by them, and they go with the content of the case.

use intake::{
    duplicate::Trace,
    form::Compartment,
    ids::{CaseId, FormId},
};

use super::{
    Connection, StoreError, WriteTx, all,
    case::{CaseHead, head},
    execute, sql,
};

sql! {
    DELETE = "DELETE FROM case_person WHERE case_id = $1";
    KEEP = "INSERT INTO case_person (case_id, kind, person_index) VALUES ($1, $2, $3)
        ON CONFLICT (case_id, kind) DO UPDATE SET person_index = $3";
    FORGET = "DELETE FROM case_person WHERE case_id = $1 AND kind = $2";
    FIND = head!("WHERE compartment = $1 AND form_id = $2 AND stage NOT IN ('declined', 'withdrawn') AND erased_at IS NULL
        AND case_id IN (SELECT found.case_id FROM case_person found WHERE found.person_index = $3)
        ORDER BY filed_at DESC, case_id LIMIT $4");
    BESIDE = head!("WHERE form_id = $2 AND case_id <> $1 AND stage NOT IN ('declined', 'withdrawn') AND erased_at IS NULL
        AND case_id IN (SELECT other.case_id FROM case_person own JOIN case_person other
            ON other.person_index = own.person_index WHERE own.case_id = $1)
        ORDER BY filed_at DESC, case_id LIMIT $3");
    SHARED = "SELECT own.kind FROM case_person own JOIN case_person other ON other.person_index = own.person_index
        WHERE own.case_id = $1 AND other.case_id = $2 ORDER BY own.kind";
}

/// Keeps an index of a case, in the place of the one of its kind.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut WriteTx, case: CaseId, trace: Trace, index: &[u8; 32]) -> Result<(), StoreError> {
    execute!(tx, KEEP, case.bytes().as_slice(), trace.as_str(), index.as_slice()).map(drop)
}

/// Removes the one of a kind: the answer is gone.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut WriteTx, case: CaseId, trace: Trace) -> Result<(), StoreError> {
    execute!(tx, FORGET, case.bytes().as_slice(), trace.as_str()).map(drop)
}

/// Removes those of a case.
///
/// # Errors
/// When the database fails.
pub async fn erase(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, DELETE, case.bytes().as_slice()).map(drop)
}

/// Standing cases of a form with this index, the newest first. Nothing of an EPDS has one.
///
/// # Errors
/// When the database fails.
pub async fn find(
    connection: &mut Connection,
    form: &FormId,
    index: &[u8; 32],
    limit: i64,
) -> Result<Vec<CaseHead>, StoreError> {
    let general = Compartment::General.as_str();
    all!(connection, CaseHead, FIND, general, form.as_str(), index.as_slice(), limit)
}

/// Other standing cases of a form that share an index with this one, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn beside(
    connection: &mut Connection,
    case: CaseId,
    form: &FormId,
    limit: i64,
) -> Result<Vec<CaseHead>, StoreError> {
    all!(connection, CaseHead, BESIDE, case.bytes().as_slice(), form.as_str(), limit)
}

/// The traces that two cases share.
///
/// # Errors
/// When the database fails.
pub async fn shared(connection: &mut Connection, one: CaseId, other: CaseId) -> Result<Vec<Trace>, StoreError> {
    let rows = all!(connection, (String,), SHARED, one.bytes().as_slice(), other.bytes().as_slice())?;
    let read = |(kind,): (String,)| kind.parse().ok();
    // A kind of another use of the table is no trace.
    Ok(rows.into_iter().filter_map(read).collect())
}
