//! 「窓口代行入力」 Who typed a case in, and who has checked it. Invariant: both are written once; the database refuses a check by
//! the person who typed.

use intake::{
    ids::{CaseId, ReceiptNumber, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, sql};

sql! {
    TYPED = "UPDATE case_file SET typed_by = $2 WHERE case_id = $1 AND typed_by IS NULL";
    CHECKED = "UPDATE case_file SET checked_by = $2, entry_news = $3 WHERE case_id = $1 AND checked_by IS NULL";
    READ = "UPDATE case_file SET entry_news = NULL WHERE case_id = $1 AND typed_by = $2 AND entry_news IS NOT NULL";
    OF_TYPIST = "SELECT receipt_number, form_id, filed_at, checked_by, entry_news, erased_at FROM case_file
        WHERE typed_by = $1 ORDER BY filed_at DESC, case_id LIMIT 50";
    NEWS_OF_TYPIST = "SELECT receipt_number, form_id, filed_at, checked_by, entry_news, erased_at FROM case_file
        WHERE typed_by = $1 AND entry_news IS NOT NULL ORDER BY entry_news, case_id LIMIT 50";
}

row! {
    /// A case that somebody typed in.
    pub struct TypedIn {
        /// 「受付番号」
        pub receipt_number: ReceiptNumber,
        /// The form.
        pub form_id: intake::ids::FormId,
        /// The day on which it was handed in.
        pub filed_at: Instant,
        /// Who has checked it.
        pub checked_by: Option<StaffId>,
        /// When something was put right that the typist has not read yet.
        pub entry_news: Option<Instant>,
        /// When the content was erased.
        pub erased_at: Option<Instant>,
    }
}

/// Keeps who typed a case in.
///
/// # Errors
/// When the database fails.
pub async fn keep_typist(tx: &mut WriteTx, case: CaseId, typist: StaffId) -> Result<(), StoreError> {
    execute!(tx, TYPED, case.bytes().as_slice(), typist.bytes().as_slice()).map(drop)
}

/// Keeps who has checked it; `news`: when something was put right. False when somebody was faster.
///
/// # Errors
/// When the database fails, or refuses: the checker is the typist, or the same person.
pub async fn keep_checker(
    tx: &mut WriteTx,
    case: CaseId,
    checker: StaffId,
    news: Option<Instant>,
) -> Result<bool, StoreError> {
    let news = news.map(Instant::micros);
    Ok(execute!(tx, CHECKED, case.bytes().as_slice(), checker.bytes().as_slice(), news)? == 1)
}

/// Keeps that the typist has read what was put right; false when there was nothing to read, or another typed it.
///
/// # Errors
/// When the database fails.
pub async fn mark_read(tx: &mut WriteTx, case: CaseId, typist: StaffId) -> Result<bool, StoreError> {
    Ok(execute!(tx, READ, case.bytes().as_slice(), typist.bytes().as_slice())? == 1)
}

/// What somebody typed in, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_typist(connection: &mut Connection, typist: StaffId) -> Result<Vec<TypedIn>, StoreError> {
    all!(connection, TypedIn, OF_TYPIST, typist.bytes().as_slice())
}

/// What of it was put right and not read, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn news_of_typist(connection: &mut Connection, typist: StaffId) -> Result<Vec<TypedIn>, StoreError> {
    all!(connection, TypedIn, NEWS_OF_TYPIST, typist.bytes().as_slice())
}
