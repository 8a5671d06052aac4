//! 「わたしの届出」 A parent's own filings. Invariant: a case of somebody else is not found.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use app::pages::{
    cases::{self as pages, Model, Row},
    receipt as receipt_page,
};
use intake::ids::ReceiptNumber;

use super::{body::FormBody, error::WebError, frame::page, guard::Citizen};
use crate::{flows::filings, portal::Portal, store::case::CaseHead};

type Answer = Result<HttpResponse, WebError>;

fn number(text: &str) -> Result<ReceiptNumber, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

fn row(portal: &Portal, citizen: &Citizen, head: &CaseHead) -> Row {
    let form = u32::try_from(head.form_version).ok().and_then(|it| portal.catalog.version(&head.form_id, it));
    let locale = citizen.visitor.locale.code();
    Row {
        number: head.receipt_number.clone(),
        title: form.map_or_else(|| head.form_id.to_string(), |form| form.title.get(locale).to_owned()),
        stage: head.stage,
        filed_at: head.filed_at,
    }
}

/// `GET /receipt/{receipt_number}`
pub async fn receipt(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let filing = filings::view(&portal, citizen.session.account, &number(&path)?).await?;
    Ok(page(StatusCode::OK, receipt_page::page(citizen.visitor.chrome(), &filing.head.receipt_number)))
}

/// `GET /cases`
pub async fn list(portal: Data<Portal>, citizen: Citizen) -> Answer {
    let heads = filings::list(&portal, citizen.session.account).await?;
    let rows: Vec<Row> = heads.iter().map(|head| row(&portal, &citizen, head)).collect();
    Ok(page(StatusCode::OK, pages::list(citizen.visitor.chrome(), &rows)))
}

/// `GET /cases/{receipt_number}`
pub async fn case(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let filing = filings::view(&portal, citizen.session.account, &number(&path)?).await?;
    let model = Model {
        row: row(&portal, &citizen, &filing.head),
        may_withdraw: filing.may_withdraw(),
        version: filing.head.version,
        history: filing.history,
    };
    Ok(page(StatusCode::OK, pages::page(citizen.visitor.chrome(), &model)))
}

/// `POST /cases/{receipt_number}/withdraw`: 取下げ
pub async fn withdraw(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut form: FormBody) -> Answer {
    let number = number(&path)?;
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    filings::withdraw(&portal, citizen.session.account, &number, version).await?;
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, format!("/cases/{number}"))).finish())
}
