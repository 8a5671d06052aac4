//! Slots, appointments and who waits for one. Invariant: a place is taken in one statement that counts it, and the table
//! itself refuses more places than there are; an appointment is changed only as it was seen, by its sequence.

use intake::{
    booking::{Mode, Spoken, State, Wish, languages_text},
    form::Compartment,
    ids::{AccountId, BookingId, CaseId, ReceiptNumber, SlotId, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};

macro_rules! slot {
    ($rest:literal) => {
        concat!(
            "SELECT slot_id, starts_at, ends_at, place, mode, languages, capacity, taken, closed_at FROM slot ",
            $rest
        )
    };
}

macro_rules! booking {
    ($rest:literal) => {
        concat!(
            "SELECT b.case_id, b.booking_id, b.slot_id, b.state, b.sequence, b.changed_at, b.reminded_at, s.starts_at, ",
            "c.receipt_number, c.account_id, c.compartment, c.holder FROM booking b JOIN slot s ON s.slot_id = b.slot_id ",
            "JOIN case_file c ON c.case_id = b.case_id ",
            $rest
        )
    };
}

sql! {
    OPEN_SLOT = "INSERT INTO slot (slot_id, starts_at, ends_at, place, mode, languages, capacity, opened_by, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    FIND_SLOT = slot!("WHERE slot_id = $1");
    SLOTS_BETWEEN = slot!("WHERE starts_at >= $1 AND starts_at < $2 ORDER BY starts_at, slot_id LIMIT 2000");
    FREE_SLOTS = slot!("WHERE starts_at > $1 AND taken < capacity AND closed_at IS NULL ORDER BY starts_at, slot_id LIMIT $2");
    // One statement sees the free place and takes it; whoever waits for the row is asked again after the lock.
    TAKE = "UPDATE slot SET taken = taken + 1
        WHERE slot_id = $1 AND taken < capacity AND closed_at IS NULL AND starts_at > $2";
    GIVE_BACK = "UPDATE slot SET taken = taken - 1 WHERE slot_id = $1 AND taken > 0 AND closed_at IS NULL";
    SET_CAPACITY = "UPDATE slot SET capacity = $2 WHERE slot_id = $1 AND taken <= $2 AND closed_at IS NULL";
    CLOSE_SLOT = "UPDATE slot SET closed_at = $2, taken = 0 WHERE slot_id = $1 AND closed_at IS NULL";
    // Two presses of one parent follow each other, and one of hers and the end of her case too.
    LOCK_CASE = "UPDATE case_file SET case_id = case_id WHERE case_id = $1";
    FIND_BOOKING = booking!("WHERE b.case_id = $1");
    OF_SLOT = booking!("WHERE b.slot_id = $1 AND b.state IN ('booked', 'attended', 'absent') ORDER BY b.booked_at, b.case_id");
    OF_ACCOUNT = booking!("WHERE c.account_id = $1 AND b.state = 'booked' ORDER BY b.case_id");
    DUE = booking!("WHERE s.starts_at > $1 AND s.starts_at <= $2 AND b.state = 'booked' AND b.reminded_at IS NULL
        ORDER BY s.starts_at, b.case_id LIMIT $3");
    KEEP = "INSERT INTO booking (case_id, booking_id, slot_id, state, sequence, booked_at, changed_at, reminded_at)
        VALUES ($1, $2, $3, 'booked', 0, $4, $4, $5)
        ON CONFLICT (case_id) DO UPDATE SET slot_id = $3, state = 'booked', sequence = booking.sequence + 1, changed_at = $4,
            reminded_at = $5, booked_at = $4 WHERE booking.sequence = $6";
    SET_STATE = "UPDATE booking SET state = $3, sequence = sequence + 1, changed_at = $4
        WHERE case_id = $1 AND sequence = $2 AND state = 'booked'";
    CLOSE_ALL = "UPDATE booking SET state = 'closed', sequence = sequence + 1, changed_at = $2
        WHERE slot_id = $1 AND state = 'booked'";
    MARK = "UPDATE booking SET state = $3, changed_at = $4
        WHERE case_id = $1 AND slot_id = $2 AND state IN ('booked', 'attended', 'absent')";
    REMINDED = "UPDATE booking SET reminded_at = $3
        WHERE case_id = $1 AND sequence = $2 AND state = 'booked' AND reminded_at IS NULL";
    WAIT = "INSERT INTO booking_wait (case_id, mode, language, asked_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (case_id) DO UPDATE SET mode = $2, language = $3, told_at = NULL,
            asked_at = CASE WHEN booking_wait.told_at IS NULL THEN booking_wait.asked_at ELSE $4 END";
    STOP_WAITING = "DELETE FROM booking_wait WHERE case_id = $1";
    STOP_WAITING_OF_ACCOUNT = "DELETE FROM booking_wait
        WHERE case_id IN (SELECT case_id FROM case_file WHERE account_id = $1)";
    FIND_WAIT = "SELECT w.case_id, w.mode, w.language, w.asked_at, w.told_at, c.account_id
        FROM booking_wait w JOIN case_file c ON c.case_id = w.case_id WHERE w.case_id = $1";
    WAITING = "SELECT w.case_id, w.mode, w.language, w.asked_at, w.told_at, c.account_id
        FROM booking_wait w JOIN case_file c ON c.case_id = w.case_id
        WHERE w.told_at IS NULL OR w.told_at > $1 ORDER BY w.asked_at, w.case_id LIMIT $2";
    TOLD = "UPDATE booking_wait SET told_at = $2 WHERE case_id = $1 AND told_at IS NULL";
}

row! {
    /// 「面談枠」 A time at which parents can come.
    #[derive(Clone, Debug)]
    pub struct Slot {
        /// Its id.
        pub slot_id: SlotId,
        /// When it begins.
        pub starts_at: Instant,
        /// When it ends.
        pub ends_at: Instant,
        /// Where, in the office's words; of an online one how to join.
        pub place: String,
        /// How one meets.
        pub mode: Mode,
        /// What is spoken.
        pub languages: Vec<Spoken>,
        /// How many parents can come.
        pub capacity: i64,
        /// How many of the places are taken.
        pub taken: i64,
        /// 「取り止め」 When it was closed.
        pub closed_at: Option<Instant>,
    }
}

row! {
    /// 「予約」 The appointment of a case.
    #[derive(Clone, Debug)]
    pub struct Booking {
        /// Whose.
        pub case_id: CaseId,
        /// The same for as long as it lasts, however often it is moved.
        pub booking_id: BookingId,
        /// When it is, or was to be.
        pub slot_id: SlotId,
        /// What became of it.
        pub state: State,
        /// Rises with every change of the parent's or the office's.
        pub sequence: i64,
        /// The last change.
        pub changed_at: Instant,
        /// When she was reminded.
        pub reminded_at: Option<Instant>,
        /// When its slot begins.
        pub starts_at: Instant,
        /// 「受付番号」
        pub receipt_number: ReceiptNumber,
        /// Whose the case is; none once the link is erased.
        pub account_id: Option<AccountId>,
        /// Who of the staff may know of the case.
        pub compartment: Compartment,
        /// Who holds the case.
        pub holder: Option<StaffId>,
    }
}

row! {
    /// 「空き待ち」 Somebody who wants to be told of a free place.
    #[derive(Clone, Debug)]
    pub struct Wait {
        /// Her case.
        pub case_id: CaseId,
        /// How she wants to meet; anyhow.
        pub mode: Option<Mode>,
        /// In which language; in any.
        pub language: Option<Spoken>,
        /// Since when.
        pub asked_at: Instant,
        /// When she was told.
        pub told_at: Option<Instant>,
        /// Whose the case is.
        pub account_id: Option<AccountId>,
    }
}

/// Opens a slot; false when there is one like it.
///
/// # Errors
/// When the database fails.
pub async fn open_slot(tx: &mut WriteTx, slot: &Slot, by: Option<StaffId>, at: Instant) -> Result<bool, StoreError> {
    let opened = execute!(
        tx,
        OPEN_SLOT,
        slot.slot_id.bytes().as_slice(),
        slot.starts_at.micros(),
        slot.ends_at.micros(),
        &slot.place,
        slot.mode.as_str(),
        languages_text(&slot.languages),
        slot.capacity,
        by.as_ref().map(|by| by.bytes().as_slice()),
        at.micros(),
    )?;
    Ok(opened == 1)
}

/// A slot by its id.
///
/// # Errors
/// When the database fails.
pub async fn find_slot(connection: &mut Connection, id: SlotId) -> Result<Option<Slot>, StoreError> {
    optional!(connection, Slot, FIND_SLOT, id.bytes().as_slice())
}

/// The slots that begin between two instants, the closed ones too, in the order of time.
///
/// # Errors
/// When the database fails.
pub async fn slots_between(connection: &mut Connection, from: Instant, to: Instant) -> Result<Vec<Slot>, StoreError> {
    all!(connection, Slot, SLOTS_BETWEEN, from.micros(), to.micros())
}

/// The slots with a free place that begin after an instant, in the order of time.
///
/// # Errors
/// When the database fails.
pub async fn free_slots(connection: &mut Connection, after: Instant, limit: i64) -> Result<Vec<Slot>, StoreError> {
    all!(connection, Slot, FREE_SLOTS, after.micros(), limit)
}

/// Takes a place of a slot that begins after an instant; false when none is free.
///
/// # Errors
/// When the database fails.
pub async fn take_place(tx: &mut WriteTx, id: SlotId, after: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, TAKE, id.bytes().as_slice(), after.micros())? == 1)
}

/// Frees a place; of a closed slot none is left to free.
///
/// # Errors
/// When the database fails.
pub async fn give_back(tx: &mut WriteTx, id: SlotId) -> Result<(), StoreError> {
    execute!(tx, GIVE_BACK, id.bytes().as_slice()).map(drop)
}

/// Changes how many can come; false when more have a place already, or it is closed.
///
/// # Errors
/// When the database fails.
pub async fn set_capacity(tx: &mut WriteTx, id: SlotId, capacity: i64) -> Result<bool, StoreError> {
    Ok(execute!(tx, SET_CAPACITY, id.bytes().as_slice(), capacity)? == 1)
}

/// Closes a slot with the appointments in it; false when it is closed.
///
/// # Errors
/// When the database fails.
pub async fn close_slot(tx: &mut WriteTx, id: SlotId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, CLOSE_SLOT, id.bytes().as_slice(), at.micros())? == 1)
}

/// Closes the appointments that stand in a slot; how many.
///
/// # Errors
/// When the database fails.
pub async fn close_bookings(tx: &mut WriteTx, id: SlotId, at: Instant) -> Result<u64, StoreError> {
    execute!(tx, CLOSE_ALL, id.bytes().as_slice(), at.micros())
}

/// Has other writers of this case wait until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_case(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, LOCK_CASE, case.bytes().as_slice()).map(drop)
}

/// The appointment of a case, also one that is over.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, case: CaseId) -> Result<Option<Booking>, StoreError> {
    optional!(connection, Booking, FIND_BOOKING, case.bytes().as_slice())
}

/// Who comes to a slot, or came, in the order in which they booked.
///
/// # Errors
/// When the database fails.
pub async fn of_slot(connection: &mut Connection, id: SlotId) -> Result<Vec<Booking>, StoreError> {
    all!(connection, Booking, OF_SLOT, id.bytes().as_slice())
}

/// The appointments of an account that stand.
///
/// # Errors
/// When the database fails.
pub async fn of_account(connection: &mut Connection, account: AccountId) -> Result<Vec<Booking>, StoreError> {
    all!(connection, Booking, OF_ACCOUNT, account.bytes().as_slice())
}

/// Appointments that begin after `now` and not after `until`, and of which nobody was reminded.
///
/// # Errors
/// When the database fails.
pub async fn due_reminders(
    connection: &mut Connection,
    now: Instant,
    until: Instant,
    limit: i64,
) -> Result<Vec<Booking>, StoreError> {
    all!(connection, Booking, DUE, now.micros(), until.micros(), limit)
}

/// An appointment to be kept, in the place of the one that was seen.
pub struct Kept {
    /// Whose.
    pub case_id: CaseId,
    /// Its id, where there was none before.
    pub booking_id: BookingId,
    /// When.
    pub slot_id: SlotId,
    /// The sequence of the one that was seen.
    pub seen: Option<i64>,
    /// Whether a reminder would come too late to be of use.
    pub needs_no_reminder: bool,
    /// Now.
    pub at: Instant,
}

/// Keeps it; false when it was changed meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn keep(tx: &mut WriteTx, kept: &Kept) -> Result<bool, StoreError> {
    let changed = execute!(
        tx,
        KEEP,
        kept.case_id.bytes().as_slice(),
        kept.booking_id.bytes().as_slice(),
        kept.slot_id.bytes().as_slice(),
        kept.at.micros(),
        kept.needs_no_reminder.then_some(kept.at.micros()),
        kept.seen.unwrap_or(-1),
    )?;
    Ok(changed == 1)
}

/// Ends an appointment that stands; false when it was changed meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut WriteTx, seen: &Booking, state: State, at: Instant) -> Result<bool, StoreError> {
    let id = seen.case_id;
    Ok(execute!(tx, SET_STATE, id.bytes().as_slice(), seen.sequence, state.as_str(), at.micros())? == 1)
}

/// 「来所済・来所なし」 Notes whether she came; false when she has no place in this slot.
///
/// # Errors
/// When the database fails.
pub async fn mark(tx: &mut WriteTx, case: CaseId, slot: SlotId, state: State, at: Instant) -> Result<bool, StoreError> {
    let marked = execute!(tx, MARK, case.bytes().as_slice(), slot.bytes().as_slice(), state.as_str(), at.micros())?;
    Ok(marked == 1)
}

/// Keeps that she was reminded; false when it was changed meanwhile, or somebody else has reminded her.
///
/// # Errors
/// When the database fails.
pub async fn keep_reminder(tx: &mut WriteTx, seen: &Booking, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, REMINDED, seen.case_id.bytes().as_slice(), seen.sequence, at.micros())? == 1)
}

/// Notes that she waits. Who waits and was not told keeps her turn.
///
/// # Errors
/// When the database fails.
pub async fn wait(tx: &mut WriteTx, case: CaseId, wish: Wish, at: Instant) -> Result<(), StoreError> {
    let (mode, language) = (wish.mode.map(Mode::as_str), wish.language.map(Spoken::as_str));
    execute!(tx, WAIT, case.bytes().as_slice(), mode, language, at.micros()).map(drop)
}

/// She waits no longer; false when she did not.
///
/// # Errors
/// When the database fails.
pub async fn stop_waiting(tx: &mut WriteTx, case: CaseId) -> Result<bool, StoreError> {
    Ok(execute!(tx, STOP_WAITING, case.bytes().as_slice())? > 0)
}

/// Nobody of this account waits any longer; how many did.
///
/// # Errors
/// When the database fails.
pub async fn stop_waiting_of_account(tx: &mut WriteTx, account: AccountId) -> Result<u64, StoreError> {
    execute!(tx, STOP_WAITING_OF_ACCOUNT, account.bytes().as_slice())
}

/// Whether a case waits.
///
/// # Errors
/// When the database fails.
pub async fn find_wait(connection: &mut Connection, case: CaseId) -> Result<Option<Wait>, StoreError> {
    optional!(connection, Wait, FIND_WAIT, case.bytes().as_slice())
}

/// Who waits, in the order in which they asked, with those who were told after an instant.
///
/// # Errors
/// When the database fails.
pub async fn waiting(connection: &mut Connection, told_after: Instant, limit: i64) -> Result<Vec<Wait>, StoreError> {
    all!(connection, Wait, WAITING, told_after.micros(), limit)
}

/// Keeps that she was told; false when she waits no longer, or somebody else has told her.
///
/// # Errors
/// When the database fails.
pub async fn keep_told(tx: &mut WriteTx, case: CaseId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, TOLD, case.bytes().as_slice(), at.micros())? == 1)
}
