//! 「EPDSの文面」 The text packs of an installation. Invariant: a pack is used only in the very bytes that `packs.lock` pins;
//! EPDS is offered only with the kind of pack that was asked for by name.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use intake::{
    epds::{DEMONSTRATION, PackFault, TextPack},
    form::Form,
};
use sha2::{Digest, Sha256};

use crate::config::{Config, EpdsOffer};

/// The file that pins the packs of a folder: a line `<sha256>  <file>` each, as `sha256sum` prints it.
pub const LOCK_FILE: &str = "packs.lock";
/// Whoever has no pack in her language gets the one in this.
const FALLBACK: &str = "ja";

/// Why a folder of text packs cannot be used. Each sentence names the file and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum TextPackError {
    /// The folder or a file in it cannot be read.
    #[error("{0} cannot be read: {1}. Name a folder that the portal can read, or leave the setting out")]
    Unreadable(PathBuf, io::Error),
    /// There is no lock file.
    #[error("{0} is missing: look at each pack, then pin it there with the line that `sha256sum FILE` prints")]
    NoLock(PathBuf),
    /// A line that pins nothing.
    #[error("{LOCK_FILE} line {0}: expected `<sha256>  <file>`, as `sha256sum FILE` prints it")]
    LockLine(usize),
    /// A pack that nobody has pinned.
    #[error("{file} is not pinned: look at it, then add the line `{sha256}  {file}` to {LOCK_FILE}, or take it away")]
    Unpinned {
        /// The file.
        file: String,
        /// Its digest.
        sha256: String,
    },
    /// Not the bytes that were pinned.
    #[error(
        "{file} is not what {LOCK_FILE} pins: put the pinned file back, or look at this one and pin `{sha256}  {file}`"
    )]
    Changed {
        /// The file.
        file: String,
        /// The digest of what is there.
        sha256: String,
    },
    /// Pinned, but not there.
    #[error("{LOCK_FILE} pins {0}, which is not there: put the file back or take the line out")]
    Gone(String),
    /// Not a text pack.
    #[error("{0}: {1}. Ask whoever supplied it for a whole one")]
    Broken(String, PackFault),
    /// Two packs for the same parents.
    #[error("{0} and {1} are of one kind and in one language: keep one of them")]
    TwoOfOneLanguage(String, String),
}

/// Why EPDS is not offered; the text is for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOffered {
    /// It is switched off.
    #[error("EPDS is not offered: MADOGUCHI_EPDS is `off`")]
    Off,
    /// There is no licensed pack.
    #[error(
        "EPDS is not offered: its wording is licensed, and MADOGUCHI_TEXT_PACKS_DIR holds no licensed pack in Japanese. \
         Ask the holder of the rights for one; `demonstration` in MADOGUCHI_EPDS is for practising only"
    )]
    NoLicensedPack,
}

/// The packs of an installation.
#[derive(Clone, Debug)]
pub struct TextPacks {
    packs: Vec<TextPack>,
    offer: EpdsOffer,
}

impl TextPacks {
    /// The packs that the settings name, with the demonstration that ships with the portal.
    ///
    /// # Errors
    /// See [`TextPackError`].
    pub fn load(config: &Config) -> Result<Self, TextPackError> {
        let mut packs = match &config.text_packs_dir {
            Some(folder) => read_folder(folder)?.into_iter().map(|(_, pack)| pack).collect(),
            None => Vec::new(),
        };
        for (file, text) in DEMONSTRATION {
            let pack = TextPack::read(text).map_err(|fault| TextPackError::Broken((*file).to_owned(), fault))?;
            let is_of_the_city = |own: &TextPack| own.demonstration && own.language == pack.language;
            if !packs.iter().any(is_of_the_city) {
                packs.push(pack);
            }
        }
        Ok(Self { packs, offer: config.epds })
    }

    fn usable(&self) -> impl Iterator<Item = &TextPack> {
        self.packs.iter().filter(|pack| match self.offer {
            EpdsOffer::Licensed => !pack.demonstration,
            EpdsOffer::Demonstration => pack.demonstration,
            EpdsOffer::Off => false,
        })
    }

    /// Whether a questionnaire with items of the EPDS can be offered.
    ///
    /// # Errors
    /// With the reason, when it cannot.
    pub fn offered(&self) -> Result<(), NotOffered> {
        match self.offer {
            EpdsOffer::Off => Err(NotOffered::Off),
            _ if self.usable().any(|pack| pack.language == FALLBACK) => Ok(()),
            EpdsOffer::Licensed | EpdsOffer::Demonstration => Err(NotOffered::NoLicensedPack),
        }
    }

    /// Whether what is offered is no instrument.
    #[must_use]
    pub fn is_demonstration(&self) -> bool {
        self.offer == EpdsOffer::Demonstration
    }

    /// Whether a form can be offered: one without items always.
    #[must_use]
    pub fn serves(&self, form: &Form) -> bool {
        form.epds_items().is_empty() || self.offered().is_ok()
    }

    /// The pack for a parent of this language, else the Japanese one; none where none is offered.
    #[must_use]
    pub fn for_language(&self, language: &str) -> Option<&TextPack> {
        self.offered().ok()?;
        let in_language = |language: &str| self.usable().find(|pack| pack.language == language);
        in_language(language).or_else(|| in_language(FALLBACK))
    }

    /// The pack that a draft goes on with; none once it is gone or no longer offered.
    #[must_use]
    pub fn usable_by_sha256(&self, sha256: &str) -> Option<&TextPack> {
        self.offered().ok()?;
        self.usable().find(|pack| pack.sha256() == sha256)
    }

    /// The pack that a case was answered with, whatever is offered now; none once it is gone.
    #[must_use]
    pub fn by_sha256(&self, sha256: &str) -> Option<&TextPack> {
        self.packs.iter().find(|pack| pack.sha256() == sha256)
    }
}

/// Reads the packs of a folder, with their file names.
///
/// # Errors
/// See [`TextPackError`].
pub fn read_folder(folder: &Path) -> Result<Vec<(String, TextPack)>, TextPackError> {
    let mut pinned = read_lock(&folder.join(LOCK_FILE))?;
    let mut packs: Vec<(String, TextPack)> = Vec::new();
    for file in json_files(folder)? {
        let path = folder.join(&file);
        let bytes = fs::read(&path).map_err(|error| TextPackError::Unreadable(path.clone(), error))?;
        let sha256 = Sha256::digest(&bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        match pinned.remove(&file) {
            None => return Err(TextPackError::Unpinned { file, sha256 }),
            Some(expected) if expected != sha256 => return Err(TextPackError::Changed { file, sha256 }),
            Some(_) => {}
        }
        let text = String::from_utf8_lossy(&bytes);
        let pack = TextPack::read(&text).map_err(|fault| TextPackError::Broken(file.clone(), fault))?;
        let like_this = |(_, other): &&(String, TextPack)| {
            other.language == pack.language && other.demonstration == pack.demonstration
        };
        if let Some((other, _)) = packs.iter().find(like_this) {
            return Err(TextPackError::TwoOfOneLanguage(other.clone(), file));
        }
        packs.push((file, pack));
    }
    match pinned.into_keys().next() {
        Some(gone) => Err(TextPackError::Gone(gone)),
        None => Ok(packs),
    }
}

fn json_files(folder: &Path) -> Result<Vec<String>, TextPackError> {
    let cannot = |error| TextPackError::Unreadable(folder.to_owned(), error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let name = entry.map_err(cannot)?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == "json") {
            files.push(name);
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn read_lock(path: &Path) -> Result<BTreeMap<String, String>, TextPackError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // A folder that is not there is another mistake than one without a lock.
            let folder = path.parent().unwrap_or(path);
            return Err(match fs::metadata(folder) {
                Ok(_) => TextPackError::NoLock(path.to_owned()),
                Err(error) => TextPackError::Unreadable(folder.to_owned(), error),
            });
        }
        Err(error) => return Err(TextPackError::Unreadable(path.to_owned(), error)),
    };
    let mut pinned = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let fits = |(sha256, file): &(&str, &str)| {
            sha256.len() == 64
                && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
                && !file.is_empty()
                && !file.contains('/')
        };
        let (sha256, file) = line.split_once("  ").filter(fits).ok_or(TextPackError::LockLine(number))?;
        pinned.insert(file.to_owned(), sha256.to_owned());
    }
    Ok(pinned)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// A pack as its holder supplies it; the wording is this test's own.
    fn licensed(language: &str) -> String {
        let mut pack: serde_json::Value = serde_json::from_str(DEMONSTRATION[0].1).unwrap();
        pack["demonstration"] = false.into();
        pack["language"] = language.into();
        pack["id"] = "licensed".into();
        pack["permission_holder"] = "窓口市".into();
        pack["permission_date"] = "2026-04-01".into();
        pack.to_string()
    }

    fn sha256(text: &str) -> String {
        TextPack::read(text).unwrap().sha256().to_owned()
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn packs(files: &[(&str, &str)], offer: EpdsOffer) -> TextPacks {
        let folder = folder(files);
        let mut config =
            crate::config::Config::load(&crate::config::Sources { demo: true, ..crate::config::Sources::default() })
                .unwrap();
        config.text_packs_dir = Some(folder.path().to_owned());
        config.epds = offer;
        TextPacks::load(&config).unwrap()
    }

    #[test]
    fn a_pack_that_is_pinned_is_taken() {
        let (ja, en) = (licensed("ja"), licensed("en"));
        let lock = format!("{}  ja.json\n\n{}  en.json\n", sha256(&ja), sha256(&en));
        let files = [("ja.json", ja.as_str()), ("en.json", &en), ("packs.lock", &lock), ("README.txt", "no pack")];
        let found = packs(&files, EpdsOffer::Licensed);
        assert_eq!(found.offered(), Ok(()));
        assert_eq!(found.for_language("en").unwrap().language, "en");
        assert_eq!(found.for_language("ne").unwrap().language, "ja");
        assert!(!found.for_language("ja-easy").unwrap().demonstration, "the demonstration is no second choice");
        let practice = packs(&files, EpdsOffer::Demonstration);
        assert!(practice.for_language("ja").unwrap().demonstration);
        assert!(practice.usable_by_sha256(&sha256(&ja)).is_none(), "it is not offered now");
        assert!(practice.by_sha256(&sha256(&ja)).is_some(), "cases that were answered with it can be read");
        let off = packs(&files, EpdsOffer::Off);
        assert_eq!(off.offered(), Err(NotOffered::Off));
        assert!(off.for_language("ja").is_none());
    }

    #[test]
    fn without_a_licensed_pack_in_japanese_nothing_is_offered() {
        let en = licensed("en");
        let lock = format!("{}  en.json\n", sha256(&en));
        let found = packs(&[("en.json", &en), ("packs.lock", &lock)], EpdsOffer::Licensed);
        assert_eq!(found.offered(), Err(NotOffered::NoLicensedPack));
        assert!(found.for_language("en").is_none());
        let form = intake::catalog::Catalog::shipped().unwrap();
        assert!(!found.serves(form.newest(&"epds".parse().unwrap()).unwrap()));
        assert!(found.serves(form.newest(&"pregnancy_notification".parse().unwrap()).unwrap()));
    }

    #[test]
    fn each_fault_names_the_file_and_the_remedy() {
        let ja = licensed("ja");
        let pin = |file: &str| format!("{}  {file}\n", sha256(&ja));
        let broken = "{\"v\": 1}";
        let broken_pin = format!(
            "{}  ja.json\n",
            Sha256::digest(broken).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
        );
        let both = pin("a.json") + &pin("b.json");
        let changed = format!("{ja} ");
        for (files, parts) in [
            (vec![("ja.json", ja.as_str())], ["packs.lock", "is missing", "sha256sum"]),
            (vec![("ja.json", &ja), ("packs.lock", "")], ["ja.json", "is not pinned", "add the line"]),
            (
                vec![("ja.json", &changed), ("packs.lock", &pin("ja.json"))],
                ["ja.json", "is not what", "put the pinned"],
            ),
            (vec![("packs.lock", &pin("ja.json"))], ["ja.json", "is not there", "take the line out"]),
            (vec![("ja.json", broken), ("packs.lock", &broken_pin)], ["ja.json", "line 1", "Ask whoever"]),
            (vec![("packs.lock", "x  ja.json")], ["packs.lock", "line 1", "sha256sum"]),
            (vec![("a.json", &ja), ("b.json", &ja), ("packs.lock", &both)], ["a.json", "b.json", "keep one"]),
        ] {
            let folder = folder(&files.iter().map(|(name, text)| (*name, *text)).collect::<Vec<_>>());
            let sentence = read_folder(folder.path()).unwrap_err().to_string();
            for part in parts {
                assert!(sentence.contains(part), "{part} in: {sentence}");
            }
        }
        let nowhere = read_folder(Path::new("/nowhere/packs")).unwrap_err().to_string();
        assert!(nowhere.contains("/nowhere/packs cannot be read"), "{nowhere}");
    }
}
