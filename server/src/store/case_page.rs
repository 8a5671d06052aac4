//! 「一覧の一頁」 What stands in the cases of one page, in as many statements for five hundred as for one. Invariant: as in [`super::case`], content is
//! read for a [`Permit`] only.

use std::collections::{BTreeMap, BTreeSet};

use intake::{access::Permit, ids::CaseId, time::Instant};

use super::{
    Connection, StoreError, all_of,
    case::{Content, Revision},
    columns::row,
    queue::Bind,
};
use crate::seal::WrappedKey;

/// Each with the places of the cases, `$1, $2 …`, in the place of `{}`.
const KEYS: &str = "SELECT case_file.case_id, wrapped_key, office_sealed FROM case_file
    LEFT JOIN case_office ON case_office.case_id = case_file.case_id
    WHERE case_file.case_id IN ({}) AND wrapped_key IS NOT NULL";
const REVISIONS: &str = "SELECT case_id, rev, answers_sealed, author_kind, author_id, created_at FROM case_revision
    WHERE case_id IN ({}) ORDER BY case_id, rev";
const OPEN_PAIRS: &str = "SELECT one_case AS case_id FROM case_pair JOIN case_file ON case_id = other_case
        WHERE one_case IN ({}) AND state = 'open' AND stage NOT IN ('declined', 'withdrawn')
    UNION SELECT other_case AS case_id FROM case_pair JOIN case_file ON case_id = one_case
        WHERE other_case IN ({}) AND state = 'open' AND stage NOT IN ('declined', 'withdrawn')";

/// A statement for so many cases.
fn of(statement: &str, cases: usize) -> String {
    let places: Vec<String> = (1..=cases).map(|place| format!("${place}")).collect();
    statement.replace("{}", &places.join(", "))
}

/// The statements of a page of so many cases, for the tests that ask a database what it makes of them.
#[must_use]
pub fn statements_of(cases: usize) -> Vec<String> {
    [KEYS, REVISIONS, OPEN_PAIRS].iter().map(|statement| of(statement, cases)).collect()
}

row! {
    struct Kept {
        case_id: CaseId,
        wrapped_key: Vec<u8>,
        office_sealed: Option<Vec<u8>>,
    }
}

row! {
    struct RevisionOf {
        case_id: CaseId,
        rev: i64,
        answers_sealed: Vec<u8>,
        author_kind: String,
        author_id: Option<Vec<u8>>,
        created_at: Instant,
    }
}

row! {
    struct Found {
        case_id: CaseId,
    }
}

/// What is in these cases, sealed; nothing of those that are erased.
///
/// # Errors
/// When the database fails.
pub async fn contents(
    connection: &mut Connection,
    permits: &[Permit],
) -> Result<BTreeMap<CaseId, Content>, StoreError> {
    if permits.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<CaseId> = permits.iter().map(Permit::case).collect();
    let binds = binds(&ids);
    let kept = all_of!(connection, Kept, of(KEYS, ids.len()), binds)?;
    let with_key = |kept: Kept| {
        let wrapped_key = WrappedKey::from_bytes(kept.wrapped_key);
        (kept.case_id, Content { wrapped_key, revisions: Vec::new(), office_sealed: kept.office_sealed })
    };
    let mut all: BTreeMap<CaseId, Content> = kept.into_iter().map(with_key).collect();
    for RevisionOf { case_id, rev, answers_sealed, author_kind, author_id, created_at } in
        all_of!(connection, RevisionOf, of(REVISIONS, ids.len()), binds)?
    {
        if let Some(content) = all.get_mut(&case_id) {
            content.revisions.push(Revision { rev, answers_sealed, author_kind, author_id, created_at });
        }
    }
    Ok(all)
}

/// Those of these cases that a person is still to say something of beside another.
///
/// # Errors
/// When the database fails.
pub async fn open_pairs(connection: &mut Connection, cases: &[CaseId]) -> Result<BTreeSet<CaseId>, StoreError> {
    if cases.is_empty() {
        return Ok(BTreeSet::new());
    }
    let found = all_of!(connection, Found, of(OPEN_PAIRS, cases.len()), binds(cases))?;
    Ok(found.into_iter().map(|found| found.case_id).collect())
}

fn binds(cases: &[CaseId]) -> Vec<Bind<'_>> {
    cases.iter().map(|case| Bind::Bytes(case.bytes())).collect()
}
