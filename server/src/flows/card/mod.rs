//! 「マイナアプリ」 Sign-in with a card. Invariant: what was begun is read once, in the browser that began it, within ten minutes; a card
//! is given to no account but that of who holds both, and what it says is kept sealed for as long as the session.
//!
//! A card that no account has yet waits for the code of a mail address, because notices need one. An account that is there
//! already gets a card only from who showed its passkey, if it has one, and only if what it has filed is about the same person:
//! a mail box alone must not turn somebody's filings over to another's card.

mod binding;
mod kept;

use intake::{
    card::{self as facts, CardFacts},
    device::Device,
    identity::Method,
    ids::AccountId,
    retention,
};
use serde::Deserialize;
use url::Url;

use super::{
    FlowError,
    address_change::Asking,
    random,
    sign_in::{Arrival, Beginning, Checked, account_for, begin_session, check_code, use_code},
};
use crate::{
    oidc::{self, Person, Refused, Secrets},
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Record, Upkeep, WriteTx,
        audit::{Actor, Deed, Subject},
        card, session,
    },
};
use binding::{bind, why_not_bound};
pub use kept::of_session;
pub(crate) use kept::read_at;
use kept::{BEGUN, Begun, WAITS, Waiting, find_waiting, forget, keep_reading, waiting_hash};
pub(super) use kept::{carry_reading, keep_state, take_state};

const METHOD: &str = Method::Mynaapp.as_str();
const SUBJECT_INDEX: &str = "card subject";

/// Who is at the browser.
#[derive(Clone, Copy)]
pub struct AtBrowser {
    /// The hash of the browser's cookie.
    pub browser: [u8; 32],
    /// 「端末」
    pub device: Device,
    /// Her session, if she has signed in.
    pub signed_in: Option<Asking>,
}

/// What the provider sent back with the browser.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Callback {
    /// Names what was begun.
    pub state: String,
    /// To be redeemed.
    pub code: String,
    /// Why there is none.
    pub error: String,
    /// Which provider (RFC 9207).
    pub iss: String,
}

/// Why nobody was signed in; each has a sentence of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing was begun here, or too long ago, or it came back already.
    Over,
    /// She said no, in the app.
    Cancelled,
    /// The provider did not do it.
    NotDone,
    /// What came back from the provider is not taken.
    Refused(Refused),
    /// Somebody else has signed in here meanwhile.
    OtherSession,
    /// The card belongs to another account.
    OtherAccount,
    /// The account belongs to another card.
    OtherCard,
    /// What the account has filed is about somebody else.
    OtherPerson,
    /// The account has a passkey, which must be shown first.
    PasskeyFirst,
}

impl Trouble {
    /// The stable word, for the audit log and for the sentence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Cancelled => "cancelled",
            Self::NotDone => "not_done",
            Self::Refused(refused) => refused.as_str(),
            Self::OtherSession => "other_session",
            Self::OtherAccount => "other_account",
            Self::OtherCard => "other_card",
            Self::OtherPerson => "other_person",
            Self::PasskeyFirst => "passkey_first",
        }
    }
}

/// What became of a return from the provider.
pub enum Arrived {
    /// She is signed in.
    SignedIn {
        /// What the cookie holds.
        token: [u8; 32],
        /// Where the way goes on.
        next: String,
    },
    /// Nobody has this card yet: a mail address is asked for.
    NeedsMail,
    /// Nobody was signed in, and where she came from, if that is known.
    Not(Trouble, Option<String>),
}

fn client(portal: &Portal) -> Result<&oidc::Client, FlowError> {
    portal.mynaapp.as_ref().ok_or(FlowError::NotFound)
}

/// Begins: where the browser goes. `next` is where the way goes on afterwards.
///
/// # Errors
/// [`FlowError::NotFound`] where マイナアプリ is not offered.
pub async fn begin(portal: &Portal, at: &AtBrowser, next: &str) -> Result<Result<Url, Refused>, FlowError> {
    let (client, secrets) = (client(portal)?, Secrets::new(&random(), &random(), &random()));
    let address = match client.authorization(&secrets, portal.clock.now()).await {
        Ok(address) => address,
        Err(refused) => {
            portal.metrics.sign_in(METHOD, false);
            return Ok(Err(refused));
        }
    };
    let begun = Begun {
        browser: at.browser,
        account: at.signed_in.map(|asking| *asking.account.bytes()),
        nonce: secrets.nonce,
        verifier: secrets.verifier,
        next: next.to_owned(),
    };
    let hash = token_hash(secrets.state.as_bytes());
    let mut tx = portal.database.write().await?;
    keep_state(portal, &mut tx, (&hash, BEGUN, retention::CARD_SIGN_IN), &begun).await?;
    tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
    Ok(Ok(address))
}

/// Takes what was begun under a state, whatever comes of it.
async fn take_begun(portal: &Portal, state: &str) -> Result<Option<Begun>, FlowError> {
    let mut tx = portal.database.write().await?;
    let begun = take_state(portal, &mut tx, &token_hash(state.as_bytes()), BEGUN).await?;
    tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
    Ok(begun)
}

/// Ends what was begun, whatever comes of it. `at` is none for a browser without a cookie.
///
/// # Errors
/// [`FlowError::NotFound`] where マイナアプリ is not offered.
pub async fn arrive(portal: &Portal, at: Option<&AtBrowser>, callback: &Callback) -> Result<Arrived, FlowError> {
    let client = client(portal)?;
    let nowhere = Arrived::Not(Trouble::Over, None);
    let Some(at) = at else { return Ok(nowhere) };
    let begun = take_begun(portal, &callback.state).await?;
    let Some(begun) = begun.filter(|begun| begun.browser == at.browser) else { return Ok(nowhere) };
    let arrived = match redeem(portal, client, callback, &begun).await {
        Ok(person) => welcome(portal, at, &person, &begun).await?,
        Err(why) => Arrived::Not(why, Some(begun.next)),
    };
    if let Arrived::Not(why, _) = &arrived {
        record_refusal(portal, at, *why).await?;
    }
    Ok(arrived)
}

async fn redeem(portal: &Portal, client: &oidc::Client, callback: &Callback, begun: &Begun) -> Result<Person, Trouble> {
    match callback.error.as_str() {
        "" => {}
        "access_denied" => return Err(Trouble::Cancelled),
        _ => return Err(Trouble::NotDone),
    }
    if !callback.iss.is_empty() && callback.iss != client.settings().issuer.as_str() {
        return Err(Trouble::Refused(Refused::Issuer));
    }
    let (nonce, verifier) = (begun.nonce.clone(), begun.verifier.clone());
    let secrets = Secrets { state: callback.state.clone(), nonce, verifier };
    let redeemed = client.redeem(&callback.code, &secrets, random(), portal.clock.now()).await;
    redeemed.map_err(|refused| {
        if refused == Refused::ClientRefused {
            tracing::error!(%refused, "NOBODY CAN SIGN IN WITH A CARD");
        }
        Trouble::Refused(refused)
    })
}

async fn record_refusal(portal: &Portal, at: &AtBrowser, why: Trouble) -> Result<(), FlowError> {
    portal.metrics.sign_in(METHOD, false);
    tracing::warn!(why = why.as_str(), "a sign-in with a card was refused");
    let actor = at.signed_in.map_or(Actor::Anybody, |asking| Actor::Citizen(asking.account));
    let entry = AuditEntry::done(portal.clock.now(), actor, Deed::SignedIn).refused();
    let tx = portal.database.write().await?;
    Ok(tx.commit(Record::Deed(entry.with("method", METHOD).with("reason", why.as_str()))).await?)
}

/// The account that a card leads to, or why to none.
async fn welcome(portal: &Portal, at: &AtBrowser, person: &Person, begun: &Begun) -> Result<Arrived, FlowError> {
    let next = begun.next.clone();
    let not = |why| Ok(Arrived::Not(why, Some(begun.next.clone())));
    let (read, unread) = facts::read(&person.userinfo);
    for fact in unread {
        tracing::warn!(fact = fact.as_str(), "the provider gives a fact in a format that is not known");
    }
    let issuer = &portal.mynaapp.as_ref().ok_or(FlowError::NotFound)?.settings().issuer;
    let subject_hash = portal.seal.index_key(SUBJECT_INDEX, &format!("{issuer}\n{}", person.subject));
    let mut tx = portal.database.write().await?;
    let known = card::of_subject(&mut tx, &subject_hash).await?;
    let (mine, began_as) = (at.signed_in.map(|asking| asking.account), begun.account.map(AccountId::from_random));
    let mut entries = Vec::new();
    let account = match (known, mine) {
        (Some(card), Some(mine)) if card.account_id != mine => return not(Trouble::OtherAccount),
        (Some(card), _) => card.account_id,
        (None, Some(_)) if mine != began_as => return not(Trouble::OtherSession),
        (None, Some(mine)) => {
            let method = at.signed_in.map_or(Method::EmailCode, |asking| asking.method);
            if let Some(why) = why_not_bound(portal, &mut tx, mine, method, &read).await? {
                return not(why);
            }
            entries.push(bind(portal, &mut tx, &subject_hash, mine).await?);
            mine
        }
        (None, None) => {
            let waiting = Waiting { subject_hash, facts: read, next };
            let hash = waiting_hash(&at.browser);
            session::take_ceremony(&mut tx, &hash).await?;
            keep_state(portal, &mut tx, (&hash, WAITS, retention::CARD_WAITS), &waiting).await?;
            tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
            return Ok(Arrived::NeedsMail);
        }
    };
    let token = sign_in_with(portal, &mut tx, at, account, &read).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(account), Deed::SignedIn);
    entries.push(entry.on(Subject::Account(account)).with("method", METHOD));
    tx.commit_all(entries).await?;
    portal.metrics.sign_in(METHOD, true);
    Ok(Arrived::SignedIn { token, next })
}

/// A new session with what the card says.
async fn sign_in_with(
    portal: &Portal,
    tx: &mut WriteTx,
    at: &AtBrowser,
    account: AccountId,
    read: &CardFacts,
) -> Result<[u8; 32], FlowError> {
    let before = at.signed_in.map(|asking| asking.session);
    let arrival = Arrival { browser: Some(at.browser), device: at.device, session: before };
    let token = begin_session(portal, tx, account, &Beginning::by(Method::Mynaapp), &arrival).await?;
    keep_reading(portal, tx, token_hash(&token), read).await?;
    card::used(tx, account, portal.clock.now()).await?;
    Ok(token)
}

/// The name on the card that waits in this browser, if one does: whose it is must be plain before a mail address is given.
///
/// # Errors
/// When it does not open.
pub async fn waiting_name(portal: &Portal, browser: &[u8; 32]) -> Result<Option<String>, FlowError> {
    let waiting = find_waiting(portal, &mut *portal.database.read().await?, browser).await?;
    Ok(waiting.map(|waiting| waiting.facts.name.unwrap_or_default()))
}

/// What became of the code for a card that waits.
pub enum Entered {
    /// She is signed in.
    SignedIn {
        /// What the cookie holds.
        token: [u8; 32],
        /// Where the way goes on.
        next: String,
    },
    /// Another code was sent; so many tries are left.
    Wrong {
        /// How many.
        tries_left: i64,
    },
    /// There is no code any more.
    CodeOver,
    /// Nobody was signed in, and where she came from, if that is known.
    Not(Trouble, Option<String>),
}

/// Gives the card that waits in this browser to the account of the mail address that the code went to, and signs in.
///
/// # Errors
/// When the database fails.
pub async fn enter_code(
    portal: &Portal,
    (browser, device): ([u8; 32], Device),
    typed: &str,
    locale: &str,
) -> Result<Entered, FlowError> {
    let over = Entered::Not(Trouble::Over, None);
    if find_waiting(portal, &mut *portal.database.read().await?, &browser).await?.is_none() {
        return Ok(over);
    }
    let code = match check_code(portal, browser, typed).await? {
        Checked::Right(code) => code,
        Checked::Wrong { tries_left } => return Ok(Entered::Wrong { tries_left }),
        Checked::Over => return Ok(Entered::CodeOver),
    };
    let at = AtBrowser { browser, device, signed_in: None };
    let mut tx = portal.database.write().await?;
    // Both are taken in this deed: of two presses at once one finds them.
    let Some(waiting) = take_state::<Waiting>(portal, &mut tx, &waiting_hash(&browser), WAITS).await? else {
        return Ok(over);
    };
    let Some(address) = use_code(portal, &mut tx, &code).await? else { return Ok(Entered::CodeOver) };
    let (account, made) = account_for(portal, &mut tx, &address, locale).await?;
    let why = match card::of_subject(&mut tx, &waiting.subject_hash).await? {
        Some(card) if card.account_id != account => Some(Trouble::OtherAccount),
        Some(_) => None,
        None => why_not_bound(portal, &mut tx, account, Method::EmailCode, &waiting.facts).await?,
    };
    if let Some(why) = why {
        // What was taken stays taken, and no account was made for it.
        drop(tx);
        forget(portal, &browser).await?;
        record_refusal(portal, &at, why).await?;
        return Ok(Entered::Not(why, Some(waiting.next)));
    }
    let mut entries: Vec<AuditEntry> = made.into_iter().collect();
    if card::of_account(&mut tx, account).await?.is_none() {
        entries.push(bind(portal, &mut tx, &waiting.subject_hash, account).await?);
    }
    let token = sign_in_with(portal, &mut tx, &at, account, &waiting.facts).await?;
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(account), Deed::SignedIn);
    entries.push(entry.on(Subject::Account(account)).with("method", METHOD));
    tx.commit_all(entries).await?;
    portal.metrics.sign_in(METHOD, true);
    Ok(Entered::SignedIn { token, next: waiting.next })
}

/// Since when an account has a card.
///
/// # Errors
/// When the database fails.
pub async fn bound_at(portal: &Portal, account: AccountId) -> Result<Option<intake::time::Instant>, FlowError> {
    let found = card::of_account(&mut *portal.database.read().await?, account).await?;
    Ok(found.map(|card| card.created_at))
}
