//! 「引渡しの突合」 Day by day: what was confirmed is handed over, and what was handed over is imported, held or sent back. Invariant:
//! every difference is a line of its own, by its receipt number; an EPDS is counted for who may know of it only; looking is an
//! audit entry.

use std::collections::BTreeMap;

use intake::{
    access::{self, Action},
    calendar::ClosingDays,
    case::Stage,
    ids::{DestinationId, ReceiptNumber},
    time::{CivilDate, DAY, Instant},
};

use super::FlowError;
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError,
        audit::{Actor, Deed},
        batch,
        reconciliation::{self, Confirmation},
        staff::Staff,
    },
};

/// So many days are shown; what is older is shown while it is not settled.
pub const DAYS: i64 = 31;
const AT_MOST: i64 = 20_000;

/// One day, by the confirmations of that day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// 「確認」
    pub confirmed: u32,
    /// 「引渡し」
    pub handed_over: u32,
    /// 「取込」
    pub imported: u32,
    /// 「保留」
    pub held: u32,
    /// 「却下」
    pub rejected: u32,
    /// 「未回答」
    pub unanswered: u32,
    /// 「引渡し前の取下げ」
    pub withdrawn: u32,
}

/// Why a filing is not where it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It is confirmed and in no batch; why, if that is known.
    Waiting(Option<String>),
    /// A withdrawal is asked for, and it goes into no batch until that is decided.
    WithdrawalAsked,
    /// It was withdrawn before it was handed over.
    Withdrawn,
    /// The back office has not answered; whether for too long.
    Unanswered(bool),
    /// It waits there, and why.
    Held(Option<String>),
    /// It came back, is not decided on again, and why it came back.
    Rejected(Option<String>),
    /// It went without so many of its papers.
    PapersLeftOut(i64),
}

impl Difference {
    /// The stable name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting(_) => "waiting",
            Self::WithdrawalAsked => "withdrawal_asked",
            Self::Withdrawn => "withdrawn",
            Self::Unanswered(false) => "unanswered",
            Self::Unanswered(true) => "overdue",
            Self::Held(_) => "held",
            Self::Rejected(_) => "rejected",
            Self::PapersLeftOut(_) => "papers_left_out",
        }
    }

    /// The reason code, if there is one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Waiting(reason) | Self::Held(reason) | Self::Rejected(reason) => reason.as_deref(),
            Self::WithdrawalAsked | Self::Withdrawn | Self::Unanswered(_) | Self::PapersLeftOut(_) => None,
        }
    }
}

/// A difference, and of which filing.
#[derive(Clone, Debug)]
pub struct Line {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// On which day it was confirmed.
    pub day: CivilDate,
    /// In which batch of which destination it is, if in any.
    pub batch: Option<(DestinationId, i64)>,
    /// What is different.
    pub difference: Difference,
}

/// The whole of it.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// By day, the newest first; days without a confirmation are left out.
    pub days: Vec<(CivilDate, Day)>,
    /// Every difference, the oldest first.
    pub lines: Vec<Line>,
    /// The destinations to which nothing goes because the portal was restored.
    pub stopped: Vec<DestinationId>,
    /// After how many working days without an answer there is an alarm.
    pub alarm_days: u32,
}

impl Reconciliation {
    /// How many wait too long for an answer.
    #[must_use]
    pub fn overdue(&self) -> usize {
        self.lines.iter().filter(|line| line.difference == Difference::Unanswered(true)).count()
    }
}

/// Whether a batch of that instant should have been answered before today.
fn is_overdue(closing: &ClosingDays, sealed_at: Instant, days: u32, today: CivilDate) -> bool {
    closing.working_days_after(sealed_at.date_in_japan(), days) < today
}

fn differences(one: &Confirmation, overdue: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    let came_back = || one.rev.is_some_and(|rev| one.case_rev == rev + 1) && one.stage != Stage::Withdrawn;
    match (one.seq, one.result.as_deref()) {
        (None, _) if one.stage == Stage::Withdrawn => found.push(Difference::Withdrawn),
        (None, _) if one.withdrawal_asked_at.is_some() => found.push(Difference::WithdrawalAsked),
        (None, _) => found.push(Difference::Waiting(one.block.map(|reason| reason.as_str().to_owned()))),
        (Some(_), None) => found.push(Difference::Unanswered(overdue)),
        (Some(_), Some("held")) => found.push(Difference::Held(one.reason.clone())),
        (Some(_), Some("rejected")) if came_back() => found.push(Difference::Rejected(one.reason.clone())),
        (Some(_), Some(_)) => {}
    }
    let left_out = one.papers_left_out.unwrap_or_default();
    if left_out > 0 && one.rev == Some(one.case_rev) {
        found.push(Difference::PapersLeftOut(left_out));
    }
    found
}

fn count(day: &mut Day, one: &Confirmation) {
    day.confirmed += 1;
    if one.seq.is_none() {
        day.withdrawn += u32::from(one.stage == Stage::Withdrawn);
        return;
    }
    day.handed_over += 1;
    match one.result.as_deref() {
        Some("imported") => day.imported += 1,
        Some("held") => day.held += 1,
        Some("rejected") => day.rejected += 1,
        _ => day.unanswered += 1,
    }
}

/// What a member of staff may see of it.
///
/// # Errors
/// [`FlowError::NotFound`] when the role may not see the hand-over.
pub async fn view(portal: &Portal, staff: &Staff) -> Result<Reconciliation, FlowError> {
    if !access::may(staff.roles, Action::SeeHandover) {
        return Err(FlowError::NotFound);
    }
    let (now, alarm_days) = (portal.clock.now(), portal.config.handover_alarm_days);
    let today = now.date_in_japan();
    let since = now.plus(-DAYS * DAY);
    let compartments = access::compartments(staff.roles, Action::SeeHandover);
    let mut tx = portal.database.read().await?;
    let (recent, older) = reconciliation::confirmations(&mut tx, &compartments, since, AT_MOST).await?;
    let destinations = batch::destinations(&mut tx).await?;
    drop(tx);
    let stopped = destinations.into_iter().filter(|one| one.stopped_at.is_some()).map(|one| one.destination_id);
    let mut days: BTreeMap<CivilDate, Day> = BTreeMap::new();
    for one in &recent {
        count(days.entry(one.confirmed_at.date_in_japan()).or_default(), one);
    }
    let mut lines = Vec::new();
    for one in older.into_iter().chain(recent) {
        let overdue = one.sealed_at.is_some_and(|at| is_overdue(&portal.closing_days, at, alarm_days, today));
        let batch = one.destination_id.clone().zip(one.seq);
        let day = one.confirmed_at.date_in_japan();
        let line = |difference| Line { number: one.receipt_number.clone(), day, batch: batch.clone(), difference };
        lines.extend(differences(&one, overdue).into_iter().map(line));
    }
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::HandoverViewed);
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    Ok(Reconciliation { days: days.into_iter().rev().collect(), lines, stopped: stopped.collect(), alarm_days })
}

/// Measures what has no answer, for the operators' alarms.
///
/// # Errors
/// When the database fails.
pub async fn measure(portal: &Portal) -> Result<(), StoreError> {
    let (today, days) = (portal.clock.now().date_in_japan(), portal.config.handover_alarm_days);
    let unanswered = reconciliation::unanswered(&mut *portal.database.read().await?).await?;
    let overdue = unanswered.iter().filter(|(at, _)| is_overdue(&portal.closing_days, *at, days, today));
    let overdue: i64 = overdue.map(|(_, count)| count).sum();
    portal.metrics.entries_unanswered.set(unanswered.iter().map(|(_, count)| count).sum());
    portal.metrics.entries_overdue.set(overdue);
    if overdue > 0 {
        tracing::error!(overdue, "THE BACK OFFICE HAS NOT ANSWERED FOR TOO LONG: see /staff/handover");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn at(day: &str) -> Instant {
        Instant::from_rfc3339(&format!("{day}T15:00:00+09:00")).unwrap()
    }

    #[test]
    fn an_answer_is_overdue_when_the_last_of_its_working_days_is_over() {
        let closing = ClosingDays::parse("").unwrap();
        let overdue = |sealed: &str, today: &str| is_overdue(&closing, at(sealed), 3, today.parse().unwrap());
        // Friday; Monday the 23rd is a holiday (勤労感謝の日), so the third working day is Thursday.
        assert!(!overdue("2026-11-20", "2026-11-26"));
        assert!(overdue("2026-11-20", "2026-11-27"));
        let closed = ClosingDays::parse("2026-11-26").unwrap();
        assert!(!is_overdue(&closed, at("2026-11-20"), 3, "2026-11-27".parse().unwrap()));
    }
}
