//! The terminal that personal data is shown on. Invariant: it is the terminal itself and not an output that can lead into a
//! file; what was shown is wiped when it is left, by whatever way, so that no scroll-back keeps it.

use std::{
    fs::{File, OpenOptions},
    io::{BufReader, Write},
};

use crate::{desk::Screen, error::ImportError};

const TERMINAL: &str = "/dev/tty";
/// A screen of its own, which terminals do not keep.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[2J\x1b[H";
/// Wiped with whatever was kept all the same, and back to the screen of before.
const LEAVE: &[u8] = b"\x1b[2J\x1b[3J\x1b[H\x1b[?1049l";

/// The terminal for as long as it shows something.
pub struct Terminal {
    /// What is typed and shown.
    pub screen: Screen<BufReader<File>, File>,
    last: File,
}

impl Terminal {
    /// Opens the terminal that this program was started at.
    ///
    /// # Errors
    /// When there is none.
    pub fn open() -> Result<Self, ImportError> {
        let open = || OpenOptions::new().read(true).write(true).open(TERMINAL);
        let none = |_| ImportError::Usage("this shows personal data, and needs a terminal to show it on".to_owned());
        let (typed, mut shown, last) = (open().map_err(none)?, open().map_err(none)?, open().map_err(none)?);
        shown.write_all(ENTER).map_err(none)?;
        wipe_when_interrupted();
        Ok(Self { screen: Screen { typed: BufReader::new(typed), shown }, last })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing any more.
        let _ = self.last.write_all(LEAVE);
    }
}

/// Ctrl-C ends the program without ever coming back to [`Terminal`]: then it is wiped from here.
fn wipe_when_interrupted() {
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if runtime.is_ok_and(|runtime| runtime.block_on(tokio::signal::ctrl_c()).is_ok()) {
            if let Ok(mut terminal) = OpenOptions::new().write(true).open(TERMINAL) {
                let _ = terminal.write_all(LEAVE);
            }
            std::process::exit(130);
        }
    });
}
