//! 「外部記録媒体」 Batches that are carried. Invariant: a batch is written only for a carriage that one person asked for and another
//! approved, on a registered medium, by a registered terminal that proves itself; it stands in the ledger before it can be read
//! under its name. (特定個人情報保護評価書 III 3, 6.)

use std::collections::BTreeMap;

use handover::{BatchFiles, Jwk, Written};
use intake::{
    access::{self, Action},
    ids::{CarriageId, CarrierId, DestinationId, StaffId},
    media::{Encryption, Kind, State, Step, label},
    time::{Instant, MINUTE},
};

use super::{FlowError, import_job, queue, random};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        batch,
        media::{self, Carriage, Carrier},
        staff::{self, Staff},
    },
};

/// For so long after signing in somebody may say the second yes: whoever sits down at an open desk may not.
const FRESH: i64 = 15 * MINUTE;
/// So many lines of the ledger are shown.
const SHOWN: i64 = 500;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A name or a serial number that cannot be kept.
    #[error("a name or a serial number is missing, or too long")]
    Label,
    /// Not the public key of a terminal.
    #[error("this is not the public key of a terminal")]
    Key,
    /// There is one with this name, serial number or key.
    #[error("there is one with this name, serial number or key already")]
    Taken,
    /// It is not registered, not approved, or retired.
    #[error("the medium or the terminal is not approved, or was retired")]
    NotInUse,
    /// The medium carries something else, or has not been erased since.
    #[error("the medium is asked for, out, or not erased yet")]
    MediumBusy,
    /// There is no such batch.
    #[error("there is no such batch")]
    NoBatch,
    /// Its encrypted files were deleted when it was settled.
    #[error("the batch is settled; its encrypted files are deleted")]
    Settled,
    /// The second yes must be another person's.
    #[error("another person must approve it")]
    SamePerson,
    /// The second yes is said soon after signing in.
    #[error("sign in again first")]
    NotFresh,
    /// How it stands does not allow it.
    #[error("this cannot be done while the carriage is {0}, or its approval is over")]
    NotNow(State),
    /// The terminal's proof does not hold.
    #[error("this is not the terminal that was approved: {0}")]
    Terminal(handover::Error),
    /// Something failed.
    #[error(transparent)]
    Flow(FlowError),
}

impl From<FlowError> for MediaError {
    fn from(error: FlowError) -> Self {
        Self::Flow(error)
    }
}

impl From<StoreError> for MediaError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

impl MediaError {
    /// The stable name, for the sentence that people read; none of what is no fault of theirs.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Label => "label",
            Self::Key => "key",
            Self::Taken => "taken",
            Self::NotInUse => "not-in-use",
            Self::MediumBusy => "medium-busy",
            Self::NoBatch => "no-batch",
            Self::Settled => "settled",
            Self::SamePerson => "same-person",
            Self::NotFresh => "not-fresh",
            Self::NotNow(_) => "not-now",
            Self::Terminal(_) => "terminal",
            Self::Flow(_) => return None,
        })
    }
}

/// What somebody may see.
pub struct Overview {
    /// Media and terminals.
    pub carriers: Vec<Carrier>,
    /// The ledger, newest first.
    pub carriages: Vec<Carriage>,
    /// The names that colleagues read.
    pub people: BTreeMap<StaffId, String>,
    /// The back offices, and the newest batch of each.
    pub destinations: Vec<(DestinationId, i64)>,
    /// Whether who asks may ask for a carriage and register.
    pub may_carry: bool,
    /// Whether who asks may say the second yes.
    pub may_approve: bool,
}

fn needs(staff: &Staff, action: Action) -> Result<(), FlowError> {
    if access::may(staff.roles, action) { Ok(()) } else { Err(FlowError::NotFound) }
}

/// Whether somebody may carry batches at all.
///
/// # Errors
/// [`FlowError::NotFound`] when the role may not.
pub fn may_carry(staff: &Staff) -> Result<(), FlowError> {
    needs(staff, Action::CarryBatches)
}

/// Media, terminals and the ledger.
///
/// # Errors
/// [`FlowError::NotFound`] for who may neither carry nor approve.
pub async fn view(portal: &Portal, asking: &Staff) -> Result<Overview, FlowError> {
    let may = |action| access::may(asking.roles, action);
    let (may_carry, may_approve) = (may(Action::CarryBatches), may(Action::ApproveCarriage));
    if !may_carry && !may_approve {
        return Err(FlowError::NotFound);
    }
    let mut tx = portal.database.read().await?;
    let (carriers, carriages) = (media::carriers(&mut tx).await?, media::carriages(&mut tx, SHOWN).await?);
    let people = queue::names(&mut tx).await?;
    let mut destinations = Vec::new();
    for one in batch::destinations(&mut tx).await?.into_iter().filter(|one| one.disabled_at.is_none()) {
        let newest = batch::latest(&mut tx, &one.destination_id).await?.map_or(0, |newest| newest.seq);
        destinations.push((one.destination_id, newest));
    }
    drop(tx);
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(asking.staff_id), Deed::MediaViewed);
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    Ok(Overview { carriers, carriages, people, destinations, may_carry, may_approve })
}

/// What is to be registered.
pub enum NewCarrier<'a> {
    /// A medium by its serial number, and how it encrypts by itself.
    Medium(&'a str, Encryption),
    /// A terminal by its public key, as `madoguchi handover terminal-key` printed it.
    Terminal(&'a str),
}

/// Registers a medium or a terminal; it is used after another person's yes.
///
/// # Errors
/// [`FlowError::NotFound`] when the role may not; [`MediaError::Label`], [`MediaError::Key`], [`MediaError::Taken`].
pub async fn register(portal: &Portal, staff: &Staff, name: &str, new: NewCarrier<'_>) -> Result<(), MediaError> {
    needs(staff, Action::CarryBatches)?;
    let (kind, mark, detail) = match new {
        NewCarrier::Medium(serial, encryption) => {
            (Kind::Medium, label(serial).ok_or(MediaError::Label)?, encryption.as_str().to_owned())
        }
        NewCarrier::Terminal(document) => {
            let jwk: Jwk = serde_json::from_str(document.trim()).map_err(|_| MediaError::Key)?;
            jwk.check().map_err(|_| MediaError::Key)?;
            let detail = serde_json::to_string(&jwk).map_err(FlowError::from)?;
            (Kind::Terminal, jwk.kid, detail)
        }
    };
    let now = portal.clock.now();
    let carrier = Carrier {
        carrier_id: CarrierId::from_random(random()),
        kind,
        label: label(name).ok_or(MediaError::Label)?,
        mark,
        detail,
        proposed_by: staff.staff_id,
        proposed_at: now,
        approved_by: None,
        approved_at: None,
        retired_at: None,
    };
    let mut tx = portal.database.write().await?;
    match media::insert_carrier(&mut tx, &carrier).await {
        Err(StoreError::Duplicate) => return Err(MediaError::Taken),
        other => other?,
    }
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::CarrierProposed);
    let entry = entry.on(Subject::Carrier(carrier.carrier_id)).with("kind", kind.as_str());
    Ok(tx.commit(Record::Deed(entry)).await?)
}

/// Says the second yes to a medium or a terminal, soon after signing in at `signed_in_at`.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none or the role may not; [`MediaError::NotFresh`], [`MediaError::SamePerson`],
/// [`MediaError::NotInUse`] when it was retired.
pub async fn approve_carrier(
    portal: &Portal,
    staff: &Staff,
    signed_in_at: Option<Instant>,
    id: CarrierId,
) -> Result<(), MediaError> {
    needs(staff, Action::ApproveCarriage)?;
    let now = portal.clock.now();
    fresh(signed_in_at, now)?;
    let mut tx = portal.database.write().await?;
    let found = media::find_carrier(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::CarrierApproved).on(Subject::Carrier(id));
    if !is_another(&mut tx, staff, found.proposed_by).await? {
        tx.commit(Record::Deed(entry.refused().with("reason", "needs_another_person"))).await?;
        return Err(MediaError::SamePerson);
    }
    if found.retired_at.is_some() {
        return Err(MediaError::NotInUse);
    }
    if media::approve_carrier(&mut tx, id, staff.staff_id, now).await? {
        tx.commit(Record::Deed(entry)).await?;
    }
    Ok(())
}

/// Takes a medium or a terminal out of use. What it carries still comes back.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none or the role may not.
pub async fn retire_carrier(portal: &Portal, staff: &Staff, id: CarrierId) -> Result<(), MediaError> {
    needs(staff, Action::CarryBatches)?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    media::find_carrier(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    if media::retire_carrier(&mut tx, id, staff.staff_id, now).await? {
        let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::CarrierRetired);
        tx.commit(Record::Deed(entry.on(Subject::Carrier(id)))).await?;
    }
    Ok(())
}

/// Asks for a batch to be carried.
///
/// # Errors
/// [`FlowError::NotFound`] when the role may not; [`MediaError::NoBatch`], [`MediaError::Settled`], [`MediaError::NotInUse`],
/// [`MediaError::MediumBusy`].
pub async fn propose(
    portal: &Portal,
    staff: &Staff,
    (destination, seq): (&DestinationId, i64),
    (medium, terminal): (CarrierId, CarrierId),
) -> Result<CarriageId, MediaError> {
    needs(staff, Action::CarryBatches)?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let found = batch::find(&mut tx, destination, seq).await?.ok_or(MediaError::NoBatch)?;
    if found.settled_at.is_some() {
        return Err(MediaError::Settled);
    }
    in_use(&mut tx, medium, Kind::Medium).await?;
    in_use(&mut tx, terminal, Kind::Terminal).await?;
    let id = CarriageId::from_random(random());
    let carriage = Carriage {
        carriage_id: id,
        destination_id: destination.clone(),
        seq,
        manifest_sha256: found.manifest_sha256,
        medium_id: medium,
        terminal_id: terminal,
        proposed_by: staff.staff_id,
        proposed_at: now,
        approved_by: None,
        approved_at: None,
        out_at: None,
        back_by: None,
        back_at: None,
        wiped_by: None,
        wiped_at: None,
        dropped_by: None,
        dropped_at: None,
    };
    match media::insert_carriage(&mut tx, &carriage).await {
        Err(StoreError::Duplicate) => return Err(MediaError::MediumBusy),
        other => other?,
    }
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::CarriageProposed);
    tx.commit(Record::Deed(entry.on(Subject::Carriage(id)))).await?;
    Ok(id)
}

/// Does the next step of a carriage; writing it is [`prepare`] and [`write`].
///
/// # Errors
/// [`FlowError::NotFound`] when there is none or the role may not; [`MediaError::NotNow`], and of an approval
/// [`MediaError::NotFresh`] and [`MediaError::SamePerson`].
pub async fn step(
    portal: &Portal,
    staff: &Staff,
    signed_in_at: Option<Instant>,
    id: CarriageId,
    step: Step,
) -> Result<(), MediaError> {
    let (action, deed) = match step {
        Step::Approve => (Action::ApproveCarriage, Deed::CarriageApproved),
        Step::Return => (Action::CarryBatches, Deed::CarriageReturned),
        Step::Wipe => (Action::CarryBatches, Deed::CarriageWiped),
        Step::Drop => (Action::CarryBatches, Deed::CarriageDropped),
        Step::Write => return Err(FlowError::NotFound.into()),
    };
    needs(staff, action)?;
    let (now, by) = (portal.clock.now(), staff.staff_id);
    let mut tx = portal.database.write().await?;
    let found = media::find_carriage(&mut tx, id).await?.ok_or(FlowError::NotFound)?;
    let entry = AuditEntry::done(now, Actor::Staff(by), deed).on(Subject::Carriage(id));
    if step == Step::Approve {
        fresh(signed_in_at, now)?;
        if !is_another(&mut tx, staff, found.proposed_by).await? {
            tx.commit(Record::Deed(entry.refused().with("reason", "needs_another_person"))).await?;
            return Err(MediaError::SamePerson);
        }
    }
    let state = found.times().state();
    if !found.times().allows(step, now) {
        return Err(MediaError::NotNow(state));
    }
    let done = match step {
        Step::Approve => media::approve(&mut tx, id, by, now).await?,
        Step::Return => media::give_back(&mut tx, id, by, now).await?,
        Step::Wipe => media::wipe(&mut tx, id, by, now).await?,
        Step::Drop => media::drop_carriage(&mut tx, id, by, now).await?,
        Step::Write => false,
    };
    if !done {
        return Err(MediaError::NotNow(state));
    }
    Ok(tx.commit(Record::Deed(entry)).await?)
}

/// A batch that may be written now, and by whom.
pub struct Prepared {
    /// Its line of the ledger.
    pub carriage: Carriage,
    /// The terminal that may write it.
    pub terminal: Jwk,
    /// What is written, byte for byte what an import job would fetch.
    pub files: BatchFiles,
}

/// What an approved carriage is to write.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none; [`MediaError::NotNow`], [`MediaError::NotInUse`], [`MediaError::Settled`].
pub async fn prepare(portal: &Portal, id: CarriageId) -> Result<Prepared, MediaError> {
    let mut tx = portal.database.write().await?;
    let (carriage, terminal) = to_be_written(portal, &mut tx, id).await?;
    drop(tx);
    let files = match import_job::carried(portal, &carriage.destination_id, carriage.seq).await {
        Err(FlowError::NotFound) => return Err(MediaError::Settled),
        other => other?,
    };
    Ok(Prepared { carriage, terminal, files })
}

/// Notes that a terminal has written it, with its proof; before the batch gets its name on the medium. Once more after a cut
/// nothing is noted twice.
///
/// # Errors
/// As [`prepare`]; [`MediaError::Terminal`] when the proof does not hold.
pub async fn write(portal: &Portal, id: CarriageId, proof: &[u8]) -> Result<(), MediaError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let (carriage, terminal) = to_be_written(portal, &mut tx, id).await?;
    let entry = AuditEntry::done(now, Actor::Operator, Deed::Exported).on(Subject::Carriage(id));
    let said = match Written::read(proof, &terminal) {
        Ok(said) if said.carriage == id && said.manifest_sha256 == carriage.manifest_sha256 => Ok(()),
        Ok(_) => Err(handover::Error::WrongAudience),
        Err(error) => Err(error),
    };
    if let Err(error) = said {
        tx.commit(Record::Deed(entry.refused().with("reason", "terminal"))).await?;
        return Err(MediaError::Terminal(error));
    }
    media::write(&mut tx, id, proof, now).await?;
    let batch = Subject::Batch(carriage.destination_id, carriage.seq);
    let of_batch = AuditEntry::done(now, Actor::Operator, Deed::Exported).on(batch);
    Ok(tx.commit_all(vec![entry, of_batch]).await?)
}

async fn to_be_written(portal: &Portal, tx: &mut WriteTx, id: CarriageId) -> Result<(Carriage, Jwk), MediaError> {
    let carriage = media::find_carriage(tx, id).await?.ok_or(FlowError::NotFound)?;
    if !carriage.times().allows(Step::Write, portal.clock.now()) {
        return Err(MediaError::NotNow(carriage.times().state()));
    }
    in_use(tx, carriage.medium_id, Kind::Medium).await?;
    let terminal = in_use(tx, carriage.terminal_id, Kind::Terminal).await?;
    let jwk = serde_json::from_str(&terminal.detail).map_err(FlowError::from)?;
    Ok((carriage, jwk))
}

async fn in_use(tx: &mut WriteTx, id: CarrierId, kind: Kind) -> Result<Carrier, MediaError> {
    let found = media::find_carrier(tx, id).await?.filter(|found| found.kind == kind && found.is_in_use());
    found.ok_or(MediaError::NotInUse)
}

fn fresh(signed_in_at: Option<Instant>, now: Instant) -> Result<(), MediaError> {
    let is_fresh = signed_in_at.is_some_and(|at| now < at.plus(FRESH));
    if is_fresh { Ok(()) } else { Err(MediaError::NotFresh) }
}

async fn is_another(tx: &mut WriteTx, staff: &Staff, first: StaffId) -> Result<bool, FlowError> {
    Ok(staff::find(tx, first).await?.is_some_and(|first| staff.is_another_person(&first)))
}
