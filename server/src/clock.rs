//! The time. Invariant: nothing but this file asks the system for it, so that a test can hold it still.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use intake::time::Instant;

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system.
    System,
    /// Microseconds that a test sets.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at an instant.
    #[must_use]
    pub fn fixed(at: Instant) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.micros())))
    }

    /// This instant.
    #[must_use]
    pub fn now(&self) -> Instant {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Fixed(micros) => Instant(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a clock that stands still; the system's goes by itself.
    pub fn advance(&self, micros: i64) {
        match self {
            Self::System => {}
            Self::Fixed(held) => {
                held.fetch_add(micros, Ordering::SeqCst);
            }
        }
    }
}
