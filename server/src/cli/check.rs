//! `config check`. Invariant: prints names of settings, never their values.

use super::{Failure, load};
use crate::{
    config::Sources,
    forms_folder,
    pdf::PdfFont,
    portal::{StartError, closing_days},
    text_packs::TextPacks,
};

pub(super) fn run(sources: &Sources) -> Result<(), Failure> {
    let config = load(sources)?;
    for variable in &config.unused_variables {
        println!("note: {variable} is no setting of this version");
    }
    for (address, planes) in config.listeners() {
        println!("{address}: {planes:?}");
    }
    let catalog = forms_folder::catalog(config.forms_dir.as_deref())?;
    for form in config.booking.forms.iter().filter(|form| catalog.newest(form).is_none()) {
        println!("note: booking_forms names {form}, which is no form");
    }
    for form in config.my_number_forms.iter().filter(|form| catalog.newest(form).is_none()) {
        println!("note: my_number_forms names {form}, which is no form");
    }
    closing_days(config.calendar_file.as_deref())?;
    let packs = TextPacks::load(&config).map_err(StartError::from)?;
    match packs.offered() {
        Err(why) => println!("note: {why}"),
        Ok(()) if packs.is_demonstration() => println!("note: {}", super::EPDS_IS_A_DEMONSTRATION),
        Ok(()) => {}
    }
    match PdfFont::find(config.pdf_font.as_deref()) {
        Ok(font) => println!("PDF receipts: {}", font.path().display()),
        Err(why) => println!("note: no PDF receipts: {why}"),
    }
    println!("the settings can be used");
    Ok(())
}
