//! `config check`. Invariant: prints names of settings, never their values.

use super::{Failure, load};
use crate::{config::Sources, portal};

pub(super) fn run(sources: &Sources) -> Result<(), Failure> {
    let config = load(sources)?;
    for variable in &config.unused_variables {
        println!("note: {variable} is no setting of this version");
    }
    for (address, planes) in config.listeners() {
        println!("{address}: {planes:?}");
    }
    portal::forms()?;
    println!("the settings can be used");
    Ok(())
}
