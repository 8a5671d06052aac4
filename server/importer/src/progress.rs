//! How far a long run is, for whoever watches. Invariant: it goes to the error output and only if that is a terminal, in
//! whole lines that a screen reader can follow, at most one a second, and holds no personal data.

use std::{
    io::{IsTerminal, Write, stderr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const BETWEEN: Duration = Duration::from_secs(1);

/// How far a run is.
pub struct Progress(Option<Mutex<Told>>);

#[derive(Default)]
struct Told {
    last: Option<Instant>,
    stage: String,
}

impl Progress {
    /// Tells nobody.
    #[must_use]
    pub const fn silent() -> Self {
        Self(None)
    }

    /// Tells who watches, unless that is no terminal or they asked for quiet.
    #[must_use]
    pub fn on_terminal(quiet: bool) -> Self {
        Self((!quiet && stderr().is_terminal()).then(Mutex::default))
    }

    /// What is worked on from now on.
    pub fn stage(&self, name: String) {
        if let Some(told) = &self.0 {
            told.lock().unwrap_or_else(PoisonError::into_inner).stage = name;
        }
        self.tell(|| "begun".to_owned());
    }

    /// How far it is, if it is time to say so.
    pub fn tell(&self, text: impl FnOnce() -> String) {
        let Some(told) = &self.0 else { return };
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.last.is_none_or(|last| last.elapsed() >= BETWEEN) {
            told.last = Some(Instant::now());
            // Who cannot be told goes without.
            let _ = writeln!(stderr(), "{}: {}", told.stage, text());
        }
    }
}
