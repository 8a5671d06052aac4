//! 「集計」 What deeds add to the counts, in their own transactions. Invariant: nothing of the person goes into a count, and a case is counted
//! once for each of its firsts: its arrival, the first look, the first second yes, the first record.

use intake::{
    answers::Answers,
    case::CommandKind,
    export::Channel,
    flags::{self, Flag},
    form::{DateRange, Form, Kind},
    journey::derive_on,
    statistics::{Measure, hours_word, timing_word},
    time::Instant,
};

use super::{FlowError, content::Office, decide::Order};
use crate::store::{
    WriteTx,
    case::CaseHead,
    statistic::{self, Counted, Place},
};

/// A filing has arrived. 届出週数 is counted of forms that ask the due date.
pub(super) async fn filed(
    tx: &mut WriteTx,
    form: &Form,
    answers: &Answers,
    channel: Channel,
    now: Instant,
) -> Result<(), FlowError> {
    let day = now.date_in_japan();
    let mut counted = vec![(Measure::Filed, channel.as_str().to_owned())];
    if asks_due_date(form) {
        let raised = flags::flags(form, answers, day);
        let after_birth = raised.iter().any(|raised| raised.flag == Flag::AfterBirth);
        let timing = derive_on(form, answers, day, after_birth).timing;
        counted.push((Measure::Timing, timing_word(timing).to_owned()));
    }
    Ok(statistic::count(tx, Place { day, compartment: form.compartment, form: &form.id }, counted).await?)
}

/// Whether a form asks 分娩予定日.
pub(super) fn asks_due_date(form: &Form) -> bool {
    form.fields().any(|(_, field)| matches!(field.kind, Kind::Date { range: DateRange::DueDate }))
}

/// An order is being carried out: what of it is counted, before its event is kept.
pub(super) async fn ordered(
    tx: &mut WriteTx,
    head: &CaseHead,
    (order, office): (&Order, &Office),
    now: Instant,
) -> Result<(), FlowError> {
    match order {
        Order::Claim => first(tx, head, Measure::FirstLook, CommandKind::Claim, now).await,
        Order::Confirm => first(tx, head, Measure::Confirmed, CommandKind::Confirm, now).await,
        Order::SendBack(request) => {
            let fields = request.fields.iter().map(|(field, _)| (Measure::SentBack, field.to_string()));
            count(tx, head, fields.collect(), now).await
        }
        Order::Decline => {
            let reason = office.decline_reason.map(|reason| (Measure::Declined, reason.as_str().to_owned()));
            count(tx, head, reason.into_iter().collect(), now).await
        }
        _ => Ok(()),
    }
}

/// The back office has recorded a case: before its event is kept.
pub(super) async fn imported(tx: &mut WriteTx, head: &CaseHead, now: Instant) -> Result<(), FlowError> {
    first(tx, head, Measure::Imported, CommandKind::SettleImported, now).await
}

/// How long the first of its kind on a case took.
async fn first(
    tx: &mut WriteTx,
    head: &CaseHead,
    measure: Measure,
    command: CommandKind,
    now: Instant,
) -> Result<(), FlowError> {
    if statistic::was_given(tx, head.case_id, command).await? {
        return Ok(());
    }
    count(tx, head, vec![(measure, hours_word(head.filed_at, now))], now).await
}

async fn count(tx: &mut WriteTx, head: &CaseHead, counted: Vec<Counted>, now: Instant) -> Result<(), FlowError> {
    let place = Place { day: now.date_in_japan(), compartment: head.compartment, form: &head.form_id };
    Ok(statistic::count(tx, place, counted).await?)
}
