//! Problem details (RFC 9457) for programs. Invariant: a status, its title and at most one sentence of our own; nothing of
//! the inside and nothing personal.

use actix_web::http::StatusCode;
use serde::Serialize;

/// The media type.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// The body of an error.
pub(super) fn body(status: StatusCode, detail: Option<&str>) -> String {
    let title = status.canonical_reason().unwrap_or("Error");
    let problem = Problem { kind: "about:blank", title, status: status.as_u16(), detail };
    serde_json::to_string(&problem).unwrap_or_default()
}
