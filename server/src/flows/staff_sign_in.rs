//! Sign-in of staff: password and passkey, both (2因子認証); after the city's own provider ([`super::staff_provider`]) the passkey
//! alone, where the provider knows of one factor only. Invariant: who exists, who is locked and who is disabled is not
//! told; a try is counted before its answer is given; whoever is disabled is out at the next request.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{
    access::Roles,
    device::Device,
    ids::{PasskeyId, StaffId},
    retention,
    time::{Instant, MINUTE},
};

use super::{
    FlowError,
    passkey::{self, Begun, PasskeyOwner, Shown},
    password::{self, PasswordFault},
    random,
    staff_provider::{self, Provided},
    staff_roles,
};
use crate::{
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Connection, Record, StoreError, Upkeep, WriteTx, account,
        audit::{Actor, Deed, Subject},
        presence,
        session::{self, Ceremony, NewSession, Plane, Session, SignedIn},
        staff::{self, NewStaff, Staff},
    },
};

/// How a session of staff began.
pub const METHOD: &str = "password+passkey";

const PASSWORD_WAS_RIGHT: &str = "staff_password";
const PROVIDER_WAS_RIGHT: &str = "staff_provider";
const FREE_TRIES: i64 = 5;
const LONGEST_LOCK: i64 = 60 * MINUTE;

/// Until when no try counts after so many failed ones: from the fifth on a minute, then twice as long each time.
fn locked_until(failed: i64, now: Instant) -> Option<Instant> {
    let over = u32::try_from(failed - FREE_TRIES).ok()?;
    let lock = MINUTE.saturating_mul(1_i64.checked_shl(over.min(10)).unwrap_or(i64::MAX));
    Some(now.plus(lock.min(LONGEST_LOCK)))
}

/// Checks user id and password; the token with which the passkey is asked for, or none. Whatever is wrong, the answer and
/// its time are the same.
///
/// # Errors
/// When the database fails.
pub async fn enter_password(portal: &Portal, user_id: &str, typed: &str) -> Result<Option<String>, FlowError> {
    let now = portal.clock.now();
    let (found, may_try) = count_try(portal, user_id.trim(), now).await?;
    let open = found.as_ref().filter(|_| may_try);
    let kept = open.and_then(|member| member.password_hash.as_deref());
    let too_long = typed.chars().count() > password::LONGEST;
    let right = password::is_right(if too_long { "" } else { typed }, kept).await? && !too_long;
    match open.filter(|_| right) {
        Some(member) => {
            let mut tx = portal.database.write().await?;
            staff::password_was_right(&mut tx, member.staff_id).await?;
            let token = ask_for_passkey(portal, &mut tx, member.staff_id, None).await?;
            tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
            Ok(Some(token))
        }
        None => {
            let reason = match (&found, open) {
                (None, _) => "unknown_user",
                (Some(_), Some(_)) => "password",
                (Some(member), None) if !member.is_valid_at(now) => "disabled",
                (Some(_), None) => "locked",
            };
            refuse(portal, found.map(|member| member.staff_id), reason).await?;
            Ok(None)
        }
    }
}

/// Who it would be, and whether this try counts: it is counted as failed before anything else.
async fn count_try(portal: &Portal, user_id: &str, now: Instant) -> Result<(Option<Staff>, bool), FlowError> {
    for _ in 0..16 {
        let mut tx = portal.database.write().await?;
        let Some(found) = staff::find_by_user_id(&mut tx, user_id).await? else { return Ok((None, false)) };
        let locked = found.locked_until.is_some_and(|until| until > now);
        if locked || found.password_hash.is_none() || !found.is_valid_at(now) {
            return Ok((Some(found), false));
        }
        let before = found.failed_attempts;
        if staff::sign_in_failed(&mut tx, found.staff_id, before, locked_until(before + 1, now)).await? {
            tx.commit(Record::Upkeep(Upkeep::CodeAttempt)).await?;
            return Ok((Some(found), true));
        }
        // Another try was counted meanwhile (PostgreSQL): this one is the next.
    }
    Err(FlowError::Store(StoreError::Busy))
}

/// Keeps that the first factor was right; the token with which the passkey is asked for.
pub(super) async fn ask_for_passkey(
    portal: &Portal,
    tx: &mut WriteTx,
    member: StaffId,
    provided: Option<&Provided>,
) -> Result<String, FlowError> {
    let now = portal.clock.now();
    let token = BASE64_URL_SAFE_NO_PAD.encode(random::<32>());
    let row = Ceremony {
        purpose: if provided.is_some() { PROVIDER_WAS_RIGHT } else { PASSWORD_WAS_RIGHT }.to_owned(),
        subject: Some(member.to_string()),
        state: provided.map(serde_json::to_vec).transpose()?.unwrap_or_default(),
        expires_at: now.plus(retention::CEREMONY),
    };
    session::insert_ceremony(tx, &token_hash(token.as_bytes()), &row, now).await?;
    Ok(token)
}

async fn refuse(portal: &Portal, member: Option<StaffId>, reason: &'static str) -> Result<(), FlowError> {
    portal.metrics.sign_in("password", false);
    let mut entry = AuditEntry::done(portal.clock.now(), Actor::Anybody, Deed::SignedIn).refused();
    if let Some(member) = member {
        entry = entry.on(Subject::Staff(member));
    }
    let tx = portal.database.write().await?;
    let entry = entry.with("method", "password").with("reason", reason);
    Ok(tx.commit(Record::Deed(entry)).await?)
}

/// Whose first factor was right, and what the provider said if it was the provider.
struct FirstFactor {
    member: StaffId,
    provided: Option<Provided>,
}

async fn first_factor(
    connection: &mut Connection,
    token: &str,
    now: Instant,
) -> Result<Option<FirstFactor>, FlowError> {
    let found = session::find_ceremony(connection, &token_hash(token.as_bytes())).await?;
    let Some(row) = found.filter(|row| row.expires_at > now) else { return Ok(None) };
    let provided = match row.purpose.as_str() {
        PASSWORD_WAS_RIGHT => None,
        PROVIDER_WAS_RIGHT => Some(serde_json::from_slice(&row.state)?),
        _ => return Ok(None),
    };
    let member = row.subject.and_then(|id| id.parse().ok());
    Ok(member.map(|member| FirstFactor { member, provided }))
}

/// Begins the passkey's turn; none when the password was too long ago, or the passkey is gone.
///
/// # Errors
/// When the database fails.
pub async fn begin_passkey(portal: &Portal, token: &str) -> Result<Option<Begun>, FlowError> {
    let mut tx = portal.database.read().await?;
    let Some(first) = first_factor(&mut tx, token, portal.clock.now()).await? else { return Ok(None) };
    drop(tx);
    passkey::begin_authentication(portal, PasskeyOwner::Staff(first.member)).await
}

/// What became of the passkey's turn.
#[derive(Debug, PartialEq, Eq)]
pub enum PasskeyTurn {
    /// Signed in: what the cookie holds.
    SignedIn([u8; 32]),
    /// It was not this person's passkey, or it did not verify its user; it may be tried again.
    Refused,
    /// The password was too long ago.
    Over,
}

/// Signs in with the passkey after the password.
///
/// # Errors
/// When the database fails.
pub async fn finish_passkey(
    portal: &Portal,
    token: &str,
    ceremony: &str,
    credential: &str,
    device: Device,
) -> Result<PasskeyTurn, FlowError> {
    let now = portal.clock.now();
    let hash = token_hash(token.as_bytes());
    let first = first_factor(&mut *portal.database.read().await?, token, now).await?;
    let Some(FirstFactor { member, provided }) = first else { return Ok(PasskeyTurn::Over) };
    let used = passkey::finish_authentication(portal, ceremony, credential).await?;
    let Some(used) = used.filter(|used| used.owner() == PasskeyOwner::Staff(member)) else {
        return Ok(PasskeyTurn::Refused);
    };
    let mut tx = portal.database.write().await?;
    // Both factors count once, and only for somebody who may still act.
    let taken = session::take_ceremony(&mut tx, &hash).await?;
    let valid = staff::find(&mut tx, member).await?.is_some_and(|member| member.is_valid_at(now));
    if taken.is_none() || !valid {
        return Ok(PasskeyTurn::Over);
    }
    let Some(kept) = used.keep(portal, &mut tx).await? else {
        drop(tx);
        used.refuse(portal).await?;
        return Ok(PasskeyTurn::Refused);
    };
    let method = if provided.is_some() { staff_provider::METHOD_WITH_PASSKEY } else { METHOD };
    let beginning = StaffBeginning { method, device, passkey: Some(kept.passkey_id) };
    let session_token = begin_session(portal, &mut tx, member, &beginning).await?;
    if let Some(provided) = &provided
        && !provided.begin(&mut tx, member, &token_hash(&session_token), now).await?
    {
        return Ok(PasskeyTurn::Over);
    }
    let entry = AuditEntry::done(now, Actor::Staff(member), Deed::SignedIn).on(Subject::Staff(member));
    tx.commit(Record::Deed(entry.with("method", method))).await?;
    portal.metrics.sign_in(method, true);
    Ok(PasskeyTurn::SignedIn(session_token))
}

/// How a session of staff begins.
#[derive(Clone, Copy)]
pub(super) struct StaffBeginning {
    /// How she came in.
    pub method: &'static str,
    /// 「端末」
    pub device: Device,
    /// With which passkey of ours.
    pub passkey: Option<PasskeyId>,
}

/// Begins a session after both factors: what its cookie holds.
pub(super) async fn begin_session(
    portal: &Portal,
    tx: &mut WriteTx,
    member: StaffId,
    beginning: &StaffBeginning,
) -> Result<[u8; 32], FlowError> {
    let now = portal.clock.now();
    let token: [u8; 32] = random();
    let new = NewSession {
        session_hash: token_hash(&token),
        signed_in: SignedIn::Staff(member),
        method: beginning.method,
        created_at: now,
        step_up_at: Some(now),
        expires_at: now.plus(retention::STAFF_SESSION),
        device: beginning.device,
        passkey_id: beginning.passkey,
        reads_from: None,
    };
    session::insert(tx, &new).await?;
    staff::signed_in(tx, member, now).await?;
    presence::heard_of(tx, member, now).await?;
    Ok(token)
}

/// Somebody of the staff who has signed in and may act now.
#[derive(Clone)]
pub struct SignedInStaff {
    /// Who.
    pub staff: Staff,
    /// The session.
    pub session: Session,
}

/// Who has the session of a cookie, asked anew at every request; none when it is over, or the person may no longer act. It is a
/// sign of life.
///
/// # Errors
/// When the database fails.
pub async fn who(portal: &Portal, session_hash: &[u8; 32]) -> Result<Option<SignedInStaff>, FlowError> {
    let now = portal.clock.now();
    let found = look(portal, session_hash).await?;
    if let Some(SignedInStaff { staff, session }) = &found
        && session.seen_at.plus(MINUTE) <= now
    {
        let mut tx = portal.database.write().await?;
        session::touch(&mut tx, session_hash, now).await?;
        presence::heard_of(&mut tx, staff.staff_id, now).await?;
        tx.commit(Record::Upkeep(Upkeep::SessionSeen)).await?;
    }
    Ok(found)
}

/// The same for what a page asks by itself: it keeps no session alive.
///
/// # Errors
/// When the database fails.
pub async fn look(portal: &Portal, session_hash: &[u8; 32]) -> Result<Option<SignedInStaff>, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.read().await?;
    let Some(session) = session::find(&mut tx, session_hash).await? else { return Ok(None) };
    // Where the city has no provider any more, its sessions end too.
    let without_provider = portal.staff_provider.is_none() && session.method.starts_with(staff_provider::METHOD);
    let over = session.plane != Plane::Staff
        || without_provider
        || session.expires_at <= now
        || session.seen_at.plus(retention::STAFF_IDLE) <= now;
    let Some(member) = session.staff_id.filter(|_| !over) else { return Ok(None) };
    let Some(mut staff) = staff::find(&mut tx, member).await?.filter(|staff| staff.is_valid_at(now)) else {
        return Ok(None);
    };
    staff.roles = staff.roles.with_contractor_epds(portal.config.contractor_epds);
    Ok(Some(SignedInStaff { staff, session }))
}

/// Ends a session of staff.
///
/// # Errors
/// When the database fails.
pub async fn sign_out(portal: &Portal, member: StaffId, session_hash: &[u8; 32]) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    session::delete(&mut tx, session_hash).await?;
    let entry = AuditEntry::done(now, Actor::Staff(member), Deed::SignedOut).on(Subject::Staff(member));
    Ok(tx.commit(Record::Deed(entry)).await?)
}

/// A member of staff to be invited.
#[derive(Clone, Copy, Debug)]
pub struct Invited<'a> {
    /// What is typed to sign in.
    pub user_id: &'a str,
    /// Which person it is: the same for every account of one person.
    pub person_id: &'a str,
    /// The name that colleagues read.
    pub display_name: &'a str,
    /// The roles.
    pub roles: Roles,
}

/// Makes a member of staff; the token of the invitation, which is told once, and until when it is good.
///
/// # Errors
/// [`StoreError::Duplicate`] when the user id is taken; [`FlowError::RolesApart`] when the person has another account whose
/// roles do not go with these.
pub async fn invite(portal: &Portal, by: Actor, member: &Invited<'_>) -> Result<(String, Instant), FlowError> {
    let now = portal.clock.now();
    let staff_id = StaffId::from_random(random());
    let mut tx = portal.database.write().await?;
    let invited = insert(&mut tx, staff_id, member, now).await?;
    let entry = AuditEntry::done(now, by, Deed::StaffInvited).on(Subject::Staff(staff_id));
    tx.commit(Record::Deed(entry.with("role", member.roles))).await?;
    Ok(invited)
}

/// Keeps a member of staff and the invitation.
///
/// # Errors
/// See [`invite`].
pub(super) async fn insert(
    tx: &mut WriteTx,
    staff_id: StaffId,
    member: &Invited<'_>,
    now: Instant,
) -> Result<(String, Instant), FlowError> {
    let Invited { user_id, person_id, display_name, roles } = *member;
    staff_roles::fit(tx, person_id, user_id, roles, now).await?;
    staff::insert(tx, &NewStaff { staff_id, user_id, person_id, display_name, roles, created_at: now }).await?;
    insert_invitation(tx, staff_id, now).await
}

/// A further invitation of somebody who has not answered one yet.
///
/// # Errors
/// [`FlowError::NotFound`] when there is nobody of this user id, or they have joined.
pub async fn invite_again(portal: &Portal, by: Actor, user_id: &str) -> Result<(String, Instant), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let found = staff::find_by_user_id(&mut tx, user_id).await?.filter(|found| found.password_hash.is_none());
    let member = found.filter(|found| !found.is_provided()).ok_or(FlowError::NotFound)?;
    let invited = insert_invitation(&mut tx, member.staff_id, now).await?;
    let entry = AuditEntry::done(now, by, Deed::StaffInvited).on(Subject::Staff(member.staff_id));
    tx.commit(Record::Deed(entry.with("role", member.roles))).await?;
    Ok(invited)
}

/// An invitation to make a passkey for somebody whom the city's own provider vouches for.
///
/// # Errors
/// [`FlowError::NotFound`] when there is nobody of this user id whom the provider made.
pub async fn invite_to_passkey(portal: &Portal, by: Actor, user_id: &str) -> Result<(String, Instant), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let found = staff::find_by_user_id(&mut tx, user_id).await?.filter(Staff::is_provided);
    let member = found.filter(|found| found.is_valid_at(now)).ok_or(FlowError::NotFound)?;
    let invited = insert_invitation(&mut tx, member.staff_id, now).await?;
    let entry = AuditEntry::done(now, by, Deed::StaffInvited).on(Subject::Staff(member.staff_id));
    tx.commit(Record::Deed(entry.with("role", member.roles))).await?;
    Ok(invited)
}

pub(super) async fn insert_invitation(
    tx: &mut WriteTx,
    member: StaffId,
    now: Instant,
) -> Result<(String, Instant), FlowError> {
    let token = BASE64_URL_SAFE_NO_PAD.encode(random::<32>());
    let until = now.plus(retention::INVITATION);
    staff::insert_invitation(tx, &token_hash(token.as_bytes()), member, now, until).await?;
    Ok((token, until))
}

async fn invited(connection: &mut Connection, token: &str, now: Instant) -> Result<Option<Staff>, FlowError> {
    let found = staff::find_invitation(connection, &token_hash(token.as_bytes())).await?;
    let Some(open) = found.filter(|one| one.used_at.is_none() && one.expires_at > now) else { return Ok(None) };
    Ok(staff::find(connection, open.staff_id).await?.filter(|member| member.is_valid_at(now)))
}

/// Whom an invitation invites, while it is good.
///
/// # Errors
/// When the database fails.
pub async fn view_invitation(portal: &Portal, token: &str) -> Result<Option<Staff>, FlowError> {
    let now = portal.clock.now();
    invited(&mut *portal.database.read().await?, token, now).await
}

/// Begins to answer an invitation: whom it invites, and the making of the passkey.
///
/// # Errors
/// When the database fails.
pub async fn begin_joining(portal: &Portal, token: &str) -> Result<Option<(Staff, Begun)>, FlowError> {
    let Some(member) = view_invitation(portal, token).await? else { return Ok(None) };
    let shown = Shown { account: &member.user_id, person: &member.display_name };
    let begun = passkey::begin_registration(portal, PasskeyOwner::Staff(member.staff_id), shown).await?;
    Ok(Some((member, begun)))
}

/// What is sent to answer an invitation.
#[derive(Clone, Copy)]
pub struct Joining<'a> {
    /// The password.
    pub password: &'a str,
    /// The password again.
    pub again: &'a str,
    /// Names the ceremony.
    pub ceremony: &'a str,
    /// What the device made.
    pub credential: &'a str,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Joined {
    /// Password and passkey are kept; signing in is next.
    Yes,
    /// The password cannot be chosen. The ceremony goes on: what the device made counts when it is sent again.
    Password(PasswordFault),
    /// What the device made is no good; it begins anew.
    Passkey,
    /// The invitation was used, or its time is over.
    Over,
}

/// Answers an invitation: password and passkey, or neither.
///
/// # Errors
/// When the database fails.
pub async fn join(portal: &Portal, token: &str, sent: &Joining<'_>) -> Result<Joined, FlowError> {
    let now = portal.clock.now();
    let Some(member) = view_invitation(portal, token).await? else { return Ok(Joined::Over) };
    // Who is the provider's has a passkey here and never a password.
    let has_password = !member.is_provided();
    if has_password && let Err(fault) = password::check(&member.user_id, sent.password, sent.again) {
        return Ok(Joined::Password(fault));
    }
    let owner = PasskeyOwner::Staff(member.staff_id);
    let Some(made) = passkey::finish_registration(portal, owner, sent.ceremony, sent.credential).await? else {
        return Ok(Joined::Passkey);
    };
    let hash = if has_password { Some(password::hash(sent.password).await?) } else { None };
    let mut tx = portal.database.write().await?;
    if !staff::use_invitation(&mut tx, &token_hash(token.as_bytes()), now).await? {
        return Ok(Joined::Over);
    }
    if let Some(hash) = hash {
        staff::set_password(&mut tx, member.staff_id, &hash, now).await?;
    }
    account::delete_passkeys_of_staff(&mut tx, member.staff_id).await?;
    session::delete_for_staff(&mut tx, member.staff_id).await?;
    let added = match made.keep(portal, &mut tx, "", now).await {
        Ok(entry) => entry,
        Err(FlowError::Store(StoreError::Duplicate)) => return Ok(Joined::Passkey),
        Err(error) => return Err(error),
    };
    let joined = AuditEntry::done(now, Actor::Staff(member.staff_id), Deed::StaffJoined);
    tx.commit_all(vec![joined.on(Subject::Staff(member.staff_id)), added]).await?;
    Ok(Joined::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_grows_up_to_an_hour() {
        let minutes = |failed| locked_until(failed, Instant(0)).map(|until| until.micros() / MINUTE);
        assert_eq!((minutes(1), minutes(4)), (None, None));
        assert_eq!((minutes(5), minutes(6), minutes(7)), (Some(1), Some(2), Some(4)));
        assert_eq!((minutes(11), minutes(500)), (Some(60), Some(60)));
    }
}
