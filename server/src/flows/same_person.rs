//! 「同じ方と思われる届出」 Filings that may be of one person. Invariant: a machine points, people tell apart: nothing is refused
//! and nothing joined because of it.
//!
//! Names are compared as `decisions.md` (Text) says: a normalised copy stands in a keyed index only, and the same spelling or
//! the same kana with the same birthdate is enough to point.

use intake::{
    answers::Answers,
    form::{Compartment, Form, PersonFact},
    ids::CaseId,
    value::search_key,
};

use super::{FlowError, content::OpenCase, search};
use crate::{
    portal::Portal,
    store::{
        WriteTx,
        case_person::{self, PersonKind},
    },
};

/// Keeps whom a case is about, and what it can be found by. An EPDS is pointed out beside nothing; `certificate` is the serial number of
/// the certificate that it was signed with, where a channel tells it. What was kept of another kind stays.
///
/// # Errors
/// When the database fails.
pub(crate) async fn index(
    portal: &Portal,
    tx: &mut WriteTx,
    case: CaseId,
    form: &Form,
    answers: &Answers,
    certificate: Option<&str>,
) -> Result<(), FlowError> {
    search::keep(portal, tx, case, form, answers).await?;
    if form.compartment != Compartment::General {
        return Ok(());
    }
    let text = |fact| form.person_field(fact).and_then(|field| answers.text(&field.id)).map(search_key);
    let born = form.person_field(PersonFact::Birthdate).and_then(|field| answers.date(&field.id));
    let kinds =
        [(PersonKind::NameAndBirthdate, PersonFact::Name), (PersonKind::KanaAndBirthdate, PersonFact::NameKana)];
    for (kind, fact) in kinds {
        if let (Some(text), Some(born)) = (text(fact), born) {
            let index = portal.seal.index_key(purpose(kind), &format!("{text}\0{born}"));
            case_person::keep(tx, case, kind, &index).await?;
        }
    }
    if let Some(serial) = certificate {
        let kind = PersonKind::Certificate;
        let index = portal.seal.index_key(purpose(kind), &search_key(serial));
        case_person::keep(tx, case, kind, &index).await?;
    }
    Ok(())
}

/// The same for answers that staff have put in; the certificate stays what the channel told.
///
/// # Errors
/// When the database fails.
pub(crate) async fn index_again(portal: &Portal, tx: &mut WriteTx, open: &OpenCase<'_>) -> Result<(), FlowError> {
    let complete = open.complete()?;
    index(portal, tx, open.head.case_id, open.form, complete.answers(), None).await
}

/// Each kind has a key of its own: an index of one is never that of another.
const fn purpose(kind: PersonKind) -> &'static str {
    match kind {
        PersonKind::NameAndBirthdate => "person name",
        PersonKind::KanaAndBirthdate => "person kana",
        PersonKind::Certificate => "person certificate",
    }
}
