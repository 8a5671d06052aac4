#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「在席」「引継ぎ」 Who has which case open, on every server of one database; a case that goes from hand to hand; many hands at once.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    time::{Duration, Instant as Stopwatch},
};

use intake::{
    access::Roles,
    case::{CommandKind, Stage},
    ids::{ReceiptNumber, StaffId},
    retention::{PRESENCE, STAFF_SESSION, TAKE_OVER_ANSWER, TAKE_OVER_IDLE},
    time::MINUTE,
};
use server::{
    flows::{
        FlowError,
        decide::{Given, Order, give},
        note::{Beside, Saved, save_draft},
        presence, staff_case,
        staff_sign_in::{SignedInStaff, who},
        staff_view::{self, Lead},
        take_over::{self, Asked},
    },
    portal::Portal,
    store::{
        Database, audit, session,
        staff::{self, NewStaff, Staff},
    },
    watchers::{Picture, Seat},
    web, worker,
};
use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::support::{
    filing::{file, file_epds},
    portal::{letter, portals},
    review::{accept, done, head, seen},
    staff::{at_work, hire, sign_in},
};

const SOON: Duration = Duration::from_secs(2);

async fn clerk(portal: &Portal, name: &str) -> SignedInStaff {
    at_work(portal, name, name, Roles::CLERK).await
}

/// The next picture, which is to come within two seconds.
async fn next(seat: &mut Seat) -> Option<Picture> {
    timeout(SOON, seat.next()).await.expect("nothing was told within two seconds")
}

async fn open(portal: &Portal, who: &SignedInStaff, number: Option<&ReceiptNumber>) -> (Seat, Picture) {
    let mut seat = presence::watch(portal, who, number).await.unwrap().unwrap();
    // On the queue there may be nothing to tell.
    let first = timeout(Duration::from_millis(50), seat.next()).await;
    (seat, first.ok().flatten().unwrap_or_default())
}

fn names(picture: &Picture) -> Vec<String> {
    picture.cases.iter().flat_map(|case| case.present.iter().map(|one| one.name.clone())).collect()
}

/// Another server on the same database.
async fn beside(portal: &Portal) -> Portal {
    Portal::open(portal.config.clone(), portal.clock.clone()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_sees_within_two_seconds_who_came_who_holds_it_and_who_left() {
    for one in portals().await {
        let here = Arc::new(one.portal);
        let there = Arc::new(beside(&here).await);
        let (first, second) = (clerk(&here, "一人目").await, clerk(&here, "二人目").await);
        let (_, number) = file(&here, 1).await;
        let (stop, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        for portal in [&here, &there] {
            let portal = Arc::clone(portal);
            let tell = async move || presence::tell(&portal).await;
            workers.spawn(worker::repeat("presence", Duration::from_secs(1), stopped.clone(), tell));
        }
        let (mut queue, before) = open(&there, &second, None).await;
        assert!(names(&before).is_empty());

        let begun = Stopwatch::now();
        let (seat, _) = open(&here, &first, Some(&number)).await;
        let picture = next(&mut queue).await.unwrap();
        assert_eq!(names(&picture), ["一人目"]);
        assert_eq!(picture.cases[0].number, number);
        assert!(begun.elapsed() < SOON);

        done(&here, &first.staff, &number, Order::Claim).await;
        let picture = next(&mut queue).await.unwrap();
        assert_eq!((picture.cases[0].holder.as_deref(), picture.cases[0].stage), (Some("一人目"), Stage::InReview));

        let (mut same, picture) = open(&there, &second, Some(&number)).await;
        assert_eq!(names(&picture), ["一人目"], "nobody sees herself");
        drop(seat);
        presence::leave(&here).await.unwrap();
        assert!(names(&next(&mut same).await.unwrap()).is_empty(), "the page was closed");
        stop.send_replace(true);
        while workers.join_next().await.is_some() {}
        presence::stop(&there).await.unwrap();
        assert_eq!(next(&mut same).await, None, "a server that stops ends its pages");
        assert!(presence::watch(&there, &second, None).await.unwrap().is_none());
        assert_eq!(rows(&here, "SELECT COUNT(*) FROM presence").await, 0);
    }
}

async fn rows(portal: &Portal, sql: &'static str) -> i64 {
    match &portal.database {
        Database::Sqlite { writer, .. } => sqlx::query_scalar(sql).fetch_one(writer).await,
        Database::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
    }
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_server_that_ended_without_a_word_are_forgotten() {
    for one in portals().await {
        let here = one.portal;
        let there = beside(&here).await;
        let (first, second) = (clerk(&here, "first").await, clerk(&here, "second").await);
        let (_, number) = file(&here, 1).await;
        let (lost, _) = open(&there, &first, Some(&number)).await;
        let (mut seat, picture) = open(&here, &second, Some(&number)).await;
        assert_eq!(names(&picture), ["first"]);
        std::mem::forget(lost);
        drop(there);
        here.clock.advance(PRESENCE);
        presence::tell(&here).await.unwrap();
        assert!(names(&next(&mut seat).await.unwrap()).is_empty(), "her own page was kept, the lost one was not");
        worker::sweep(&here).await.unwrap();
        here.clock.advance(PRESENCE);
        worker::sweep(&here).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_epds_only_nurses_are_told_and_with_the_session_the_page_ends() {
    for one in portals().await {
        let portal = &one.portal;
        let reader = clerk(portal, "clerk").await;
        let nurse = at_work(portal, "nurse", "nurse", Roles::NURSE).await;
        let other = at_work(portal, "nurse2", "nurse2", Roles::NURSE).await;
        let auditor = at_work(portal, "auditor", "auditor", Roles::AUDITOR).await;
        let (_, number) = file_epds(portal, 1, [1; 10]).await;
        let (mut queue, _) = open(portal, &reader, None).await;
        let (mut of_nurse, _) = open(portal, &other, None).await;
        assert!(matches!(presence::watch(portal, &reader, Some(&number)).await, Err(FlowError::NotFound)));
        assert!(matches!(presence::watch(portal, &auditor, None).await, Err(FlowError::NotFound)));
        let (_seat, _) = open(portal, &nurse, Some(&number)).await;
        done(portal, &nurse.staff, &number, Order::Claim).await;
        presence::tell(portal).await.unwrap();
        assert_eq!(names(&next(&mut of_nurse).await.unwrap()), ["nurse"]);
        let told = timeout(Duration::from_millis(100), queue.next()).await;
        assert!(told.is_err(), "a clerk is told nothing: {told:?}");

        let mut tx = portal.database.write().await.unwrap();
        session::delete(&mut tx, &reader.session.session_hash).await.unwrap();
        let upkeep = server::store::Record::Upkeep(server::store::Upkeep::SessionSeen);
        tx.commit(upkeep).await.unwrap();
        presence::tell(portal).await.unwrap();
        assert_eq!(next(&mut queue).await, None, "she is signed out");
        portal.clock.advance(STAFF_SESSION);
        presence::tell(portal).await.unwrap();
        while next(&mut of_nurse).await.is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_keeps_no_session_alive_and_a_sign_of_life_does() {
    for one in portals().await {
        let portal = &one.portal;
        let first = clerk(portal, "first").await;
        let hash = first.session.session_hash;
        portal.clock.advance(25 * MINUTE);
        server::flows::staff_sign_in::look(portal, &hash).await.unwrap().unwrap();
        portal.clock.advance(4 * MINUTE);
        assert!(who(portal, &hash).await.unwrap().is_some());
        portal.clock.advance(25 * MINUTE);
        assert!(who(portal, &hash).await.unwrap().is_some(), "the sign of life counted");
        portal.clock.advance(25 * MINUTE);
        server::flows::staff_sign_in::look(portal, &hash).await.unwrap().unwrap();
        portal.clock.advance(25 * MINUTE);
        assert!(who(portal, &hash).await.unwrap().is_none(), "what a page asks by itself does not");
    }
}

async fn draft_of(portal: &Portal, staff: &Staff, number: &ReceiptNumber) -> Vec<(String, String)> {
    let notes = staff_case::view(portal, staff, number).await.unwrap().notes.unwrap();
    notes.inherited.into_iter().map(|draft| (draft.name, draft.text)).collect()
}

async fn deeds(portal: &Portal, number: &ReceiptNumber, deed: &str) -> usize {
    let subject = audit::Subject::Case(head(portal, number).await.case_id);
    let mut tx = portal.database.read().await.unwrap();
    let entries = audit::of_subject(&mut tx, &subject, 100).await.unwrap();
    entries.iter().filter(|entry| entry.deed == deed && entry.outcome == "done").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holder_is_asked_keeps_it_gives_it_or_is_silent_and_her_note_comes_along() {
    for one in portals().await {
        let portal = &one.portal;
        let (first, second, third) =
            (clerk(portal, "first").await, clerk(portal, "second").await, clerk(portal, "third").await);
        let (_, number) = file(portal, 1).await;
        done(portal, &first.staff, &number, Order::Claim).await;
        save_draft(portal, &first.staff, &number, "折り返しの電話を待つ", None, Beside::Leave).await.unwrap();
        let (mut held, _) = open(portal, &first, Some(&number)).await;

        // Kept.
        let Asked::Waits(until) = take_over::ask(portal, &second.staff, &number).await.unwrap() else {
            panic!("taken")
        };
        assert_eq!(take_over::ask(portal, &third.staff, &number).await.unwrap(), Asked::ByAnother);
        presence::tell(portal).await.unwrap();
        let picture = next(&mut held).await.unwrap();
        assert_eq!((picture.asked[0].by.as_str(), picture.asked[0].until), ("second", until));
        take_over::answer(portal, &first.staff, &number, false).await.unwrap();
        let late = take_over::answer(portal, &first.staff, &number, true).await;
        assert!(matches!(late, Err(FlowError::Changed(_))), "it is answered once");
        portal.clock.advance(TAKE_OVER_ANSWER);
        assert_eq!(take_over::settle_due(portal).await.unwrap(), 0);
        assert_eq!(head(portal, &number).await.holder, Some(first.staff.staff_id));

        // Given.
        take_over::ask(portal, &second.staff, &number).await.unwrap();
        assert!(matches!(take_over::answer(portal, &third.staff, &number, true).await, Err(FlowError::Changed(_))));
        take_over::answer(portal, &first.staff, &number, true).await.unwrap();
        assert_eq!(head(portal, &number).await.holder, Some(second.staff.staff_id));
        let came = [("first".to_owned(), "折り返しの電話を待つ".to_owned())];
        assert_eq!(draft_of(portal, &second.staff, &number).await, came, "under her name, and as a draft");
        let own = staff_case::view(portal, &first.staff, &number).await.unwrap().notes.unwrap();
        assert_eq!((own.all.len(), own.draft.unwrap().text.as_str()), (0, "折り返しの電話を待つ"), "it is hers too");

        // Silent.
        let Asked::Waits(_) = take_over::ask(portal, &third.staff, &number).await.unwrap() else { panic!("taken") };
        assert_eq!(take_over::settle_due(portal).await.unwrap(), 0, "there is time");
        portal.clock.advance(TAKE_OVER_ANSWER);
        assert_eq!(take_over::settle_due(portal).await.unwrap(), 1);
        assert_eq!(head(portal, &number).await.holder, Some(third.staff.staff_id));
        assert_eq!(draft_of(portal, &third.staff, &number).await, came, "from hand to hand");

        // Not there.
        portal.clock.advance(TAKE_OVER_IDLE);
        assert_eq!(take_over::ask(portal, &first.staff, &number).await.unwrap(), Asked::Taken);
        assert_eq!(deeds(portal, &number, "command.take_over").await, 3);
        assert_eq!(deeds(portal, &number, "take_over_answered").await, 2);
        assert!(matches!(take_over::ask(portal, &first.staff, &number).await, Err(FlowError::Changed(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_along_at_an_earlier_turn_stays_above_what_comes_now() {
    for one in portals().await {
        let portal = &one.portal;
        let (first, second) = (clerk(portal, "first").await, clerk(portal, "second").await);
        let (_, number) = file(portal, 1).await;
        done(portal, &first.staff, &number, Order::Claim).await;
        let give_to = async |to: &SignedInStaff, from: &SignedInStaff| {
            take_over::ask(portal, &to.staff, &number).await.unwrap();
            take_over::answer(portal, &from.staff, &number, true).await.unwrap();
        };
        let Ok(Saved::Kept(since)) = save_draft(portal, &first.staff, &number, "一件目", None, Beside::Leave).await
        else {
            panic!("not kept")
        };
        give_to(&second, &first).await;
        give_to(&first, &second).await;
        save_draft(portal, &first.staff, &number, "別の件", since, Beside::Leave).await.unwrap();
        give_to(&second, &first).await;
        let came = draft_of(portal, &second.staff, &number).await;
        assert_eq!(came, [("first".to_owned(), "一件目\n\n別の件".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_back_to_the_queue_when_its_holder_was_not_heard_of_for_long() {
    for one in portals().await {
        let portal = &one.portal;
        let (first, second) = (clerk(portal, "first").await, clerk(portal, "second").await);
        let ((_, left), (_, busy)) = (file(portal, 1).await, file(portal, 2).await);
        done(portal, &first.staff, &left, Order::Claim).await;
        done(portal, &second.staff, &busy, Order::Claim).await;
        portal.clock.advance(29 * MINUTE);
        assert_eq!(take_over::release_idle(portal).await.unwrap(), 0);
        who(portal, &second.session.session_hash).await.unwrap().unwrap();
        portal.clock.advance(MINUTE);
        assert_eq!(take_over::release_idle(portal).await.unwrap(), 1);
        let after = head(portal, &left).await;
        assert_eq!((after.stage, after.holder), (Stage::Submitted, None));
        assert_eq!(head(portal, &busy).await.holder, Some(second.staff.staff_id));
        let subject = audit::Subject::Case(after.case_id);
        let entries = audit::of_subject(&mut portal.database.read().await.unwrap(), &subject, 1).await.unwrap();
        assert_eq!((entries[0].deed.as_str(), entries[0].actor_kind.as_str()), ("command.release_idle", "portal"));
    }
}

/// Members of staff without a password: nobody of them signs in here.
async fn many(portal: &Portal, how_many: u8) -> Vec<Staff> {
    let mut all = Vec::new();
    for number in 0..how_many {
        let (staff_id, user_id) = (StaffId::from_random([number + 100; 16]), format!("many-{number}"));
        let (name, now) = (user_id.as_str(), portal.clock.now());
        let new = NewStaff {
            staff_id,
            user_id: name,
            person_id: name,
            display_name: name,
            roles: Roles::CLERK,
            created_at: now,
        };
        let mut tx = portal.database.write().await.unwrap();
        staff::insert(&mut tx, &new).await.unwrap();
        let entry = audit::AuditEntry::done(now, audit::Actor::Operator, audit::Deed::StaffInvited);
        tx.commit(server::store::Record::Deed(entry)).await.unwrap();
        all.push(staff::find(&mut portal.database.read().await.unwrap(), staff_id).await.unwrap().unwrap());
    }
    all
}

/// All of them give the same order on the same version at once: how often it was done, and how many were told that it was not.
async fn at_once(portal: &Arc<Portal>, all: &[Staff], number: &ReceiptNumber, order: Order) -> (usize, usize) {
    let version = head(portal, number).await.version;
    let mut tasks = JoinSet::new();
    for member in all {
        let (portal, member, number, order) = (Arc::clone(portal), member.clone(), number.clone(), order.clone());
        tasks.spawn(async move {
            give(&portal, &member, &number, version, &order, &|_, _: &str| letter("お知らせ")).await
        });
    }
    let (mut done, mut told) = (0, 0);
    while let Some(given) = tasks.join_next().await {
        match given.unwrap() {
            Ok(Given::Done(_)) => done += 1,
            Err(FlowError::Changed(_)) => told += 1,
            other => panic!("neither done nor told: {other:?}"),
        }
    }
    (done, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_people_who_decide_one_case_at_once_one_does_and_63_are_told() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let first = clerk(&portal, "first").await.staff;
        let all = many(&portal, 64).await;
        let (_, number) = file(&portal, 1).await;
        assert_eq!(at_once(&portal, &all, &number, Order::Claim).await, (1, 63));
        assert_eq!(deeds(&portal, &number, "command.claim").await, 1);
        let holder = head(&portal, &number).await.holder.unwrap();
        let holder = all.iter().find(|one| one.staff_id == holder).unwrap();
        done(&portal, holder, &number, Order::Release).await;
        done(&portal, &first, &number, Order::Claim).await;
        done(&portal, &first, &number, seen()).await;
        done(&portal, &first, &number, Order::Accept).await;
        assert_eq!(at_once(&portal, &all, &number, Order::Confirm).await, (1, 63));
        assert_eq!(deeds(&portal, &number, "command.confirm").await, 1);
        let last = staff_case::last_step(&portal, &first, &number).await.unwrap().unwrap();
        assert_eq!(last.command, "confirm");
        assert!(matches!(last.who, staff_case::Who::Staff(name) if name.starts_with("many-")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_leads_to_the_next_case_of_the_view_and_to_the_view_when_all_is_done() {
    for one in portals().await {
        let portal = &one.portal;
        let (first, second) = (clerk(portal, "first").await, clerk(portal, "second").await);
        let mut numbers = Vec::new();
        for browser in 1..=3 {
            numbers.push(file(portal, browser).await.1);
        }
        let mut ids = Vec::new();
        for number in &numbers {
            ids.push(head(portal, number).await.case_id);
        }
        let lead = async |number: &ReceiptNumber, kind| staff_view::after(portal, &first, number, kind).await.unwrap();
        assert_eq!(lead(&numbers[0], CommandKind::Accept).await, Lead::Stay, "she came from no view");
        staff_view::keep(portal, &first, "/staff/queue?tab=new", &ids).await.unwrap();
        assert_eq!(lead(&numbers[0], CommandKind::Claim).await, Lead::Stay);
        // The second is in another's hand.
        done(portal, &second.staff, &numbers[1], Order::Claim).await;
        done(portal, &first.staff, &numbers[0], Order::Claim).await;
        assert_eq!(lead(&numbers[0], CommandKind::Release).await, Lead::Case(numbers[2].clone()));
        let way = staff_view::around(portal, &first, Some(&numbers[2])).await.unwrap();
        assert_eq!((way.previous.as_ref(), way.next.as_ref()), (Some(&numbers[1]), None));
        assert_eq!(way.done, Some((CommandKind::Release, numbers[0].clone())));
        done(portal, &first.staff, &numbers[0], seen()).await;
        accept(portal, &[first.staff.clone(), second.staff.clone()], &numbers[0]).await;
        done(portal, &second.staff, &numbers[2], Order::Claim).await;
        let view = "/staff/queue?tab=new".to_owned();
        assert_eq!(lead(&numbers[0], CommandKind::Accept).await, Lead::View(view), "nothing is left for her");
    }
}

/// The lines of a stream as they come.
fn listen(port: u16, path: &str, cookie: String) -> (TcpStream, mpsc::Receiver<String>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept-Encoding: gzip, br\r\nCookie: staff_session={cookie}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let (to, from) = mpsc::channel();
    let reader = BufReader::new(stream.try_clone().unwrap());
    std::thread::spawn(move || {
        for line in reader.lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
    (stream, from)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_written_at_once_ends_the_presence_when_it_is_cut_and_lets_the_server_stop() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    for database in crate::support::databases().await {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let one = crate::support::portal::portal_on(database, port).await;
        let portal = Arc::new(one.portal);
        let planes: Vec<_> = portal.config.listeners().into_values().flatten().collect();
        let server = web::serve(&portal, vec![listener], &planes).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let cookie =
            BASE64_URL_SAFE_NO_PAD.encode(sign_in(&portal, &hire(&portal, "first", "1", Roles::CLERK).await).await);
        let other = clerk(&portal, "other").await;
        let (_, number) = file(&portal, 1).await;
        let (stream, lines) = listen(port, &format!("/staff/cases/{number}/events"), cookie.clone());
        for what in ["200 OK", "text/event-stream", "data: {"] {
            while !lines.recv_timeout(SOON).expect("nothing came within two seconds").contains(what) {}
        }
        let (mut seat, picture) = open(&portal, &other, Some(&number)).await;
        assert_eq!(names(&picture), ["first"]);
        let (stop, stopped) = watch::channel(false);
        let telling = Arc::clone(&portal);
        let tell = async move || presence::tell(&telling).await;
        let worker = tokio::spawn(worker::repeat("presence", Duration::from_secs(1), stopped, tell));
        stream.shutdown(std::net::Shutdown::Both).unwrap();
        let left = timeout(3 * SOON, seat.next()).await.expect("the page is still believed to be open");
        assert!(names(&left.unwrap()).is_empty());
        stop.send_replace(true);
        worker.await.unwrap();
        assert_eq!(rows(&portal, "SELECT COUNT(*) FROM presence").await, 1, "her own page alone");

        let (_stream, lines) = listen(port, "/staff/events", cookie);
        lines.recv_timeout(SOON).unwrap();
        let begun = Stopwatch::now();
        presence::stop(&portal).await.unwrap();
        handle.stop(true).await;
        assert!(begun.elapsed() < Duration::from_secs(10), "an open page kept the server from stopping");
    }
}
