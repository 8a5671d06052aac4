//! 「結び付け」 An アンケート or an EPDS that belongs to a 妊娠届 filed by another account or another channel. Invariant: a machine
//! suggests, a person ties, and each tie is an audit entry; of an EPDS only who may read it is told, and nothing of it is kept to
//! find it by.

use std::collections::BTreeMap;

use intake::{
    access::{self, Action},
    case::Stage,
    duplicate,
    ids::{CaseId, ReceiptNumber},
};

use super::{FlowError, content::OpenCase, same_person};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead},
        case_pair, case_person,
        staff::Staff,
    },
};

/// The most that are suggested.
const SUGGESTED: i64 = 20;

/// What a case may belong to, and what may belong to it.
#[derive(Default)]
pub struct Suggested {
    /// Filings that this one may follow instead.
    pub follows: Vec<CaseHead>,
    /// Filings that may follow this one, and are tied to another or to none. Never an EPDS.
    pub followers: Vec<CaseHead>,
}

/// What this member of staff may be told of; to whom a filing may not be shown it is not suggested.
///
/// # Errors
/// When the database fails.
pub(super) async fn suggested(
    portal: &Portal,
    connection: &mut Connection,
    staff: &Staff,
    open: &OpenCase<'_>,
) -> Result<Suggested, FlowError> {
    let head = &open.head;
    if !access::may_in(staff.roles, Action::TellApart, head.compartment) || is_over(head) {
        return Ok(Suggested::default());
    }
    let may_know = |one: &CaseHead| access::may_in(staff.roles, Action::ReadCase, one.compartment);
    let mut follows = candidates(portal, connection, open).await?;
    follows.retain(may_know);
    let mut followers = Vec::new();
    let forms = portal.catalog.all_newest();
    for form in forms.into_iter().filter(|form| form.follows.as_ref() == Some(&head.form_id)) {
        followers.extend(case_person::beside(connection, head.case_id, &form.id, SUGGESTED).await?);
    }
    followers.retain(|one| one.follows_case_id != Some(head.case_id) && may_know(one));
    Ok(Suggested { follows, followers })
}

fn is_over(head: &CaseHead) -> bool {
    matches!(head.stage, Stage::Declined | Stage::Withdrawn)
}

/// The standing filings that a case could follow: of the person whom its answers name, and those that stand beside the one
/// that it follows now.
async fn candidates(
    portal: &Portal,
    connection: &mut Connection,
    open: &OpenCase<'_>,
) -> Result<Vec<CaseHead>, FlowError> {
    let Some(form) = &open.form.follows else { return Ok(Vec::new()) };
    let mut found: BTreeMap<CaseId, CaseHead> = BTreeMap::new();
    for (trace, text) in duplicate::traces(open.form, open.complete()?.answers()) {
        // Made for this look only: of an EPDS no index is kept.
        let index = same_person::key(portal, trace, &text);
        let heads = case_person::find(connection, form, &index, SUGGESTED).await?;
        found.extend(heads.into_iter().map(|head| (head.case_id, head)));
    }
    if let Some(followed) = open.head.follows_case_id {
        for pair in case_pair::of_case(connection, followed).await? {
            let other = case::find_head(connection, pair.beside(followed)).await?;
            found.extend(other.filter(|other| !is_over(other)).map(|other| (other.case_id, other)));
        }
        found.remove(&followed);
    }
    Ok(found.into_values().collect())
}

/// Ties a case to the one that it follows.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case, the role may not, or the one is not suggested for the other;
/// [`FlowError::Changed`] when somebody changed it meanwhile.
pub async fn tie(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    version: i64,
    to: &ReceiptNumber,
) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::Tied).on(Subject::Case(head.case_id));
    let permit = access::permit(staff.staff_id, staff.roles, Action::TellApart, head.case_id, head.compartment);
    let Some(permit) = permit else {
        drop(tx);
        let refused = entry.refused().with("reason", "not_allowed");
        portal.database.write().await?.commit(Record::Deed(refused)).await?;
        return Err(FlowError::NotFound);
    };
    let (id, stage) = (head.case_id, head.stage);
    let open = super::content::open(portal, &mut tx, head, &permit).await?;
    let suggested = suggested(portal, &mut tx, staff, &open).await?;
    let follows = suggested.follows.into_iter().find(|one| one.receipt_number == *to).ok_or(FlowError::NotFound)?;
    if open.head.version != version || !case::tie(&mut tx, id, version, follows.case_id, now).await? {
        return Err(FlowError::Changed(stage));
    }
    Ok(tx.commit(Record::Deed(entry)).await?)
}
