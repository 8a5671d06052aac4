//! `config check`. Invariant: prints names of settings, never their values.

use super::{Failure, load};
use crate::{config::Sources, forms_folder};

pub(super) fn run(sources: &Sources) -> Result<(), Failure> {
    let config = load(sources)?;
    for variable in &config.unused_variables {
        println!("note: {variable} is no setting of this version");
    }
    for (address, planes) in config.listeners() {
        println!("{address}: {planes:?}");
    }
    forms_folder::catalog(config.forms_dir.as_deref())?;
    println!("the settings can be used");
    Ok(())
}
