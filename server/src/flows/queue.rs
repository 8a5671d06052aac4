//! 「受付一覧」 The queue of staff. Invariant: names are opened for the page that is shown only, and each page shown is an
//! audit entry.

use std::{collections::BTreeMap, fmt, str::FromStr};

use intake::{
    access::{self, Action},
    case::Stage,
    flags::{self, Flag},
    form::PersonFact,
    ids::{CaseId, NotAnId, ReceiptNumber, StaffId},
    time::Instant,
};

use super::{FlowError, content};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record,
        audit::{Actor, Deed},
        case::{self, CaseHead, QueueFilter},
        message,
        staff::{self, Staff},
    },
};

/// A tab of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// 「新着」
    New,
    /// 「担当」 What who asks holds.
    Mine,
    /// 「修正待ち」
    SentBack,
    /// 「二人目の確認」
    Second,
    /// 「取下げの申出」 Whatever the stage.
    Withdrawal,
    /// 「未読の連絡」 Whatever the stage.
    Messages,
    /// 「引渡し待ち」
    Handover,
    /// 「保留」
    Held,
    /// 「完了」
    Done,
}

impl Tab {
    /// All, in order.
    pub const ALL: [Self; 9] = [
        Self::New,
        Self::Mine,
        Self::SentBack,
        Self::Second,
        Self::Withdrawal,
        Self::Messages,
        Self::Handover,
        Self::Held,
        Self::Done,
    ];

    /// The name in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Mine => "mine",
            Self::SentBack => "sent_back",
            Self::Second => "second",
            Self::Withdrawal => "withdrawal",
            Self::Messages => "messages",
            Self::Handover => "handover",
            Self::Held => "held",
            Self::Done => "done",
        }
    }

    const fn stages(self) -> &'static [Stage] {
        match self {
            Self::New => &[Stage::Submitted, Stage::VisitNeeded],
            Self::Mine => &[Stage::InReview],
            Self::SentBack => &[Stage::SentBack],
            Self::Second => &[Stage::Accepted, Stage::DeclineProposed],
            Self::Withdrawal | Self::Messages => &[],
            Self::Handover => &[Stage::Confirmed, Stage::HandedOver],
            Self::Held => &[Stage::Held],
            Self::Done => &[Stage::Imported, Stage::Declined, Stage::Withdrawn],
        }
    }
}

impl FromStr for Tab {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|tab| tab.as_str() == text).ok_or(NotAnId)
    }
}

/// The last row of a page: the next one begins after it. In an address it is `<microseconds>-<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(Instant, CaseId);

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0.micros(), self.1)
    }
}

impl FromStr for Mark {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (micros, id) = text.rsplit_once('-').ok_or(NotAnId)?;
        Ok(Self(Instant(micros.parse().map_err(|_| NotAnId)?), id.parse()?))
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
    /// Who holds it.
    pub holder: Option<String>,
}

/// A page of the queue.
pub struct QueuePage {
    /// Each tab with how many are in it.
    pub counts: Vec<(Tab, i64)>,
    /// The rows, oldest filing first.
    pub rows: Vec<QueueRow>,
    /// Where the next page begins.
    pub next: Option<Mark>,
}

/// How many rows a page has.
pub const ROWS: usize = 50;

/// A page of a tab.
///
/// # Errors
/// [`FlowError::NotFound`] when the role sees no queue.
pub async fn page(portal: &Portal, staff: &Staff, tab: Tab, after: Option<Mark>) -> Result<QueuePage, FlowError> {
    if !access::may(staff.roles, Action::SeeQueue) {
        return Err(FlowError::NotFound);
    }
    let mut tx = portal.database.read().await?;
    let compartments = access::compartments(staff.roles, Action::SeeQueue);
    let (after, limit) = (after.map(|mark| (mark.0, mark.1)), i64::try_from(ROWS + 1).unwrap_or(i64::MAX));
    let mut heads = match tab {
        Tab::Withdrawal => case::withdrawals_asked(&mut tx, &compartments, after, limit).await?,
        Tab::Messages => case::unread(&mut tx, &compartments, after, limit).await?,
        _ => {
            let holder = (tab == Tab::Mine).then_some(staff.staff_id);
            let filter = QueueFilter { compartments: &compartments, stages: tab.stages(), holder, after, limit };
            case::queue(&mut tx, &filter).await?
        }
    };
    let has_more = heads.len() > ROWS;
    heads.truncate(ROWS);
    let next = heads.last().filter(|_| has_more).map(|head| Mark(head.filed_at, head.case_id));
    let people = names(&mut tx).await?;
    let mut rows = Vec::with_capacity(heads.len());
    for head in heads {
        rows.push(row(portal, &mut tx, staff, head, &people).await?);
    }
    let counts = counts(&mut tx, staff).await?;
    drop(tx);

    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::QueueViewed);
    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let tx = portal.database.write().await?;
    tx.commit(Record::Deed(entry.with("tab", tab.as_str()).with("rows", shown))).await?;
    Ok(QueuePage { counts, rows, next })
}

/// The names that colleagues read, by id.
pub(super) async fn names(connection: &mut Connection) -> Result<BTreeMap<StaffId, String>, FlowError> {
    let people = staff::list(connection).await?;
    Ok(people.into_iter().map(|member| (member.staff_id, member.display_name)).collect())
}

async fn row(
    portal: &Portal,
    connection: &mut Connection,
    staff: &Staff,
    head: CaseHead,
    people: &BTreeMap<StaffId, String>,
) -> Result<QueueRow, FlowError> {
    let permit = access::permit(staff.staff_id, staff.roles, Action::SeeQueue, head.case_id, head.compartment);
    let permit = permit.ok_or(FlowError::NotFound)?;
    let holder = head.holder.and_then(|holder| people.get(&holder).cloned());
    let open = match content::open(portal, connection, head.clone(), &permit).await {
        Ok(open) => open,
        Err(FlowError::NotFound) => return Ok(QueueRow { head, name: None, kana: None, flags: Vec::new(), holder }),
        Err(error) => return Err(error),
    };
    let complete = open.complete()?;
    let answers = complete.answers();
    let fact = |fact| {
        let field = open.form.person_field(fact)?;
        answers.text(&field.id).map(str::to_owned)
    };
    let raised = flags::flags(open.form, answers, head.filed_at.date_in_japan());
    let flags = raised.into_iter().map(|raised| raised.flag).collect();
    Ok(QueueRow { name: fact(PersonFact::Name), kana: fact(PersonFact::NameKana), flags, holder, head })
}

async fn counts(connection: &mut Connection, staff: &Staff) -> Result<Vec<(Tab, i64)>, FlowError> {
    let compartments = access::compartments(staff.roles, Action::SeeQueue);
    let by_stage = case::counts_by_stage(connection, &compartments).await?;
    let mine = case::count_of_holder(connection, &compartments, staff.staff_id).await?;
    let withdrawals = case::count_withdrawals_asked(connection, &compartments).await?;
    let unread = message::unread_cases(connection, &compartments).await?;
    let of_tab = |tab: Tab| {
        let in_it = by_stage.iter().filter(|(stage, _)| tab.stages().contains(stage)).map(|(_, count)| count);
        match tab {
            Tab::Mine => mine,
            Tab::Withdrawal => withdrawals,
            Tab::Messages => unread,
            _ => in_it.sum(),
        }
    };
    Ok(Tab::ALL.into_iter().map(|tab| (tab, of_tab(tab))).collect())
}

/// The case that a receipt number leads to, as it was typed; none when there is none.
///
/// # Errors
/// [`FlowError::NotFound`] when the role opens no case.
pub async fn search(portal: &Portal, staff: &Staff, typed: &str) -> Result<Option<ReceiptNumber>, FlowError> {
    if !access::may(staff.roles, Action::ReadCase) {
        return Err(FlowError::NotFound);
    }
    let Ok(number) = typed.parse::<ReceiptNumber>() else { return Ok(None) };
    let found = case::find_by_receipt_number(&mut *portal.database.read().await?, &number).await?;
    let who = (staff.staff_id, staff.roles);
    let may_know = |head: &CaseHead| access::may_with(who, Action::ReadCase, head.compartment, head.holder);
    Ok(found.filter(may_know).map(|head| head.receipt_number))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn every_stage_is_in_one_tab() {
        for stage in Stage::ALL {
            let tabs = Tab::ALL.into_iter().filter(|tab| tab.stages().contains(stage)).count();
            assert_eq!(tabs, 1, "{stage}");
        }
    }

    #[test]
    fn a_mark_is_read_back() {
        for micros in [0, -5, i64::MAX] {
            let mark = Mark(Instant(micros), CaseId::from_random([7; 16]));
            assert_eq!(mark.to_string().parse::<Mark>().unwrap(), mark);
        }
        assert!("x".parse::<Mark>().is_err());
    }
}
