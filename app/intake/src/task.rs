//! 「確認の仕事」 What a member of staff is to look after. Invariant: what it is about stands in the case alone, so that whoever may
//! not open the case learns nothing of it.

use std::{fmt, str::FromStr};

use crate::ids::NotAnId;

/// Why there is a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// 「EPDS」 Answers that a public health nurse is asked to look at.
    Epds,
    /// 「期限超過」 A case that has been overdue for too long.
    Overdue,
}

impl TaskKind {
    /// The name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Epds => "epds",
            Self::Overdue => "overdue",
        }
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TaskKind {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        [Self::Epds, Self::Overdue].into_iter().find(|kind| kind.as_str() == text).ok_or(NotAnId)
    }
}
