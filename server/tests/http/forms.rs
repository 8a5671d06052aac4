#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Every form, filled in at random, without script, in each complete language, from its first page to the CSV of the import
//! job. Invariant: what stands in the CSV is what was typed, item by item; what is expected is worked out from what was
//! typed, not from what the portal made of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use app::text::Locale;
use handover::DestinationKeys;
use importer::{
    config::Config,
    job::{Job, Step},
    mapping::{Column, Part},
    record::default_columns,
};
use intake::{
    answers::{Answers, RawAnswers, parse},
    case::Stage,
    form::{Field, Form, Kind, Page as FormPage, Target},
    furigana,
    ids::{DestinationId, FormId, ReceiptNumber},
    made_up,
    time::{CivilDate, DAY, Instant},
    value,
};
use server::{
    flows::{
        decide::Order,
        hand_over, import_job,
        pair::{self, Said, Verdict},
        signing_keys, staff_case,
    },
    portal::Portal,
    store::staff::Staff,
};

use super::fill_in;
use crate::support::{
    NOW,
    browser::{Answer, Browser, inputs},
    page::Page,
    review::{done, two_clerks, two_nurses},
    site::{Site, sites},
};

/// What is filed by the one parent who signed in at the beginning comes first: every other sign-in takes a second of the
/// clock, and her session ends when it rests.
const FORMS: [&str; 5] = ["questionnaire", "epds", "pregnancy_notification", "low_birth_weight", "postnatal_care"];
/// The languages that are complete.
const LANGUAGES: [&str; 3] = ["ja", "ja-easy", "en"];
const TEXTS: [&str; 6] = ["窓口 花子", "髙﨑　𠮷野", "葛󠄁城, \"凜\"", "=1+1", "O'Neill <b>", "Nguyễn Thị Hoa"];
const MAIL: &str = "hanako@example.jp";

fn rounds() -> usize {
    if std::env::var_os("MADOGUCHI_SOAK").is_some() { 1_000 } else { 30 }
}

/// Dice that throw the same for the same seed.
pub(super) struct Seeded(pub u64);

impl made_up::Dice for Seeded {
    fn throw(&mut self, below: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % below
    }
}

/// What one parent typed, and the number that she was shown.
pub(super) struct Filed {
    pub form: Form,
    pub raw: RawAnswers,
    pub number: ReceiptNumber,
}

fn today() -> CivilDate {
    NOW.date_in_japan()
}

/// What a page sends for these answers: every input of every field, so that nothing that was filled in before stays.
fn of_page(form: &Form, page: &FormPage, raw: &RawAnswers) -> Vec<(String, String)> {
    let mut sent = Vec::new();
    let (answers, _) = parse(form, raw, today());
    for field in page.fields.iter().filter(|field| applies(page, field, &answers)) {
        for input in field.inputs() {
            let values = raw.all(&input);
            let is_box = field.is_choice() || input.ends_with("-declined");
            if values.is_empty() && !is_box {
                sent.push((input, String::new()));
                continue;
            }
            sent.extend(values.iter().map(|value| (input.clone(), value.clone())));
        }
    }
    sent
}

/// Sends a page; what only looks odd is sent once more. A box that was ticked before and is not among the answers is
/// unticked.
fn send_page(browser: &mut Browser, address: &str, (form, page): (&Form, &FormPage), raw: &RawAnswers) -> Answer {
    let typed = of_page(form, page, raw);
    let own: Vec<String> = page.fields.iter().flat_map(Field::inputs).collect();
    let filled_in = |shown: &Page| {
        let mut all = shown.filled_in(address, &typed);
        all.retain(|(name, value)| {
            !own.contains(name) || typed.iter().any(|one| one == &(name.clone(), value.clone()))
        });
        all
    };
    let shown = browser.open(address);
    let answer = browser.post(address, &filled_in(&shown));
    if answer.status != 422 {
        return answer;
    }
    let again = Page::of(&answer);
    if !again.error_links().is_empty() {
        return answer;
    }
    browser.post(address, &filled_in(&again))
}

/// Goes through a form from its first page to its receipt; on one page something wrong is typed before.
pub(super) async fn file(
    site: &Site,
    parent: (&mut Browser, &str),
    form: &Form,
    locale: Locale,
    dice: &mut Seeded,
) -> Filed {
    let (browser, mail) = parent;
    let id = &form.id;
    browser.post("/language", &inputs(&[("locale", locale.code()), ("back", "/")])).is(303);
    let mut raw = made_up::valid(form, today(), &TEXTS, dice);
    with_a_birthdate(form, &mut raw);
    let mut spoiled_raw = raw.clone();
    let spoiled = made_up::spoil(form, &mut spoiled_raw, today(), dice).unwrap();

    let first = browser.open(&format!("/apply/{id}"));
    let begun = browser.press(&first, &format!("/apply/{id}"), &[]).is(303);
    let first = form.pages.first().unwrap();
    // Where everything is prefilled the way begins later; it is gone from the first page all the same.
    assert!(begun.location().starts_with(&format!("/apply/{id}/")), "{}", begun.location());
    let mut at = format!("/apply/{id}/{}", first.id);
    let mut was_refused = false;
    while at != format!("/apply/{id}/check") {
        let page = form.page(&at.rsplit('/').next().unwrap().parse().unwrap()).unwrap();
        asks_what_applies(&browser.open(&at), form, page, &raw);
        if page.id == spoiled.page {
            let refused = send_page(browser, &at, (form, page), &spoiled_raw).is(422);
            let field = form.field(&spoiled.field).unwrap().1;
            tells(&Page::of(&refused), locale, field, spoiled.error);
            was_refused = true;
        }
        let next = send_page(browser, &at, (form, page), &raw).is(303).location().to_owned();
        at = super::pass_papers(browser, next);
    }
    assert!(was_refused, "{} {:?} was never on the way", form.id, spoiled);
    let mut check = browser.open(&at);
    if !check.has_form(&at) {
        site.sign_in(browser, mail, &at).await.leads_to(&at);
        check = browser.open(&at);
    }
    let sent = browser.press(&check, &at, &[]).is(303);
    let number = sent.location().strip_prefix("/receipt/").unwrap().parse().unwrap();
    assert_eq!(browser.get(sent.location()).status, 200);
    Filed { form: form.clone(), raw, number }
}

/// Whether what was answered on the pages before lets a field be asked.
fn applies(page: &FormPage, field: &Field, answers: &Answers) -> bool {
    let Some(condition) = &field.when else { return true };
    page.fields.iter().any(|other| other.id == condition.field) || condition.holds(answers)
}

/// A field that depends on a page before is on its page if it applies, and only then.
fn asks_what_applies(shown: &Page, form: &Form, page: &FormPage, raw: &RawAnswers) {
    let (answers, _) = parse(form, raw, today());
    for field in &page.fields {
        let input = &field.inputs()[0];
        let is_there = !crate::support::page::all(&shown.html, &format!("[name='{input}']")).is_empty();
        assert_eq!(is_there, applies(page, field, &answers), "{} {}", form.id, field.id);
    }
}

/// Without a birthdate nobody finds the resident, and the entry waits for people.
fn with_a_birthdate(form: &Form, raw: &mut RawAnswers) {
    let field = form.person_field(intake::form::PersonFact::Birthdate).unwrap();
    if field.inputs().iter().any(|input| raw.first(input).is_empty()) {
        for (part, value) in [("year", "1996"), ("month", "4"), ("day", "2")] {
            raw.set(&format!("{}-{part}", field.id), vec![value.to_owned()]);
        }
    }
}

/// The page says at the right field, in the right language, what is wrong.
fn tells(page: &Page, locale: Locale, field: &Field, error: value::ValueError) {
    // A reading stands in brackets where ruby is not drawn.
    let expected = app::pages::form::error_sentence(locale, field, error);
    let expected = furigana::in_brackets(&expected);
    let links = crate::support::page::all(&page.html, ".error-summary a[href]");
    let link = links.iter().find(|link| link.text().collect::<String>() == expected);
    let link = link.unwrap_or_else(|| panic!("{}: 「{expected}」 is not told", field.id));
    let input = link.value().attr("href").unwrap().trim_start_matches('#');
    let belongs = field.inputs().iter().any(|own| own == input) || input.starts_with(&format!("{}-", field.id));
    assert!(belongs, "{} leads to {input}", field.id);
    assert!(page.title().starts_with(&*furigana::without_readings(&locale.say("error-prefix"))), "{}", page.title());
}

/// What ought to stand in a cell of the CSV, worked out from what was typed.
fn expected(field: &Field, raw: &RawAnswers, answers: &Answers) -> String {
    let id = field.id.as_str();
    // What is not on the way is not told, whatever was typed once.
    if answers.get(&field.id).is_none() {
        return String::new();
    }
    let chosen = raw.all(id);
    if !raw.first(&format!("{id}-declined")).is_empty() || chosen.iter().any(|code| code == "declined") {
        return "declined".to_owned();
    }
    let trimmed = |text: &str| text.trim_matches(|c: char| c.is_whitespace()).to_owned();
    let typed = raw.first(id);
    match &field.kind {
        Kind::Single { .. } => typed.to_owned(),
        Kind::Multi { choices } => {
            let codes = choices.iter().map(|choice| &choice.code).filter(|code| chosen.contains(code));
            codes.cloned().collect::<Vec<_>>().join("|")
        }
        Kind::Date { .. } => {
            let part = |part: &str| raw.first(&format!("{id}-{part}")).parse::<u32>().unwrap();
            format!("{:04}-{:02}-{:02}", part("year"), part("month"), part("day"))
        }
        Kind::MonthSpan => {
            let part = |part: &str| raw.first(&format!("{id}-{part}")).parse::<u32>().unwrap();
            format!("{:04}-{:02}/{:04}-{:02}", part("from-year"), part("from-month"), part("to-year"), part("to-month"))
        }
        Kind::Integer { .. } => typed.to_owned(),
        // Digits and kana are kept in one form (`value`); its own tests say which.
        Kind::Kana => value::kana(typed).unwrap(),
        Kind::PostalCode => value::postal_code(typed).unwrap(),
        Kind::Phone => value::phone(typed).unwrap(),
        Kind::Name | Kind::Text { .. } | Kind::LongText { .. } | Kind::Address => trimmed(typed),
        // What was chosen stays in the portal; the two numbers are compared by themselves.
        Kind::EpdsItem => String::new(),
    }
}

fn fact_of(field: &Field) -> Option<String> {
    match &field.target {
        Target::Record(no) => Some(format!("item.{no}")),
        Target::Legal(key) => Some(format!("legal.{key}")),
        Target::Extra(key) => Some(format!("extra.{key}")),
        Target::Person(fact) => {
            let name = serde_json::to_value(fact).unwrap();
            Some(format!("person.{}", name.as_str().unwrap()))
        }
        Target::DetailOf(_) | Target::EpdsItem(_) => None,
    }
}

/// Compares one line of CSV with what was typed.
pub(super) fn compare(filed: &Filed, line: &BTreeMap<String, String>, columns: &[Column]) {
    let (answers, _) = parse(&filed.form, &filed.raw, today());
    let cell = |from: &str, part: Part| {
        let column = columns.iter().find(|column| column.from == from && column.part == part)?;
        Some(line.get(&column.header).unwrap_or_else(|| panic!("no column {}", column.header)))
    };
    let mut compared = 0;
    for (_, field) in filed.form.fields() {
        let expected = expected(field, &filed.raw, &answers);
        if let Target::DetailOf(of) = &field.target {
            let from = fact_of(filed.form.field(of).unwrap().1).unwrap();
            if let Some(found) = cell(&from, Part::Text).filter(|_| !expected.is_empty()) {
                assert_eq!(*found, expected, "{} {}", filed.form.id, field.id);
            }
            continue;
        }
        let Some(found) = fact_of(field).and_then(|fact| cell(&fact, Part::Code)) else { continue };
        // What she left open is computed (weeks from the due date).
        if expected.is_empty() && field.id.as_str() == "weeks" {
            continue;
        }
        assert_eq!(*found, expected, "{} {}", filed.form.id, field.id);
        compared += 1;
    }
    assert!(compared >= 10, "{} {compared}", filed.form.id);
    if let Some((total, item10)) = scores(filed) {
        assert_eq!((cell("item.23", Part::Code), cell("item.24", Part::Code)), (Some(&total), Some(&item10)));
    }
}

/// What the ten answers come to, by the order in which the scale shows its options (`domain.md` §5.1): nothing, unless all
/// were given.
fn scores(filed: &Filed) -> Option<(String, String)> {
    if filed.form.id.as_str() != "epds" {
        return None;
    }
    let from_zero = [1, 2, 4];
    let score = |item: u32| {
        let position: u32 = filed.raw.first(&format!("item{item}")).parse().ok()?;
        Some(if from_zero.contains(&item) { position - 1 } else { 4 - position })
    };
    let all: Option<Vec<u32>> = (1..=10).map(score).collect();
    let text = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    Some((text(all.as_ref().map(|all| all.iter().sum())), text(all.map(|all| all[9]))))
}

/// An import job beside the portal, whose residents are those who filed.
pub(super) struct BackOffice {
    folder: tempfile::TempDir,
}

fn later() -> Instant {
    NOW.plus(2 * DAY)
}

impl BackOffice {
    pub async fn of(site: &Site, all: &[Filed]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kenko: DestinationId = "kenko".parse().unwrap();
        let keys = DestinationKeys::generate(kenko);
        keys.write(&folder.path().join("keys"), later()).unwrap();
        hand_over::add_destination(&site.portal, &keys.public().to_json()).await.unwrap();
        let (announcement, _) = signing_keys::published(&site.portal).await.unwrap();
        let jwk = serde_json::to_vec(&announcement.keys[0].jwk).unwrap();
        std::fs::write(folder.path().join("portal.jwk.json"), jwk).unwrap();
        std::fs::write(folder.path().join("residents.csv"), residents(all)).unwrap();
        let url = site.portal.config.public_url.origin();
        let code = &site.portal.config.municipality.code;
        let text = format!(
            "portal_url = \"{url}\"\nhandover_url = \"{url}\"\ndestination = \"kenko\"\nkeys_dir = \"keys\"\n\
            portal_jwk = \"portal.jwk.json\"\nstate = \"state.db\"\nresidents = \"residents.csv\"\noutput_dir = \"out\"\n\
            municipality = \"{code}\"\n"
        );
        std::fs::write(folder.path().join("import.toml"), text).unwrap();
        Self { folder }
    }

    /// Imports every batch; the lines of all files by receipt number.
    pub async fn import(&self, site: &Site) -> BTreeMap<String, BTreeMap<String, String>> {
        let job = Job::open(Config::read(&self.folder.path().join("import.toml")).unwrap(), later).await.unwrap();
        let kenko: DestinationId = "kenko".parse().unwrap();
        while let Some(sealed) = hand_over::seal_batch(&site.portal, &kenko).await.unwrap() {
            let files = import_job::carried(&site.portal, &kenko, sealed.seq).await.unwrap();
            job.file(&files, Step::Written).await.unwrap();
        }
        lines(&self.folder.path().join("out"))
    }
}

/// One resident for each person who filed.
fn residents(all: &[Filed]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["宛名番号", "氏名", "フリガナ", "生年月日", "性別", "郵便番号", "住所", "個人番号"]).unwrap();
    let mut known = BTreeSet::new();
    for filed in all {
        let (answers, _) = parse(&filed.form, &filed.raw, today());
        let cell = |fact| expected(filed.form.person_field(fact).unwrap(), &filed.raw, &answers);
        use intake::form::PersonFact::{Address, Birthdate, Name};
        let person = [cell(Name), cell(Birthdate), cell(Address)];
        if known.insert(person.clone()) {
            let number = format!("{:015}", known.len());
            let [name, birthdate, address] = person.map(|text| text.clone());
            writer.write_record([&number, &name, "", &birthdate, "女", "", &address, ""]).unwrap();
        }
    }
    writer.into_inner().unwrap()
}

fn lines(folder: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap());
        let head = reader.headers().unwrap().clone();
        for row in reader.records() {
            let row = row.unwrap();
            let line: BTreeMap<String, String> =
                head.iter().zip(&row).map(|(header, cell)| (header.to_owned(), cell.to_owned())).collect();
            let number = line["受付番号"].clone();
            assert!(all.insert(number, line).is_none(), "an entry stands twice");
        }
    }
    all
}

/// 「重複の可能性」 The same made-up people file again and again: a person says that these are two.
async fn tell_apart(portal: &Portal, staff: &Staff, number: &ReceiptNumber) {
    for pair in staff_case::view(portal, staff, number).await.unwrap().same_person {
        let other = &pair.other.receipt_number;
        let version = pair::view(portal, staff, number, other).await.unwrap().pair.version;
        let said = pair::settle(portal, staff, [number, other], version, &Verdict::Apart, "別の届出").await.unwrap();
        assert_eq!(said, Said::Kept);
    }
}

pub(super) async fn confirm(site: &Site, [first, second]: &[Staff; 2], number: &ReceiptNumber) {
    use intake::identity::{NumberDocument, PersonDocument, Sight};
    let seen = Order::RecordIdentity(Sight::of(NumberDocument::MyNumberCard, PersonDocument::MyNumberCard).and_met());
    for order in [Order::Claim, seen] {
        done(&site.portal, first, number, order).await;
    }
    tell_apart(&site.portal, first, number).await;
    done(&site.portal, first, number, Order::Accept).await;
    assert_eq!(done(&site.portal, second, number, Order::Confirm).await, Stage::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_answered_in_whatever_language_arrives_in_the_csv_as_it_was_typed() {
    for (place, site) in sites().await.into_iter().enumerate() {
        // The way is the same on every database; one of them takes it as often as asked, the others a few times.
        let rounds = if place == 0 { rounds() } else { 3 };
        let mut followed = site.browser();
        fill_in(&mut followed);
        let check = "/apply/pregnancy_notification/check";
        site.sign_in(&mut followed, MAIL, check).await.leads_to(check);
        super::send(&mut followed);

        let mut all = Vec::new();
        for id in FORMS {
            let form = site.portal.catalog.newest(&id.parse::<FormId>().unwrap()).unwrap().clone();
            for round in 0..rounds {
                let mut dice = Seeded(0x9E37_79B9_7F4A_7C15 ^ ((round as u64 + 1) << 8));
                let locale = Locale::parse(LANGUAGES[round % LANGUAGES.len()]).unwrap();
                // Whoever follows has signed in; the others sign in at the end.
                let mut browser = if form.follows.is_some() { followed.clone() } else { site.browser() };
                let mail = format!("parent{round}.{id}@example.jp");
                all.push(file(&site, (&mut browser, &mail), &form, locale, &mut dice).await);
            }
        }
        let office = BackOffice::of(&site, &all).await;
        let (clerks, nurses) = (two_clerks(&site.portal).await, two_nurses(&site.portal).await);
        for filed in &all {
            let staff = if filed.form.id.as_str() == "epds" { &nurses } else { &clerks };
            confirm(&site, staff, &filed.number).await;
        }
        let lines = office.import(&site).await;
        for filed in &all {
            let line = lines.get(filed.number.as_str()).unwrap_or_else(|| panic!("{} is missing", filed.form.id));
            compare(filed, line, &default_columns(&filed.form));
        }
        assert_eq!(lines.len(), all.len());
    }
}
