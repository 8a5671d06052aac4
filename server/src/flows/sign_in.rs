//! Sign-in of parents with a one-time code. Invariant: whether an address is known is not told; a code counts once, in the
//! browser that asked for it, for ten minutes and five tries, and a try is counted before its answer is given.

use intake::{
    device::Device,
    identity::{
        Method,
        ways::{Right, Rule, rule},
    },
    ids::{AccountId, OutboxId, PasskeyId},
    retention,
    time::{HOUR, Instant},
    value::{self, ValueError},
};
use subtle::ConstantTimeEq;

use super::{
    FlowError,
    passkey::{self, Begun, PasskeyOwner},
    random,
};
use crate::{
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Record, StoreError, Upkeep, WriteTx,
        account::{self, Account},
        audit::{Actor, Deed, Subject},
        draft,
        outbox::{self, MailPayload, NewMail},
        session::{self, NewSession, SignInCode, SignedIn},
    },
};

pub(super) const TRIES: i64 = 5;
pub(super) const CODES_AN_HOUR: i64 = 5;
const CODE_PLACE: &str = "sign_in_code/mail";
const MAIL_INDEX: &str = "account mail";

/// What became of asking for a code.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// A mail is on its way.
    Sent,
    /// Not a mail address.
    NotAnAddress(ValueError),
    /// Too many codes went to this address within an hour.
    TooMany,
}

/// Sends a code to an address. `letter` makes the mail from the code.
///
/// # Errors
/// When the database fails.
pub async fn ask_for_code(
    portal: &Portal,
    browser_hash: [u8; 32],
    typed: &str,
    locale: &str,
    letter: impl Fn(&str) -> MailPayload + Send,
) -> Result<Asked, FlowError> {
    let address = match value::mail_address(typed) {
        Ok(address) => address,
        Err(error) => return Ok(Asked::NotAnAddress(error)),
    };
    let now = portal.clock.now();
    let mail_index = index_of(portal, &address);
    let mut tx = portal.database.write().await?;
    if session::codes_sent(&mut tx, &mail_index, now.plus(-HOUR)).await? >= CODES_AN_HOUR {
        return Ok(Asked::TooMany);
    }
    let code = format!("{:06}", rand::random_range(0..1_000_000_u32));
    let (key, wrapped_key) = portal.seal.new_data_key();
    let row = SignInCode {
        browser_hash,
        mail_index,
        wrapped_key,
        mail_sealed: key.seal(CODE_PLACE, address.as_bytes()),
        code_mac: portal.seal.code_mac(&browser_hash, &code),
        attempts: 0,
        created_at: now,
        expires_at: now.plus(retention::SIGN_IN_CODE),
    };
    session::put_code(&mut tx, &row).await?;
    let mail = NewMail {
        outbox_id: OutboxId::from_random(random()),
        kind: "sign_in_code",
        locale,
        to: &address,
        payload: &letter(&code),
        created_at: now,
    };
    outbox::insert(&mut tx, &portal.seal, &mail).await?;
    tx.commit(Record::Upkeep(Upkeep::CodeAttempt)).await?;
    Ok(Asked::Sent)
}

/// Where somebody signs in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arrival {
    /// The hash of the browser's cookie, whose drafts and codes it has.
    pub browser: Option<[u8; 32]>,
    /// 「端末」
    pub device: Device,
    /// The hash of the session that this browser had, which ends with the new one.
    pub session: Option<[u8; 32]>,
}

impl From<[u8; 32]> for Arrival {
    fn from(browser: [u8; 32]) -> Self {
        Self { browser: Some(browser), ..Self::default() }
    }
}

/// What became of a code.
pub enum Entered {
    /// The parent is signed in: the token of her new session, for the cookie.
    SignedIn {
        /// Whose session it is.
        account: AccountId,
        /// What the cookie holds.
        token: [u8; 32],
    },
    /// Another code was sent than was typed; so many tries are left.
    Wrong {
        /// How many.
        tries_left: i64,
    },
    /// There is no code for this browser, or its time or its tries are over.
    Over,
}

/// Signs in with the code that was sent to this browser; the drafts of the browser become the parent's.
///
/// # Errors
/// When the database fails.
pub async fn enter_code(
    portal: &Portal,
    arrival: impl Into<Arrival> + Send,
    typed: &str,
    locale: &str,
) -> Result<Entered, FlowError> {
    let (now, arrival): (Instant, Arrival) = (portal.clock.now(), arrival.into());
    let Some(browser_hash) = arrival.browser else { return Ok(Entered::Over) };
    let code = match check_code(portal, browser_hash, typed).await? {
        Checked::Right(code) => code,
        Checked::Wrong { tries_left } => return Ok(Entered::Wrong { tries_left }),
        Checked::Over => return Ok(Entered::Over),
    };
    let mut tx = portal.database.write().await?;
    let Some(address) = use_code(portal, &mut tx, &code).await? else { return Ok(Entered::Over) };
    let (account, made) = account_for(portal, &mut tx, &address, locale).await?;
    let mut entries: Vec<AuditEntry> = made.into_iter().collect();
    let token = begin_session(portal, &mut tx, account, &Beginning::by(Method::EmailCode), &arrival).await?;
    let entry = AuditEntry::done(now, Actor::Citizen(account), Deed::SignedIn).on(Subject::Account(account));
    entries.push(entry.with("method", Method::EmailCode.as_str()));
    tx.commit_all(entries).await?;
    portal.metrics.sign_in(Method::EmailCode.as_str(), true);
    Ok(Entered::SignedIn { account, token })
}

/// What a typed code is worth.
pub(super) enum Checked {
    /// It is the one that was sent.
    Right(SignInCode),
    /// Another was sent; so many tries are left.
    Wrong { tries_left: i64 },
    /// There is none for this browser, or its time or its tries are over.
    Over,
}

/// Looks at a typed code; the try is counted before anything is said of it.
pub(super) async fn check_code(portal: &Portal, browser_hash: [u8; 32], typed: &str) -> Result<Checked, FlowError> {
    let mut tx = portal.database.write().await?;
    let Some(code) = session::find_code(&mut tx, &browser_hash).await? else { return Ok(Checked::Over) };
    if code.expires_at <= portal.clock.now() || code.attempts >= TRIES {
        return Ok(Checked::Over);
    }
    session::count_attempt(&mut tx, &browser_hash).await?;
    tx.commit(Record::Upkeep(Upkeep::CodeAttempt)).await?;
    if bool::from(portal.seal.code_mac(&browser_hash, &digits_of(typed)).ct_eq(&code.code_mac)) {
        return Ok(Checked::Right(code));
    }
    portal.metrics.sign_in("email_code", false);
    let tries_left = TRIES - code.attempts - 1;
    Ok(if tries_left > 0 { Checked::Wrong { tries_left } } else { Checked::Over })
}

/// Takes a code that was right, within the deed that it is for: the address that it went to. The same code twice at once: the
/// second finds it gone.
pub(super) async fn use_code(
    portal: &Portal,
    tx: &mut WriteTx,
    code: &SignInCode,
) -> Result<Option<String>, FlowError> {
    let kept = session::find_code(tx, &code.browser_hash).await?;
    if kept.is_none_or(|found| found.code_mac != code.code_mac) {
        return Ok(None);
    }
    if !session::delete_code(tx, &code.browser_hash).await? {
        // PostgreSQL: the other press has committed while this one waited for the row.
        return Ok(None);
    }
    let address = portal.seal.unwrap_key(&code.wrapped_key)?.open(CODE_PLACE, &code.mail_sealed)?;
    String::from_utf8(address.to_vec()).map(Some).map_err(|_| no_text())
}

/// The drafts of the browser become the parent's.
pub(super) async fn adopt_drafts(
    portal: &Portal,
    tx: &mut WriteTx,
    browser_hash: [u8; 32],
    account: AccountId,
) -> Result<(), FlowError> {
    let now = portal.clock.now();
    for two in draft::adopt(tx, browser_hash, account, now).await? {
        super::two_drafts::join(portal, tx, &two, now).await?;
    }
    Ok(())
}

/// Begins signing in with a passkey. An address that is not known, or has no passkey, gets options that look the same; where
/// none was typed the device is asked for what it has.
///
/// # Errors
/// When the database fails.
pub async fn ask_for_passkey(portal: &Portal, typed: &str) -> Result<Result<Begun, ValueError>, FlowError> {
    let address = match value::mail_address(typed) {
        Ok(address) => address,
        Err(ValueError::Missing) => return Ok(Ok(passkey::begin_discovery(portal).await?)),
        Err(error) => return Ok(Err(error)),
    };
    let key = value::mail_key(&address);
    let index = index_of(portal, &address);
    let account = account::find_by_mail_index(&mut *portal.database.read().await?, &index).await?;
    if let Some(account) = account.filter(|account| account.closed_at.is_none())
        && let Some(begun) = passkey::begin_authentication(portal, PasskeyOwner::Account(account.account_id)).await?
    {
        return Ok(Ok(begun));
    }
    Ok(Ok(passkey::begin_for_nobody(portal, &key)?))
}

/// Signs in with what a passkey signed; what the cookie holds, or none when it is no good.
///
/// # Errors
/// When the database fails.
pub async fn enter_passkey(
    portal: &Portal,
    arrival: &Arrival,
    ceremony: &str,
    credential: &str,
) -> Result<Option<[u8; 32]>, FlowError> {
    let Some(used) = passkey::finish_authentication(portal, ceremony, credential).await? else { return Ok(None) };
    let PasskeyOwner::Account(account) = used.owner() else { return Ok(None) };
    let mut tx = portal.database.write().await?;
    let Some(kept) = used.keep(portal, &mut tx).await? else {
        drop(tx);
        used.refuse(portal).await?;
        return Ok(None);
    };
    let beginning = Beginning::with_passkey(kept.passkey_id, kept.reads_from);
    let token = begin_session(portal, &mut tx, account, &beginning, arrival).await?;
    let entry =
        AuditEntry::done(portal.clock.now(), Actor::Citizen(account), Deed::SignedIn).on(Subject::Account(account));
    tx.commit(Record::Deed(entry.with("method", Method::Passkey.as_str()))).await?;
    portal.metrics.sign_in(Method::Passkey.as_str(), true);
    Ok(Some(token))
}

/// As phones type them: full-width digits and spaces count.
pub(super) fn digits_of(typed: &str) -> String {
    let half_width = |character: char| match character {
        '０'..='９' => char::from_u32(character as u32 - '０' as u32 + '0' as u32),
        '0'..='9' => Some(character),
        _ => None,
    };
    typed.chars().filter_map(half_width).take(12).collect()
}

/// The account of an address, made at its first use; then with the entry of it. She is written to in the language that she
/// signs in in.
///
/// # Errors
/// When the database fails.
pub(crate) async fn account_for(
    portal: &Portal,
    tx: &mut WriteTx,
    address: &str,
    locale: &str,
) -> Result<(AccountId, Option<AuditEntry>), FlowError> {
    let index = index_of(portal, address);
    if let Some(account) = account::find_by_mail_index(tx, &index).await? {
        if account.locale != locale {
            account::set_locale(tx, account.account_id, locale).await?;
        }
        return Ok((account.account_id, None));
    }
    let (account_id, now) = (AccountId::from_random(random()), portal.clock.now());
    let (key, wrapped_key) = portal.seal.new_data_key();
    let account = Account {
        account_id,
        wrapped_key,
        mail_sealed: key.seal(&mail_place(account_id), address.as_bytes()),
        locale: locale.to_owned(),
        created_at: now,
        closed_at: None,
    };
    account::insert(tx, &account, &index).await?;
    let made = AuditEntry::done(now, Actor::Citizen(account_id), Deed::AccountMade);
    Ok((account_id, Some(made.on(Subject::Account(account_id)))))
}

fn no_text() -> FlowError {
    FlowError::Store(StoreError::Corrupt("a mail address that is not text".to_owned()))
}

/// The keyed index by which the account of an address is found.
pub(super) fn index_of(portal: &Portal, address: &str) -> [u8; 32] {
    portal.seal.index_key(MAIL_INDEX, &value::mail_key(address))
}

pub(super) fn mail_place(account: AccountId) -> String {
    format!("account/{account}/mail")
}

/// The mail address of an account.
///
/// # Errors
/// When it does not open.
pub fn address_of(portal: &Portal, account: &Account) -> Result<String, FlowError> {
    let key = portal.seal.unwrap_key(&account.wrapped_key)?;
    let plain = key.open(&mail_place(account.account_id), &account.mail_sealed)?;
    String::from_utf8(plain.to_vec()).map_err(|_| no_text())
}

/// How a session begins, and what it may read again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    /// How she came in.
    pub method: Method,
    /// With which passkey.
    pub passkey: Option<PasskeyId>,
    /// What was filed from then on it may read again; see `Session::reads_from` of the store.
    pub reads_from: Option<Instant>,
}

impl Beginning {
    /// By something else than a passkey; whether it reads again what was private is in the table of ways in. The card says who
    /// she is, so it reads all; a code nothing.
    pub(crate) fn by(method: Method) -> Self {
        let reads = matches!(rule(method, Right::ReadPrivate), Rule::Always);
        Self { method, passkey: None, reads_from: reads.then_some(Instant(0)) }
    }

    /// With a passkey, which reads again what was filed since it was added.
    pub(crate) const fn with_passkey(passkey: PasskeyId, reads_from: Instant) -> Self {
        Self { method: Method::Passkey, passkey: Some(passkey), reads_from: Some(reads_from) }
    }
}

/// Keeps a new session of a parent, with a new token: whatever the browser had before is over (ASVS 7.2.4). The drafts of the
/// browser become hers. What the cookie holds is returned, what the database holds is its hash.
///
/// # Errors
/// When the database fails.
pub(crate) async fn begin_session(
    portal: &Portal,
    tx: &mut WriteTx,
    account: AccountId,
    beginning: &Beginning,
    arrival: &Arrival,
) -> Result<[u8; 32], FlowError> {
    let token: [u8; 32] = random();
    let (now, hash) = (portal.clock.now(), token_hash(&token));
    let new = NewSession {
        session_hash: hash,
        signed_in: SignedIn::Citizen(account),
        method: beginning.method.as_str(),
        created_at: now,
        step_up_at: matches!(rule(beginning.method, Right::ReadPrivate), Rule::Always).then_some(now),
        expires_at: now.plus(retention::CITIZEN_SESSION),
        device: arrival.device,
        passkey_id: beginning.passkey,
        reads_from: beginning.reads_from,
    };
    session::insert(tx, &new).await?;
    if let Some(before) = &arrival.session {
        replace_session(tx, account, before, &hash).await?;
    }
    if let Some(browser) = arrival.browser {
        adopt_drafts(portal, tx, browser, account).await?;
    }
    Ok(token)
}

/// Ends the session that a browser had, for a new one. What only the old one could see goes with it to the new one of the same
/// parent, and with somebody else's away.
async fn replace_session(
    tx: &mut WriteTx,
    account: AccountId,
    before: &[u8; 32],
    after: &[u8; 32],
) -> Result<(), StoreError> {
    let is_hers = session::find(tx, before).await?.is_some_and(|found| found.account_id == Some(account));
    if is_hers {
        draft::give_to_session(tx, before, after).await?;
    } else {
        draft::delete_of_session(tx, before).await?;
    }
    session::delete(tx, before).await.map(drop)
}

/// The same session under a new token, at a change of what it may: the old one is dead at once.
///
/// # Errors
/// [`FlowError::NotFound`] when it has ended.
pub(super) async fn renew_session(portal: &Portal, tx: &mut WriteTx, before: &[u8; 32]) -> Result<[u8; 32], FlowError> {
    let found = session::find(tx, before).await?.ok_or(FlowError::NotFound)?;
    let account = found.account_id.ok_or(FlowError::NotFound)?;
    let token: [u8; 32] = random();
    let hash = token_hash(&token);
    let new = NewSession {
        session_hash: hash,
        signed_in: SignedIn::Citizen(account),
        method: &found.method,
        created_at: found.created_at,
        step_up_at: found.step_up_at,
        expires_at: found.expires_at,
        device: found.device,
        passkey_id: found.passkey_id,
        reads_from: found.reads_from,
    };
    session::insert(tx, &new).await?;
    session::touch(tx, &hash, found.seen_at).await?;
    draft::give_to_session(tx, before, &hash).await?;
    super::card::carry_reading(portal, tx, before, &hash).await?;
    if !session::delete(tx, before).await? {
        return Err(FlowError::NotFound);
    }
    Ok(token)
}

/// Ends a session of a parent.
///
/// # Errors
/// When the database fails.
pub async fn sign_out(portal: &Portal, account: AccountId, session_hash: &[u8; 32]) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    session::delete(&mut tx, session_hash).await?;
    draft::delete_of_session(&mut tx, session_hash).await?;
    let entry = AuditEntry::done(now, Actor::Citizen(account), Deed::SignedOut).on(Subject::Account(account));
    Ok(tx.commit(Record::Deed(entry)).await?)
}
