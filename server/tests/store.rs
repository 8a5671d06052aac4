#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The store on both databases.

use std::{collections::HashSet, fs};

use intake::{
    access::{Roles, permit_owner},
    calendar::ClosingDays,
    case::Stage,
    deadline::{Allowed, Deadlines},
    export::Channel,
    form::Compartment,
    identity::Level,
    ids::{AccountId, CaseId, DraftId, OutboxId, ReceiptNumber, StaffId},
    time::{DAY, MINUTE},
};
use server::{
    seal::{MasterKey, Seal},
    store::{
        AuditEntry, Connection, Database, Record, StoreError, Upkeep, account,
        audit::{self, Actor, Deed, VerifyError},
        case, case_content, draft, outbox,
        queue::{self, QueueFilter},
        session, staff,
    },
};

use crate::support::{
    NOW, databases,
    review::{how_many, oldest_first},
};

const UPKEEP: Record = Record::Upkeep(Upkeep::CountersKept);
const MAIL: &str = "canary-mail@mail.example";
const NAME: &str = "カナリア窓口花子";

fn deed(deed: Deed) -> Record {
    Record::Deed(AuditEntry::done(NOW, Actor::Portal, deed))
}

/// Runs SQL of a test past the store, as somebody with the rights of the database's owner could.
async fn tamper(database: &Database, sql: &[&'static str]) -> Result<(), sqlx::Error> {
    match database {
        Database::Sqlite { writer, .. } => {
            for one in sql {
                sqlx::query(*one).execute(writer).await?;
            }
        }
        Database::Postgres(pool) => {
            for one in sql {
                sqlx::query(*one).execute(pool).await?;
            }
        }
    }
    Ok(())
}

async fn drop_triggers(database: &Database) {
    let sql: &[&str] = match database {
        Database::Sqlite { .. } => &["DROP TRIGGER audit_entry_stays_as_it_is", "DROP TRIGGER audit_entry_stays"],
        Database::Postgres(_) => &["ALTER TABLE audit_entry DISABLE TRIGGER ALL"],
    };
    tamper(database, sql).await.unwrap();
}

async fn account_with_mail(database: &Database, seal: &Seal) -> AccountId {
    let account_id = AccountId::from_random(rand::random());
    let (key, wrapped_key) = seal.new_data_key();
    let mail_sealed = key.seal(&format!("account/{account_id}/mail"), MAIL.as_bytes());
    let made = account::Account {
        account_id,
        wrapped_key,
        mail_sealed,
        locale: "ja".to_owned(),
        created_at: NOW,
        closed_at: None,
    };
    let mut tx = database.write().await.unwrap();
    account::insert(&mut tx, &made, &seal.index_key("mail", MAIL)).await.unwrap();
    tx.commit(deed(Deed::AccountMade)).await.unwrap();
    account_id
}

async fn staff_member(database: &Database, name: &str) -> StaffId {
    let staff_id = StaffId::from_random(rand::random());
    let new = staff::NewStaff {
        staff_id,
        user_id: name,
        person_id: name,
        display_name: name,
        roles: Roles::CLERK,
        created_at: NOW,
    };
    let mut tx = database.write().await.unwrap();
    staff::insert(&mut tx, &new).await.unwrap();
    tx.commit(deed(Deed::StaffInvited)).await.unwrap();
    staff_id
}

async fn filed(database: &Database, seal: &Seal, account_id: AccountId) -> CaseId {
    let case_id = CaseId::from_random(rand::random());
    let (key, wrapped_key) = seal.new_data_key();
    let new = case::NewCase {
        case_id,
        receipt_number: &ReceiptNumber::from_random(rand::random()),
        draft_id: DraftId::from_random(rand::random()),
        follows: None,
        account_id: Some(account_id),
        form_id: &"pregnancy_notification".parse().unwrap(),
        form_version: 1,
        form_sha256: "00",
        channel: Channel::Portal,
        wrapped_key: &wrapped_key,
        answers_sealed: &key.seal(&case::revision_place(case_id, 1), NAME.as_bytes()),
        filed_at: NOW,
        compartment: Compartment::General,
        identity: Level::Claimed,
        proxy: None,
    };
    let mut tx = database.write().await.unwrap();
    case::insert(&mut tx, deadlines(&ClosingDays::default(), &Allowed::default()), &new).await.unwrap();
    let event = case::NewEvent {
        case_id,
        at: NOW,
        command: None,
        actor: case::Author::Citizen(account_id),
        from_stage: None,
        to_stage: Stage::Submitted,
        rev: 1,
        detail_sealed: None,
    };
    case::append_event(&mut tx, &event).await.unwrap();
    tx.commit(deed(Deed::Submitted)).await.unwrap();
    case_id
}

fn deadlines<'a>(closing: &'a ClosingDays, allowed: &'a Allowed) -> Deadlines<'a> {
    Deadlines { closing, allowed }
}

fn to_stage(stage: Stage) -> case::StageChange {
    case::StageChange {
        stage,
        holder: None,
        proposed_by: None,
        accepted: None,
        confirmed: None,
        correction_due_on: None,
        withdrawal_asked_at: None,
        withdrawal_proposed_by: None,
        identity: Level::VerifiedInPerson,
        proxy: None,
        rev: 1,
        at: NOW,
    }
}

#[tokio::test]
async fn both_databases_understand_every_statement() {
    for test in databases().await {
        for (name, sql) in server::store::statements() {
            let mut tx = test.database.write().await.unwrap();
            let connection: &mut Connection = &mut tx;
            assert!(connection.prepare(sql).await.is_ok(), "{name} on {}:\n{sql}", test.url);
        }
    }
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing() {
    for test in databases().await {
        let seal = Seal::new(&MasterKey::generate());
        {
            let mut tx = test.database.write().await.unwrap();
            staff::insert(
                &mut tx,
                &staff::NewStaff {
                    staff_id: StaffId::from_random([1; 16]),
                    user_id: "nobody",
                    person_id: "nobody",
                    display_name: "nobody",
                    roles: Roles::CLERK,
                    created_at: NOW,
                },
            )
            .await
            .unwrap();
        }
        let mut tx = test.database.read().await.unwrap();
        assert!(staff::find_by_user_id(&mut tx, "nobody").await.unwrap().is_none());
        assert!(audit::after(&mut tx, 0, 10).await.unwrap().is_empty());
        drop(tx);
        account_with_mail(&test.database, &seal).await;
        let mut tx = test.database.write().await.unwrap();
        assert!(tx.prepare("SELECT 1").await.is_ok());
        assert!(matches!(tx.commit_all(Vec::new()).await, Err(StoreError::Corrupt(_))));
    }
}

#[tokio::test]
async fn events_and_the_audit_log_refuse_to_be_changed() {
    for test in databases().await {
        let seal = Seal::new(&MasterKey::generate());
        let account = account_with_mail(&test.database, &seal).await;
        filed(&test.database, &seal, account).await;
        for sql in [
            &["UPDATE audit_entry SET outcome = 'refused'"],
            &["DELETE FROM audit_entry"],
            &["UPDATE case_event SET rev = 9"],
            &["DELETE FROM case_event"],
        ] {
            let error = tamper(&test.database, sql).await.unwrap_err().to_string();
            assert!(error.contains("append-only"), "{sql:?}: {error}");
        }
    }
}

#[tokio::test]
async fn every_change_of_the_audit_log_is_found_at_its_first_entry() {
    const COPY: &str =
        "INSERT INTO audit_entry SELECT seq + 100, at, actor_kind, actor_id, deed, subject_kind, subject_id,
        outcome, detail, request_id, entry_hash FROM audit_entry WHERE seq = 3";
    let cases: [(&'static [&'static str], i64); 7] = [
        (&["UPDATE audit_entry SET outcome = 'refused' WHERE seq = 4"], 4),
        (&["UPDATE audit_entry SET at = at + 1 WHERE seq = 1"], 1),
        (&["UPDATE audit_entry SET actor_id = '' WHERE seq = 2"], 2),
        (&["DELETE FROM audit_entry WHERE seq = 5"], 5),
        (&["DELETE FROM audit_entry WHERE seq = 9"], 9),
        (&[COPY], 10),
        (
            &[
                "UPDATE audit_entry SET seq = 50 WHERE seq = 6",
                "UPDATE audit_entry SET seq = 6 WHERE seq = 7",
                "UPDATE audit_entry SET seq = 7 WHERE seq = 50",
            ],
            6,
        ),
    ];
    for (sql, expected) in cases {
        for test in databases().await {
            for number in 0..9 {
                let entry = AuditEntry::done(NOW.plus(number), Actor::Operator, Deed::QueueViewed).with("page", number);
                test.database.write().await.unwrap().commit(Record::Deed(entry)).await.unwrap();
            }
            let mut tx = test.database.read().await.unwrap();
            assert_eq!(audit::verify(&mut tx).await.unwrap().size, 9);
            assert_eq!(audit::entry_hashes(&mut tx).await.unwrap().len(), 9);
            drop(tx);
            drop_triggers(&test.database).await;
            tamper(&test.database, sql).await.unwrap();
            let mut tx = test.database.read().await.unwrap();
            match audit::verify(&mut tx).await {
                Err(VerifyError::BrokenAt { seq, .. }) => assert_eq!(seq, expected, "{sql:?}"),
                other => panic!("{sql:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn no_personal_data_is_readable_in_the_file() {
    let test = databases().await.remove(0);
    let seal = Seal::new(&MasterKey::generate());
    let account = account_with_mail(&test.database, &seal).await;
    let case_id = filed(&test.database, &seal, account).await;
    let payload = outbox::MailPayload { subject: NAME.to_owned(), body: NAME.to_owned() };
    let mail = outbox::NewMail {
        outbox_id: OutboxId::from_random([5; 16]),
        kind: "received",
        locale: "ja",
        to: MAIL,
        payload: &payload,
        created_at: NOW,
    };
    let mut tx = test.database.write().await.unwrap();
    outbox::insert(&mut tx, &seal, &mail).await.unwrap();
    tx.commit(UPKEEP).await.unwrap();

    let mut tx = test.database.read().await.unwrap();
    let permit = permit_owner(account, Some(account), case_id).unwrap();
    let content = case_content::of_case(&mut tx, &permit).await.unwrap().unwrap();
    let key = seal.unwrap_key(&content.wrapped_key).unwrap();
    let place = case::revision_place(case_id, 1);
    assert_eq!(key.open(&place, &content.revisions[0].answers_sealed).unwrap().as_slice(), NAME.as_bytes());
    drop(tx);
    test.database.close().await;
    let mut looked_at = 0;
    for file in fs::read_dir(test.folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        looked_at += bytes.len();
        for canary in [MAIL.as_bytes(), NAME.as_bytes()] {
            assert!(!bytes.windows(canary.len()).any(|window| window == canary));
        }
        // The control: what is not personal is readable, so the search would have found the rest.
        assert!(bytes.windows(22).any(|window| window == b"pregnancy_notification"));
    }
    assert!(looked_at > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_never_lease_the_same_mail() {
    for test in databases().await {
        let seal = Seal::new(&MasterKey::generate());
        let mut tx = test.database.write().await.unwrap();
        for number in 0..40u8 {
            let payload = outbox::MailPayload { subject: "s".to_owned(), body: "b".to_owned() };
            let mail = outbox::NewMail {
                outbox_id: OutboxId::from_random([number; 16]),
                kind: "received",
                locale: "ja",
                to: MAIL,
                payload: &payload,
                created_at: NOW,
            };
            outbox::insert(&mut tx, &seal, &mail).await.unwrap();
        }
        tx.commit(UPKEEP).await.unwrap();
        let workers = (0..4).map(|_| {
            let database = test.database.clone();
            tokio::spawn(async move {
                let mut got = Vec::new();
                for _ in 0..10 {
                    let mut tx = database.write().await.unwrap();
                    let leased = outbox::lease(&mut tx, NOW, NOW.plus(5 * MINUTE), 3).await.unwrap();
                    tx.commit(UPKEEP).await.unwrap();
                    got.extend(leased.into_iter().map(|mail| mail.outbox_id));
                }
                got
            })
        });
        let mut all = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            all.extend(worker.await.unwrap());
        }
        assert_eq!(all.len(), 40);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 40);
        // A lease that ran out is given again.
        let mut tx = test.database.write().await.unwrap();
        assert_eq!(outbox::lease(&mut tx, NOW.plus(6 * MINUTE), NOW.plus(9 * MINUTE), 99).await.unwrap().len(), 40);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_change_a_case_at_once_one_wins() {
    for test in databases().await {
        let seal = Seal::new(&MasterKey::generate());
        let account = account_with_mail(&test.database, &seal).await;
        let case_id = filed(&test.database, &seal, account).await;
        let tries = (0..16).map(|_| {
            let database = test.database.clone();
            tokio::spawn(async move {
                let mut tx = database.write().await.unwrap();
                let (closing, allowed) = (ClosingDays::default(), Allowed::default());
                let rules = deadlines(&closing, &allowed);
                let won = case::update_stage(&mut tx, rules, case_id, 1, &to_stage(Stage::InReview)).await.unwrap();
                tx.commit(UPKEEP).await.unwrap();
                won
            })
        });
        let mut won = 0;
        for one in tries.collect::<Vec<_>>() {
            won += i32::from(one.await.unwrap());
        }
        assert_eq!(won, 1);
        let mut tx = test.database.read().await.unwrap();
        assert_eq!(case::find_head(&mut tx, case_id).await.unwrap().unwrap().version, 2);
        assert_eq!(how_many(&mut tx, &Compartment::ALL).await, 1);
    }
}

#[tokio::test]
async fn the_database_refuses_a_confirmation_by_who_accepted() {
    for test in databases().await {
        let seal = Seal::new(&MasterKey::generate());
        let account = account_with_mail(&test.database, &seal).await;
        let case_id = filed(&test.database, &seal, account).await;
        let (one, other) = (staff_member(&test.database, "one").await, staff_member(&test.database, "other").await);
        let (closing, allowed) = (ClosingDays::default(), Allowed::default());
        let rules = deadlines(&closing, &allowed);
        let mut change = to_stage(Stage::Confirmed);
        (change.accepted, change.confirmed) = (Some((one, NOW)), Some((one, NOW)));
        let mut tx = test.database.write().await.unwrap();
        assert!(case::update_stage(&mut tx, rules, case_id, 1, &change).await.is_err());
        drop(tx);
        change.confirmed = Some((other, NOW));
        let mut tx = test.database.write().await.unwrap();
        assert!(case::update_stage(&mut tx, rules, case_id, 1, &change).await.unwrap());
        tx.commit(UPKEEP).await.unwrap();
        let mut tx = test.database.read().await.unwrap();
        assert_eq!(case::confirmed_waiting(&mut tx, None, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_queue_pages_without_gap_or_repetition() {
    for test in databases().await {
        let seal = Seal::new(&MasterKey::generate());
        let account = account_with_mail(&test.database, &seal).await;
        for _ in 0..7 {
            filed(&test.database, &seal, account).await;
        }
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let mut tx = test.database.read().await.unwrap();
            let stages = [Stage::Submitted, Stage::InReview];
            let filter = QueueFilter { after, ..oldest_first(&Compartment::ALL, &stages, 3) };
            let page = queue::page(&mut tx, &filter).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(queue::place_of(last, filter.sort));
            seen.extend(page.iter().map(|head| head.case_id));
        }
        assert_eq!(seen.len(), 7);
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 7);
    }
}

#[tokio::test]
async fn a_draft_is_saved_over_the_version_that_was_read_and_follows_who_signs_in() {
    for test in databases().await {
        let seal = Seal::new(&MasterKey::generate());
        let account = account_with_mail(&test.database, &seal).await;
        let (browser, form) = ([9; 32], "pregnancy_notification".parse().unwrap());
        let draft_id = DraftId::from_random([3; 16]);
        let (key, wrapped_key) = seal.new_data_key();
        let sealed = key.seal(&draft::place(draft_id), NAME.as_bytes());
        let new = draft::NewDraft {
            draft_id,
            owner: draft::DraftOwner::Browser(browser),
            form_id: &form,
            form_version: 1,
            form_sha256: "00",
            wrapped_key: &wrapped_key,
            answers_sealed: &sealed,
            audited_session: None,
            created_at: NOW,
            expires_at: NOW.plus(DAY),
            session_hash: None,
            text_pack: None,
        };
        let mut tx = test.database.write().await.unwrap();
        draft::insert(&mut tx, &new).await.unwrap();
        let save = draft::Save {
            answers_sealed: &sealed,
            audited_session: None,
            at: NOW,
            expires_at: NOW.plus(2 * DAY),
            saved_by: None,
            rescued: None,
        };
        assert!(draft::save(&mut tx, draft_id, 1, &save).await.unwrap());
        assert!(!draft::save(&mut tx, draft_id, 1, &save).await.unwrap());
        assert!(draft::adopt(&mut tx, browser, account, NOW).await.unwrap().is_empty());
        let owner = draft::DraftOwner::Account(account);
        assert_eq!(draft::find_for_owner(&mut tx, &owner, &form).await.unwrap().unwrap().version, 2);
        let second = draft::NewDraft { draft_id: DraftId::from_random([4; 16]), ..new };
        draft::insert(&mut tx, &second).await.unwrap();
        assert_eq!(draft::adopt(&mut tx, browser, account, NOW).await.unwrap().len(), 1);
        tx.commit(UPKEEP).await.unwrap();
        let mut tx = test.database.write().await.unwrap();
        assert_eq!(draft::sweep(&mut tx, NOW.plus(DAY)).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn what_counts_once_counts_once() {
    for test in databases().await {
        let mut tx = test.database.write().await.unwrap();
        assert!(session::see_token(&mut tx, &[1; 32], NOW.plus(MINUTE)).await.unwrap());
        assert!(!session::see_token(&mut tx, &[1; 32], NOW.plus(MINUTE)).await.unwrap());
        let ceremony = session::Ceremony {
            purpose: "sign_in".to_owned(),
            subject: None,
            state: b"{}".to_vec(),
            expires_at: NOW.plus(MINUTE),
        };
        session::insert_ceremony(&mut tx, &[2; 32], &ceremony, NOW).await.unwrap();
        assert!(session::take_ceremony(&mut tx, &[2; 32]).await.unwrap().is_some());
        assert!(session::take_ceremony(&mut tx, &[2; 32]).await.unwrap().is_none());
        assert_eq!(session::sweep(&mut tx, NOW.plus(MINUTE)).await.unwrap(), 1);
        tx.commit(UPKEEP).await.unwrap();
    }
}
