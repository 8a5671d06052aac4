#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「外部記録媒体」 A batch leaves on a medium only when one person asked, another approved, and the registered terminal wrote it.

use std::sync::Arc;

use handover::{Algorithm, SigningKey, Written};
use intake::{
    access::{Role, Roles},
    ids::{CarriageId, CarrierId},
    media::{APPROVAL_LASTS, Encryption, Kind, State, Step},
};
use server::{
    flows::{
        FlowError,
        media::{self, MediaError, NewCarrier},
        staff_sign_in::SignedInStaff,
    },
    portal::Portal,
};

use crate::support::{
    back_office::{BackOffice, carried, deeds, kenko, seal},
    filing::file,
    portal::portals,
    review::{confirm, two_clerks},
    staff::at_work,
};

/// Who asks, who approves, and a medium and a terminal in use.
struct Office {
    asks: SignedInStaff,
    approves: SignedInStaff,
    medium: CarrierId,
    terminal: CarrierId,
    key: SigningKey,
    back: BackOffice,
}

async fn register(portal: &Portal, who: &SignedInStaff, name: &str, new: NewCarrier<'_>) -> Result<(), MediaError> {
    media::register(portal, &who.staff, name, new).await
}

async fn carrier(portal: &Portal, who: &SignedInStaff, kind: Kind) -> CarrierId {
    let all = media::view(portal, &who.staff).await.unwrap().carriers;
    all.iter().find(|one| one.kind == kind).unwrap().carrier_id
}

async fn office(portal: &Portal) -> Office {
    let back = BackOffice::of(portal).await;
    let clerks = two_clerks(portal).await;
    let (_, number) = file(portal, 1).await;
    confirm(portal, &clerks, &number).await;
    seal(portal).await.unwrap();
    let asks = at_work(portal, "system", "S-1", Role::SystemManager).await;
    let approves = at_work(portal, "second", "S-2", Roles::CLERK).await;
    let key = SigningKey::generate(Algorithm::Es256);
    register(portal, &asks, "媒体1", NewCarrier::Medium("SN-1", Encryption::Hardware)).await.unwrap();
    let public = serde_json::to_string(key.jwk()).unwrap();
    register(portal, &asks, "端末1", NewCarrier::Terminal(&public)).await.unwrap();
    let (medium, terminal) = (carrier(portal, &asks, Kind::Medium).await, carrier(portal, &asks, Kind::Terminal).await);
    Office { asks, approves, medium, terminal, key, back }
}

impl Office {
    async fn approve_carriers(&self, portal: &Portal) {
        for id in [self.medium, self.terminal] {
            let fresh = self.approves.session.step_up_at;
            media::approve_carrier(portal, &self.approves.staff, fresh, id).await.unwrap();
        }
    }

    async fn propose(&self, portal: &Portal) -> Result<CarriageId, MediaError> {
        media::propose(portal, &self.asks.staff, (&kenko(), 1), (self.medium, self.terminal)).await
    }

    async fn step(&self, portal: &Portal, who: &SignedInStaff, id: CarriageId, step: Step) -> Result<(), MediaError> {
        media::step(portal, &who.staff, who.session.step_up_at, id, step).await
    }

    async fn write(&self, portal: &Portal, id: CarriageId, key: &SigningKey) -> Result<(), MediaError> {
        let prepared = media::prepare(portal, id).await?;
        let manifest_sha256 = prepared.carriage.manifest_sha256;
        let written = Written { v: 1, carriage: id, manifest_sha256, at: portal.clock.now() };
        media::write(portal, id, &written.sign(key)).await
    }

    async fn state(&self, portal: &Portal, id: CarriageId) -> State {
        let all = media::view(portal, &self.asks.staff).await.unwrap().carriages;
        all.iter().find(|one| one.carriage_id == id).unwrap().times().state()
    }
}

#[tokio::test]
async fn a_batch_is_carried_as_it_would_be_fetched_and_the_ledger_knows_every_step() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = office(portal).await;
        assert!(matches!(office.propose(portal).await, Err(MediaError::NotInUse)), "nothing is approved yet");
        office.approve_carriers(portal).await;
        let id = office.propose(portal).await.unwrap();
        assert!(matches!(office.write(portal, id, &office.key).await, Err(MediaError::NotNow(State::Proposed))));
        let alone = office.step(portal, &office.asks, id, Step::Approve).await;
        assert!(matches!(alone, Err(MediaError::SamePerson | MediaError::Flow(FlowError::NotFound))));
        office.step(portal, &office.approves, id, Step::Approve).await.unwrap();

        let stranger = SigningKey::generate(Algorithm::Es256);
        assert!(matches!(office.write(portal, id, &stranger).await, Err(MediaError::Terminal(_))));
        assert_eq!(office.state(portal, id).await, State::Approved);
        let files = media::prepare(portal, id).await.unwrap().files;
        office.write(portal, id, &office.key).await.unwrap();
        office.write(portal, id, &office.key).await.unwrap();
        assert_eq!(office.state(portal, id).await, State::Out);
        let fetched = carried(portal, 1).await;
        assert!(files.iter().eq(fetched.iter()), "byte for byte what a job fetches");
        assert_eq!(office.back.read(&files).entries.len(), 1);

        assert!(matches!(office.step(portal, &office.asks, id, Step::Wipe).await, Err(MediaError::NotNow(State::Out))));
        assert!(matches!(office.step(portal, &office.asks, id, Step::Drop).await, Err(MediaError::NotNow(State::Out))));
        assert!(matches!(office.propose(portal).await, Err(MediaError::MediumBusy)), "it is still out");
        office.step(portal, &office.asks, id, Step::Return).await.unwrap();
        assert!(matches!(office.write(portal, id, &office.key).await, Err(MediaError::NotNow(State::Back))));
        assert!(matches!(office.propose(portal).await, Err(MediaError::MediumBusy)), "it is not erased");
        office.step(portal, &office.asks, id, Step::Wipe).await.unwrap();
        office.propose(portal).await.unwrap();
        let said = deeds(portal).await;
        for deed in ["carriage_proposed", "carriage_approved", "exported", "carriage_returned", "carriage_wiped"] {
            assert!(said.iter().any(|one| one == deed), "{deed} is in the audit log");
        }
    }
}

#[tokio::test]
async fn an_approval_ends_after_a_day_and_is_said_soon_after_signing_in() {
    for one in portals().await {
        let portal = &one.portal;
        let office = office(portal).await;
        office.approve_carriers(portal).await;
        let id = office.propose(portal).await.unwrap();
        office.step(portal, &office.approves, id, Step::Approve).await.unwrap();
        portal.clock.advance(APPROVAL_LASTS);
        assert!(matches!(office.write(portal, id, &office.key).await, Err(MediaError::NotNow(State::Approved))));
        office.step(portal, &office.asks, id, Step::Drop).await.unwrap();
        let id = office.propose(portal).await.unwrap();
        let late = office.step(portal, &office.approves, id, Step::Approve).await;
        assert!(matches!(late, Err(MediaError::NotFresh)), "the session is a day old");
    }
}

#[tokio::test]
async fn one_person_with_two_accounts_is_one_person_and_who_has_no_right_finds_nothing() {
    for one in portals().await {
        let portal = &one.portal;
        let office = office(portal).await;
        let twice = at_work(portal, "system-2", "S-1", Role::SystemManager).await;
        let alone = media::approve_carrier(portal, &twice.staff, twice.session.step_up_at, office.medium).await;
        assert!(matches!(alone, Err(MediaError::SamePerson)));
        office.approve_carriers(portal).await;
        let id = office.propose(portal).await.unwrap();
        assert!(matches!(office.step(portal, &twice, id, Step::Approve).await, Err(MediaError::SamePerson)));
        // Who works cases says the second yes only.
        let own = media::propose(portal, &office.approves.staff, (&kenko(), 1), (office.medium, office.terminal)).await;
        assert!(matches!(own, Err(MediaError::Flow(FlowError::NotFound))));
        let auditor = at_work(portal, "auditor", "S-3", Role::Auditor).await;
        assert!(matches!(media::view(portal, &auditor.staff).await, Err(FlowError::NotFound)));
    }
}

#[tokio::test]
async fn what_is_retired_or_not_there_carries_nothing() {
    for one in portals().await {
        let portal = &one.portal;
        let office = office(portal).await;
        office.approve_carriers(portal).await;
        let id = office.propose(portal).await.unwrap();
        office.step(portal, &office.approves, id, Step::Approve).await.unwrap();
        media::retire_carrier(portal, &office.asks.staff, office.terminal).await.unwrap();
        assert!(matches!(office.write(portal, id, &office.key).await, Err(MediaError::NotInUse)));
        let other = media::propose(portal, &office.asks.staff, (&kenko(), 7), (office.medium, office.terminal)).await;
        assert!(matches!(other, Err(MediaError::NoBatch)));
        let swapped = media::propose(portal, &office.asks.staff, (&kenko(), 1), (office.terminal, office.medium)).await;
        assert!(matches!(swapped, Err(MediaError::NotInUse)));
        let taken = register(portal, &office.asks, "媒体1", NewCarrier::Medium("SN-2", Encryption::Software)).await;
        assert!(matches!(taken, Err(MediaError::Taken)));
        let no_key = register(portal, &office.asks, "端末2", NewCarrier::Terminal("{}")).await;
        assert!(matches!(no_key, Err(MediaError::Key)));
        let nameless = register(portal, &office.asks, "  ", NewCarrier::Medium("SN-3", Encryption::Software)).await;
        assert!(matches!(nameless, Err(MediaError::Label)));
    }
}

#[tokio::test]
async fn a_medium_that_many_ask_for_at_once_carries_one_batch() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let office = office(&portal).await;
        office.approve_carriers(&portal).await;
        let mut asked = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (portal, staff) = (Arc::clone(&portal), office.asks.staff.clone());
            let carriers = (office.medium, office.terminal);
            asked.spawn(async move { media::propose(&portal, &staff, (&kenko(), 1), carriers).await });
        }
        let asked = asked.join_all().await;
        assert_eq!(asked.iter().filter(|one| one.is_ok()).count(), 1);
        assert!(asked.iter().all(|one| matches!(one, Ok(_) | Err(MediaError::MediumBusy))));
    }
}
