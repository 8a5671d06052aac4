//! 「練習用の本人確認サービス」 The practice identity provider: a real OpenID provider with made-up people. Invariant: it asks of
//! a client what the service in マイナアプリ asks (`domain.md` §4.2), does nothing wrong that it was not told to ([`Fault`]), and is
//! started by `serve --demo` and by tests only. It keeps nothing beyond its process; a person's `sub` is the same in every one.

mod authorize;
mod directory;
mod fault;
mod jose;
mod parameters;
mod people;
mod realm;
mod sign;
mod token;
mod web;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::text::Locale;
use serde::{Deserialize, Serialize};

pub use fault::Fault;
pub use people::TWO_FACTORS;
pub use realm::Client;
use realm::Realm;
use serde_json::Value;
pub use sign::CardFault;
use sign::Cards;
pub use web::serve;

use super::practice_card::PracticeAuthority;
use crate::clock::Clock;

/// Which of the two providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RealmName {
    /// 「マイナアプリ」 Parents.
    Main,
    /// 「市の認証基盤」 Staff.
    Staff,
}

impl RealmName {
    /// As addresses name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Staff => "staff",
        }
    }
}

impl fmt::Display for RealmName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RealmName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "main" => Ok(Self::Main),
            "staff" => Ok(Self::Staff),
            _ => Err(()),
        }
    }
}

/// A person as `demo.json` and tests name her.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvidedPerson {
    /// The realm.
    pub realm: RealmName,
    /// The value of `person` on the provider's page.
    pub id: String,
    /// 「氏名」
    pub name: String,
}

/// The provider.
pub struct PracticeProvider {
    origin: String,
    clock: Clock,
    locales: Vec<Locale>,
    main: Realm,
    staff: Realm,
    /// How long [`Fault::Slow`] takes.
    slow: Duration,
    /// 「署名API」 The cards of the people, and the authority behind them.
    cards: Mutex<Cards>,
}

/// Longer than any client waits.
const SLOW: Duration = Duration::from_secs(30);

impl PracticeProvider {
    /// A provider that is reached at this address and speaks these languages.
    #[must_use]
    pub fn new(address: SocketAddr, clock: Clock, locales: Vec<Locale>) -> Arc<Self> {
        let origin = format!("http://{address}");
        let realm = |name| Realm::new(name, format!("{origin}/api/realms/{name}"));
        let (main, staff) = (realm(RealmName::Main), realm(RealmName::Staff));
        let cards = Mutex::default();
        Arc::new(Self { origin, clock, locales, main, staff, slow: SLOW, cards })
    }

    /// A listener of another origin than the demo's: another loopback address and, if that is free, the same port, so that the
    /// address stays from start to start.
    ///
    /// # Errors
    /// When no loopback address has a free port.
    pub fn bind(port: u16) -> std::io::Result<TcpListener> {
        let other = Ipv4Addr::new(127, 0, 0, 2);
        TcpListener::bind((other, port))
            .or_else(|_| TcpListener::bind((other, 0)))
            // Not every system has more than one loopback address.
            .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
    }

    fn realm(&self, name: RealmName) -> &Realm {
        match name {
            RealmName::Main => &self.main,
            RealmName::Staff => &self.staff,
        }
    }

    /// The issuer of a realm: what a client is configured with.
    #[must_use]
    pub fn issuer(&self, realm: RealmName) -> &str {
        &self.realm(realm).issuer
    }

    /// `http://127.0.0.2:8080`
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// 「署名API」 Gives the people cards of an authority, which lies in this folder with its list of revocations; it is made when the
    /// first card signs, if it is not given.
    pub fn give_cards(&self, folder: &Path, authority: Option<Arc<PracticeAuthority>>) {
        *self.cards.lock().unwrap_or_else(PoisonError::into_inner) = Cards::of(folder, authority);
    }

    /// What every card does wrong from now on.
    pub fn fail_to_sign(&self, fault: Option<CardFault>) {
        self.cards.lock().unwrap_or_else(PoisonError::into_inner).fault = fault;
    }

    /// Registers the key that signing results of a client are encrypted to, as a JWK of P-256.
    pub fn register_envelope(&self, client_id: &str, key: Value) {
        self.realm(RealmName::Main).state().envelopes.insert(client_id.to_owned(), key);
    }

    /// Registers a client, in the place of one of the same id.
    pub fn register(&self, realm: RealmName, client: Client) {
        self.realm(realm).register(client);
    }

    /// What goes wrong in every sign-in from now on that its page says nothing else of.
    pub fn fail_with(&self, realm: RealmName, fault: Option<Fault>) {
        self.realm(realm).state().fault = fault;
    }

    /// Takes a new signing key and publishes it.
    pub fn rotate_keys(&self, realm: RealmName) {
        self.realm(realm).state().keys.rotate();
    }

    /// How often the keys of a realm were fetched.
    #[must_use]
    pub fn key_fetches(&self, realm: RealmName) -> u64 {
        self.realm(realm).state().key_fetches
    }

    /// What a person is called for a client: the same at every start, and another for another client (pairwise).
    #[must_use]
    pub fn subject(&self, realm: RealmName, client_id: &str, person: &str) -> String {
        self.realm(realm).subject(client_id, person)
    }

    /// The people of both realms.
    #[must_use]
    pub fn people(&self) -> Vec<ProvidedPerson> {
        [&self.main, &self.staff]
            .into_iter()
            .flat_map(|realm| realm.people.iter().map(|person| (realm.name, person)))
            .map(|(realm, person)| ProvidedPerson { realm, id: person.id.to_owned(), name: person.name.to_owned() })
            .collect()
    }
}
