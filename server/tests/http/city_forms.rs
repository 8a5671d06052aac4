#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Forms of a city's own: files in a folder, from the phone to the CSV. Invariant: a draft and a case keep the version that
//! they were begun with, whatever else comes into the folder.

use std::path::Path;

use app::text::Locale;
use importer::record::default_columns;
use intake::{
    case::Stage,
    form::Form,
    ids::{FormId, ReceiptNumber},
};

use super::forms::{BackOffice, Filed, Seeded, compare, confirm, file};
use crate::support::{
    review::{head, two_clerks},
    site::{Site, sites},
};

const CITY: &str = include_str!("../../../app/intake/testdata/city/parents_class.v1.toml");
const ENGLISH: &str = include_str!("../../../app/intake/testdata/city/parents_class.v1.en.toml");
const ADDRESS: &str = "/apply/parents_class";

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// A folder with the first version.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "parents_class.v1.toml", CITY);
    write(folder.path(), "parents_class.v1.en.toml", ENGLISH);
    folder
}

/// The second version asks for one thing more, on a page of its own, and no longer for another.
fn second_version() -> String {
    let more = "[[page]]\nid = \"baby\"\ntitle = { ja = \"赤ちゃんについて\" }\n\n[[page.field]]\nid = \"baby\"\n\
        kind = \"text\"\nlongest = 40\nrequired = true\nrecord = \"5\"\nlabel = { ja = \"赤ちゃんについて\" }\n\n[[check]]";
    let text = CITY.replacen("version = 1", "version = 2", 1).replacen("[[check]]", more, 1);
    let gone = "[[page.field]]\nid = \"topics_other\"\nkind = \"long_text\"\nlongest = 200\ndetail_of = \"topics\"\n\
        label = { ja = \"そのほかに聞きたいこと\" }\nwhen = { field = \"topics\", equals = \"other\" }\n";
    assert!(text.contains(gone));
    text.replacen(gone, "", 1)
}

fn newest(site: &Site) -> Form {
    site.portal.catalog.newest(&"parents_class".parse::<FormId>().unwrap()).unwrap().clone()
}

async fn files_it(site: &Site, form: &Form, round: u64) -> Filed {
    let locale = if round.is_multiple_of(2) { Locale::Ja } else { Locale::En };
    let mail = format!("class{}.{round}@example.jp", form.version);
    file(site, (&mut site.browser(), &mail), form, locale, &mut Seeded(0x9E37_79B9 + (round << 8))).await
}

/// Two people confirm, a batch is sealed, the import job writes its CSV, and everything in it is what was typed.
async fn arrive(site: &Site, all: &[Filed]) {
    let office = BackOffice::of(site, all).await;
    let clerks = two_clerks(&site.portal).await;
    for filed in all {
        confirm(site, &clerks, &filed.number).await;
    }
    let lines = office.import(site).await;
    assert_eq!(lines.len(), all.len());
    for filed in all {
        let line = lines.get(filed.number.as_str()).expect("an entry in the CSV");
        compare(filed, line, &default_columns(&filed.form));
    }
}

async fn version_of(site: &Site, number: &ReceiptNumber) -> i64 {
    head(&site.portal, number).await.form_version
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_the_folder_is_filed_without_script_in_two_languages_and_arrives_as_it_was_typed() {
    for mut site in sites().await {
        let folder = folder();
        assert!(!site.browser().open("/").links().contains(&ADDRESS.to_owned()));
        site.restart_with_forms(folder.path()).await.unwrap();
        assert!(site.browser().open("/").links().contains(&ADDRESS.to_owned()), "the start page leads to it");
        let form = newest(&site);
        let mut all = Vec::new();
        for round in 0..6 {
            all.push(files_it(&site, &form, round).await);
        }
        arrive(&site, &all).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_version_goes_live_while_drafts_and_cases_of_the_first_are_open_and_both_arrive() {
    for mut site in sites().await {
        let folder = folder();
        site.restart_with_forms(folder.path()).await.unwrap();
        let first = newest(&site);
        let filed_before = files_it(&site, &first, 0).await;
        // A draft of the first version, left on its second page.
        let mut phone = site.browser();
        let start = phone.open(ADDRESS);
        phone.press(&start, ADDRESS, &[]).leads_to(&format!("{ADDRESS}/who"));
        let page = phone.open(&format!("{ADDRESS}/who"));
        phone.press(&page, &format!("{ADDRESS}/who"), &[("filer", "self")]).leads_to(&format!("{ADDRESS}/person"));

        write(folder.path(), "parents_class.v2.toml", &second_version());
        site.restart_with_forms(folder.path()).await.unwrap();
        let second = newest(&site);
        assert_eq!((first.version, second.version), (1, 2));
        // What the second version no longer asks is still asked of the draft, and what it adds is not.
        let page = phone.open(&format!("{ADDRESS}/wishes"));
        assert!(page.text().contains("そのほかに聞きたいこと"));
        phone.get(&format!("{ADDRESS}/baby")).leads_to(&format!("{ADDRESS}/check"));
        let mut dice = Seeded(0x1234_5678);
        let went_on = file(&site, (&mut phone, "went-on@example.jp"), &first, Locale::Ja, &mut dice).await;
        let begun_after = files_it(&site, &second, 2).await;
        for (filed, version) in [(&filed_before, 1), (&went_on, 1), (&begun_after, 2)] {
            assert_eq!(version_of(&site, &filed.number).await, version);
            assert_eq!(head(&site.portal, &filed.number).await.form_sha256, filed.form.sha256());
        }
        arrive(&site, &[filed_before, went_on, begun_after]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_does_not_start_without_what_drafts_and_cases_were_filled_in_with() {
    for mut site in sites().await {
        let folder = folder();
        site.restart_with_forms(folder.path()).await.unwrap();
        // Nobody has used it yet: it may be changed at will.
        let file_name = "parents_class.v1.toml";
        let changed = CITY.replacen("minutes = 3", "minutes = 4", 1);
        write(folder.path(), file_name, &changed);
        site.restart_with_forms(folder.path()).await.unwrap();
        write(folder.path(), file_name, CITY);
        site.restart_with_forms(folder.path()).await.unwrap();

        let mut phone = site.browser();
        let start = phone.open(ADDRESS);
        phone.press(&start, ADDRESS, &[]).is(303);
        let refused = async |site: &mut Site| {
            let error = site.restart_with_forms(folder.path()).await.unwrap_err().to_string();
            assert!(error.contains("version 1 of the form “parents_class”"), "{error}");
            error
        };
        write(folder.path(), file_name, &changed);
        let error = refused(&mut site).await;
        assert!(
            error.contains("1 drafts and 0 cases") && error.contains("put yours into parents_class.v2.toml"),
            "{error}"
        );

        write(folder.path(), file_name, CITY);
        site.restart_with_forms(folder.path()).await.unwrap();
        let filed = files_it(&site, &newest(&site), 0).await;
        write(folder.path(), file_name, &changed);
        assert!(refused(&mut site).await.contains("1 drafts and 1 cases"));
        std::fs::remove_file(folder.path().join(file_name)).unwrap();
        std::fs::remove_file(folder.path().join("parents_class.v1.en.toml")).unwrap();
        let error = refused(&mut site).await;
        assert!(error.contains("Bring parents_class.v1.toml"), "{error}");

        // Beside a second version the first may be read from its file, and only there.
        write(folder.path(), file_name, CITY);
        write(folder.path(), "parents_class.v2.toml", &second_version());
        site.restart_with_forms(folder.path()).await.unwrap();
        assert_eq!(head(&site.portal, &filed.number).await.stage, Stage::Submitted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_taken_back_is_no_longer_begun_and_what_was_begun_goes_on() {
    for mut site in sites().await {
        let folder = folder();
        site.restart_with_forms(folder.path()).await.unwrap();
        let form = newest(&site);
        let filed = files_it(&site, &form, 0).await;
        let mut phone = site.browser();
        let start = phone.open(ADDRESS);
        phone.press(&start, ADDRESS, &[]).is(303);

        write(folder.path(), "parents_class.v1.toml", &CITY.replacen("version = 1", "version = 1\noffered = false", 1));
        site.restart_with_forms(folder.path()).await.unwrap();
        let mut other = site.browser();
        assert!(!other.open("/").links().contains(&ADDRESS.to_owned()));
        assert_eq!(other.get(ADDRESS).status, 404);
        assert_eq!(other.post(ADDRESS, &[]).status, 404);
        let mut dice = Seeded(0x1234_5678);
        let went_on = file(&site, (&mut phone, "went-on@example.jp"), &form, Locale::Ja, &mut dice).await;
        assert_eq!(phone.get(ADDRESS).status, 404, "once is enough");
        arrive(&site, &[filed, went_on]).await;
    }
}
