//! What the PDF is, as far as it can be seen from here; what others read in it, `e2e/verifier` says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use intake::{ids::ReceiptNumber, time::Instant};

use super::*;

const NAME: &str = "𠮷﨑 髙子";

fn pdf(locale: Locale, name: Option<&str>) -> Vec<u8> {
    let font = PdfFont::find(None).unwrap();
    let number = ReceiptNumber::from_random([9; 9]);
    let facts = Facts {
        number: &number,
        filed_at: Instant(1_795_392_000_000_000),
        name,
        municipality: "窓口市",
        phone: "000-000-0000",
        address: "https://madoguchi.example.jp/cases/9999-9999-9X",
    };
    make(&font, locale, &facts).unwrap()
}

#[test]
fn every_language_has_a_paper_that_passes_the_rules_for_accessible_documents() {
    for locale in Locale::ALL {
        let pdf = pdf(locale, Some(NAME));
        assert!(pdf.starts_with(b"%PDF-1."));
        assert!(pdf.len() < 150_000, "{} bytes in {}: the font is whole", pdf.len(), locale.code());
    }
}

#[test]
fn long_and_rare_names_are_no_fault() {
    let names = [
        "髙".repeat(200),
        "a".repeat(200),
        "𠮷".repeat(200),
        "葛\u{E0101}城\u{E0100} か\u{3099}".to_owned(),
        // No font has this, and it comes two hundred times: the receipt goes on on the next page.
        "\u{2FFFD}".repeat(200),
        "= + - @ \u{202E}x \u{0}".to_owned(),
    ];
    for name in names {
        assert!(pdf(Locale::Ja, Some(&name)).starts_with(b"%PDF-1."));
    }
}

#[test]
fn a_character_that_the_font_has_not_is_told_by_its_code_point() {
    let face = PdfFont::find(None).unwrap().read().unwrap();
    let pen = face.pen().unwrap();
    assert_eq!(pen.writable("髙\u{2FFFD}木"), "髙〓〔U+2FFFD〕木");
    assert_eq!(pen.writable(NAME), NAME);
    assert_eq!(pen.writable("か\u{3099}"), "か\u{3099}", "a letter and its mark are one");
    // 葛 has two forms; the selector stays in the text that is read back, whichever the font has.
    assert!(pen.writable("葛\u{E0101}").starts_with('葛'));
    assert_eq!(pen.writable("葛\u{E01EF}"), "葛〔U+E01EF〕");
    assert_eq!(pen.writable("\u{0}"), "〓〔U+0000〕");
}

#[test]
fn a_font_that_is_named_and_cannot_be_used_is_told_by_the_name_of_its_setting() {
    let missing = PdfFont::find(Some(std::path::Path::new("/nowhere/font.ttf"))).unwrap_err();
    assert!(missing.to_string().starts_with("MADOGUCHI_PDF_FONT"), "{missing}");
    let other = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    assert!(matches!(PdfFont::find(Some(other)), Err(NoFont::NotJapanese)));
}
