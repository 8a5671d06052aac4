//! Many parents at once, each with a whole draft and a session, ready to send. Invariant: what is prepared here is what
//! typing and signing in leave behind.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{
    answers::RawAnswers,
    ids::{AccountId, DraftId},
    retention,
};
use server::{
    clock::Clock,
    config::{Config, Sources},
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry,
        account::{self, Account},
        audit::{Actor, Deed, Subject},
        draft::{self, DraftOwner, NewDraft},
        session::{self, NewSession, SignedIn},
    },
};

use super::{
    browser::{Browser, inputs},
    portal::{filled_in, notification},
};

/// A parent who has only to press.
#[derive(Clone)]
pub struct Ready {
    pub account: AccountId,
    pub draft: DraftId,
    session: String,
}

pub const CHECK: &str = "/apply/pregnancy_notification/check";

impl Ready {
    /// Her browser.
    pub fn browser(&self, mut browser: Browser) -> Browser {
        browser.cookies.insert("session".to_owned(), self.session.clone());
        browser
    }

    /// What 送信 sends.
    pub fn sends(&self) -> Vec<(String, String)> {
        inputs(&[("draft", &self.draft.to_string())])
    }
}

/// A portal on the files of a program that does not run at the moment.
pub async fn portal_of(environment: &BTreeMap<String, String>) -> Portal {
    let config = Config::load(&Sources { file: None, environment: environment.clone(), demo: true }).unwrap();
    Portal::open(config, Clock::System).await.unwrap()
}

/// Whole answers on whatever day it is.
fn whole(portal: &Portal) -> RawAnswers {
    let mut raw = RawAnswers::default();
    for (name, value) in filled_in().into_iter().flat_map(|(_, typed)| typed) {
        let values = raw.all(&name).iter().cloned().chain([value]).collect();
        raw.set(&name, values);
    }
    let due = portal.clock.now().date_in_japan().plus_days(200).to_string();
    for (name, part) in ["due_date-year", "due_date-month", "due_date-day"].into_iter().zip(due.split('-')) {
        raw.set(name, vec![part.to_owned()]);
    }
    raw.set("weeks", Vec::new());
    raw
}

/// So many parents, in one transaction.
pub async fn ready(portal: &Portal, count: usize) -> Vec<Ready> {
    let now = portal.clock.now();
    let (form, answers) = (notification(), serde_json::to_vec(&whole(portal)).unwrap());
    let mut tx = portal.database.write().await.unwrap();
    let (mut all, mut entries) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (account, draft) = (AccountId::from_random(rand::random()), DraftId::from_random(rand::random()));
        let (key, wrapped_key) = portal.seal.new_data_key();
        let mail_sealed = key.seal(&format!("account/{account}/mail"), format!("{account}@example.jp").as_bytes());
        let (locale, closed_at) = ("ja".to_owned(), None);
        let row = Account { account_id: account, wrapped_key, mail_sealed, locale, created_at: now, closed_at };
        account::insert(&mut tx, &row, &rand::random()).await.unwrap();

        let (key, wrapped_key) = portal.seal.new_data_key();
        let new = NewDraft {
            draft_id: draft,
            owner: DraftOwner::Account(account),
            form_id: &form,
            form_version: portal.catalog.newest(&form).unwrap().version,
            form_sha256: &portal.catalog.newest(&form).unwrap().sha256(),
            wrapped_key: &wrapped_key,
            answers_sealed: &key.seal(&draft::place(draft), &answers),
            audited_session: None,
            created_at: now,
            expires_at: now.plus(retention::DRAFT),
            session_hash: None,
            text_pack: None,
        };
        draft::insert(&mut tx, &new).await.unwrap();

        let token: [u8; 32] = rand::random();
        let new = NewSession {
            session_hash: token_hash(&token),
            signed_in: SignedIn::Citizen(account),
            method: "email_code",
            created_at: now,
            step_up_at: None,
            expires_at: now.plus(retention::CITIZEN_SESSION),
            device: intake::device::Device::default(),
            passkey_id: None,
            reads_from: None,
        };
        session::insert(&mut tx, &new).await.unwrap();
        entries.push(AuditEntry::done(now, Actor::Citizen(account), Deed::DraftStarted).on(Subject::Draft(draft)));
        all.push(Ready { account, draft, session: BASE64_URL_SAFE_NO_PAD.encode(token) });
    }
    tx.commit_all(entries).await.unwrap();
    all
}
