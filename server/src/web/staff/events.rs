//! 「在席」 Server-sent events for pages of staff that stand open. Invariant: a stream is given whole pictures, so that what was missed is in
//! the next one; it keeps no session alive, and ends with it.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{CACHE_CONTROL, ContentEncoding},
    rt,
    web::{Bytes, Data, Path},
};
use app::{
    pages::staff::presence::{self as pages, Ask},
    text::Locale,
};
use futures_core::Stream;
use intake::{
    access::{Action, may},
    ids::ReceiptNumber,
};
use serde::Serialize;
use tokio::sync::mpsc;

use super::{Answer, AtWork};
use crate::{
    flows::{
        presence,
        staff_sign_in::{self, SignedInStaff},
    },
    portal::Portal,
    watchers::{self, Picture, Seat, Seen},
    web::{
        cookies::{self, Name},
        error::WebError,
        guard::plain_chrome,
    },
};

/// A line that says nothing: whether the page is still there shows when one is written to it.
const STILL_THERE: Duration = Duration::from_secs(1);
/// How long a browser waits before it comes back by itself, in milliseconds.
const COME_BACK_AFTER: &str = "retry: 2000\n\n";
/// When somebody with too many open pages may try again, in seconds.
const TOO_MANY: u64 = 30;

/// A member of staff whose page asks by itself.
pub struct Watching {
    who: SignedInStaff,
    locale: Locale,
}

impl FromRequest for Watching {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let portal = request.app_data::<Data<Portal>>().ok_or(WebError::Broken)?;
            let hash = cookies::read_token(&request, &portal.config, Name::StaffSession);
            let hash = hash.ok_or(WebError::StaffSignInFirst)?;
            let who = staff_sign_in::look(portal, &hash).await?.ok_or(WebError::StaffSignInFirst)?;
            Ok(Self { who, locale: plain_chrome(&request, portal).locale.for_staff() })
        })
    }
}

#[derive(Serialize)]
struct CaseEvent {
    number: String,
    version: i64,
    holder: String,
    present: String,
    in_row: String,
    changed: String,
    ask: String,
}

#[derive(Serialize)]
struct AskedEvent {
    text: String,
    action: String,
}

#[derive(Serialize)]
struct Event {
    cases: Vec<CaseEvent>,
    asked: Vec<AskedEvent>,
}

/// Those who are there, for a page.
pub(super) fn present(all: Vec<watchers::Present>) -> Vec<pages::Present> {
    all.into_iter().map(|one| pages::Present { name: one.name, is_away: one.is_away }).collect()
}

fn case(locale: Locale, seen: Seen) -> CaseEvent {
    let present = present(seen.present);
    let ask = seen.ask.map(|ask| match ask {
        watchers::Ask::Waits(until) => Ask::Waits(until),
        watchers::Ask::Kept => Ask::Kept,
    });
    CaseEvent {
        number: seen.number.to_string(),
        version: seen.version,
        present: pages::present_text(locale, &present),
        in_row: pages::present_in_row(locale, &present),
        changed: pages::changed_text(locale, seen.stage, seen.holder.as_deref()),
        ask: ask.map(|ask| pages::ask_text(locale, ask)).unwrap_or_default(),
        holder: seen.holder.unwrap_or_default(),
    }
}

fn line(locale: Locale, picture: Picture) -> Option<Bytes> {
    let asked = |ask: watchers::AskedOfMe| AskedEvent {
        text: pages::asked_text(locale, &ask.number, &ask.by, ask.until),
        action: pages::answer_address(&ask.number),
    };
    let cases = picture.cases.into_iter().map(|seen| case(locale, seen)).collect();
    let event = Event { cases, asked: picture.asked.into_iter().map(asked).collect() };
    let json = serde_json::to_string(&event).ok()?;
    Some(Bytes::from(format!("data: {json}\n\n")))
}

/// What is written to the page. Whoever closes it drops this, and with it the sender's other end.
struct Lines(mpsc::Receiver<Bytes>);

impl Stream for Lines {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|line| line.map(Ok))
    }
}

async fn write(seat: &mut Seat, locale: Locale, to: &mpsc::Sender<Bytes>) {
    let mut next = Some(Bytes::from_static(COME_BACK_AFTER.as_bytes()));
    while let Some(line_to_write) = next {
        if to.send(line_to_write).await.is_err() {
            return;
        }
        next = tokio::select! {
            picture = seat.next() => picture.and_then(|picture| line(locale, picture)),
            () = tokio::time::sleep(STILL_THERE) => Some(Bytes::from_static(b":\n\n")),
            () = to.closed() => None,
        };
    }
}

async fn stream(portal: Data<Portal>, at: Watching, number: Option<&ReceiptNumber>) -> Answer {
    let Watching { who, locale } = at;
    let mut seat = presence::watch(&portal, &who, number).await?.ok_or(WebError::TooMany(TOO_MANY))?;
    let (to, lines) = mpsc::channel(4);
    rt::spawn(async move {
        write(&mut seat, locale, &to).await;
        drop(seat);
        if let Err(error) = presence::leave(&portal).await {
            tracing::warn!(%error, "a closed page of staff is still kept as open; the next turn or its time-out ends it");
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Compressed it would wait until there is enough of it.
        .insert_header(ContentEncoding::Identity)
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(Lines(lines)))
}

/// `GET /staff/events`
pub async fn all(portal: Data<Portal>, at: Watching) -> Answer {
    stream(portal, at, None).await
}

/// `GET /staff/cases/{receipt_number}/events`: as long as it stands open, others see who has the case open.
pub async fn of_case(portal: Data<Portal>, at: Watching, path: Path<String>) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    stream(portal, at, Some(&number)).await
}

/// `POST /staff/here`: a sign of life. That somebody asks is all.
pub async fn here(at: AtWork) -> Answer {
    if !may(at.who.staff.roles, Action::SeeQueue) {
        return Err(WebError::NotFound);
    }
    Ok(HttpResponse::NoContent().finish())
}
