//! What only the demo has. Invariant: nothing here is reached without `--demo`.

pub mod atena;
pub mod authenticator;
mod channel_samples;
pub mod epds_samples;
pub mod handbook;
pub mod identity;
pub mod import_job;
pub mod people;
pub mod practice_card;
pub mod practice_provider;
pub mod prepare;
pub mod seed;
mod slots;
pub mod staff;

use crate::config::Config;

/// Gives the settings of a command the address that the running demo has: it may have taken any free port.
pub fn own_address(config: &mut Config) {
    if let Ok(Some(handbook)) = handbook::Handbook::read(&config.data_dir)
        && let Some(port) = handbook.url.rsplit(':').next().and_then(|port| port.parse().ok())
    {
        config.demo_on_port(port);
    }
}
