//! 「妊娠の終了」 Noted by staff for a parent who told them. Invariant: it changes nothing of the case.

use actix_web::web::{Data, Path};
use intake::ids::ReceiptNumber;

use super::{Answer, AtWork, to};
use crate::{
    flows::pregnancy_end,
    portal::Portal,
    web::{body::FormBody, error::WebError},
};

/// `POST /staff/cases/{receipt_number}/pregnancy-end`: `told` is `yes` or `no`.
pub async fn note(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let told = match form.take("told").as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(WebError::NotFound),
    };
    pregnancy_end::note(&portal, &at.who.staff, &number, told).await?;
    Ok(to(&format!("/staff/cases/{number}")))
}
