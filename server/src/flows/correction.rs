//! 「修正」 A parent's corrections of what she was asked to correct. Invariant: nothing but the named fields, and what depends
//! on them, can change; what comes is a new revision, complete by the same rules.

use intake::{
    access::permit_owner,
    answers::{FieldError, RawAnswers},
    case::{Command, CommandKind, CorrectionRequest, Giver, Stage, decide},
    form::{Field, Form},
    ids::{AccountId, FieldId, ReceiptNumber},
    journey::{complete, with_dependents},
};

use super::{
    FlowError,
    content::{self, OpenCase},
    filings, review, same_person,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, StoreError,
        audit::{Actor, Deed, Subject},
        case::{self, Author, NewEvent, revision_place},
        paper,
    },
};

/// What a parent is asked to correct.
pub struct Correction<'portal> {
    /// The form in the version that she filled in.
    pub form: &'portal Form,
    /// What was asked, with the reason beside each field.
    pub request: CorrectionRequest,
    /// The named fields and those that depend on them, in the form's order.
    pub fields: Vec<FieldId>,
    /// What she had typed.
    pub raw: RawAnswers,
    /// Guards against correcting what somebody changed meanwhile.
    pub version: i64,
}

impl Correction<'_> {
    /// Puts what was sent in the place of what was typed, for the fields that may change; the rest is left out.
    pub fn put(&mut self, sent: &[(String, String)]) {
        let fields = self.fields.iter().filter_map(|id| self.form.field(id));
        for input in fields.flat_map(|(_, field)| Field::inputs(field)) {
            let values = sent.iter().filter(|(name, _)| *name == input).map(|(_, value)| value.clone()).collect();
            self.raw.set(&input, values);
        }
    }
}

/// What became of the corrections.
pub enum Resubmitted<'portal> {
    /// They are with the office.
    Sent,
    /// Something is missing or wrong; nothing was changed. What was typed, and what of it was not taken.
    Incomplete(Box<Correction<'portal>>, Vec<FieldError>),
}

pub(crate) async fn open<'portal>(
    portal: &'portal Portal,
    connection: &mut Connection,
    account: AccountId,
    number: &ReceiptNumber,
) -> Result<(OpenCase<'portal>, Correction<'portal>), FlowError> {
    let head = filings::own(connection, account, number).await?;
    if head.stage != Stage::SentBack {
        return Err(FlowError::Changed(head.stage));
    }
    let permit = permit_owner(account, head.account_id, head.case_id).ok_or(FlowError::NotFound)?;
    let opened = content::open(portal, connection, head, &permit).await?;
    let asked = opened.office.requests.last().cloned();
    let request = asked.ok_or_else(|| StoreError::Corrupt("sent back without a request".to_owned()))?;
    let named: Vec<FieldId> = request.fields.iter().map(|(field, _)| field.clone()).collect();
    let correction = Correction {
        form: opened.form,
        fields: with_dependents(opened.form, &named),
        request,
        raw: opened.newest()?.raw.clone(),
        version: opened.head.version,
    };
    Ok((opened, correction))
}

/// What a parent is asked to correct.
///
/// # Errors
/// [`FlowError::NotFound`] when the case is not hers; [`FlowError::Changed`] when nothing is asked of her now.
pub async fn view<'portal>(
    portal: &'portal Portal,
    account: AccountId,
    number: &ReceiptNumber,
) -> Result<Correction<'portal>, FlowError> {
    let mut tx = portal.database.read().await?;
    Ok(open(portal, &mut tx, account, number).await?.1)
}

/// Takes her corrections. Inputs of other fields are left out.
///
/// # Errors
/// See [`view`]; [`FlowError::Changed`] also when the case was changed since the page was shown.
pub async fn resubmit<'portal>(
    portal: &'portal Portal,
    account: AccountId,
    number: &ReceiptNumber,
    version: i64,
    sent: &[(String, String)],
) -> Result<Resubmitted<'portal>, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let (opened, mut correction) = open(portal, &mut tx, account, number).await?;
    correction.put(sent);
    let complete = match complete(opened.form, &correction.raw, now.date_in_japan()) {
        Ok(complete) => complete,
        Err(errors) => return Ok(Resubmitted::Incomplete(Box::new(correction), errors)),
    };
    let head = &opened.head;
    let (command, giver) = (Command::Resubmit, Giver::Citizen);
    let after = decide(&review::state(head), &command, giver).map_err(|_| FlowError::Changed(head.stage))?;
    let change = review::change(head, &after, &command, giver, now);
    if !case::update_stage(&mut tx, head.case_id, version, &change).await? {
        return Err(FlowError::Changed(head.stage));
    }
    same_person::index(portal, &mut tx, head.case_id, opened.form, complete.answers(), None).await?;
    let plain = serde_json::to_vec(&correction.raw)?;
    let sealed = opened.key.seal(&revision_place(head.case_id, after.rev), &plain);
    paper::send_with(&mut tx, head.case_id, after.rev).await?;
    case::insert_revision(&mut tx, head.case_id, after.rev, &sealed, Author::Citizen(account), now).await?;
    let event = NewEvent {
        case_id: head.case_id,
        at: now,
        command: Some(CommandKind::Resubmit),
        actor: Author::Citizen(account),
        from_stage: Some(head.stage),
        to_stage: after.stage,
        rev: after.rev,
        detail_sealed: None,
    };
    case::append_event(&mut tx, &event).await?;
    let deed = Deed::Commanded(CommandKind::Resubmit);
    let entry = AuditEntry::done(now, Actor::Citizen(account), deed).on(Subject::Case(head.case_id));
    tx.commit(Record::Deed(entry)).await?;
    Ok(Resubmitted::Sent)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use intake::catalog::Catalog;

    #[test]
    fn what_depends_on_a_named_field_can_change_with_it() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let named = |id: &str| with_dependents(form, &[id.parse().unwrap()]);
        let ids = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect::<Vec<FieldId>>();
        assert_eq!(named("phone"), ids(&["phone"]));
        assert_eq!(named("filer"), ids(&["filer", "proxy_name", "proxy_relation"]));
        assert_eq!(named("diagnosed"), ids(&["diagnosed", "practitioner", "clinic"]));
    }
}
