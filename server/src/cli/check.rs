//! `config check`. Invariant: prints names of settings, never their values.

use super::{Failure, load};
use crate::{
    clock::Clock,
    config::Sources,
    flags_file, forms_folder, oidc,
    pdf::PdfFont,
    portal::{StartError, closing_days, templates},
    signing::{self, Checker},
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
    for form in config.deadlines.forms().filter(|form| catalog.newest(form).is_none()) {
        println!("note: deadlines names {form}, which is no form");
    }
    closing_days(config.calendar_file.as_deref())?;
    let rules = flags_file::rules(&config, &catalog)?;
    let on = rules.all().iter().filter(|rule| rule.enabled).count();
    println!("確認が必要な項目: {on} of {} rules are on", rules.all().len());
    templates(config.send_back_file.as_deref())?;
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
    match &config.oidc {
        None => println!("note: no sign-in with マイナアプリ (oidc_issuer is not set)"),
        Some(provider) => {
            let key = oidc::client_key(provider)?;
            println!("マイナアプリ: {}", provider.issuer);
            println!("  redirect address to register: {}", config.public_url.join(oidc::CALLBACK));
            println!("  public key to register (JWK set): {}", oidc::public_jwks(key.jwk()));
        }
    }
    if let Some(provider) = &config.staff_provider {
        let key = oidc::client_key(&provider.oidc)?;
        println!("staff by the city's own provider: {}", provider.oidc.issuer);
        println!("  redirect address to register: {}", config.staff_url.join(oidc::STAFF_CALLBACK));
        println!("  back-channel logout address to register: {}", config.staff_url.join(oidc::STAFF_LOGOUT));
        println!("  public key to register (JWK set): {}", oidc::public_jwks(key.jwk()));
        if provider.oidc.acr.is_empty() {
            println!("note: staff_oidc_acr is not set: every sign-in of staff is completed by a passkey here");
        }
    }
    if let Some(settings) = &config.signing {
        let (checker, envelope) = (Checker::read(settings, config.demo)?, signing::envelope_key(settings)?);
        println!("電子署名: trusted are {}", checker.authorities().join("; "));
        println!("  redirect address to register: {}", config.public_url.join(oidc::SIGNED));
        println!("  public key that results are encrypted to (JWK): {}", envelope.public_jwk());
        if !checker.tells_status(Clock::System.now()) {
            println!("  note: no fresh list of revocations: signatures are kept, and carry no acceptance");
        }
    }
    println!("the settings can be used");
    Ok(())
}
