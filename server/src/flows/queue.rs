//! 「受付一覧」 The queue of staff. Invariant: names are opened for the page that is shown only, and each page shown is an
//! audit entry.

use std::{collections::BTreeMap, fmt, str::FromStr};

use intake::{
    access::{self, Action, Permit},
    flags::{self, Flag},
    form::{Compartment, Form, PersonFact},
    ids::{CaseId, NotAnId, StaffId},
    queue::{Attention, Holder, TimeLeft, View, time_left},
    time::{CivilDate, Instant},
};

pub use intake::queue::Tab;

use super::{
    FlowError,
    content::{self, OpenCase},
    decide::works_on,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, StoreError, Upkeep,
        audit::{Actor, Deed},
        case::CaseHead,
        case_content, case_pair,
        queue::{self, Counts, Place, QueueFilter},
        staff::{self, Staff},
    },
};

/// The last row of a page: the next one begins after it. In an address it is `<place in the order>-<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(Place);

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, case) = self.0;
        write!(f, "{place}-{case}")
    }
}

impl FromStr for Mark {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (place, id) = text.rsplit_once('-').ok_or(NotAnId)?;
        Ok(Self((place.parse().map_err(|_| NotAnId)?, id.parse()?)))
    }
}

/// A row of the queue.
pub struct QueueRow {
    /// What may be seen without opening.
    pub head: CaseHead,
    /// 「氏名」 None once the content is erased.
    pub name: Option<String>,
    /// 「フリガナ」
    pub kana: Option<String>,
    /// 「確認が必要な項目」
    pub flags: Vec<Flag>,
    /// 「同じ方・重複の可能性」 Whether a person is to say something of it beside another.
    pub pair_is_open: bool,
    /// Who holds it.
    pub holder: Option<String>,
    /// 「処理期限」 How much time is left.
    pub time_left: TimeLeft,
}

/// Somebody whom cases can be given to, or who has had some.
pub struct Colleague {
    /// Her id.
    pub id: StaffId,
    /// The name that colleagues read.
    pub name: String,
    /// Whether cases can be given to her now.
    pub works: bool,
}

/// A page of the queue.
pub struct QueuePage {
    /// Each tab with how many are in it.
    pub counts: Vec<(Tab, i64)>,
    /// The rows, in the view's order.
    pub rows: Vec<QueueRow>,
    /// Where the next page begins.
    pub next: Option<Mark>,
    /// Everybody who works on cases, or did.
    pub colleagues: Vec<Colleague>,
}

/// The first instant of a day in Japan.
fn start_of(day: CivilDate) -> Instant {
    day.minute_in_japan(0)
}

/// A page of a view, which is kept as what this person looked at last.
///
/// # Errors
/// [`FlowError::NotFound`] when the role sees no queue.
pub async fn page(portal: &Portal, staff: &Staff, view: &View, after: Option<Mark>) -> Result<QueuePage, FlowError> {
    if !access::may(staff.roles, Action::SeeQueue) {
        return Err(FlowError::NotFound);
    }
    let mut tx = portal.database.read().await?;
    let compartments = access::compartments(staff.roles, Action::SeeQueue);
    let attention: Vec<Attention> = view.tab.attention().into_iter().chain(view.attention).collect();
    let holder = view.holder.map(|holder| match holder {
        Holder::Me => Some(staff.staff_id),
        Holder::Nobody => None,
        Holder::Person(person) => Some(person),
    });
    let length = view.length.rows();
    let filter = QueueFilter {
        compartments: &compartments,
        stages: view.tab.stages(),
        attention: &attention,
        form: view.form.as_ref(),
        channel: view.channel,
        holder: if view.tab == Tab::Mine { Some(Some(staff.staff_id)) } else { holder },
        from: view.from.map(start_of),
        before: view.to.map(|day| start_of(day.plus_days(1))),
        sort: view.sort,
        after: after.map(|mark| mark.0),
        limit: i64::try_from(length + 1).unwrap_or(i64::MAX),
    };
    let mut heads = queue::page(&mut tx, &filter).await?;
    let has_more = heads.len() > length;
    heads.truncate(length);
    let next = heads.last().filter(|_| has_more).map(|head| Mark(queue::place_of(head, view.sort)));
    let members = staff::list(&mut tx).await?;
    let rows = rows(portal, &mut tx, staff, heads, &members).await?;
    let counts = counts(&queue::counts(&mut tx, &compartments, staff.staff_id).await?, staff.staff_id);
    let colleagues = colleagues(&members, &compartments, portal.clock.now());
    let last = queue::last_view(&mut tx, staff.staff_id).await?;
    drop(tx);

    let now = portal.clock.now();
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::QueueViewed);
    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut tx = portal.database.write().await?;
    let address = view.to_string();
    if last.as_deref() != Some(&address) {
        queue::keep_view(&mut tx, staff.staff_id, &address, now).await?;
    }
    tx.commit(Record::Deed(entry.with("tab", view.tab.as_str()).with("rows", shown))).await?;
    Ok(QueuePage { counts, rows, next, colleagues })
}

/// What this person looked at last, if it is something else than the queue as it is.
///
/// # Errors
/// When the database fails.
pub async fn last_view(portal: &Portal, staff: &Staff) -> Result<Option<View>, FlowError> {
    let last = queue::last_view(&mut *portal.database.read_once().await?, staff.staff_id).await?;
    let read = |last: String| View::parse(last.split('&').filter_map(|pair| pair.split_once('='))).ok();
    Ok(last.and_then(read).filter(|view| *view != View::default()))
}

/// The newest version of each form of which somebody may know.
#[must_use]
pub fn forms<'portal>(portal: &'portal Portal, staff: &Staff) -> Vec<&'portal Form> {
    let compartments = access::compartments(staff.roles, Action::SeeQueue);
    portal.catalog.all_newest().into_iter().filter(|form| compartments.contains(&form.compartment)).collect()
}

/// The names that colleagues read, by id.
pub(super) async fn names(connection: &mut Connection) -> Result<BTreeMap<StaffId, String>, FlowError> {
    let people = staff::list(connection).await?;
    Ok(people.into_iter().map(|member| (member.staff_id, member.display_name)).collect())
}

fn colleagues(members: &[Staff], compartments: &[Compartment], now: Instant) -> Vec<Colleague> {
    let may = |member: &&Staff| compartments.iter().any(|one| access::can_hold(member.roles, *one));
    let colleague = |member: &Staff| Colleague {
        id: member.staff_id,
        name: member.display_name.clone(),
        works: compartments.iter().any(|compartment| works_on(member, *compartment, now)),
    };
    members.iter().filter(may).map(colleague).collect()
}

/// Rows of these cases, opened, for a list that is shown.
pub(super) async fn rows(
    portal: &Portal,
    connection: &mut Connection,
    staff: &Staff,
    heads: Vec<CaseHead>,
    members: &[Staff],
) -> Result<Vec<QueueRow>, FlowError> {
    let people: BTreeMap<StaffId, &str> =
        members.iter().map(|member| (member.staff_id, member.display_name.as_str())).collect();
    let permit = |head: &CaseHead| {
        access::permit(staff.staff_id, staff.roles, Action::SeeQueue, head.case_id, head.compartment)
            .ok_or(FlowError::NotFound)
    };
    let permits: Vec<Permit> = heads.iter().map(permit).collect::<Result<_, _>>()?;
    let mut contents = case_content::of_cases(connection, &permits).await?;
    let cases: Vec<CaseId> = heads.iter().map(|head| head.case_id).collect();
    let pairs = case_pair::open_among(connection, &cases).await?;
    let row = |head: CaseHead| {
        let holder = head.holder.and_then(|holder| people.get(&holder).map(|name| (*name).to_owned()));
        let time_left = time_left(head.stage, head.due_at, portal.clock.now(), &portal.closing_days);
        let pair_is_open = pairs.contains(&head.case_id);
        let content = contents.remove(&head.case_id);
        let closed =
            QueueRow { head: head.clone(), name: None, kana: None, flags: Vec::new(), pair_is_open, holder, time_left };
        match content {
            Some(content) => open_row(closed, &content::opened(portal, head, content)?),
            None => Ok(closed),
        }
    };
    heads.into_iter().map(row).collect()
}

/// A row with what can be read of an open case.
fn open_row(closed: QueueRow, open: &OpenCase<'_>) -> Result<QueueRow, FlowError> {
    let complete = open.complete()?;
    let answers = complete.answers();
    let fact = |fact| {
        let field = open.form.person_field(fact)?;
        answers.text(&field.id).map(str::to_owned)
    };
    let raised = flags::flags(open.form, answers, open.head.filed_at.date_in_japan());
    let flags = raised.into_iter().map(|raised| raised.flag).collect();
    Ok(QueueRow { name: fact(PersonFact::Name), kana: fact(PersonFact::NameKana), flags, ..closed })
}

fn counts(kept: &Counts, staff: StaffId) -> Vec<(Tab, i64)> {
    let of_tab = |tab: Tab| match (tab, tab.attention()) {
        (Tab::Mine, _) => kept.of_holder(staff),
        (_, Some(attention)) => kept.of_attention(attention),
        (_, None) => tab.stages().iter().map(|stage| kept.of_stage(*stage)).sum(),
    };
    Tab::ALL.iter().map(|tab| (*tab, of_tab(*tab))).collect()
}

/// How many changes are added up in one transaction, so that nobody waits long for it.
const FOLDED_AT_ONCE: i64 = 1000;

/// Adds what has changed to the counts; how many changes.
///
/// # Errors
/// When the database fails.
pub async fn fold_counts(portal: &Portal) -> Result<usize, StoreError> {
    let mut folded = 0;
    while queue::has_changed(&mut *portal.database.read_once().await?).await? {
        let mut tx = portal.database.write().await?;
        folded += queue::fold(&mut tx, portal.clock.now(), FOLDED_AT_ONCE).await?;
        tx.commit(Record::Upkeep(Upkeep::CountersKept)).await?;
    }
    Ok(folded)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use intake::ids::CaseId;

    use super::*;

    #[test]
    fn a_mark_is_read_back() {
        for place in [0, -5, i64::MAX] {
            let mark = Mark((place, CaseId::from_random([7; 16])));
            assert_eq!(mark.to_string().parse::<Mark>().unwrap(), mark);
        }
        assert!("x".parse::<Mark>().is_err());
    }
}
