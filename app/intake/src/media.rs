//! 「外部記録媒体」 A batch that is carried. Invariant: it leaves only on a registered medium, at a registered terminal, and after
//! another person's yes; a medium is at one place at a time. (特定個人情報保護評価書 III 3: 特定の権限・特定の端末・特定の媒体; 6: 貸出・返却・消去
//! と承認.)

use std::{fmt, str::FromStr};

use crate::{
    ids::NotAnId,
    time::{DAY, Instant},
};

/// For so long an approval lets a batch be written.
pub const APPROVAL_LASTS: i64 = DAY;

/// The longest name of a medium or a terminal, and the longest serial number, in characters.
pub const LONGEST: usize = 60;

/// What is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 「記録媒体」
    Medium,
    /// 「端末」 The machine on which a batch is written; it has a signing key.
    Terminal,
}

/// How the content of a medium is encrypted by itself. The batch is encrypted in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// The medium has a cipher and a key pad or a chip of its own.
    Hardware,
    /// A program on the terminal does it.
    Software,
}

/// How a carriage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 「申請」 One person asks for it.
    Proposed,
    /// 「承認」 Another has said yes.
    Approved,
    /// 「持出し」 The batch is on the medium.
    Out,
    /// 「返却」 The medium has come back.
    Back,
    /// 「消去」 Its content is erased; it may carry again.
    Wiped,
    /// 「取りやめ」 Nothing was written.
    Dropped,
}

/// What can be done with a carriage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The second person's yes.
    Approve,
    /// The batch is written; once more while the medium is out and the approval lasts, for a write that was cut off.
    Write,
    /// The medium comes back.
    Return,
    /// Its content is erased.
    Wipe,
    /// It is not wanted any more.
    Drop,
}

macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),+ })+) => { $(
        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word that is stored and stands in addresses.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(NotAnId) }
            }
        }
    )+ };
}
words! {
    Kind { Medium = "medium", Terminal = "terminal" }
    Encryption { Hardware = "hardware", Software = "software" }
    State { Proposed = "proposed", Approved = "approved", Out = "out", Back = "back", Wiped = "wiped", Dropped = "dropped" }
    Step { Approve = "approve", Write = "write", Return = "return", Wipe = "wipe", Drop = "drop" }
}

/// When what happened to a carriage happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The second person's yes.
    pub approved_at: Option<Instant>,
    /// The first time that the batch was written.
    pub out_at: Option<Instant>,
    /// The medium came back.
    pub back_at: Option<Instant>,
    /// Its content was erased.
    pub wiped_at: Option<Instant>,
    /// It was not wanted any more.
    pub dropped_at: Option<Instant>,
}

impl Times {
    /// How the carriage stands.
    #[must_use]
    pub const fn state(&self) -> State {
        match self {
            Self { dropped_at: Some(_), .. } => State::Dropped,
            Self { wiped_at: Some(_), .. } => State::Wiped,
            Self { back_at: Some(_), .. } => State::Back,
            Self { out_at: Some(_), .. } => State::Out,
            Self { approved_at: Some(_), .. } => State::Approved,
            _ => State::Proposed,
        }
    }

    /// Whether this can be done now.
    #[must_use]
    pub fn allows(&self, step: Step, now: Instant) -> bool {
        let lasts = self.approved_at.is_some_and(|at| now < at.plus(APPROVAL_LASTS));
        match (self.state(), step) {
            (State::Proposed, Step::Approve | Step::Drop)
            | (State::Approved, Step::Drop)
            | (State::Out, Step::Return)
            | (State::Back, Step::Wipe) => true,
            (State::Approved | State::Out, Step::Write) => lasts,
            _ => false,
        }
    }
}

/// A name or a serial number as it is kept; none when it cannot be.
#[must_use]
pub fn label(typed: &str) -> Option<String> {
    let text = typed.trim();
    let is_good = (1..=LONGEST).contains(&text.chars().count()) && !text.contains(char::is_control);
    is_good.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use proptest::prelude::*;

    use super::*;

    /// What a step leaves behind.
    fn done(mut times: Times, step: Step, now: Instant) -> Times {
        match step {
            Step::Approve => times.approved_at = Some(now),
            Step::Write => times.out_at = times.out_at.or(Some(now)),
            Step::Return => times.back_at = Some(now),
            Step::Wipe => times.wiped_at = Some(now),
            Step::Drop => times.dropped_at = Some(now),
        }
        times
    }

    #[test]
    fn an_approval_is_over_after_a_day() {
        let times = Times { approved_at: Some(Instant(0)), ..Times::default() };
        assert!(times.allows(Step::Write, Instant(APPROVAL_LASTS - 1)));
        assert!(!times.allows(Step::Write, Instant(APPROVAL_LASTS)));
        assert!(times.allows(Step::Drop, Instant(APPROVAL_LASTS)));
    }

    #[test]
    fn names_are_kept_as_they_stand_without_what_surrounds_them() {
        assert_eq!(label("  媒体１号 "), Some("媒体１号".to_owned()));
        for bad in ["", "   ", "a\nb", &"あ".repeat(LONGEST + 1)] {
            assert_eq!(label(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nothing_leaves_without_a_yes_and_what_left_comes_back_before_it_is_wiped(
            steps in prop::collection::vec((0_usize..5, 0_i64..3), 0..20),
        ) {
            let (mut times, mut now) = (Times::default(), Instant(0));
            for (step, days) in steps {
                now = now.plus(days * DAY / 2);
                let step = *Step::ALL.get(step).unwrap();
                if !times.allows(step, now) {
                    continue;
                }
                times = done(times, step, now);
                prop_assert!(times.out_at.is_none() || times.approved_at.is_some());
                prop_assert!(times.back_at.is_none() || times.out_at.is_some());
                prop_assert!(times.wiped_at.is_none() || times.back_at.is_some());
                prop_assert!(times.dropped_at.is_none() || times.out_at.is_none());
            }
        }
    }
}
