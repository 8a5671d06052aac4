//! The demo's identity provider, and the demo as its client. Invariant: the provider has an origin of its own, and the key with
//! which the demo proves itself there is made for the data folder and of no use elsewhere.

use std::{
    fs,
    io::{self, Write},
    net::TcpListener,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use handover::{Algorithm, SigningKey};
use intake::{access::Roles, groups::GroupRoles};
use serde::{Deserialize, Serialize};

use super::practice_provider::{Client, PracticeProvider, ProvidedPerson, RealmName, TWO_FACTORS};
use crate::{
    clock::Clock,
    config::{ACR, Config, Oidc, PATIENCE, StaffProvider},
    oidc, signing,
};

/// What the demo is called at its provider.
const CLIENT_ID: &str = "madoguchi";
/// The groups of the made-up staff that mean something here.
const GROUPS: [(&str, Roles); 3] =
    [("boshi-clerks", Roles::CLERK), ("boshi-nurses", Roles::NURSE), ("audit", Roles::AUDITOR)];
const PERSON_CLAIM: &str = "employee_number";

/// What `demo.json` says of the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provided {
    /// 「マイナアプリ」 Its issuer.
    pub issuer: String,
    /// 「市の認証基盤」 Its issuer.
    pub staff_issuer: String,
    /// 「職員名簿」 Where somebody is taken off it.
    pub directory: String,
    /// The demo's name at both.
    pub client_id: String,
    /// The key with which it proves itself: PKCS#8 in PEM.
    pub key_file: PathBuf,
    /// Who can be chosen.
    pub people: Vec<ProvidedPerson>,
}

/// The provider before it is served.
pub struct Identity {
    /// The provider.
    pub provider: Arc<PracticeProvider>,
    /// Where it listens.
    pub listener: TcpListener,
    /// What is told of it.
    pub provided: Provided,
}

/// Opens the provider of a demo, which becomes its client, unless its settings name another provider.
///
/// # Errors
/// When no address is free, or the data folder cannot be written to.
pub fn open(config: &mut Config) -> io::Result<Identity> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.data_dir)?;
    let key_file = config.data_dir.join("demo-client-key.pem");
    let key = client_key(&key_file)?;
    let listener = PracticeProvider::bind(config.listen.port())?;
    let provider = PracticeProvider::new(listener.local_addr()?, Clock::System, config.locales.clone());
    let client = |redirect_uris, logout_uri| Client {
        id: CLIENT_ID.to_owned(),
        redirect_uris,
        keys: vec![key.jwk().clone()],
        logout_uri,
    };
    let back = [oidc::CALLBACK, oidc::SIGNED].map(|path| config.public_url.join(path));
    provider.register(RealmName::Main, client(back.to_vec(), None));
    let logout_uri = config.staff_url.join(oidc::STAFF_LOGOUT);
    provider.register(RealmName::Staff, client(vec![config.staff_url.join(oidc::STAFF_CALLBACK)], Some(logout_uri)));
    if let Some(signing) = &config.signing {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&signing.ca_dir)?;
        client_key(&signing.key_file)?;
        let envelope = signing::envelope_key(signing).map_err(io::Error::other)?;
        provider.register_envelope(CLIENT_ID, envelope.public_jwk());
        provider.give_cards(&signing.ca_dir, None);
    }
    let settings = |realm, acr: &str| {
        Some(Oidc {
            issuer: provider.issuer(realm).parse().ok()?,
            client_id: CLIENT_ID.to_owned(),
            key_file: key_file.clone(),
            acr: acr.to_owned(),
            patience: PATIENCE,
        })
    };
    if config.oidc.is_none() {
        config.oidc = settings(RealmName::Main, ACR);
    }
    if config.staff_provider.is_none() {
        config.staff_provider = settings(RealmName::Staff, TWO_FACTORS).map(|oidc| StaffProvider {
            oidc,
            groups: GROUPS.map(|(group, roles)| GroupRoles { group: group.to_owned(), roles }).to_vec(),
            person_claim: PERSON_CLAIM.to_owned(),
        });
    }
    let provided = Provided {
        issuer: provider.issuer(RealmName::Main).to_owned(),
        staff_issuer: provider.issuer(RealmName::Staff).to_owned(),
        client_id: CLIENT_ID.to_owned(),
        directory: format!("{}/directory", provider.origin()),
        key_file,
        people: provider.people(),
    };
    Ok(Identity { provider, listener, provided })
}

fn client_key(path: &Path) -> io::Result<SigningKey> {
    match fs::read_to_string(path) {
        Ok(pem) => SigningKey::from_pem(&pem).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = SigningKey::generate(Algorithm::Es256);
            let pem = key.to_pem().map_err(io::Error::other)?;
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(pem.as_bytes())?;
            file.sync_all()?;
            Ok(key)
        }
        Err(error) => Err(error),
    }
}
