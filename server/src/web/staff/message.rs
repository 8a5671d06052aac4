//! 「市との連絡」 What staff write to a parent on a case. Invariant: what is not taken stands in the field again.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use app::pages::{
    messages::{FIELD, Message, Messages},
    staff::{case::Failed, message as message_page},
};
use intake::{ids::ReceiptNumber, my_number::strike_out};

use super::{
    Answer, AtDesk, AtWork,
    case::{self, NotTaken},
};
use crate::{
    flows::message::{self, Press, Shown},
    letters,
    portal::Portal,
    web::{
        body::FormBody,
        cases::{not_sent, page_token},
        error::WebError,
        frame::page,
    },
};

/// What was written and not taken.
#[derive(Default)]
pub(super) struct NotSent {
    /// What was typed.
    pub(super) typed: String,
    /// Why, as a whole sentence.
    pub(super) error: Option<String>,
}

/// The messages as the page shows them to a member of staff.
pub(super) fn messages(
    at: &AtWork,
    number: &ReceiptNumber,
    all: Vec<(Option<String>, Shown)>,
    not_sent: NotSent,
    speaks_of_number: bool,
) -> Messages {
    let locale = at.desk.locale();
    let message = |(name, shown): (Option<String>, Shown)| Message {
        by: name.unwrap_or_else(|| locale.say("history-parent")),
        // What the office wrote stands on one side, whoever of it wrote it; when it was read counts for all.
        is_own: shown.by.is_some(),
        text: shown.text,
        sent_at: shown.sent_at,
        read_at: shown.read_at,
    };
    Messages {
        all: all.into_iter().map(message).collect(),
        action: format!("/staff/cases/{number}/messages"),
        token: page_token(),
        typed: not_sent.typed,
        error: not_sent.error,
        speaks_of_number,
    }
}

/// `POST /staff/cases/{receipt_number}/messages`
pub async fn write(portal: Data<Portal>, at: AtDesk, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(page(StatusCode::UNAUTHORIZED, message_page::sign_in_and_send_again(&desk, form.inputs())));
    };
    let at = AtWork { who, desk };
    let (token, typed) = (form.take("token"), form.take(FIELD));
    let press = Press { token: &token, typed: &typed };
    let sent = message::from_staff(&portal, &at.who.staff, &number, &press, &letters::message).await?;
    match not_sent(at.desk.locale(), sent) {
        None => Ok(HttpResponse::SeeOther()
            .insert_header((header::LOCATION, format!("/staff/cases/{number}#messages")))
            .finish()),
        error => {
            let typed = strike_out(&typed).unwrap_or(typed);
            let not_taken = NotTaken { message: NotSent { typed, error }, ..NotTaken::default() };
            case::shown_with(&portal, &at, &number, Failed::default(), not_taken).await
        }
    }
}
