#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「集計」 Reports: what deeds count, who reads which numbers, and what may leave the team.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{
    access::{Role, Roles},
    case::{CorrectionRequest, DeclineReason},
    form::Compartment,
    ids::FormId,
    period::{Month, Period},
    statistics::Measure,
    time::{CivilDate, DAY, HOUR},
};
use server::{
    flows::{
        FlowError,
        decide::Order,
        reports::{self, Edition, Report},
    },
    portal::Portal,
    store::{
        Record, Upkeep, audit,
        staff::Staff,
        statistic::{self, Place},
    },
};

use crate::support::{
    filing::{file, file_epds},
    http::{Browser, Site, sites},
    portal::{notification, portals},
    review::{accept, confirm, done, seen, two_clerks, two_nurses},
    staff::{at_work, hire, sign_in},
};

async fn staff(portal: &Portal, role: Role) -> Staff {
    at_work(portal, role.as_str(), role.as_str(), role).await.staff
}

fn month(portal: &Portal) -> Period {
    Period::Month(Month::of(portal.clock.now().date_in_japan()))
}

async fn seen_by(portal: &Portal, staff: &Staff, period: Period, edition: Edition) -> Report {
    reports::view(portal, staff, Some(notification()), period, edition).await.unwrap()
}

fn count(table: &reports::Table, word: &str) -> Option<u64> {
    table.rows.iter().find(|(of, _)| of == word).unwrap_or_else(|| panic!("{word}: {table:?}")).1
}

/// Counts as if so much had happened, past every deed.
async fn happened(portal: &Portal, day: CivilDate, measure: Measure, word: &str, times: usize) {
    let mut tx = portal.database.write().await.unwrap();
    let form = notification();
    let place = Place { day, compartment: Compartment::General, form: &form };
    for _ in 0..times {
        statistic::count(&mut tx, place, vec![(measure, word.to_owned())]).await.unwrap();
    }
    tx.commit(Record::Upkeep(Upkeep::InstallationMade)).await.unwrap();
}

#[tokio::test]
async fn deeds_are_counted_once_with_the_hours_they_took_and_without_the_person() {
    for one in portals().await {
        let portal = &one.portal;
        let clerks = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        portal.clock.advance(3 * HOUR + 5);
        for order in [Order::Claim, Order::Release, Order::Claim] {
            done(portal, &clerks[0], &number, order).await;
        }
        portal.clock.advance(2 * DAY);
        done(portal, &clerks[0], &number, seen()).await;
        accept(portal, &clerks, &number).await;
        let (_, other) = file(portal, 2).await;
        done(portal, &clerks[0], &other, Order::Claim).await;
        let fields = vec![("name".parse().unwrap(), "読めません".to_owned())];
        let asked = CorrectionRequest::new(fields, portal.clock.now().date_in_japan().plus_days(7));
        done(portal, &clerks[0], &other, Order::SendBack(asked)).await;
        let (_, wrong) = file(portal, 3).await;
        done(portal, &clerks[0], &wrong, Order::Claim).await;
        done(portal, &clerks[0], &wrong, Order::ProposeDecline(DeclineReason::Duplicate)).await;
        done(portal, &clerks[1], &wrong, Order::Decline).await;

        let report = seen_by(portal, &clerks[0], month(portal), Edition::Team).await;
        assert_eq!((report.channels.total, count(&report.channels, "portal")), (Some(3), Some(3)));
        assert_eq!(report.timing.as_ref().unwrap().total, Some(3));
        assert_eq!(count(&report.sent_back, "name"), Some(1));
        assert_eq!((count(&report.declined, "duplicate"), report.declined.total), (Some(1), Some(1)));
        let [look, yes, record] = [0, 1, 2].map(|at| report.took[at]);
        assert_eq!((look.cases, look.hours), (Some(3), Some((0, 3))), "the first look only");
        assert_eq!((yes.cases, yes.hours), (Some(1), Some((51, 51))));
        assert_eq!((record.cases, record.hours), (Some(0), None));
        // Sent back, and confirmed: the first and the last are not open.
        assert_eq!(report.open.as_ref().unwrap().total, Some(1));
        let days: u64 = report.crossed.unwrap().into_iter().flat_map(|(_, counts)| counts).sum();
        assert_eq!(days, 3);
        let year = Period::fiscal_year_of(portal.clock.now().date_in_japan());
        assert_eq!(seen_by(portal, &clerks[0], year, Edition::Team).await.channels.total, Some(3));
    }
}

#[tokio::test]
async fn exact_numbers_are_the_teams_and_everybody_elses_are_the_copy_of_months_that_are_over() {
    for one in portals().await {
        let portal = &one.portal;
        let today = portal.clock.now().date_in_japan();
        let last = Month::of(today).previous();
        for (word, times) in [("within_11_weeks", 9), ("weeks_12_to_19", 2), ("weeks_20_to_27", 7)] {
            happened(portal, last.first_day(), Measure::Timing, word, times).await;
            happened(portal, today, Measure::Timing, word, times).await;
        }
        let clerk = at_work(portal, "clerk", "person-clerk", Roles::CLERK).await.staff;
        let timing =
            |report: Report| report.timing.unwrap().rows.into_iter().map(|(_, count)| count).collect::<Vec<_>>();
        let exact = [Some(9), Some(2), Some(7), Some(0), Some(0), Some(0)];
        let copied = [Some(9), None, None, Some(0), Some(0), Some(0)];
        assert_eq!(timing(seen_by(portal, &clerk, Period::Month(last), Edition::Team).await), exact);
        assert_eq!(timing(seen_by(portal, &clerk, Period::Month(last), Edition::Copy).await), copied);
        for role in [Role::Auditor, Role::SystemManager] {
            let other = staff(portal, role).await;
            let report = seen_by(portal, &other, Period::Month(last), Edition::Team).await;
            assert_eq!((report.edition, report.is_team), (Edition::Copy, false), "{role}");
            assert!(report.open.is_none() && report.crossed.is_none());
            assert_eq!(timing(report), copied, "{role}");
            let year = seen_by(portal, &other, Period::fiscal_year_of(today), Edition::Team).await;
            assert_eq!(timing(year), copied, "the month that runs is not in the year");
            assert!(!seen_by(portal, &other, month(portal), Edition::Team).await.has_copy);
        }
        for role in [Role::AccountManager, Role::Contractor] {
            let other = staff(portal, role).await;
            let found = reports::view(portal, &other, None, Period::Month(last), Edition::Copy).await;
            assert!(matches!(found, Err(FlowError::NotFound)), "{role}");
        }
        let running = reports::take_away(portal, &clerk, Some(notification()), month(portal)).await;
        assert!(matches!(running, Err(FlowError::NotFound)));
        reports::take_away(portal, &clerk, Some(notification()), Period::Month(last)).await.unwrap();
        let entries = audit::after(&mut portal.database.read().await.unwrap(), 0, 1_000).await.unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.deed == "report_taken").count(), 1);
    }
}

#[tokio::test]
async fn an_epds_is_in_no_report_but_that_of_nurses_and_in_no_copy() {
    for one in portals().await {
        let portal = &one.portal;
        let nurses = two_nurses(portal).await;
        let (_, number) = file_epds(portal, 1, [1; 10]).await;
        confirm(portal, &nurses, &number).await;
        let epds: FormId = "epds".parse().unwrap();
        let report = reports::view(portal, &nurses[0], Some(epds.clone()), month(portal), Edition::Team).await.unwrap();
        assert_eq!((report.channels.total, report.took[1].cases), (Some(1), Some(1)));
        assert!(report.forms.contains(&epds) && !report.has_copy);
        portal.clock.advance(40 * DAY);
        let november = Period::Month(Month::of(portal.clock.now().date_in_japan()).previous());
        let copy = reports::take_away(portal, &nurses[0], Some(epds.clone()), november).await;
        assert!(matches!(copy, Err(FlowError::NotFound)));
        for role in [Role::Reviewer, Role::Confirmer, Role::Auditor, Role::SystemManager] {
            let other = staff(portal, role).await;
            let found = reports::view(portal, &other, Some(epds.clone()), november, Edition::Team).await;
            assert!(matches!(found, Err(FlowError::NotFound)), "{role}");
            let general = reports::view(portal, &other, None, november, Edition::Team).await.unwrap();
            assert!(!general.forms.contains(&epds));
            assert!(general.open.is_none_or(|open| open.total == Some(1)), "{role}: the notification only");
        }
    }
}

async fn desk(site: &Site, role: Role) -> Browser {
    let member = hire(&site.portal, role.as_str(), role.as_str(), role).await;
    let session = sign_in(&site.portal, &member).await;
    let mut browser = site.browser();
    browser.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_pictures_with_their_words_and_the_file_is_the_copy() {
    for site in sites().await {
        let portal = &site.portal;
        let last = Month::of(portal.clock.now().date_in_japan()).previous();
        for (measure, word, times) in [
            (Measure::Filed, "portal", 12),
            (Measure::Filed, "pittari", 3),
            (Measure::Filed, "counter", 7),
            (Measure::FirstLook, "5", 6),
            (Measure::FirstLook, "100", 1),
            (Measure::Confirmed, "30", 2),
        ] {
            happened(portal, last.first_day(), measure, word, times).await;
        }
        let mut reviewer = desk(&site, Role::Reviewer).await;
        let mut auditor = desk(&site, Role::Auditor).await;
        let address = format!("/staff/reports?form=pregnancy_notification&period={last}");
        let page = reviewer.get(&address).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.value("svg[role=img]", "aria-labelledby"), "chart-days chart-days-said");
        assert!(
            page.body.contains("<desc id=\"chart-channels-said\">この窓口 12、ぴったりサービス 3"),
            "{}",
            page.body
        );
        let copy = auditor.get(&address).await.body;
        assert!(copy.contains("この窓口 12、ぴったりサービス X、県の電子申請 0、窓口 X"), "{copy}");
        assert!(!copy.contains("内部用に戻る"));
        assert!(copy.contains("4.1日"), "nine tenths of seven");
        let file = |name: &str| format!("/staff/reports/{name}.csv?form=pregnancy_notification&period={last}");
        for browser in [&mut reviewer, &mut auditor] {
            let csv = browser.get(&file("channels")).await;
            assert_eq!(
                csv.body,
                "\u{feff}届出の経路,件数\r\nこの窓口,12\r\nぴったりサービス,X\r\n県の電子申請,0\r\n窓口,X\r\n合計,22\r\n"
            );
            let took = browser.get(&file("took")).await.body;
            assert!(took.contains("最初の担当まで,5,100\r\n二人目の確認まで,X,X\r\n"), "{took}");
            assert_eq!(browser.get(&file("open")).await.status, 404, "what is open now is not taken away");
        }
        for path in ["/staff/reports?period=nonsense", "/staff/reports?form=nonsense", "/staff/reports?form=epds"] {
            assert_eq!(reviewer.get(path).await.status, 404, "{path}");
        }
    }
}
