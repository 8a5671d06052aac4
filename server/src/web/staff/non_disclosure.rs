//! 「不開示」 The mark of a case. Invariant: it changes nothing of its answers.

use actix_web::web::{Data, Path};
use intake::ids::ReceiptNumber;

use super::{Answer, AtWork, to};
use crate::{
    flows::non_disclosure,
    portal::Portal,
    web::{body::FormBody, error::WebError},
};

/// `POST /staff/cases/{receipt_number}/non-disclosure`: `marked` is `yes` or `no`.
pub async fn mark(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let marked = match form.take("marked").as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(WebError::NotFound),
    };
    non_disclosure::mark(&portal, &at.who.staff, &number, marked).await?;
    Ok(to(&format!("/staff/cases/{number}")))
}
