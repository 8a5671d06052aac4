//! 「練習用の本人確認サービス」 A demo with the practice identity provider beside it, both real servers on free ports and one clock.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::dev::ServerHandle;
use handover::{Algorithm, SigningKey};
use server::{
    clock::Clock,
    config::{Config, Oidc, Signing, StaffProvider, StatusSource},
    demo::{
        practice_card::CERTIFICATE,
        practice_provider::{self, Client, PracticeProvider, RealmName},
    },
    oidc, signing,
};

use super::{
    browser::{Answer, Browser, inputs},
    site::Site,
};
use crate::jpki::authority;

pub const CLIENT_ID: &str = "madoguchi";
/// Long for a loopback, short for a test that waits for it.
const PATIENCE: Duration = Duration::from_millis(700);

/// A provider that goes with the test.
pub struct CardProvider {
    pub practice: Arc<PracticeProvider>,
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl Drop for CardProvider {
    fn drop(&mut self) {
        // The order is given here; nobody waits until it is carried out.
        drop(self.handle.stop(false));
    }
}

impl CardProvider {
    /// Starts one, and makes it the provider of these settings.
    pub fn beside(config: &mut Config, clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let practice = PracticeProvider::new(address, clock, config.locales.clone());
        let key = SigningKey::generate(Algorithm::Es256);
        std::fs::create_dir_all(&config.data_dir).unwrap();
        let key_file = config.data_dir.join("oidc-client.pem");
        std::fs::write(&key_file, key.to_pem().unwrap().as_bytes()).unwrap();
        let client = |redirect_uris, logout_uri| Client {
            id: CLIENT_ID.to_owned(),
            redirect_uris,
            keys: vec![key.jwk().clone()],
            logout_uri,
        };
        let back = [oidc::CALLBACK, oidc::SIGNED].map(|path| config.public_url.join(path));
        practice.register(RealmName::Main, client(back.to_vec(), None));
        let logout_uri = config.staff_url.join(oidc::STAFF_LOGOUT);
        let back_of_staff = vec![config.staff_url.join(oidc::STAFF_CALLBACK)];
        practice.register(RealmName::Staff, client(back_of_staff, Some(logout_uri)));
        let settings = |realm, acr: &str| Oidc {
            issuer: practice.issuer(realm).parse().unwrap(),
            client_id: CLIENT_ID.to_owned(),
            key_file: key_file.clone(),
            acr: acr.to_owned(),
            patience: PATIENCE,
        };
        config.oidc = Some(settings(RealmName::Main, "aal3 crl"));
        let groups = ["boshi-clerks=clerk", "boshi-nurses=nurse", "audit=auditor"];
        config.staff_provider = Some(StaffProvider {
            oidc: settings(RealmName::Staff, "aal2"),
            groups: groups.map(|group| group.parse().unwrap()).to_vec(),
            person_claim: "employee_number".to_owned(),
        });
        let server = practice_provider::serve(&practice, listener).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        Self { practice, address, handle }
    }

    /// The same, where filings can be signed with a practice card (署名API).
    pub fn that_signs(config: &mut Config, clock: Clock) -> Self {
        let beside = Self::beside(config, clock);
        let folder = config.data_dir.join("signing");
        std::fs::create_dir_all(&folder).unwrap();
        let (authority, key_file) = (authority(), folder.join("envelope.pem"));
        std::fs::write(folder.join(CERTIFICATE), authority.certificate_der().unwrap()).unwrap();
        let key = SigningKey::generate(Algorithm::Es256);
        std::fs::write(&key_file, key.to_pem().unwrap().as_bytes()).unwrap();
        let signing = Signing { ca_dir: folder.clone(), status: StatusSource::Lists(folder.clone()), key_file };
        let envelope = signing::envelope_key(&signing).unwrap();
        beside.practice.register_envelope(CLIENT_ID, envelope.public_jwk());
        beside.practice.give_cards(&folder, Some(authority));
        config.signing = Some(signing);
        beside
    }

    /// Stops answering.
    pub async fn stop(&self) {
        self.handle.stop(false).await;
    }
}

/// The path and query of an address on the site.
fn path_of(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').map_or_else(|| "/".to_owned(), |at| rest[at..].to_owned())
}

impl Site {
    /// The provider beside this site.
    pub fn provider(&self) -> &CardProvider {
        self.provider.as_ref().unwrap()
    }

    /// Presses マイナアプリへ進む: what the provider's page asks for.
    #[track_caller]
    pub fn to_provider(&self, browser: &mut Browser, next: &str) -> Answer {
        let page = browser.open(&format!("/sign-in/mynaapp?next={next}"));
        browser.press(&page, "/sign-in/mynaapp", &[])
    }

    /// Chooses a person on the provider's page; where that leads on the site.
    #[track_caller]
    pub fn choose(&self, at_provider: &Answer, chosen: &[(&str, &str)]) -> String {
        let mut away = Browser::on(self.provider().address);
        away.host = self.provider().address.to_string();
        let page = away.open(&path_of(at_provider.location()));
        let address = path_of(at_provider.location());
        let realm = address.split_once("/protocol/").unwrap().0;
        let action = &format!("{realm}/login-actions/authenticate");
        let request = page.value(action, "request");
        let typed: Vec<(&str, &str)> =
            [("request", request.as_str())].into_iter().chain(chosen.iter().copied()).collect();
        path_of(away.post(action, &inputs(&typed)).is(303).location())
    }

    /// The whole way to the provider and back, as this person.
    #[track_caller]
    pub fn by_card(&self, browser: &mut Browser, person: &str, next: &str) -> Answer {
        let at_provider = self.to_provider(browser, next).is(303);
        let back = self.choose(&at_provider, &[("person", person)]);
        browser.get(&back)
    }

    /// The first sign-in with a card, with the mail address that notices go to.
    pub async fn by_new_card(&self, browser: &mut Browser, person: &str, mail: &str, next: &str) -> Answer {
        self.by_card(browser, person, next).leads_to("/sign-in/mynaapp/mail");
        self.portal.clock.advance(1_000_000);
        let page = browser.open("/sign-in/mynaapp/mail");
        browser.press(&page, "/sign-in/mynaapp/mail", &[("mail", mail)]).leads_to("/sign-in/mynaapp/code");
        let page = browser.open("/sign-in/mynaapp/code");
        let code = self.newest_code().await;
        browser.post("/sign-in/mynaapp/code", &page.filled_in("/sign-in/mynaapp/code", &inputs(&[("code", &code)])))
    }
}
