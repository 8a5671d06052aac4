//! 「面談のお知らせ」 What parents are told without asking: that an appointment is soon, that a place became free. Invariant: one
//! mail for each appointment as it stands, and for each time that somebody began to wait.

use intake::{
    booking::{FreePlaces, PICK_UNTIL, TOLD_ALONE, Waiting, Wish, to_tell},
    ids::CaseId,
    time::{HOUR, Instant},
};

use super::{FlowError, booking::Notice, remind};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError,
        audit::{Actor, Deed, Subject},
        booking::{self, Booking, Wait},
        outbox::MailPayload,
    },
};

const AT_ONCE: i64 = 500;

/// Reminds parents of what is soon; how many. `letter` gives the text of the mail, by notice, language and time.
///
/// # Errors
/// When the database fails.
pub async fn remind_of_interviews(
    portal: &Portal,
    letter: &(impl Fn(Notice, &str, Instant) -> MailPayload + Sync),
) -> Result<u64, FlowError> {
    let now = portal.clock.now();
    let until = now.plus(i64::from(portal.config.booking.reminder_hours) * HOUR);
    let due = booking::due_reminders(&mut *portal.database.read().await?, now, until, AT_ONCE).await?;
    let mut reminded = 0;
    for one in due {
        match remind_of(portal, &one, letter).await {
            Ok(done) => reminded += u64::from(done),
            Err(FlowError::Store(error @ (StoreError::Busy | StoreError::Database(_)))) => return Err(error.into()),
            // The others are reminded all the same.
            Err(error) => tracing::error!(case = %one.case_id, %error, "A PARENT CANNOT BE REMINDED"),
        }
    }
    Ok(reminded)
}

async fn remind_of(
    portal: &Portal,
    due: &Booking,
    letter: &(impl Fn(Notice, &str, Instant) -> MailPayload + Sync),
) -> Result<bool, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    if !booking::keep_reminder(&mut tx, due, now).await? {
        // She moved or cancelled it, or another process has reminded her.
        return Ok(false);
    }
    if let Some(account) = due.account_id {
        let letter = |locale: &str| letter(Notice::Reminder, locale, due.starts_at);
        remind::remind(portal, &mut tx, account, Some(due.case_id), Notice::Reminder.as_str(), &letter).await?;
    }
    let entry = AuditEntry::done(now, Actor::Portal, Deed::BookingReminded).on(Subject::Case(due.case_id));
    tx.commit(Record::Deed(entry)).await?;
    Ok(true)
}

/// Tells who waits of free places, as many as there are, the first first; how many.
///
/// # Errors
/// When the database fails.
pub async fn tell_waiting(
    portal: &Portal,
    letter: &(impl Fn(Notice, &str, Instant) -> MailPayload + Sync),
) -> Result<u64, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.read().await?;
    let waits = booking::waiting(&mut tx, now.plus(-TOLD_ALONE), AT_ONCE).await?;
    if waits.iter().all(|wait| wait.told_at.is_some()) {
        return Ok(0);
    }
    let slots = booking::free_slots(&mut tx, now.plus(PICK_UNTIL), AT_ONCE).await?;
    drop(tx);
    let free: Vec<FreePlaces> = slots
        .into_iter()
        .map(|slot| FreePlaces { mode: slot.mode, languages: slot.languages, places: slot.capacity - slot.taken })
        .collect();
    let waiting: Vec<Waiting> = waits.iter().map(waiting_of).collect();
    let mut told = 0;
    for case in to_tell(&free, &waiting, now) {
        let Some(wait) = waits.iter().find(|wait| wait.case_id == case) else { continue };
        told += u64::from(tell(portal, case, wait, letter).await?);
    }
    Ok(told)
}

fn waiting_of(wait: &Wait) -> Waiting {
    let wish = Wish { mode: wait.mode, language: wait.language };
    Waiting { case_id: wait.case_id, wish, told_at: wait.told_at }
}

async fn tell(
    portal: &Portal,
    case: CaseId,
    wait: &Wait,
    letter: &(impl Fn(Notice, &str, Instant) -> MailPayload + Sync),
) -> Result<bool, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    if !booking::keep_told(&mut tx, case, now).await? {
        return Ok(false);
    }
    if let Some(account) = wait.account_id {
        let letter = |locale: &str| letter(Notice::Free, locale, now);
        remind::write_about(portal, &mut tx, account, Some(case), Notice::Free.as_str(), &letter).await?;
    }
    let entry = AuditEntry::done(now, Actor::Portal, Deed::WaitTold).on(Subject::Case(case));
    tx.commit(Record::Deed(entry)).await?;
    Ok(true)
}
