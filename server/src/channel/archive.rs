//! 「申請データ」 A ZIP archive from outside. Invariant: nothing is written to a disk by the name of an entry; what can be read in
//! two ways, leads out of the archive or unpacks too large is refused whole, and no more is unpacked than is needed.

use std::{
    fs::File,
    io::{Cursor, Read},
    path::Path,
};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::{
    fault::{Fault, Problem},
    mapping::{ArchiveRule, PaperRule},
    place::Charset,
};
use crate::picture::LONGEST_FILE;

/// Bytes of an archive at most.
pub const LONGEST: u64 = 48 * 1024 * 1024;
/// Entries at most.
pub const MOST_ENTRIES: usize = 100;
/// Bytes of all that is unpacked at most.
const MOST_UNPACKED: u64 = 64 * 1024 * 1024;
/// No form and no photo is packed so small; below a megabyte nothing can be gained by it.
const MOST_RATIO: u64 = 200;
const SMALL: u64 = 1024 * 1024;

/// What is in an archive.
pub struct Content {
    /// The application, as its rule names it.
    pub application: Vec<u8>,
    /// The papers: kind, place among the entries, bytes.
    pub papers: Vec<(intake::ids::FieldId, usize, Vec<u8>)>,
}

/// A file as a whole, with its digest.
///
/// # Errors
/// When it cannot be read, is no ordinary file, or longer than an archive may be.
pub fn load(path: &Path) -> Result<(Vec<u8>, [u8; 32]), Fault> {
    let unreadable = |_| Fault::of_file(Problem::Unreadable);
    let file = File::open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(Fault::of_file(Problem::NotAFile));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Fault::of_file(Problem::TooLarge));
    }
    let digest = Sha256::digest(&bytes).into();
    Ok((bytes, digest))
}

/// Opens an archive and unpacks what its rules name.
///
/// # Errors
/// See [`Problem`]; entries are named by their place, for their names may be a person's.
pub fn open(bytes: &[u8], rule: &ArchiveRule, papers: &[PaperRule]) -> Result<Content, Fault> {
    let entries = entries_said(bytes)?;
    let damaged = |_| Fault::of_file(Problem::NotAnArchive);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() != entries {
        // The reader keeps one of each name only.
        return Err(Fault::of_file(Problem::TwiceTheName));
    }
    let names = names(&mut archive)?;
    let mut content = Content { application: Vec::new(), papers: Vec::new() };
    let (mut applications, mut unpacked) = (0, 0);
    for (place, name) in names.iter().enumerate().filter(|(_, name)| !name.ends_with('/')) {
        let fault = |problem| Fault::of_file(problem).at(called(place));
        if matches(&rule.application, name) {
            applications += 1;
            content.application = unpack(&mut archive, place, super::xml::LONGEST, &mut unpacked)?;
        } else if let Some(paper) = papers.iter().find(|paper| matches(&paper.files, name)) {
            let bytes = unpack(&mut archive, place, LONGEST_FILE, &mut unpacked)?;
            content.papers.push((paper.paper.clone(), place, bytes));
        } else if !rule.ignored_files.iter().any(|pattern| matches(pattern, name)) {
            return Err(fault(Problem::UnknownFile));
        }
    }
    if applications == 1 { Ok(content) } else { Err(Fault::of_file(Problem::NoApplication)) }
}

/// How an entry is called to the operator.
#[must_use]
pub fn called(place: usize) -> String {
    format!("entry {}", place + 1)
}

/// The number of entries that the end of the archive says. Exactly one end: another one, in a comment or in an entry, could
/// be taken for it by another reader.
fn entries_said(bytes: &[u8]) -> Result<usize, Fault> {
    let end = b"PK\x05\x06";
    let tail = bytes.len().saturating_sub(22 + 0xffff);
    let mut found = bytes[tail..].windows(4).enumerate().filter(|(_, window)| window == end).map(|(at, _)| tail + at);
    let (Some(at), None) = (found.next(), found.next()) else { return Err(Fault::of_file(Problem::NotAnArchive)) };
    let record = bytes.get(at..at + 22).ok_or(Fault::of_file(Problem::NotAnArchive))?;
    let number = |at: usize| usize::from(u16::from_le_bytes([record[at], record[at + 1]]));
    let comment = number(20);
    let is_whole = number(4) == 0 && number(8) == number(10) && at + 22 + comment == bytes.len();
    match number(10) {
        // 0xffff says that the number stands elsewhere (ZIP64).
        0 | 0xffff => Err(Fault::of_file(Problem::NotAnArchive)),
        more if more > MOST_ENTRIES => Err(Fault::of_file(Problem::TooLarge)),
        _ if !is_whole => Err(Fault::of_file(Problem::NotAnArchive)),
        entries => Ok(entries),
    }
}

/// The names of all entries, each looked at before anything is unpacked.
fn names(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = Vec::with_capacity(archive.len());
    for place in 0..archive.len() {
        let fault = |problem| Fault::of_file(problem).at(called(place));
        let entry = archive.by_index_raw(place).map_err(|_| fault(Problem::Damaged))?;
        if entry.encrypted() {
            return Err(fault(Problem::Encrypted));
        }
        // S_IFMT: an ordinary file, a folder, or a system that says nothing.
        if !matches!(entry.unix_mode().unwrap_or_default() & 0o170_000, 0 | 0o100_000 | 0o040_000) {
            return Err(fault(Problem::NotAFile));
        }
        let raw = entry.name_raw();
        let name = Charset::Utf8.decode(raw).or_else(|| Charset::Windows31J.decode(raw));
        let name = name.filter(|name| is_harmless(name)).ok_or_else(|| fault(Problem::HostileName))?;
        if is_archive(&name) {
            return Err(fault(Problem::Nested));
        }
        if names.iter().any(|other| other.to_lowercase() == name.to_lowercase()) {
            return Err(fault(Problem::TwiceTheName));
        }
        if entry.size() > SMALL && entry.size() / entry.compressed_size().max(1) > MOST_RATIO {
            return Err(fault(Problem::Bomb));
        }
        names.push(name);
    }
    Ok(names)
}

/// Nothing is written by a name; yet whoever hides one so means no good.
fn is_harmless(name: &str) -> bool {
    let is_plain = !name.is_empty() && name.len() <= 500 && !name.contains(['\\', ':']);
    let path = name.strip_suffix('/').unwrap_or(name);
    is_plain
        && !name.chars().any(char::is_control)
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

fn is_archive(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    ["zip", "lzh", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst", "cab"].contains(&ending.as_str())
}

/// Unpacks an entry, up to its limit and that of the whole, whatever its head says of its length.
fn unpack(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    place: usize,
    longest: usize,
    unpacked: &mut u64,
) -> Result<Vec<u8>, Fault> {
    let fault = |problem| Fault::of_file(problem).at(called(place));
    let entry = archive.by_index(place).map_err(|_| fault(Problem::Damaged))?;
    let longest = (longest as u64).min(MOST_UNPACKED - *unpacked);
    let mut bytes = Vec::new();
    entry.take(longest + 1).read_to_end(&mut bytes).map_err(|_| fault(Problem::Damaged))?;
    if bytes.len() as u64 > longest {
        return Err(fault(Problem::TooLarge));
    }
    *unpacked += bytes.len() as u64;
    Ok(bytes)
}

/// Whether a name fits a pattern: `*` is any run of characters but `/`.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|left| {
            let reach = left.find('/').unwrap_or(left.len());
            let ends = left[..reach].char_indices().map(|(at, _)| at).chain([reach]);
            ends.into_iter().any(|at| matches(rest, &left[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::io::Write;

    use proptest::prelude::*;
    use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn rule() -> ArchiveRule {
        ArchiveRule {
            application: "application.xml".to_owned(),
            format: crate::channel::mapping::Format::Xml,
            ignored_files: vec!["*.xsl".to_owned()],
        }
    }

    fn papers() -> [PaperRule; 1] {
        [PaperRule { paper: "due_date_proof".parse().unwrap(), files: "files/*".to_owned() }]
    }

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn problem(bytes: &[u8]) -> Problem {
        open(bytes, &rule(), &papers()).err().unwrap().problem
    }

    const GOOD: (&str, &[u8]) = ("application.xml", b"<a/>");

    #[test]
    fn application_and_papers_are_found_by_their_names() {
        let bytes = zipped(&[GOOD, ("files/写真.jpg", b"x"), ("look.xsl", b"y")]);
        let content = open(&bytes, &rule(), &papers()).ok().unwrap();
        assert_eq!(content.application, b"<a/>");
        assert_eq!(content.papers.len(), 1);
        assert_eq!(problem(&zipped(&[("other.xml", b"<a/>")])), Problem::UnknownFile);
        assert_eq!(problem(&zipped(&[("look.xsl", b"")])), Problem::NoApplication);
    }

    #[test]
    fn names_that_lead_out_and_archives_within_are_refused() {
        for name in ["../application.xml", "/etc/passwd", "a/../../b", "C:\\x", "a//b", "a\u{1}b", "./a"] {
            assert_eq!(problem(&zipped(&[GOOD, (name, b"x")])), Problem::HostileName, "{name}");
        }
        assert_eq!(problem(&zipped(&[GOOD, ("files/more.ZIP", b"PK")])), Problem::Nested);
        assert_eq!(problem(&zipped(&[GOOD, ("Application.XML", b"x")])), Problem::TwiceTheName);
    }

    #[test]
    fn links_and_encrypted_entries_are_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("application.xml", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        assert_eq!(problem(&writer.finish().unwrap().into_inner()), Problem::NotAFile);
        let mut encrypted = zipped(&[GOOD]);
        let central = encrypted.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        encrypted[central + 8] |= 1;
        encrypted[6] |= 1;
        assert_eq!(problem(&encrypted), Problem::Encrypted);
    }

    #[test]
    fn bombs_are_refused_by_ratio_by_length_and_by_number() {
        let zeros = vec![0; 8 * 1024 * 1024];
        assert_eq!(problem(&zipped(&[GOOD, ("files/zeros.jpg", &zeros)])), Problem::Bomb);
        // A head that lies about the length does not help.
        let mut lying = zipped(&[GOOD, ("files/zeros.jpg", &zeros)]);
        let central = lying.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
        lying[central + 24..central + 28].copy_from_slice(&1000_u32.to_le_bytes());
        assert!(matches!(problem(&lying), Problem::TooLarge | Problem::Damaged));
        let many: Vec<String> = (0..200).map(|number| format!("files/{number}.jpg")).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
        assert_eq!(problem(&zipped(&many)), Problem::TooLarge);
    }

    #[test]
    fn two_entries_of_one_name_and_two_ends_are_refused() {
        // Two files of names of the same length, then one is renamed in both heads.
        let twice = zipped(&[GOOD, ("Bpplication.xml", b"<b/>")]);
        let mut renamed = twice;
        while let Some(at) = renamed.windows(15).position(|window| window == b"Bpplication.xml") {
            renamed[at] = b'a';
        }
        assert_eq!(problem(&renamed), Problem::TwiceTheName);
        let mut two_ends = zipped(&[GOOD]);
        let end = two_ends[two_ends.len() - 22..].to_vec();
        two_ends.extend(end);
        assert_eq!(problem(&two_ends), Problem::NotAnArchive);
        assert_eq!(problem(b"PK\x05\x06"), Problem::NotAnArchive);
        assert_eq!(problem(b""), Problem::NotAnArchive);
    }

    #[test]
    fn a_star_fits_within_one_folder() {
        assert!(matches("files/*", "files/a.jpg") && matches("*.xsl", "a.xsl") && matches("a*b*c", "aXbYc"));
        assert!(!matches("files/*", "files/a/b.jpg") && !matches("*.xsl", "a/b.xsl") && !matches("a", "ab"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn no_damage_to_an_archive_breaks_the_reader(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
            cut in any::<prop::sample::Index>(),
            is_cut in any::<bool>(),
        ) {
            let mut bytes = zipped(&[GOOD, ("files/a.jpg", b"abcabcabcabc"), ("look.xsl", b"y")]);
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if is_cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok(content) = open(&bytes, &rule(), &papers()) {
                prop_assert!(content.application.len() <= 1000);
            }
        }

        #[test]
        fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = open(&[bytes.as_slice(), b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0"].concat(), &rule(), &papers());
        }
    }
}
