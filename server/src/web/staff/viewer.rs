//! 「写真の表示」 Invariant: the page is alone in an origin of its own, runs nothing and asks nobody for anything; each opening is an
//! audit entry.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    web::{Data, Path},
};
use app::pages::staff::viewer as pages;
use base64::{Engine, prelude::BASE64_STANDARD};
use intake::ids::ReceiptNumber;
use sha2::{Digest, Sha256};

use super::{Answer, AtWork};
use crate::{flows::paper_scan, picture::PDF, portal::Portal, web::error::WebError};

/// `GET /staff/cases/{receipt_number}/papers/{paper}/view`: a photo that was made here. A document is a download only.
pub async fn photo(portal: Data<Portal>, at: AtWork, path: Path<(String, String)>) -> Answer {
    let number: ReceiptNumber = path.0.parse().map_err(|_| WebError::NotFound)?;
    let id = path.1.parse().map_err(|_| WebError::NotFound)?;
    let open = paper_scan::open_for_staff(&portal, &at.who.staff, &number, id).await?;
    if open.media_type == PDF {
        return Err(WebError::NotFound);
    }
    let style = BASE64_STANDARD.encode(Sha256::digest(pages::STYLE));
    let policy = format!(
        "sandbox; default-src 'none'; img-src data:; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(pages::page(at.desk.locale(), open.number, &BASE64_STANDARD.encode(open.bytes))))
}
