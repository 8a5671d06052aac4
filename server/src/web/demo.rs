//! Routes of the demo. Invariant: a production server has none of them (`routes`).

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use app::{
    pages::{
        outbox::{self, Letter},
        preview,
    },
    text::Locale,
};

use super::{error::WebError, frame::page, guard::Visitor, mail::sender};
use crate::{
    demo::staff,
    letters::{self, Written},
    mail,
    portal::Portal,
    store::outbox::list_for_demo,
};

const NEWEST: i64 = 50;

/// `GET /demo/outbox`: mail as sent.
pub async fn outbox(portal: Data<Portal>, visitor: Visitor) -> Result<HttpResponse, WebError> {
    let mails = list_for_demo(&mut *portal.database.read().await?, NEWEST).await?;
    let letters: Vec<Letter> = mails
        .iter()
        .filter_map(|mail| {
            let Written { to, subject, body, stop } = letters::written(&portal, mail).ok()?;
            let (id, written_at, stop) = (mail.outbox_id, mail.created_at, stop.as_deref());
            let sent = mail::Letter { id, to: &to, subject: &subject, body: &body, written_at, stop };
            let headers = mail::headers(sender(&portal), &sent).unwrap_or_default();
            let lang = Locale::parse(&mail.locale).unwrap_or_default().lang();
            Some(Letter { at: written_at, from: sender(&portal).to_owned(), to, subject, body, headers, lang })
        })
        .collect();
    Ok(page(StatusCode::OK, outbox::page(visitor.chrome(), &letters)))
}

/// `GET /preview/{form}`: 「下見」 every page of a form on one page. Only where forms are looked at.
pub async fn preview(portal: Data<Portal>, visitor: Visitor, path: Path<String>) -> Result<HttpResponse, WebError> {
    let id = path.parse().map_err(|_| WebError::NotFound)?;
    let form = portal.catalog.newest(&id).filter(|_| portal.config.preview).ok_or(WebError::NotFound)?;
    let pack = portal.text_packs.for_language(visitor.locale.code());
    Ok(page(StatusCode::OK, preview::page(visitor.chrome(), form, pack)))
}

/// `GET /demo/practice-authenticator.json`: the keys of the sample staff, for a computer without a passkey.
pub async fn practice_keys(portal: Data<Portal>) -> Result<HttpResponse, WebError> {
    let samples = staff::load(&portal.config.data_dir).map_err(|error| {
        tracing::error!(%error, "no practice keys");
        WebError::Broken
    })?;
    let keys: Vec<_> = samples.into_iter().map(|sample| sample.passkey).collect();
    Ok(HttpResponse::Ok().json(serde_json::json!({ "keys": keys })))
}
