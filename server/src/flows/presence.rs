//! 「在席」 Who has which case open, and who holds it, told to the pages of staff that stand open. Invariant: one task of each server asks
//! the database, however many pages there are; a page is told of what its member of staff may know of, as of now; with the session
//! the page ends.

use std::collections::{BTreeMap, BTreeSet};

use intake::{
    access::{self, Action},
    form::Compartment,
    ids::{CaseId, PresenceId, ReceiptNumber, StaffId},
    retention::{PRESENCE, TAKE_OVER_ANSWER, TAKE_OVER_IDLE},
    time::{HOUR, Instant, MINUTE},
};

use super::{
    FlowError, random,
    staff_sessions::goes_on,
    staff_sign_in::SignedInStaff,
    take_over::{self, Standing},
};
use crate::{
    portal::Portal,
    store::{
        Connection, Record, Upkeep,
        case::{self, CaseHead},
        presence::{self as store, News},
        session,
        staff::{self, Staff},
        take_over::{self as wishes, Asked},
    },
    watchers::{Ask, AskedOfMe, Picture, Place, Present, Seat, Seen, Watcher},
};

/// So often it is kept that pages stand open.
const KEEP_EVERY: i64 = PRESENCE / 3;
/// For so long every server has time to hear of a change.
const NEWS: i64 = MINUTE / 2;
/// What was asked for longer ago is no news on a page.
const ASKED_LATELY: i64 = HOUR;

/// Gives a page of the queue, or of a case, its place; none when this person has too many open, or the server stops.
///
/// # Errors
/// [`FlowError::NotFound`] when she sees no queue, or may not read the case.
pub async fn watch(
    portal: &Portal,
    who: &SignedInStaff,
    number: Option<&ReceiptNumber>,
) -> Result<Option<Seat>, FlowError> {
    let SignedInStaff { staff, session } = who;
    let place = match number {
        None if access::may(staff.roles, Action::SeeQueue) => (Place::Queue, None),
        None => return Err(FlowError::NotFound),
        Some(number) => {
            let head = case::find_by_receipt_number(&mut *portal.database.read().await?, number).await?;
            let head = head.filter(|head| may_know(staff, head.compartment, head.holder));
            let case = head.ok_or(FlowError::NotFound)?.case_id;
            (Place::Case(case), Some(PresenceId::from_random(random())))
        }
    };
    let Some(seat) = portal.watchers.open(session.session_hash, staff.staff_id, place) else { return Ok(None) };
    if let (Place::Case(case), Some(id)) = place {
        let mut tx = portal.database.write().await?;
        let server = portal.watchers.server();
        store::open(&mut tx, id, server, (staff.staff_id, case), portal.clock.now()).await?;
        tx.commit(Record::Upkeep(Upkeep::PresenceKept)).await?;
    }
    // Nobody waits for the next turn to see what there is.
    tell(portal).await?;
    Ok(Some(seat))
}

/// Whether a case exists to a member of staff, in this hand.
fn may_know(staff: &Staff, compartment: Compartment, holder: Option<StaffId>) -> bool {
    access::may_with((staff.staff_id, staff.roles), Action::ReadCase, compartment, holder)
}

/// Keeps which pages stand open, and tells each what is new.
///
/// # Errors
/// When the database fails.
pub async fn tell(portal: &Portal) -> Result<(), FlowError> {
    keep(portal).await?;
    let watchers = portal.watchers.all();
    if watchers.is_empty() {
        return Ok(());
    }
    let seen = Snapshot::take(portal).await?;
    for watcher in watchers {
        match seen.staff.get(&watcher.staff).filter(|_| seen.sessions.contains(&watcher.session)) {
            Some(staff) => portal.watchers.show(watcher.id, seen.picture(staff, &watcher)),
            None => portal.watchers.end(watcher.id),
        }
    }
    Ok(())
}

/// Ends every page of this server, and leaves nothing of it behind.
///
/// # Errors
/// When the database fails.
pub async fn stop(portal: &Portal) -> Result<(), FlowError> {
    portal.watchers.stop();
    let mut tx = portal.database.write().await?;
    store::close_server(&mut tx, portal.watchers.server()).await?;
    Ok(tx.commit(Record::Upkeep(Upkeep::PresenceKept)).await?)
}

/// Keeps at once that a page was closed, so that the other servers hear of it at their next turn.
///
/// # Errors
/// When the database fails.
pub async fn leave(portal: &Portal) -> Result<(), FlowError> {
    keep(portal).await
}

async fn keep(portal: &Portal) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let (gone, is_due) = (portal.watchers.take_gone(), portal.watchers.is_to_be_kept(now, KEEP_EVERY));
    if gone.is_empty() && !is_due {
        return Ok(());
    }
    let mut tx = portal.database.write().await?;
    for id in gone {
        store::close(&mut tx, id).await?;
    }
    store::keep(&mut tx, portal.watchers.server(), now).await?;
    Ok(tx.commit(Record::Upkeep(Upkeep::PresenceKept)).await?)
}

/// What a page of a case says of people, without script too.
pub struct Desks {
    /// Who else has it open.
    pub present: Vec<Present>,
    /// How it stands with a wish to have it.
    pub standing: Standing,
    /// The name of who asks who looks for it, and until when.
    pub asked_by: Option<(String, Instant)>,
}

/// See [`Desks`].
///
/// # Errors
/// When the database fails.
pub(super) async fn desks(
    portal: &Portal,
    connection: &mut Connection,
    staff: &Staff,
    head: &CaseHead,
    people: &BTreeMap<StaffId, String>,
) -> Result<Desks, FlowError> {
    let now = portal.clock.now();
    let awake = store::heard_of_since(connection, now.plus(-TAKE_OVER_IDLE)).await?;
    let there = store::present(connection, now.plus(-PRESENCE)).await?;
    let others = there.iter().filter(|one| one.case_id == head.case_id && one.staff_id != staff.staff_id);
    let others: BTreeSet<Present> = others
        .filter_map(|one| {
            Some(Present { name: people.get(&one.staff_id)?.clone(), is_away: !awake.contains(&one.staff_id) })
        })
        .collect();
    let standing = take_over::standing(connection, staff, head).await?;
    let asked_by = standing.of_me.and_then(|(by, until)| Some((people.get(&by)?.clone(), until)));
    Ok(Desks { present: others.into_iter().collect(), standing, asked_by })
}

/// What the database holds at one moment.
struct Snapshot {
    sessions: BTreeSet<[u8; 32]>,
    staff: BTreeMap<StaffId, Staff>,
    awake: BTreeSet<StaffId>,
    present: Vec<store::Present>,
    news: Vec<News>,
    asked: Vec<Asked>,
}

impl Snapshot {
    async fn take(portal: &Portal) -> Result<Self, FlowError> {
        let now = portal.clock.now();
        let mut tx = portal.database.read().await?;
        let sessions = session::of_all_staff(&mut tx).await?.into_iter().filter(|session| goes_on(session, now));
        let sessions = sessions.map(|session| session.session_hash).collect();
        let staff = staff::list(&mut tx).await?.into_iter().filter(|member| member.is_valid_at(now));
        let with_epds = portal.config.contractor_epds;
        let staff = staff.map(|member| {
            let roles = member.roles.with_contractor_epds(with_epds);
            (member.staff_id, Staff { roles, ..member })
        });
        let staff = staff.collect();
        let awake = store::heard_of_since(&mut tx, now.plus(-TAKE_OVER_IDLE)).await?.into_iter().collect();
        let present = store::present(&mut tx, now.plus(-PRESENCE)).await?;
        let news = store::news(&mut tx, now.plus(-NEWS)).await?;
        let asked = wishes::all(&mut tx, now.plus(-ASKED_LATELY)).await?;
        Ok(Self { sessions, staff, awake, present, news, asked })
    }

    fn name(&self, id: StaffId) -> Option<String> {
        self.staff.get(&id).map(|member| member.display_name.clone())
    }

    fn picture(&self, staff: &Staff, watcher: &Watcher) -> Picture {
        let is_of_page = |case: CaseId| match watcher.place {
            Place::Queue => true,
            Place::Case(own) => own == case,
        };
        let me = staff.staff_id;
        let mut cases: BTreeMap<CaseId, Seen> = BTreeMap::new();
        let there = self.present.iter().map(|one| News {
            case_id: one.case_id,
            receipt_number: one.receipt_number.clone(),
            compartment: one.compartment,
            stage: one.stage,
            holder: one.holder,
            version: one.version,
        });
        for one in there.chain(self.news.iter().cloned()) {
            if may_know(staff, one.compartment, one.holder) && is_of_page(one.case_id) {
                cases.entry(one.case_id).or_insert_with(|| Seen {
                    holder: one.holder.and_then(|holder| self.name(holder)),
                    present: self.others(one.case_id, me),
                    ask: self.ask(one.case_id, me),
                    number: one.receipt_number,
                    version: one.version,
                    stage: one.stage,
                });
            }
        }
        let of_me = self.asked.iter().filter(|ask| ask.holder == me && ask.kept_at.is_none());
        let asked = of_me.filter(|ask| may_know(staff, ask.compartment, Some(ask.holder))).filter_map(|ask| {
            let until = ask.asked_at.plus(TAKE_OVER_ANSWER);
            Some(AskedOfMe { number: ask.receipt_number.clone(), by: self.name(ask.asked_by)?, until })
        });
        Picture { cases: cases.into_values().collect(), asked: asked.collect() }
    }

    fn others(&self, case: CaseId, me: StaffId) -> Vec<Present> {
        let others = self.present.iter().filter(|one| one.case_id == case && one.staff_id != me);
        let others: BTreeSet<Present> = others
            .filter_map(|one| {
                Some(Present { name: self.name(one.staff_id)?, is_away: !self.awake.contains(&one.staff_id) })
            })
            .collect();
        others.into_iter().collect()
    }

    fn ask(&self, case: CaseId, me: StaffId) -> Option<Ask> {
        let own = self.asked.iter().find(|ask| ask.case_id == case && ask.asked_by == me)?;
        Some(if own.kept_at.is_some() { Ask::Kept } else { Ask::Waits(own.asked_at.plus(TAKE_OVER_ANSWER)) })
    }
}
