//! Whom a case is about, as keyed indexes. Invariant: they say that two cases may be of one person and nothing else; without
//! the master key nobody is found by them, and they go with the content of the case.

use intake::ids::CaseId;

use super::{StoreError, WriteTx, execute, sql};

sql! {
    DELETE = "DELETE FROM case_person WHERE case_id = $1";
    KEEP = "INSERT INTO case_person (case_id, kind, person_index) VALUES ($1, $2, $3)
        ON CONFLICT (case_id, kind) DO UPDATE SET person_index = $3";
}

/// What an index is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonKind {
    /// 「氏名」「生年月日」
    NameAndBirthdate,
    /// 「フリガナ」「生年月日」
    KanaAndBirthdate,
    /// 「署名用電子証明書」 Its serial number.
    Certificate,
}

impl PersonKind {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NameAndBirthdate => "name",
            Self::KanaAndBirthdate => "kana",
            Self::Certificate => "certificate",
        }
    }
}

/// Keeps an index of a case, in the place of the one of its kind.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut WriteTx, case: CaseId, kind: PersonKind, index: &[u8; 32]) -> Result<(), StoreError> {
    execute!(tx, KEEP, case.bytes().as_slice(), kind.as_str(), index.as_slice()).map(drop)
}

/// Removes those of a case.
///
/// # Errors
/// When the database fails.
pub async fn erase(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, DELETE, case.bytes().as_slice()).map(drop)
}
