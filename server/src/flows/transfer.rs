//! 「ご本人への引継ぎ」 A filing by a proxy becomes the person's own, at the counter. Invariant: only after she was met herself; two
//! people decide who are not one; the code went to the address that she gives; the proxy's account has nothing of it afterwards.

use intake::{
    access::{self, Action},
    identity::ProxyState,
    ids::{OutboxId, ReceiptNumber},
    retention,
    time::{HOUR, Instant},
    value,
};
use subtle::ConstantTimeEq;

use super::{
    FlowError,
    address_change::{Asked, Entered},
    random,
    sign_in::{CODES_AN_HOUR, TRIES, account_for, digits_of, index_of},
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, StoreError, Upkeep, account,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead},
        outbox::{self, MailPayload, NewMail},
        session,
        staff::{self, Staff},
        transfer::{self as store, Transfer},
    },
};

/// One that waits for the second person.
pub struct Proposal {
    /// Who proposed it.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Whether who asks is another person.
    pub can_confirm: bool,
}

/// What waits for a case, as a member of staff sees it.
///
/// # Errors
/// When the database fails.
pub(super) async fn proposal(
    portal: &Portal,
    connection: &mut Connection,
    asking: &Staff,
    head: &CaseHead,
) -> Result<Option<Proposal>, FlowError> {
    let found = store::find(connection, head.case_id).await?;
    let Some(found) = found.filter(|it| it.expires_at > portal.clock.now() && it.attempts < TRIES) else {
        return Ok(None);
    };
    let Some(first) = staff::find(connection, found.proposed_by).await? else { return Ok(None) };
    let can_confirm = asking.is_another_person(&first);
    Ok(Some(Proposal { by: first.display_name, at: found.created_at, can_confirm }))
}

/// The case, for who may; a refusal is an entry.
async fn case_at_counter(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    deed: Deed,
) -> Result<CaseHead, FlowError> {
    let head = case::find_by_receipt_number(&mut *portal.database.read().await?, number).await?;
    let head = head.ok_or(FlowError::NotFound)?;
    if access::may_in(staff.roles, Action::RestoreAccess, head.compartment) && head.proxy == Some(ProxyState::Met) {
        return Ok(head);
    }
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), deed).refused();
    let entry = entry.on(Subject::Case(head.case_id)).with("reason", "not_allowed");
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    Err(FlowError::NotFound)
}

/// Proposes that the filing be hers. Her code goes to the address that she gives. `letter` makes the mail from language and
/// code.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case, the role may not, or nobody has met her.
pub async fn propose(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    typed: &str,
    letter: &(impl Fn(&str, &str) -> MailPayload + Sync),
) -> Result<Asked, FlowError> {
    let head = case_at_counter(portal, staff, number, Deed::TransferProposed).await?;
    let address = match value::mail_address(typed) {
        Ok(address) => address,
        Err(error) => return Ok(Asked::NotAnAddress(error)),
    };
    let (now, mail_index) = (portal.clock.now(), index_of(portal, &address));
    let mut tx = portal.database.write().await?;
    let holder = head.account_id.ok_or(FlowError::NotFound)?;
    if account::find_by_mail_index(&mut tx, &mail_index).await?.is_some_and(|found| found.account_id == holder) {
        // The proxy's own address: nothing would be hers.
        return Ok(Asked::Same);
    }
    if session::codes_sent(&mut tx, &mail_index, now.plus(-HOUR)).await? >= CODES_AN_HOUR {
        return Ok(Asked::TooMany);
    }
    let code = format!("{:06}", rand::random_range(0..1_000_000_u32));
    let (key, wrapped_key) = portal.seal.new_data_key();
    let waiting = Transfer {
        wrapped_key,
        mail_index,
        mail_sealed: key.seal(&store::place(head.case_id), address.as_bytes()),
        code_mac: portal.seal.code_mac(head.case_id.bytes(), &code),
        attempts: 0,
        proposed_by: staff.staff_id,
        created_at: now,
        expires_at: now.plus(retention::COUNTER_CODE),
    };
    store::put(&mut tx, head.case_id, &waiting).await?;
    session::code_was_sent(&mut tx, &mail_index, now).await?;
    let mail = NewMail {
        outbox_id: OutboxId::from_random(random()),
        kind: "address_code",
        locale: LANGUAGE,
        to: &address,
        payload: &letter(LANGUAGE, &code),
        created_at: now,
    };
    outbox::insert(&mut tx, &portal.seal, &mail).await?;
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::TransferProposed);
    tx.commit(Record::Deed(entry.on(Subject::Case(head.case_id)))).await?;
    Ok(Asked::Sent)
}

/// Nobody has asked her yet; she chooses when she signs in.
const LANGUAGE: &str = "ja";

/// Confirms it, as another person, with the code that she reads out. The account of her address is made if it has none.
///
/// # Errors
/// See [`propose`]; [`FlowError::Changed`] when the case was changed meanwhile.
pub async fn confirm(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    typed: &str,
) -> Result<Entered, FlowError> {
    let head = case_at_counter(portal, staff, number, Deed::Transferred).await?;
    let (id, now) = (head.case_id, portal.clock.now());
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::Transferred).on(Subject::Case(id));
    match proposal(portal, &mut *portal.database.read().await?, staff, &head).await? {
        None => return Ok(Entered::Over),
        Some(proposal) if !proposal.can_confirm => {
            let refused = entry.refused().with("reason", "needs_another_person");
            portal.database.write().await?.commit(Record::Deed(refused)).await?;
            return Ok(Entered::NeedsAnotherPerson);
        }
        Some(_) => {}
    }
    let waiting = match judge(portal, &head, typed).await? {
        Ok(waiting) => waiting,
        Err(entered) => return Ok(entered),
    };
    let mut tx = portal.database.write().await?;
    // What is confirmed is what was seen to be another's: not one that was proposed anew meanwhile.
    let still = store::find(&mut tx, id).await?.is_some_and(|now| now.code_mac == waiting.code_mac);
    if !still || !store::delete(&mut tx, id).await? {
        return Ok(Entered::Over);
    }
    let address = portal.seal.unwrap_key(&waiting.wrapped_key)?.open(&store::place(id), &waiting.mail_sealed)?;
    let address = String::from_utf8(address.to_vec());
    let address = address.map_err(|_| StoreError::Corrupt("a mail address that is not text".to_owned()))?;
    let (person, made) = account_for(portal, &mut tx, &address, LANGUAGE).await?;
    let holder = head.account_id.ok_or(FlowError::NotFound)?;
    if !case::give(&mut tx, id, holder, person, now).await? {
        return Err(FlowError::Changed(head.stage));
    }
    tx.commit_all(made.into_iter().chain([entry]).collect()).await?;
    Ok(Entered::Changed)
}

/// A proposal whose code was typed rightly, or why not. The try is counted before it is judged.
async fn judge(portal: &Portal, head: &CaseHead, typed: &str) -> Result<Result<Transfer, Entered>, FlowError> {
    let id = head.case_id;
    let mut tx = portal.database.write().await?;
    let Some(waiting) = store::find(&mut tx, id).await? else { return Ok(Err(Entered::Over)) };
    if waiting.expires_at <= portal.clock.now() || waiting.attempts >= TRIES {
        return Ok(Err(Entered::Over));
    }
    store::count_attempt(&mut tx, id).await?;
    tx.commit(Record::Upkeep(Upkeep::CodeAttempt)).await?;
    if bool::from(portal.seal.code_mac(id.bytes(), &digits_of(typed)).ct_eq(&waiting.code_mac)) {
        return Ok(Ok(waiting));
    }
    let left = TRIES - waiting.attempts - 1;
    Ok(Err(if left > 0 { Entered::Wrong(left) } else { Entered::Over }))
}
