#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「写真・書類」 Photos and files as a browser without script sends them, and as somebody who means it ill.

use std::{
    io::Cursor,
    io::Write,
    net::{Shutdown, TcpStream},
};

use image::{DynamicImage, ImageFormat, RgbImage};
use intake::{access::Roles, case::CorrectionRequest};
use server::{
    flows::decide::Order,
    store::{case, paper::PaperOwner},
};

use sha2::{Digest, Sha256};

use super::{begin, page_of_form, send, type_pages, whole};
use crate::support::{
    browser::{Answer, Browser, SAME_ORIGIN, inputs, read, send as send_raw},
    databases,
    page::{Page, all},
    process::{Program, settings},
    review::done,
    site::{site, sites},
    staff::at_work,
};

const BOUNDARY: &str = "----madoguchi";

fn photo(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, 77]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// A form with files, as a browser encodes it: what they are called and claim to be is anybody's.
fn encoded(texts: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in texts {
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    for (name, called, file) in files {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{called}\"\r\n\
             Content-Type: image/jpeg\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(*file);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn with_files(browser: &mut Browser, path: &str, texts: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Answer {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    browser.ask("POST", path, &[SAME_ORIGIN, ("Content-Type", &kind)], &encoded(texts, files))
}

const INPUT: &str = "paper-due_date_proof";

/// At 写真・書類, with everything before it filled in.
fn at_papers(browser: &mut Browser) -> String {
    begin(browser);
    type_pages(browser, &whole());
    page_of_form("papers")
}

fn names(page: &Page) -> Vec<String> {
    let names = all(&page.html, ".paper-list li > span");
    names.iter().map(|one| one.text().collect::<String>().split(" (").next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_photos_are_added_removed_listed_and_sent() {
    for site in sites().await {
        let mut browser = site.browser();
        begin(&mut browser);
        let mut pages = whole();
        let last = pages.pop().unwrap();
        type_pages(&mut browser, &pages);
        super::type_page(&mut browser, &last.0, &last.1).leads_to(&page_of_form("papers"));
        let address = page_of_form("papers");
        let files: [(&str, &str, &[u8]); 2] =
            [(INPUT, "../../etc/passwd.php", &photo(40, 30)), (INPUT, "窓口 花子の診断書.pdf", b"%PDF-1.4\n%%EOF\n")];
        with_files(&mut browser, &address, &[("then", "add")], &files).leads_to(&address);
        let page = browser.open(&address);
        assert_eq!(names(&page), ["写真1", "書類2（PDF）"]);
        let text = page.html.html();
        assert!(!text.contains("passwd") && !text.contains("診断書.pdf"), "what a file was called is not kept");

        // A third one on the way on, then one is taken away.
        let third: [(&str, &str, &[u8]); 1] = [(INPUT, "x.png", &photo(50, 30))];
        with_files(&mut browser, &address, &[("then", "next")], &third).leads_to(&page_of_form("check"));
        let check = browser.open(&page_of_form("check"));
        assert!(check.text().contains("写真1、書類2（PDF）、写真3"), "{}", check.text());
        assert!(check.links().contains(&format!("{address}?from=check")));
        let page = browser.open(&format!("{address}?from=check"));
        let remove = all(&page.html, "button[value^='remove:']")[1].value().attr("value").unwrap().to_owned();
        let back = format!("{address}?from=check");
        with_files(&mut browser, &address, &[("from", "check"), ("then", &remove)], &[]).leads_to(&back);
        with_files(&mut browser, &address, &[("from", "check"), ("then", "next")], &[(INPUT, "", b"")])
            .leads_to(&page_of_form("check"));

        site.sign_in(&mut browser, "hanako@example.jp", &page_of_form("check")).await;
        let receipt = send(&mut browser);
        let receipt = browser.open(&format!("/receipt/{receipt}"));
        assert!(receipt.text().contains("写真・書類を 2 件受け取りました。"), "{}", receipt.text());
    }
}

/// A header that says a size; the rest is a small picture.
fn png_that_says(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(8, 8).write_to(&mut bytes, ImageFormat::Png).unwrap();
    let mut file = bytes.into_inner();
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = !file[12..29].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    file[29..33].copy_from_slice(&crc.to_be_bytes());
    file
}

fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let whole = photo(400, 300);
    vec![
        ("JPEG・PNG", b"GIF89a<script>alert(1)</script>".to_vec()),
        ("JPEG・PNG", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec()),
        ("JPEG・PNG", b"PK\x03\x04".repeat(1_000)),
        ("互換性優先", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()),
        ("画素数", png_that_says(50_000, 50_000)),
        ("壊れて", png_that_says(6_000, 6_000)),
        ("壊れて", whole[..whole.len() / 2].to_vec()),
        ("6MB", [whole.as_slice(), &vec![0; 6 * 1024 * 1024]].concat()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_why_and_how_and_loses_nothing_else() {
    let site = site().await;
    let mut browser = site.browser();
    let address = at_papers(&mut browser);
    with_files(&mut browser, &address, &[("then", "add")], &[(INPUT, "good.jpg", &photo(30, 30))]).leads_to(&address);
    for (sentence, file) in hostile() {
        let answer = with_files(&mut browser, &address, &[("then", "next")], &[(INPUT, "x.jpg", &file)]).is(422);
        let page = Page::of(&answer);
        page.tells_an_error();
        assert!(page.text().contains(sentence), "{sentence}: {}", page.text());
        assert_eq!(names(&page), ["写真1"]);
    }
    // Not a form with files at all, one without end, and one that says it is longer than it may be.
    let kind = ("Content-Type", "multipart/form-data; boundary=x");
    for body in [b"nonsense".as_slice(), b"--x\r\nContent-Disposition: form-data; name=\"then\"\r\n\r\nadd"] {
        let answer = browser.ask("POST", &address, &[SAME_ORIGIN, kind], body);
        assert!((400..500).contains(&answer.status), "{}", answer.status);
    }
    // A polyglot is a picture like any other afterwards: what hung behind it is gone.
    let polyglot = [photo(60, 60).as_slice(), b"<script>alert(1)</script>PK\x03\x04"].concat();
    with_files(&mut browser, &address, &[("then", "add")], &[(INPUT, "x.jpg", &polyglot)]).leads_to(&address);
    assert_eq!(names(&browser.open(&address)), ["写真1", "写真2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_cut_in_the_middle_leaves_the_draft_as_it_was() {
    for site in sites().await {
        let mut browser = site.browser();
        let address = at_papers(&mut browser);
        let body = encoded(&[("then", "add")], &[(INPUT, "x.jpg", &[photo(40, 30), vec![0; 900_000]].concat())]);
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let length = body.len().to_string();
        let headers = [SAME_ORIGIN, ("Content-Type", kind.as_str()), ("Content-Length", length.as_str())];
        for cut in [100, 4_096, 300_000, 700_000, body.len() - 20] {
            let mut stream: TcpStream =
                send_raw(site.address, &browser.request("POST", &address, &headers, b"")).unwrap();
            stream.write_all(&body[..cut]).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            // Whether an answer comes or not: nobody is there to read it.
            let _ = read(stream);
        }
        let page = browser.open(&address);
        assert!(names(&page).iter().all(|name| name.contains("途中")), "{:?}", names(&page));
        assert!(browser.open(&page_of_form("check")).text().contains("髙橋 花子"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn piece_by_piece_a_paper_goes_on_after_a_cut() {
    for site in sites().await {
        let mut browser = site.browser();
        let address = at_papers(&mut browser);
        let file = [b"%PDF-1.7\n".as_slice(), &vec![b'x'; 600_000], b"\n%%EOF\n"].concat();
        let sha256: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
        let begun = inputs(&[("kind", "due_date_proof"), ("bytes", &file.len().to_string()), ("sha256", &sha256)]);
        let told = |answer: &Answer| serde_json::from_str::<serde_json::Value>(&answer.text()).unwrap();
        let first = told(&browser.post(&format!("{address}/begin"), &begun).is(200));
        let upload = format!("{address}/{}", first["upload"].as_str().unwrap());
        let piece = |browser: &mut Browser, at: usize| {
            let end = file.len().min(at + 256 * 1024);
            let at_text = at.to_string();
            let headers =
                [SAME_ORIGIN, ("Content-Type", "application/octet-stream"), ("Upload-Offset", at_text.as_str())];
            browser.ask("POST", &format!("{upload}/piece"), &headers, &file[at..end])
        };
        piece(&mut browser, 0).is(200);
        assert_eq!(told(&piece(&mut browser, 0).is(409))["arrived"], 262_144, "told where it stands");
        let again = told(&browser.post(&format!("{address}/begin"), &begun).is(200));
        assert_eq!((&again["upload"], &again["arrived"]), (&first["upload"], &serde_json::json!(262_144)));
        piece(&mut browser, 262_144).is(200);
        piece(&mut browser, 524_288).is(200);
        assert_eq!(told(&browser.post(&format!("{upload}/finish"), &[]).is(200))["done"], true);
        assert_eq!(told(&browser.post(&format!("{address}/begin"), &begun).is(200))["done"], true);
        assert_eq!(names(&browser.open(&address)), ["書類1（PDF）"]);

        let mut stranger = site.browser();
        at_papers(&mut stranger);
        stranger.post(&format!("{upload}/finish"), &[]).is(404);
        let too_long =
            browser.ask("POST", &format!("{upload}/piece"), &[SAME_ORIGIN, ("Upload-Offset", "0")], &vec![0; 300_000]);
        assert_eq!(too_long.status, 413);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_takes_photos_and_keeps_what_was_typed_beside_them() {
    for site in sites().await {
        let mut browser = site.browser();
        at_papers(&mut browser);
        site.sign_in(&mut browser, "hanako@example.jp", &page_of_form("check")).await;
        let number = send(&mut browser).parse().unwrap();
        let clerk = at_work(&site.portal, "clerk1", "person1", Roles::CLERK).await.staff;
        done(&site.portal, &clerk, &number, Order::Claim).await;
        let answer_by = site.portal.clock.now().date_in_japan().plus_days(7);
        let named = |(id, reason): (&str, &str)| (id.parse().unwrap(), reason.to_owned());
        let fields = [("phone", "つながりません。"), ("due_date_proof", "写真をお願いします。")].map(named).to_vec();
        done(&site.portal, &clerk, &number, Order::SendBack(CorrectionRequest { fields, answer_by })).await;

        let address = format!("/cases/{number}/correct");
        let page = browser.open(&address);
        assert!(page.text().contains("写真をお願いします。"));
        let version = page.value(&address, "version");
        let typed = [("version", version.as_str()), ("phone", "080-1111-2222"), ("then", "add")];
        let answer = with_files(&mut browser, &address, &typed, &[(INPUT, "x.jpg", &photo(30, 30))]).is(200);
        let page = Page::of(&answer);
        assert_eq!(
            (page.value(&address, "phone"), names(&page)),
            ("080-1111-2222".to_owned(), vec!["写真1".to_owned()])
        );
        let typed = [("version", version.as_str()), ("phone", "080-1111-2222"), ("then", "next")];
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        let answer = with_files(&mut browser, &address, &typed, &[(INPUT, "x.heic", heic)]).is(422);
        Page::of(&answer).tells_an_error();
        with_files(&mut browser, &address, &typed, &[]).leads_to(&format!("/cases/{number}"));
        assert!(browser.open(&format!("/cases/{number}")).text().contains("写真・書類を 1 件受け取りました。"));
        let mut tx = site.portal.database.read().await.unwrap();
        let head = case::find_by_receipt_number(&mut tx, &number).await.unwrap().unwrap();
        let papers = server::store::paper::all_of(&mut tx, PaperOwner::Case(head.case_id)).await.unwrap();
        assert_eq!(papers.iter().map(|paper| paper.sent_rev).collect::<Vec<_>>(), [Some(2)]);
    }
}

/// Not a matter of time: however many come and whatever they say, the process never holds more than the decoders' share.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_leave_the_memory_of_the_process_flat() {
    const FILES: usize = 40;
    for database in databases().await {
        let environment = settings(database.folder.path(), &database.url);
        let program = Program::start(&environment, &database.folder.path().join("log"));
        let mut browser = program.browser();
        // The system's day, not that of the tests: whatever is typed wrong, the papers are there.
        let start = browser.open(super::FORM);
        browser.press(&start, super::FORM, &[]).is(303);
        let address = page_of_form("papers");
        with_files(&mut browser, &address, &[("then", "add")], &[(INPUT, "x.jpg", &photo(3_000, 2_000))]);
        let before = program.peak_memory();
        let bombs = [png_that_says(50_000, 50_000), png_that_says(11_000, 11_000), vec![0xff; 12 * 1024 * 1024]];
        std::thread::scope(|scope| {
            for client in 0..8 {
                let (mut browser, address, bombs) = (browser.clone(), &address, &bombs);
                scope.spawn(move || {
                    for round in 0..FILES / 8 {
                        let bomb = &bombs[(client + round) % bombs.len()];
                        let answer = with_files(&mut browser, address, &[("then", "add")], &[(INPUT, "x", bomb)]);
                        assert!(matches!(answer.status, 422 | 503), "{}", answer.status);
                    }
                });
            }
        });
        let grown = program.peak_memory().saturating_sub(before) / 1024;
        assert!(grown < 64, "{FILES} bombs took {grown} MiB more than one photo");
    }
}
