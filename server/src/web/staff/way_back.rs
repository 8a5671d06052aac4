//! 「窓口でのアカウント再開」 For a parent at the counter who has lost her mail or her passkey. Invariant: one member of staff
//! proposes, another confirms; what is not taken stands in the field again, but for the code.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use app::pages::staff::{case::Failed, way_back as pages};
use intake::{identity::PersonDocument, ids::ReceiptNumber};

use super::{
    Answer, AtWork,
    case::{self, NotTaken},
    to,
};
use crate::{
    flows::address_change::{self, Asked, Entered, Proposal},
    letters,
    portal::Portal,
    web::{account::address_trouble, body::FormBody, error::WebError},
};

/// What the page shows of it, with what was not taken.
pub(super) fn model(proposal: Option<Proposal>, tried: Tried) -> pages::WayBack {
    pages::WayBack {
        proposal: proposal.map(|found| pages::Proposal {
            by: found.by,
            at: found.at,
            person_seen: found.person_seen,
            can_confirm: found.can_confirm,
        }),
        typed_mail: tried.mail,
        chosen: tried.person,
        error: tried.error,
    }
}

/// What was typed and not taken.
#[derive(Default)]
pub(super) struct Tried {
    mail: String,
    person: String,
    /// Why, as a whole sentence.
    pub(super) error: Option<String>,
}

async fn again(portal: &Portal, at: &AtWork, number: &ReceiptNumber, tried: Tried) -> Answer {
    let not_taken = NotTaken { way_back: tried, ..NotTaken::default() };
    case::shown_with(portal, at, number, Failed::default(), not_taken).await
}

fn back(number: &ReceiptNumber) -> HttpResponse {
    to(&format!("/staff/cases/{number}#way-back"))
}

/// `POST /staff/cases/{receipt_number}/way-back`
pub async fn propose(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let (mail, person) = (form.take("mail"), form.take("person"));
    let locale = at.desk.locale();
    let Some(seen) = PersonDocument::of_code(&person) else {
        let error = Some(locale.say("staff-obstacle-identity"));
        return again(&portal, &at, &number, Tried { mail, person, error }).await;
    };
    let asked = address_change::propose(&portal, &at.who.staff, &number, seen, &mail, &letters::counter_code).await?;
    match asked {
        Asked::Sent => Ok(back(&number)),
        other => {
            let error = Some(address_trouble(locale, other));
            again(&portal, &at, &number, Tried { mail, person, error }).await
        }
    }
}

/// `POST /staff/cases/{receipt_number}/way-back-confirmed`
pub async fn confirm(portal: Data<Portal>, at: AtWork, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let code = form.take("code");
    let locale = at.desk.locale();
    let entered = address_change::confirm(&portal, &at.who.staff, &number, &code, &letters::address_changed).await?;
    let error = match entered {
        Entered::Changed => return Ok(back(&number)),
        Entered::Wrong(left) => locale.with("code-wrong", &[("left", &left.to_string())]),
        Entered::Over => locale.say("staff-way-back-over"),
        Entered::Taken => locale.say("account-mail-taken"),
        Entered::NeedsAnotherPerson => locale.say("staff-obstacle-another-person"),
    };
    again(&portal, &at, &number, Tried { error: Some(error), ..Tried::default() }).await
}
