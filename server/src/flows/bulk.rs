//! 「まとめて処理」 One order for many cases. Invariant: each case is a transaction of its own, with its own audit entry and the
//! version that it was shown with; what was not done is named with its reason, and a second press does nothing twice.

use intake::{
    case::Stage,
    ids::{ReceiptNumber, StaffId},
    note::NoNote,
};

use super::{
    FlowError,
    decide::{self, Given, Notice, Obstacle, Order},
    message::Press,
    note::{self, Written},
};
use crate::{
    portal::Portal,
    store::{StoreError, case, outbox::MailPayload, staff::Staff},
};

/// The most cases of one order.
pub const MOST: usize = 500;

/// What is to be done to all of them.
#[derive(Clone, Copy)]
pub enum BulkOrder<'a> {
    /// Take them in hand.
    Claim,
    /// 「担当の割当て」 Put them into somebody's hands, those that one holds too.
    Assign(StaffId),
    /// 「職員のメモ」 Write the same note on each. A case that was changed since is none the worse for it.
    Note(&'a Press<'a>),
}

/// Why it was not done to one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// The rules stand against it.
    Obstacle(Obstacle),
    /// It is as it was shown, and the order is not for its stage.
    NotInThisStage(Stage),
    /// Somebody has changed it since it was shown: the stage it is in now.
    Changed(Stage),
    /// There is no such case.
    Unknown,
    /// What was typed is no note.
    NoNote(NoNote),
    /// The database was busy; the same may be tried again.
    Busy,
}

/// What became of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many it was done to, now or by an earlier press.
    pub done: usize,
    /// The others.
    pub not_done: Vec<(ReceiptNumber, NotDone)>,
}

/// Carries an order out on cases in the versions that they were shown with.
///
/// # Errors
/// [`FlowError::NotFound`] for more than [`MOST`]; when the database fails.
pub async fn give(
    portal: &Portal,
    staff: &Staff,
    cases: &[(ReceiptNumber, i64)],
    order: BulkOrder<'_>,
    letter: &(impl Fn(Notice, &str) -> MailPayload + Sync),
) -> Result<Done, FlowError> {
    if cases.len() > MOST {
        return Err(FlowError::NotFound);
    }
    let mut all = Done::default();
    for (number, version) in cases {
        let outcome = match order {
            BulkOrder::Claim => command(portal, staff, (number, *version), &Order::Claim, staff.staff_id, letter).await,
            BulkOrder::Assign(to) => command(portal, staff, (number, *version), &Order::Assign(to), to, letter).await,
            BulkOrder::Note(press) => match note::write(portal, staff, number, press, None).await {
                Ok(Written::Kept) => Ok(None),
                Ok(Written::Not(why)) => Ok(Some(NotDone::NoNote(why))),
                Err(FlowError::Changed(stage)) => Ok(Some(NotDone::Changed(stage))),
                Err(error) => Err(error),
            },
        };
        let why = match outcome {
            Ok(why) => why,
            Err(FlowError::NotFound) => Some(NotDone::Unknown),
            Err(FlowError::Store(StoreError::Busy)) => Some(NotDone::Busy),
            Err(error) => return Err(error),
        };
        match why {
            Some(why) => all.not_done.push((number.clone(), why)),
            None => all.done += 1,
        }
    }
    Ok(all)
}

/// A command on one of them, after which this person holds it.
async fn command(
    portal: &Portal,
    staff: &Staff,
    (number, version): (&ReceiptNumber, i64),
    order: &Order,
    holder: StaffId,
    letter: &(impl Fn(Notice, &str) -> MailPayload + Sync),
) -> Result<Option<NotDone>, FlowError> {
    match decide::give(portal, staff, number, version, order, letter).await {
        Ok(Given::Done(_)) => Ok(None),
        Ok(Given::Refused(obstacle)) => Ok(Some(NotDone::Obstacle(obstacle))),
        Err(FlowError::Changed(_)) => why_not(portal, number, version, holder).await,
        Err(error) => Err(error),
    }
}

/// Why a case is not as the order needs it; nothing stands against it when an earlier press has done it.
async fn why_not(
    portal: &Portal,
    number: &ReceiptNumber,
    version: i64,
    holder: StaffId,
) -> Result<Option<NotDone>, FlowError> {
    let Some(head) = case::find_by_receipt_number(&mut *portal.database.read().await?, number).await? else {
        return Ok(Some(NotDone::Unknown));
    };
    let is_done = head.stage == Stage::InReview && head.holder == Some(holder);
    Ok(match head.version == version {
        _ if is_done => None,
        true => Some(NotDone::NotInThisStage(head.stage)),
        false => Some(NotDone::Changed(head.stage)),
    })
}
