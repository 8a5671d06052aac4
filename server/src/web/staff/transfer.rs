//! 「ご本人への引継ぎ」 A filing by a proxy, for the person at the counter. Invariant: one member of staff proposes, another confirms;
//! what is not taken stands in the field again, but for the code.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use app::pages::staff::{case::Failed, transfer as pages};
use intake::ids::ReceiptNumber;

use super::{
    Answer, AtWork,
    case::{self, NotTaken},
    to,
};
use crate::{
    flows::{
        address_change::{Asked, Entered},
        transfer::{self, Proposal},
    },
    letters,
    portal::Portal,
    web::{account::address_trouble, body::FormBody, error::WebError},
};

/// What the page shows of it, with what was not taken.
pub(super) fn model(proposal: Option<Proposal>, tried: Tried) -> pages::Transfer {
    pages::Transfer {
        proposal: proposal.map(|found| pages::Proposal { by: found.by, at: found.at, can_confirm: found.can_confirm }),
        typed_mail: tried.mail,
        error: tried.error,
    }
}

/// What was typed and not taken.
#[derive(Default)]
pub(super) struct Tried {
    mail: String,
    /// Why, as a whole sentence.
    pub(super) error: Option<String>,
}

async fn again(portal: &Portal, at: &AtWork, number: &ReceiptNumber, tried: Tried) -> Answer {
    let not_taken = NotTaken { transfer: tried, ..NotTaken::default() };
    case::shown_with(portal, at, number, Failed::default(), not_taken).await
}

fn back(number: &ReceiptNumber) -> HttpResponse {
    to(&format!("/staff/cases/{number}#transfer"))
}

/// `POST /staff/cases/{receipt_number}/transfer`
pub async fn propose(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let mail = form.take("mail");
    match transfer::propose(&portal, &at.who.staff, &number, &mail, &letters::counter_code).await? {
        Asked::Sent => Ok(back(&number)),
        Asked::Same => {
            let error = Some(at.desk.locale().say("staff-transfer-same"));
            again(&portal, &at, &number, Tried { mail, error }).await
        }
        other => {
            let error = Some(address_trouble(at.desk.locale(), other));
            again(&portal, &at, &number, Tried { mail, error }).await
        }
    }
}

/// `POST /staff/cases/{receipt_number}/transfer-confirmed`
pub async fn confirm(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let locale = at.desk.locale();
    let error = match transfer::confirm(&portal, &at.who.staff, &number, &form.take("code")).await? {
        Entered::Changed => return Ok(back(&number)),
        Entered::Wrong(left) => locale.with("code-wrong", &[("left", &left.to_string())]),
        Entered::Over | Entered::Taken => locale.say("staff-way-back-over"),
        Entered::NeedsAnotherPerson => locale.say("staff-obstacle-another-person"),
    };
    again(&portal, &at, &number, Tried { error: Some(error), ..Tried::default() }).await
}
