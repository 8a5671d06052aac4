//! 「これからのこと」 The course of a filing as its parent reads it: what is done, where it is now, what comes next and by which
//! day. Invariant: a day is named only while the office has the turn; while the parent has it, nothing is promised.

use crate::{
    calendar::ClosingDays,
    case::Stage,
    time::{CivilDate, Instant},
};

/// How many working days the office gives itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Targets {
    /// From the arrival, or from corrections, to a decision.
    pub check: u32,
    /// From the decision to the record of the city.
    pub record: u32,
}

impl Default for Targets {
    fn default() -> Self {
        Self { check: 5, record: 3 }
    }
}

/// A part of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It was sent.
    Sent,
    /// Staff look at it.
    Check,
    /// It goes into the record of the city.
    Record,
    /// 「ご案内」 What follows at the counter.
    Guidance,
}

impl Part {
    /// The name in texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Check => "check",
            Self::Record => "record",
            Self::Guidance => "guidance",
        }
    }
}

/// Where a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is over.
    Done,
    /// Here it is; the parent has the turn.
    Yours,
    /// Here it is; until this day, if one can be named.
    Now(Option<CivilDate>),
    /// Here it is, and the day that was named has passed.
    Late,
    /// Ahead; until this day, if one can be named.
    Ahead(Option<CivilDate>),
}

/// What the course follows from.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The stage.
    pub stage: Stage,
    /// Since when the office has had the turn with its check: the arrival, or what the parent sent last.
    pub turn_since: Instant,
    /// When it was confirmed, if it was.
    pub confirmed_at: Option<Instant>,
    /// Whether a withdrawal is asked for: until it is decided nothing is promised.
    pub withdrawal_asked: bool,
    /// Whether something follows at the counter.
    pub has_guidance: bool,
    /// Today, in Japan.
    pub today: CivilDate,
}

/// The parts in order. What is closed without being taken in has no course: nothing comes next.
#[must_use]
pub fn course(facts: &Facts, targets: Targets, closing: &ClosingDays) -> Vec<(Part, Place)> {
    let check_by = closing.working_days_after(facts.turn_since.date_in_japan(), targets.check);
    let confirmed_on = facts.confirmed_at.map_or(check_by, Instant::date_in_japan);
    let record_by = closing.working_days_after(confirmed_on, targets.record);
    let named = |day: CivilDate| Some(day).filter(|_| !facts.withdrawal_asked);
    let now = |day: CivilDate| match named(day) {
        Some(day) if day < facts.today => Place::Late,
        day => Place::Now(day),
    };
    let (check, record, guidance) = match facts.stage {
        Stage::Submitted | Stage::InReview | Stage::Accepted | Stage::DeclineProposed => {
            let check = now(check_by);
            let later = named(record_by).filter(|_| check != Place::Late);
            (check, Place::Ahead(later), Place::Ahead(None))
        }
        Stage::SentBack | Stage::VisitNeeded => (Place::Yours, Place::Ahead(None), Place::Ahead(None)),
        Stage::Confirmed | Stage::HandedOver => (Place::Done, now(record_by), Place::Ahead(None)),
        // The back office asks a question that has no term.
        Stage::Held => (Place::Done, Place::Now(None), Place::Ahead(None)),
        Stage::Imported => (Place::Done, Place::Done, Place::Now(None)),
        Stage::Declined | Stage::Withdrawn => return Vec::new(),
    };
    let mut parts = vec![(Part::Sent, Place::Done), (Part::Check, check), (Part::Record, record)];
    parts.extend(facts.has_guidance.then_some((Part::Guidance, guidance)));
    parts
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const NOON: &str = "2026-11-20T12:00:00+09:00";

    fn facts(stage: Stage, today: &str) -> Facts {
        let turn_since = Instant::from_rfc3339(NOON).unwrap();
        let today = today.parse().unwrap();
        Facts { stage, turn_since, confirmed_at: None, withdrawal_asked: false, has_guidance: true, today }
    }

    fn day(text: &str) -> Option<CivilDate> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn what_has_arrived_is_promised_within_the_targets_in_working_days() {
        let parts = course(&facts(Stage::Submitted, "2026-11-20"), Targets::default(), &ClosingDays::default());
        assert_eq!(
            parts,
            [
                (Part::Sent, Place::Done),
                (Part::Check, Place::Now(day("2026-11-30"))),
                (Part::Record, Place::Ahead(day("2026-12-03"))),
                (Part::Guidance, Place::Ahead(None)),
            ]
        );
    }

    #[test]
    fn a_day_that_has_passed_is_not_shown_as_if_it_lay_ahead() {
        let last = course(&facts(Stage::InReview, "2026-11-27"), Targets::default(), &ClosingDays::default());
        assert_eq!(last[1].1, Place::Now(day("2026-11-30")));
        let late = course(&facts(Stage::InReview, "2026-12-01"), Targets::default(), &ClosingDays::default());
        assert_eq!((late[1].1, late[2].1), (Place::Late, Place::Ahead(None)));
    }

    #[test]
    fn while_the_parent_has_the_turn_nothing_is_promised() {
        for stage in [Stage::SentBack, Stage::VisitNeeded] {
            let parts = course(&facts(stage, "2026-11-23"), Targets::default(), &ClosingDays::default());
            assert_eq!((parts[1].1, parts[2].1), (Place::Yours, Place::Ahead(None)), "{stage}");
        }
        let mut asked = facts(Stage::Confirmed, "2026-11-23");
        asked.withdrawal_asked = true;
        assert_eq!(course(&asked, Targets::default(), &ClosingDays::default())[2].1, Place::Now(None));
    }

    #[test]
    fn the_term_of_the_record_runs_from_the_second_yes() {
        let mut confirmed = facts(Stage::HandedOver, "2026-11-26");
        confirmed.confirmed_at = Some(Instant::from_rfc3339("2026-11-25T09:00:00+09:00").unwrap());
        assert_eq!(course(&confirmed, Targets::default(), &ClosingDays::default())[2].1, Place::Now(day("2026-11-30")));
        confirmed.stage = Stage::Held;
        assert_eq!(course(&confirmed, Targets::default(), &ClosingDays::default())[2].1, Place::Now(None));
    }

    #[test]
    fn every_open_stage_has_one_place_where_it_is_and_a_closed_one_has_no_course() {
        for stage in Stage::ALL {
            let parts = course(&facts(*stage, "2026-11-23"), Targets::default(), &ClosingDays::default());
            let here = parts.iter().filter(|(_, place)| matches!(place, Place::Now(_) | Place::Yours | Place::Late));
            let closed = matches!(stage, Stage::Declined | Stage::Withdrawn);
            assert_eq!(here.count(), usize::from(!closed), "{stage}");
        }
    }
}
