//! 「申請の内容」 What is in cases, sealed. Invariant: it is read for a [`Permit`] only, in as many statements for a page of five hundred as
//! for one case, and nothing of a case that is erased.

use std::collections::BTreeMap;

use intake::{access::Permit, ids::CaseId, time::Instant};

use super::{Connection, StoreError, all_of_cases, columns::row};
use crate::seal::WrappedKey;

pub(super) const KEYS: &str = "SELECT case_file.case_id, wrapped_key, office_sealed FROM case_file
    LEFT JOIN case_office ON case_office.case_id = case_file.case_id
    WHERE case_file.case_id IN ({}) AND wrapped_key IS NOT NULL";
pub(super) const REVISIONS: &str = "SELECT case_id, rev, answers_sealed, author_kind, created_at FROM case_revision
    WHERE case_id IN ({}) ORDER BY case_id, rev";

row! {
    struct Kept {
        case_id: CaseId,
        wrapped_key: WrappedKey,
        office_sealed: Option<Vec<u8>>,
    }
}

row! {
    /// One revision of the answers, sealed.
    pub struct Revision {
        /// Of which case.
        pub case_id: CaseId,
        /// Its number, from 1.
        pub rev: i64,
        /// The answers; place by [`super::case::revision_place`].
        pub answers_sealed: Vec<u8>,
        /// `citizen`, `staff` or `portal`.
        pub author_kind: String,
        /// When.
        pub created_at: Instant,
    }
}

/// What is in a case, sealed.
pub struct Content {
    /// Its data key, wrapped.
    pub wrapped_key: WrappedKey,
    /// All revisions in order.
    pub revisions: Vec<Revision>,
    /// Staff items and identity evidence; place by [`super::case::office_place`].
    pub office_sealed: Option<Vec<u8>>,
}

/// What is in a case; none once it is erased.
///
/// # Errors
/// When the database fails.
pub async fn of_case(connection: &mut Connection, permit: &Permit) -> Result<Option<Content>, StoreError> {
    Ok(of_cases(connection, &[*permit]).await?.remove(&permit.case()))
}

/// What is in these cases, but for those that are erased.
///
/// # Errors
/// When the database fails.
pub async fn of_cases(
    connection: &mut Connection,
    permits: &[Permit],
) -> Result<BTreeMap<CaseId, Content>, StoreError> {
    let cases: Vec<CaseId> = permits.iter().map(Permit::case).collect();
    let with_key = |Kept { case_id, wrapped_key, office_sealed }| {
        (case_id, Content { wrapped_key, revisions: Vec::new(), office_sealed })
    };
    let kept = all_of_cases!(connection, Kept, KEYS, &cases)?;
    let mut all: BTreeMap<CaseId, Content> = kept.into_iter().map(with_key).collect();
    for revision in all_of_cases!(connection, Revision, REVISIONS, &cases)? {
        if let Some(content) = all.get_mut(&revision.case_id) {
            content.revisions.push(revision);
        }
    }
    Ok(all)
}
