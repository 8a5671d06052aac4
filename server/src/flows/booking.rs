//! 「面談予約」 A parent's appointment: picking, moving, cancelling, waiting for a place. Invariant: one appointment a case; a place
//! and the appointment that has it change in one transaction, and a second press finds what the first one did.

use intake::{
    booking::{PICK_UNTIL, State, Wish, change_until, may_pick},
    case::Stage,
    form::Compartment,
    identity::ways::Right,
    ids::{AccountId, BookingId, CaseId, ReceiptNumber, SlotId},
    time::{HOUR, Instant},
};

use super::{FlowError, filings::own, random, remind};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        booking::{self, Booking, Kept, Slot, Wait},
        case::{self, CaseHead},
        outbox::MailPayload,
    },
};

/// Why a parent gets a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// She has an appointment, or another one.
    Kept,
    /// The office had to close its slot.
    Closed,
    /// It is soon.
    Reminder,
    /// A place is free.
    Free,
}

impl Notice {
    /// The kind of the mail: reminders have one of their own, which can be stopped.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "booking_kept",
            Self::Closed => "booking_closed",
            Self::Reminder => "booking_reminder",
            Self::Free => "booking_free",
        }
    }
}

/// The most slots that a page shows.
const MOST_SHOWN: i64 = 300;
/// Another press, a closing or a worker was in the way; then the same is tried again.
const TRIES: usize = 5;

/// What a parent sees of her appointment.
pub struct View {
    /// Her case.
    pub head: CaseHead,
    /// The appointment, also one that is over, and its slot.
    pub booking: Option<(Booking, Slot)>,
    /// Until when it can be moved or cancelled.
    pub change_until: Option<Instant>,
    /// Whether that is now.
    pub may_change: bool,
    /// Whether she may pick one of those that are free.
    pub may_pick: bool,
    /// What is free, in the order of time.
    pub free: Vec<Slot>,
    /// Whether she waits for a place.
    pub wait: Option<Wait>,
}

impl View {
    /// The appointment, if it stands.
    #[must_use]
    pub fn standing(&self) -> Option<&(Booking, Slot)> {
        self.booking.as_ref().filter(|(booking, _)| booking.state == State::Booked)
    }
}

/// Whether an interview is booked for cases of this form at all.
#[must_use]
pub fn is_offered(portal: &Portal, head: &CaseHead) -> bool {
    portal.config.booking.forms.contains(&head.form_id) && head.compartment == Compartment::General
}

/// Whether this case can have one now: it was neither withdrawn nor declined.
#[must_use]
pub fn can_have(portal: &Portal, head: &CaseHead) -> bool {
    is_offered(portal, head) && !has_ended(head.stage) && Right::Book.is_open_with(head.is_held_by_proxy())
}

const fn has_ended(stage: Stage) -> bool {
    matches!(stage, Stage::Withdrawn | Stage::Declined)
}

/// A parent's appointment, and what is free.
///
/// # Errors
/// [`FlowError::NotFound`] when the case is not hers or nothing is booked for its form.
pub async fn view(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Result<View, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.read().await?;
    let head = own(&mut tx, account, number).await?;
    if !is_offered(portal, &head) {
        return Err(FlowError::NotFound);
    }
    let booking = with_slot(&mut tx, head.case_id).await?;
    let standing = booking.as_ref().filter(|(booking, _)| booking.state == State::Booked);
    let until = standing.map(|(_, slot)| change_until(slot.starts_at, portal.config.booking.change_hours));
    let may_change = until.is_some_and(|until| now <= until);
    let is_over = booking.as_ref().is_some_and(|(booking, _)| booking.state == State::Attended);
    let may_pick = can_have(portal, &head) && !is_over && (standing.is_none() || may_change);
    let free =
        if may_pick { booking::free_slots(&mut tx, now.plus(PICK_UNTIL), MOST_SHOWN).await? } else { Vec::new() };
    let wait = booking::find_wait(&mut tx, head.case_id).await?;
    Ok(View { head, booking, change_until: until, may_change, may_pick, free, wait })
}

/// The appointment of a case of hers, with its slot; for the pages that only name it.
///
/// # Errors
/// When the database fails.
pub async fn of_case(portal: &Portal, case: CaseId) -> Result<Option<(Booking, Slot)>, FlowError> {
    with_slot(&mut *portal.database.read().await?, case).await
}

async fn with_slot(connection: &mut Connection, case: CaseId) -> Result<Option<(Booking, Slot)>, FlowError> {
    let Some(found) = booking::find(connection, case).await? else { return Ok(None) };
    let slot = booking::find_slot(connection, found.slot_id).await?;
    let slot = slot.ok_or_else(|| StoreError::Corrupt("an appointment without its slot".to_owned()))?;
    Ok(Some((found, slot)))
}

/// What became of a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// The place is hers.
    Kept,
    /// She has an appointment already, from this press or another one.
    Already,
    /// Somebody was faster, or the slot is closed or about to begin.
    Full,
    /// What she has can no longer be moved.
    TooLate,
}

/// Picks a slot, or moves to it. `seen` is the sequence of the appointment that the page showed. `letter` gives the text of
/// the mail, by notice, language and time.
///
/// # Errors
/// [`FlowError::NotFound`] when the case is not hers; [`FlowError::Changed`] when it has ended.
pub async fn pick(
    portal: &Portal,
    account: AccountId,
    number: &ReceiptNumber,
    slot: SlotId,
    seen: Option<i64>,
    letter: &(impl Fn(Notice, &str, Instant) -> MailPayload + Sync),
) -> Result<Picked, FlowError> {
    for _ in 0..TRIES {
        match pick_once(portal, account, number, slot, seen, letter).await {
            Err(FlowError::Store(StoreError::Busy)) => {}
            other => return other,
        }
    }
    Err(FlowError::Store(StoreError::Busy))
}

async fn pick_once(
    portal: &Portal,
    account: AccountId,
    number: &ReceiptNumber,
    slot_id: SlotId,
    seen: Option<i64>,
    letter: &(impl Fn(Notice, &str, Instant) -> MailPayload + Sync),
) -> Result<Picked, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let head = locked(portal, &mut tx, account, number).await?;
    let before = booking::find(&mut tx, head.case_id).await?;
    let standing = before.as_ref().filter(|before| before.state == State::Booked);
    if let Some(standing) = standing {
        if standing.slot_id == slot_id || seen != Some(standing.sequence) {
            return Ok(Picked::Already);
        }
        if now > change_until(standing.starts_at, portal.config.booking.change_hours) {
            return Ok(Picked::TooLate);
        }
    }
    if before.as_ref().is_some_and(|before| before.state == State::Attended) {
        return Ok(Picked::Already);
    }
    if !booking::take_place(&mut tx, slot_id, now.plus(PICK_UNTIL)).await? {
        return Ok(Picked::Full);
    }
    if let Some(standing) = standing {
        booking::give_back(&mut tx, standing.slot_id).await?;
    }
    let slot = booking::find_slot(&mut tx, slot_id).await?.ok_or(FlowError::NotFound)?;
    debug_assert!(may_pick(slot.starts_at, now), "the statement that takes a place asks for the same");
    let remind_from = slot.starts_at.plus(-i64::from(portal.config.booking.reminder_hours) * HOUR);
    let kept = Kept {
        case_id: head.case_id,
        booking_id: BookingId::from_random(random()),
        slot_id,
        seen: before.as_ref().map(|before| before.sequence),
        // The mail of this very deed names the time.
        needs_no_reminder: remind_from <= now,
        at: now,
    };
    if !booking::keep(&mut tx, &kept).await? {
        return Err(FlowError::Store(StoreError::Busy));
    }
    booking::stop_waiting(&mut tx, head.case_id).await?;
    let letter = |locale: &str| letter(Notice::Kept, locale, slot.starts_at);
    remind::write_about(portal, &mut tx, account, Some(head.case_id), Notice::Kept.as_str(), &letter).await?;
    let deed = if standing.is_some() { Deed::BookingMoved } else { Deed::BookingMade };
    let entry = AuditEntry::done(now, Actor::Citizen(account), deed).on(Subject::Case(head.case_id));
    tx.commit(Record::Deed(entry)).await?;
    Ok(Picked::Kept)
}

/// Her case, which no other transaction changes until this one ends.
async fn locked(
    portal: &Portal,
    tx: &mut WriteTx,
    account: AccountId,
    number: &ReceiptNumber,
) -> Result<CaseHead, FlowError> {
    let head = own(tx, account, number).await?;
    booking::lock_case(tx, head.case_id).await?;
    let head = case::find_head(tx, head.case_id).await?.ok_or(FlowError::NotFound)?;
    match (is_offered(portal, &head), has_ended(head.stage)) {
        (false, _) => Err(FlowError::NotFound),
        (true, true) => Err(FlowError::Changed(head.stage)),
        (true, false) => Ok(head),
    }
}

/// Cancels the appointment; false when it is too late for that. Pressed again, nothing happens twice.
///
/// # Errors
/// [`FlowError::NotFound`] when the case is not hers; [`FlowError::Changed`] when it has ended.
pub async fn cancel(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Result<bool, FlowError> {
    for _ in 0..TRIES {
        match cancel_once(portal, account, number).await {
            Err(FlowError::Store(StoreError::Busy)) => {}
            other => return other,
        }
    }
    Err(FlowError::Store(StoreError::Busy))
}

async fn cancel_once(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Result<bool, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let head = locked(portal, &mut tx, account, number).await?;
    let Some(standing) = booking::find(&mut tx, head.case_id).await?.filter(|one| one.state == State::Booked) else {
        return Ok(true);
    };
    if now > change_until(standing.starts_at, portal.config.booking.change_hours) {
        return Ok(false);
    }
    let entry = end(&mut tx, &standing, Actor::Citizen(account), now, "parent").await?;
    tx.commit(Record::Deed(entry)).await?;
    Ok(true)
}

/// Frees the place of an appointment that stands, and ends it. The slot comes first, as everywhere, so that two who are in
/// each other's way wait for each other in one order.
async fn end(
    tx: &mut WriteTx,
    standing: &Booking,
    actor: Actor,
    now: Instant,
    reason: &'static str,
) -> Result<AuditEntry, FlowError> {
    booking::give_back(tx, standing.slot_id).await?;
    if !booking::end(tx, standing, State::Cancelled, now).await? {
        return Err(FlowError::Store(StoreError::Busy));
    }
    let entry = AuditEntry::done(now, actor, Deed::BookingCancelled).on(Subject::Case(standing.case_id));
    Ok(entry.with("reason", reason))
}

/// What goes with a case that came into this stage: a withdrawn or declined one has no appointment and waits for none. The
/// entries belong to the transaction of the deed that ended it.
pub(crate) async fn end_with_case(
    tx: &mut WriteTx,
    case: CaseId,
    stage: Stage,
    actor: Actor,
    now: Instant,
) -> Result<Vec<AuditEntry>, FlowError> {
    if !has_ended(stage) {
        return Ok(Vec::new());
    }
    booking::stop_waiting(tx, case).await?;
    match booking::find(tx, case).await?.filter(|one| one.state == State::Booked && one.starts_at > now) {
        Some(standing) => Ok(vec![end(tx, &standing, actor, now, "case_ended").await?]),
        None => Ok(Vec::new()),
    }
}

/// 「妊娠の終了」 Ends every appointment of an account that lies ahead, and its waiting: nobody reminds her of anything any more. The
/// entries belong to the caller's transaction, which holds nothing of these cases that a press could wait for.
///
/// # Errors
/// When the database fails; [`StoreError::Busy`] when a press was in the way, and the deed may be tried again.
pub async fn end_of_account(
    tx: &mut WriteTx,
    account: AccountId,
    actor: &Actor,
    now: Instant,
) -> Result<Vec<AuditEntry>, FlowError> {
    booking::stop_waiting_of_account(tx, account).await?;
    let mut entries = Vec::new();
    for standing in booking::of_account(tx, account).await? {
        booking::lock_case(tx, standing.case_id).await?;
        let found = booking::find(tx, standing.case_id).await?;
        if let Some(standing) = found.filter(|one| one.state == State::Booked && one.starts_at > now) {
            entries.push(end(tx, &standing, actor.clone(), now, "account").await?);
        }
    }
    Ok(entries)
}

/// 「空きが出たら知らせる」 She wants to be told of a place. Who waits keeps her turn; who was told and has not picked waits anew.
///
/// # Errors
/// [`FlowError::NotFound`] when the case is not hers; [`FlowError::Changed`] when it has ended.
pub async fn wait(portal: &Portal, account: AccountId, number: &ReceiptNumber, wish: Wish) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let head = locked(portal, &mut tx, account, number).await?;
    let before = booking::find(&mut tx, head.case_id).await?;
    if before.is_some_and(|before| matches!(before.state, State::Booked | State::Attended)) {
        return Ok(());
    }
    booking::wait(&mut tx, head.case_id, wish, now).await?;
    let entry = AuditEntry::done(now, Actor::Citizen(account), Deed::WaitBegun).on(Subject::Case(head.case_id));
    Ok(tx.commit(Record::Deed(entry)).await?)
}

/// She no longer wants to be told.
///
/// # Errors
/// [`FlowError::NotFound`] when the case is not hers.
pub async fn stop_waiting(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let head = own(&mut tx, account, number).await?;
    if !booking::stop_waiting(&mut tx, head.case_id).await? {
        return Ok(());
    }
    let entry = AuditEntry::done(now, Actor::Citizen(account), Deed::WaitEnded).on(Subject::Case(head.case_id));
    Ok(tx.commit(Record::Deed(entry)).await?)
}
