//! 「自動保存」 What the script sends while somebody types, and what it is told. Invariant: a sentence is that of the server's own
//! parser, only for fields that were filled in and left, and holds nothing that the page does not.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use app::{
    pages::form::{error_sentence, warning_sentence},
    text::Locale,
};
use intake::{
    answers::{Answer as Answered, FieldError, RawAnswers, parse},
    form::{Field, Form, Page},
    furigana::in_brackets,
    help::ASK,
    ids::{FieldId, PageId},
    journey,
    value::ValueError,
};
use serde::Serialize;

use super::{
    apply::{Answer, form_id},
    body::FormBody,
    error::WebError,
    guard::Visitor,
};
use crate::{
    flows::{
        FlowError,
        draft::{self, OpenDraft, Saved},
    },
    portal::Portal,
    store::draft::DraftOwner,
};

/// What the script is told.
#[derive(Serialize)]
struct Kept {
    /// What the page holds now, as a digest.
    state: String,
    /// Seconds until the session ends; none without one.
    left: Option<i64>,
    /// By field.
    told: BTreeMap<String, Told>,
}

/// What is said at a field.
#[derive(Default, Serialize)]
struct Told {
    /// What is wrong; empty when it is right.
    error: String,
    /// What looks odd, and a day in the other calendar.
    notes: Vec<String>,
}

/// Everything about the fields of `left`. An empty one was not filled in, and is asked for when the page is sent.
fn told(portal: &Portal, locale: Locale, of: &Typed<'_>, page: &Page, left: &str) -> BTreeMap<String, Told> {
    let Typed { form, raw, struck: struck_out } = *of;
    let today = portal.clock.now().date_in_japan();
    let (answers, errors) = parse(form, raw, today);
    let warnings = journey::warnings(form, &answers, today);
    let of_field = |field: &Field| {
        let struck = FieldError::struck_out(form, &field.id).filter(|_| struck_out.contains(&field.id));
        let wrong = errors.iter().find(|error| error.field == field.id && error.error != ValueError::Missing);
        let error = struck.as_ref().or(wrong);
        let day = match answers.get(&field.id) {
            Some(Answered::Date(day)) => Some(locale.day(*day)),
            _ => None,
        };
        let odd = warnings.iter().filter(|warning| warning.field == field.id);
        let notes = day.into_iter().chain(odd.map(|warning| warning_sentence(locale, warning)));
        let error = error.map_or_else(String::new, |error| error_sentence(locale, field, error.error));
        Told { error: in_brackets(&error).into_owned(), notes: notes.map(|it| in_brackets(&it).into_owned()).collect() }
    };
    let is_left = |field: &&Field| {
        let was_left = left.split(' ').any(|id| id == field.id.as_str()) && raw.has(field);
        was_left || struck_out.contains(&field.id)
    };
    page.fields.iter().filter(is_left).map(|field| (field.id.to_string(), of_field(field))).collect()
}

/// `POST /apply/{form}/{page}/save`: while typing. 200 with what the script is told, 401 without a draft, 404 when it was sent
/// or deleted elsewhere, 409 on a conflict.
pub async fn autosave(
    portal: Data<Portal>,
    visitor: Visitor,
    path: Path<(String, String)>,
    mut body: FormBody,
) -> Answer {
    let (id, page) = (form_id(&path.0)?, path.1.parse::<PageId>().map_err(|_| WebError::NotFound)?);
    let (state, left) = (body.take("page_state"), body.take("left"));
    for own in ["from", "warned", "then"] {
        body.take(own);
    }
    body.take_asked(ASK);
    let Some(typist) = visitor.typist().filter(|_| !visitor.session_is_over) else {
        return Ok(HttpResponse::Unauthorized().finish());
    };
    let draft = match draft::save_page(&portal, &typist, &id, &page, body.inputs(), &state).await {
        Ok(Saved::Kept(draft)) => draft,
        Ok(Saved::Conflict(_)) => return Ok(HttpResponse::Conflict().finish()),
        Ok(Saved::UnknownInput) => return Err(WebError::Unreadable),
        // A browser's draft whose time is over is begun anew when the page is sent.
        Err(FlowError::NotFound) if matches!(typist.owner, DraftOwner::Browser(_)) => {
            return Ok(HttpResponse::Unauthorized().finish());
        }
        Err(error) => return Err(error.into()),
    };
    let OpenDraft { form, raw, struck, .. } = &draft;
    let seconds_left = visitor.session.map(|session| session.seconds_left(portal.clock.now()));
    Ok(kept(&portal, visitor.locale, &Typed { form, raw, struck }, &page, (&left, seconds_left)))
}

/// What was typed into a form, and the fields in which a 個人番号 was struck out by this very save.
pub(super) struct Typed<'a> {
    pub(super) form: &'a Form,
    pub(super) raw: &'a RawAnswers,
    pub(super) struck: &'a [FieldId],
}

/// That a page is kept, with what is said of the fields that were left.
pub(super) fn kept(
    portal: &Portal,
    locale: Locale,
    of: &Typed<'_>,
    page: &PageId,
    (fields_left, left): (&str, Option<i64>),
) -> HttpResponse {
    let told = of.form.page(page).map(|page| told(portal, locale, of, page, fields_left)).unwrap_or_default();
    HttpResponse::Ok().json(Kept { state: of.raw.page_state(of.form, page), left, told })
}
