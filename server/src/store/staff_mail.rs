//! 「お知らせメール」 Where staff are written to. Invariant: an address is sealed, and stands here only after the code that was sent
//! to it came back.

use intake::{
    ids::StaffId,
    time::{CivilDate, Instant},
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};
use crate::seal::WrappedKey;

sql! {
    FIND = "SELECT staff_id, wrapped_key, mail_sealed, locale, wants_daily, daily_on FROM staff_mail WHERE staff_id = $1";
    ALL = "SELECT staff_id, wrapped_key, mail_sealed, locale, wants_daily, daily_on FROM staff_mail ORDER BY staff_id";
    DAILY = "SELECT staff_id, wrapped_key, mail_sealed, locale, wants_daily, daily_on FROM staff_mail
        WHERE wants_daily = 1 AND (daily_on IS NULL OR daily_on < $1) ORDER BY staff_id LIMIT $2";
    KEEP = "INSERT INTO staff_mail (staff_id, wrapped_key, mail_sealed, locale, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (staff_id) DO UPDATE SET wrapped_key = $2, mail_sealed = $3, locale = $4, created_at = $5";
    CHOOSE = "UPDATE staff_mail SET wants_daily = $2 WHERE staff_id = $1 AND wants_daily <> $2";
    DAILY_DONE = "UPDATE staff_mail SET daily_on = $2 WHERE staff_id = $1 AND (daily_on IS NULL OR daily_on < $2)";
    DELETE = "DELETE FROM staff_mail WHERE staff_id = $1";
    ASK = "INSERT INTO staff_mail_change (staff_id, wrapped_key, mail_sealed, locale, code_mac, attempts, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6, $7) ON CONFLICT (staff_id) DO UPDATE SET wrapped_key = $2, mail_sealed = $3,
        locale = $4, code_mac = $5, attempts = 0, created_at = $6, expires_at = $7";
    ASKED = "SELECT wrapped_key, mail_sealed, locale, code_mac, attempts, created_at, expires_at FROM staff_mail_change
        WHERE staff_id = $1";
    COUNT_ATTEMPT = "UPDATE staff_mail_change SET attempts = attempts + 1 WHERE staff_id = $1";
    END_CHANGE = "DELETE FROM staff_mail_change WHERE staff_id = $1";
    SWEEP = "DELETE FROM staff_mail_change WHERE expires_at <= $1";
}

row! {
    /// The address of a member of staff.
    #[derive(Clone)]
    pub struct StaffMail {
        /// Whose.
        pub staff_id: StaffId,
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The address; place by [`place`].
        pub mail_sealed: Vec<u8>,
        /// In which language she is written to.
        pub locale: String,
        /// 1 if she wants to be told every working day how many are late.
        pub wants_daily: i64,
        /// The day on which she was told last.
        pub daily_on: Option<CivilDate>,
    }
}

row! {
    /// An address that waits for its code.
    #[derive(Clone)]
    pub struct Change {
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The address; place by [`place`].
        pub mail_sealed: Vec<u8>,
        /// In which language she is written to.
        pub locale: String,
        /// The keyed digest of the code.
        pub code_mac: [u8; 32],
        /// How often it was tried.
        pub attempts: i64,
        /// When it was asked for.
        pub created_at: Instant,
        /// Until when the code is good.
        pub expires_at: Instant,
    }
}

/// The place that an address is sealed for: the same before and after its code, so that it need not be opened between.
#[must_use]
pub fn place(staff: StaffId) -> String {
    format!("staff_mail/{staff}/mail")
}

/// The address of a member of staff.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, staff: StaffId) -> Result<Option<StaffMail>, StoreError> {
    optional!(connection, StaffMail, FIND, staff.bytes().as_slice())
}

/// Everybody's.
///
/// # Errors
/// When the database fails.
pub async fn every(connection: &mut Connection) -> Result<Vec<StaffMail>, StoreError> {
    all!(connection, StaffMail, ALL)
}

/// Of those who want the daily mail and have not had that of this day.
///
/// # Errors
/// When the database fails.
pub async fn daily_due(connection: &mut Connection, day: CivilDate, limit: i64) -> Result<Vec<StaffMail>, StoreError> {
    all!(connection, StaffMail, DAILY, day.to_string(), limit)
}

/// Keeps that she was told on this day, or that there was nothing to tell; false when another worker did it.
///
/// # Errors
/// When the database fails.
pub async fn daily_done(tx: &mut WriteTx, staff: StaffId, day: CivilDate) -> Result<bool, StoreError> {
    Ok(execute!(tx, DAILY_DONE, staff.bytes().as_slice(), day.to_string())? == 1)
}

/// Keeps an address whose code was right.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut WriteTx, staff: StaffId, change: &Change, at: Instant) -> Result<(), StoreError> {
    let (id, key) = (staff.bytes().as_slice(), change.wrapped_key.as_bytes());
    execute!(tx, KEEP, id, key, &change.mail_sealed, &change.locale, at.micros()).map(drop)
}

/// Keeps whether she wants the daily mail; false when nothing changed.
///
/// # Errors
/// When the database fails.
pub async fn choose(tx: &mut WriteTx, staff: StaffId, wants_daily: bool) -> Result<bool, StoreError> {
    Ok(execute!(tx, CHOOSE, staff.bytes().as_slice(), i64::from(wants_daily))? == 1)
}

/// Forgets her address; false when there was none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, staff: StaffId) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE, staff.bytes().as_slice())? == 1)
}

/// Keeps an address that waits for its code, in the place of an earlier one.
///
/// # Errors
/// When the database fails.
pub async fn ask(tx: &mut WriteTx, staff: StaffId, change: &Change) -> Result<(), StoreError> {
    execute!(
        tx,
        ASK,
        staff.bytes().as_slice(),
        change.wrapped_key.as_bytes(),
        &change.mail_sealed,
        &change.locale,
        change.code_mac.as_slice(),
        change.created_at.micros(),
        change.expires_at.micros(),
    )
    .map(drop)
}

/// The one that waits.
///
/// # Errors
/// When the database fails.
pub async fn asked(connection: &mut Connection, staff: StaffId) -> Result<Option<Change>, StoreError> {
    optional!(connection, Change, ASKED, staff.bytes().as_slice())
}

/// Counts a try; to be committed before the answer is given.
///
/// # Errors
/// When the database fails.
pub async fn count_attempt(tx: &mut WriteTx, staff: StaffId) -> Result<(), StoreError> {
    execute!(tx, COUNT_ATTEMPT, staff.bytes().as_slice()).map(drop)
}

/// Takes it away; false when it was gone.
///
/// # Errors
/// When the database fails.
pub async fn end_change(tx: &mut WriteTx, staff: StaffId) -> Result<bool, StoreError> {
    Ok(execute!(tx, END_CHANGE, staff.bytes().as_slice())? == 1)
}

/// Removes those whose time is over; how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, now: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, now.micros())
}
