#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The clock in days that everybody can count, and in walks that nobody has thought of.

use proptest::prelude::*;

use super::*;
use crate::{case::ALLOWED, time::HOUR};

fn at(text: &str) -> Instant {
    Instant::from_rfc3339(&format!("{text}:00+09:00")).unwrap()
}

fn filing() -> FormId {
    "pregnancy_notification".parse().unwrap()
}

/// The last instant of a day.
fn end(day: &str) -> Instant {
    day.parse::<CivilDate>().unwrap().minute_in_japan(0).plus(DAY - 1)
}

fn office() -> ClosingDays {
    ClosingDays::parse("2026-12-04 # 庁舎の点検\n").unwrap().with_turn_of_year()
}

#[test]
fn a_deadline_is_the_end_of_a_working_day_and_holidays_and_the_turn_of_the_year_do_not_count() {
    let (closing, allowed) = (office(), Allowed::default());
    let deadlines = Deadlines { closing: &closing, allowed: &allowed };
    let due = |filed: &str| deadlines.begin(&filing(), Stage::Submitted, at(filed)).due_at.unwrap();
    assert_eq!(allowed.days(&filing(), Step::Check), 3);
    // 2026-11-23 is 勤労感謝の日, a Monday.
    assert_eq!(due("2026-11-20T15:00"), end("2026-11-26"));
    assert_eq!(due("2026-11-21T15:00"), end("2026-11-26"), "what comes on a Saturday is begun on the next working day");
    assert_eq!(due("2026-11-23T00:00"), end("2026-11-26"));
    assert_eq!(due("2026-12-02T09:00"), end("2026-12-08"), "the office's own day");
    assert_eq!(due("2026-12-28T09:00"), end("2027-01-06"), "12/29 to 1/3");
    let epds = deadlines.begin(&"epds".parse().unwrap(), Stage::Submitted, at("2026-11-20T15:00"));
    assert_eq!(epds.due_at, Some(end("2026-11-24")));
}

#[test]
fn the_day_is_the_one_that_parents_are_told() {
    let (closing, mut allowed) = (ClosingDays::default(), Allowed::default());
    allowed.set("check=5".parse().unwrap());
    let deadlines = Deadlines { closing: &closing, allowed: &allowed };
    for day in ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-25", "2027-04-28"] {
        for clock in ["00:00", "08:59", "23:59"] {
            let due = deadlines.begin(&filing(), Stage::Submitted, at(&format!("{day}T{clock}"))).due_at.unwrap();
            let told = closing.working_days_after(day.parse().unwrap(), 5);
            let own = if closing.is_open(day.parse().unwrap()) && clock == "00:00" {
                // A day that has just begun counts whole.
                closing.working_days_after(day.parse().unwrap(), 4)
            } else {
                told
            };
            assert_eq!(due, own.minute_in_japan(0).plus(DAY - 1), "{day} {clock}");
        }
    }
}

#[test]
fn while_the_parent_has_the_turn_the_clock_stands_still() {
    let (closing, allowed) = (office(), Allowed::default());
    let deadlines = Deadlines { closing: &closing, allowed: &allowed };
    let first = deadlines.begin(&filing(), Stage::InReview, at("2026-11-24T10:00"));
    assert_eq!(first.due_at, Some(end("2026-11-27")));
    let before = |clock: Clock, stage, since| Before {
        stage,
        since,
        due_at: clock.due_at,
        time_left: clock.time_left,
        worked: clock.worked,
    };
    let sent_at = at("2026-11-26T12:00");
    let sent =
        deadlines.change(&filing(), &before(first, Stage::InReview, at("2026-11-24T10:00")), Stage::SentBack, sent_at);
    assert_eq!((sent.due_at, sent.lateness), (None, Lateness::InTime));
    assert_eq!(sent.time_left, Some(DAY + DAY / 2), "the afternoon and a day");
    assert_eq!(sent.worked, 2 * DAY + 2 * HOUR);
    for back_on in ["2026-11-27T12:00", "2026-12-07T12:00", "2027-03-01T12:00"] {
        let back = deadlines.change(&filing(), &before(sent, Stage::SentBack, sent_at), Stage::Submitted, at(back_on));
        let day: CivilDate = back_on[..10].parse().unwrap();
        let next = closing.working_days_after(day, 1).minute_in_japan(0).plus(DAY - 1);
        assert_eq!(back.due_at, Some(next), "{back_on}: the afternoon and a day, as before");
        assert_eq!(back.worked, sent.worked, "nobody has worked meanwhile");
    }
    // Asked to come instead: it stands still as before.
    let visit = deadlines.change(
        &filing(),
        &before(sent, Stage::SentBack, sent_at),
        Stage::VisitNeeded,
        at("2026-12-20T00:00"),
    );
    assert_eq!((visit.time_left, visit.worked), (sent.time_left, sent.worked));
}

#[test]
fn what_was_overdue_when_it_was_sent_back_is_overdue_when_it_comes_back() {
    let (closing, allowed) = (office(), Allowed::default());
    let deadlines = Deadlines { closing: &closing, allowed: &allowed };
    let overdue = Before {
        stage: Stage::InReview,
        since: at("2026-11-24T10:00"),
        due_at: Some(end("2026-11-27")),
        time_left: None,
        worked: 0,
    };
    let sent = deadlines.change(&filing(), &overdue, Stage::SentBack, at("2026-11-30T10:00"));
    assert_eq!(sent.time_left, Some(-10 * HOUR));
    let stopped = Before { stage: Stage::SentBack, since: at("2026-11-30T10:00"), due_at: None, ..overdue };
    let stopped = Before { time_left: sent.time_left, worked: sent.worked, ..stopped };
    let back = deadlines.change(&filing(), &stopped, Stage::Submitted, at("2026-12-10T10:00"));
    assert_eq!((back.due_at, back.lateness), (Some(at("2026-12-10T10:00").plus(-1)), Lateness::Overdue));
}

#[test]
fn the_last_day_warns_and_the_end_of_it_is_late() {
    let (closing, allowed) = (ClosingDays::default(), Allowed::default());
    let deadlines = Deadlines { closing: &closing, allowed: &allowed };
    let clock = deadlines.begin(&filing(), Stage::Submitted, at("2026-11-24T10:00"));
    let (due, soon) = (clock.due_at.unwrap(), clock.soon_at.unwrap());
    assert_eq!((soon, due), (at("2026-11-27T00:00"), end("2026-11-27")));
    for (now, expected) in [
        ("2026-11-26T23:59", Lateness::InTime),
        ("2026-11-27T00:00", Lateness::Soon),
        ("2026-11-27T23:59", Lateness::Soon),
        ("2026-11-28T00:00", Lateness::Overdue),
    ] {
        assert_eq!(lateness(due, soon, at(now)), expected, "{now}");
    }
    let standing = |now: &str| deadlines.standing(Some(due), None, at(now)).unwrap();
    for (now, days) in
        [("2026-11-24T10:00", 3), ("2026-11-27T10:00", 0), ("2026-11-28T10:00", -1), ("2026-12-01T10:00", -2)]
    {
        assert_eq!(standing(now), Standing::Runs { due_at: due, days }, "{now}");
    }
    assert_eq!(deadlines.standing(None, Some(DAY + 1), due), Some(Standing::Stopped { days: 2 }));
    assert_eq!(deadlines.standing(None, Some(-1), due), Some(Standing::Stopped { days: 0 }));
    assert_eq!(deadlines.standing(None, None, due), None);
}

#[test]
fn a_line_of_the_settings_is_read_or_says_what_is_wrong() {
    let line: Line = " epds . check = 2 ".parse().unwrap();
    assert_eq!((line.form.unwrap().as_str(), line.step, line.days), ("epds", Step::Check, 2));
    assert_eq!("record=10".parse::<Line>().unwrap().form, None);
    for (text, fault) in [
        ("check", LineFault::Shape),
        ("Epds.check=1", LineFault::Shape),
        ("look=1", LineFault::Step),
        ("check=0", LineFault::Days),
        ("check=251", LineFault::Days),
        ("check=soon", LineFault::Days),
    ] {
        assert_eq!(text.parse::<Line>(), Err(fault), "{text}");
    }
    for check in [0, 1, 2, 5, 10, 250] {
        let allowed = Allowed::keeping(Targets { check, record: 3 });
        let together = allowed.days(&filing(), Step::Check) + allowed.days(&filing(), Step::Confirm);
        assert!(together <= check.max(2), "{together} days for {check}");
    }
}

/// Working hours between two full hours, counted one by one.
fn counted(closing: &ClosingDays, from: Instant, until: Instant) -> i64 {
    let mut sum = 0;
    let mut hour = from;
    while hour < until {
        sum += if closing.is_open(hour.date_in_japan()) { HOUR } else { 0 };
        hour = hour.plus(HOUR);
    }
    sum
}

proptest! {
    #[test]
    fn the_clock_never_runs_while_the_parent_has_the_turn_and_what_was_worked_never_shrinks(
        walk in prop::collection::vec((any::<prop::sample::Index>(), 0_i64..400), 1..30),
        start in 0_i64..20_000,
    ) {
        let (closing, allowed) = (office(), Allowed::default());
        let deadlines = Deadlines { closing: &closing, allowed: &allowed };
        let mut now = at("2025-01-01T00:00").plus(start * HOUR);
        let (mut stage, mut since) = (Stage::Submitted, now);
        let mut clock = deadlines.begin(&filing(), stage, now);
        let mut model = 0;
        for (choice, hours) in walk {
            let rows: Vec<_> = ALLOWED.iter().filter(|row| row.from == stage).collect();
            if rows.is_empty() {
                break;
            }
            let to = rows[choice.index(rows.len())].to;
            let next = now.plus(hours * HOUR);
            model += if matches!(turn(stage), Turn::Office(_)) { counted(&closing, now, next) } else { 0 };
            let before = Before { stage, since, due_at: clock.due_at, time_left: clock.time_left, worked: clock.worked };
            let after = deadlines.change(&filing(), &before, to, next);
            prop_assert!(after.worked >= clock.worked);
            if stage != to {
                prop_assert_eq!(after.worked, model, "working time of the office's turns, hour by hour");
            }
            match (turn(stage), turn(to)) {
                (_, Turn::Citizen | Turn::Nobody) => {
                    prop_assert!(after.due_at.is_none() && after.lateness == Lateness::InTime);
                    if turn(stage) == Turn::Citizen && turn(to) == Turn::Citizen {
                        prop_assert_eq!(after.time_left, clock.time_left);
                    }
                }
                (Turn::Citizen, Turn::Office(_)) => {
                    let (left, due) = (clock.time_left.unwrap(), after.due_at.unwrap());
                    let given = deadlines.working_time(next, due.plus(1));
                    // However long she took: what was left, to the end of its day.
                    prop_assert!(given >= left.max(0) && given < left.max(0) + DAY, "{given} for {left}");
                }
                (Turn::Office(was), Turn::Office(is)) if was == is => prop_assert_eq!(after.due_at, clock.due_at),
                (_, Turn::Office(_)) => prop_assert!(after.due_at.unwrap() > next),
            }
            if stage != to {
                since = next;
            }
            (stage, clock, now) = (to, after, next);
        }
    }
}
