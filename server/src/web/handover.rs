//! For import jobs (`handover.md` §4). Invariant: who asks is a [`Job`], made of a token that counts once; what is another
//! destination's looks like what is not there; every error is a problem detail.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError,
    body::BoxBody,
    dev::Payload,
    http::{StatusCode, header},
    web::{Data, Path, Query},
};
use intake::ids::DestinationId;
use serde::{Deserialize, Serialize};

use super::{body, error::WebError, limits::Limits, problem};
use crate::{
    flows::{
        FlowError,
        import_job::{self, File, NotAdmitted},
        signing_keys,
        take_receipt::{ReceiptError, Taken, take_receipt},
    },
    letters,
    portal::Portal,
};

/// An import job whose token was good.
pub struct Job(DestinationId);

/// Why a job is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Without a token that is good.
    #[error("no good token")]
    NotAdmitted,
    /// Too many; so many seconds to wait.
    #[error("too many")]
    TooMany(u64),
    /// Not a well-formed request.
    #[error("{0}")]
    Unreadable(&'static str),
    /// It went when the batch was settled.
    #[error("the batch is settled; its encrypted files are deleted")]
    Gone,
    /// Another receipt for a settled entry.
    #[error("an entry was settled otherwise before")]
    Conflict,
    /// A receipt that is refused, with the code of the reason.
    #[error("the receipt is refused: {0}")]
    Refused(&'static str),
    /// A part of a file that it does not have.
    #[error("the file is shorter")]
    NoSuchRange(usize),
    /// As for everybody.
    #[error(transparent)]
    Web(#[from] WebError),
}

impl From<FlowError> for JobError {
    fn from(error: FlowError) -> Self {
        Self::Web(error.into())
    }
}

impl ResponseError for JobError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotAdmitted => StatusCode::UNAUTHORIZED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Gone => StatusCode::GONE,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoSuchRange(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Web(error) => error.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut answer = HttpResponse::build(self.status_code());
        match self {
            Self::NotAdmitted => drop(answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"))),
            Self::TooMany(seconds) => drop(answer.insert_header((header::RETRY_AFTER, seconds.to_string()))),
            Self::NoSuchRange(length) => {
                answer.insert_header((header::CONTENT_RANGE, format!("bytes */{length}")));
            }
            Self::Web(WebError::Busy) => drop(answer.insert_header((header::RETRY_AFTER, "5"))),
            _ => {}
        }
        let detail = match self {
            Self::Web(_) => None,
            other => Some(other.to_string()),
        };
        answer.content_type(problem::MEDIA_TYPE).body(problem::body(self.status_code(), detail.as_deref()))
    }
}

impl FromRequest for Job {
    type Error = JobError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, JobError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let portal = request.app_data::<Data<Portal>>().ok_or(WebError::Broken)?;
            if let Some(limits) = request.app_data::<Data<Limits>>()
                && let Err(over) = limits.check_job(&request, &portal.config)
            {
                portal.metrics.rate_limited(over.limit);
                return Err(JobError::TooMany(over.seconds));
            }
            let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let token = bearer.and_then(|text| text.strip_prefix("Bearer ")).ok_or(JobError::NotAdmitted)?;
            match import_job::admit(portal, token.trim()).await {
                Ok(destination) => Ok(Self(destination)),
                Err(NotAdmitted::Flow(error)) => Err(error.into()),
                Err(error) => {
                    tracing::warn!(%error, "an import job was not let in");
                    Err(JobError::NotAdmitted)
                }
            }
        })
    }
}

fn json(content: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(content)
}

/// `GET /.well-known/madoguchi-jwks.json`
pub async fn jwks(portal: Data<Portal>) -> Result<HttpResponse, JobError> {
    Ok(json(signing_keys::published(&portal).await?.0.to_jwks()))
}

/// `GET /.well-known/madoguchi-keys.jws.json`
pub async fn announcement(portal: Data<Portal>) -> Result<HttpResponse, JobError> {
    Ok(json(signing_keys::published(&portal).await?.1))
}

/// `GET /handover/v1/openapi.json`
pub async fn description() -> HttpResponse {
    json(handover::OPENAPI.as_bytes().to_vec())
}

/// What a list starts after.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    #[serde(default)]
    after: i64,
}

#[derive(Serialize)]
struct Listed {
    batches: Vec<ListedBatch>,
}

#[derive(Serialize)]
struct ListedBatch {
    seq: i64,
    entries: i64,
    bytes: i64,
    created_at: String,
    manifest_sha256: String,
}

/// `GET /handover/v1/batches?after=`
pub async fn list(job: Job, portal: Data<Portal>, request: HttpRequest) -> Result<HttpResponse, JobError> {
    let after = Query::<After>::from_query(request.query_string());
    let after = after.ok().map(|asked| asked.after).filter(|after| *after >= 0);
    let after = after.ok_or(JobError::Unreadable("`after` is the number of a batch"))?;
    let batches = import_job::list(&portal, &job.0, after).await?;
    let batches = batches.into_iter().map(|batch| ListedBatch {
        seq: batch.seq,
        entries: batch.entry_count,
        bytes: batch.byte_count,
        created_at: batch.created_at.rfc3339_in_japan(),
        manifest_sha256: batch.manifest_sha256,
    });
    Ok(HttpResponse::Ok().json(Listed { batches: batches.collect() }))
}

/// `GET /handover/v1/batches/{seq}/{file}`
pub async fn file(
    job: Job,
    portal: Data<Portal>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, JobError> {
    let (seq, name) = path.into_inner();
    let seq = seq.parse().map_err(|_| WebError::NotFound)?;
    let (sha256, content) = match import_job::file(&portal, &job.0, seq, &name).await? {
        File::Here { sha256, content } => (sha256, content),
        File::Gone => return Err(JobError::Gone),
    };
    let tag = format!("\"{sha256}\"");
    let said = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::ETAG, tag.clone()))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        // What is encrypted does not compress, and a range is one of the bytes that the manifest names.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .content_type(if name.ends_with(".json") { "application/json" } else { "application/octet-stream" });
    if said(header::IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|one| one.trim() == tag)) {
        return Ok(answer.status(StatusCode::NOT_MODIFIED).finish());
    }
    let is_same = said(header::IF_RANGE).is_none_or(|one| one == tag);
    let asked = said(header::RANGE).filter(|_| is_same).and_then(|text| range(text, content.len()));
    match asked {
        None => Ok(answer.body(content)),
        Some(Err(())) => Err(JobError::NoSuchRange(content.len())),
        Some(Ok((first, last))) => {
            let named = format!("bytes {first}-{last}/{}", content.len());
            answer.status(StatusCode::PARTIAL_CONTENT).insert_header((header::CONTENT_RANGE, named));
            Ok(answer.body(content[first..=last].to_vec()))
        }
    }
}

/// The first and the last byte of a single range (RFC 9110 §14); none when the header is to be left out of account.
fn range(text: &str, length: usize) -> Option<Result<(usize, usize), ()>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1);
    let (first, last) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => (first, end.map_or(last, |end| last.min(end))),
        (Ok(first), Err(_)) if last.is_empty() => (first, end.unwrap_or_default()),
        (Err(_), Ok(count)) if first.is_empty() => {
            (if count == 0 { length } else { length.saturating_sub(count) }, end.unwrap_or_default())
        }
        _ => return None,
    };
    Some(if first < length { Ok((first, last)) } else { Err(()) })
}

#[derive(Serialize)]
struct Said {
    taken: &'static str,
    entries: usize,
}

/// `POST /handover/v1/receipts`
pub async fn receipt(job: Job, portal: Data<Portal>, sent: Sent) -> Result<HttpResponse, JobError> {
    let said = match take_receipt(&portal, &job.0, &sent.0, letters::settled).await {
        Ok(Taken::Now(entries)) => Said { taken: "now", entries },
        Ok(Taken::Before) => Said { taken: "before", entries: 0 },
        Err(ReceiptError::Conflict) => return Err(JobError::Conflict),
        Err(ReceiptError::NotFound) => return Err(WebError::NotFound.into()),
        Err(ReceiptError::Refused(error)) => {
            tracing::warn!(%error, "a receipt was refused");
            return Err(JobError::Refused(error.code()));
        }
        Err(ReceiptError::Flow(error)) => return Err(error.into()),
    };
    Ok(HttpResponse::Ok().json(said))
}

/// A whole body within the limit of its route.
pub struct Sent(actix_web::web::Bytes);

impl FromRequest for Sent {
    type Error = JobError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, JobError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body::read(request, payload);
        Box::pin(async move { Ok(Self(body.await?)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_rfc_9110() {
        assert_eq!(range("bytes=0-499", 1000), Some(Ok((0, 499))));
        assert_eq!(range("bytes=500-", 1000), Some(Ok((500, 999))));
        assert_eq!(range("bytes=-1", 1000), Some(Ok((999, 999))));
        assert_eq!(range("bytes=-2000", 1000), Some(Ok((0, 999))));
        assert_eq!(range("bytes=999-5000", 1000), Some(Ok((999, 999))));
        assert_eq!(range("bytes=1000-", 1000), Some(Err(())));
        assert_eq!(range("bytes=-0", 1000), Some(Err(())));
        assert_eq!(range("bytes=0-", 0), Some(Err(())));
        for ignored in ["bytes=5-2", "bytes=a-b", "bytes=0-1,5-6", "lines=0-1", "bytes=-", ""] {
            assert_eq!(range(ignored, 1000), None, "{ignored}");
        }
    }
}
