//! Files for others. Invariant: under its name a file is whole or not there; it is on the disk when the function comes back.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Writes a file into a folder, which is made if it is not there. Written again, it is the same file.
///
/// # Errors
/// When it cannot be written.
pub fn write_whole(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    write_with_mode(folder, name, content, 0o640)
}

/// The same, for nobody's eyes but the job's own account.
///
/// # Errors
/// When it cannot be written.
pub fn write_private(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    write_with_mode(folder, name, content, 0o600)
}

fn write_with_mode(folder: &Path, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
    let unfinished = folder.join(format!(".{name}.unfinished"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&unfinished)?;
    // What an earlier run left unfinished has kept its own mode.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, folder.join(name))?;
    // The name is on the disk only when the folder is.
    File::open(folder)?.sync_all()
}
