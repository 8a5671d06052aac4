//! 「先の届出」 The case that a form follows, and what a draft begins with because of it. Invariant: only what the same parent
//! answered there, and nothing that is private, stands in the new draft.

use intake::{
    access::permit_owner,
    answers::RawAnswers,
    form::{Computed, DateRange, Field, Form, Kind, Prefill},
    gestation::gestation,
    ids::AccountId,
    time::CivilDate,
};

use super::{FlowError, content, non_disclosure};
use crate::{
    portal::Portal,
    store::{
        self, Connection,
        case::{self, CaseHead},
    },
};

/// The newest case of this parent that the form can follow: filed, and neither declined nor withdrawn.
///
/// # Errors
/// [`FlowError::NothingToFollow`] when there is none.
pub(crate) async fn followed(
    connection: &mut Connection,
    account: AccountId,
    form: &Form,
) -> Result<Option<CaseHead>, FlowError> {
    let Some(follows) = &form.follows else { return Ok(None) };
    let found = case::newest_standing(connection, account, follows).await?;
    found.map(Some).ok_or(FlowError::NothingToFollow)
}

/// Whether this parent can begin the form now.
///
/// # Errors
/// When the database fails.
pub async fn may_begin(portal: &Portal, account: AccountId, form: &Form) -> Result<bool, FlowError> {
    match followed(&mut *portal.database.read().await?, account, form).await {
        Ok(_) => Ok(true),
        Err(FlowError::NothingToFollow) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What a draft begins with. Nothing once the content of the case before is erased.
///
/// # Errors
/// [`FlowError::NothingToFollow`] when the form follows another that this parent has not filed.
pub(crate) async fn first_answers(
    portal: &Portal,
    connection: &mut Connection,
    account: AccountId,
    form: &Form,
    today: CivilDate,
) -> Result<RawAnswers, FlowError> {
    let mut raw = RawAnswers::default();
    let Some(head) = followed(connection, account, form).await? else { return Ok(raw) };
    let permit = permit_owner(account, head.owner(), head.case_id).ok_or(FlowError::NotFound)?;
    let is_marked = store::non_disclosure::has_marked(connection, account).await?;
    let open = match content::open(portal, connection, head, &permit).await {
        Ok(open) => open,
        Err(FlowError::NotFound) => return Ok(raw),
        Err(error) => return Err(error),
    };
    let before = &open.newest()?.raw;
    for (_, field) in form.fields() {
        match &field.prefill {
            None => {}
            Some(Prefill::Field(id)) => {
                let may_come = |from: &Field| !(from.private || is_marked && non_disclosure::says_where(from));
                let Some((_, from)) = open.form.field(id).filter(|(_, from)| may_come(from)) else { continue };
                // Inputs of the same kind of field have the same endings.
                for (input, source) in field.inputs().iter().zip(from.inputs()) {
                    raw.set(input, before.all(&source).to_vec());
                }
            }
            Some(Prefill::Computed(Computed::Weeks)) => {
                if let Some(weeks) = weeks(open.form, &open.complete()?, today) {
                    raw.set(field.id.as_str(), vec![weeks.to_string()]);
                }
            }
        }
    }
    Ok(raw)
}

/// 「妊娠週数」 On `today`, by the due date that was given before.
fn weeks(form: &Form, complete: &intake::journey::CompleteAnswers, today: CivilDate) -> Option<u32> {
    let is_due_date = |kind: &Kind| matches!(kind, Kind::Date { range: DateRange::DueDate });
    let field = form.fields().map(|(_, field)| field).find(|field| is_due_date(&field.kind))?;
    Some(gestation(complete.answers().date(&field.id)?, today)?.weeks)
}
