//! What is told when something is not done. Invariant: the sentence is for the person; nothing of the inside leaves, and
//! what is forbidden looks like what is missing.

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};
use app::pages::message::Message;

use crate::{flows::FlowError, store::StoreError};

/// Why a request is not answered with what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Not there, or not for who asks.
    #[error("not found")]
    NotFound,
    /// Somebody has to sign in first; afterwards the way goes on at this path.
    #[error("signing in comes first")]
    SignInFirst(String),
    /// A member of staff has to sign in first.
    #[error("staff sign in first")]
    StaffSignInFirst,
    /// Not a well-formed request.
    #[error("unreadable")]
    Unreadable,
    /// Not a form.
    #[error("another kind of content")]
    OtherKind,
    /// Not from a page of ours.
    #[error("not from a page of ours")]
    Foreign,
    /// The body is too large.
    #[error("too large")]
    TooLarge,
    /// The body came too slowly.
    #[error("too slow")]
    TooSlow,
    /// One request too many; so many seconds to wait.
    #[error("too many")]
    TooMany(u64),
    /// There is no draft to go on with.
    #[error("no draft")]
    NoDraft,
    /// The form follows another, which has not been filed.
    #[error("nothing to follow")]
    NothingToFollow,
    /// Somebody changed it meanwhile.
    #[error("changed meanwhile")]
    Changed,
    /// The database is busy or down.
    #[error("busy")]
    Busy,
    /// Something broke; it is in the log.
    #[error("broken")]
    Broken,
}

impl From<FlowError> for WebError {
    fn from(error: FlowError) -> Self {
        match error {
            // Where signing in comes first the handlers say so themselves, with the page to go on at.
            FlowError::NotFound | FlowError::NeedsAccount => Self::NotFound,
            FlowError::NothingToFollow => Self::NothingToFollow,
            FlowError::Changed(_) | FlowError::SignatureStale => Self::Changed,
            FlowError::NotVerifiable => Self::Busy,
            // Nothing that a page asks for seals a batch.
            FlowError::Stopped | FlowError::RolesApart(_) => Self::Broken,
            FlowError::Store(error) => error.into(),
            FlowError::Seal(error) => {
                tracing::error!(%error, "something sealed did not open");
                Self::Broken
            }
            FlowError::HandOver(error) => {
                tracing::error!(%error, "a batch or a key is not what it should be");
                Self::Broken
            }
            FlowError::Sign(error) => {
                tracing::error!(%error, "there is no signature");
                Self::Broken
            }
        }
    }
}

impl From<StoreError> for WebError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            StoreError::Database(_) => {
                tracing::error!(%error, "the database did not do it");
                Self::Busy
            }
            StoreError::Duplicate | StoreError::Corrupt(_) | StoreError::Version(_) => {
                tracing::error!(%error, "an invariant is broken");
                Self::Broken
            }
        }
    }
}

impl WebError {
    const fn message(&self) -> Message {
        match self {
            Self::NotFound | Self::SignInFirst(_) | Self::StaffSignInFirst => Message::NotFound,
            Self::Unreadable | Self::OtherKind | Self::TooSlow => Message::BadRequest,
            Self::Foreign => Message::Forbidden,
            Self::TooLarge => Message::TooLarge,
            Self::TooMany(_) => Message::TooMany,
            Self::NoDraft => Message::NoDraft,
            Self::NothingToFollow => Message::NothingToFollow,
            Self::Changed => Message::Changed,
            Self::Busy | Self::Broken => Message::Busy,
        }
    }
}

impl ResponseError for WebError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignInFirst(_) | Self::StaffSignInFirst => StatusCode::SEE_OTHER,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::OtherKind => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoDraft | Self::NothingToFollow | Self::Changed => StatusCode::CONFLICT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Without a page yet: the frame around all handlers knows the language and makes it of the [`Message`].
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut answer = HttpResponse::build(self.status_code());
        match self {
            Self::SignInFirst(next) => {
                answer.insert_header((header::LOCATION, format!("/sign-in?next={next}")));
            }
            Self::StaffSignInFirst => {
                answer.insert_header((header::LOCATION, "/staff/sign-in"));
            }
            Self::TooMany(seconds) => {
                answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
            }
            Self::Busy => {
                answer.insert_header((header::RETRY_AFTER, "5"));
            }
            _ => {}
        }
        let mut answer = answer.finish();
        answer.extensions_mut().insert(self.message());
        answer
    }
}

/// Every path that no route has.
pub(super) async fn nothing_here() -> Result<HttpResponse, WebError> {
    Err(WebError::NotFound)
}
