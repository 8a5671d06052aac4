//! 「第二の連絡手段」 A question to an address of the city's that reaches people where mail does not: a pager, a telephone tree.
//! Invariant: it is told a count and nothing else, by TLS or on this machine; it is asked once, follows no redirection, and its
//! answer is not read.

use std::time::Duration;

use ureq::Agent;

use crate::config::AlertUrl;

const PATIENCE: Duration = Duration::from_secs(10);

/// It did not take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the second channel did not take it")]
pub struct NotTaken;

/// Tells that so many tasks wait: `{"count":1}`.
///
/// # Errors
/// When it cannot be reached, or answers otherwise than with 2xx.
pub async fn post(url: &AlertUrl, count: i64) -> Result<(), NotTaken> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .https_only(!url.is_loopback)
        .user_agent("madoguchi")
        .timeout_global(Some(PATIENCE))
        .build();
    let agent: Agent = config.into();
    let request = agent.post(url.address()).header("content-type", "application/json");
    let body = serde_json::json!({ "count": count }).to_string();
    let asked = tokio::task::spawn_blocking(move || request.send(body)).await;
    let is_taken = asked.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success()));
    if is_taken { Ok(()) } else { Err(NotTaken) }
}
