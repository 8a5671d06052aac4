//! 「処理期限」 By when the office is to have done its part. Invariant: the clock runs while the office has the turn and at no other
//! time; what was left when it stopped is left when it goes on, however long the parent took.
//!
//! Time is working time: days on which the office is open count whole, others not at all. A deadline is the last instant of a day,
//! so that it is the day which parents are told (`course::Targets`) and not an hour of it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::{
    calendar::ClosingDays,
    case::{Lateness, Stage},
    course::Targets,
    ids::{FormId, NotAnId},
    time::{CivilDate, DAY, Instant},
};

/// A part of the office's work with a time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// 「確認」 From the arrival to the first person's decision; taking in hand and putting back is part of it.
    Check,
    /// 「二人目の確認」
    Confirm,
    /// 「引渡し」 From the decision to the record of the city.
    Record,
}

impl Step {
    /// All, in the order of the work.
    pub const ALL: [Self; 3] = [Self::Check, Self::Confirm, Self::Record];

    /// The name in settings and texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Confirm => "confirm",
            Self::Record => "record",
        }
    }
}

impl FromStr for Step {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or(NotAnId)
    }
}

/// Who has the turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The office, with this step.
    Office(Step),
    /// The parent: something was sent back to her, or she was asked to come.
    Citizen,
    /// Nobody: it is closed.
    Nobody,
}

/// Who has the turn in a stage.
#[must_use]
pub const fn turn(stage: Stage) -> Turn {
    match stage {
        Stage::Submitted | Stage::InReview => Turn::Office(Step::Check),
        Stage::SentBack | Stage::VisitNeeded => Turn::Citizen,
        Stage::Accepted | Stage::DeclineProposed => Turn::Office(Step::Confirm),
        Stage::Confirmed | Stage::HandedOver | Stage::Held => Turn::Office(Step::Record),
        Stage::Imported | Stage::Declined | Stage::Withdrawn => Turn::Nobody,
    }
}

/// 「処理期限の設定」 How many working days each step may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    usual: BTreeMap<Step, u32>,
    of_form: BTreeMap<(FormId, Step), u32>,
}

/// The longest time that a step can be given, in working days: a year.
pub const LONGEST: u32 = 250;

impl Allowed {
    /// What keeps the promise to parents: the two people together have the time in which it is to be decided. An EPDS is looked
    /// at within a day, for it may be somebody who is not well.
    #[must_use]
    pub fn keeping(promised: Targets) -> Self {
        let confirm = if promised.check < 4 { 1 } else { 2 };
        let check = promised.check.saturating_sub(confirm).max(1);
        let usual = BTreeMap::from([(Step::Check, check), (Step::Confirm, confirm), (Step::Record, promised.record)]);
        let of_form = "epds".parse().ok().map(|epds| ((epds, Step::Check), 1)).into_iter().collect();
        Self { usual, of_form }
    }

    /// The same with a line of the settings.
    pub fn set(&mut self, line: Line) {
        match line.form {
            Some(form) => self.of_form.insert((form, line.step), line.days),
            None => self.usual.insert(line.step, line.days),
        };
    }

    /// How many working days this step may take with this form.
    #[must_use]
    pub fn days(&self, form: &FormId, step: Step) -> u32 {
        let own = self.of_form.get(&(form.clone(), step));
        own.or_else(|| self.usual.get(&step)).copied().unwrap_or(LONGEST)
    }

    /// The forms that have a time of their own.
    pub fn forms(&self) -> impl Iterator<Item = &FormId> {
        self.of_form.keys().map(|(form, _)| form)
    }
}

impl Default for Allowed {
    fn default() -> Self {
        Self::keeping(Targets::default())
    }
}

/// A line of the settings: `check=3` for every form, `epds.check=1` for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which form; none for all that have no line of their own.
    pub form: Option<FormId>,
    /// Which step.
    pub step: Step,
    /// How many working days.
    pub days: u32,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Not of the form.
    #[error("expected STEP=DAYS or FORM.STEP=DAYS, such as check=3 or epds.check=1")]
    Shape,
    /// A step that there is not.
    #[error("the step is one of check, confirm, record")]
    Step,
    /// Too few or too many days.
    #[error("1 to 250 working days")]
    Days,
}

impl FromStr for Line {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let (place, days) = text.split_once('=').ok_or(LineFault::Shape)?;
        let (form, step) = match place.trim().split_once('.') {
            Some((form, step)) => (Some(form.trim().parse().map_err(|_| LineFault::Shape)?), step.trim()),
            None => (None, place.trim()),
        };
        let step = step.parse().map_err(|_| LineFault::Step)?;
        let days = days.trim().parse().map_err(|_| LineFault::Days)?;
        if !(1..=LONGEST).contains(&days) {
            return Err(LineFault::Days);
        }
        Ok(Self { form, step, days })
    }
}

/// How the clock of a case stood before a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// The stage.
    pub stage: Stage,
    /// Since when.
    pub since: Instant,
    /// See [`Clock::due_at`].
    pub due_at: Option<Instant>,
    /// See [`Clock::time_left`].
    pub time_left: Option<i64>,
    /// See [`Clock::worked`].
    pub worked: i64,
}

/// How the clock of a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The last instant in time; none while it stands still.
    pub due_at: Option<Instant>,
    /// From when on the time is nearly up.
    pub soon_at: Option<Instant>,
    /// Working time, in microseconds, that was left when it stopped; below zero when it was overdue. None while it runs.
    pub time_left: Option<i64>,
    /// Working time that the office has had the turn until the beginning of this stage, in microseconds. It only grows.
    pub worked: i64,
    /// How it stands.
    pub lateness: Lateness,
}

/// How a case stands with its time, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The clock runs: by when, and how many working days after today that is; below zero, how many it was before.
    Runs {
        /// The last instant in time.
        due_at: Instant,
        /// Working days.
        days: i64,
    },
    /// It stands still with so much left.
    Stopped {
        /// Working days, a begun one whole; below zero when it was overdue.
        days: i64,
    },
}

/// The office's calendar with the time that it gives itself.
#[derive(Clone, Copy)]
pub struct Deadlines<'a> {
    /// 「閉庁日」
    pub closing: &'a ClosingDays,
    /// How long each step may take.
    pub allowed: &'a Allowed,
}

impl fmt::Debug for Deadlines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlines").finish_non_exhaustive()
    }
}

impl Deadlines<'_> {
    /// The clock of a case that comes into this stage at `at`, where none has run before.
    #[must_use]
    pub fn begin(&self, form: &FormId, stage: Stage, at: Instant) -> Clock {
        self.change(form, &Before { stage, since: at, due_at: None, time_left: None, worked: 0 }, stage, at)
    }

    /// The clock after a case has gone from one stage to another, or was changed within one.
    #[must_use]
    pub fn change(&self, form: &FormId, before: &Before, to: Stage, at: Instant) -> Clock {
        let begun = |step| self.end_of(before.since, i64::from(self.allowed.days(form, step)) * DAY);
        let (was, is) = (turn(before.stage), turn(to));
        let running = match was {
            Turn::Office(step) => Some((step, before.due_at.map_or_else(|| begun(step), |due_at| due_at.plus(1)))),
            Turn::Citizen | Turn::Nobody => None,
        };
        let same_stage = before.stage == to;
        // The stage goes on: what it has worked is counted when it ends.
        let worked =
            before.worked + if running.is_some() && !same_stage { self.working_time(before.since, at) } else { 0 };
        let stopped = Clock { due_at: None, soon_at: None, time_left: None, worked, lateness: Lateness::InTime };
        match (is, running) {
            (Turn::Nobody, _) => stopped,
            (Turn::Citizen, Some((_, end))) => Clock { time_left: Some(self.left(at, end)), ..stopped },
            (Turn::Citizen, None) => Clock { time_left: before.time_left, ..stopped },
            // Taken in hand, or put back: the same work goes on.
            (Turn::Office(step), Some((same, end))) if same == step => self.running(form, step, end, at, worked),
            (Turn::Office(step), _) => {
                let end = match before.time_left {
                    Some(left) if left <= 0 => at,
                    Some(left) => self.end_of(at, left),
                    None => self.end_of(at, i64::from(self.allowed.days(form, step)) * DAY),
                };
                self.running(form, step, end, at, worked)
            }
        }
    }

    fn running(&self, form: &FormId, step: Step, end: Instant, at: Instant, worked: i64) -> Clock {
        // The last working day, of a short time its second half.
        let warning = DAY.min(i64::from(self.allowed.days(form, step)) * DAY / 2);
        let (due_at, soon_at) = (end.plus(-1), self.before(end, warning));
        let lateness = lateness(due_at, soon_at, at);
        Clock { due_at: Some(due_at), soon_at: Some(soon_at), time_left: None, worked, lateness }
    }

    /// How a case stands with its time at an instant; none where it has none.
    #[must_use]
    pub fn standing(&self, due_at: Option<Instant>, time_left: Option<i64>, now: Instant) -> Option<Standing> {
        match (due_at, time_left) {
            (Some(due_at), _) => Some(Standing::Runs { due_at, days: self.days_until(now, due_at) }),
            (None, Some(left)) if left > 0 => Some(Standing::Stopped { days: (left + DAY - 1) / DAY }),
            (None, Some(_)) => Some(Standing::Stopped { days: 0 }),
            (None, None) => None,
        }
    }

    /// Working days from the day of `now` to that of a deadline.
    fn days_until(&self, now: Instant, due_at: Instant) -> i64 {
        let (today, last) = (now.date_in_japan(), due_at.date_in_japan());
        let open_between = |from: CivilDate, to: CivilDate| {
            let mut day = from;
            let mut count = 0;
            while day < to {
                day = day.plus_days(1);
                count += i64::from(self.closing.is_open(day));
            }
            count
        };
        if due_at >= now { open_between(today, last) } else { -open_between(last, today).max(1) }
    }

    /// Working time between two instants, in microseconds; none if the second is the earlier.
    #[must_use]
    pub fn working_time(&self, from: Instant, until: Instant) -> i64 {
        let (mut at, mut sum) = (from, 0);
        while at < until {
            let day = at.date_in_japan();
            let ends = day.minute_in_japan(0).plus(DAY);
            if self.closing.is_open(day) {
                sum += until.min(ends).micros() - at.micros();
            }
            at = ends;
        }
        sum
    }

    /// Working time until an end; below zero when it has passed.
    fn left(&self, now: Instant, end: Instant) -> i64 {
        if end > now { self.working_time(now, end) } else { -self.working_time(end, now) }
    }

    /// The last instant of the day on which so much working time has passed.
    #[must_use]
    pub fn due(&self, from: Instant, working_time: i64) -> Instant {
        self.end_of(from, working_time).plus(-1)
    }

    /// The end of that day, which is the beginning of the next.
    fn end_of(&self, from: Instant, working_time: i64) -> Instant {
        let (mut at, mut left) = (from, working_time);
        // A year has some 240 working days; the longest time of all ends long before this.
        for _ in 0..2_000 {
            let day = at.date_in_japan();
            let ends = day.minute_in_japan(0).plus(DAY);
            if self.closing.is_open(day) {
                let here = ends.micros() - at.micros();
                if left <= here {
                    return ends;
                }
                left -= here;
            }
            at = ends;
        }
        at
    }

    /// The instant from which on so much working time passes until another.
    #[must_use]
    pub fn before(&self, until: Instant, working_time: i64) -> Instant {
        let (mut at, mut left) = (until, working_time);
        for _ in 0..2_000 {
            let day = at.plus(-1).date_in_japan();
            let begins = day.minute_in_japan(0);
            if self.closing.is_open(day) {
                let here = at.micros() - begins.micros();
                if left <= here {
                    return at.plus(-left);
                }
                left -= here;
            }
            at = begins;
        }
        at
    }
}

/// How a running clock stands.
#[must_use]
pub fn lateness(due_at: Instant, soon_at: Instant, now: Instant) -> Lateness {
    if now > due_at {
        Lateness::Overdue
    } else if now >= soon_at {
        Lateness::Soon
    } else {
        Lateness::InTime
    }
}

#[cfg(test)]
mod tests;
