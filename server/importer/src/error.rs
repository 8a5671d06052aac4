//! Why the import job stopped. Invariant: no text holds personal data; each refusal has a short name for programs.

use crate::{
    config::ConfigError, mapping::MappingError, portal::PortalError, residents::ExtractError, state::StateError,
};

/// Why the import job stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A batch, a receipt or a key was refused.
    #[error(transparent)]
    Refused(#[from] handover::Error),
    /// A batch of an archive.
    #[error("batch {seq} of the archive: {error}")]
    Archived {
        /// Its number.
        seq: u64,
        /// What is wrong.
        error: handover::Error,
    },
    /// The portal.
    #[error(transparent)]
    Portal(#[from] PortalError),
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
    /// 「宛名」 The extract.
    #[error("the extract of residents: {0}")]
    Residents(#[from] ExtractError),
    /// 「変換表」 A mapping file.
    #[error("the mapping file for {kind}: {error}")]
    Mapping {
        /// The kind of entry.
        kind: String,
        /// What is wrong.
        error: MappingError,
    },
    /// A file cannot be read or written.
    #[error("{what}: {error}")]
    Io {
        /// Which file.
        what: String,
        /// Why.
        error: std::io::Error,
    },
    /// Another run is under way.
    #[error("another run is under way; this one does nothing")]
    Locked,
    /// The keys belong to another destination.
    #[error("the keys folder belongs to another destination than the configuration names")]
    OtherKeys,
    /// The portal's key is pinned by its fingerprint, and no key is at hand.
    #[error("the batch brings no key announcement, and no key of the portal is known yet")]
    NoKeyYet,
    /// The portal refused receipts for good.
    #[error("the portal refused {0} receipts for good: see `madoguchi-import status`")]
    ReceiptsRefused(usize),
    /// An entry that two people let go on cannot be written.
    #[error("its line cannot be written: {0}; mend the mapping file and say it again")]
    LineUnwritable(String),
    /// The command cannot be done with what was given.
    #[error("{0}")]
    Usage(String),
}

impl ImportError {
    /// A short name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "configuration",
            Self::Refused(refusal) | Self::Archived { error: refusal, .. } => refusal.code(),
            Self::Portal(_) => "portal",
            Self::State(StateError::TwiceTheEntry) => "duplicate_entry",
            Self::State(StateError::NotHeld) => "not_held",
            Self::State(_) => "state",
            Self::Residents(_) => "residents",
            Self::Mapping { .. } => "mapping",
            Self::Io { .. } => "io",
            Self::Locked => "locked",
            Self::OtherKeys => "other_keys",
            Self::NoKeyYet => "no_key_yet",
            Self::ReceiptsRefused(_) => "receipts_refused",
            Self::LineUnwritable(_) => "line_unwritable",
            Self::Usage(_) => "usage",
        }
    }

    /// 2 when the program was used wrongly, else 1.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Usage(_) => 2,
            _ => 1,
        }
    }
}
