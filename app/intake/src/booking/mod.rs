//! 「面談予約」 Appointments: which times there are, who may pick, move and cancel until when, and who is told of a place that
//! became free. Invariant: pure rules; that a place is given once is the store's part, in one statement.

mod series;

use std::{fmt, str::FromStr};

pub use series::{MOST_SLOTS, Series, SeriesError, SeriesFault, capacity};

use crate::{
    ids::{CaseId, NotAnId},
    time::{HOUR, Instant},
};

/// The latest that a place can be picked before it begins: the office prints its list of the day.
pub const PICK_UNTIL: i64 = HOUR;
/// How long a parent who was told of a free place is the last one told of it. Nothing is held for her: a place that stands
/// empty helps nobody, and whoever reads her mail at once has it.
pub const TOLD_ALONE: i64 = 4 * HOUR;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word in the database and in addresses.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(NotAnId)
            }
        }
    };
}

words! {
    /// 「面談の方法」 How one meets.
    Mode {
        /// 「来庁」 At the place of the slot.
        InPerson = "in_person",
        /// 「オンライン」 By video.
        Online = "online",
    }
}

words! {
    /// 「対応言語」 A language that is spoken at an interview.
    Spoken {
        /// 日本語
        Japanese = "ja",
        /// English
        English = "en",
        /// 中文
        Chinese = "zh",
        /// Tiếng Việt
        Vietnamese = "vi",
        /// Português
        Portuguese = "pt",
        /// नेपाली
        Nepali = "ne",
        /// Filipino
        Filipino = "fil",
    }
}

words! {
    /// What became of an appointment.
    State {
        /// It stands.
        Booked = "booked",
        /// The parent cancelled it, or her case ended.
        Cancelled = "cancelled",
        /// 「枠の取り止め」 The office closed the slot.
        Closed = "closed",
        /// 「来所済」
        Attended = "attended",
        /// 「来所なし」
        Absent = "absent",
    }
}

/// The languages of a slot as one text: the words separated by commas, in the order of the list.
#[must_use]
pub fn languages_text(languages: &[Spoken]) -> String {
    let mut sorted = languages.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(",")
}

/// The languages of such a text.
///
/// # Errors
/// When a word is none of them.
pub fn languages(text: &str) -> Result<Vec<Spoken>, NotAnId> {
    text.split(',').map(str::parse).collect()
}

/// Whether a slot that begins then can still be picked.
#[must_use]
pub fn may_pick(starts_at: Instant, now: Instant) -> bool {
    starts_at > now.plus(PICK_UNTIL)
}

/// 「変更・取消の期限」 Until when an appointment can be moved or cancelled without a call.
#[must_use]
pub fn change_until(starts_at: Instant, hours: u32) -> Instant {
    starts_at.plus(-i64::from(hours) * HOUR)
}

/// What a parent looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// How she wants to meet; anyhow.
    pub mode: Option<Mode>,
    /// In which language; in any.
    pub language: Option<Spoken>,
}

impl Wish {
    /// Whether a slot is what she looks for.
    #[must_use]
    pub fn fits(&self, mode: Mode, languages: &[Spoken]) -> bool {
        self.mode.is_none_or(|wanted| wanted == mode) && self.language.is_none_or(|wanted| languages.contains(&wanted))
    }
}

/// Places of a slot that nobody has.
#[derive(Clone, Debug)]
pub struct FreePlaces {
    /// How one meets.
    pub mode: Mode,
    /// What is spoken.
    pub languages: Vec<Spoken>,
    /// How many.
    pub places: i64,
}

/// 「空き待ち」 A parent who wants to be told.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Her case.
    pub case_id: CaseId,
    /// What she looks for.
    pub wish: Wish,
    /// When she was told.
    pub told_at: Option<Instant>,
}

/// Who is to be told now. `waiting` is in the order in which they asked: as many are told as there are places for them, the
/// first first; one who was told within [`TOLD_ALONE`] and has not picked yet counts for one place.
#[must_use]
pub fn to_tell(free: &[FreePlaces], waiting: &[Waiting], now: Instant) -> Vec<CaseId> {
    let mut left = free.to_vec();
    let mut take = |wish: &Wish| {
        let found = left.iter_mut().find(|slot| slot.places > 0 && wish.fits(slot.mode, &slot.languages));
        found.map(|slot| slot.places -= 1).is_some()
    };
    for told in waiting.iter().filter(|one| one.told_at.is_some_and(|at| at.plus(TOLD_ALONE) > now)) {
        take(&told.wish);
    }
    let untold = waiting.iter().filter(|one| one.told_at.is_none());
    untold.filter(|one| take(&one.wish)).map(|one| one.case_id).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::time::MINUTE;

    const NOW: Instant = Instant(1_795_392_000_000_000);

    fn case(number: u8) -> CaseId {
        CaseId::from_random([number; 16])
    }

    fn waiting(number: u8, wish: Wish, told_at: Option<Instant>) -> Waiting {
        Waiting { case_id: case(number), wish, told_at }
    }

    fn free(mode: Mode, languages: &[Spoken], places: i64) -> FreePlaces {
        FreePlaces { mode, languages: languages.to_vec(), places }
    }

    const ANY: Wish = Wish { mode: None, language: None };

    #[test]
    fn words_are_read_back() {
        for mode in Mode::ALL {
            assert_eq!(mode.to_string().parse::<Mode>().unwrap(), *mode);
        }
        for state in State::ALL {
            assert_eq!(state.to_string().parse::<State>().unwrap(), *state);
        }
        let text = languages_text(&[Spoken::Vietnamese, Spoken::Japanese, Spoken::Vietnamese]);
        assert_eq!(text, "ja,vi");
        assert_eq!(languages(&text).unwrap(), [Spoken::Japanese, Spoken::Vietnamese]);
        assert!(languages("ja,").is_err() && languages("").is_err());
    }

    #[test]
    fn picking_and_changing_end_at_their_times() {
        let starts = NOW.plus(24 * HOUR);
        assert!(may_pick(starts, NOW));
        assert!(!may_pick(NOW.plus(HOUR), NOW));
        assert!(may_pick(NOW.plus(HOUR + MINUTE), NOW));
        assert_eq!(change_until(starts, 24), NOW);
        assert_eq!(change_until(starts, 0), starts);
    }

    #[test]
    fn who_asked_first_is_told_first_and_as_many_as_there_are_places() {
        let all = [waiting(1, ANY, None), waiting(2, ANY, None), waiting(3, ANY, None)];
        assert_eq!(to_tell(&[free(Mode::InPerson, &[Spoken::Japanese], 2)], &all, NOW), [case(1), case(2)]);
        assert_eq!(to_tell(&[], &all, NOW), []);
    }

    #[test]
    fn one_who_was_told_lately_is_waited_for_and_then_the_next_is_told() {
        let places = [free(Mode::InPerson, &[Spoken::Japanese], 1)];
        let told = |ago: i64| [waiting(1, ANY, Some(NOW.plus(-ago))), waiting(2, ANY, None)];
        assert_eq!(to_tell(&places, &told(TOLD_ALONE - 1), NOW), []);
        assert_eq!(to_tell(&places, &told(TOLD_ALONE), NOW), [case(2)]);
    }

    #[test]
    fn a_place_that_is_not_wished_for_is_left_to_the_next() {
        let online = Wish { mode: Some(Mode::Online), language: None };
        let vietnamese = Wish { mode: None, language: Some(Spoken::Vietnamese) };
        let all = [waiting(1, online, None), waiting(2, vietnamese, None), waiting(3, ANY, None)];
        assert_eq!(to_tell(&[free(Mode::InPerson, &[Spoken::Japanese], 1)], &all, NOW), [case(3)]);
        let spoken = [Spoken::Japanese, Spoken::Vietnamese];
        assert_eq!(to_tell(&[free(Mode::InPerson, &spoken, 1)], &all, NOW), [case(2)]);
        assert_eq!(to_tell(&[free(Mode::Online, &spoken, 2)], &all, NOW), [case(1), case(2)]);
    }
}
