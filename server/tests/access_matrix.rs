#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「アクセス権限の一覧」 Roles × stages × actions × routes, whole: printed for people who do not program, and asked of the running server by
//! every role. A new route of the staff's side fails here until it has a row in [`RIGHTS`].

use std::fmt::Write;

use app::text::Locale;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{
    access::{Action, Reach, Role, may, reach, reach_in},
    case::{CommandKind, Hand, Stage, allowed},
    form::Compartment,
    ids::{ReceiptNumber, StaffId},
};
use server::{
    flows::staff_case,
    portal::Portal,
    routes::{Guard, ROUTES, Row, Verb},
    store::{
        AuditEntry, Record, audit,
        audit::{Actor, Deed, Subject},
        case::{self, StageChange},
    },
};

use crate::support::{
    filing::file_epds,
    http::{Answer, Browser, Site, sites},
    papers::{filed_with, photo},
    staff::{hire, sign_in},
    walker::{Things, path_of},
};

/// What a route of the staff's side asks of who calls it.
#[derive(Clone, Copy)]
enum Needs {
    /// A session, and no right.
    Session,
    /// The right to an action.
    Right(Action),
    /// The same, about the case in the address.
    RightOnCase(Action),
    /// The right to the command in the address.
    Command,
}
use Needs::{Command, Right, RightOnCase, Session};
use Verb::{Get, Post};

/// Each route with what it needs, and whether what its address names is there in this test: where it is not, those who may
/// are answered like those who may not.
const RIGHTS: &[(Verb, &str, Needs, bool)] = &[
    (Get, "/staff", Session, true),
    (Get, "/staff/sessions", Session, true),
    (Post, "/staff/session-end", Session, false),
    (Post, "/staff/sessions-end", Right(Action::ManageStaff), false),
    (Get, "/staff/roles", Session, true),
    (Get, "/staff/assigned", Right(Action::ReadCase), true),
    (Get, "/staff/queue", Right(Action::SeeQueue), true),
    (Post, "/staff/queue", Right(Action::SeeQueue), true),
    (Get, "/staff/slots", Right(Action::ManageSlots), true),
    (Post, "/staff/slots", Right(Action::ManageSlots), true),
    (Get, "/staff/slots/{slot}", Right(Action::ManageSlots), true),
    (Post, "/staff/slots/{slot}/capacity", Right(Action::ManageSlots), true),
    (Post, "/staff/slots/{slot}/close", Right(Action::ManageSlots), true),
    (Post, "/staff/slots/{slot}/attendance", Right(Action::ManageSlots), false),
    (Get, "/staff/handover", Right(Action::SeeHandover), true),
    (Get, "/staff/handover/{list}.csv", Right(Action::SeeHandover), true),
    (Get, "/staff/reports", Right(Action::SeeReports), true),
    (Get, "/staff/reports/{list}.csv", Right(Action::SeeReports), true),
    (Get, "/staff/audit", Right(Action::ReadAudit), true),
    (Get, "/staff/mail", Right(Action::SeeUndeliveredMail), true),
    (Post, "/staff/mail/{mail}/{deed}", Right(Action::SeeUndeliveredMail), false),
    (Get, "/staff/cases/{receipt_number}/papers/{paper}", RightOnCase(Action::OpenPaper), true),
    (Get, "/staff/cases/{receipt_number}/fhir.json", RightOnCase(Action::ExportCase), true),
    (Get, "/staff/cases/{receipt_number}", RightOnCase(Action::ReadCase), true),
    (Post, "/staff/cases/{receipt_number}/messages", RightOnCase(Action::WriteMessage), true),
    (Post, "/staff/cases/{receipt_number}/pregnancy-end", RightOnCase(Action::NotePregnancyEnd), true),
    (Post, "/staff/cases/{receipt_number}/signature", RightOnCase(Action::VerifySignature), true),
    (Post, "/staff/cases/{receipt_number}/way-back", RightOnCase(Action::RestoreAccess), true),
    (Post, "/staff/cases/{receipt_number}/way-back-confirmed", RightOnCase(Action::RestoreAccess), true),
    (Post, "/staff/cases/{receipt_number}/transfer", RightOnCase(Action::RestoreAccess), false),
    (Post, "/staff/cases/{receipt_number}/transfer-confirmed", RightOnCase(Action::RestoreAccess), false),
    (Get, "/staff/people", Right(Action::ManageStaff), true),
    (Get, "/staff/people/invite", Right(Action::ManageStaff), true),
    (Post, "/staff/people/invite", Right(Action::ManageStaff), true),
    (Get, "/staff/people/{staff}/roles", Right(Action::ManageStaff), false),
    (Post, "/staff/people/{staff}/roles", Right(Action::ManageStaff), false),
    (Post, "/staff/people/{staff}/return", Right(Action::ManageStaff), false),
    (Post, "/staff/people/{staff}/enable", Right(Action::ManageStaff), false),
    (Get, "/staff/people/{staff}/disable", Right(Action::ManageStaff), false),
    (Post, "/staff/people/{staff}/disable", Right(Action::ManageStaff), false),
    (Post, "/staff/people/proposals/{proposal}/confirm", Right(Action::ManageStaff), true),
    (Post, "/staff/people/proposals/{proposal}/take-back", Right(Action::ManageStaff), true),
    (Get, "/staff/me/log", Session, true),
    (Get, "/staff/tasks", Right(Action::SeeTasks), true),
    (Post, "/staff/tasks/duty", Right(Action::SeeTasks), false),
    (Post, "/staff/tasks/{task}/take", Right(Action::SeeTasks), false),
    (Post, "/staff/tasks/{task}/done", Right(Action::SeeTasks), false),
    (Get, "/staff/notices", Session, true),
    (Post, "/staff/notices", Session, false),
    (Post, "/staff/notices/code", Session, false),
    (Post, "/staff/notices/daily", Session, false),
    (Post, "/staff/notices/remove", Session, false),
    (Post, "/staff/queue/bulk", Right(Action::SeeQueue), false),
    (Get, "/staff/events", Right(Action::SeeQueue), true),
    (Post, "/staff/here", Right(Action::SeeQueue), false),
    (Get, "/staff/media", Right(Action::ApproveCarriage), true),
    (Get, "/staff/media/ledger.csv", Right(Action::ApproveCarriage), true),
    (Post, "/staff/media/carriers", Right(Action::CarryBatches), false),
    (Post, "/staff/media/carriers/{carrier}/{deed}", Right(Action::ApproveCarriage), false),
    (Post, "/staff/media/carriages", Right(Action::CarryBatches), false),
    (Post, "/staff/media/carriages/{carriage}/{deed}", Right(Action::ApproveCarriage), false),
    (Get, "/staff/entry", Right(Action::EnterPaper), true),
    (Post, "/staff/entry/{form}", Right(Action::EnterPaper), false),
    (Post, "/staff/entry/{form}/discard", Right(Action::EnterPaper), false),
    (Get, "/staff/entry/{form}/check", Right(Action::EnterPaper), false),
    (Post, "/staff/entry/{form}/check", Right(Action::EnterPaper), false),
    (Get, "/staff/entry/{form}/{page}", Right(Action::EnterPaper), false),
    (Post, "/staff/entry/{form}/{page}", Right(Action::EnterPaper), false),
    (Post, "/staff/entry/{form}/{page}/save", Right(Action::EnterPaper), false),
    (Get, "/staff/cases/{receipt_number}/papers/{paper}/view", RightOnCase(Action::OpenPaper), true),
    (Get, "/staff/cases/{receipt_number}/beside/{other}", RightOnCase(Action::TellApart), false),
    (Post, "/staff/cases/{receipt_number}/beside/{other}", RightOnCase(Action::TellApart), false),
    (Post, "/staff/cases/{receipt_number}/tie", RightOnCase(Action::TellApart), false),
    (Get, "/staff/cases/{receipt_number}/amend/{field}", RightOnCase(Action::Command(CommandKind::Amend)), false),
    (Post, "/staff/cases/{receipt_number}/amend/{field}", RightOnCase(Action::Command(CommandKind::Amend)), false),
    (Post, "/staff/cases/{receipt_number}/notes", RightOnCase(Action::WriteNote), false),
    (Post, "/staff/cases/{receipt_number}/notes/save", RightOnCase(Action::WriteNote), false),
    (Get, "/staff/cases/{receipt_number}/events", RightOnCase(Action::ReadCase), true),
    (Post, "/staff/cases/{receipt_number}/take-over", RightOnCase(Action::Command(CommandKind::TakeOver)), false),
    (Post, "/staff/cases/{receipt_number}/take-over-answer", RightOnCase(Action::Command(CommandKind::Release)), false),
    (Post, "/staff/cases/{receipt_number}/non-disclosure", RightOnCase(Action::MarkNonDisclosure), false),
    (
        Post,
        "/staff/cases/{receipt_number}/send_back/preview",
        RightOnCase(Action::Command(CommandKind::SendBack)),
        false,
    ),
    (Get, "/staff/cases/{receipt_number}/receipt", RightOnCase(Action::EnterPaper), false),
    (Get, "/staff/cases/{receipt_number}/entry-check", RightOnCase(Action::Command(CommandKind::CheckEntry)), false),
    (Post, "/staff/cases/{receipt_number}/entry-check", RightOnCase(Action::Command(CommandKind::CheckEntry)), false),
    (Post, "/staff/cases/{receipt_number}/entry-read", RightOnCase(Action::EnterPaper), false),
    (Post, "/staff/cases/{receipt_number}/{command}", Command, true),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    ROUTES.iter().filter(|row| row.guard == Guard::Staff)
}

fn right(row: &Row) -> (Needs, bool) {
    let found = RIGHTS.iter().find(|(verb, path, ..)| *verb == row.verb && *path == row.path);
    let (.., needs, there) = found.unwrap_or_else(|| {
        panic!("{:?} {} has no row in RIGHTS: say what it needs, and what it answers to every role", row.verb, row.path)
    });
    (*needs, *there)
}

#[test]
fn every_route_of_the_staff_has_a_row_and_every_row_a_route() {
    for row in rows() {
        right(row);
    }
    for (verb, path, ..) in RIGHTS {
        assert!(rows().any(|row| row.verb == *verb && row.path == *path), "{verb:?} {path} is no route");
    }
}

/// Commands that are given on a page of their own, after being asked for, or by the clock, and the one that names a fact in its
/// body: by their name alone nobody reaches them.
const fn has_a_route_of_its_own(kind: CommandKind) -> bool {
    matches!(
        kind,
        CommandKind::TakeOver
            | CommandKind::ReleaseIdle
            | CommandKind::Amend
            | CommandKind::CheckEntry
            | CommandKind::SettleDifference
    )
}

fn say(key: &str) -> String {
    Locale::Ja.say(key)
}

fn role_name(role: Role) -> String {
    say(&format!("role-{}", role.as_str().replace('_', "-")))
}

/// Who, in words: 「EPDSも」 for those to whom an EPDS exists, 「担当分」 for those who reach only what they hold.
fn who(action: Action, is_on_cases: bool) -> String {
    let names = Role::ALL.into_iter().filter(|role| may(*role, action)).map(|role| {
        let has_epds = is_on_cases && reach_in(role, action, Compartment::Epds) != Reach::Nothing;
        let marks = [
            (reach(role, action) == Reach::Assigned).then(|| say("roles-reach-assigned")),
            has_epds.then(|| say("roles-reach-epds")),
        ];
        let marks: Vec<String> = marks.into_iter().flatten().collect();
        if marks.is_empty() { role_name(role) } else { format!("{}（{}）", role_name(role), marks.join("・")) }
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() { "だれにもできない".to_owned() } else { names.join("、") }
}

#[test]
fn the_whole_matrix_is_the_one_agreed() {
    let mut text = "画面と送信\n".to_owned();
    for row in rows() {
        let who = match right(row).0 {
            Session => "すべての役割".to_owned(),
            Right(action) => who(action, false),
            RightOnCase(action) => who(action, true),
            Command => "下の表のとおり".to_owned(),
        };
        let verb = if row.verb == Get { "見る" } else { "送る" };
        writeln!(text, "  {verb} {:<52} {who}", row.path).unwrap();
    }
    for stage in Stage::ALL {
        writeln!(text, "\n段階「{}」 {stage}", say(&format!("staff-stage-{stage}"))).unwrap();
        for row in allowed(*stage) {
            let (hand, who) = match row.hand {
                Hand::Staff => ("誰でも", who(Action::Command(row.command), true)),
                Hand::Holder => ("担当者", who(Action::Command(row.command), true)),
                Hand::Another => ("別の人", who(Action::Command(row.command), true)),
                Hand::Citizen => ("届出人", "—".to_owned()),
                Hand::Portal => ("システム", "—".to_owned()),
            };
            writeln!(text, "  {:<18} {hand} → {:<16} {who}", row.command.as_str(), row.to.as_str()).unwrap();
        }
        for action in [Action::ReadCase, Action::OpenPaper, Action::WriteMessage, Action::ExportCase] {
            // 外部出力 is of what was accepted only.
            let who = if action == Action::ExportCase && !stage.stands_accepted() {
                "だれにもできない".to_owned()
            } else {
                who(action, true)
            };
            writeln!(text, "  {:<18} {who}", format!("{action:?}")).unwrap();
        }
    }
    insta::assert_snapshot!("access_matrix", text);
}

async fn at_work(site: &Site, role: Role) -> (StaffId, Browser) {
    let member = hire(&site.portal, role.as_str(), role.as_str(), role).await;
    let session = sign_in(&site.portal, &member).await;
    let mut browser = site.browser();
    browser.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
    (member.id, browser)
}

/// Puts a case into somebody's hands, past every rule.
async fn assign(portal: &Portal, number: &ReceiptNumber, holder: StaffId) {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await.unwrap();
    let head = case::find_by_receipt_number(&mut tx, number).await.unwrap().unwrap();
    let change = StageChange {
        stage: Stage::InReview,
        holder: Some(holder),
        proposed_by: None,
        accepted: None,
        confirmed: None,
        correction_due_on: None,
        rev: head.rev,
        withdrawal_asked_at: None,
        withdrawal_proposed_by: None,
        identity: head.identity,
        proxy: head.proxy,
        at: now,
    };
    assert!(case::update_stage(&mut tx, portal.deadlines(), head.case_id, head.version, &change).await.unwrap());
    let entry = AuditEntry::done(now, Actor::Portal, Deed::SettingsChanged).on(Subject::Case(head.case_id));
    tx.commit(Record::Deed(entry)).await.unwrap();
}

async fn ask(browser: &mut Browser, verb: Verb, path: &str, number: &ReceiptNumber) -> Answer {
    match verb {
        Get => browser.get(path).await,
        Post => browser.post(path, &[("version", "1"), ("number", number.as_str()), ("told", "no")]).await,
    }
}

/// A slot that lies ahead, opened by who may.
async fn open_slot(browser: &mut Browser) -> String {
    let series = [
        ("from", "2026-11-30"),
        ("to", "2026-12-01"),
        ("weekday", "0"),
        ("times", "10:00"),
        ("minutes", "30"),
        ("capacity", "1"),
        ("place", "本庁舎"),
        ("mode", "in_person"),
        ("language", "ja"),
    ];
    let opened = browser.post("/staff/slots", &series).await;
    let slot = browser.get(opened.leads_to()).await.value(".queue tbody a", "href");
    slot.strip_prefix("/staff/slots/").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_role_as_the_matrix_says() {
    for site in sites().await {
        let portal = &site.portal;
        let (account, number) = filed_with(portal, 1, &[photo(1)]).await;
        let (_, epds) = file_epds(portal, 2, [1; 10]).await;
        let paper = {
            let mut tx = portal.database.read().await.unwrap();
            let head = case::find_by_receipt_number(&mut tx, &number).await.unwrap().unwrap();
            let permit = intake::access::permit_owner(account, head.account_id, head.case_id).unwrap();
            server::store::paper::sent_of_case(&mut tx, &permit).await.unwrap()[0].paper_id.to_string()
        };
        let (_, mut opener) = at_work(&site, Role::Reviewer).await;
        let slot = open_slot(&mut opener).await;
        let mail = "0".repeat(32);
        for role in Role::ALL {
            let mut browser = if role == Role::Reviewer { opener.clone() } else { at_work(&site, role).await.1 };
            for (compartment, number) in [(Compartment::General, &number), (Compartment::Epds, &epds)] {
                let things = Things {
                    number: number.clone(),
                    slot: slot.clone(),
                    paper: paper.clone(),
                    mail: mail.clone(),
                    ..Things::of_nobody()
                };
                for row in rows() {
                    let (needs, there) = right(row);
                    let path = path_of(row, &things);
                    let asked: Vec<(String, bool)> = match needs {
                        Session => vec![(path, true)],
                        Right(action) => vec![(path, may(role, action))],
                        RightOnCase(action) => {
                            vec![(path, reach_in(role, action, compartment) == Reach::Everything)]
                        }
                        Command => CommandKind::ALL
                            .iter()
                            .map(|kind| {
                                let reaches = reach_in(role, Action::Command(*kind), compartment);
                                let may = reaches == Reach::Everything && !has_a_route_of_its_own(*kind);
                                (path.replace("/claim", &format!("/{kind}")), may)
                            })
                            .collect(),
                    };
                    // The paper is the other case's.
                    let there = there && !(row.path.contains("{paper}") && compartment == Compartment::Epds);
                    for (path, allowed) in asked {
                        let answer = ask(&mut browser, row.verb, &path, number).await;
                        let what = format!("{role} {:?} {path}: {}", row.verb, answer.status);
                        assert!(answer.status < 500 || answer.status == 503, "{what}");
                        if !allowed {
                            // What is typed may be judged first: then nothing is read of it, or the page that she may read comes again.
                            let reads = reach_in(role, Action::ReadCase, compartment) == Reach::Everything;
                            let again = answer.status == 422 && reads && row.path.starts_with("/staff/cases/");
                            assert!(matches!(answer.status, 400 | 404) || again, "{what}");
                        } else if there {
                            assert_ne!(answer.status, 404, "{what}");
                        }
                    }
                }
            }
        }
        audit::verify(&mut portal.database.read().await.unwrap()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contractor_reaches_what_she_holds_by_the_routes_that_the_matrix_names_and_no_other() {
    for site in sites().await {
        let portal = &site.portal;
        let (_, number) = filed_with(portal, 1, &[photo(1)]).await;
        let (_, epds) = file_epds(portal, 2, [1; 10]).await;
        let (id, mut browser) = at_work(&site, Role::Contractor).await;
        for (compartment, number) in [(Compartment::General, &number), (Compartment::Epds, &epds)] {
            let nothing = Things::of_nobody();
            let things = Things { number: number.clone(), ..nothing };
            for row in rows().filter(|row| row.path.starts_with("/staff/cases/")) {
                let (needs, there) = right(row);
                let path = path_of(row, &things);
                let asked: Vec<(String, Action)> = match needs {
                    RightOnCase(action) => vec![(path, action)],
                    Command => CommandKind::ALL
                        .iter()
                        .map(|kind| (path.replace("/claim", &format!("/{kind}")), Action::Command(*kind)))
                        .collect(),
                    Session | Right(_) => Vec::new(),
                };
                for (path, action) in asked {
                    assign(portal, number, id).await;
                    let allowed = reach_in(Role::Contractor, action, compartment) == Reach::Assigned;
                    let answer = ask(&mut browser, row.verb, &path, number).await;
                    let what = format!("{:?} {path}: {}", row.verb, answer.status);
                    if !allowed {
                        // What is typed may be judged first: then the page comes again that she may read.
                        assert!(matches!(answer.status, 404 | 422), "{what}");
                    } else if there {
                        assert_ne!(answer.status, 404, "{what}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn what_a_contractor_is_offered_is_to_write_the_offices_items_and_to_put_the_case_back() {
    for site in sites().await {
        let portal = &site.portal;
        let (_, number) = filed_with(portal, 1, &[photo(1)]).await;
        let member = hire(portal, "contractor", "contractor", Role::Contractor).await;
        assign(portal, &number, member.id).await;
        let mut tx = portal.database.read().await.unwrap();
        let staff = server::store::staff::find(&mut tx, member.id).await.unwrap().unwrap();
        drop(tx);
        let view = staff_case::view(portal, &staff, &number).await.unwrap();
        let offers: Vec<&str> = view.offers.iter().map(|offer| offer.kind.as_str()).collect();
        assert_eq!(offers, ["release", "edit_staff_items"]);
        assert!(view.papers.iter().all(|(_, may_open)| !may_open));
    }
}
