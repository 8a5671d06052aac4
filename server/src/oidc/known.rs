//! What is known of a provider: its metadata and its keys (OpenID Connect Discovery 1.0). Invariant: what was once read stays in
//! use while the provider cannot be reached; it is asked again after some hours, for an unknown key once a minute at most, and
//! while it is down once in a few seconds, however many wait.

use std::sync::{Arc, PoisonError, RwLock};

use intake::time::{HOUR, Instant, MINUTE};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::{Refused, http::Http, jws::Key};
use crate::config::Issuer;

/// How long keys and metadata are used without asking.
const GOOD_FOR: i64 = 6 * HOUR;
/// How long a failed question is not asked again.
const REST: i64 = MINUTE / 6;

/// A provider as it describes itself.
pub(super) struct Provider {
    pub authorization_endpoint: Url,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    keys: Vec<Key>,
}

impl Provider {
    /// The key of this name.
    pub(super) fn key(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}

#[derive(Clone, Default)]
struct State {
    provider: Option<Arc<Provider>>,
    read_at: Option<Instant>,
    asked_at: Option<Instant>,
}

/// What is known now.
#[derive(Default)]
pub(super) struct Known {
    state: RwLock<State>,
    /// Whoever holds it asks; the others wait for what comes of it.
    asking: Mutex<()>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

impl Known {
    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The provider, asked if it was not for some hours.
    pub(super) async fn provider(&self, http: &Http, issuer: &Issuer, now: Instant) -> Result<Arc<Provider>, Refused> {
        self.newer_than(http, issuer, now, GOOD_FOR).await
    }

    /// The provider with the keys that it has now, asked if it was not within a minute.
    pub(super) async fn with_new_keys(
        &self,
        http: &Http,
        issuer: &Issuer,
        now: Instant,
    ) -> Result<Arc<Provider>, Refused> {
        self.newer_than(http, issuer, now, MINUTE).await
    }

    async fn newer_than(&self, http: &Http, issuer: &Issuer, now: Instant, age: i64) -> Result<Arc<Provider>, Refused> {
        let good = |state: &State| {
            let is_new = state.read_at.is_some_and(|at| now < at.plus(age));
            state.provider.clone().filter(|_| is_new)
        };
        if let Some(provider) = good(&self.state()) {
            return Ok(provider);
        }
        let _asking = self.asking.lock().await;
        let state = self.state();
        if let Some(provider) = good(&state) {
            return Ok(provider);
        }
        if state.asked_at.is_some_and(|at| now < at.plus(REST)) {
            return state.provider.ok_or(Refused::Unreachable);
        }
        let read = ask(http, issuer).await;
        let mut kept = self.state.write().unwrap_or_else(PoisonError::into_inner);
        kept.asked_at = Some(now);
        match read {
            Ok(provider) => {
                let provider = Arc::new(provider);
                (kept.provider, kept.read_at) = (Some(Arc::clone(&provider)), Some(now));
                Ok(provider)
            }
            Err(refused) => {
                tracing::warn!(%refused, "the identity provider could not be asked for its metadata and keys");
                kept.provider.clone().ok_or(refused)
            }
        }
    }
}

async fn ask(http: &Http, issuer: &Issuer) -> Result<Provider, Refused> {
    let address = format!("{issuer}/.well-known/openid-configuration");
    let metadata: Metadata = http.get(&address, None).await?.json()?;
    if metadata.issuer != issuer.as_str() {
        return Err(Refused::Issuer);
    }
    // Everything is asked of the origin in the settings: no document can send us, or people, elsewhere.
    let here = Url::parse(issuer.as_str()).map_err(|_| Refused::NotTheProtocol)?.origin();
    let endpoint = |text: &str| {
        let url = Url::parse(text).ok().filter(|url| url.origin() == here && url.fragment().is_none());
        url.ok_or(Refused::NotTheProtocol)
    };
    let jwks = endpoint(&metadata.jwks_uri)?;
    let (token, userinfo) = (endpoint(&metadata.token_endpoint)?, endpoint(&metadata.userinfo_endpoint)?);
    let authorization_endpoint = endpoint(&metadata.authorization_endpoint)?;
    let keys: Keys = http.get(jwks.as_str(), None).await?.json()?;
    Ok(Provider {
        authorization_endpoint,
        token_endpoint: token.into(),
        userinfo_endpoint: userinfo.into(),
        keys: keys.keys.iter().filter_map(Key::read).collect(),
    })
}
