//! 「修正」 A parent's corrections of what she was asked to correct. Invariant: nothing but the named fields, and what depends
//! on them, can change; what comes is a new revision, complete by the same rules. A proxy is shown, and changes, what she said of
//! herself only.

use intake::{
    access::{permit_owner, permit_proxy},
    answers::{FieldError, RawAnswers},
    case::{Command, CommandKind, CorrectionRequest, Giver, Stage, decide},
    form::{Field, Form, Target},
    ids::{AccountId, FieldId, ReceiptNumber},
    journey::{complete, with_dependents},
    time::Instant,
};

use super::{
    FlowError, case_signature,
    content::{self, OpenCase},
    filings, review, same_person,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, StoreError,
        audit::{Actor, Deed, Subject},
        case::{self, Author, NewEvent, revision_place},
        difference, paper,
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
    /// What she had typed, as far as it is hers to read.
    pub raw: RawAnswers,
    /// When it was filed.
    pub filed_at: Instant,
    /// When the session began in which it was filed.
    pub filed_in_session_of: Option<Instant>,
    /// Guards against correcting what somebody changed meanwhile.
    pub version: i64,
    /// 「個人番号」 The fields in which one was struck out of what she sent.
    pub struck: Vec<FieldId>,
}

impl Correction<'_> {
    /// Puts what was sent in the place of what was typed, for the fields that may change; the rest is left out.
    pub fn put(&mut self, sent: &[(String, String)]) {
        let fields = self.fields.iter().filter_map(|id| self.form.field(id));
        for (_, field) in fields {
            if self.raw.replace_field(field, sent) {
                self.struck.push(field.id.clone());
            }
        }
    }

    /// What she is told of what was struck out.
    #[must_use]
    pub fn struck_out(&self) -> Vec<FieldError> {
        self.struck.iter().filter_map(|id| FieldError::struck_out(self.form, id)).collect()
    }
}

/// What became of the corrections.
pub enum Resubmitted<'portal> {
    /// They are with the office.
    Sent,
    /// Something is missing or wrong; nothing was changed. What was typed, and what of it was not taken.
    Incomplete(Box<Correction<'portal>>, Vec<FieldError>),
}

/// Whether a field asks who fills the form in.
pub(super) fn asks_who_files(field: &Field) -> bool {
    matches!(&field.target, Target::Extra(key) if key == "filer")
}

/// Whether a field asks a proxy of herself.
fn is_of_proxy(field: &Field) -> bool {
    matches!(&field.target, Target::Extra(key) if matches!(key.as_str(), "proxy_name" | "proxy_relation" | "proxy_power"))
}

/// The fields that a correction of `named` may change: these and what depends on them, but never who files.
fn correctable(form: &Form, named: &[FieldId]) -> Vec<FieldId> {
    let mut fields = with_dependents(form, named);
    fields.retain(|id| !form.field(id).is_some_and(|(_, field)| asks_who_files(field)));
    fields
}

pub(crate) async fn open<'portal>(
    portal: &'portal Portal,
    connection: &mut Connection,
    account: AccountId,
    number: &ReceiptNumber,
) -> Result<(OpenCase<'portal>, Correction<'portal>), FlowError> {
    let head = filings::held(connection, account, number).await?;
    let is_by_proxy = head.is_held_by_proxy();
    if head.stage != Stage::SentBack {
        return Err(FlowError::Changed(head.stage));
    }
    let permit = permit_owner(account, head.owner(), head.case_id)
        .or_else(|| permit_proxy(account, head.account_id, is_by_proxy, head.case_id))
        .ok_or(FlowError::NotFound)?;
    let opened = content::open(portal, connection, head, &permit).await?;
    let asked = opened.office.requests.last().cloned();
    let request = asked.ok_or_else(|| StoreError::Corrupt("sent back without a request".to_owned()))?;
    // Where what is asked for is the person's, there is nothing for a proxy.
    let correction = of_case(&opened, request)?.ok_or(FlowError::NotFound)?;
    Ok((opened, correction))
}

/// What a request asks of who holds the case; none where she is a proxy and nothing of it is hers.
pub(super) fn of_case<'portal>(
    opened: &OpenCase<'portal>,
    request: CorrectionRequest,
) -> Result<Option<Correction<'portal>>, FlowError> {
    let named: Vec<FieldId> = request.fields.iter().map(|(field, _)| field.clone()).collect();
    let mut correction = Correction {
        form: opened.form,
        fields: correctable(opened.form, &named),
        request,
        raw: opened.newest()?.raw.clone(),
        filed_at: opened.head.filed_at,
        filed_in_session_of: opened.office.evidence.map(|evidence| evidence.signed_in_at),
        version: opened.head.version,
        struck: Vec::new(),
    };
    if opened.head.is_held_by_proxy() {
        leave_hers(&mut correction);
    }
    Ok((!correction.request.fields.is_empty()).then_some(correction))
}

/// Takes away what is not a proxy's: neither shown nor changed. Papers are hers to add.
fn leave_hers(correction: &mut Correction<'_>) {
    let form = correction.form;
    let is_hers =
        |id: &FieldId| form.field(id).map_or_else(|| form.paper(id).is_some(), |(_, field)| is_of_proxy(field));
    correction.fields.retain(is_hers);
    correction.request.fields.retain(|(id, _)| is_hers(id));
    let kept = form.fields().map(|(_, field)| field).filter(|field| is_of_proxy(field) || asks_who_files(field));
    let mut raw = RawAnswers::default();
    for input in kept.flat_map(Field::inputs) {
        raw.set(&input, correction.raw.all(&input).to_vec());
    }
    correction.raw = raw;
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
    let (mut opened, mut correction) = open(portal, &mut tx, account, number).await?;
    correction.put(sent);
    // The rest stays as it was typed.
    let mut raw = opened.newest()?.raw.clone();
    for input in correction.fields.iter().filter_map(|id| opened.form.field(id)).flat_map(|(_, field)| field.inputs()) {
        raw.set(&input, correction.raw.all(&input).to_vec());
    }
    let struck = correction.struck_out();
    let answers = match complete(opened.form, &raw, now.date_in_japan()) {
        Ok(answers) if struck.is_empty() => answers,
        checked => {
            let mut errors = checked.err().unwrap_or_default();
            errors.retain(|error| !correction.struck.contains(&error.field));
            errors.extend(struck);
            return Ok(Resubmitted::Incomplete(Box::new(correction), errors));
        }
    };
    let owner = permit_owner(account, opened.head.account_id, opened.head.case_id).ok_or(FlowError::NotFound)?;
    let is_signed = case_signature::after_correction(&mut tx, &mut opened, &owner, answers.answers()).await?;
    // Where it is signed the evidence is that of the certificate, or what it was without.
    let compared = is_signed.unwrap_or_else(|| opened.office.compare_again(opened.form, answers.answers()));
    let before = opened.newest()?.raw.clone();
    let declared = opened.office.declared(opened.form, (&before, &raw), false);
    if let Some(evidence) = opened.office.evidence {
        difference::note(&mut tx, opened.head.case_id, &evidence.comparison).await?;
    }
    if compared || declared {
        case::save_office(&mut tx, opened.head.case_id, &opened.seal_office()?, now).await?;
    }
    let head = &opened.head;
    let (command, giver) = (Command::Resubmit, Giver::Citizen);
    let after = decide(&review::state(head), &command, giver).map_err(|_| FlowError::Changed(head.stage))?;
    let change = review::change(head, &after, &command, giver, now);
    if !case::update_stage(&mut tx, portal.deadlines(), head.case_id, version, &change).await? {
        return Err(FlowError::Changed(head.stage));
    }
    let pairs = same_person::index(portal, &mut tx, head.case_id, opened.form, answers.answers(), None).await?;
    let plain = serde_json::to_vec(&raw)?;
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
    tx.commit_all([entry].into_iter().chain(pairs).collect()).await?;
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
        let named = |id: &str| correctable(form, &[id.parse().unwrap()]);
        let ids = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect::<Vec<FieldId>>();
        assert_eq!(named("phone"), ids(&["phone"]));
        assert_eq!(named("filer"), ids(&["proxy_name", "proxy_relation", "proxy_power"]), "who files stays");
        assert_eq!(named("diagnosed"), ids(&["diagnosed", "practitioner", "clinic"]));
    }
}
