//! The sample that the independent verifier (`e2e/verifier`) seals into batches of its own. Invariant: it is what this
//! version makes. `MADOGUCHI_WRITE_SAMPLE=1` writes it anew.

use std::path::Path;

use crate::support::{RESIDENTS, entry, form};

#[test]
fn the_verifiers_sample_is_what_this_version_makes() {
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../e2e/verifier/sample");
    let entries = [entry(1, &[]), entry(2, &[("name", "𠮷野 さくら")]), entry(3, &[("name", "知らない 人")])];
    let lines: Vec<u8> = entries.iter().flat_map(|entry| [entry.to_line(), b"\n".to_vec()].concat()).collect();
    let files = [("form.json", form().to_json()), ("entries.ndjson", lines), ("residents.csv", RESIDENTS.into())];
    for (name, content) in files {
        let path = folder.join(name);
        if std::env::var("MADOGUCHI_WRITE_SAMPLE").is_ok_and(|set| !set.is_empty()) {
            std::fs::write(&path, &content).unwrap();
        }
        assert!(std::fs::read(&path).unwrap() == content, "{name} is out of date");
    }
}
