//! Who is signed in to the computer. Invariant: it is the account of the sign-in where the system keeps it, which neither
//! `sudo` nor a variable changes; else that of the process.

use std::{fs, os::unix::fs::MetadataExt};

/// What the system writes where nobody signed in.
const NOBODY_SIGNED_IN: u32 = u32::MAX;

/// The account, by name if it has one.
#[must_use]
pub fn signed_in() -> Option<String> {
    let at_sign_in = fs::read_to_string("/proc/self/loginuid").ok().and_then(|text| text.trim().parse().ok());
    let at_sign_in = at_sign_in.filter(|account: &u32| *account != NOBODY_SIGNED_IN);
    let account = at_sign_in.or_else(|| fs::metadata("/proc/self").ok().map(|found| found.uid()))?;
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    Some(name_of(&accounts, account).unwrap_or_else(|| account.to_string()))
}

fn name_of(accounts: &str, wanted: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut parts = line.split(':');
        let (name, _, account) = (parts.next()?, parts.next()?, parts.next()?);
        (account.parse() == Ok(wanted)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_told_by_its_name() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nsuzuki:x:1001:1001::/home/suzuki:/bin/sh\n";
        assert_eq!(name_of(accounts, 1001).as_deref(), Some("suzuki"));
        assert_eq!(name_of(accounts, 1002), None);
        assert!(signed_in().is_some());
    }
}
