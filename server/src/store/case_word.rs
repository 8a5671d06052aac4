//! 「探す」 What a case can be found by, as keyed indexes. Invariant: without the master key nobody is found by them; they go with
//! the content of the case; what is found is only what who asks may know of.

use intake::{form::Compartment, ids::CaseId};

use super::{
    Connection, StoreError, WriteTx, all,
    case::{CaseHead, head, places},
    execute, sql,
};

sql! {
    DELETE = "DELETE FROM case_word WHERE found_case = $1";
    KEEP = "INSERT INTO case_word (word_index, found_filed_at, found_case)
        SELECT $2, filed_at, case_id FROM case_file WHERE case_id = $1 ON CONFLICT DO NOTHING";
    FIND = head!("JOIN case_word ON found_case = case_id WHERE word_index = $1 AND compartment IN ($2, $3)
        ORDER BY found_filed_at DESC, found_case DESC LIMIT $4");
    WITH_CONTENT = head!("WHERE erased_at IS NULL AND case_id > $1 ORDER BY case_id LIMIT $2");
}

/// So much of a keyed index is enough to find by.
pub type WordIndex = [u8; 16];

/// Keeps what a case can be found by, in the place of what was kept of it. The case is there already.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut WriteTx, case: CaseId, words: &[WordIndex]) -> Result<(), StoreError> {
    erase(tx, case).await?;
    for word in words {
        execute!(tx, KEEP, case.bytes().as_slice(), word.as_slice())?;
    }
    Ok(())
}

/// Removes what is kept of a case.
///
/// # Errors
/// When the database fails.
pub async fn erase(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, DELETE, case.bytes().as_slice()).map(drop)
}

/// The cases of these compartments with a word, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn find(
    connection: &mut Connection,
    compartments: &[Compartment],
    word: &WordIndex,
    limit: i64,
) -> Result<Vec<CaseHead>, StoreError> {
    let Some([one, other]) = places(compartments) else { return Ok(Vec::new()) };
    all!(connection, CaseHead, FIND, word.as_slice(), one, other, limit)
}

/// Cases with content, by their ids, after this one.
///
/// # Errors
/// When the database fails.
pub async fn with_content(connection: &mut Connection, after: CaseId, limit: i64) -> Result<Vec<CaseHead>, StoreError> {
    all!(connection, CaseHead, WITH_CONTENT, after.bytes().as_slice(), limit)
}
