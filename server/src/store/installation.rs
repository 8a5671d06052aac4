//! What an installation knows about itself. Invariant: a database is opened with one master key only.

use super::{Connection, StoreError, WriteTx, execute, optional, sql};

sql! {
    FIND = "SELECT value FROM installation WHERE name = $1";
    INSERT = "INSERT INTO installation (name, value) VALUES ($1, $2)";
    KEEP = "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2";
}

/// The name of the version of words that every case is indexed by, in one byte.
pub const SEARCH_WORDS: &str = "search_words";

/// A value by its name.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(optional!(connection, (Vec<u8>,), FIND, name)?.map(|(value,)| value))
}

/// Keeps a value that is not there yet.
///
/// # Errors
/// [`StoreError::Duplicate`] when it is.
pub async fn insert(tx: &mut WriteTx, name: &str, value: &[u8]) -> Result<(), StoreError> {
    execute!(tx, INSERT, name, value).map(drop)
}

/// Keeps a value, whatever was there.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut WriteTx, name: &str, value: &[u8]) -> Result<(), StoreError> {
    execute!(tx, KEEP, name, value).map(drop)
}
