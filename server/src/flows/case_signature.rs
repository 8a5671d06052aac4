//! 「電子署名」 The signature of a case, for staff. Invariant: it is opened for a [`Permit`] only; a later verification is added
//! and takes no earlier one away, and the evidence of the case follows from the newest.

use intake::{
    access::{self, Action, Permit},
    answers::Answers,
    card::{CardFacts, Matched},
    form::Form,
    identity::{Evidence, Method},
    ids::{CaseId, ReceiptNumber},
    signing::Check,
    time::Instant,
};

use super::{
    FlowError,
    content::{self, OpenCase},
    review,
    signing::{SignedFiling, checker},
};
use crate::{
    portal::Portal,
    seal::DataKey,
    store::{
        AuditEntry, Connection, Record, WriteTx,
        audit::{Actor, Deed, Subject},
        case,
        signature::{self, OfCase},
        staff::Staff,
    },
};

/// The signature of a case, as staff see it.
pub struct ShownSignature {
    /// What the certificate says of its holder.
    pub facts: CardFacts,
    /// Whether it says so with characters that stand for others.
    pub has_substitutes: bool,
    /// Which facts agree with the newest answers.
    pub matched: Matched,
    /// When it was signed.
    pub signed_at: Instant,
    /// Until when the certificate is valid, if it is not revoked.
    pub not_after: Instant,
    /// The newest verification.
    pub last_check: Option<Check>,
}

async fn read(
    connection: &mut Connection,
    key: &DataKey,
    permit: &Permit,
) -> Result<Option<(OfCase, SignedFiling)>, FlowError> {
    let Some(row) = signature::of_case(connection, permit).await? else { return Ok(None) };
    let signed = serde_json::from_slice(&key.open(&signature::case_place(permit.case()), &row.content_sealed)?)?;
    Ok(Some((row, signed)))
}

/// The signature of a case that is open.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn shown(
    connection: &mut Connection,
    (key, form): (&DataKey, &Form),
    permit: &Permit,
    answers: &Answers,
) -> Result<Option<ShownSignature>, FlowError> {
    let Some((_, signed)) = read(connection, key, permit).await? else { return Ok(None) };
    let certified = &signed.certified;
    let signs = [&certified.name_substitutes, &certified.address_substitutes];
    Ok(Some(ShownSignature {
        facts: certified.facts.clone(),
        has_substitutes: signs.iter().any(|signs| signs.chars().any(|sign| sign != '0')),
        matched: certified.matched(form, answers),
        signed_at: signed.signed_at,
        not_after: certified.not_after,
        last_check: signed.last_check(),
    }))
}

/// What the signature of a case is worth after its answers were put right: of somebody else's name it says nothing. Whether
/// the office's part changed; none for a case without a signature.
pub(super) async fn after_correction(
    tx: &mut WriteTx,
    open: &mut OpenCase<'_>,
    permit: &Permit,
    answers: &Answers,
) -> Result<Option<bool>, FlowError> {
    let read = read(tx, &open.key, permit).await?;
    Ok(read.map(|(_, signed)| put_evidence(open, &signed, answers)))
}

/// Puts the evidence right by the newest verification; what staff saw stays. Whether it changed.
fn put_evidence(open: &mut OpenCase<'_>, signed: &SignedFiling, answers: &Answers) -> bool {
    let Some(now) = open.office.evidence else { return false };
    let without = signed.without.filter(|_| now.method == Method::Signature).unwrap_or(now);
    // The card that she signed in with is compared with what is declared now, too.
    let card = open.office.card.as_ref();
    let matched = card.map_or(without.matched, |card| card.matched(open.form, answers));
    let before = Evidence { counter: now.counter, matched, ..without };
    let after = signed.evidence(before, open.form, answers);
    open.office.evidence = Some(after);
    after != now
}

/// 「再検証」 Verifies the signature of a case once more, by what is known now.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none or the role may not; [`FlowError::NotVerifiable`] when nothing can be verified
/// here now; [`FlowError::Changed`] when somebody was faster.
pub async fn verify_again(portal: &Portal, staff: &Staff, number: &ReceiptNumber) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::SignatureVerified);
    let entry = entry.on(Subject::Case(head.case_id));
    let Some(permit) = access::permit(staff.staff_id, staff.roles, Action::ReadCase, head.case_id, head.compartment)
    else {
        drop(tx);
        portal.database.write().await?.commit(Record::Deed(entry.refused().with("reason", "not_allowed"))).await?;
        return Err(FlowError::NotFound);
    };
    let checker = checker(portal).ok_or(FlowError::NotVerifiable)?;
    let (id, stage) = (head.case_id, head.stage);
    let mut open = content::open(portal, &mut tx, head, &permit).await?;
    let (row, mut signed) = read(&mut tx, &open.key, &permit).await?.ok_or(FlowError::NotFound)?;
    let (status, word) = match signed.verify(&checker, now) {
        Ok(status) => (Some(status), status.code()),
        Err(refusal) => (None, refusal.code()),
    };
    signed.checks.push(Check { at: now, status });
    let sealed = open.key.seal(&signature::case_place(id), &serde_json::to_vec(&signed)?);
    if !signature::save_check(&mut tx, id, &row, &sealed, now).await? {
        return Err(FlowError::Changed(stage));
    }
    let complete = open.complete()?;
    if put_evidence(&mut open, &signed, complete.answers()) {
        keep_office(&mut tx, id, &open, now).await?;
    }
    Ok(tx.commit(Record::Deed(entry.with("result", word))).await?)
}

/// Over the version that was read only: a colleague may be writing the same.
async fn keep_office(tx: &mut WriteTx, id: CaseId, open: &OpenCase<'_>, now: Instant) -> Result<(), FlowError> {
    if !case::update_stage(tx, id, open.head.version, &review::unchanged(&open.head, now)).await? {
        return Err(FlowError::Changed(open.head.stage));
    }
    Ok(case::save_office(tx, id, &open.seal_office()?, now).await?)
}
