//! 「共通基盤」 Sign-in of staff by the city's own provider (認証の一元化). Invariant: what was begun is read once, in the browser that
//! began it; an account is found by issuer and subject alone, never by a name; the roles are those of the groups at this sign-in; and
//! a sign-in that was under way when the provider signed the person out leads nowhere.
//!
//! A sign-in with two factors (`acr`) is enough. Any other is completed by a passkey that the person has here.

use intake::{
    access::{NoRoles, Roles},
    device::Device,
    groups::roles_of,
    ids::StaffId,
    retention,
    time::Instant,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    FlowError,
    card::{Callback, keep_state, take_state},
    random,
    staff_sign_in::{StaffBeginning, ask_for_passkey, begin_session},
};
use crate::{
    config::StaffProvider,
    oidc::{Client, Person, Refused, Secrets},
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Record, Upkeep, WriteTx,
        account::{self, PasskeyOwner},
        audit::{Actor, Deed, Subject},
        session,
        staff::{self, NewStaff, Staff},
        staff_identity,
    },
};

/// How a session began that the provider vouches for with two factors.
pub const METHOD: &str = "provider";
/// The same, completed by a passkey here.
pub const METHOD_WITH_PASSKEY: &str = "provider+passkey";

const BEGUN: &str = "staff_provider_begun";
const SUBJECT_INDEX: &str = "staff subject";
const SESSION_INDEX: &str = "staff provider session";

/// Why nobody was signed in; each has a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing was begun here, or too long ago, or it came back already.
    Over,
    /// She stopped at the provider, or the provider does not let her in.
    Stopped,
    /// What came back from the provider is not taken.
    Refused(Refused),
    /// No group of hers gives a role, or the account is disabled: which of them is not told.
    NoAccess,
    /// Her groups give roles that nobody can have together.
    SeveralRoles,
    /// The provider does not say which person it is, or says another than before.
    NotThePerson,
    /// One factor only, and no passkey here.
    NoSecondFactor,
}

impl Trouble {
    /// One for each sentence, for whoever looks for it.
    pub const ALL: [Self; 8] = [
        Self::Over,
        Self::Stopped,
        Self::Refused(Refused::Unreachable),
        Self::Refused(Refused::Signature),
        Self::NoAccess,
        Self::SeveralRoles,
        Self::NotThePerson,
        Self::NoSecondFactor,
    ];

    /// The sentence, and what the page is asked for with.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Over => "too-late",
            Self::Stopped => "stopped",
            Self::Refused(Refused::Unreachable | Refused::Slow | Refused::Broken) => "unreachable",
            Self::Refused(_) => "refused",
            Self::NoAccess => "no-access",
            Self::SeveralRoles => "several-roles",
            Self::NotThePerson => "not-the-person",
            Self::NoSecondFactor => "no-second-factor",
        }
    }
}

/// What the provider said, kept until the passkey's turn.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Provided {
    /// Before it was asked, in microseconds.
    asked_at: i64,
    sid_hash: Option<[u8; 32]>,
}

impl Provided {
    /// Ties a session to the provider's; false when the provider signed the person out meanwhile.
    pub(super) async fn begin(
        &self,
        tx: &mut WriteTx,
        member: StaffId,
        session_hash: &[u8; 32],
        now: Instant,
    ) -> Result<bool, FlowError> {
        if !staff_identity::begin(tx, member, now, Instant(self.asked_at)).await? {
            return Ok(false);
        }
        if let Some(sid_hash) = &self.sid_hash {
            staff_identity::insert_session(tx, session_hash, sid_hash).await?;
        }
        Ok(true)
    }
}

/// What became of a return from the provider.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrived {
    /// Signed in: what the cookie holds.
    SignedIn([u8; 32]),
    /// The passkey's turn is next, with this token.
    NeedsPasskey(String),
    /// Nobody was signed in.
    Not(Trouble),
}

#[derive(Serialize, Deserialize)]
struct Begun {
    browser: [u8; 32],
    nonce: String,
    verifier: String,
}

fn provider(portal: &Portal) -> Result<(&Client, &StaffProvider), FlowError> {
    portal.staff_provider.as_ref().zip(portal.config.staff_provider.as_ref()).ok_or(FlowError::NotFound)
}

/// Begins: where the browser goes.
///
/// # Errors
/// [`FlowError::NotFound`] where the city has no provider.
pub async fn begin(portal: &Portal, browser: [u8; 32]) -> Result<Result<Url, Trouble>, FlowError> {
    let ((client, _), secrets) = (provider(portal)?, Secrets::new(&random(), &random(), &random()));
    let address = match client.authorization(&secrets, portal.clock.now()).await {
        Ok(address) => address,
        Err(refused) => {
            portal.metrics.sign_in(METHOD, false);
            return Ok(Err(Trouble::Refused(refused)));
        }
    };
    let begun = Begun { browser, nonce: secrets.nonce, verifier: secrets.verifier };
    let mut tx = portal.database.write().await?;
    let hash = token_hash(secrets.state.as_bytes());
    keep_state(portal, &mut tx, (&hash, BEGUN, retention::CARD_SIGN_IN), &begun).await?;
    tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
    Ok(Ok(address))
}

/// Ends what was begun, whatever comes of it. `browser` is none for a browser without a cookie.
///
/// # Errors
/// [`FlowError::NotFound`] where the city has no provider.
pub async fn arrive(
    portal: &Portal,
    browser: Option<[u8; 32]>,
    device: Device,
    callback: &Callback,
) -> Result<Arrived, FlowError> {
    let (client, settings) = provider(portal)?;
    let mut tx = portal.database.write().await?;
    let begun: Option<Begun> = take_state(portal, &mut tx, &token_hash(callback.state.as_bytes()), BEGUN).await?;
    tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
    let Some(begun) = begun.filter(|begun| Some(begun.browser) == browser) else {
        return Ok(Arrived::Not(Trouble::Over));
    };
    let asked_at = portal.clock.now();
    let (member, arrived) = match redeem(portal, client, callback, begun).await {
        Ok(person) => welcome(portal, settings, &person, (device, asked_at)).await?,
        Err(why) => (None, Arrived::Not(why)),
    };
    if let Arrived::Not(why) = arrived {
        refuse(portal, member, why).await?;
    }
    Ok(arrived)
}

async fn redeem(portal: &Portal, client: &Client, callback: &Callback, begun: Begun) -> Result<Person, Trouble> {
    if !callback.error.is_empty() {
        return Err(Trouble::Stopped);
    }
    if !callback.iss.is_empty() && callback.iss != client.settings().issuer.as_str() {
        return Err(Trouble::Refused(Refused::Issuer));
    }
    let secrets = Secrets { state: callback.state.clone(), nonce: begun.nonce, verifier: begun.verifier };
    let redeemed = client.redeem(&callback.code, &secrets, random(), portal.clock.now()).await;
    redeemed.map_err(|refused| {
        if refused == Refused::ClientRefused {
            tracing::error!(%refused, "no staff can sign in by the provider");
        }
        Trouble::Refused(refused)
    })
}

async fn refuse(portal: &Portal, member: Option<StaffId>, why: Trouble) -> Result<(), FlowError> {
    portal.metrics.sign_in(METHOD, false);
    let mut entry = AuditEntry::done(portal.clock.now(), Actor::Anybody, Deed::SignedIn).refused();
    if let Some(member) = member {
        entry = entry.on(Subject::Staff(member));
    }
    let reason = if let Trouble::Refused(refused) = why { refused.as_str() } else { why.as_str() };
    let tx = portal.database.write().await?;
    Ok(tx.commit(Record::Deed(entry.with("method", METHOD).with("reason", reason))).await?)
}

/// What the provider tells of somebody, as the settings read it.
struct Told<'a> {
    subject_hash: [u8; 32],
    person_id: Option<&'a str>,
    name: &'a str,
    roles: Result<Roles, NoRoles>,
    has_two_factors: bool,
    provided: Provided,
}

/// A claim of the token, else of userinfo.
fn claim<'a>(person: &'a Person, name: &str) -> Option<&'a Value> {
    person.token.get(name).or_else(|| person.userinfo.get(name))
}

fn text<'a>(person: &'a Person, name: &str) -> Option<&'a str> {
    claim(person, name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

fn told<'a>(portal: &Portal, settings: &StaffProvider, person: &'a Person, asked_at: Instant) -> Told<'a> {
    let issuer = settings.oidc.issuer.as_str();
    let groups = claim(person, "groups").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let groups: Vec<&str> = groups.iter().filter_map(Value::as_str).collect();
    let demanded = settings.oidc.acr.split(' ').find(|word| !word.is_empty());
    let acr = person.token.get("acr").and_then(Value::as_str).unwrap_or_default();
    let sid = person.token.get("sid").and_then(Value::as_str);
    let person_id = text(person, &settings.person_claim);
    Told {
        subject_hash: portal.seal.index_key(SUBJECT_INDEX, &format!("{issuer}\n{}", person.subject)),
        person_id,
        name: text(person, "name").or(person_id).unwrap_or_default(),
        roles: roles_of(&groups, &settings.groups),
        has_two_factors: demanded.is_some_and(|word| acr.split(' ').any(|other| other == word)),
        provided: Provided {
            asked_at: asked_at.micros(),
            sid_hash: sid.map(|sid| portal.seal.index_key(SESSION_INDEX, &format!("{issuer}\n{sid}"))),
        },
    }
}

/// The account that the provider's person has here, and what became of it.
async fn welcome(
    portal: &Portal,
    settings: &StaffProvider,
    person: &Person,
    (device, asked_at): (Device, Instant),
) -> Result<(Option<StaffId>, Arrived), FlowError> {
    let now = portal.clock.now();
    let told = told(portal, settings, person, asked_at);
    let mut tx = portal.database.write().await?;
    let found = match staff_identity::of_subject(&mut tx, &told.subject_hash).await? {
        Some(identity) => staff::find(&mut tx, identity.staff_id).await?,
        None => None,
    };
    let known = found.as_ref().map(|member| member.staff_id);
    let (roles, person_id) = match may_enter(&told, found.as_ref(), now) {
        Ok(both) => both,
        Err(why) => {
            // Whoever may no longer act is out of what runs already, too.
            if let Some(member) = known
                && session::delete_for_staff(&mut tx, member).await? > 0
            {
                let entry = AuditEntry::done(now, Actor::Portal, Deed::StaffSignedOutByProvider);
                tx.commit(Record::Deed(entry.on(Subject::Staff(member)))).await?;
            }
            return Ok((known, Arrived::Not(why)));
        }
    };
    let (member, mut entries) = match found {
        Some(member) => (member.staff_id, changed(&member, roles, now)),
        None => make(&mut tx, &told, roles, person_id, now).await?,
    };
    staff_identity::rename(&mut tx, member, told.name).await?;
    staff::set_roles(&mut tx, member, roles).await?;
    let has_passkey = !account::passkeys_of(&mut tx, PasskeyOwner::Staff(member)).await?.is_empty();
    let arrived = if told.has_two_factors {
        let beginning = StaffBeginning { method: METHOD, device, passkey: None };
        let token = begin_session(portal, &mut tx, member, &beginning).await?;
        if !told.provided.begin(&mut tx, member, &token_hash(&token), now).await? {
            return Ok((known, Arrived::Not(Trouble::Over)));
        }
        let entry = AuditEntry::done(now, Actor::Staff(member), Deed::SignedIn).on(Subject::Staff(member));
        entries.push(entry.with("method", METHOD));
        Arrived::SignedIn(token)
    } else if has_passkey {
        Arrived::NeedsPasskey(ask_for_passkey(portal, &mut tx, member, Some(&told.provided)).await?)
    } else {
        Arrived::Not(Trouble::NoSecondFactor)
    };
    if entries.is_empty() {
        tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
    } else {
        tx.commit_all(entries).await?;
    }
    if matches!(arrived, Arrived::SignedIn(_)) {
        portal.metrics.sign_in(METHOD, true);
    }
    Ok((Some(member), arrived))
}

/// Roles and person of somebody who may enter. A person is not exchanged for another under the same subject: what she accepted
/// before would then be another's.
fn may_enter<'a>(told: &Told<'a>, found: Option<&Staff>, now: Instant) -> Result<(Roles, &'a str), Trouble> {
    if found.is_some_and(|member| !member.is_valid_at(now)) {
        return Err(Trouble::NoAccess);
    }
    let roles = told.roles.map_err(|why| match why {
        NoRoles::None => Trouble::NoAccess,
        NoRoles::Incompatible(..) => Trouble::SeveralRoles,
    })?;
    let person_id = told.person_id.ok_or(Trouble::NotThePerson)?;
    match found {
        Some(member) if member.person_id != person_id => Err(Trouble::NotThePerson),
        _ => Ok((roles, person_id)),
    }
}

fn changed(member: &Staff, roles: Roles, now: Instant) -> Vec<AuditEntry> {
    if member.roles == roles {
        return Vec::new();
    }
    let entry = AuditEntry::done(now, Actor::Portal, Deed::StaffRoleProvided).on(Subject::Staff(member.staff_id));
    vec![entry.with("from", member.roles).with("role", roles)]
}

/// A new account. What it is called has a colon, which nobody can be called who is invited: nobody's name is taken over.
async fn make(
    tx: &mut WriteTx,
    told: &Told<'_>,
    roles: Roles,
    person_id: &str,
    now: Instant,
) -> Result<(StaffId, Vec<AuditEntry>), FlowError> {
    let staff_id = StaffId::from_random(random());
    let user_id =
        told.subject_hash[..8].iter().fold(staff::PROVIDED.to_owned(), |text, byte| text + &format!("{byte:02x}"));
    let new = NewStaff { staff_id, user_id: &user_id, person_id, display_name: told.name, roles, created_at: now };
    staff::insert(tx, &new).await?;
    staff_identity::insert(tx, &told.subject_hash, staff_id, now).await?;
    let entry = AuditEntry::done(now, Actor::Portal, Deed::StaffProvided).on(Subject::Staff(staff_id));
    Ok((staff_id, vec![entry.with("role", roles)]))
}

/// Takes a logout token: every session of the person ends, or those of the provider's session if it names that alone. How many
/// ended, or why it is not taken.
///
/// # Errors
/// [`FlowError::NotFound`] where the city has no provider.
pub async fn sign_out(portal: &Portal, token: &str) -> Result<Result<u64, Refused>, FlowError> {
    let (client, settings) = provider(portal)?;
    let now = portal.clock.now();
    let logout = match client.logout(token, now).await {
        Ok(logout) => logout,
        Err(refused) => {
            tracing::warn!(%refused, "a logout token was not taken");
            return Ok(Err(refused));
        }
    };
    let issuer = settings.oidc.issuer.as_str();
    let index = |purpose: &str, name: &str| portal.seal.index_key(purpose, &format!("{issuer}\n{name}"));
    let mut tx = portal.database.write().await?;
    let token_id = token_hash(format!("staff logout\n{}", logout.token_id).as_bytes());
    if !session::see_token(&mut tx, &token_id, logout.until).await? {
        return Ok(Err(Refused::CodeRefused));
    }
    let sid_hash = logout.session.as_ref().map(|session| index(SESSION_INDEX, session));
    let identity = match (&logout.subject, &sid_hash) {
        (Some(subject), _) => staff_identity::of_subject(&mut tx, &index(SUBJECT_INDEX, subject)).await?,
        (None, Some(sid_hash)) => staff_identity::of_session(&mut tx, sid_hash).await?,
        (None, None) => None,
    };
    let Some(identity) = identity else {
        // Nobody of that name is here: signed out she is.
        tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
        return Ok(Ok(0));
    };
    staff_identity::signed_out(&mut tx, identity.staff_id, now).await?;
    let ended = match (&logout.subject, &sid_hash) {
        (None, Some(sid_hash)) => staff_identity::end_session(&mut tx, sid_hash).await?,
        _ => session::delete_for_staff(&mut tx, identity.staff_id).await?,
    };
    let entry = AuditEntry::done(now, Actor::Portal, Deed::StaffSignedOutByProvider);
    let entry = entry.on(Subject::Staff(identity.staff_id)).with("sessions", i64::try_from(ended).unwrap_or(i64::MAX));
    tx.commit(Record::Deed(entry)).await?;
    Ok(Ok(ended))
}
