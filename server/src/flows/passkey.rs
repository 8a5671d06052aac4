//! 「パスキー」 Passkeys of parents and of staff. Invariant: the device must have verified its user; the state of a ceremony
//! stays in the database, for five minutes and one try; a counter that goes back is refused and recorded.
//!
//! A ceremony has two halves. What comes back from the browser is first checked, which ends the ceremony whatever comes of
//! it, and then kept within the deed it belongs to.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{
    ids::{AccountId, PasskeyId, StaffId},
    retention,
    time::Instant,
};
use serde_json::json;
use webauthn_rs::prelude::{
    AuthenticationResult, CredentialID, DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyAuthentication,
    PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, RequestChallengeResponse, Uuid,
    WebauthnError, WebauthnResult,
};

pub use crate::store::account::PasskeyOwner;

use super::{FlowError, random};
use crate::{
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Record, StoreError, Upkeep, WriteTx,
        account::{self, NewPasskey},
        audit::{Actor, Deed, Subject},
        session::{self, Ceremony},
    },
};

/// A ceremony that has begun: both go into the page.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Names the ceremony; it comes back with the answer.
    pub ceremony: String,
    /// What the browser's WebAuthn call is given, as JSON (`data-options` of `passkey.js`).
    pub options: String,
}

/// How a person is shown on the device.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The name of the account.
    pub account: &'a str,
    /// The name of the person.
    pub person: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Register,
    Authenticate,
    /// The device says whose passkey it is: nobody has typed an address.
    Discover,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Authenticate => "authenticate",
            Self::Discover => "discover",
        }
    }
}

fn actor(owner: PasskeyOwner) -> Actor {
    match owner {
        PasskeyOwner::Account(id) => Actor::Citizen(id),
        PasskeyOwner::Staff(id) => Actor::Staff(id),
    }
}

fn subject(owner: PasskeyOwner) -> Subject {
    match owner {
        PasskeyOwner::Account(id) => Subject::Account(id),
        PasskeyOwner::Staff(id) => Subject::Staff(id),
    }
}

fn name(owner: PasskeyOwner) -> String {
    match owner {
        PasskeyOwner::Account(id) => format!("account/{id}"),
        PasskeyOwner::Staff(id) => format!("staff/{id}"),
    }
}

fn owner_of(name: &str) -> Option<PasskeyOwner> {
    let (kind, id) = name.split_once('/')?;
    match kind {
        "account" => id.parse::<AccountId>().ok().map(PasskeyOwner::Account),
        "staff" => id.parse::<StaffId>().ok().map(PasskeyOwner::Staff),
        _ => None,
    }
}

const fn bytes(owner: PasskeyOwner) -> [u8; 16] {
    match owner {
        PasskeyOwner::Account(id) => *id.bytes(),
        PasskeyOwner::Staff(id) => *id.bytes(),
    }
}

/// The library refused what the portal itself gave it.
fn broken(error: &WebauthnError) -> FlowError {
    FlowError::Store(StoreError::Corrupt(format!("passkey: {error:?}")))
}

async fn keep_state(
    portal: &Portal,
    owner: Option<PasskeyOwner>,
    purpose: Purpose,
    state: Vec<u8>,
) -> Result<String, FlowError> {
    let now = portal.clock.now();
    let ceremony = BASE64_URL_SAFE_NO_PAD.encode(random::<32>());
    let row = Ceremony {
        purpose: purpose.as_str().to_owned(),
        subject: owner.map(name),
        state,
        expires_at: now.plus(retention::CEREMONY),
    };
    let mut tx = portal.database.write().await?;
    session::insert_ceremony(&mut tx, &token_hash(ceremony.as_bytes()), &row, now).await?;
    tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
    Ok(ceremony)
}

/// A ceremony that was ended by its answer.
struct Taken {
    purpose: Purpose,
    owner: Option<PasskeyOwner>,
    state: Vec<u8>,
}

/// The state of a ceremony, which ends here: also when what came back is no good. One of another kind, such as a password that
/// was right, stays for what it is.
async fn take_state(portal: &Portal, ceremony: &str, purposes: &[Purpose]) -> Result<Option<Taken>, FlowError> {
    let mut tx = portal.database.write().await?;
    let Some(taken) = session::take_ceremony(&mut tx, &token_hash(ceremony.as_bytes())).await? else {
        return Ok(None);
    };
    let Some(purpose) = purposes.iter().copied().find(|purpose| purpose.as_str() == taken.purpose) else {
        return Ok(None);
    };
    tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
    let owner = taken.subject.as_deref().and_then(owner_of);
    let is_in_time = taken.expires_at > portal.clock.now();
    Ok(is_in_time.then_some(Taken { purpose, owner, state: taken.state }))
}

async fn credentials_of(portal: &Portal, owner: PasskeyOwner) -> Result<Vec<Passkey>, FlowError> {
    let stored = account::passkeys_of(&mut *portal.database.read().await?, owner).await?;
    stored.iter().map(|passkey| Ok(serde_json::from_str(&passkey.credential)?)).collect()
}

/// Begins adding a passkey.
///
/// # Errors
/// When the database fails.
pub async fn begin_registration(portal: &Portal, owner: PasskeyOwner, shown: Shown<'_>) -> Result<Begun, FlowError> {
    let known: Vec<CredentialID> =
        credentials_of(portal, owner).await?.iter().map(|passkey| passkey.cred_id().clone()).collect();
    let user = Uuid::from_bytes(bytes(owner));
    let (options, state) = portal
        .relying_party
        .of(owner)
        .start_passkey_registration(user, shown.account, shown.person, Some(known))
        .map_err(|error| broken(&error))?;
    // The library asks for none; where the device offers it, no address need be typed later. What is kept of the ceremony does
    // not say, and the answer is checked in the same way.
    let mut options = serde_json::to_value(&options)?;
    if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
        selection["residentKey"] = "preferred".into();
    }
    let ceremony = keep_state(portal, Some(owner), Purpose::Register, serde_json::to_vec(&state)?).await?;
    Ok(Begun { ceremony, options: options.to_string() })
}

/// A passkey that the device has made and that is not kept yet.
#[must_use = "it is kept by `keep`"]
pub struct Made {
    owner: PasskeyOwner,
    passkey: Passkey,
}

/// Checks what the device made; none when it is no good, not the owner's or its time is over. The ceremony is over.
///
/// # Errors
/// When the database fails.
pub async fn finish_registration(
    portal: &Portal,
    owner: PasskeyOwner,
    ceremony: &str,
    credential: &str,
) -> Result<Option<Made>, FlowError> {
    let Some(Taken { owner: whose, state, .. }) = take_state(portal, ceremony, &[Purpose::Register]).await? else {
        return Ok(None);
    };
    let Ok(credential) = serde_json::from_str::<RegisterPublicKeyCredential>(credential) else { return Ok(None) };
    let state: PasskeyRegistration = serde_json::from_slice(&state)?;
    if whose != Some(owner) {
        return Ok(None);
    }
    let made = portal.relying_party.of(owner).finish_passkey_registration(&credential, &state);
    Ok(made.ok().map(|passkey| Made { owner, passkey }))
}

impl Made {
    /// Keeps the passkey within the deed it belongs to, and gives the entry of it. `label` is what the owner calls it; what was
    /// filed since `reads_from` it lets her read again.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the passkey is known.
    pub async fn keep(
        self,
        portal: &Portal,
        tx: &mut WriteTx,
        label: &str,
        reads_from: Instant,
    ) -> Result<AuditEntry, FlowError> {
        let (passkey_id, now) = (PasskeyId::from_random(random()), portal.clock.now());
        let new = NewPasskey {
            passkey_id,
            owner: self.owner,
            credential_id: self.passkey.cred_id().as_slice(),
            credential: &serde_json::to_string(&self.passkey)?,
            label,
            created_at: now,
            reads_from,
        };
        account::insert_passkey(tx, &new).await?;
        Ok(AuditEntry::done(now, actor(self.owner), Deed::PasskeyAdded).on(Subject::Passkey(passkey_id)))
    }
}

/// Begins signing in with a passkey; none when the owner has none.
///
/// # Errors
/// When the database fails.
pub async fn begin_authentication(portal: &Portal, owner: PasskeyOwner) -> Result<Option<Begun>, FlowError> {
    let passkeys = credentials_of(portal, owner).await?;
    if passkeys.is_empty() {
        return Ok(None);
    }
    let started = portal.relying_party.of(owner).start_passkey_authentication(&passkeys);
    let (options, state) = started.map_err(|error| broken(&error))?;
    let ceremony = keep_state(portal, Some(owner), Purpose::Authenticate, serde_json::to_vec(&state)?).await?;
    Ok(Some(Begun { ceremony, options: serde_json::to_string(&options)? }))
}

/// Begins signing in without an address: the same options for everybody, and the device offers what it has for this site.
///
/// # Errors
/// When the database fails.
pub async fn begin_discovery(portal: &Portal) -> Result<Begun, FlowError> {
    let started = portal.relying_party.citizens().start_discoverable_authentication();
    let (mut options, state) = started.map_err(|error| broken(&error))?;
    // Whether it is asked for beside a field or by a button is for the page to say.
    options.mediation = None;
    let ceremony = keep_state(portal, None, Purpose::Discover, serde_json::to_vec(&state)?).await?;
    Ok(Begun { ceremony, options: serde_json::to_string(&options)? })
}

/// What a parent sees whose address has no passkey, or no account: options that no device can answer, the same at every
/// try, so that whether an address is known is not told. `seed` is what was asked for, such as the mail address.
///
/// # Errors
/// Never in practice: it is plain data.
pub fn begin_for_nobody(portal: &Portal, seed: &str) -> Result<Begun, FlowError> {
    let nobody = PasskeyOwner::Account(AccountId::from_random([0; 16]));
    let origin = portal.relying_party.of(nobody).get_allowed_origins().first().and_then(|url| url.host_str());
    let id = portal.seal.index_key("passkey of nobody", seed);
    let options: RequestChallengeResponse = serde_json::from_value(json!({ "publicKey": {
        "challenge": BASE64_URL_SAFE_NO_PAD.encode(random::<32>()),
        "timeout": 300_000,
        "rpId": origin.unwrap_or_default(),
        "allowCredentials": [{ "type": "public-key", "id": BASE64_URL_SAFE_NO_PAD.encode(id) }],
        "userVerification": "required",
    } }))?;
    let ceremony = BASE64_URL_SAFE_NO_PAD.encode(random::<32>());
    Ok(Begun { ceremony, options: serde_json::to_string(&options)? })
}

/// A use of a passkey that was checked and is not kept yet.
#[must_use = "it is kept by `keep`"]
pub struct Used {
    owner: PasskeyOwner,
    result: AuthenticationResult,
}

/// Checks what a passkey signed; none when it is no good or its time is over, which is recorded. The ceremony is over.
///
/// # Errors
/// When the database fails.
pub async fn finish_authentication(
    portal: &Portal,
    ceremony: &str,
    credential: &str,
) -> Result<Option<Used>, FlowError> {
    let taken = take_state(portal, ceremony, &[Purpose::Authenticate, Purpose::Discover]).await?;
    let Some(Taken { purpose, owner, state }) = taken else {
        portal.metrics.sign_in("passkey", false);
        return Ok(None);
    };
    let Ok(credential) = serde_json::from_str::<PublicKeyCredential>(credential) else {
        refuse(portal, owner, "not_readable").await?;
        return Ok(None);
    };
    let owner = if purpose == Purpose::Discover { owner_by_device(portal, &credential) } else { owner };
    let Some(owner) = owner else {
        refuse(portal, None, "not_verified").await?;
        return Ok(None);
    };
    let checked = match purpose {
        Purpose::Discover => check_discovered(portal, owner, &credential, &state).await?,
        Purpose::Register | Purpose::Authenticate => {
            let state: PasskeyAuthentication = serde_json::from_slice(&state)?;
            portal.relying_party.of(owner).finish_passkey_authentication(&credential, &state)
        }
    };
    let reason = match checked {
        Ok(result) if result.user_verified() => return Ok(Some(Used { owner, result })),
        Ok(_) | Err(WebauthnError::UserNotVerified) => "user_not_verified",
        Err(WebauthnError::CredentialPossibleCompromise) => COUNTER_WENT_BACK,
        Err(_) => "not_verified",
    };
    refuse(portal, Some(owner), reason).await?;
    Ok(None)
}

/// Whose passkey the device says it is: only a parent's, and not believed before the signature was checked with her key.
fn owner_by_device(portal: &Portal, credential: &PublicKeyCredential) -> Option<PasskeyOwner> {
    let found = portal.relying_party.citizens().identify_discoverable_authentication(credential).ok()?;
    Some(PasskeyOwner::Account(AccountId::from_random(found.0.into_bytes())))
}

/// Checks a signature with the key that its owner has under this id.
async fn check_discovered(
    portal: &Portal,
    owner: PasskeyOwner,
    credential: &PublicKeyCredential,
    state: &[u8],
) -> Result<WebauthnResult<AuthenticationResult>, FlowError> {
    let state: DiscoverableAuthentication = serde_json::from_slice(state)?;
    let id = credential.get_credential_id();
    let known = credentials_of(portal, owner).await?.into_iter().find(|passkey| passkey.cred_id().as_slice() == id);
    let Some(key) = known.map(DiscoverableKey::from) else { return Ok(Err(WebauthnError::CredentialNotFound)) };
    Ok(portal.relying_party.citizens().finish_discoverable_authentication_v2(credential, state, &key))
}

const COUNTER_WENT_BACK: &str = "counter_went_back";

async fn refuse(portal: &Portal, owner: Option<PasskeyOwner>, reason: &'static str) -> Result<(), FlowError> {
    portal.metrics.sign_in("passkey", false);
    if reason == COUNTER_WENT_BACK {
        tracing::warn!("A PASSKEY'S COUNTER WENT BACK: there may be a copy of it");
    }
    let mut entry = AuditEntry::done(portal.clock.now(), owner.map_or(Actor::Anybody, actor), Deed::SignedIn).refused();
    if let Some(owner) = owner {
        entry = entry.on(subject(owner));
    }
    let tx = portal.database.write().await?;
    Ok(tx.commit(Record::Deed(entry.with("method", "passkey").with("reason", reason))).await?)
}

/// A passkey whose use is kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Which.
    pub passkey_id: PasskeyId,
    /// What was filed from then on it lets her read again.
    pub reads_from: Instant,
}

impl Used {
    /// Whose passkey it was.
    #[must_use]
    pub const fn owner(&self) -> PasskeyOwner {
        self.owner
    }

    /// Keeps counter and time within the deed that the passkey was used for; none when the passkey is gone or its counter
    /// went back meanwhile: then the caller drops the transaction, and [`Used::refuse`] records it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep(&self, portal: &Portal, tx: &mut WriteTx) -> Result<Option<Kept>, FlowError> {
        let Some(stored) = account::find_passkey(tx, self.result.cred_id().as_slice()).await? else {
            return Ok(None);
        };
        // Two ceremonies at once: each was begun with the counter of before.
        let kept: serde_json::Value = serde_json::from_str(&stored.credential)?;
        let counter = kept.pointer("/cred/counter").and_then(serde_json::Value::as_u64).unwrap_or_default();
        if counter > 0 && u64::from(self.result.counter()) <= counter {
            return Ok(None);
        }
        let mut passkey: Passkey = serde_json::from_value(kept)?;
        if passkey.update_credential(&self.result).is_none() {
            return Ok(None);
        }
        account::passkey_used(tx, stored.passkey_id, &serde_json::to_string(&passkey)?, portal.clock.now()).await?;
        Ok(Some(Kept { passkey_id: stored.passkey_id, reads_from: stored.reads_from }))
    }

    /// Records that [`Used::keep`] said no.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refuse(&self, portal: &Portal) -> Result<(), FlowError> {
        refuse(portal, Some(self.owner), COUNTER_WENT_BACK).await
    }
}
