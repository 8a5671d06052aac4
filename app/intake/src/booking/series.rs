//! 「面談枠」 Slots as staff open them: one, or a series of days of the week and times between two dates. Invariant: a
//! [`Series`] that exists opens at least one slot at a time that lies ahead, and not more than [`MOST_SLOTS`].

use super::{Mode, Spoken};
use crate::{
    answers::RawAnswers,
    calendar::{ClosingDays, last_known_year, weekday},
    time::{CivilDate, Instant},
};

/// The most slots that are opened at once.
pub const MOST_SLOTS: usize = 1_000;
const MOST_PLACES: i64 = 100;
const LENGTHS: std::ops::RangeInclusive<i64> = 5..=480;
const LONGEST_PLACE: usize = 100;
/// How far ahead slots are opened: what lies further is not planned yet.
const DAYS_AHEAD: i64 = 400;

/// What is wrong with what was typed for a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesFault {
    /// Not a day, or one that is over or too far ahead.
    Day,
    /// The last day lies before the first.
    Order,
    /// No day of the week between the two dates is chosen, or the office is closed on all of them.
    NoDay,
    /// Not times such as `9:00 10:30`.
    Times,
    /// Not 5 to 480 minutes.
    Length,
    /// Not 1 to 100 places.
    Capacity,
    /// No place, or one of more than 100 characters.
    Place,
    /// Neither in person nor online.
    Mode,
    /// No language.
    Language,
    /// More than [`MOST_SLOTS`].
    TooMany,
}

impl SeriesFault {
    /// The end of the sentence's key.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Order => "order",
            Self::NoDay => "no-day",
            Self::Times => "times",
            Self::Length => "length",
            Self::Capacity => "capacity",
            Self::Place => "place",
            Self::Mode => "mode",
            Self::Language => "language",
            Self::TooMany => "too-many",
        }
    }
}

/// A fault with the input that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesError {
    /// The name of the input.
    pub input: &'static str,
    /// What is wrong.
    pub fault: SeriesFault,
}

/// Slots to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// When each begins, in order.
    pub starts: Vec<Instant>,
    /// How long each is, in minutes.
    pub minutes: i64,
    /// How many parents can come to each.
    pub capacity: i64,
    /// Where, in the office's words; of an online one how to join.
    pub place: String,
    /// How one meets.
    pub mode: Mode,
    /// What is spoken.
    pub languages: Vec<Spoken>,
}

/// The number of places of a slot.
#[must_use]
pub fn capacity(text: &str) -> Option<i64> {
    number(text).filter(|places| (1..=MOST_PLACES).contains(places))
}

/// A number, also in full-width digits.
fn number(text: &str) -> Option<i64> {
    let plain = plain(text);
    (!plain.is_empty() && plain.len() <= 4 && plain.bytes().all(|b| b.is_ascii_digit())).then(|| plain.parse().ok())?
}

/// Digits, colon and space as an office keyboard may leave them.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
        '：' => ':',
        '　' => ' ',
        other => other,
    };
    text.chars().map(narrow).collect::<String>().trim().to_owned()
}

/// Minutes after midnight of each time, in order, each once.
fn times(text: &str) -> Option<Vec<i64>> {
    let mut found = Vec::new();
    for time in plain(text).split([' ', ',', '、', '，', '\n', '\r', '\t']).filter(|part| !part.is_empty()) {
        let (hour, minute) = time.split_once(':')?;
        let (hour, minute) = (number(hour)?, (minute.len() == 2).then(|| number(minute))??);
        if hour > 23 || minute > 59 {
            return None;
        }
        found.push(hour * 60 + minute);
    }
    found.sort_unstable();
    found.dedup();
    (!found.is_empty()).then_some(found)
}

struct Faults(Vec<SeriesError>);

impl Faults {
    fn found<T>(&mut self, input: &'static str, fault: SeriesFault, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.0.push(SeriesError { input, fault });
        }
        value
    }
}

impl Series {
    /// Reads what staff typed: `from`, `to` (empty for the same day), `weekday` (0 to 6, several; none for all), `times`,
    /// `minutes`, `capacity`, `place`, `mode`, `language` (several), `open_days` (only days on which the office works).
    ///
    /// # Errors
    /// With every fault, in the order of the inputs.
    pub fn parse(raw: &RawAnswers, closing: &ClosingDays, now: Instant) -> Result<Self, Vec<SeriesError>> {
        let (mut faults, today) = (Faults(Vec::new()), now.date_in_japan());
        let ahead =
            |day: &CivilDate| (0..=DAYS_AHEAD).contains(&day.days_since(today)) && day.parts().0 <= last_known_year();
        let day = |input: &str| raw.first(input).trim().parse::<CivilDate>().ok().filter(ahead);
        let from = faults.found("from", SeriesFault::Day, day("from"));
        let to = match raw.first("to").trim() {
            "" => from,
            _ => faults.found("to", SeriesFault::Day, day("to")),
        };
        let times = faults.found("times", SeriesFault::Times, times(raw.first("times")));
        let minutes = number(raw.first("minutes")).filter(|minutes| LENGTHS.contains(minutes));
        let minutes = faults.found("minutes", SeriesFault::Length, minutes);
        let places = faults.found("capacity", SeriesFault::Capacity, capacity(raw.first("capacity")));
        let place = raw.first("place").trim();
        let is_place = !place.is_empty() && place.chars().count() <= LONGEST_PLACE && !place.contains(char::is_control);
        let place = faults.found("place", SeriesFault::Place, is_place.then(|| place.to_owned()));
        let mode = faults.found("mode", SeriesFault::Mode, raw.first("mode").parse().ok());
        let spoken: Option<Vec<Spoken>> = raw.all("language").iter().map(|one| one.parse().ok()).collect();
        let spoken = spoken.filter(|spoken| !spoken.is_empty());
        let languages = faults.found("language", SeriesFault::Language, spoken);
        let starts = match (from, to, times) {
            (Some(from), Some(to), Some(times)) => starts(raw, closing, now, (from, to), &times, &mut faults),
            _ => None,
        };
        match (starts, minutes, places, place, mode, languages) {
            (Some(starts), Some(minutes), Some(capacity), Some(place), Some(mode), Some(languages)) => {
                Ok(Self { starts, minutes, capacity, place, mode, languages })
            }
            _ => Err(faults.0),
        }
    }
}

fn starts(
    raw: &RawAnswers,
    closing: &ClosingDays,
    now: Instant,
    (from, to): (CivilDate, CivilDate),
    times: &[i64],
    faults: &mut Faults,
) -> Option<Vec<Instant>> {
    faults.found("to", SeriesFault::Order, (from <= to).then_some(()))?;
    let chosen = raw.all("weekday");
    let only_open_days = !raw.first("open_days").is_empty();
    let mut starts = Vec::new();
    for ahead in 0..=to.days_since(from) {
        let day = from.plus_days(ahead);
        let is_chosen = chosen.is_empty() || chosen.iter().any(|one| *one == weekday(day).to_string());
        if !is_chosen || (only_open_days && !closing.is_open(day)) {
            continue;
        }
        starts.extend(times.iter().map(|minute| day.minute_in_japan(*minute)).filter(|start| *start > now));
    }
    faults.found("weekday", SeriesFault::NoDay, (!starts.is_empty()).then_some(()))?;
    faults.found("to", SeriesFault::TooMany, (starts.len() <= MOST_SLOTS).then_some(()))?;
    Some(starts)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// 2026-11-23 09:00 in Japan, a holiday.
    const NOW: Instant = Instant(1_795_392_000_000_000);

    fn raw(changes: &[(&str, &[&str])]) -> RawAnswers {
        let mut raw = RawAnswers::default();
        let base: [(&str, &[&str]); 9] = [
            ("from", &["2026-11-24"]),
            ("to", &["2026-12-06"]),
            ("weekday", &["0", "1", "2", "3", "4"]),
            ("times", &["9:00 13:30"]),
            ("minutes", &["30"]),
            ("capacity", &["2"]),
            ("place", &["本庁舎 1階 3番窓口"]),
            ("mode", &["in_person"]),
            ("language", &["ja", "vi"]),
        ];
        for (input, values) in base.iter().chain(changes) {
            raw.set(input, values.iter().map(|value| (*value).to_owned()).collect());
        }
        raw
    }

    fn parse(changes: &[(&str, &[&str])]) -> Result<Series, Vec<SeriesError>> {
        Series::parse(&raw(changes), &ClosingDays::parse("12-03\n").unwrap(), NOW)
    }

    fn times_of(series: &Series) -> Vec<String> {
        series.starts.iter().map(|start| start.minute_in_japan()).collect()
    }

    #[test]
    fn a_series_has_each_chosen_day_at_each_time() {
        let series = parse(&[]).unwrap();
        assert_eq!(series.starts.len(), 9 * 2);
        assert_eq!(times_of(&series)[..3], ["2026-11-24 09:00", "2026-11-24 13:30", "2026-11-25 09:00"]);
        assert_eq!((series.minutes, series.capacity, series.mode), (30, 2, Mode::InPerson));
        assert_eq!(series.languages, [Spoken::Japanese, Spoken::Vietnamese]);
    }

    #[test]
    fn days_on_which_the_office_is_closed_are_left_out_when_asked_for() {
        let all = [("from", ["2026-11-23"].as_slice()), ("weekday", &[]), ("times", &["10:00"])];
        assert_eq!(parse(&all).unwrap().starts.len(), 14);
        let open: Vec<_> = all.into_iter().chain([("open_days", ["yes"].as_slice())]).collect();
        let series = parse(&open).unwrap();
        let days: Vec<String> = times_of(&series).iter().map(|time| time[5..10].to_owned()).collect();
        // Not the holiday, neither weekend, not the closing day of the city.
        assert_eq!(days, ["11-24", "11-25", "11-26", "11-27", "11-30", "12-01", "12-02", "12-04"]);
    }

    #[test]
    fn one_slot_is_a_series_of_one_day_and_one_time() {
        let series = parse(&[("to", &[""]), ("times", &["１４：００"]), ("weekday", &[])]).unwrap();
        assert_eq!(times_of(&series), ["2026-11-24 14:00"]);
    }

    #[test]
    fn what_is_over_is_not_opened() {
        let today =
            [("from", ["2026-11-23"].as_slice()), ("to", &[""]), ("weekday", &[]), ("times", &["8:00、9:00,9:01"])];
        assert_eq!(times_of(&parse(&today).unwrap()), ["2026-11-23 09:01"]);
    }

    #[test]
    fn every_fault_is_told_with_its_input() {
        let fault = |changes: &[(&str, &[&str])]| parse(changes).unwrap_err();
        for (input, typed, about, expected) in [
            ("from", "2026-11-22", "from", SeriesFault::Day),
            ("from", "tomorrow", "from", SeriesFault::Day),
            ("to", "2028-11-24", "to", SeriesFault::Day),
            ("to", "2026-11-23", "to", SeriesFault::Order),
            ("weekday", "7", "weekday", SeriesFault::NoDay),
            ("times", "9", "times", SeriesFault::Times),
            ("times", "24:00", "times", SeriesFault::Times),
            ("times", "9:5", "times", SeriesFault::Times),
            ("minutes", "4", "minutes", SeriesFault::Length),
            ("capacity", "0", "capacity", SeriesFault::Capacity),
            ("capacity", "101", "capacity", SeriesFault::Capacity),
            ("place", " ", "place", SeriesFault::Place),
            ("mode", "phone", "mode", SeriesFault::Mode),
            ("language", "xx", "language", SeriesFault::Language),
        ] {
            assert_eq!(fault(&[(input, &[typed])]), [SeriesError { input: about, fault: expected }], "{input} {typed}");
        }
        assert_eq!(fault(&[("language", &[]), ("place", &[&"あ".repeat(101)])]).len(), 2);
        let every_minute: Vec<String> = (0..1440).map(|minute| format!("{}:{:02}", minute / 60, minute % 60)).collect();
        let many = fault(&[("times", &[&every_minute.join(" ")])]);
        assert_eq!(many, [SeriesError { input: "to", fault: SeriesFault::TooMany }]);
    }
}
