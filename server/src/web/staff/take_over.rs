//! 「引継ぎのお願い」 Asking for a case that another holds, and answering. Invariant: whoever comes too late reads what happened.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use app::pages::staff::{case::Failed, message as message_page};
use intake::ids::ReceiptNumber;

use super::{
    Answer, AtDesk, AtWork,
    case::{self, NotTaken},
    command, to,
};
use crate::{
    flows::{
        FlowError,
        take_over::{self, Asked},
    },
    portal::Portal,
    web::{body::FormBody, error::WebError, frame::page},
};

async fn changed_or(
    portal: &Portal,
    at: &AtWork,
    number: &ReceiptNumber,
    error: FlowError,
) -> Result<HttpResponse, WebError> {
    match error {
        FlowError::Changed(stage) => command::changed(portal, at, number, stage, &[]).await,
        error => Err(error.into()),
    }
}

/// `POST /staff/cases/{receipt_number}/take-over`
pub async fn ask(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    match take_over::ask(&portal, &at.who.staff, &number).await {
        Ok(Asked::Waits(_) | Asked::Taken) => Ok(to(&format!("/staff/cases/{number}"))),
        Ok(Asked::ByAnother) => {
            let not_taken = NotTaken { is_asked_by_another: true, ..NotTaken::default() };
            case::shown_with(&portal, &at, &number, Failed::default(), not_taken).await
        }
        Err(error) => changed_or(&portal, &at, &number, error).await,
    }
}

/// `POST /staff/cases/{receipt_number}/take-over-answer`: `answer` is `give` or `keep`.
pub async fn answer(portal: Data<Portal>, at: AtDesk, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(page(StatusCode::UNAUTHORIZED, message_page::sign_in_and_send_again(&desk, form.inputs())));
    };
    let at = AtWork { who, desk };
    let gives = match form.take("answer").as_str() {
        "give" => true,
        "keep" => false,
        _ => return Err(WebError::NotFound),
    };
    match take_over::answer(&portal, &at.who.staff, &number, gives).await {
        Ok(()) => Ok(to(&format!("/staff/cases/{number}"))),
        Err(error) => changed_or(&portal, &at, &number, error).await,
    }
}
