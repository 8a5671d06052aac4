//! 「受付票」 The receipt of a filing, as a page and as PDF. Invariant: a filing of somebody else is not found.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{self, Data, Path},
};
use app::{
    pages::receipt::{self as pages, Model},
    pdf::Facts,
};

use super::{cases, error::WebError, frame, guard::Citizen};
use crate::{
    flows::{filings, pregnancy_end, receipt},
    pdf as maker,
    portal::Portal,
};

type Answer = Result<HttpResponse, WebError>;

/// `GET /receipt/{receipt_number}`
pub async fn page(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let number = path.parse().map_err(|_| WebError::NotFound)?;
    let filing = filings::view(&portal, citizen.session.account, &number).await?;
    let (head, papers) = (filing.head, filing.papers);
    let form = portal.form_of(&head).ok_or(WebError::Broken)?;
    let address = portal.config.public_url.join(&format!("/cases/{number}"));
    let interview = cases::interview(&portal, &head).await?;
    let is_quiet = pregnancy_end::told_at(&portal, citizen.session.account).await?.is_some();
    // 「妊娠の終了」 Nothing that lies ahead is spoken of.
    let interview = interview.filter(|_| !is_quiet);
    let has_pdf = portal.pdf_font.is_some();
    let model = Model {
        number: &number,
        form,
        filed_at: head.filed_at,
        address: &address,
        interview,
        is_quiet,
        papers,
        has_pdf,
    };
    Ok(frame::page(StatusCode::OK, pages::page(citizen.visitor.chrome(), &model)))
}

/// `GET /receipt/{receipt_number}.pdf`
pub async fn pdf(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let number = path.parse().map_err(|_| WebError::NotFound)?;
    let found = receipt::view(&portal, citizen.session.account, &number).await?;
    let font = portal.pdf_font.as_ref().ok_or(WebError::NotFound)?;
    let locale = citizen.visitor.locale;
    let turn = font.turn().await;
    let inside = Data::clone(&portal);
    let made = web::block(move || {
        let municipality = &inside.config.municipality;
        let address = inside.config.public_url.join(&format!("/cases/{number}"));
        let facts = Facts {
            number: &number,
            filed_at: found.head.filed_at,
            name: found.name.as_deref(),
            municipality: &municipality.name,
            phone: &municipality.phone,
            address: &address,
        };
        inside.pdf_font.as_ref().map(|font| maker::make(font, locale, &facts))
    });
    let made = made.await.map_err(|_| WebError::Broken)?.ok_or(WebError::NotFound)?;
    drop(turn);
    let bytes = made.map_err(|error| {
        tracing::error!(%error, "a PDF was not made");
        WebError::Broken
    })?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_DISPOSITION, "inline; filename=\"receipt.pdf\""))
        .body(bytes))
}
