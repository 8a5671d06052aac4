//! The versions of forms that drafts and cases need. Invariant: what is erased or over needs none.

use intake::{ids::FormId, time::Instant};

use super::{Connection, StoreError, all, columns::row, sql};

sql! {
    OF_CASES = "SELECT form_id, form_version, form_sha256, COUNT(*) AS users FROM case_file WHERE erased_at IS NULL
        GROUP BY form_id, form_version, form_sha256 ORDER BY form_id, form_version, form_sha256";
    OF_DRAFTS = "SELECT form_id, form_version, form_sha256, COUNT(*) AS users FROM draft
        WHERE expires_at > $1 OR (account_id IS NOT NULL AND noticed_at IS NULL)
        GROUP BY form_id, form_version, form_sha256 ORDER BY form_id, form_version, form_sha256";
    OF_COUNTER_DRAFTS = "SELECT form_id, form_version, form_sha256, COUNT(*) AS users FROM counter_draft
        WHERE expires_at > $1
        GROUP BY form_id, form_version, form_sha256 ORDER BY form_id, form_version, form_sha256";
}

row! {
    /// A version with one content, and how many need it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct FormUse {
        /// The form.
        pub form_id: FormId,
        /// Its version.
        pub form_version: i64,
        /// Its digest; empty where only the version is known.
        pub form_sha256: String,
        /// How many.
        pub users: i64,
    }
}

/// What cases need whose content is there.
///
/// # Errors
/// When the database fails.
pub async fn of_cases(connection: &mut Connection) -> Result<Vec<FormUse>, StoreError> {
    all!(connection, FormUse, OF_CASES)
}

/// What drafts need that are not over, those of parents and those that staff type in.
///
/// # Errors
/// When the database fails.
pub async fn of_drafts(connection: &mut Connection, now: Instant) -> Result<Vec<FormUse>, StoreError> {
    let mut all = all!(connection, FormUse, OF_DRAFTS, now.micros())?;
    all.extend(all!(connection, FormUse, OF_COUNTER_DRAFTS, now.micros())?);
    Ok(all)
}
