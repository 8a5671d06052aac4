//! 「職員のメモ」 What staff write for each other on a case. Invariant: a parent never reads it and no back office gets it; one press is one
//! note, and a note stays as it is; what is typed and not written yet is a draft that nothing else is put over.

use std::collections::BTreeMap;

use intake::{
    access::{self, Action, Permit},
    ids::{CaseId, NoteId, ReceiptNumber, StaffId},
    note::{self as rules, NoNote},
    time::Instant,
};

use super::{FlowError, message::Press, random};
use crate::{
    portal::Portal,
    seal::DataKey,
    store::{
        AuditEntry, Connection, Record, StoreError, Upkeep, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead},
        message::hold,
        note::{self as store, Draft, NewNote},
        staff::Staff,
    },
};

const PRESS: &str = "note press";

/// A note, opened.
pub struct Shown {
    /// The name of who wrote it.
    pub by: String,
    /// The name of who had begun it, when that was somebody else.
    pub drafted_by: Option<String>,
    /// The text.
    pub text: String,
    /// When.
    pub written_at: Instant,
}

/// What somebody has typed and not written yet, opened.
pub struct ShownDraft {
    /// Who typed it.
    pub written_by: StaffId,
    /// Her name.
    pub name: String,
    /// The text.
    pub text: String,
    /// When it was saved last; it names this saving.
    pub saved_at: Instant,
}

/// The notes of a case for one member of staff.
pub struct Notes {
    /// Oldest first.
    pub all: Vec<Shown>,
    /// What she has typed herself.
    pub draft: Option<ShownDraft>,
    /// What came along with the case from those who held it before.
    pub inherited: Vec<ShownDraft>,
}

/// The notes of a case, opened with its key.
///
/// # Errors
/// When one of them does not open.
pub(crate) async fn of_case(
    connection: &mut Connection,
    key: &DataKey,
    permit: &Permit,
    reader: StaffId,
    people: &BTreeMap<StaffId, String>,
) -> Result<Notes, FlowError> {
    let case = permit.case();
    let name = |id: StaffId| people.get(&id).cloned().unwrap_or_default();
    let mut all = Vec::new();
    for note in store::of_case(connection, permit).await? {
        let text = open(key, &store::place(case, note.note_id), &note.text_sealed)?;
        let drafted_by = note.drafted_by.map(name);
        all.push(Shown { by: name(note.staff_id), drafted_by, text, written_at: note.written_at });
    }
    let (mut draft, mut inherited) = (None, Vec::new());
    for kept in store::drafts(connection, permit, reader).await? {
        let Draft { written_by, text_sealed, saved_at } = kept;
        let text = open(key, &store::draft_place(case, written_by), &text_sealed)?;
        let shown = ShownDraft { written_by, name: name(written_by), text, saved_at };
        if written_by == reader { draft = Some(shown) } else { inherited.push(shown) }
    }
    Ok(Notes { all, draft, inherited })
}

fn open(key: &DataKey, place: &str, sealed: &[u8]) -> Result<String, FlowError> {
    let plain = key.open(place, sealed)?;
    let corrupt = || FlowError::Store(StoreError::Corrupt("a note that is not text".to_owned()));
    String::from_utf8(plain.to_vec()).map_err(|_| corrupt())
}

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is kept, from this press or from an earlier one.
    Kept,
    /// It is no note.
    Not(NoNote),
}

/// A draft as a page was shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftOf {
    /// Who typed it.
    pub written_by: StaffId,
    /// When it was saved.
    pub saved_at: Instant,
}

/// A case that is held for writing, with its key.
struct Held {
    tx: WriteTx,
    head: CaseHead,
    permit: Permit,
    key: DataKey,
}

impl Held {
    fn case(&self) -> CaseId {
        self.head.case_id
    }

    fn entry(&self, portal: &Portal, staff: &Staff, deed: Deed) -> AuditEntry {
        AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), deed).on(Subject::Case(self.case()))
    }
}

async fn held(portal: &Portal, staff: &Staff, number: &ReceiptNumber, deed: Deed) -> Result<Held, FlowError> {
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let permit = access::permit(staff.staff_id, staff.roles, Action::WriteNote, head.case_id, head.compartment);
    let Some(permit) = permit else {
        drop(tx);
        let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), deed).refused();
        let entry = entry.on(Subject::Case(head.case_id)).with("reason", "not_allowed");
        portal.database.write().await?.commit(Record::Deed(entry)).await?;
        return Err(FlowError::NotFound);
    };
    let changed = || FlowError::Changed(head.stage);
    if !hold(&mut tx, head.case_id).await? {
        return Err(changed());
    }
    let wrapped = case::wrapped_key(&mut tx, head.case_id).await?.ok_or_else(changed)?;
    let key = portal.seal.unwrap_key(&wrapped)?;
    Ok(Held { tx, head, permit, key })
}

/// Keeps a note, and ends the draft that it was, if that is still as the page was shown it.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case or the role may not; [`FlowError::Changed`] once its content is erased.
pub async fn write(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    press: &Press<'_>,
    draft: Option<DraftOf>,
) -> Result<Written, FlowError> {
    let text = match rules::text(press.typed) {
        Ok(text) => text,
        Err(not) => return Ok(Written::Not(not)),
    };
    let mut held = held(portal, staff, number, Deed::NoteWritten).await?;
    let (case, me) = (held.case(), staff.staff_id);
    // The text is in it: a page gone back to, with another text, is another note.
    let press_mac = portal.seal.index_key(PRESS, &format!("{case}/{me}/{}/{text}", press.token));
    if store::was_pressed(&mut held.tx, case, &press_mac).await? {
        return Ok(Written::Kept);
    }
    let note_id = NoteId::from_random(random());
    let new = NewNote {
        note_id,
        case_id: case,
        staff_id: me,
        drafted_by: draft.map(|draft| draft.written_by).filter(|by| *by != me),
        text_sealed: &held.key.seal(&store::place(case, note_id), text.as_bytes()),
        press_mac: &press_mac,
        written_at: portal.clock.now(),
    };
    store::insert(&mut held.tx, &new).await?;
    if let Some(DraftOf { written_by, saved_at }) = draft {
        store::delete_draft(&mut held.tx, case, me, written_by, saved_at).await?;
    }
    let entry = held.entry(portal, staff, Deed::NoteWritten);
    held.tx.commit(Record::Deed(entry)).await?;
    Ok(Written::Kept)
}

/// What becomes of text that was typed beside a draft that another page has saved meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing is saved: the page keeps it and says so.
    Leave,
    /// It is put below the other: a page without script has no other place for it.
    Join,
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is kept; none when nothing was left of it.
    Kept(Option<Instant>),
    /// Another page has saved another text meanwhile.
    Elsewhere,
}

/// Keeps what somebody has typed so far. `since` names the saving that the page knows.
///
/// # Errors
/// See [`write`].
pub async fn save_draft(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    typed: &str,
    since: Option<Instant>,
    beside: Beside,
) -> Result<Saved, FlowError> {
    let mut held = held(portal, staff, number, Deed::NoteDraftKept).await?;
    let (case, me) = (held.case(), staff.staff_id);
    let place = store::draft_place(case, me);
    let found = store::drafts(&mut held.tx, &held.permit, me).await?.into_iter().find(|draft| draft.written_by == me);
    let before = match &found {
        Some(draft) => Some(open(&held.key, &place, &draft.text_sealed)?),
        None => None,
    };
    let mut text = rules::draft(typed);
    if before.as_ref() == Some(&text) {
        return Ok(Saved::Kept(found.map(|draft| draft.saved_at)));
    }
    let other = before.filter(|_| found.as_ref().map(|draft| draft.saved_at) != since);
    match (other, beside) {
        (Some(_), Beside::Leave) => return Ok(Saved::Elsewhere),
        (Some(_), Beside::Join) if text.trim().is_empty() => return Ok(Saved::Kept(found.map(|draft| draft.saved_at))),
        (Some(other), Beside::Join) => text = format!("{other}\n\n{text}"),
        (None, _) => {}
    }
    if text.trim().is_empty() {
        if let Some(draft) = found {
            store::delete_draft(&mut held.tx, case, me, me, draft.saved_at).await?;
            let entry = held.entry(portal, staff, Deed::NoteDraftDiscarded);
            held.tx.commit(Record::Deed(entry)).await?;
        }
        return Ok(Saved::Kept(None));
    }
    let now = portal.clock.now();
    // Each saving has a name of its own, also two of one instant.
    let saved_at = found.as_ref().map_or(now, |draft| now.max(draft.saved_at.plus(1)));
    let text_sealed = held.key.seal(&place, text.as_bytes());
    store::put_draft(&mut held.tx, case, me, &Draft { written_by: me, text_sealed, saved_at }).await?;
    let record = match found {
        None => Record::Deed(held.entry(portal, staff, Deed::NoteDraftKept)),
        Some(_) => Record::Upkeep(Upkeep::NoteDraftKeptAgain),
    };
    held.tx.commit(record).await?;
    Ok(Saved::Kept(Some(saved_at)))
}

/// Throws a draft away as the page was shown it; one that was saved anew meanwhile stays.
///
/// # Errors
/// See [`write`].
pub async fn discard(portal: &Portal, staff: &Staff, number: &ReceiptNumber, draft: DraftOf) -> Result<(), FlowError> {
    let mut held = held(portal, staff, number, Deed::NoteDraftDiscarded).await?;
    let (case, DraftOf { written_by, saved_at }) = (held.case(), draft);
    if store::delete_draft(&mut held.tx, case, staff.staff_id, written_by, saved_at).await? {
        let entry = held.entry(portal, staff, Deed::NoteDraftDiscarded);
        held.tx.commit(Record::Deed(entry)).await?;
    }
    Ok(())
}

/// 「引継ぎ」 Lets who takes a case over have what the holder has typed and not written, under the holder's name. The holder keeps
/// hers: her page may stand open, and what she types on is hers.
///
/// # Errors
/// When the database fails.
pub(super) async fn pass_on(
    portal: &Portal,
    tx: &mut WriteTx,
    permit: &Permit,
    from: StaffId,
    to: StaffId,
) -> Result<(), FlowError> {
    let id = permit.case();
    let wrapped = case::wrapped_key(tx, id).await?.ok_or(FlowError::NotFound)?;
    let key = portal.seal.unwrap_key(&wrapped)?;
    let had = store::drafts(tx, permit, to).await?;
    for draft in store::drafts(tx, permit, from).await? {
        let before = had.iter().find(|one| one.written_by == draft.written_by);
        // What was hers before comes back to her, and is there already.
        if draft.written_by == to || before.is_some_and(|before| before.saved_at == draft.saved_at) {
            continue;
        }
        let place = store::draft_place(id, draft.written_by);
        let mut text = open(&key, &place, &draft.text_sealed)?;
        if let Some(before) = before {
            // From an earlier turn, and perhaps of something else: it stays above what was typed since.
            let earlier = open(&key, &place, &before.text_sealed)?;
            if !text.starts_with(&earlier) {
                text = format!("{earlier}\n\n{text}");
            }
        }
        let text_sealed = key.seal(&place, text.as_bytes());
        store::put_draft(tx, id, to, &Draft { text_sealed, ..draft }).await?;
    }
    Ok(())
}
