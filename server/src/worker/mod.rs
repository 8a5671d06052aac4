//! What happens without a request: mail is sent, rows whose time is over are removed. Invariant: no network inside a
//! transaction.
