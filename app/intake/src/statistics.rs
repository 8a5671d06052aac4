//! 「集計」 What is counted of filings, by day and without the person; and what of it may leave the team. Invariant: from what
//! [`publish`] shows nobody can work out a small number that it does not show.

use std::{fmt, str::FromStr};

use crate::{
    gestation::TimingClass,
    ids::NotAnId,
    time::{HOUR, Instant},
};

/// What is counted. Each count has a day, a form and a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Filings that arrived; the word is the channel.
    Filed,
    /// 「届出週数」 The same; the word is [`timing_word`].
    Timing,
    /// 「差戻しの理由」 Fields that were sent back; the word is the field.
    SentBack,
    /// 「不受理」 The word is the reason.
    Declined,
    /// From the filing to the first look; the word is the number of whole hours.
    FirstLook,
    /// From the filing to the second person's yes, in whole hours.
    Confirmed,
    /// From the filing to the back office's record, in whole hours.
    Imported,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Filed, Self::Timing, Self::SentBack, Self::Declined, Self::FirstLook, Self::Confirmed, Self::Imported];

    /// The name in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Timing => "timing",
            Self::SentBack => "sent_back",
            Self::Declined => "declined",
            Self::FirstLook => "first_look",
            Self::Confirmed => "confirmed",
            Self::Imported => "imported",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Measure {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == text).ok_or(NotAnId)
    }
}

/// The classes of 地域保健・健康増進事業報告, in its order.
pub const TIMING: [TimingClass; 6] = [
    TimingClass::Within11Weeks,
    TimingClass::Weeks12To19,
    TimingClass::Weeks20To27,
    TimingClass::FromWeek28,
    TimingClass::AfterBirth,
    TimingClass::Unknown,
];

/// The word that a class of weeks is counted under.
#[must_use]
pub const fn timing_word(class: TimingClass) -> &'static str {
    match class {
        TimingClass::Within11Weeks => "within_11_weeks",
        TimingClass::Weeks12To19 => "weeks_12_to_19",
        TimingClass::Weeks20To27 => "weeks_20_to_27",
        TimingClass::FromWeek28 => "from_week_28",
        TimingClass::AfterBirth => "after_birth",
        TimingClass::Unknown => "unknown",
    }
}

/// The word that a time is counted under: whole hours, so that a median is right to the hour and no row is a person's.
#[must_use]
pub fn hours_word(from: Instant, to: Instant) -> String {
    ((to.micros() - from.micros()).max(0) / HOUR).to_string()
}

/// The hours within which this share of the cases was done, of counts by hour; none of none.
#[must_use]
pub fn percentile(by_hour: &[(u64, u64)], percent: u64) -> Option<u64> {
    let mut sorted = by_hour.to_vec();
    sorted.sort_unstable();
    let all: u64 = sorted.iter().map(|(_, number)| number).sum();
    // The nearest rank: the smallest value that at least this share does not exceed.
    let rank = (all * percent).div_ceil(100).max(1);
    let mut seen = 0;
    sorted.into_iter().find_map(|(hours, number)| {
        seen += number;
        (seen >= rank && number > 0).then_some(hours)
    })
}

/// Counts from one to four are small: they could be somebody.
pub const SMALL: u64 = 5;

/// What may leave the team of counts that add up to a total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The counts; none where one is kept back, and all of them where the others would give it away.
    pub counts: Vec<Option<u64>>,
    /// The total; none if it is small.
    pub total: Option<u64>,
}

/// Keeps small counts back, and with them as many others as it takes: a count that was kept back alone could be worked out from
/// the total. Which others is told by their place, not by their size, for the size of a neighbour would tell of it.
#[must_use]
pub fn publish(counts: &[u64]) -> Published {
    let total: u64 = counts.iter().sum();
    let nothing = vec![None; counts.len()];
    if (1..SMALL).contains(&total) {
        return Published { counts: nothing, total: None };
    }
    let mut kept: Vec<usize> = (0..counts.len()).filter(|at| (1..SMALL).contains(&counts[*at])).collect();
    if let Some(last) = kept.last().copied() {
        let mut others = (1..counts.len()).map(|step| (last + step) % counts.len());
        while !is_hidden_well(&kept.iter().map(|at| counts[*at]).collect::<Vec<_>>()) {
            match others.find(|at| counts[*at] > 0 && !kept.contains(at)) {
                Some(next) => kept.push(next),
                None => return Published { counts: nothing, total: Some(total) },
            }
        }
    }
    let shown = counts.iter().enumerate().map(|(at, count)| (!kept.contains(&at)).then_some(*count));
    Published { counts: shown.collect(), total: Some(total) }
}

/// Whether counts whose sum is known, and of which each is known not to be zero, can all be other than they are: each may be as large as
/// five, and they are not all at their largest.
fn is_hidden_well(kept: &[u64]) -> bool {
    let (sum, number) = (kept.iter().sum::<u64>(), kept.len() as u64);
    number >= 2 && sum >= number + SMALL - 1 && sum != number * (SMALL - 1)
}

/// What may leave the team of a year, by what has left it of the months: a word that was kept back in one of them is kept back, or the
/// others and the year would give it away.
#[must_use]
pub fn publish_year(months: &[Published]) -> Published {
    let words = months.first().map_or(0, |month| month.counts.len());
    let sum = |of: &dyn Fn(&Published) -> Option<u64>| months.iter().map(of).sum::<Option<u64>>();
    Published {
        counts: (0..words).map(|at| sum(&|month| month.counts[at])).collect(),
        total: sum(&|month| month.total),
    }
}

/// The median or another percentile of a number of cases may leave the team if the cases are not few.
#[must_use]
pub const fn may_be_published(cases: u64) -> bool {
    cases >= SMALL
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::collections::BTreeMap;

    /// The counts that are shown, and their total.
    type Shown = (Vec<Option<u64>>, Option<u64>);

    /// Every way to give counts to some places, up to a total.
    fn every(places: usize, most: u64) -> Vec<Vec<u64>> {
        let mut all = vec![Vec::new()];
        for _ in 0..places {
            all = all
                .into_iter()
                .flat_map(|begun: Vec<u64>| {
                    let left = most - begun.iter().sum::<u64>();
                    (0..=left).map(move |next| begun.iter().copied().chain([next]).collect())
                })
                .collect();
        }
        all
    }

    #[test]
    fn from_what_is_published_nobody_works_out_a_small_count_even_who_knows_the_rule() {
        for (places, most) in [(1, 30), (2, 40), (3, 30), (4, 22), (5, 15)] {
            // Whoever knows the rule knows which counts look like this once published: they must not agree.
            let mut alike: BTreeMap<Shown, Vec<Vec<u64>>> = BTreeMap::new();
            for counts in every(places, most) {
                let Published { counts: shown, total } = publish(&counts);
                alike.entry((shown, total)).or_default().push(counts);
            }
            for ((shown, total), all) in alike {
                for at in 0..places {
                    let is_small = (1..SMALL).contains(&all[0][at]);
                    assert!(shown[at].is_none_or(|count| count == 0 || count >= SMALL), "{shown:?}");
                    let agree = all.iter().all(|counts| counts[at] == all[0][at]);
                    // What the total alone tells of a table with one place is not told by the count.
                    assert!(!(is_small && shown[at].is_none() && agree), "{shown:?} {total:?} is {:?} only", all[0]);
                }
                assert!(total.is_none_or(|total| total == 0 || total >= SMALL));
            }
        }
    }

    #[test]
    fn what_is_not_small_is_shown() {
        let shown = |counts: &[u64]| publish(counts).counts;
        assert_eq!(shown(&[]), []);
        assert_eq!(shown(&[0, 0]), [Some(0), Some(0)]);
        assert_eq!(shown(&[120, 0, 30, 5]), [Some(120), Some(0), Some(30), Some(5)]);
        assert_eq!(shown(&[120, 40, 3, 9, 0]), [Some(120), Some(40), None, None, Some(0)], "the next goes with it");
        assert_eq!(shown(&[120, 4, 3, 9, 0]), [Some(120), None, None, Some(9), Some(0)], "they hide each other");
        assert_eq!(publish(&[1, 2]), Published { counts: vec![None, None], total: None });
        assert_eq!(publish(&[4, 4]), Published { counts: vec![None, None], total: Some(8) });
    }

    #[test]
    fn a_year_tells_nothing_that_the_months_do_not() {
        let months = [publish(&[10, 3, 9, 20]), publish(&[8, 7, 9, 30])];
        assert_eq!(months[0].counts, [Some(10), None, None, Some(20)]);
        let year = publish_year(&months);
        assert_eq!(year, Published { counts: vec![Some(18), None, None, Some(50)], total: Some(96) });
        assert_eq!(publish_year(&[publish(&[1]), publish(&[9])]).total, None);
        assert_eq!(publish_year(&[]).total, Some(0));
    }

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!(percentile(&[(7, 1)], 50), Some(7));
        let by_hour: Vec<(u64, u64)> = (1..=10).map(|hour| (hour, 1)).collect();
        assert_eq!((percentile(&by_hour, 50), percentile(&by_hour, 90)), (Some(5), Some(9)));
        assert_eq!(percentile(&[(100, 1), (2, 9)], 90), Some(2));
        assert_eq!(percentile(&[(100, 2), (2, 9)], 90), Some(100));
    }

    #[test]
    fn words_are_read_back() {
        for measure in Measure::ALL {
            assert_eq!(measure.as_str().parse::<Measure>().unwrap(), measure);
        }
        let words: std::collections::BTreeSet<&str> = TIMING.into_iter().map(timing_word).collect();
        assert_eq!(words.len(), TIMING.len());
        assert_eq!(hours_word(Instant(0), Instant(HOUR * 3 - 1)), "2");
        assert_eq!(hours_word(Instant(HOUR), Instant(0)), "0", "a clock that was put back");
    }
}
