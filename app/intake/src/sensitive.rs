//! A wrapper for personal data. Invariant: it reaches neither a log (no text in `Debug`) nor an island prop (no `Serialize`).

use std::fmt;

/// Personal data that must be taken out by name before it can be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps personal data.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for showing it to somebody who may see it.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    /// The value, taken out for good.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[sensitive]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_text_says_nothing() {
        assert_eq!(format!("{:?}", Sensitive::new("佐藤 花子")), "[sensitive]");
    }
}
