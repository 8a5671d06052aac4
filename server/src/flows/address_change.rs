//! 「アドレスの変更」 Another mail address for an account: by the parent herself, and at the counter when she has lost the old one or
//! her passkey. Invariant: no address is taken without the code that was sent to it; at the counter two people decide, and
//! the sessions and passkeys of before end with it.

use intake::{
    access::{self, Action},
    identity::{
        Method, PersonDocument,
        ways::{May, Right, Standing, may},
    },
    ids::{AccountId, OutboxId, ReceiptNumber},
    retention,
    time::{HOUR, Instant},
    value::{self, ValueError},
};
use subtle::ConstantTimeEq;

use super::{
    FlowError,
    account::{self as account_flow},
    random, remind,
    sign_in::{CODES_AN_HOUR, TRIES, digits_of, index_of, mail_place},
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, StoreError, Upkeep, WriteTx,
        account::{self, Account},
        address_change::{self as store, AddressChange, Way},
        audit::{Actor, Deed, Subject},
        case,
        outbox::{self, MailPayload, NewMail},
        session, staff,
        staff::Staff,
    },
};

/// Who asks, and how long ago she signed in.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    /// Whose account.
    pub account: AccountId,
    /// How she signed in.
    pub method: Method,
    /// When.
    pub signed_in_at: Instant,
    /// The hash of her session's cookie.
    pub session: [u8; 32],
}

/// What became of asking for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A mail is on its way.
    Sent,
    /// Not a mail address.
    NotAnAddress(ValueError),
    /// It is the address that she has.
    Same,
    /// Too many codes went to this address within an hour.
    TooMany,
    /// Another parent files with it.
    Taken,
    /// She signed in too long ago, or not in the way that she has.
    Not(May),
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// The address is changed.
    Changed,
    /// Another code was sent than was typed; so many tries are left.
    Wrong(i64),
    /// There is nothing to confirm, or its time or its tries are over.
    Over,
    /// Another parent files with the address.
    Taken,
    /// The second yes must be another person's.
    NeedsAnotherPerson,
}

/// Whether this session may do something, by the table of ways in.
///
/// # Errors
/// When the database fails.
pub async fn may_now(portal: &Portal, asking: &Asking, right: Right) -> Result<May, FlowError> {
    let mut tx = portal.database.read().await?;
    Ok(may_in(portal, &mut tx, asking, right).await?)
}

pub(super) async fn may_in(
    portal: &Portal,
    connection: &mut Connection,
    asking: &Asking,
    right: Right,
) -> Result<May, StoreError> {
    let stronger = account::stronger(connection, asking.account).await?;
    let standing = Standing { method: asking.method, signed_in_at: asking.signed_in_at, stronger };
    Ok(may(&standing, right, portal.clock.now()))
}

/// What the counter adds to a wish.
struct AtCounter {
    staff: Staff,
    person: PersonDocument,
}

/// Keeps a wish and sends its code to the new address.
async fn keep(
    portal: &Portal,
    tx: &mut WriteTx,
    account: &Account,
    typed: &str,
    counter: Option<&AtCounter>,
    letter: &(impl Fn(&str, &str) -> MailPayload + Sync),
) -> Result<Asked, FlowError> {
    let address = match value::mail_address(typed) {
        Ok(address) => address,
        Err(error) => return Ok(Asked::NotAnAddress(error)),
    };
    let (now, mail_index) = (portal.clock.now(), index_of(portal, &address));
    let has_it = account::find_by_mail_index(tx, &mail_index).await?;
    match (&has_it, counter) {
        (Some(other), None) if other.account_id == account.account_id => return Ok(Asked::Same),
        // To the parent it is not told before she has shown that the address is hers.
        (Some(other), Some(_)) if other.account_id != account.account_id && files(tx, other.account_id).await? => {
            return Ok(Asked::Taken);
        }
        _ => {}
    }
    if session::codes_sent(tx, &mail_index, now.plus(-HOUR)).await? >= CODES_AN_HOUR {
        return Ok(Asked::TooMany);
    }
    let code = format!("{:06}", rand::random_range(0..1_000_000_u32));
    let (key, wrapped_key) = portal.seal.new_data_key();
    let (way, life) = match counter {
        None => (Way::Own, retention::SIGN_IN_CODE),
        Some(_) => (Way::Counter, retention::COUNTER_CODE),
    };
    let change = AddressChange {
        wrapped_key,
        mail_index,
        mail_sealed: key.seal(&store::place(account.account_id), address.as_bytes()),
        code_mac: portal.seal.code_mac(account.account_id.bytes(), &code),
        attempts: 0,
        proposed_by: counter.map(|counter| counter.staff.staff_id),
        person_seen: counter.map(|counter| counter.person.code().to_owned()),
        created_at: now,
        expires_at: now.plus(life),
    };
    store::put(tx, account.account_id, way, &change).await?;
    session::code_was_sent(tx, &mail_index, now).await?;
    let mail = NewMail {
        outbox_id: OutboxId::from_random(random()),
        kind: "address_code",
        locale: &account.locale,
        to: &address,
        payload: &letter(&account.locale, &code),
        created_at: now,
    };
    outbox::insert(tx, &portal.seal, &mail).await?;
    Ok(Asked::Sent)
}

async fn files(connection: &mut Connection, account: AccountId) -> Result<bool, StoreError> {
    Ok(!case::list_for_account(connection, account).await?.is_empty())
}

/// Asks for another address. `letter` makes the mail from language and code.
///
/// # Errors
/// [`FlowError::NotFound`] when the account is gone.
pub async fn ask(
    portal: &Portal,
    asking: &Asking,
    typed: &str,
    letter: &(impl Fn(&str, &str) -> MailPayload + Sync),
) -> Result<Asked, FlowError> {
    let mut tx = portal.database.write().await?;
    match may_in(portal, &mut tx, asking, Right::ChangeAddress).await? {
        May::Yes => {}
        not => return Ok(Asked::Not(not)),
    }
    let account = open_account(&mut tx, asking.account).await?;
    let asked = keep(portal, &mut tx, &account, typed, None, letter).await?;
    if asked == Asked::Sent {
        tx.commit(Record::Upkeep(Upkeep::CodeAttempt)).await?;
    }
    Ok(asked)
}

async fn open_account(connection: &mut Connection, id: AccountId) -> Result<Account, FlowError> {
    let found = account::find(connection, id).await?;
    found.filter(|account| account.closed_at.is_none()).ok_or(FlowError::NotFound)
}

/// A wish whose code was typed rightly, or why not. The try is counted before it is judged.
async fn judge(
    portal: &Portal,
    account: AccountId,
    way: Way,
    typed: &str,
) -> Result<Result<AddressChange, Entered>, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let Some(change) = store::find(&mut tx, account, way).await? else { return Ok(Err(Entered::Over)) };
    if change.expires_at <= now || change.attempts >= TRIES {
        return Ok(Err(Entered::Over));
    }
    store::count_attempt(&mut tx, account, way).await?;
    tx.commit(Record::Upkeep(Upkeep::CodeAttempt)).await?;
    if bool::from(portal.seal.code_mac(account.bytes(), &digits_of(typed)).ct_eq(&change.code_mac)) {
        return Ok(Ok(change));
    }
    let left = TRIES - change.attempts - 1;
    Ok(Err(if left > 0 { Entered::Wrong(left) } else { Entered::Over }))
}

/// Puts the new address in the place of the old one; the entries of what else that took.
async fn put_in_place(
    portal: &Portal,
    tx: &mut WriteTx,
    account: &Account,
    change: &AddressChange,
) -> Result<Result<Vec<AuditEntry>, Entered>, FlowError> {
    let id = account.account_id;
    let mut entries = Vec::new();
    match account::find_by_mail_index(tx, &change.mail_index).await? {
        Some(other) if other.account_id != id => {
            if files(tx, other.account_id).await? {
                return Ok(Err(Entered::Taken));
            }
            // Made by signing in with the new address too early; nothing was filed with it.
            entries.push(account_flow::close(portal, tx, other.account_id, Actor::Portal).await?);
        }
        _ => {}
    }
    let address = portal.seal.unwrap_key(&change.wrapped_key)?.open(&store::place(id), &change.mail_sealed)?;
    let mail_sealed = portal.seal.unwrap_key(&account.wrapped_key)?.seal(&mail_place(id), &address);
    account::set_mail(tx, id, &change.mail_index, &mail_sealed).await?;
    Ok(Ok(entries))
}

/// Changes the address with the code that was sent to it. The old one is told, and every other session ends.
///
/// # Errors
/// [`FlowError::NotFound`] when the account is gone.
pub async fn enter(
    portal: &Portal,
    asking: &Asking,
    typed: &str,
    letter: &(impl Fn(&str) -> MailPayload + Sync),
) -> Result<Entered, FlowError> {
    let id = asking.account;
    let change = match judge(portal, id, Way::Own, typed).await? {
        Ok(change) => change,
        Err(entered) => return Ok(entered),
    };
    let mut tx = portal.database.write().await?;
    let account = open_account(&mut tx, id).await?;
    // The same code twice at once: the second finds it gone.
    if !store::delete(&mut tx, id, Way::Own).await? {
        return Ok(Entered::Over);
    }
    remind::write_about(portal, &mut tx, id, None, "address_changed", letter).await?;
    let mut entries = match put_in_place(portal, &mut tx, &account, &change).await? {
        Ok(entries) => entries,
        Err(entered) => return Ok(entered),
    };
    account_flow::end_other_sessions(&mut tx, id, &asking.session).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(id), Deed::AddressChanged);
    entries.push(entry.on(Subject::Account(id)));
    tx.commit_all(entries).await?;
    Ok(Entered::Changed)
}

/// 「窓口でのアカウント再開」 One that waits for the second person.
pub struct Proposal {
    /// Who proposed it.
    pub by: String,
    /// When.
    pub at: Instant,
    /// 「身元確認」 What was seen.
    pub person_seen: Option<PersonDocument>,
    /// Whether who asks is another person.
    pub can_confirm: bool,
}

/// What waits for an account, as a member of staff sees it.
///
/// # Errors
/// When the database fails.
pub(super) async fn proposal(
    portal: &Portal,
    connection: &mut Connection,
    staff_asking: &Staff,
    account: AccountId,
) -> Result<Option<Proposal>, FlowError> {
    let found = store::find(connection, account, Way::Counter).await?;
    let found = found.filter(|change| change.expires_at > portal.clock.now() && change.attempts < TRIES);
    let Some((change, by)) = found.and_then(|change| change.proposed_by.map(|by| (change, by))) else {
        return Ok(None);
    };
    let Some(first) = staff::find(connection, by).await? else { return Ok(None) };
    let seen = change.person_seen.as_deref();
    Ok(Some(Proposal {
        can_confirm: staff_asking.is_another_person(&first),
        by: first.display_name,
        at: change.created_at,
        person_seen: seen.and_then(PersonDocument::of_code),
    }))
}

/// The account behind a case, for who may restore access; a refusal is an entry.
async fn account_at_counter(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    deed: Deed,
) -> Result<AccountId, FlowError> {
    let head = case::find_by_receipt_number(&mut *portal.database.read().await?, number).await?;
    let head = head.ok_or(FlowError::NotFound)?;
    // The account of a proxy is not the account of the person whom the filing is about.
    if access::may_in(staff.roles, Action::RestoreAccess, head.compartment) && !head.is_held_by_proxy() {
        return head.account_id.ok_or(FlowError::NotFound);
    }
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), deed).refused();
    let entry = entry.on(Subject::Case(head.case_id)).with("reason", "not_allowed");
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    Err(FlowError::NotFound)
}

/// Proposes the way back in for the parent of this case, who stands at the counter and has shown who she is. Her code goes to
/// the address that she gives. `letter` makes the mail from language and code.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case, the role may not, or the account is gone.
pub async fn propose(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    person: PersonDocument,
    typed: &str,
    letter: &(impl Fn(&str, &str) -> MailPayload + Sync),
) -> Result<Asked, FlowError> {
    let id = account_at_counter(portal, staff, number, Deed::AccessProposed).await?;
    let mut tx = portal.database.write().await?;
    let account = open_account(&mut tx, id).await?;
    let counter = AtCounter { staff: staff.clone(), person };
    let asked = keep(portal, &mut tx, &account, typed, Some(&counter), letter).await?;
    if asked == Asked::Sent {
        let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::AccessProposed);
        let entry = entry.on(Subject::Account(id)).with("person_seen", person.code());
        tx.commit(Record::Deed(entry)).await?;
    }
    Ok(asked)
}

/// Confirms it, as another person, with the code that the parent reads out. Her sessions and passkeys end; how much any of
/// her filings proves stays as it was.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case, the role may not, or the account is gone.
pub async fn confirm(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    typed: &str,
    letter: &(impl Fn(&str) -> MailPayload + Sync),
) -> Result<Entered, FlowError> {
    let id = account_at_counter(portal, staff, number, Deed::AccessRestored).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::AccessRestored);
    let entry = entry.on(Subject::Account(id));
    let waiting = proposal(portal, &mut *portal.database.read().await?, staff, id).await?;
    match waiting {
        None => return Ok(Entered::Over),
        Some(proposal) if !proposal.can_confirm => {
            let refused = entry.refused().with("reason", "needs_another_person");
            portal.database.write().await?.commit(Record::Deed(refused)).await?;
            return Ok(Entered::NeedsAnotherPerson);
        }
        Some(_) => {}
    }
    let change = match judge(portal, id, Way::Counter, typed).await? {
        Ok(change) => change,
        Err(entered) => return Ok(entered),
    };
    let mut tx = portal.database.write().await?;
    let account = open_account(&mut tx, id).await?;
    // What is confirmed is what was seen to be another's: not one that was proposed anew meanwhile.
    let still = store::find(&mut tx, id, Way::Counter).await?.is_some_and(|now| now.code_mac == change.code_mac);
    if !still || !store::delete(&mut tx, id, Way::Counter).await? {
        return Ok(Entered::Over);
    }
    remind::write_about(portal, &mut tx, id, None, "address_changed", letter).await?;
    let mut entries = match put_in_place(portal, &mut tx, &account, &change).await? {
        Ok(entries) => entries,
        Err(entered) => return Ok(entered),
    };
    // What the passkey did a code alone does not do from now on: a new passkey, or the card, comes first.
    let stronger = account::stronger(&mut tx, id).await?;
    account_flow::end_all_ways_in(&mut tx, id).await?;
    if stronger.is_there {
        account::stronger_was_lost(&mut tx, id, portal.clock.now()).await?;
    }
    entries.push(entry);
    tx.commit_all(entries).await?;
    Ok(Entered::Changed)
}
