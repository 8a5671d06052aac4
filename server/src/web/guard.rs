//! Who is asking. Invariant: a handler that needs somebody takes a [`Visitor`] or a [`Citizen`] as an argument; both are
//! made here only, from cookies that the database knows.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web::Data};
use app::{chrome::Chrome, text::Locale};
use intake::{
    device::Device,
    identity::Method,
    ids::AccountId,
    retention::CITIZEN_IDLE,
    time::{Instant, MINUTE},
};

use super::{
    cookies::{self, Name},
    error::WebError,
    frame::Nonce,
};
use crate::{
    assets,
    config::Config,
    flows::{draft::Typist, random, submit::Sender},
    portal::Portal,
    store::{Record, StoreError, Upkeep, draft::DraftOwner, session},
};

/// Names one request in the log and in the audit.
#[derive(Clone)]
pub struct RequestId(pub String);

impl RequestId {
    pub(super) fn new() -> Self {
        Self(random::<8>().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
    }
}

/// A parent's session.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// Whose.
    pub account: AccountId,
    /// How she signed in.
    pub method: Method,
    /// When.
    pub signed_in_at: Instant,
    /// Hash of its cookie.
    pub hash: [u8; 32],
    /// When it ends if nothing more is asked for.
    pub ends_at: Instant,
    /// What was filed from then on it may read again, also what was marked private.
    pub reads_from: Option<Instant>,
}

impl Session {
    /// Seconds until then.
    #[must_use]
    pub fn seconds_left(&self, now: Instant) -> i64 {
        seconds_until(self.ends_at, now)
    }
}

fn seconds_until(end: Instant, now: Instant) -> i64 {
    ((end.micros() - now.micros()) / 1_000_000).max(0)
}

/// Anybody on the citizens' plane.
#[derive(Clone)]
pub struct Visitor {
    /// The language.
    pub locale: Locale,
    /// Hash of the browser's cookie.
    pub browser: Option<[u8; 32]>,
    /// Her session, if she has signed in.
    pub session: Option<Session>,
    /// Whether she had one that is over.
    pub session_is_over: bool,
    chrome: Chrome,
}

impl Visitor {
    /// Who types: the parent, else the browser.
    #[must_use]
    pub fn typist(&self) -> Option<Typist> {
        match (self.session, self.browser) {
            (Some(session), _) => Some(Typist { owner: DraftOwner::Account(session.account), session: session.hash }),
            (None, Some(browser)) => Some(Typist { owner: DraftOwner::Browser(browser), session: browser }),
            (None, None) => None,
        }
    }

    /// The frame of a page.
    #[must_use]
    pub const fn chrome(&self) -> &Chrome {
        &self.chrome
    }
}

/// A parent who has signed in.
pub struct Citizen {
    /// Her session.
    pub session: Session,
    /// What else is known of the request.
    pub visitor: Visitor,
}

impl Citizen {
    /// Who sends a filing.
    #[must_use]
    pub const fn sender(&self) -> Sender {
        let Session { account, method, signed_in_at, hash: session, .. } = self.session;
        Sender { account, method, signed_in_at, session, language: self.visitor.locale.code() }
    }
}

/// The language: chosen, else the best of those that the browser asks for, else Japanese; always one that is offered.
fn locale_of(request: &HttpRequest, config: &Config) -> Locale {
    let chosen = cookies::read(request, config, Name::Locale).and_then(|code| Locale::parse(&code));
    let asked = || {
        let header = request.headers().get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        Locale::negotiate(header, &config.locales)
    };
    chosen.filter(|locale| config.locales.contains(locale)).or_else(asked).unwrap_or_default()
}

/// 「端末」 What kind of device a request comes from, by its own words.
pub(super) fn device(request: &HttpRequest) -> Device {
    let text = request.headers().get(header::USER_AGENT).and_then(|text| text.to_str().ok());
    Device::of_user_agent(text.unwrap_or_default())
}

/// The frame of a page for somebody of whom nothing is known.
pub(super) fn plain_chrome(request: &HttpRequest, portal: &Portal) -> Chrome {
    Chrome {
        locale: locale_of(request, &portal.config),
        offered: portal.config.locales.clone(),
        nonce: request.extensions().get::<Nonce>().map(|nonce| nonce.0.clone()).unwrap_or_default(),
        style: assets::STYLE,
        scripts: vec![assets::PORTAL],
        module: None,
        icon: assets::ICON,
        municipality: portal.config.municipality.name.clone(),
        phone: portal.config.municipality.phone.clone(),
        path: request.uri().path().to_owned(),
        signed_in: false,
        session_seconds: None,
        card_sign_in: portal.config.offers(Method::Mynaapp),
        demo: portal.config.demo,
        preview: portal.config.preview,
        my_number: portal.config.my_number,
    }
}

async fn visitor(request: &HttpRequest, portal: &Portal) -> Result<Visitor, StoreError> {
    let config = &portal.config;
    let token = cookies::read_token(request, config, Name::Session);
    let session = match &token {
        Some(hash) => running_session(portal, hash).await?,
        None => None,
    };
    let mut chrome = plain_chrome(request, portal);
    chrome.signed_in = session.is_some();
    chrome.session_seconds = session.map(|session| session.seconds_left(portal.clock.now()));
    Ok(Visitor {
        locale: chrome.locale,
        browser: cookies::read_token(request, config, Name::Browser),
        session,
        session_is_over: token.is_some() && session.is_none(),
        chrome,
    })
}

/// The session of a cookie, if it is neither over nor was idle for too long.
async fn running_session(portal: &Portal, hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
    let now = portal.clock.now();
    let Some(found) = session::find(&mut *portal.database.read_once().await?, hash).await? else { return Ok(None) };
    let Some(account) = found.account_id else { return Ok(None) };
    let method = Method::of_session(&found.method);
    let method = method.ok_or_else(|| StoreError::Corrupt("a session by a method that does not exist".to_owned()))?;
    // Where a way in is switched off, what began by it is over.
    if found.expires_at <= now || found.seen_at.plus(CITIZEN_IDLE) <= now || !portal.config.offers(method) {
        return Ok(None);
    }
    let mut seen_at = found.seen_at;
    if seen_at.plus(MINUTE) <= now {
        touch(portal, hash).await?;
        seen_at = now;
    }
    Ok(Some(Session {
        account,
        method,
        signed_in_at: found.created_at,
        hash: *hash,
        ends_at: end_of(seen_at, found.expires_at),
        reads_from: found.reads_from,
    }))
}

/// When a session ends: after a time of rest, and after half a day in any case.
fn end_of(seen_at: Instant, expires_at: Instant) -> Instant {
    seen_at.plus(CITIZEN_IDLE).min(expires_at)
}

/// How many seconds the session of a request has left, without keeping it in use by asking; none if there is none.
pub(super) async fn seconds_left(request: &HttpRequest, portal: &Portal) -> Result<i64, StoreError> {
    let Some(hash) = cookies::read_token(request, &portal.config, Name::Session) else { return Ok(0) };
    let found = session::find(&mut *portal.database.read_once().await?, &hash).await?;
    let of_parent = found.filter(|found| found.account_id.is_some());
    Ok(of_parent.map_or(0, |found| seconds_until(end_of(found.seen_at, found.expires_at), portal.clock.now())))
}

/// Keeps that a session is in use.
pub(super) async fn touch(portal: &Portal, hash: &[u8; 32]) -> Result<(), StoreError> {
    let mut tx = portal.database.write().await?;
    session::touch(&mut tx, hash, portal.clock.now()).await?;
    tx.commit(Record::Upkeep(Upkeep::SessionSeen)).await
}

type Guarded<T> = Pin<Box<dyn Future<Output = Result<T, WebError>>>>;

impl FromRequest for Visitor {
    type Error = WebError;
    type Future = Guarded<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let portal = request.app_data::<Data<Portal>>().ok_or(WebError::Broken)?;
            Ok(visitor(&request, portal).await?)
        })
    }
}

/// What stands behind the page on which something is pressed.
const PRESSES: [&str; 10] = [
    "/card",
    "/withdraw",
    "/ask-to-withdraw",
    "/refile",
    "/take-back",
    "/sessions/end-others",
    "/session-end",
    "/cancel",
    "/wait",
    "/stop-waiting",
];

impl FromRequest for Citizen {
    type Error = WebError;
    type Future = Guarded<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visitor = Visitor::from_request(request, payload);
        // After a POST the way goes on at the page that it came from.
        let path = request.path();
        let of_passkey =
            path.starts_with("/account/passkeys/") && (path.ends_with("/remove") || path.ends_with("/name"));
        let page = match PRESSES.iter().find_map(|press| path.strip_suffix(press)) {
            Some(case) => case,
            None if of_passkey => "/account",
            None => path,
        };
        let page = page.to_owned();
        Box::pin(async move {
            let visitor = visitor.await?;
            let session = visitor.session.ok_or(WebError::SignInFirst(page))?;
            Ok(Self { session, visitor })
        })
    }
}
