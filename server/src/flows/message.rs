//! 「市との連絡」 Messages between a parent and the office on a case. Invariant: one press of the button is one message, however
//! often it arrives; the mail that tells the parent of one says nothing of it; nothing is written once the content is erased.

use intake::{
    access::{self, Action, Permit, permit_owner},
    ids::{AccountId, CaseId, MessageId, ReceiptNumber, StaffId},
    message::{self as rules, NoMessage},
    time::Instant,
};

use super::{FlowError, content, filings, random, remind};
use crate::{
    portal::Portal,
    seal::DataKey,
    store::{
        AuditEntry, Connection, Record, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead},
        message::{self, NewMessage, Sender, Side},
        outbox::MailPayload,
        staff::Staff,
    },
};

const PRESS: &str = "message press";

/// A message, opened.
pub struct Shown {
    /// The member of staff who wrote it; none for the parent.
    pub by: Option<StaffId>,
    /// The text.
    pub text: String,
    /// When.
    pub sent_at: Instant,
    /// When the other side was shown it first.
    pub read_at: Option<Instant>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is kept, from this press or from an earlier one.
    Kept,
    /// It is no message.
    Not(NoMessage),
    /// Too many of the parent's wait to be read.
    TooMany,
}

/// The messages of a case, opened with its key.
///
/// # Errors
/// When one of them does not open.
pub(crate) async fn of_case(
    connection: &mut Connection,
    key: &DataKey,
    permit: &Permit,
) -> Result<Vec<Shown>, FlowError> {
    let mut shown = Vec::new();
    for kept in message::of_case(connection, permit).await? {
        let plain = key.open(&message::place(permit.case(), kept.message_id), &kept.text_sealed)?;
        let text = String::from_utf8(plain.to_vec()).map_err(|_| corrupt("a message that is not text"))?;
        let by = match kept.sender_kind.as_str() {
            "staff" => {
                let id = kept.sender_id.try_into().map_err(|_| corrupt("a message of nobody"))?;
                Some(StaffId::from_random(id))
            }
            _ => None,
        };
        shown.push(Shown { by, text, sent_at: kept.sent_at, read_at: kept.read_at });
    }
    Ok(shown)
}

fn corrupt(sentence: &str) -> FlowError {
    FlowError::Store(StoreError::Corrupt(sentence.to_owned()))
}

/// The messages of a parent's case; none once its content is erased. What the office wrote counts as read from now on.
///
/// # Errors
/// [`FlowError::NotFound`] when the case is not hers.
pub async fn read_by_parent(
    portal: &Portal,
    account: AccountId,
    number: &ReceiptNumber,
) -> Result<Option<Vec<Shown>>, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = filings::own(&mut tx, account, number).await?;
    let permit = permit_owner(account, head.owner(), head.case_id).ok_or(FlowError::NotFound)?;
    let case = head.case_id;
    let open = match content::open(portal, &mut tx, head, &permit).await {
        Ok(open) => open,
        Err(FlowError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let shown = of_case(&mut tx, &open.key, &permit).await?;
    drop(tx);
    let unread = shown.iter().filter(|message| message.by.is_some() && message.read_at.is_none());
    if let Some(until) = unread.map(|message| message.sent_at).max() {
        let (now, mut tx) = (portal.clock.now(), portal.database.write().await?);
        message::mark_read(&mut tx, case, Side::Citizen, until, now).await?;
        let entry = AuditEntry::done(now, Actor::Citizen(account), Deed::MessageRead);
        tx.commit(Record::Deed(entry.on(Subject::Case(case)))).await?;
    }
    Ok(Some(shown))
}

/// The cases of a parent in which something waits to be read.
///
/// # Errors
/// When the database fails.
pub async fn unread_of(portal: &Portal, account: AccountId) -> Result<Vec<CaseId>, FlowError> {
    Ok(message::unread_of_account(&mut *portal.database.read().await?, account).await?)
}

/// One press of the button: the token that the page was shown with, and what was typed then.
pub struct Press<'a> {
    /// Names the page.
    pub token: &'a str,
    /// What was typed.
    pub typed: &'a str,
}

/// Keeps what a parent writes.
///
/// # Errors
/// [`FlowError::NotFound`] when the case is not hers; [`FlowError::Changed`] once its content is erased.
pub async fn from_parent(
    portal: &Portal,
    account: AccountId,
    number: &ReceiptNumber,
    press: &Press<'_>,
) -> Result<Sent, FlowError> {
    let mut tx = portal.database.write().await?;
    let head = filings::own(&mut tx, account, number).await?;
    let permit = permit_owner(account, head.owner(), head.case_id).ok_or(FlowError::NotFound)?;
    let kept = keep(portal, &mut tx, &head, &permit, Sender::Citizen(account), press).await?;
    finish(portal, tx, &head, Actor::Citizen(account), kept).await
}

/// Keeps what a member of staff writes, and tells the parent that there is something to read. `letter` gives the text of that
/// mail, by language.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case or the role may not; [`FlowError::Changed`] once its content is erased.
pub async fn from_staff(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    press: &Press<'_>,
    letter: &(impl Fn(&str) -> MailPayload + Sync),
) -> Result<Sent, FlowError> {
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let actor = Actor::Staff(staff.staff_id);
    let (who, what) = ((staff.staff_id, staff.roles), (head.case_id, head.compartment));
    let permit = access::permit_with(who, Action::WriteMessage, what, head.holder);
    // What is written to the person is not for a proxy.
    let Some(permit) = permit.filter(|_| !head.is_held_by_proxy()) else {
        drop(tx);
        let entry = AuditEntry::done(portal.clock.now(), actor, Deed::MessageSent).on(Subject::Case(head.case_id));
        let entry = entry.refused().with("reason", "not_allowed");
        portal.database.write().await?.commit(Record::Deed(entry)).await?;
        return Err(FlowError::NotFound);
    };
    let kept = keep(portal, &mut tx, &head, &permit, Sender::Staff(staff.staff_id), press).await?;
    if let (Kept::Now, Some(account)) = (&kept, head.account_id) {
        remind::write_about(portal, &mut tx, account, Some(head.case_id), "message", letter).await?;
    }
    finish(portal, tx, &head, actor, kept).await
}

/// What became of a message before the transaction ends.
enum Kept {
    Now,
    Before,
    Not(Sent),
}

async fn keep(
    portal: &Portal,
    tx: &mut WriteTx,
    head: &CaseHead,
    permit: &Permit,
    sender: Sender,
    press: &Press<'_>,
) -> Result<Kept, FlowError> {
    let text = match rules::text(press.typed) {
        Ok(text) => text,
        Err(not) => return Ok(Kept::Not(Sent::Not(not))),
    };
    if !message::hold(tx, head.case_id).await? {
        return Err(FlowError::Changed(head.stage));
    }
    // The text is in it: a page gone back to, with another text, is another message.
    let press_mac = portal.seal.index_key(PRESS, &format!("{}/{}/{text}", head.case_id, press.token));
    if message::was_pressed(tx, head.case_id, &press_mac).await? {
        return Ok(Kept::Before);
    }
    let most = i64::try_from(rules::MOST_UNREAD).unwrap_or(i64::MAX);
    if matches!(sender, Sender::Citizen(_)) && message::unread_of_case(tx, head.case_id, Side::Citizen).await? >= most {
        return Ok(Kept::Not(Sent::TooMany));
    }
    let open = content::open(portal, tx, head.clone(), permit).await?;
    let message_id = MessageId::from_random(random());
    let new = NewMessage {
        message_id,
        case_id: head.case_id,
        sender,
        text_sealed: &open.key.seal(&message::place(head.case_id, message_id), text.as_bytes()),
        press_mac: &press_mac,
        sent_at: portal.clock.now(),
    };
    message::insert(tx, &new).await?;
    Ok(Kept::Now)
}

async fn finish(portal: &Portal, tx: WriteTx, head: &CaseHead, actor: Actor, kept: Kept) -> Result<Sent, FlowError> {
    match kept {
        Kept::Now => {
            let entry = AuditEntry::done(portal.clock.now(), actor, Deed::MessageSent);
            tx.commit(Record::Deed(entry.on(Subject::Case(head.case_id)))).await?;
            Ok(Sent::Kept)
        }
        Kept::Before => Ok(Sent::Kept),
        Kept::Not(sent) => Ok(sent),
    }
}
