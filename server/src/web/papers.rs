//! 「写真・書類」 Adding photos and files, without script as a plain form and with script piece by piece. Invariant: of what comes
//! in no more than a piece is in memory until its end; names and types that come with it are not looked at.

use std::{future::poll_fn, pin::Pin, time::Duration};

use actix_multipart::{Multipart, MultipartError};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, dev,
    http::StatusCode,
    web::{Data, Path, Payload, Query},
};
use app::pages::{
    correct::Reason,
    papers::{self as pages, Kind, Model, Shown},
};
use futures_core::Stream;
use intake::{
    answers::parse,
    ids::{FieldId, FormId, PaperId, ReceiptNumber},
    journey,
};
use serde::Serialize;

use super::{
    apply::{self, Asked},
    body::{self, FormBody},
    error::WebError,
    frame::page as answer,
    guard::{Citizen, Visitor},
};
use crate::{
    assets,
    flows::{
        FlowError, draft,
        paper::{self, Appended, Begun, Finished, PIECE, Papers, Whose},
    },
    picture::{PDF, Refusal},
    portal::Portal,
    store::paper::PaperState,
};

type Answer = Result<HttpResponse, WebError>;

/// A whole form with photos: five of the longest, and some.
const LONGEST_FORM: usize = 32 * 1024 * 1024;
const LONGEST_TEXT: usize = 64 * 1024;
const MOST_PARTS: usize = 500;
/// The longest form over a line of 400 kbit/s, and some.
const SLOWEST_FORM: Duration = Duration::from_secs(15 * 60);
const SLOWEST_PIECE: Duration = Duration::from_secs(30);

/// What was not taken, by kind.
pub(super) type Refused = Vec<(FieldId, Refusal)>;

/// A form with files, read to its end: the files are kept already.
pub(super) struct Sent {
    /// The other inputs.
    pub inputs: FormBody,
    /// What was not taken.
    pub refused: Refused,
}

async fn next<S: Stream<Item = Result<T, MultipartError>> + Unpin, T>(stream: &mut S) -> Result<Option<T>, WebError> {
    let next = poll_fn(|context| Pin::new(&mut *stream).poll_next(context));
    match tokio::time::timeout(SLOWEST_PIECE, next).await {
        Err(_) => Err(WebError::TooSlow),
        Ok(None) => Ok(None),
        Ok(Some(Ok(item))) => Ok(Some(item)),
        Ok(Some(Err(_))) => Err(WebError::Unreadable),
    }
}

/// Whether a request brings a form with files.
pub(super) fn is_with_files(request: &HttpRequest) -> bool {
    request.content_type().eq_ignore_ascii_case("multipart/form-data")
}

/// A file that comes in as a part of a form.
struct Coming<'a> {
    portal: &'a Portal,
    whose: &'a Whose,
    kind: FieldId,
    id: Option<PaperId>,
    arrived: i64,
    waiting: Vec<u8>,
    refusal: Option<Refusal>,
}

impl Coming<'_> {
    /// Keeps what came so far, a piece at a time; of a file that is not taken the rest is passed over.
    async fn take(&mut self, bytes: &[u8]) -> Result<(), WebError> {
        for part in bytes.chunks(PIECE) {
            self.waiting.extend_from_slice(part);
            while self.waiting.len() >= PIECE && self.refusal.is_none() {
                let rest = self.waiting.split_off(PIECE);
                let piece = std::mem::replace(&mut self.waiting, rest);
                self.keep(&piece).await?;
            }
            if self.refusal.is_some() {
                self.waiting.clear();
            }
        }
        Ok(())
    }

    async fn keep(&mut self, piece: &[u8]) -> Result<(), WebError> {
        let id = match self.id {
            Some(id) => id,
            None => match paper::begin(self.portal, self.whose, &self.kind, None, None).await? {
                Begun::From(id, _) | Begun::There(id) => *self.id.insert(id),
                Begun::Refused(refusal) => {
                    self.refusal = Some(refusal);
                    return Ok(());
                }
            },
        };
        match paper::append(self.portal, self.whose, id, self.arrived, piece).await.map_err(taken_over)? {
            Appended::Kept(arrived) => self.arrived = arrived,
            Appended::Elsewhere(_) => return Err(WebError::Busy),
            Appended::TooLong => {
                paper::remove(self.portal, self.whose, id).await?;
                self.refusal = Some(Refusal::TooLong);
            }
        }
        Ok(())
    }

    async fn end(mut self) -> Result<Option<Refusal>, WebError> {
        let last = std::mem::take(&mut self.waiting);
        if !last.is_empty() && self.refusal.is_none() {
            self.keep(&last).await?;
        }
        match (self.refusal, self.id) {
            (Some(refusal), _) => Ok(Some(refusal)),
            // Nothing was chosen.
            (None, None) => Ok(None),
            (None, Some(id)) => match paper::finish(self.portal, self.whose, id, true).await.map_err(taken_over)? {
                Finished::Refused(refusal) => Ok(Some(refusal)),
                Finished::Kept(_) => Ok(None),
                Finished::Missing(_) => Err(WebError::Busy),
            },
        }
    }
}

/// What was begun a moment ago is gone: the same form was sent once more meanwhile and took its place.
fn taken_over(error: FlowError) -> WebError {
    match error {
        FlowError::NotFound => WebError::Busy,
        other => other.into(),
    }
}

/// Reads a form with files, keeping each file as it comes.
async fn read_form(portal: &Portal, whose: &Whose, mut form: Multipart) -> Result<Sent, WebError> {
    let (mut inputs, mut refused) = (Vec::new(), Vec::new());
    let (mut read, mut text_read, mut parts) = (0, 0, 0);
    while let Some(mut part) = next(&mut form).await? {
        parts += 1;
        if parts > MOST_PARTS {
            return Err(WebError::Unreadable);
        }
        let name = part.name().unwrap_or_default().to_owned();
        let kind = name.strip_prefix("paper-").and_then(|kind| kind.parse::<FieldId>().ok());
        let Some(kind) = kind else {
            let mut text = Vec::new();
            while let Some(bytes) = next(&mut part).await? {
                text_read += bytes.len();
                if text_read > LONGEST_TEXT {
                    return Err(WebError::TooLarge);
                }
                text.extend_from_slice(&bytes);
            }
            inputs.push((name, String::from_utf8(text).map_err(|_| WebError::Unreadable)?));
            continue;
        };
        let mut coming =
            Coming { portal, whose, kind: kind.clone(), id: None, arrived: 0, waiting: Vec::new(), refusal: None };
        while let Some(bytes) = next(&mut part).await? {
            read += bytes.len();
            if read > LONGEST_FORM {
                return Err(WebError::TooLarge);
            }
            coming.take(&bytes).await?;
        }
        refused.extend(coming.end().await?.map(|refusal| (kind, refusal)));
    }
    Ok(Sent { inputs: FormBody::of(inputs), refused })
}

/// Reads a form that may bring files.
pub(super) async fn read_either(
    portal: &Portal,
    whose: &Whose,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Sent, WebError> {
    if is_with_files(request) {
        let form = Multipart::new(request.headers(), payload);
        let read = tokio::time::timeout(SLOWEST_FORM, read_form(portal, whose, form)).await;
        return read.map_err(|_| WebError::TooSlow)?;
    }
    let mut payload: dev::Payload = payload.into_inner();
    Ok(Sent { inputs: FormBody::from_request(request, &mut payload).await?, refused: Vec::new() })
}

/// Takes away what a button of the list names.
pub(super) async fn removed(portal: &Portal, whose: &Whose, then: &str) -> Result<bool, WebError> {
    let Some(id) = then.strip_prefix("remove:") else { return Ok(false) };
    paper::remove(portal, whose, id.parse().map_err(|_| WebError::Unreadable)?).await?;
    Ok(true)
}

/// What the pages show of each kind.
pub(super) fn kinds<'a>(
    papers: &Papers<'a>,
    refused: &[(FieldId, Refusal)],
    reason: impl Fn(&FieldId) -> Option<Reason>,
) -> Vec<Kind<'a>> {
    let of_kind = |id: &FieldId| {
        let of_kind = papers.papers.iter().filter(|paper| paper.kind == *id);
        of_kind
            .enumerate()
            .map(|(place, paper)| Shown {
                id: paper.paper_id,
                number: place + 1,
                is_document: paper.media_type.as_deref().map(|media_type| media_type == PDF),
                bytes: paper.bytes,
                is_quarantined: matches!(paper.state, PaperState::Quarantined | PaperState::Error),
            })
            .collect()
    };
    papers
        .kinds
        .iter()
        .map(|kind| Kind {
            paper: kind,
            shown: of_kind(&kind.id),
            refused: refused.iter().filter(|(id, _)| *id == kind.id).map(|(_, refusal)| refusal.as_str()).collect(),
            reason: reason(&kind.id),
        })
        .collect()
}

fn address_of(form: &FormId) -> String {
    format!("/apply/{form}/papers")
}

/// The page, with what was not taken; none where nothing is asked for.
async fn shown(
    portal: &Portal,
    visitor: &Visitor,
    id: &FormId,
    refused: &[(FieldId, Refusal)],
    from_check: bool,
) -> Result<Option<String>, WebError> {
    let Some(typist) = visitor.typist() else { return Ok(None) };
    let Some(draft) = draft::load(portal, &typist, id).await? else { return Ok(None) };
    let (answers, _) = parse(draft.form, &draft.raw, portal.clock.now().date_in_japan());
    let papers = paper::list(portal, &Whose::Draft(typist, id.clone())).await?;
    if papers.kinds.is_empty() {
        return Ok(None);
    }
    let way = journey::pages(draft.form, &answers);
    let back = match (from_check, way.last()) {
        (false, Some(_)) if portal.asks_number(draft.form) => format!("/apply/{id}/number"),
        (false, Some(last)) => format!("/apply/{id}/{}", last.id),
        _ => format!("/apply/{id}/check"),
    };
    let model = Model {
        address: address_of(id),
        kinds: kinds(&papers, refused, |_| None),
        of: way.len() + 1 + usize::from(portal.asks_number(draft.form)),
        back,
        from_check,
    };
    Ok(Some(pages::page(&visitor.chrome().clone().with_script(assets::PAPERS), &model)))
}

/// `GET /apply/{form}/papers`
pub async fn page(portal: Data<Portal>, visitor: Visitor, path: Path<String>, asked: Query<Asked>) -> Answer {
    let id = apply::form_id(&path)?;
    let form = portal.served(&id).ok_or(WebError::NotFound)?;
    if apply::find(&portal, &visitor, &id).await?.is_none() {
        return Ok(apply::without_draft(&visitor, form, "papers"));
    }
    match shown(&portal, &visitor, &id, &[], asked.is_from_check()).await? {
        Some(html) => Ok(answer(StatusCode::OK, html)),
        None => Ok(apply::to(format!("/apply/{id}/check"))),
    }
}

/// `POST /apply/{form}/papers`: without script, and the way on.
pub async fn add(
    portal: Data<Portal>,
    visitor: Visitor,
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
) -> Answer {
    let id = apply::form_id(&path)?;
    let form = portal.served(&id).ok_or(WebError::NotFound)?;
    if apply::find(&portal, &visitor, &id).await?.is_none() {
        return Ok(apply::without_draft(&visitor, form, "papers"));
    }
    let typist = visitor.typist().ok_or(WebError::NoDraft)?;
    let whose = Whose::Draft(typist, id.clone());
    let Sent { mut inputs, refused } = read_either(&portal, &whose, &request, payload).await?;
    let (then, from_check) = (inputs.take("then"), inputs.take("from") == "check");
    let from = if from_check { "?from=check" } else { "" };
    if !refused.is_empty() {
        let html = shown(&portal, &visitor, &id, &refused, from_check).await?.ok_or(WebError::NotFound)?;
        return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, html));
    }
    if removed(&portal, &whose, &then).await? || then == "add" {
        return Ok(apply::to(format!("{}{from}", address_of(&id))));
    }
    Ok(apply::to(if then == "save" { format!("/apply/{id}/saved") } else { format!("/apply/{id}/check") }))
}

/// What the script is told.
#[derive(Serialize)]
struct Told {
    /// The upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<String>,
    /// So much has arrived.
    arrived: i64,
    /// Whether it is kept.
    done: bool,
    /// Why it is not taken, as a sentence for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

impl Told {
    fn upload(id: PaperId, arrived: i64, done: bool) -> HttpResponse {
        HttpResponse::Ok().json(Self { upload: Some(id.to_string()), arrived, done, refused: None })
    }

    fn refusal(visitor: &Visitor, papers: &Papers<'_>, kind: &FieldId, refusal: Refusal) -> HttpResponse {
        let most = papers.form.paper(kind).map_or(0, |kind| kind.max).to_string();
        let sentence = visitor.locale.with(&format!("paper-refused-{}", refusal.as_str()), &[("max", &most)]);
        let sentence = app::text::plain(visitor.locale, sentence);
        HttpResponse::UnprocessableEntity().json(Self {
            upload: None,
            arrived: 0,
            done: false,
            refused: Some(sentence),
        })
    }
}

async fn begin(portal: &Portal, visitor: &Visitor, whose: &Whose, mut body: FormBody) -> Answer {
    let kind: FieldId = body.take("kind").parse().map_err(|_| WebError::Unreadable)?;
    let bytes: i64 = body.take("bytes").parse().map_err(|_| WebError::Unreadable)?;
    let digest: PaperDigest = body.take("sha256").parse()?;
    match paper::begin(portal, whose, &kind, Some(bytes), Some(&digest.0)).await? {
        Begun::From(id, arrived) => Ok(Told::upload(id, arrived, false)),
        Begun::There(id) => Ok(Told::upload(id, bytes, true)),
        Begun::Refused(refusal) => Ok(Told::refusal(visitor, &paper::list(portal, whose).await?, &kind, refusal)),
    }
}

/// A SHA-256 in hexadecimal.
struct PaperDigest([u8; 32]);

impl std::str::FromStr for PaperDigest {
    type Err = WebError;
    fn from_str(text: &str) -> Result<Self, WebError> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(WebError::Unreadable);
        }
        for (place, byte) in bytes.iter_mut().enumerate() {
            let pair = &text[place * 2..place * 2 + 2];
            *byte = u8::from_str_radix(pair, 16).map_err(|_| WebError::Unreadable)?;
        }
        Ok(Self(bytes))
    }
}

async fn piece(portal: &Portal, whose: &Whose, id: &str, request: &HttpRequest, payload: Payload) -> Answer {
    let id: PaperId = id.parse().map_err(|_| WebError::NotFound)?;
    let begins_at = request.headers().get("upload-offset").and_then(|text| text.to_str().ok()?.parse().ok());
    let begins_at: i64 = begins_at.ok_or(WebError::Unreadable)?;
    let mut payload: dev::Payload = payload.into_inner();
    let bytes = body::read(request, &mut payload).await?;
    match paper::append(portal, whose, id, begins_at, &bytes).await? {
        Appended::Kept(arrived) => Ok(Told::upload(id, arrived, false)),
        Appended::Elsewhere(arrived) => {
            let told = Told { upload: Some(id.to_string()), arrived, done: false, refused: None };
            Ok(HttpResponse::Conflict().json(told))
        }
        Appended::TooLong => Err(WebError::TooLarge),
    }
}

async fn finish(portal: &Portal, visitor: &Visitor, whose: &Whose, id: &str) -> Answer {
    let id: PaperId = id.parse().map_err(|_| WebError::NotFound)?;
    let before = paper::list(portal, whose).await?;
    let kind = before.papers.iter().find(|paper| paper.paper_id == id).map(|paper| paper.kind.clone());
    let kind = kind.ok_or(WebError::NotFound)?;
    match paper::finish(portal, whose, id, false).await? {
        Finished::Kept(id) => Ok(Told::upload(id, 0, true)),
        Finished::Missing(arrived) => Ok(Told::upload(id, arrived, false)),
        Finished::Refused(refusal) => Ok(Told::refusal(visitor, &before, &kind, refusal)),
    }
}

fn of_draft(visitor: &Visitor, form: &str) -> Result<Whose, WebError> {
    let typist = visitor.typist().filter(|_| !visitor.session_is_over).ok_or(WebError::NoDraft)?;
    Ok(Whose::Draft(typist, apply::form_id(form)?))
}

fn of_correction(citizen: &Citizen, number: &str) -> Result<Whose, WebError> {
    let number: ReceiptNumber = number.parse().map_err(|_| WebError::NotFound)?;
    Ok(Whose::Correction(citizen.session.account, number))
}

/// `POST /apply/{form}/papers/begin`
pub async fn begin_for_draft(portal: Data<Portal>, visitor: Visitor, path: Path<String>, body: FormBody) -> Answer {
    begin(&portal, &visitor, &of_draft(&visitor, &path)?, body).await
}

/// `POST /apply/{form}/papers/{upload}/piece`
pub async fn piece_for_draft(
    portal: Data<Portal>,
    visitor: Visitor,
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
) -> Answer {
    piece(&portal, &of_draft(&visitor, &path.0)?, &path.1, &request, payload).await
}

/// `POST /apply/{form}/papers/{upload}/finish`
pub async fn finish_for_draft(portal: Data<Portal>, visitor: Visitor, path: Path<(String, String)>) -> Answer {
    finish(&portal, &visitor, &of_draft(&visitor, &path.0)?, &path.1).await
}

/// `POST /cases/{receipt_number}/correct/papers/begin`
pub async fn begin_for_correction(
    portal: Data<Portal>,
    citizen: Citizen,
    path: Path<String>,
    body: FormBody,
) -> Answer {
    begin(&portal, &citizen.visitor, &of_correction(&citizen, &path)?, body).await
}

/// `POST /cases/{receipt_number}/correct/papers/{upload}/piece`
pub async fn piece_for_correction(
    portal: Data<Portal>,
    citizen: Citizen,
    request: HttpRequest,
    path: Path<(String, String)>,
    payload: Payload,
) -> Answer {
    piece(&portal, &of_correction(&citizen, &path.0)?, &path.1, &request, payload).await
}

/// `POST /cases/{receipt_number}/correct/papers/{upload}/finish`
pub async fn finish_for_correction(portal: Data<Portal>, citizen: Citizen, path: Path<(String, String)>) -> Answer {
    finish(&portal, &citizen.visitor, &of_correction(&citizen, &path.0)?, &path.1).await
}
