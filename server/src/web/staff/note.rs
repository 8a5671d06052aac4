//! 「職員のメモ」 Invariant: what is not taken stands in the field again; the draft is saved by script and by a button alike.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use app::{
    pages::staff::{
        case::Failed,
        message as message_page,
        note::{self as pages, FIELD},
    },
    text::Locale,
};
use intake::{
    ids::{ReceiptNumber, StaffId},
    note::{LONGEST, NoNote},
    time::Instant,
};
use serde_json::json;

use super::{
    Answer, AtDesk, AtWork,
    case::{self, NotTaken},
};
use crate::{
    flows::{
        message::Press,
        note::{self, Beside, DraftOf, Notes, Saved, Written},
    },
    portal::Portal,
    web::{body::FormBody, cases::page_token, error::WebError, frame::page},
};

/// What was typed and not taken.
#[derive(Default)]
pub(super) struct Tried {
    /// What was typed.
    pub(super) typed: Option<String>,
    /// Why not, as a whole sentence.
    pub(super) error: Option<String>,
}

/// The notes as the page shows them.
pub(super) fn model(notes: Notes, tried: Tried) -> pages::Notes {
    let note = |shown: note::Shown| pages::Note {
        by: shown.by,
        drafted_by: shown.drafted_by,
        text: shown.text,
        written_at: shown.written_at,
    };
    let inherited = |draft: note::ShownDraft| pages::Inherited {
        from: draft.written_by,
        name: draft.name,
        text: draft.text,
        saved_at: draft.saved_at,
    };
    let saved_at = notes.draft.as_ref().map(|draft| draft.saved_at);
    pages::Notes {
        all: notes.all.into_iter().map(note).collect(),
        inherited: notes.inherited.into_iter().map(inherited).collect(),
        token: page_token(),
        typed: tried.typed.or_else(|| notes.draft.map(|draft| draft.text)).unwrap_or_default(),
        saved_at,
        error: tried.error,
    }
}

fn why(locale: Locale, not: NoNote) -> String {
    match not {
        NoNote::Empty => locale.say("note-empty"),
        NoNote::TooLong => locale.with("note-too-long", &[("longest", &LONGEST.to_string())]),
    }
}

fn instant(text: &str) -> Option<Instant> {
    text.parse().ok().map(Instant)
}

/// `POST /staff/cases/{receipt_number}/notes`: `then` is `write`, `draft` or `discard`; with `from` it is about a draft that came
/// along with the case.
pub async fn act(portal: Data<Portal>, at: AtDesk, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(page(StatusCode::UNAUTHORIZED, message_page::sign_in_and_send_again(&desk, form.inputs())));
    };
    let at = AtWork { who, desk };
    let staff = &at.who.staff;
    let from = form.take("from");
    let from: Option<StaffId> =
        if from.is_empty() { None } else { Some(from.parse().map_err(|_| WebError::Unreadable)?) };
    let (token, then, since) = (form.take("token"), form.take("then"), instant(&form.take("since")));
    let field = from.map_or_else(|| FIELD.to_owned(), pages::field_of);
    let typed = form.take(&field);
    let draft = since.map(|saved_at| DraftOf { written_by: from.unwrap_or(staff.staff_id), saved_at });
    match (then.as_str(), draft) {
        ("draft", _) if from.is_none() => {
            note::save_draft(&portal, staff, &number, &typed, since, Beside::Join).await?;
        }
        ("discard", Some(draft)) => note::discard(&portal, staff, &number, draft).await?,
        // Enter in the field, too.
        ("write" | "", _) => {
            let press = Press { token: &token, typed: &typed };
            if let Written::Not(not) = note::write(&portal, staff, &number, &press, draft).await? {
                let error = Some(why(at.desk.locale(), not));
                // What came along stands in its own field.
                let typed = from.is_none().then_some(typed);
                let not_taken = NotTaken { note: Tried { typed, error }, ..NotTaken::default() };
                return case::shown_with(&portal, &at, &number, Failed::default(), not_taken).await;
            }
        }
        _ => return Err(WebError::NotFound),
    }
    let place = format!("/staff/cases/{number}#notes");
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish())
}

/// `POST /staff/cases/{receipt_number}/notes/save`: the script's, while somebody types.
pub async fn save(portal: Data<Portal>, at: AtDesk, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let Some(who) = at.who else { return Ok(HttpResponse::Unauthorized().finish()) };
    let since = instant(&form.take("since"));
    Ok(match note::save_draft(&portal, &who.staff, &number, &form.take(FIELD), since, Beside::Leave).await? {
        Saved::Kept(at) => {
            let since = at.map(|at| at.micros().to_string()).unwrap_or_default();
            HttpResponse::Ok().json(json!({ "since": since }))
        }
        Saved::Elsewhere => HttpResponse::Conflict().finish(),
    })
}
