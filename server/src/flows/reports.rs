//! 「集計」 The reports. Invariant: no case is opened for one; the exact numbers are for the team that works the queue, and what anybody else
//! reads, or takes away, is the copy: months that are over, small counts kept back (`intake::statistics`).

use std::collections::{BTreeMap, BTreeSet};

use intake::{
    access::{self, Action, Roles},
    case::{DeclineReason, Stage},
    export::Channel,
    form::{Compartment, Form},
    ids::FormId,
    period::{Month, Period},
    statistics::{Measure, Published, TIMING, may_be_published, percentile, publish, publish_year, timing_word},
    time::{CivilDate, DAY, Instant},
};

use super::FlowError;
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record,
        audit::{Actor, Deed},
        staff::Staff,
        statistic::{self, Count},
    },
};

/// Whose numbers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// 「内部用」 Exact, for the team.
    Team,
    /// 「配布用」 What may leave it.
    Copy,
}

/// Counts by word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Each word with its count; none where it is kept back.
    pub rows: Vec<(String, Option<u64>)>,
    /// All of them together.
    pub total: Option<u64>,
}

/// How long something took: of how many cases, and within how many hours half and nine tenths of them were done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// What: from the filing to the first look, to the second yes, to the record.
    pub measure: Measure,
    /// Of how many cases; none in a copy.
    pub cases: Option<u64>,
    /// Median and 90th percentile, in hours; none where there is none, or where they are kept back.
    pub hours: Option<(u64, u64)>,
}

/// 「面談の予約」
pub struct Bookings {
    /// Slots that stood open, and the places in them.
    pub slots: (u64, u64),
    /// What became of the appointments, by state.
    pub states: Table,
}

/// A report.
pub struct Report {
    /// The form.
    pub form: FormId,
    /// The forms that there are reports of for who asks.
    pub forms: Vec<FormId>,
    /// The period.
    pub period: Period,
    /// Whose numbers.
    pub edition: Edition,
    /// Whether who asks may have the exact ones.
    pub is_team: bool,
    /// Whether there is a copy of this form at all, and a month of the period that is over.
    pub has_copy: bool,
    /// By day, or by month of a year.
    pub over_time: Table,
    /// By channel.
    pub channels: Table,
    /// By day (or month) and channel; in a copy there is none, for the two tables would give each other away.
    pub crossed: Option<Vec<(String, Vec<u64>)>>,
    /// 「届出週数」 None where the form asks no due date.
    pub timing: Option<Table>,
    /// 「差戻しの理由」 By field.
    pub sent_back: Table,
    /// 「不受理の理由」
    pub declined: Table,
    /// How long it took.
    pub took: Vec<Took>,
    /// 「未処理」 As of now, by age; not in a copy.
    pub open: Option<Table>,
    /// 「面談の予約」
    pub bookings: Bookings,
}

/// The channels in the order of the tables.
pub const CHANNELS: [Channel; 4] = [Channel::Portal, Channel::Pittari, Channel::Prefecture, Channel::Counter];
/// Open cases by the days since they were filed: from so many on.
pub const AGES: [(&str, i64); 5] =
    [("today", 0), ("from_1_day", 1), ("from_3_days", 3), ("from_8_days", 8), ("from_15_days", 15)];
const OPEN: [Stage; 6] =
    [Stage::Submitted, Stage::InReview, Stage::SentBack, Stage::VisitNeeded, Stage::Accepted, Stage::DeclineProposed];
/// The states of an appointment, in the order of the table.
pub const BOOKING_STATES: [&str; 5] = ["booked", "attended", "absent", "cancelled", "closed"];
/// So long ago nothing was filed.
const BEGINNING: Instant = Instant(0);

/// The compartment of a form that who asks may have a report of.
fn compartment_of(portal: &Portal, roles: Roles, form: &FormId) -> Option<Compartment> {
    let compartment = portal.catalog.newest(form)?.compartment;
    access::may_in(roles, Action::SeeReports, compartment).then_some(compartment)
}

/// 「EPDS」 There is no copy of it: its counts leave the nurses in no form.
fn is_copied(compartment: Compartment) -> bool {
    compartment == Compartment::General
}

/// A report of a form. Without one the first that there is.
///
/// # Errors
/// [`FlowError::NotFound`] when the roles see no reports, or none of this form.
pub async fn view(
    portal: &Portal,
    staff: &Staff,
    form: Option<FormId>,
    period: Period,
    edition: Edition,
) -> Result<Report, FlowError> {
    if !access::may(staff.roles, Action::SeeReports) {
        return Err(FlowError::NotFound);
    }
    let forms: Vec<FormId> = portal
        .catalog
        .offered()
        .into_iter()
        .map(|form| form.id.clone())
        .filter(|form| compartment_of(portal, staff.roles, form).is_some())
        .collect();
    let form = form.or_else(|| forms.first().cloned()).ok_or(FlowError::NotFound)?;
    let compartment = compartment_of(portal, staff.roles, &form).ok_or(FlowError::NotFound)?;
    let definition = portal.catalog.newest(&form).ok_or(FlowError::NotFound)?;
    let is_team = access::may(staff.roles, Action::SeeQueue);
    let edition = if is_team { edition } else { Edition::Copy };
    let today = portal.clock.now().date_in_japan();
    let has_copy = is_copied(compartment) && !period.months_over(today).is_empty();
    if edition == Edition::Copy && !is_copied(compartment) {
        return Err(FlowError::NotFound);
    }
    let mut tx = portal.database.read().await?;
    let months = match edition {
        Edition::Team => period.months(),
        Edition::Copy => period.months_over(today),
    };
    let counted = Counted { counts: statistic::between(&mut tx, period.days(), compartment, &form).await?, months };
    let now = portal.clock.now();
    let open = match edition {
        Edition::Team => Some(open_by_age(&mut tx, compartment, now).await?),
        Edition::Copy => None,
    };
    let bookings = bookings(&mut tx, compartment, &counted.months, edition).await?;
    drop(tx);
    let shown = |measure, words: &[String]| counted.table(edition, measure, words);
    let channels: Vec<String> = CHANNELS.iter().map(|channel| channel.as_str().to_owned()).collect();
    let reasons: Vec<String> = DeclineReason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect();
    let asks_due_date = super::statistics::asks_due_date(definition);
    let timing = TIMING.map(|class| timing_word(class).to_owned());
    Ok(Report {
        over_time: counted.over_time(edition, period),
        channels: shown(Measure::Filed, &channels),
        crossed: (edition == Edition::Team).then(|| counted.crossed(period, &channels)),
        timing: asks_due_date.then(|| shown(Measure::Timing, &timing)),
        sent_back: shown(Measure::SentBack, &counted.fields(definition)),
        declined: shown(Measure::Declined, &reasons),
        took: counted.took(edition),
        form,
        forms,
        period,
        edition,
        is_team,
        has_copy,
        open,
        bookings,
    })
}

/// The copy of a report, to be taken away as a file: an entry tells of it.
///
/// # Errors
/// See [`view`]; [`FlowError::NotFound`] when there is no copy.
pub async fn take_away(
    portal: &Portal,
    staff: &Staff,
    form: Option<FormId>,
    period: Period,
) -> Result<Report, FlowError> {
    let report = view(portal, staff, form, period, Edition::Copy).await?;
    if !report.has_copy {
        return Err(FlowError::NotFound);
    }
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::ReportTaken);
    portal.database.write().await?.commit(Record::Deed(entry.with("form", report.form.clone()))).await?;
    Ok(report)
}

/// What was counted in a period, and the months of it that are reported on.
struct Counted {
    counts: Vec<Count>,
    months: Vec<Month>,
}

impl Counted {
    fn of(&self, measure: Measure) -> impl Iterator<Item = &Count> {
        let is_in = move |count: &&Count| count.measure == measure && self.months.contains(&Month::of(count.day));
        self.counts.iter().filter(is_in)
    }

    fn sum(&self, measure: Measure, fits: impl Fn(&Count) -> bool) -> u64 {
        self.of(measure).filter(|count| fits(count)).map(|count| u64::try_from(count.number).unwrap_or_default()).sum()
    }

    fn month(&self, measure: Measure, month: Month, words: &[String]) -> Vec<u64> {
        let in_month = |count: &Count, word: &String| Month::of(count.day) == month && count.word == *word;
        words.iter().map(|word| self.sum(measure, |count| in_month(count, word))).collect()
    }

    fn table(&self, edition: Edition, measure: Measure, words: &[String]) -> Table {
        let published = match edition {
            Edition::Team => exact(words.iter().map(|word| self.sum(measure, |count| count.word == *word)).collect()),
            Edition::Copy => {
                let months = self.months.iter().map(|month| publish(&self.month(measure, *month, words)));
                publish_year(&months.collect::<Vec<_>>())
            }
        };
        table(words.to_vec(), published)
    }

    /// By day of a month, or by month of a year: what a copy says of a month is what it says in the year.
    fn over_time(&self, edition: Edition, period: Period) -> Table {
        let words = self.times(period);
        let counts: Vec<u64> = words.iter().map(|word| self.at(word, |_| true)).collect();
        let published = match (edition, period) {
            (Edition::Team, _) => exact(counts),
            (Edition::Copy, Period::Month(_)) => publish(&counts),
            (Edition::Copy, Period::FiscalYear(_)) => {
                let totals: Vec<Published> = counts.iter().map(|count| publish(&[*count])).collect();
                let total = publish_year(&totals).total;
                Published { counts: totals.into_iter().map(|month| month.total).collect(), total }
            }
        };
        table(words, published)
    }

    fn times(&self, period: Period) -> Vec<String> {
        let (from, until) = period.days();
        match period {
            Period::Month(_) if self.months.is_empty() => Vec::new(),
            Period::Month(_) => (0..until.days_since(from)).map(|day| from.plus_days(day).to_string()).collect(),
            Period::FiscalYear(_) => self.months.iter().map(Month::to_string).collect(),
        }
    }

    /// Filings of a day or a month, as it is written.
    fn at(&self, time: &str, fits: impl Fn(&Count) -> bool) -> u64 {
        self.sum(Measure::Filed, |count| count.day.to_string().starts_with(time) && fits(count))
    }

    fn crossed(&self, period: Period, channels: &[String]) -> Vec<(String, Vec<u64>)> {
        let row = |time: String| {
            let counts = channels.iter().map(|channel| self.at(&time, |count| count.word == *channel)).collect();
            (time, counts)
        };
        self.times(period).into_iter().map(row).collect()
    }

    /// The fields that were sent back, in the order of the form; those of other versions at the end.
    fn fields(&self, form: &Form) -> Vec<String> {
        let named = |id: &str| self.of(Measure::SentBack).any(|count| count.word == id);
        let mut fields: Vec<String> =
            form.fields().map(|(_, field)| field.id.to_string()).filter(|id| named(id)).collect();
        let others: BTreeSet<&String> =
            self.of(Measure::SentBack).map(|count| &count.word).filter(|word| !fields.contains(word)).collect();
        let others: Vec<String> = others.into_iter().cloned().collect();
        fields.extend(others);
        fields
    }

    fn took(&self, edition: Edition) -> Vec<Took> {
        let of = |measure| {
            let mut by_hour: BTreeMap<u64, u64> = BTreeMap::new();
            for count in self.of(measure) {
                let hours = count.word.parse().unwrap_or_default();
                *by_hour.entry(hours).or_default() += u64::try_from(count.number).unwrap_or_default();
            }
            let cases: u64 = by_hour.values().sum();
            let by_hour: Vec<(u64, u64)> = by_hour.into_iter().collect();
            let hours = percentile(&by_hour, 50).zip(percentile(&by_hour, 90));
            match edition {
                Edition::Team => Took { measure, cases: Some(cases), hours },
                Edition::Copy => Took { measure, cases: None, hours: hours.filter(|_| may_be_published(cases)) },
            }
        };
        [Measure::FirstLook, Measure::Confirmed, Measure::Imported].map(of).to_vec()
    }
}

fn exact(counts: Vec<u64>) -> Published {
    let total = counts.iter().sum();
    Published { counts: counts.into_iter().map(Some).collect(), total: Some(total) }
}

fn table(words: Vec<String>, published: Published) -> Table {
    // Of no month at all there is nothing to tell.
    let counts = if published.counts.is_empty() { vec![Some(0); words.len()] } else { published.counts };
    Table { rows: words.into_iter().zip(counts).collect(), total: published.total }
}

/// Open cases of all forms of a compartment by the days since they were filed.
async fn open_by_age(connection: &mut Connection, compartment: Compartment, now: Instant) -> Result<Table, FlowError> {
    let mut counts = Vec::with_capacity(AGES.len());
    for (place, (_, days)) in AGES.into_iter().enumerate() {
        let until = now.plus(-days * DAY);
        let after = AGES.get(place + 1).map_or(BEGINNING, |(_, days)| now.plus(-days * DAY));
        let mut sum = 0;
        for stage in OPEN {
            sum += statistic::open_between(connection, stage, (after, until), compartment).await?;
        }
        counts.push(u64::try_from(sum).unwrap_or_default());
    }
    Ok(table(AGES.iter().map(|(word, _)| (*word).to_owned()).collect(), exact(counts)))
}

async fn bookings(
    connection: &mut Connection,
    compartment: Compartment,
    months: &[Month],
    edition: Edition,
) -> Result<Bookings, FlowError> {
    let (mut slots, mut by_month) = ((0, 0), Vec::new());
    for month in months {
        let days: [CivilDate; 2] = [month.first_day(), month.next().first_day()];
        let [from, until] = days.map(|day| day.minute_in_japan(0));
        let (open, places) = statistic::slots(connection, (from, until)).await?;
        slots.0 += u64::try_from(open).unwrap_or_default();
        slots.1 += u64::try_from(places).unwrap_or_default();
        let found = statistic::bookings(connection, (from, until), compartment).await?;
        let count = |state: &str| found.iter().find(|(of, _)| of == state).map_or(0, |(_, count)| *count);
        by_month.push(BOOKING_STATES.map(|state| u64::try_from(count(state)).unwrap_or_default()));
    }
    let published = match edition {
        Edition::Team => {
            exact((0..BOOKING_STATES.len()).map(|at| by_month.iter().map(|month| month[at]).sum()).collect())
        }
        Edition::Copy => publish_year(&by_month.iter().map(|month| publish(month)).collect::<Vec<_>>()),
    };
    Ok(Bookings { slots, states: table(BOOKING_STATES.map(str::to_owned).to_vec(), published) })
}
