//! 「在席」 Pages of staff that stand open and hang on this server. Invariant: each is given the newest picture only, so that a slow one
//! keeps nothing waiting; one that is closed is forgotten by itself. It knows no database and no web.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use intake::{
    case::Stage,
    ids::{CaseId, PresenceId, ReceiptNumber, StaffId},
    time::Instant,
};
use tokio::sync::watch;

/// So many pages may one member of staff have open on a server: a browser has six connections to a server that speaks HTTP/1.1,
/// and pages in the background let theirs go.
const MOST_OF_ONE: usize = 12;

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The queue, or another page beside the cases.
    Queue,
    /// A case.
    Case(CaseId),
}

/// Somebody, as somebody else sees her.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Present {
    /// The name that colleagues read.
    pub name: String,
    /// Whether nothing was heard of her for some minutes.
    pub is_away: bool,
}

/// How it stands with what who looks has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The holder has until then.
    Waits(Instant),
    /// She keeps it.
    Kept,
}

/// A case in the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// Counts every change.
    pub version: i64,
    /// The stage.
    pub stage: Stage,
    /// Who holds it.
    pub holder: Option<String>,
    /// Who else has it open.
    pub present: Vec<Present>,
    /// What who looks has asked for.
    pub ask: Option<Ask>,
}

/// A case that who looks is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedOfMe {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// Who asks.
    pub by: String,
    /// Until when.
    pub until: Instant,
}

/// All that a page is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// The cases of which there is something to tell.
    pub cases: Vec<Seen>,
    /// The cases that who looks is asked for.
    pub asked: Vec<AskedOfMe>,
}

/// A page, as it is looked after.
#[derive(Clone, Copy, Debug)]
pub struct Watcher {
    /// Names it on this server.
    pub id: u64,
    /// The session that it belongs to.
    pub session: [u8; 32],
    /// Whose.
    pub staff: StaffId,
    /// What it is about.
    pub place: Place,
}

struct Open {
    watcher: Watcher,
    presence: Option<PresenceId>,
    to: watch::Sender<Picture>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    open: BTreeMap<u64, Open>,
    gone: Vec<PresenceId>,
    kept_at: Option<Instant>,
    is_stopped: bool,
}

/// The pages of this server.
pub struct Watchers {
    server: [u8; 16],
    inner: Mutex<Inner>,
}

/// A page's place; it is given back when this goes.
pub struct Seat {
    watchers: Arc<Watchers>,
    id: u64,
    from: watch::Receiver<Picture>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.watchers.end(self.id);
    }
}

impl Seat {
    /// The next picture; none when the page is to end.
    pub async fn next(&mut self) -> Option<Picture> {
        self.from.changed().await.ok()?;
        Some(self.from.borrow_and_update().clone())
    }
}

impl Watchers {
    /// None yet; `server` names this server among those on its database.
    #[must_use]
    pub fn new(server: [u8; 16]) -> Self {
        Self { server, inner: Mutex::default() }
    }

    /// The name of this server.
    #[must_use]
    pub const fn server(&self) -> &[u8; 16] {
        &self.server
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves nothing half done here.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a page its place; none when this person has too many, or the server stops.
    pub fn open(
        self: &Arc<Self>,
        session: [u8; 32],
        staff: StaffId,
        (place, presence): (Place, Option<PresenceId>),
    ) -> Option<Seat> {
        let mut inner = self.inner();
        let of_her = inner.open.values().filter(|open| open.watcher.staff == staff).count();
        if inner.is_stopped || of_her >= MOST_OF_ONE {
            return None;
        }
        inner.last += 1;
        let id = inner.last;
        let (to, from) = watch::channel(Picture::default());
        inner.open.insert(id, Open { watcher: Watcher { id, session, staff, place }, presence, to });
        Some(Seat { watchers: Arc::clone(self), id, from })
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<Watcher> {
        self.inner().open.values().map(|open| open.watcher).collect()
    }

    /// Shows a page a picture, if it is another one than before.
    pub fn show(&self, id: u64, picture: Picture) {
        if let Some(open) = self.inner().open.get(&id) {
            open.to.send_if_modified(|before| {
                let differs = *before != picture;
                *before = picture;
                differs
            });
        }
    }

    /// Ends a page.
    pub fn end(&self, id: u64) {
        let mut inner = self.inner();
        if let Some(open) = inner.open.remove(&id) {
            inner.gone.extend(open.presence);
        }
    }

    /// Ends all of them, and opens no other: the server stops.
    pub fn stop(&self) {
        let mut inner = self.inner();
        inner.is_stopped = true;
        inner.open.clear();
        inner.gone.clear();
    }

    /// The pages on cases that were closed since this was asked last.
    pub fn take_gone(&self) -> Vec<PresenceId> {
        mem::take(&mut self.inner().gone)
    }

    /// Whether it is time to keep once more that the pages stand open; `every` is in microseconds.
    pub fn is_to_be_kept(&self, now: Instant, every: i64) -> bool {
        let mut inner = self.inner();
        let is_due = inner.kept_at.is_none_or(|at| at.plus(every) <= now);
        let is_due = is_due && inner.open.values().any(|open| open.presence.is_some());
        if is_due {
            inner.kept_at = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[tokio::test]
    async fn a_page_hears_of_what_is_new_and_is_forgotten_when_it_is_closed() {
        let watchers = Arc::new(Watchers::new([1; 16]));
        let (me, presence) = (StaffId::from_random([2; 16]), PresenceId::from_random([3; 16]));
        let place = Place::Case(CaseId::from_random([4; 16]));
        let mut seat = watchers.open([0; 32], me, (place, Some(presence))).unwrap();
        let ask = AskedOfMe { number: ReceiptNumber::from_random([1; 9]), by: "窓口".to_owned(), until: Instant(1) };
        let picture = Picture { cases: Vec::new(), asked: vec![ask] };
        let id = watchers.all()[0].id;
        for _ in 0..2 {
            watchers.show(id, picture.clone());
        }
        assert_eq!(seat.next().await, Some(picture));
        drop(seat);
        assert!(watchers.all().is_empty());
        assert_eq!(watchers.take_gone(), [presence]);
        assert_eq!(watchers.take_gone(), []);
    }

    #[tokio::test]
    async fn one_person_has_so_many_pages_and_a_server_that_stops_ends_all() {
        let watchers = Arc::new(Watchers::new([1; 16]));
        let open = |number| watchers.open([0; 32], StaffId::from_random([number; 16]), (Place::Queue, None));
        let mut seats: Vec<Seat> = (0..MOST_OF_ONE).map(|_| open(1).unwrap()).collect();
        assert!(open(1).is_none());
        assert!(open(2).is_some(), "another person has her own");
        watchers.stop();
        assert_eq!(seats[0].next().await, None);
        assert!(open(2).is_none());
    }
}
