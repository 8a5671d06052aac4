//! Questions to a provider. Invariant: every one has an end, follows no redirection, takes no more bytes than [`MOST_BYTES`], and
//! no more than a few are open at once, so that a slow provider holds up nobody but those who wait for it.

use std::{sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use ureq::{Agent, Body, http::Response};

use super::Refused;

/// The largest document of a provider: metadata, keys, tokens.
const MOST_BYTES: u64 = 64 * 1024;
const AT_ONCE: usize = 16;

/// The way to one provider.
pub(super) struct Http {
    agent: Agent,
    open: Arc<Semaphore>,
    patience: Duration,
}

/// A document.
pub(super) struct Document(Vec<u8>);

impl Document {
    /// Reads it as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_slice(&self.0).map_err(|_| Refused::NotTheProtocol)
    }

    /// Reads it as text.
    pub(super) fn text(self) -> Result<String, Refused> {
        String::from_utf8(self.0).map_err(|_| Refused::NotTheProtocol)
    }
}

impl Http {
    pub(super) fn new(patience: Duration, https_only: bool) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .https_only(https_only)
            .user_agent("madoguchi")
            .timeout_global(Some(patience))
            .build();
        Self { agent: config.into(), open: Arc::new(Semaphore::new(AT_ONCE)), patience }
    }

    /// Asks for a document.
    pub(super) async fn get(&self, address: &str, bearer: Option<&str>) -> Result<Document, Refused> {
        let mut request = self.agent.get(address).header("accept", "application/json");
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.ask(move || request.call()).await
    }

    /// Sends a form.
    pub(super) async fn post(&self, address: &str, form: &[(&'static str, &str)]) -> Result<Document, Refused> {
        let form: Vec<(&'static str, String)> = form.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let request = self.agent.post(address).header("accept", "application/json");
        self.ask(move || request.send_form(form)).await
    }

    /// Sends JSON.
    pub(super) async fn post_json(&self, address: &str, bearer: &str, body: &Value) -> Result<Document, Refused> {
        let request = self.agent.post(address).header("accept", "application/json");
        let request = request.header("content-type", "application/json");
        let (request, body) = (request.header("authorization", format!("Bearer {bearer}")), body.to_string());
        self.ask(move || request.send(body)).await
    }

    async fn ask(
        &self,
        call: impl FnOnce() -> Result<Response<Body>, ureq::Error> + Send + 'static,
    ) -> Result<Document, Refused> {
        let open = Arc::clone(&self.open).acquire_owned();
        let Ok(Ok(permit)) = tokio::time::timeout(self.patience, open).await else { return Err(Refused::Slow) };
        let asked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            read(call().map_err(|error| refusal(&error))?)
        });
        asked.await.map_err(|_| Refused::Unreachable)?
    }
}

fn read(mut answer: Response<Body>) -> Result<Document, Refused> {
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
    match (status, body) {
        (200 | 201, Ok(bytes)) => Ok(Document(bytes)),
        (200 | 201, Err(error)) => Err(refusal(&error)),
        (400..=499, body) => Err(told(&body.unwrap_or_default())),
        (500..=599, _) => Err(Refused::Broken),
        _ => Err(Refused::NotTheProtocol),
    }
}

/// The error of RFC 6749 §5.2. Its description may hold anything and is not read.
fn told(body: &[u8]) -> Refused {
    let error: Option<Value> = serde_json::from_slice(body).ok();
    match error.as_ref().and_then(|error| error.get("error")?.as_str()) {
        Some("invalid_grant") => Refused::CodeRefused,
        Some("invalid_client" | "unauthorized_client" | "invalid_request" | "invalid_scope") => Refused::ClientRefused,
        _ => Refused::NotTheProtocol,
    }
}

fn refusal(error: &ureq::Error) -> Refused {
    match error {
        ureq::Error::Timeout(_) => Refused::Slow,
        ureq::Error::BodyExceedsLimit(_) => Refused::NotTheProtocol,
        _ => Refused::Unreachable,
    }
}
