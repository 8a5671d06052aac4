//! What a running portal consists of. Invariant: a [`Portal`] that exists has a usable catalog of forms.

use intake::catalog::Catalog;

use crate::{config::Config, telemetry::Metrics};

/// A running portal: what the web, the worker, every command and the tests start from.
pub struct Portal {
    /// The settings.
    pub config: Config,
    /// The forms.
    pub catalog: Catalog,
    /// The counters.
    pub metrics: Metrics,
}

/// The portal cannot start; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A form file has faults.
    #[error("the form {0} has faults: {1}")]
    Forms(String, String),
}

impl Portal {
    /// Opens everything that the settings name.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn open(config: Config) -> Result<Self, StartError> {
        Ok(Self { config, catalog: forms()?, metrics: Metrics::new() })
    }
}

/// The forms that the portal would serve.
///
/// # Errors
/// When a form has faults.
pub fn forms() -> Result<Catalog, StartError> {
    Catalog::shipped().map_err(|(file, faults)| {
        StartError::Forms(file, faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    })
}
