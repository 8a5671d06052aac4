//! 「面談枠」 Slots as staff look after them. Invariant: a list of weeks names nobody; who comes is shown for one slot, to who may
//! open the cases, and looking is an audit entry.

use intake::{
    access::{self, Action},
    answers::RawAnswers,
    booking::{Series, SeriesError, State},
    ids::{ReceiptNumber, SlotId},
    time::{CivilDate, Instant, MINUTE},
};

use super::{FlowError, booking::Notice, random, remind};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record,
        audit::{Actor, Deed, Subject},
        booking::{self, Booking, Slot},
        case,
        outbox::MailPayload,
        staff::Staff,
    },
};

fn may(staff: &Staff) -> Result<(), FlowError> {
    if access::may(staff.roles, Action::ManageSlots) { Ok(()) } else { Err(FlowError::NotFound) }
}

/// The slots of the seven days from this one.
///
/// # Errors
/// [`FlowError::NotFound`] when the role may not.
pub async fn week(portal: &Portal, staff: &Staff, first: CivilDate) -> Result<Vec<Slot>, FlowError> {
    may(staff)?;
    let (from, to) = (first.minute_in_japan(0), first.plus_days(7).minute_in_japan(0));
    Ok(booking::slots_between(&mut *portal.database.read().await?, from, to).await?)
}

/// Slots that were opened, and those of which there was one already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// How many are new.
    pub new: usize,
    /// How many were there.
    pub there: usize,
    /// When the first of them begins.
    pub first: Instant,
}

/// Opens a slot or a series. Sent again, nothing is opened twice.
///
/// # Errors
/// [`FlowError::NotFound`] when the role may not.
pub async fn open(
    portal: &Portal,
    staff: &Staff,
    typed: &RawAnswers,
) -> Result<Result<Opened, Vec<SeriesError>>, FlowError> {
    may(staff)?;
    let now = portal.clock.now();
    let series = match Series::parse(typed, &portal.closing_days, now) {
        Ok(series) => series,
        Err(errors) => return Ok(Err(errors)),
    };
    let opened = open_series(portal, &series, Some(staff), now).await?;
    Ok(Ok(opened))
}

/// Opens a series that is known to be good.
pub(crate) async fn open_series(
    portal: &Portal,
    series: &Series,
    staff: Option<&Staff>,
    now: Instant,
) -> Result<Opened, FlowError> {
    let by = staff.map(|staff| staff.staff_id);
    let mut tx = portal.database.write().await?;
    let mut new = 0;
    for starts_at in &series.starts {
        let slot = Slot {
            slot_id: SlotId::from_random(random()),
            starts_at: *starts_at,
            ends_at: starts_at.plus(series.minutes * MINUTE),
            place: series.place.clone(),
            mode: series.mode,
            languages: series.languages.clone(),
            capacity: series.capacity,
            taken: 0,
            closed_at: None,
        };
        new += usize::from(booking::open_slot(&mut tx, &slot, by, now).await?);
    }
    let there = series.starts.len() - new;
    let actor = by.map_or(Actor::Portal, Actor::Staff);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let entry = AuditEntry::done(now, actor, Deed::SlotsOpened).with("new", count(new)).with("there", count(there));
    tx.commit(Record::Deed(entry)).await?;
    Ok(Opened { new, there, first: series.starts.first().copied().unwrap_or(now) })
}

/// Somebody who comes.
pub struct Comer {
    /// 「受付番号」 None for who may not open the case.
    pub number: Option<ReceiptNumber>,
    /// What became of it.
    pub state: State,
}

/// A slot with who comes.
pub struct SlotView {
    /// The slot.
    pub slot: Slot,
    /// Who comes, in the order in which they booked.
    pub comers: Vec<Comer>,
    /// Whether it can be noted who came: the day is there.
    pub may_mark: bool,
    /// Whether it can be changed or closed: it lies ahead.
    pub may_change: bool,
}

/// A slot with who comes; looking is recorded.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none, or the role may not.
pub async fn view(portal: &Portal, staff: &Staff, id: SlotId) -> Result<SlotView, FlowError> {
    may(staff)?;
    let now = portal.clock.now();
    let mut tx = portal.database.read().await?;
    let slot = booking::find_slot(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    let found = booking::of_slot(&mut tx, id).await?;
    drop(tx);
    let comers: Vec<Comer> = found.into_iter().map(|one| comer(staff, one)).collect();
    let shown = i64::try_from(comers.len()).unwrap_or(i64::MAX);
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::SlotViewed).on(Subject::Slot(id));
    portal.database.write().await?.commit(Record::Deed(entry.with("rows", shown))).await?;
    let may_change = slot.closed_at.is_none() && slot.starts_at > now;
    Ok(SlotView { may_mark: has_come(&slot, now), may_change, slot, comers })
}

fn comer(staff: &Staff, booking: Booking) -> Comer {
    let who = (staff.staff_id, staff.roles);
    let may_open = access::may_with(who, Action::ReadCase, booking.compartment, booking.holder);
    Comer { number: may_open.then_some(booking.receipt_number), state: booking.state }
}

/// Whether the day of a slot is there, so that it can be noted who came.
fn has_come(slot: &Slot, now: Instant) -> bool {
    slot.closed_at.is_none() && slot.starts_at.date_in_japan() <= now.date_in_japan()
}

/// Changes how many can come; false when more have a place already or it is closed.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none, or the role may not.
pub async fn set_capacity(portal: &Portal, staff: &Staff, id: SlotId, capacity: i64) -> Result<bool, FlowError> {
    may(staff)?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    booking::find_slot(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    if !booking::set_capacity(&mut tx, id, capacity).await? {
        return Ok(false);
    }
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::SlotChanged).on(Subject::Slot(id));
    tx.commit(Record::Deed(entry.with("capacity", capacity))).await?;
    Ok(true)
}

/// 「枠の取り止め」 Closes a slot that lies ahead; whoever had a place in it is told and may choose again. Pressed again, nothing
/// happens twice. False when it has begun.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none, or the role may not.
pub async fn close(
    portal: &Portal,
    staff: &Staff,
    id: SlotId,
    letter: &(impl Fn(Notice, &str, Instant) -> MailPayload + Sync),
) -> Result<bool, FlowError> {
    may(staff)?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let slot = booking::find_slot(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    if slot.starts_at <= now {
        return Ok(false);
    }
    // The slot first: nobody takes a place in it from here on.
    if !booking::close_slot(&mut tx, id, now).await? {
        return Ok(true);
    }
    let had = booking::of_slot(&mut tx, id).await?;
    booking::close_bookings(&mut tx, id, now).await?;
    let actor = Actor::Staff(staff.staff_id);
    let count = i64::try_from(had.len()).unwrap_or(i64::MAX);
    let closed = AuditEntry::done(now, actor.clone(), Deed::SlotClosed).on(Subject::Slot(id)).with("bookings", count);
    let mut entries = vec![closed];
    for one in had {
        if let Some(account) = one.account_id {
            let letter = |locale: &str| letter(Notice::Closed, locale, slot.starts_at);
            remind::write_about(portal, &mut tx, account, Some(one.case_id), Notice::Closed.as_str(), &letter).await?;
        }
        let entry = AuditEntry::done(now, actor.clone(), Deed::BookingCancelled).on(Subject::Case(one.case_id));
        entries.push(entry.with("reason", "slot_closed"));
    }
    tx.commit_all(entries).await?;
    Ok(true)
}

/// 「来所済・来所なし」 Notes whether somebody came, on the day or later; false when it is too early.
///
/// # Errors
/// [`FlowError::NotFound`] when she has no place in this slot, or the role may not open her case.
pub async fn mark(
    portal: &Portal,
    staff: &Staff,
    id: SlotId,
    number: &ReceiptNumber,
    came: bool,
) -> Result<bool, FlowError> {
    may(staff)?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let slot = booking::find_slot(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    if !access::may_with((staff.staff_id, staff.roles), Action::ReadCase, head.compartment, head.holder) {
        return Err(FlowError::NotFound);
    }
    if !has_come(&slot, now) {
        return Ok(false);
    }
    let (state, word) = if came { (State::Attended, "attended") } else { (State::Absent, "absent") };
    if !booking::mark(&mut tx, head.case_id, id, state, now).await? {
        return Err(FlowError::NotFound);
    }
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::AttendanceMarked);
    tx.commit(Record::Deed(entry.on(Subject::Case(head.case_id)).with("came", word))).await?;
    Ok(true)
}
