//! Every kind of mistake, made in a good file: it is found in the file and the line where it was made, and the remedy is
//! named.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::catalog::Catalog;

const CITY: &str = include_str!("../../testdata/city/parents_class.v1.toml");
const ENGLISH: &str = include_str!("../../testdata/city/parents_class.v1.en.toml");
const FILE: &str = "parents_class.v1.toml";
const ENGLISH_FILE: &str = "parents_class.v1.en.toml";

fn shipped() -> BTreeMap<(FormId, u32), Form> {
    let forms = Catalog::shipped().unwrap();
    forms.all_newest().into_iter().map(|form| ((form.id.clone(), form.version), form.clone())).collect()
}

fn file(name: &str, text: &str) -> File {
    (name.to_owned(), text.as_bytes().to_vec())
}

fn found(files: &[(&str, &str)]) -> Vec<Finding> {
    let files: Vec<File> = files.iter().map(|(name, text)| file(name, text)).collect();
    inspect(&files, &shipped()).findings
}

fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the file holds {from}");
    text.replacen(from, to, 1)
}

/// The line of a text, from 1.
fn line_of(text: &str, mark: &str) -> usize {
    text.lines().position(|line| line.contains(mark)).unwrap_or_else(|| panic!("no line with {mark}")) + 1
}

/// Finds one fault, and it alone, at the line of `mark`, with these words in sentence and remedy.
#[track_caller]
fn assert_one(files: &[(&str, &str)], at: (&str, &str), sentence: &str, remedy: &str) {
    let found = found(files);
    let (name, mark) = at;
    let text = files.iter().find(|(file, _)| *file == name).unwrap().1;
    assert_eq!(found.len(), 1, "{}", found.iter().map(|one| format!("\n{one}")).collect::<String>());
    let one = &found[0];
    assert_eq!((one.file.as_str(), one.line), (name, if mark.is_empty() { 1 } else { line_of(text, mark) }), "{one}");
    assert!(one.fault.to_string().contains(sentence), "“{}” lacks “{sentence}”", one.fault);
    assert!(one.fault.remedy().contains(remedy), "“{}” lacks “{remedy}”", one.fault.remedy());
}

/// A slip of the pen in the city's form.
struct Slipped {
    from: &'static str,
    to: &'static str,
    /// Stands in the line that is named.
    mark: &'static str,
    sentence: &'static str,
    remedy: &'static str,
}

const fn slipped(
    from: &'static str,
    to: &'static str,
    mark: &'static str,
    sentence: &'static str,
    remedy: &'static str,
) -> Slipped {
    Slipped { from, to, mark, sentence, remedy }
}

const PAPER_NAMED_AS_A_FIELD: &str = "[[paper]]\nid = \"seat\"\nlabel = { ja = \"写真\" }\nmax = 1\n\n[[check]]";
const PAPER_WITHOUT_END: &str = "[[paper]]\nid = \"photo\"\nlabel = { ja = \"写真\" }\nmax = 50\n\n[[check]]";
const PAPER_OF_NOBODY: &str = "[[paper]]\nid = \"photo\"\nlabel = { ja = \"写真\" }\nmax = 1\n\
    when = { field = \"filler\", equals = \"self\" }\n\n[[check]]";
const PAPER_REQUIRED: &str =
    "[[paper]]\nid = \"photo\"\nlabel = { ja = \"写真\" }\nmax = 1\nrequired = true # a paper\n\n[[check]]";

const SLIPS: &[Slipped] = &[
    slipped("minutes = 3", "minutes = three", "minutes", "cannot be read as TOML", "Mend the line"),
    slipped("minutes = 3", "minuts = 3", "minuts", "“minuts” means nothing", "“minutes”"),
    slipped("minutes = 3", "minutes = 3\ncolour = \"red\"", "colour", "“colour” means nothing", "Take the line out"),
    slipped("autocomplete = \"name\"", "autofill = \"name\"", "autofill", "means nothing", "Take the line out"),
    slipped("kind = \"kana\"", "kind = \"kana\"\nlongest = 7", "longest = 7", "for the kind “kana”", "choose the kind"),
    slipped("minutes = 3", "", "id = \"parents_class\"", "“minutes” is missing", "Add “minutes"),
    slipped("longest = 50\n", "", "id = \"relation\"", "“longest” is missing", "a whole number"),
    slipped("minutes = 3", "minutes = \"3\"", "minutes", "not a whole number", "Write a whole number"),
    slipped("minutes = 3", "minutes = 0", "minutes", "between 1 and 600", "from 1 to 600"),
    slipped("label = { ja = \"氏名\" }", "label = \"氏名\"", "氏名", "not a text by languages", "{ ja = "),
    slipped(
        "required = true\nrecord = \"1\"",
        "required = \"yes\"\nrecord = \"1\"",
        "\"yes\"",
        "not true or false",
        "true",
    ),
    slipped("id = \"wishes\"\ntitle", "id = \"who\"\ntitle", "", "“who” stands twice", "another id"),
    slipped("id = \"name_kana\"", "id = \"name\"", "", "“name” stands twice", "another id"),
    slipped("id = \"seat\"", "id = \"people\"", "", "“people” stands twice", "another id"),
    slipped("id = \"seat\"", "id = \"Seat\"", "\"Seat\"", "“Seat” is not a well-formed id", "small letter"),
    slipped("id = \"class\"", "id = \"check\"", "id = \"check\"", "“check” is an address", "another id"),
    slipped("code = \"birth\"", "code = \"bath\"", "お産のこと", "“bath” stands twice", "another code"),
    slipped("code = \"birth\"", "code = \"Birth\"", "\"Birth\"", "“Birth” is not a well-formed code", "small letters"),
    slipped("code = \"birth\"", "code = \"declined\"", "\"declined\"", "reserved", "decline = true"),
    slipped("kind = \"kana\"", "kind = \"kanna\"", "kanna", "“kanna” is not possible for “kind”", "“kana”"),
    slipped(
        "range = \"upcoming\"",
        "range = \"sometime\"",
        "sometime",
        "not possible for “range”",
        "due_date, birthdate",
    ),
    slipped("proxy = \"refused\"", "proxy = \"perhaps\"", "perhaps", "not possible for “proxy”", "noted, refused"),
    slipped(
        "person = \"name_kana\"",
        "person = \"kana\"",
        "person = \"kana\"",
        "not possible for “person”",
        "name_kana",
    ),
    slipped("{ ja = \"氏名\" }", "{ ja = \"氏名\", xx = \"N\" }", "xx", "“xx” is not a language", "ja-easy, en"),
    slipped("{ ja = \"氏名\" }", "{ en = \"Name\" }", "Name", "no Japanese", "ja ="),
    slipped("{ ja = \"氏名\" }", "{ ja = \" \" }", "ja = \" \"", "empty text in “ja”", "Write the text"),
    slipped("record = \"1\"", "record = \"1\"\nextra = \"people\"", "extra = \"people\"", "two targets", "Keep one"),
    slipped("extra = \"relation\"\n", "", "id = \"relation\"", "nowhere", "detail_of"),
    slipped("record = \"2\"", "record = \"1\"", "", "“day” goes where another", "another target"),
    slipped("record = \"4\"", "record = \"3\"", "", "“seat” goes where another", "another target"),
    slipped(
        "record = \"両親学級申込\"",
        "record = \"妊娠届\"\nfollows = \"parents_class\"",
        "follows",
        "itself",
        "another form",
    ),
    slipped(
        "{ field = \"filer\", equals",
        "{ field = \"topics\", equals",
        "equals = \"partner\"",
        "does not stand before",
        "Move",
    ),
    slipped(
        "{ field = \"filer\", equals",
        "{ field = \"relation\", equals",
        "equals = \"partner\"",
        "itself",
        "earlier field",
    ),
    slipped(
        "{ field = \"filer\", equals",
        "{ field = \"filler\", equals",
        "equals = \"partner\"",
        "no such field",
        "“filer”",
    ),
    slipped("equals = \"partner\"", "equals = \"father\"", "\"father\"", "“father”", "code that the field offers"),
    slipped("one_of = [\"2\", \"3\"]", "one_of = [\"2\", \"4\"]", "\"4\"", "“4”", "the number itself"),
    slipped(", equals = \"partner\"", "", "when = { field = \"filer\" }", "says nothing", "Add equals"),
    slipped("one_of = [\"2\", \"3\"]", "one_of = []", "one_of = []", "says nothing", "Add equals"),
    slipped("equals = \"partner\"", "equals = \"other\"", "equals = \"other\"", "can never hold", "go on with"),
    slipped("equals = \"partner\"", "equals = \"partner\", answered = false", "answered", "can never hold", "out"),
    slipped(
        "{ field = \"people\", one_of = [\"2\", \"3\"] }",
        "{ field = \"name\", equals = \"花子\" }",
        "花子",
        "in words",
        "answered",
    ),
    slipped("detail_of = \"topics\"", "detail_of = \"seat\"", "detail_of", "does not stand before", "その他"),
    slipped("when = { field = \"topics\", equals = \"other\" }\n", "", "detail_of", "only with a choice", "その他"),
    slipped("birthdate = \"birthdate\"", "birthdate = \"born\"", "\"born\"", "no such field", "take the check out"),
    slipped(
        "birthdate = \"birthdate\"",
        "birthdate = \"people\"",
        "birthdate = \"people\"",
        "another kind",
        "kind date",
    ),
    slipped("rule = \"age_usual\"", "rule = \"age_odd\"", "age_odd", "not possible for “rule”", "weeks_agree"),
    slipped(
        "person = \"name\"\n",
        "extra = \"nickname\"\n",
        "id = \"parents_class\"",
        "no field asks for the name",
        "person",
    ),
    slipped("least = 1", "least = 9", "least = 9", "takes no number", "Exchange"),
    slipped("longest = 50", "longest = 0", "longest = 0", "between 1 and 10000", "from 1"),
    slipped(
        ", refuses = { ja = \"ご本人かパートナーの方が申し込んでください。\" }",
        "",
        "proxy =",
        "a proxy is refused",
        "refuses",
    ),
    slipped("kind = \"kana\"", "kind = \"epds_item\"", "id = \"name_kana\"", "EPDS", "Ten fields"),
    slipped(
        "required = true\nrecord = \"1\"",
        "prefill = { field = \"x\" }\nrecord = \"1\"",
        "prefill",
        "follows none",
        "follows",
    ),
    slipped("minutes = 3", "minutes = 3\nfollows = \"nothing\"", "follows", "no such form", "into the folder"),
    slipped(
        "label = { ja = \"パートナー\" }",
        "label = { ja = \"パートナー\" }, exclusive = true",
        "exclusive = true",
        "one choice",
        "multi",
    ),
    slipped("[[check]]", PAPER_NAMED_AS_A_FIELD, "id = \"seat\"", "“seat” stands twice", "another id"),
    slipped(
        "[[check]]",
        "[[paper]]\nid = \"photo\"\nlabel = { ja = \"写真\" }\n\n[[check]]",
        "id = \"photo\"",
        "“max” is missing",
        "Add “max",
    ),
    slipped("[[check]]", PAPER_WITHOUT_END, "max = 50", "between 1 and 5", "from 1 to 5"),
    slipped("[[check]]", PAPER_OF_NOBODY, "when = { field = \"filler\"", "no such field", "“filer”"),
    slipped("[[check]]", PAPER_REQUIRED, "required = true # a paper", "“required” means nothing", "Take the line out"),
    slipped("id = \"class\"", "id = \"papers\"", "id = \"papers\"", "“papers” is an address", "another id"),
    slipped("version = 1", "version = 2", "id = \"parents_class\"", "named after another", "parents_class.v2.toml"),
];

#[test]
fn every_slip_of_the_pen_is_found_at_its_line_with_its_remedy() {
    let mut problems = String::new();
    for Slipped { from, to, mark, sentence, remedy } in SLIPS {
        let text = changed(CITY, from, to);
        let found = found(&[(FILE, &text)]);
        let all: String = found.iter().map(|one| format!("\n    {one}")).collect();
        // Without a mark the line is the one that was changed: what stands there stands elsewhere too.
        let line = if mark.is_empty() {
            CITY[..CITY.find(from).unwrap()].matches('\n').count() + 1
        } else {
            line_of(&text, mark)
        };
        let is_it = match &found[..] {
            [one] => {
                let says = one.fault.to_string().contains(sentence) && one.fault.remedy().contains(remedy);
                one.file == FILE && one.line == line && says
            }
            _ => false,
        };
        if !is_it {
            problems += &format!("\n{from} → {to}, line {line}, “{sentence}”, “{remedy}”: {all}");
        }
    }
    assert!(problems.is_empty(), "{problems}");
    assert!(SLIPS.len() >= 40);
}

#[test]
fn the_good_folder_and_what_ships_are_without_fault_even_with_defaults_written_out() {
    assert_eq!(found(&[(FILE, CITY), (ENGLISH_FILE, ENGLISH)]), []);
    let written_out =
        changed(CITY, "minutes = 3", "minutes = 3\ndraft = \"kept\"\nstanding = \"settled\"\noffered = true");
    let written_out = changed(&written_out, "code = \"bath\"", "exclusive = false, code = \"bath\"");
    let written_out =
        changed(&written_out, "required = true\nperson = \"name\"\n", "person = \"name\"\nprivate = false\n");
    assert_eq!(found(&[(FILE, &written_out)]), []);
    assert_eq!(found(&[("README.md", "words"), (".hidden.toml", "x"), ("form.toml~", "x")]), []);
}

#[test]
fn all_mistakes_of_all_files_are_told_in_one_run() {
    let text = changed(CITY, "minutes = 3", "minuts = 3");
    let text = changed(&text, "kind = \"kana\"", "kind = \"kanna\"");
    let text = changed(&text, "equals = \"partner\"", "equals = \"father\"");
    let text = changed(&text, "record = \"2\"", "record = \"1\"");
    let english = changed(ENGLISH, "title = \"About you\"", "titel = \"About you\"");
    let found = found(&[(FILE, &text), (ENGLISH_FILE, &english), ("odd.toml", "")]);
    let files: Vec<&str> = found.iter().map(|one| one.file.as_str()).collect();
    let expected = ["odd.toml", ENGLISH_FILE, ENGLISH_FILE, FILE, FILE, FILE, FILE];
    assert_eq!(files, expected, "{found:#?}");
}

#[test]
fn a_file_says_in_its_name_what_it_is() {
    for name in ["parents_class.toml", "parents_class.v1.en.x.toml", "parents_class.vx.toml", "Parents.v1.toml"] {
        assert_one(&[(name, CITY)], (name, ""), "the name of the file", "<form>.v<version>.toml");
    }
    let other = "parents.v1.toml";
    assert_one(&[(other, CITY)], (other, "id = \"parents_class\""), "named after another", "parents_class.v1.toml");
    let not_text = inspect(&[(FILE.to_owned(), vec![0xFF, 0xFE])], &shipped()).findings;
    assert!(matches!(&not_text[..], [Finding { line: 1, fault: Fault::NotText, .. }]), "{not_text:?}");
}

#[test]
fn versions_begin_at_one_and_a_gap_is_a_warning() {
    let zero = changed(CITY, "version = 1", "version = 0");
    assert_one(&[("parents_class.v0.toml", &zero)], ("parents_class.v0.toml", "version"), "is 0", "version = 1");
    let third = changed(CITY, "version = 1", "version = 3");
    let files = [(FILE, CITY), ("parents_class.v3.toml", third.as_str())];
    assert_one(&files, ("parents_class.v3.toml", "version"), "no version 2", "without a gap");
    assert!(found(&files)[0].fault.is_warning());
}

#[test]
fn a_choice_that_goes_or_reads_differently_in_the_next_version_is_a_warning() {
    let second = changed(CITY, "version = 1", "version = 2");
    let gone = changed(&second, "  { code = \"birth\", label = { ja = \"お産のこと\" } },\n", "");
    let name = "parents_class.v2.toml";
    assert_one(&[(FILE, CITY), (name, &gone)], (name, "id = \"topics\""), "no longer has", "another meaning");
}

#[test]
fn a_shipped_version_may_be_replaced_with_a_warning_and_taken_back_without() {
    let (name, text) = crate::catalog::SHIPPED[0];
    let other = changed(text, "minutes = 10", "minutes = 20");
    assert_one(&[(name, &other)], (name, "version = 1"), "takes its place", "v2.toml");
    let taken_back = changed(text, "minutes = 10", "minutes = 10\noffered = false");
    let (catalog, inspected) = Catalog::shipped().unwrap().with(&[file(name, &taken_back)]);
    assert_eq!(inspected.findings, []);
    let id = "pregnancy_notification".parse().unwrap();
    assert!(catalog.offered().iter().all(|form| form.id != id));
    let kept = catalog.version(&id, 1).unwrap();
    assert_eq!(kept.sha256(), Catalog::shipped().unwrap().version(&id, 1).unwrap().sha256());
    assert!(kept.title.knows("en"));
}

#[test]
fn a_number_that_the_record_list_lacks_is_found() {
    let (name, text) = crate::catalog::SHIPPED[0];
    let text = changed(&changed(text, "version = 1", "version = 2"), "record = \"4\"", "record = \"99\"");
    let name = name.replace("v1", "v2");
    assert_one(&[(&name, &text)], (&name, "record = \"99\""), "has no item “99”", "extra");
}

#[test]
fn what_is_prefilled_is_there() {
    let follows = changed(CITY, "minutes = 3", "minutes = 3\nfollows = \"pregnancy_notification\"");
    let from = "required = true\nperson = \"name\"";
    let good = changed(&follows, from, "required = true\nprefill = { field = \"name\" }\nperson = \"name\"");
    assert_eq!(found(&[(FILE, &good)]), []);
    let bad = changed(&follows, from, "required = true\nprefill = { field = \"nom\" }\nperson = \"name\"");
    assert_one(&[(FILE, &bad)], (FILE, "prefill"), "does not have", "newest version");
    let two = changed(&follows, from, "prefill = { field = \"name\", computed = \"weeks\" }\nperson = \"name\"");
    assert_one(&[(FILE, &two)], (FILE, "prefill"), "exactly one", "prefill = {");
}

#[test]
fn an_empty_form_and_an_empty_page_are_found() {
    let top = CITY.split("[[page]]").next().unwrap();
    let found_in_top: Vec<String> = found(&[(FILE, top)]).iter().map(|one| one.fault.to_string()).collect();
    assert!(found_in_top.contains(&Fault::NoPage.to_string()), "{found_in_top:?}");
    let text = changed(CITY, "[[check]]", "[[page]]\nid = \"last\"\ntitle = { ja = \"最後\" }\n\n[[check]]");
    assert_one(&[(FILE, &text)], (FILE, "id = \"last\""), "“last” has no field", "[[page.field]]");
    let text = changed(CITY, "label = { ja = \"氏名\" }", &format!("label = {{ ja = \"{}\" }}", "長".repeat(70)));
    assert_one(&[(FILE, &text)], (FILE, "長長"), "70 characters", "fewer words");
    let of_topics = &CITY[CITY.find("id = \"topics\"").unwrap()..];
    let choices = &of_topics[of_topics.find("choices = [").unwrap()..=of_topics.find("\n]").unwrap() + 1];
    let nothing = changed(CITY, choices, "choices = []");
    let detail =
        nothing[nothing.find("[[page.field]]\nid = \"topics_other\"").unwrap()..].split("[[check]]").next().unwrap();
    let nothing = changed(&nothing, detail, "");
    assert_one(&[(FILE, &nothing)], (FILE, "choices = []"), "nothing to choose", "Add choices");
}

#[test]
fn a_choice_cannot_depend_on_its_own_page() {
    let text = changed(CITY, "[[page]]\nid = \"wishes\"\ntitle = { ja = \"聞きたいこと\" }\n\n", "");
    assert_one(&[(FILE, &text)], (FILE, "二人で"), "same page", "earlier page");
}

#[test]
fn the_shape_of_the_epds_is_kept() {
    let (name, text) = crate::catalog::SHIPPED.iter().find(|(name, _)| name.starts_with("epds.")).unwrap();
    let (name, text) = (name.replace("v1", "v2"), changed(text, "version = 1", "version = 2"));
    assert_eq!(found(&[(&name, &text)]), []);
    let general = changed(&text, "compartment = \"epds\"\n", "");
    assert_one(&[(&name, &general)], (&name, "id = \"epds\""), "EPDS", "compartment");
}

#[test]
fn translations_are_looked_at_word_for_word() {
    let both = |english: &str| found(&[(FILE, CITY), (ENGLISH_FILE, english)]);
    for (from, to, mark, sentence, remedy) in [
        ("title = \"Parents' class\"", "title = ", "title = ", "TOML", "Mend"),
        ("title = \"About you\"\n", "", "[page.person]", "lacks “page.person.title”", "Add it"),
        (
            "hint = \"Choose a Saturday.\"",
            "hint = \"Choose.\"\nhelp = \"x\"",
            "help = \"x\"",
            "no text “field.day.help”",
            "out",
        ),
        ("title = \"About you\"", "title = 3", "title = 3", "“page.person.title” is not a text", "quotes"),
    ] {
        let text = changed(ENGLISH, from, to);
        let all = both(&text);
        let shown = all.iter().map(|one| format!("\n{one}")).collect::<String>();
        let one = all.iter().find(|one| one.fault.to_string().contains(sentence)).unwrap_or_else(|| panic!("{shown}"));
        assert_eq!((one.file.as_str(), one.line), (ENGLISH_FILE, line_of(&text, mark)), "{shown}");
        assert!(one.fault.remedy().contains(remedy), "{shown}");
    }
    let easy = changed(ENGLISH, "title = \"About you\"", "title = \"あなた《あなた》のこと\"");
    let easy_file = "parents_class.v1.ja-easy.toml";
    assert_one(
        &[(FILE, CITY), (easy_file, &easy)],
        (easy_file, "あなた"),
        "belong to nothing",
        "right after its kanji",
    );
    assert_one(&[(ENGLISH_FILE, ENGLISH)], (ENGLISH_FILE, ""), "no form “parents_class”", "into the folder");
    let name = "parents_class.v1.xx.toml";
    assert_one(&[(FILE, CITY), (name, ENGLISH)], (name, ""), "“xx” is not a language", "ja-easy");
}

#[test]
fn a_translation_alone_goes_beside_a_shipped_form() {
    let english = crate::catalog::TRANSLATIONS.iter().find(|(name, _)| *name == "questionnaire.v1.en.toml").unwrap().1;
    let files = [file("questionnaire.v1.vi.toml", english)];
    let (catalog, inspected) = Catalog::shipped().unwrap().with(&files);
    assert_eq!(inspected.findings, []);
    let form = catalog.newest(&"questionnaire".parse().unwrap()).unwrap();
    assert!(texts::speaks(form, "vi") && texts::speaks(form, "en"));
}

#[test]
fn papers_are_few_and_of_forms_that_are_kept() {
    let paper = |at: usize| format!("[[paper]]\nid = \"photo{at}\"\nlabel = {{ ja = \"写真{at}\" }}\nmax = 2\n\n");
    let with = |count: usize| changed(CITY, "[[check]]", &((1..=count).map(paper).collect::<String>() + "[[check]]"));
    assert_eq!(found(&[(FILE, &with(5))]), []);
    assert_one(&[(FILE, &with(6))], (FILE, "id = \"photo6\""), "more than 5 kinds", "fewer");
    let of_session = changed(&with(1), "minutes = 3", "minutes = 3\ndraft = \"session\"");
    assert_one(&[(FILE, &of_session)], (FILE, "id = \"photo1\""), "for a session only", "Take the papers out");
    let english = format!("{ENGLISH}\n[paper.photo1]\nlabel = \"Photo\"\n");
    assert_eq!(found(&[(FILE, &with(1)), (ENGLISH_FILE, &english)]), []);
    let unsaid = found(&[(FILE, &with(1)), (ENGLISH_FILE, ENGLISH)]);
    assert!(unsaid[0].fault.to_string().contains("lacks “paper.photo1.label”"), "{}", unsaid[0]);
}

#[test]
fn a_lock_in_the_folder_is_kept_to() {
    let sha256 = read(CITY).unwrap().sha256();
    let good = format!("# what was published\nparents_class 1 {sha256}\n");
    assert_eq!(found(&[(FILE, CITY), (LOCK, &good)]), []);
    let other = changed(CITY, "minutes = 3", "minutes = 4");
    assert_one(&[(FILE, &other), (LOCK, &good)], (FILE, "version"), "is published", "parents_class.v2.toml");
    assert_one(&[(LOCK, &good)], (LOCK, "parents_class"), "file is not there", "Bring parents_class.v1.toml back");
    assert_one(&[(LOCK, "parents_class one")], (LOCK, "one"), "not a form, a version", "SHA-256");
}

proptest::proptest! {
    /// Whatever stands in a file, the checker finds it and does not fall.
    #[test]
    fn no_file_is_too_odd_to_be_looked_at(at in 0_usize..3000, length in 0_usize..40, put in "[a-z\\[\\]{}=\" .0-9\n]{0,12}") {
        let letters: Vec<char> = CITY.chars().collect();
        let at = at.min(letters.len());
        let end = (at + length).min(letters.len());
        let text: String = letters[..at].iter().copied().chain(put.chars()).chain(letters[end..].iter().copied()).collect();
        let looked = look(&text);
        if looked.faults.is_empty() {
            proptest::prop_assert!(Form::from_toml(&text).is_ok());
        }
    }
}
