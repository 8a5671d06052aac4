//! Where something is kept: a file of SQLite, or a PostgreSQL server. Invariant: no password of a server stands in any text
//! that is printed, and nothing goes to another machine without TLS that was verified.

use std::{fmt, path::PathBuf, str::FromStr};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// The address of a PostgreSQL server.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// The address, with whatever password it holds.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[the address of a server]")
    }
}

/// Where something is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(ServerUrl),
}

impl Place {
    /// `postgres://…`, or the path of a file of SQLite, with `sqlite:` before it or without.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if is_server(text) {
            return Self::Postgres(ServerUrl(text.to_owned()));
        }
        Self::Sqlite(PathBuf::from(text.strip_prefix("sqlite:").unwrap_or(text)))
    }

    /// The same with a path beside the folder that it is relative to.
    #[must_use]
    pub fn beside(self, folder: &std::path::Path) -> Self {
        match self {
            Self::Sqlite(path) => Self::Sqlite(folder.join(path)),
            server @ Self::Postgres(_) => server,
        }
    }
}

/// Whether a text is the address of a server.
#[must_use]
pub fn is_server(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// How to connect to a server: on another machine with TLS and its certificate verified, whatever the address says.
pub(crate) fn postgres_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?;
    let host = options.get_host();
    let within_this_machine =
        options.get_socket().is_some() || host.starts_with('/') || ["localhost", "127.0.0.1", "::1"].contains(&host);
    let options = if within_this_machine { options } else { options.ssl_mode(PgSslMode::VerifyFull) };
    Ok(options.application_name("madoguchi-import"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_file_is_told_from_a_server_whose_password_is_never_printed() {
        assert_eq!(Place::parse("sqlite:state.db"), Place::Sqlite("state.db".into()));
        assert_eq!(Place::parse("state.db"), Place::Sqlite("state.db".into()));
        let server = Place::parse("postgres://job:geheim@db.example/atena");
        assert!(!format!("{server:?}").contains("geheim"));
        assert_eq!(server.clone().beside(std::path::Path::new("/etc")), server);
    }

    #[test]
    fn another_machine_is_never_asked_without_tls() {
        let mode = |url: &str| format!("{:?}", postgres_options(url).unwrap().get_ssl_mode());
        assert_eq!(mode("postgres://db.example/atena?sslmode=disable"), "VerifyFull");
        assert_eq!(mode("postgres://127.0.0.1/atena"), "Prefer");
    }
}
