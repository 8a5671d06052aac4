//! XML of another system. Invariant: no document type declaration is read, so there are no entities and no other files; depth
//! and number of nodes are bounded.

use std::collections::BTreeMap;

use roxmltree::{Document, Error, Node, ParsingOptions};

use super::{
    Cell, Record,
    fault::{Fault, Problem},
    place::Charset,
};

/// Bytes of a document at most.
pub const LONGEST: usize = 4 * 1024 * 1024;
const MOST_NODES: u32 = 20_000;
const DEEPEST: usize = 32;
const LONGEST_NAME: usize = 200;
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The texts of a document by their path: local names with `/` between, `@` before an attribute.
///
/// # Errors
/// When it is not well-formed, too large or too deep, in another encoding, or has a document type declaration.
pub fn read(bytes: &[u8], charset: Charset) -> Result<Record, Fault> {
    if bytes.len() > LONGEST {
        return Err(Fault::of_file(Problem::TooLarge));
    }
    let text = charset.decode(bytes).ok_or(Fault::of_file(Problem::NotInEncoding))?;
    if label(&text).is_some_and(|label| !charset.is_called(label)) {
        return Err(Fault::on_line(1, Problem::OtherEncoding));
    }
    if is_too_deep(&text) {
        return Err(Fault::of_file(Problem::NotXml));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options).map_err(|error| {
        let problem = if matches!(error, Error::DtdDetected) { Problem::Dtd } else { Problem::NotXml };
        Fault::on_line(u64::from(error.pos().row), problem)
    })?;
    let mut record = Record { line: 1, cells: BTreeMap::new() };
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut waiting = vec![(document.root_element(), String::new())];
    while let Some((node, above)) = waiting.pop() {
        let path = if above.is_empty() { name(node)? } else { format!("{above}/{}", name(node)?) };
        let line = 1 + ends.partition_point(|end| *end < node.range().start) as u64;
        let mut add = |path: String, text: String| record.cells.entry(path).or_default().push(Cell { text, line });
        for attribute in node.attributes().filter(|attribute| attribute.namespace() != Some(INSTANCE)) {
            add(format!("{path}@{}", attribute.name()), attribute.value().to_owned());
        }
        let text: String = node.children().filter(Node::is_text).filter_map(|text| text.text()).collect();
        if !text.trim().is_empty() {
            add(path.clone(), text);
        }
        // Taken from the end, so that they come in the order of the document.
        waiting.extend(node.children().filter(Node::is_element).rev().map(|child| (child, path.clone())));
    }
    Ok(record)
}

/// The local name, which stands in the path of all that is below.
fn name(node: Node<'_, '_>) -> Result<String, Fault> {
    let name = node.tag_name().name();
    if name.len() > LONGEST_NAME { Err(Fault::of_file(Problem::NotXml)) } else { Ok(name.to_owned()) }
}

/// The encoding that the declaration names.
fn label(text: &str) -> Option<&str> {
    let declaration = text.strip_prefix("<?xml")?.split_once("?>")?.0;
    let after = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    after[1..].split_once(quote).map(|(label, _)| label)
}

/// Whether more elements stand in one another than any form has, counted before anything is built of them. What looks like a
/// tag in a comment counts too: then it errs towards refusing.
fn is_too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    for tag in text.split('<').skip(1) {
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !tag.starts_with(['!', '?']) && !tag.split('>').next().is_some_and(|inside| inside.ends_with('/')) {
            depth += 1;
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn problem(text: &str) -> Problem {
        read(text.as_bytes(), Charset::Utf8).err().unwrap().problem
    }

    #[test]
    fn texts_and_attributes_are_found_by_their_path_and_line() {
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"urn:x\" n=\"1\">\n <b>花&amp;子</b>\n <b>x</b><c/></a>";
        let record = read(text.as_bytes(), Charset::Utf8).ok().unwrap();
        let texts: Vec<(&str, u64)> = record.cells["a/b"].iter().map(|cell| (cell.text.as_str(), cell.line)).collect();
        assert_eq!(texts, [("花&子", 3), ("x", 4)]);
        assert_eq!(record.cells["a@n"][0].text, "1");
        assert!(!record.cells.contains_key("a/c"));
    }

    #[test]
    fn entities_other_files_and_billions_of_laughs_are_refused() {
        assert_eq!(problem("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"), Problem::Dtd);
        let laughs = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>";
        assert_eq!(problem(laughs), Problem::Dtd);
        assert_eq!(problem("<a>&x;</a>"), Problem::NotXml);
        assert_eq!(problem("<a><b></a>"), Problem::NotXml);
        assert_eq!(problem(&"<a>".repeat(100_000)), Problem::NotXml);
        assert_eq!(problem(&format!("<a>{}</a>", "<b/>".repeat(30_000))), Problem::NotXml);
        assert_eq!(problem(&format!("<a>{}</a>", " ".repeat(LONGEST))), Problem::TooLarge);
        assert_eq!(problem("<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><a/>"), Problem::OtherEncoding);
    }

    proptest! {
        #[test]
        fn no_document_breaks_the_reader(text in "(<[a-c/!?]{1,2}>|[<>&;\"' a-c=]|<!\\[CDATA\\[|-->){0,60}") {
            let _ = read(text.as_bytes(), Charset::Utf8);
        }
    }
}
