//! The site that passkeys are bound to, one for each plane of people. Invariant: a passkey of parents is of no use on the
//! staff plane and the other way round, unless both are on one host, as in the demo.

use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

use crate::{
    config::{Config, PublicUrl},
    store::account::PasskeyOwner,
};

/// Both sites.
pub struct RelyingParty {
    citizens: Webauthn,
    staff: Webauthn,
}

/// A passkey cannot be bound to this address: it needs a host with a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("passkeys need a host with a name, not {0}")]
pub struct NoSite(String);

impl RelyingParty {
    /// From the addresses in the settings.
    ///
    /// # Errors
    /// When one of them is a number instead of a name.
    pub fn new(config: &Config) -> Result<Self, NoSite> {
        let name = &config.municipality.name;
        Ok(Self { citizens: site(&config.public_url, name)?, staff: site(&config.staff_url, name)? })
    }

    /// The parents' site.
    #[must_use]
    pub const fn citizens(&self) -> &Webauthn {
        &self.citizens
    }

    /// The site of the plane that the owner signs in on.
    #[must_use]
    pub const fn of(&self, owner: PasskeyOwner) -> &Webauthn {
        match owner {
            PasskeyOwner::Account(_) => &self.citizens,
            PasskeyOwner::Staff(_) => &self.staff,
        }
    }
}

fn site(address: &PublicUrl, name: &str) -> Result<Webauthn, NoSite> {
    let no_site = || NoSite(address.origin().to_owned());
    let origin = Url::parse(address.origin()).map_err(|_| no_site())?;
    let builder = WebauthnBuilder::new(address.host(), &origin).map_err(|_| no_site())?;
    builder.rp_name(name).build().map_err(|_| no_site())
}
