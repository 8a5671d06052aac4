//! 「個人番号」 What the browser sealed, from the draft to the entry of a batch. Invariant: it is kept for every destination or for none;
//! the portal cannot open it; nobody of the office sees more than whether it is there; it is gone once the filing is in the
//! record, or has ended.

use handover::{DestinationPublic, number::SealedNumber};
use intake::{
    case::Stage,
    form::Form,
    ids::{AccountId, CaseId, DestinationId, FormId, ReceiptNumber},
    retention,
    time::Instant,
};

use super::{FlowError, draft as drafts, draft::Typist, filings};
use crate::{
    portal::Portal,
    seal::DataKey,
    store::{
        AuditEntry, Connection, Record, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        batch, case,
        draft::{self, Draft},
        sealed_number::{self, KeptNumber, NumberOwner, place},
    },
};

/// Whose number it is.
#[derive(Clone, Debug)]
pub enum Whose {
    /// It belongs to a draft.
    Draft(Typist, FormId),
    /// It belongs to a filing that was sent.
    Filing(AccountId, ReceiptNumber),
}

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: it is taken at the counter.
    No,
    /// For the present key of every destination.
    Sealed,
    /// For keys of which at least one has changed since: it counts as not there, and she is asked once more.
    ForOtherKeys,
}

/// What the page needs to know.
pub struct Asked<'portal> {
    /// The form.
    pub form: &'portal Form,
    /// What is there.
    pub kept: Kept,
    /// The public keys to seal it to; without one it can only be taken at the counter.
    pub recipients: Vec<String>,
}

/// The stages in which a parent may still give another number, or take it back: nobody has accepted the filing.
const fn is_open(stage: Stage) -> bool {
    match stage {
        Stage::Submitted | Stage::InReview | Stage::SentBack | Stage::VisitNeeded => true,
        Stage::Accepted
        | Stage::DeclineProposed
        | Stage::Declined
        | Stage::Confirmed
        | Stage::HandedOver
        | Stage::Held
        | Stage::Imported
        | Stage::Withdrawn => false,
    }
}

/// The present number key of every destination that is not disabled.
async fn present_keys(connection: &mut Connection) -> Result<Vec<(DestinationId, String)>, FlowError> {
    let mut keys = Vec::new();
    for one in batch::destinations(connection).await?.into_iter().filter(|one| one.disabled_at.is_none()) {
        let public = DestinationPublic::from_json(&one.public_json)?;
        keys.push((one.destination_id, public.number_recipient));
    }
    Ok(keys)
}

fn kept(rows: &[KeptNumber], keys: &[(DestinationId, String)]) -> Kept {
    let is_for = |row: &KeptNumber, (destination, recipient): &(DestinationId, String)| {
        row.destination_id == *destination && row.recipient == *recipient
    };
    match (rows, keys) {
        ([], _) => Kept::No,
        (_, []) => Kept::ForOtherKeys,
        _ if keys.iter().all(|key| rows.iter().any(|row| is_for(row, key))) => Kept::Sealed,
        _ => Kept::ForOtherKeys,
    }
}

/// Whether a number can be opened by any destination at all.
///
/// # Errors
/// When the database fails.
pub async fn can_be_sealed(portal: &Portal) -> Result<bool, FlowError> {
    Ok(!present_keys(&mut *portal.database.read().await?).await?.is_empty())
}

/// Where a number is kept, opened.
struct Keeper<'portal> {
    owner: NumberOwner,
    key: DataKey,
    form: &'portal Form,
    actor: Actor,
    subject: Subject,
    /// The stage that the case was found in.
    stage: Option<Stage>,
    /// The session's day of a draft does not begin anew with a number.
    is_kept: bool,
}

async fn keeper<'portal>(
    portal: &'portal Portal,
    connection: &mut Connection,
    whose: &Whose,
) -> Result<Keeper<'portal>, FlowError> {
    let keeper = match whose {
        Whose::Draft(typist, form) => {
            let stored = drafts::current(portal, connection, typist, form).await?.ok_or(FlowError::NotFound)?;
            Keeper {
                owner: NumberOwner::Draft(stored.draft_id),
                key: portal.seal.unwrap_key(&stored.wrapped_key)?,
                form: drafts::open(portal, &stored)?.form,
                actor: typist.actor(),
                subject: Subject::Draft(stored.draft_id),
                stage: None,
                is_kept: stored.session_hash.is_none(),
            }
        }
        Whose::Filing(account, number) => {
            let head = filings::own(connection, *account, number).await?;
            if !is_open(head.stage) {
                return Err(FlowError::Changed(head.stage));
            }
            let form = portal.form_of(&head).ok_or(FlowError::NotFound)?;
            let key = case::wrapped_key(connection, head.case_id).await?.ok_or(FlowError::NotFound)?;
            Keeper {
                owner: NumberOwner::Case(head.case_id),
                key: portal.seal.unwrap_key(&key)?,
                form,
                actor: Actor::Citizen(*account),
                subject: Subject::Case(head.case_id),
                stage: Some(head.stage),
                is_kept: false,
            }
        }
    };
    if portal.asks_number(keeper.form) { Ok(keeper) } else { Err(FlowError::NotFound) }
}

impl Keeper<'_> {
    /// Nobody ends the case while its number is written.
    async fn hold(&self, tx: &mut WriteTx, now: Instant) -> Result<(), FlowError> {
        match (self.owner, self.stage) {
            (NumberOwner::Case(id), Some(stage)) if !sealed_number::hold_case(tx, id, stage, now).await? => {
                Err(StoreError::Busy.into())
            }
            (NumberOwner::Draft(id), _) if self.is_kept => {
                Ok(draft::touch(tx, id, now, now.plus(retention::DRAFT)).await?)
            }
            (NumberOwner::Draft(_) | NumberOwner::Case(_), _) => Ok(()),
        }
    }

    fn entry(&self, now: Instant, deed: Deed) -> AuditEntry {
        AuditEntry::done(now, self.actor.clone(), deed).on(self.subject.clone())
    }
}

/// What is asked of her, and what is there.
///
/// # Errors
/// [`FlowError::NotFound`] where no number is asked for; [`FlowError::Changed`] once the filing was accepted.
pub async fn view<'portal>(portal: &'portal Portal, whose: &Whose) -> Result<Asked<'portal>, FlowError> {
    let mut tx = portal.database.read().await?;
    let keeper = keeper(portal, &mut tx, whose).await?;
    let keys = present_keys(&mut tx).await?;
    let kept = kept(&sealed_number::all_of(&mut tx, keeper.owner).await?, &keys);
    let recipients = keys.into_iter().map(|(_, recipient)| recipient).collect();
    Ok(Asked { form: keeper.form, kept, recipients })
}

/// What is there of a filing, for her and for the office; none where no number is asked for.
///
/// # Errors
/// When the database fails.
pub(crate) async fn of_case(
    portal: &Portal,
    connection: &mut Connection,
    head: &case::CaseHead,
) -> Result<Option<Kept>, FlowError> {
    if !portal.form_of(head).is_some_and(|form| portal.asks_number(form)) {
        return Ok(None);
    }
    let rows = sealed_number::all_of(connection, NumberOwner::Case(head.case_id)).await?;
    Ok(Some(kept(&rows, &present_keys(connection).await?)))
}

/// What a parent reads of the number of her filing, and whether she may change it; none where none is asked for.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers.
pub async fn of_filing(
    portal: &Portal,
    account: AccountId,
    number: &ReceiptNumber,
) -> Result<Option<(Kept, bool)>, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = filings::own(&mut tx, account, number).await?;
    Ok(of_case(portal, &mut tx, &head).await?.map(|kept| (kept, is_open(head.stage))))
}

/// Keeps what was sealed, in the place of what was there. False when it is not sealed to exactly the present keys, which may
/// have changed since the page was shown: then nothing is kept.
///
/// # Errors
/// See [`view`].
pub async fn keep(portal: &Portal, whose: &Whose, sealed: &[(String, SealedNumber)]) -> Result<bool, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let keeper = keeper(portal, &mut tx, whose).await?;
    let keys = present_keys(&mut tx).await?;
    if keys.is_empty() || sealed.len() != keys.len() {
        return Ok(false);
    }
    keeper.hold(&mut tx, now).await?;
    sealed_number::delete(&mut tx, keeper.owner).await?;
    for (destination_id, recipient) in keys {
        let Some((_, number)) = sealed.iter().find(|(to, _)| *to == recipient) else { return Ok(false) };
        let armor_sealed = keeper.key.seal(&place(keeper.owner, &destination_id), number.armor().as_bytes());
        let row = KeptNumber { destination_id, recipient, armor_sealed, kept_at: now };
        sealed_number::insert(&mut tx, keeper.owner, &row).await?;
    }
    tx.commit(Record::Deed(keeper.entry(now, Deed::NumberSealed))).await?;
    Ok(true)
}

/// Takes it back: it will be taken at the counter. Nothing happens when there is none.
///
/// # Errors
/// See [`view`].
pub async fn remove(portal: &Portal, whose: &Whose) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let keeper = keeper(portal, &mut tx, whose).await?;
    keeper.hold(&mut tx, now).await?;
    if sealed_number::delete(&mut tx, keeper.owner).await? == 0 {
        return Ok(());
    }
    Ok(tx.commit(Record::Deed(keeper.entry(now, Deed::NumberRemoved))).await?)
}

/// Seals what one owner has for another, with that one's key.
async fn give(
    tx: &mut WriteTx,
    (from, from_key): (NumberOwner, &DataKey),
    (to, to_key): (NumberOwner, &DataKey),
) -> Result<(), FlowError> {
    for row in sealed_number::all_of(tx, from).await? {
        let armor = from_key.open(&place(from, &row.destination_id), &row.armor_sealed)?;
        let armor_sealed = to_key.seal(&place(to, &row.destination_id), &armor);
        sealed_number::insert(tx, to, &KeptNumber { armor_sealed, ..row }).await?;
    }
    Ok(())
}

/// Gives the number of a draft to the case that it becomes; what is the draft's goes with it.
///
/// # Errors
/// When it does not open.
pub(crate) async fn become_case(
    tx: &mut WriteTx,
    stored: &Draft,
    from: &DataKey,
    (case, to): (CaseId, &DataKey),
) -> Result<(), FlowError> {
    give(tx, (NumberOwner::Draft(stored.draft_id), from), (NumberOwner::Case(case), to)).await
}

/// Of two drafts that become one the number that was given last is kept.
///
/// # Errors
/// When it does not open.
pub(crate) async fn join(
    portal: &Portal,
    tx: &mut WriteTx,
    of_browser: &Draft,
    of_account: &Draft,
) -> Result<(), FlowError> {
    let (from, to) = (NumberOwner::Draft(of_browser.draft_id), NumberOwner::Draft(of_account.draft_id));
    let newest = |rows: &[KeptNumber]| rows.iter().map(|row| row.kept_at).max();
    let here = newest(&sealed_number::all_of(tx, to).await?);
    if newest(&sealed_number::all_of(tx, from).await?) > here {
        let from_key = portal.seal.unwrap_key(&of_browser.wrapped_key)?;
        let to_key = portal.seal.unwrap_key(&of_account.wrapped_key)?;
        sealed_number::delete(tx, to).await?;
        give(tx, (from, &from_key), (to, &to_key)).await?;
    }
    Ok(())
}

/// What an entry for a destination bears of it.
pub(crate) enum ForEntry {
    /// There is none.
    No,
    /// The armor, which this destination can open.
    Armor(String),
    /// It was sealed to another key, or to other destinations: it is left to the counter.
    OtherKey,
}

impl ForEntry {
    /// A word for the audit log.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::No => "none",
            Self::Armor(_) => "sealed",
            Self::OtherKey => "other_key",
        }
    }
}

/// What the entry of a case bears for a destination.
///
/// # Errors
/// When it does not open.
pub(crate) async fn for_entry(
    portal: &Portal,
    connection: &mut Connection,
    (case, key): (&case::CaseHead, &DataKey),
    public: &DestinationPublic,
) -> Result<ForEntry, FlowError> {
    if !portal.form_of(case).is_some_and(|form| portal.asks_number(form)) {
        return Ok(ForEntry::No);
    }
    let owner = NumberOwner::Case(case.case_id);
    let rows = sealed_number::all_of(connection, owner).await?;
    let fits = |row: &&KeptNumber| row.destination_id == public.destination && row.recipient == public.number_recipient;
    match rows.iter().find(fits) {
        Some(row) => {
            let armor = key.open(&place(owner, &row.destination_id), &row.armor_sealed)?;
            let armor = String::from_utf8(armor.to_vec());
            Ok(ForEntry::Armor(armor.map_err(|_| StoreError::Corrupt("a number that is no armor".to_owned()))?))
        }
        None if rows.is_empty() => Ok(ForEntry::No),
        None => Ok(ForEntry::OtherKey),
    }
}

/// Erases the number of a case that is in the record or has ended; the entry of it.
///
/// # Errors
/// When the database fails.
pub(crate) async fn end_with_case(
    tx: &mut WriteTx,
    case: CaseId,
    stage: Stage,
    actor: Actor,
    now: Instant,
) -> Result<Option<AuditEntry>, FlowError> {
    if !matches!(stage, Stage::Imported | Stage::Declined | Stage::Withdrawn) {
        return Ok(None);
    }
    let were_there = sealed_number::delete(tx, NumberOwner::Case(case)).await? > 0;
    Ok(were_there.then(|| AuditEntry::done(now, actor, Deed::NumberErased).on(Subject::Case(case))))
}
