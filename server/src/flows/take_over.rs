//! 「引継ぎ」 A case goes from one hand to another, and back to the queue when its holder is not heard of. Invariant: whoever holds it is
//! asked first, unless she is not there; what she has typed and not written comes along under her name; each change of hands is one
//! transaction with its event and its entry.

use intake::{
    access::{self, Action},
    case::{Command, CommandKind, Giver, Stage, decide},
    ids::{ReceiptNumber, StaffId},
    retention::{TAKE_OVER_ANSWER, TAKE_OVER_IDLE},
    time::{Instant, MINUTE},
};

use super::{FlowError, note, review};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, Upkeep, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, Author, CaseHead, NewEvent},
        presence,
        staff::{self, Staff},
        take_over::{self as store, TakeOver},
    },
};

/// What became of a wish to have a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The holder is asked, and has until then.
    Waits(Instant),
    /// She was not there: it is taken.
    Taken,
    /// Somebody else asks her already.
    ByAnother,
}

/// Asks the holder of a case for it; where she was not heard of for some minutes, it is taken.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case or the role may not; [`FlowError::Changed`] when nobody else holds it.
pub async fn ask(portal: &Portal, staff: &Staff, number: &ReceiptNumber) -> Result<Asked, FlowError> {
    let (now, me) = (portal.clock.now(), staff.staff_id);
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    if !access::may_in(staff.roles, Action::Command(CommandKind::TakeOver), head.compartment) {
        drop(tx);
        refuse(portal, staff, &head, Deed::TakeOverAsked).await?;
        return Err(FlowError::NotFound);
    }
    let other = head.holder.filter(|holder| head.stage == Stage::InReview && *holder != me);
    let holder = other.ok_or(FlowError::Changed(head.stage))?;
    if is_idle(&mut tx, holder, now).await? {
        let entry = take(portal, &mut tx, staff, &head, "idle").await?;
        tx.commit(Record::Deed(entry)).await?;
        return Ok(Asked::Taken);
    }
    let before = store::find(&mut tx, head.case_id).await?;
    let waits = before.filter(|ask| ask.holder == holder && ask.kept_at.is_none());
    match waits {
        // Pressed again: her time does not begin anew.
        Some(ask) if ask.asked_by == me => return Ok(Asked::Waits(ask.asked_at.plus(TAKE_OVER_ANSWER))),
        Some(_) => return Ok(Asked::ByAnother),
        None => {}
    }
    store::put(&mut tx, head.case_id, me, holder, now).await?;
    tx.commit(Record::Deed(entry(staff.staff_id, &head, Deed::TakeOverAsked, now))).await?;
    Ok(Asked::Waits(now.plus(TAKE_OVER_ANSWER)))
}

fn entry(who: StaffId, head: &CaseHead, deed: Deed, now: Instant) -> AuditEntry {
    AuditEntry::done(now, Actor::Staff(who), deed).on(Subject::Case(head.case_id))
}

async fn refuse(portal: &Portal, staff: &Staff, head: &CaseHead, deed: Deed) -> Result<(), FlowError> {
    let entry = entry(staff.staff_id, head, deed, portal.clock.now()).refused().with("reason", "not_allowed");
    Ok(portal.database.write().await?.commit(Record::Deed(entry)).await?)
}

async fn is_idle(connection: &mut Connection, who: StaffId, now: Instant) -> Result<bool, FlowError> {
    let heard = presence::last_heard_of(connection, who).await?;
    Ok(heard.is_none_or(|at| at.plus(TAKE_OVER_IDLE) <= now))
}

/// Answers who asks for a case that one holds.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case or the role may not; [`FlowError::Changed`] when nobody asks for it any
/// more, or it is in another hand already.
pub async fn answer(portal: &Portal, staff: &Staff, number: &ReceiptNumber, gives: bool) -> Result<(), FlowError> {
    let (now, me) = (portal.clock.now(), staff.staff_id);
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    // Whoever can put it back can hand it over.
    let release = Action::Command(CommandKind::Release);
    if !access::may_with((me, staff.roles), release, head.compartment, head.holder) {
        drop(tx);
        refuse(portal, staff, &head, Deed::TakeOverAnswered).await?;
        return Err(FlowError::NotFound);
    }
    let ask = store::find(&mut tx, head.case_id).await?;
    let ask = ask.filter(|ask| ask.holder == me && head.holder == Some(me) && ask.kept_at.is_none());
    let ask = ask.ok_or(FlowError::Changed(head.stage))?;
    let answered = entry(me, &head, Deed::TakeOverAnswered, now).with("answer", if gives { "gives" } else { "keeps" });
    if !gives {
        store::mark_kept(&mut tx, head.case_id, me, now).await?;
        return Ok(tx.commit(Record::Deed(answered)).await?);
    }
    let asker = staff::find(&mut tx, ask.asked_by).await?.filter(|asker| asker.is_valid_at(now));
    let taken = take(portal, &mut tx, &asker.ok_or(FlowError::Changed(head.stage))?, &head, "given").await?;
    Ok(tx.commit_all(vec![answered, taken]).await?)
}

/// Puts a case into the hand of who asked for it, with what its holder has typed and not written.
async fn take(
    portal: &Portal,
    tx: &mut WriteTx,
    asker: &Staff,
    head: &CaseHead,
    why: &'static str,
) -> Result<AuditEntry, FlowError> {
    let now = portal.clock.now();
    let (giver, command) = (Giver::Staff(asker.staff_id), Command::TakeOver);
    let action = Action::Command(CommandKind::TakeOver);
    let permit = access::permit(asker.staff_id, asker.roles, action, head.case_id, head.compartment);
    let permit = permit.ok_or(FlowError::NotFound)?;
    let changed = || FlowError::Changed(head.stage);
    let holder = head.holder.ok_or_else(changed)?;
    let after = decide(&review::state(head), &command, giver).map_err(|_| changed())?;
    let change = review::change(head, &after, &command, giver, now);
    if !case::update_stage(tx, portal.deadlines(), head.case_id, head.version, &change).await? {
        return Err(changed());
    }
    event(tx, head, CommandKind::TakeOver, Author::Staff(asker.staff_id), after.stage, now).await?;
    note::pass_on(portal, tx, &permit, holder, asker.staff_id).await?;
    store::delete(tx, head.case_id).await?;
    Ok(entry(asker.staff_id, head, Deed::Commanded(CommandKind::TakeOver), now).with("why", why))
}

async fn event(
    tx: &mut WriteTx,
    head: &CaseHead,
    command: CommandKind,
    actor: Author,
    to_stage: Stage,
    at: Instant,
) -> Result<(), FlowError> {
    let (command, from_stage) = (Some(command), Some(head.stage));
    let event = NewEvent {
        case_id: head.case_id,
        at,
        command,
        actor,
        from_stage,
        to_stage,
        rev: head.rev,
        detail_sealed: None,
    };
    Ok(case::append_event(tx, &event).await?)
}

/// Takes what was asked for and not answered in time; how many cases.
///
/// # Errors
/// When the database fails.
pub async fn settle_due(portal: &Portal) -> Result<usize, FlowError> {
    let now = portal.clock.now();
    let due = store::due(&mut *portal.database.read().await?, now.plus(-TAKE_OVER_ANSWER)).await?;
    let mut taken = 0;
    for ask in due {
        taken += usize::from(settle(portal, &ask, now).await?);
    }
    Ok(taken)
}

async fn settle(portal: &Portal, ask: &TakeOver, now: Instant) -> Result<bool, FlowError> {
    let mut tx = portal.database.write().await?;
    let Some(head) = case::find_head(&mut tx, ask.case_id).await? else { return Ok(false) };
    let asker = staff::find(&mut tx, ask.asked_by).await?.filter(|asker| asker.is_valid_at(now));
    let stands = store::find(&mut tx, ask.case_id).await?.is_some_and(|found| {
        found.kept_at.is_none() && found.asked_at == ask.asked_at && head.holder == Some(ask.holder)
    });
    if let Some(asker) = asker.filter(|_| stands) {
        match take(portal, &mut tx, &asker, &head, "no_answer").await {
            Ok(entry) => {
                tx.commit(Record::Deed(entry)).await?;
                return Ok(true);
            }
            // Decided on meanwhile, or not hers to have any more: what was asked is over.
            Err(FlowError::Changed(_) | FlowError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    drop(tx);
    let mut tx = portal.database.write().await?;
    store::delete_unanswered(&mut tx, ask.case_id, ask.asked_at).await?;
    tx.commit(Record::Upkeep(Upkeep::ExpiredRowsSwept)).await?;
    Ok(false)
}

/// Puts cases back whose holder was not heard of for as long as the settings say; how many.
///
/// # Errors
/// When the database fails.
pub async fn release_idle(portal: &Portal) -> Result<usize, FlowError> {
    const AT_ONCE: i64 = 100;
    let minutes = i64::from(portal.config.release_idle_minutes);
    if minutes == 0 {
        return Ok(0);
    }
    let now = portal.clock.now();
    let idle = case::held_by_idle(&mut *portal.database.read().await?, now.plus(-minutes * MINUTE), AT_ONCE).await?;
    let mut released = 0;
    for head in idle {
        let (command, giver) = (Command::ReleaseIdle, Giver::Portal);
        let Ok(after) = decide(&review::state(&head), &command, giver) else { continue };
        let mut tx = portal.database.write().await?;
        let change = review::change(&head, &after, &command, giver, now);
        if !case::update_stage(&mut tx, portal.deadlines(), head.case_id, head.version, &change).await? {
            // She is back.
            continue;
        }
        event(&mut tx, &head, CommandKind::ReleaseIdle, Author::Portal, after.stage, now).await?;
        store::delete(&mut tx, head.case_id).await?;
        let entry = AuditEntry::done(now, Actor::Portal, Deed::Commanded(CommandKind::ReleaseIdle));
        tx.commit(Record::Deed(entry.on(Subject::Case(head.case_id)))).await?;
        released += 1;
    }
    Ok(released)
}

/// How it stands with a case that is asked for, for a page that is shown without script too.
pub struct Standing {
    /// What who looks has asked for: until when the holder has time, or none when she keeps it.
    pub mine: Option<Option<Instant>>,
    /// Who asks who looks for it, and until when.
    pub of_me: Option<(StaffId, Instant)>,
    /// Whether who looks may ask for it.
    pub may_ask: bool,
}

/// See [`Standing`].
///
/// # Errors
/// When the database fails.
pub(super) async fn standing(
    connection: &mut Connection,
    staff: &Staff,
    head: &CaseHead,
) -> Result<Standing, FlowError> {
    let me = staff.staff_id;
    let is_held_by_other = head.stage == Stage::InReview && head.holder.is_some_and(|holder| holder != me);
    let may_ask =
        is_held_by_other && access::may_in(staff.roles, Action::Command(CommandKind::TakeOver), head.compartment);
    let ask = store::find(connection, head.case_id).await?;
    let ask = ask.filter(|ask| head.stage == Stage::InReview && head.holder == Some(ask.holder));
    let until = |ask: &TakeOver| ask.asked_at.plus(TAKE_OVER_ANSWER);
    let mine = ask.as_ref().filter(|ask| ask.asked_by == me);
    let mine = mine.map(|ask| ask.kept_at.is_none().then(|| until(ask)));
    let of_me = ask.as_ref().filter(|ask| ask.holder == me && ask.kept_at.is_none());
    Ok(Standing { mine, of_me: of_me.map(|ask| (ask.asked_by, until(ask))), may_ask })
}
