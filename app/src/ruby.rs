//! 「振り仮名」 From marks to `<ruby>`, once for a whole document. Invariant: only text between tags gets elements; in attributes,
//! titles and other places that hold characters alone the reading is left out, and all else stays byte for byte.
//!
//! A document holds marks where its texts do (`intake::furigana`), and where somebody typed them to see what happens: then
//! they are a harmless ruby, or nothing, for a group never reaches over a tag or a quotation mark.

use intake::furigana::{BASE, Piece, pieces, without_readings};

/// Elements that hold characters alone, and how they end.
const PLAIN: [(&str, &str); 5] = [
    ("title", "</title"),
    ("textarea", "</textarea"),
    ("option", "</option"),
    ("script", "</script"),
    ("style", "</style"),
];

/// The document with ruby instead of marks.
#[must_use]
pub fn render(html: String) -> String {
    if !html.contains(BASE) {
        return html;
    }
    let mut out = String::with_capacity(html.len() * 2);
    let mut rest = html.as_str();
    let mut plain_until = None;
    while !rest.is_empty() {
        let end = rest.find(plain_until.unwrap_or("<")).unwrap_or(rest.len());
        let (text, tag) = rest.split_at(end);
        if plain_until.is_some() {
            out.push_str(&without_readings(text))
        } else {
            push_ruby(&mut out, text)
        }
        plain_until = PLAIN.iter().find(|(name, _)| opens(tag, name)).map(|(_, end)| *end);
        rest = push_tag(&mut out, tag);
    }
    out
}

fn opens(tag: &str, name: &str) -> bool {
    let after = tag.strip_prefix('<').and_then(|tag| tag.strip_prefix(name));
    after.is_some_and(|after| after.starts_with(|next: char| next == '>' || next.is_ascii_whitespace()))
}

fn push_ruby(out: &mut String, text: &str) {
    for piece in pieces(text) {
        match piece {
            Piece::Plain(plain) => out.push_str(plain),
            Piece::Ruby { base, reading } => {
                out.extend(["<ruby>", base, "<rp>（</rp><rt>", reading, "</rt><rp>）</rp></ruby>"]);
            }
        }
    }
}

/// Writes the tag or comment that `html` begins with, and gives what is behind it.
fn push_tag<'a>(out: &mut String, html: &'a str) -> &'a str {
    if html.starts_with("<!--") {
        let (comment, behind) = html.split_at(html.find("-->").map_or(html.len(), |at| at + 3));
        out.push_str(comment);
        return behind;
    }
    let mut rest = html;
    while let Some(at) = rest.find(['>', '"', '\'']) {
        let (before, behind) = rest.split_at(at + 1);
        out.push_str(before);
        if before.ends_with('>') {
            return behind;
        }
        let mark = &before[at..];
        let (value, closing) = behind.split_at(behind.find(mark).unwrap_or(behind.len()));
        out.push_str(&without_readings(value));
        rest = closing.strip_prefix(mark).map_or("", |behind| {
            out.push_str(mark);
            behind
        });
    }
    out.push_str(rest);
    ""
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use intake::furigana::read;
    use leptos::prelude::*;
    use proptest::prelude::*;
    use scraper::{Html, Selector};

    use super::*;

    fn marked(notation: &str) -> String {
        read(notation).unwrap()
    }

    #[test]
    fn text_gets_ruby_and_titles_and_attributes_get_none() {
        let word = marked("窓口《まどぐち》");
        let html = format!(
            "<title>{word}</title><!--{word}--><a title=\"{word}\" href='>{word}'>{word}</a>\
             <textarea id=x>{word}<b></textarea><select><option>{word}</option></select><p>{word}"
        );
        let ruby = "<ruby>窓口<rp>（</rp><rt>まどぐち</rt><rp>）</rp></ruby>";
        let expected = format!(
            "<title>窓口</title><!--{word}--><a title=\"窓口\" href='>窓口'>{ruby}</a>\
             <textarea id=x>窓口<b></textarea><select><option>窓口</option></select><p>{ruby}"
        );
        assert_eq!(render(html), expected);
    }

    #[test]
    fn marks_that_somebody_typed_reach_over_no_tag_and_no_quotation_mark() {
        let html = "<input name=\"\u{fdd0}a\" value=\"\u{fdd1}b\u{fdd2}\"><p>\u{fdd0}<b>x\u{fdd1}</b>y\u{fdd2}</p>";
        assert_eq!(render(html.to_owned()), html);
    }

    /// A page as the components write it, with the same typed text in every kind of place.
    fn page(text: &str) -> String {
        let text = text.to_owned();
        Owner::new_root(None).with(|| {
            view! {
                <title>{text.clone()}</title>
                <p title=text.clone()>{text.clone()}<b>{text.clone()}</b></p>
                <input value=text.clone()/>
                <label><select><option>{text.clone()}</option></select></label>
            }
            .to_html()
        })
    }

    fn texts(html: &str, without_readings: bool) -> String {
        let document = Html::parse_document(html);
        let mut found = String::new();
        for node in document.tree.nodes() {
            if let Some(text) = node.value().as_text() {
                let inside =
                    node.parent().and_then(|parent| parent.value().as_element().map(|it| it.name().to_owned()));
                if !(without_readings && inside.is_some_and(|name| name == "rt" || name == "rp")) {
                    found.push_str(text);
                }
            }
        }
        found
    }

    fn attributes(html: &str) -> Vec<String> {
        let document = Html::parse_document(html);
        let all = Selector::parse("*").unwrap();
        document.select(&all).flat_map(|element| element.value().attrs().map(|(_, value)| value.to_owned())).collect()
    }

    proptest! {
        #[test]
        fn a_page_without_marks_is_unchanged_byte_for_byte(text in "\\PC{0,40}") {
            let html = page(&text.replace(BASE, ""));
            prop_assert_eq!(render(html.clone()), html);
        }

        #[test]
        fn without_ruby_and_readings_the_page_is_what_it_was(
            text in "(\u{fdd0}[a<>\"'&/=漢]{1,3}\u{fdd1}[a<>\"'&/=か]{1,3}\u{fdd2}|[a<>\"'&/=\u{fdd0}\u{fdd1}\u{fdd2}漢字]|\\PC){0,12}"
        ) {
            let before = page(&text);
            let after = render(before.clone());
            let expected = without_readings(&text).into_owned();
            prop_assert_eq!(texts(&after, true), texts(&page(&expected), false));
            prop_assert_eq!(attributes(&after), attributes(&page(&expected)));
            let names = |html: &str| {
                let document = Html::parse_document(html);
                let all = Selector::parse("*").unwrap();
                let names = document.select(&all).map(|element| element.value().name().to_owned());
                names.filter(|name| !["ruby", "rt", "rp"].contains(&name.as_str())).collect::<Vec<_>>()
            };
            prop_assert_eq!(names(&after), names(&before));
        }
    }
}
