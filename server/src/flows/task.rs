//! 「確認の仕事」 What staff look after. Invariant: a task is seen, taken and done only by who may know of its case and has the role
//! that is told; to everybody else it is not there. What the answers came to is read from the case, and stands nowhere else.

use std::str::FromStr;

use intake::{
    access::{self, Action, Role},
    answers::Answers,
    epds::{LookAt, Score, Urgency},
    form::{Compartment, Form, PersonFact},
    ids::{CaseId, NotAnId, ReceiptNumber, StaffId, TaskId},
    message::{NoMessage, text},
    task::TaskKind,
    time::{DAY, HOUR, Instant},
};

use super::{
    FlowError,
    content::{self, ShownPack},
    deadline::OF_EPDS,
    queue, random,
};
use crate::{
    portal::Portal,
    seal::DataKey,
    store::{
        AuditEntry, Connection, Record, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead},
        staff::{self, Staff},
        task::{self, Duty, NewTask, Task},
    },
};

/// A tab of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// 「自分の担当」
    Mine,
    /// 「未完了」
    #[default]
    Open,
    /// 「完了」
    Done,
}

impl Tab {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Mine, Self::Open, Self::Done];

    /// The name in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Open => "open",
            Self::Done => "done",
        }
    }
}

impl FromStr for Tab {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|tab| tab.as_str() == text).ok_or(NotAnId)
    }
}

/// Why there is a task, as the case says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// 「期限超過」
    Overdue,
    /// 「EPDS」 The two numbers; no total where an item was left out.
    Scores {
        /// 「合計点」
        total: Option<u32>,
        /// 「項目10」
        item10: Option<u32>,
    },
    /// What the case held is erased.
    Erased,
}

/// A task as it is shown.
pub struct TaskRow {
    /// The task.
    pub task: Task,
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// 「氏名」 None once the content is erased.
    pub name: Option<String>,
    /// Why.
    pub reason: Reason,
    /// Whose it is, by the name that colleagues read.
    pub owner: Option<String>,
    /// What was done, and by whom.
    pub done: Option<(String, String)>,
}

/// The page of a member of staff.
pub struct TaskPage {
    /// The rows of the tab.
    pub rows: Vec<TaskRow>,
    /// 「当番」 Who is on duty, and until when; none where this is not her affair.
    pub duty: Option<Vec<(StaffId, String, Instant)>>,
}

/// What became of a word that was given for what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It is kept; the first word counts.
    Yes,
    /// It is none.
    Not(NoMessage),
}

/// The longest that somebody is on duty without saying so again, in hours.
pub const LONGEST_DUTY: u32 = 24;
const MOST: i64 = 200;

pub(super) fn has(staff: &Staff, role: Role) -> bool {
    staff.roles.iter().any(|own| own == role)
}

/// Whether she may know of it.
fn is_hers(staff: &Staff, task: &Task) -> bool {
    let told = task.for_role.parse::<Role>().is_ok_and(|role| has(staff, role));
    told && access::may_in(staff.roles, Action::SeeTasks, task.compartment)
}

pub(super) fn sees_epds(staff: &Staff) -> bool {
    has(staff, OF_EPDS) && access::may_in(staff.roles, Action::SeeTasks, Compartment::Epds)
}

/// 「EPDS」 Opens a task in the transaction of a submission, where the answers ask for it by the rules of their text pack.
pub(super) async fn open_for_epds(
    portal: &Portal,
    tx: &mut WriteTx,
    case_id: CaseId,
    (form, answers): (&Form, &Answers),
    shown: Option<&ShownPack>,
) -> Result<(), FlowError> {
    let Some(score) = Score::of(form, answers) else { return Ok(()) };
    let pack = shown.and_then(|shown| portal.text_packs.by_sha256(&shown.sha256));
    let look_at = pack.map_or_else(LookAt::default, |pack| pack.look_at);
    let Some(urgency) = look_at.urgency(&score) else { return Ok(()) };
    let opened_at = portal.clock.now();
    let (take_by, due_at) = match urgency {
        // By the clock, not by working days: nights and holidays count.
        Urgency::AtOnce => {
            let hours = i64::from(portal.config.epds_urgent_hours) * HOUR;
            (opened_at.plus(hours / 2), opened_at.plus(hours))
        }
        Urgency::Soon => {
            let due_at = portal.deadlines().due(opened_at, DAY);
            (due_at, due_at)
        }
    };
    let new = NewTask {
        task_id: TaskId::from_random(random()),
        case_id,
        compartment: form.compartment,
        kind: TaskKind::Epds,
        for_role: OF_EPDS.as_str(),
        owner: on_duty(tx, opened_at).await?.first().map(|(duty, _)| duty.staff_id),
        opened_at,
        take_by,
        due_at,
    };
    Ok(task::insert(tx, &new).await?)
}

/// 「当番」 The public health nurses on duty who may act now; who began last comes first.
pub(super) async fn on_duty(connection: &mut Connection, now: Instant) -> Result<Vec<(Duty, Staff)>, FlowError> {
    let mut all = Vec::new();
    for duty in task::on_duty(connection, now).await? {
        let found = staff::find(connection, duty.staff_id).await?;
        all.extend(found.filter(|found| found.is_valid_at(now) && sees_epds(found)).map(|found| (duty, found)));
    }
    Ok(all)
}

/// How many tasks of the EPDS are open, for the line on every page of those who may know; none for everybody else.
///
/// # Errors
/// When the database fails.
pub async fn waiting(portal: &Portal, staff: &Staff) -> Result<i64, FlowError> {
    if !sees_epds(staff) {
        return Ok(0);
    }
    Ok(task::count_open(&mut *portal.database.read().await?, Compartment::Epds).await?)
}

/// Whether mail tells her of tasks at once.
#[must_use]
pub fn is_told(staff: &Staff) -> bool {
    sees_epds(staff)
}

/// The tasks of a tab.
///
/// # Errors
/// [`FlowError::NotFound`] when the role has none.
pub async fn page(portal: &Portal, staff: &Staff, tab: Tab) -> Result<TaskPage, FlowError> {
    if !access::may(staff.roles, Action::SeeTasks) {
        return Err(FlowError::NotFound);
    }
    let now = portal.clock.now();
    let compartments = access::compartments(staff.roles, Action::SeeTasks);
    let mut tx = portal.database.read().await?;
    let mut tasks = match tab {
        Tab::Done => task::done(&mut tx, &compartments, MOST).await?,
        Tab::Mine | Tab::Open => task::open(&mut tx, &compartments, MOST).await?,
    };
    tasks.retain(|task| is_hers(staff, task) && (tab != Tab::Mine || task.owner_id == Some(staff.staff_id)));
    let people = queue::names(&mut tx).await?;
    let name = |id: Option<StaffId>| id.and_then(|id| people.get(&id).cloned());
    let mut rows = Vec::with_capacity(tasks.len());
    for task in tasks {
        let head = case::find_head(&mut tx, task.case_id).await?.ok_or(FlowError::NotFound)?;
        let (owner, done_by) = (name(task.owner_id), name(task.done_by));
        rows.push(row(portal, &mut tx, staff, (head, task), (owner, done_by)).await?);
    }
    let duty = if sees_epds(staff) {
        let all = on_duty(&mut tx, now).await?.into_iter();
        Some(all.map(|(duty, who)| (duty.staff_id, who.display_name, duty.until)).collect())
    } else {
        None
    };
    drop(tx);
    // How many there are is not said: it would tell of what was filed.
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::TasksViewed);
    portal.database.write().await?.commit(Record::Deed(entry.with("tab", tab.as_str()))).await?;
    Ok(TaskPage { rows, duty })
}

async fn row(
    portal: &Portal,
    connection: &mut Connection,
    staff: &Staff,
    (head, task): (CaseHead, Task),
    (owner, done_by): (Option<String>, Option<String>),
) -> Result<TaskRow, FlowError> {
    let number = head.receipt_number.clone();
    let permit = access::permit(staff.staff_id, staff.roles, Action::SeeTasks, head.case_id, head.compartment);
    let permit = permit.ok_or(FlowError::NotFound)?;
    let open = match content::open(portal, connection, head, &permit).await {
        Ok(open) => open,
        Err(FlowError::NotFound) => {
            return Ok(TaskRow { task, number, name: None, reason: Reason::Erased, owner, done: None });
        }
        Err(error) => return Err(error),
    };
    let complete = open.complete()?;
    let reason = match (task.kind, Score::of(open.form, complete.answers())) {
        (TaskKind::Epds, Some(score)) => Reason::Scores { total: score.total(), item10: score.item10() },
        (TaskKind::Epds, None) | (TaskKind::Overdue, _) => Reason::Overdue,
    };
    let name = open.form.person_field(PersonFact::Name).and_then(|field| complete.answers().text(&field.id));
    let name = name.map(str::to_owned);
    let done = match &task.done_sealed {
        None => None,
        Some(sealed) => Some((done_by.unwrap_or_default(), opened(&open.key, task.task_id, sealed)?)),
    };
    Ok(TaskRow { task, number, name, reason, owner, done })
}

fn opened(key: &DataKey, task: TaskId, sealed: &[u8]) -> Result<String, FlowError> {
    let plain = key.open(&task::place(task), sealed)?;
    let text = String::from_utf8(plain.to_vec());
    text.map_err(|_| FlowError::Store(StoreError::Corrupt("what was done is no text".to_owned())))
}

async fn hers(connection: &mut Connection, staff: &Staff, id: TaskId) -> Result<Task, FlowError> {
    let found = task::find(connection, id).await?;
    found.filter(|task| is_hers(staff, task)).ok_or(FlowError::NotFound)
}

/// Takes a task in hand, also from a colleague. One that is done stays as it is.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none for who asks.
pub async fn take(portal: &Portal, staff: &Staff, id: TaskId) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let task = hers(&mut tx, staff, id).await?;
    if task::take(&mut tx, id, staff.staff_id, now).await? {
        let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::TaskTaken);
        tx.commit(Record::Deed(entry.on(Subject::Case(task.case_id)))).await?;
    }
    Ok(())
}

/// Keeps what was done about a task; whoever was first counts.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none for who asks, or its case is erased.
pub async fn finish(portal: &Portal, staff: &Staff, id: TaskId, typed: &str) -> Result<Finished, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let task = hers(&mut tx, staff, id).await?;
    let text = match text(typed) {
        Ok(text) => text,
        Err(not) => return Ok(Finished::Not(not)),
    };
    let head = case::find_head(&mut tx, task.case_id).await?.ok_or(FlowError::NotFound)?;
    let permit = access::permit(staff.staff_id, staff.roles, Action::SeeTasks, head.case_id, head.compartment);
    let open = content::open(portal, &mut tx, head, &permit.ok_or(FlowError::NotFound)?).await?;
    let sealed = open.key.seal(&task::place(id), text.as_bytes());
    if task::finish(&mut tx, id, staff.staff_id, &sealed, now).await? {
        let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::TaskDone);
        tx.commit(Record::Deed(entry.on(Subject::Case(task.case_id)))).await?;
    }
    Ok(Finished::Yes)
}

/// 「当番」 A public health nurse is on duty for so many hours from now on, or no longer.
///
/// # Errors
/// [`FlowError::NotFound`] for everybody else, and for a time that is too long.
pub async fn set_duty(portal: &Portal, staff: &Staff, hours: u32) -> Result<(), FlowError> {
    if !sees_epds(staff) || hours > LONGEST_DUTY {
        return Err(FlowError::NotFound);
    }
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let deed = if hours == 0 {
        if !task::end_duty(&mut tx, staff.staff_id).await? {
            return Ok(());
        }
        Deed::DutyEnded
    } else {
        task::begin_duty(&mut tx, staff.staff_id, now, now.plus(i64::from(hours) * HOUR)).await?;
        Deed::DutyBegun
    };
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), deed).on(Subject::Staff(staff.staff_id));
    Ok(tx.commit(Record::Deed(entry.with("hours", i64::from(hours)))).await?)
}
