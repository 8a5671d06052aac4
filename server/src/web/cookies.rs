//! Cookies. Invariant: a cookie holds a random token or a language, never data; over TLS its name is bound to this host.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{config::Config, seal::token_hash};

/// Which cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// A browser that has not signed in: its drafts and its codes.
    Browser,
    /// A parent's session.
    Session,
    /// A session of a member of staff.
    StaffSession,
    /// That a member of staff's password was right, until the passkey's turn.
    StaffPassword,
    /// A browser that was sent to the city's own provider: who comes back must have it.
    StaffProvider,
    /// The language.
    Locale,
}

impl Name {
    const fn bare(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Session => "session",
            Self::StaffSession => "staff_session",
            Self::StaffPassword => "staff_password",
            Self::StaffProvider => "staff_provider",
            Self::Locale => "locale",
        }
    }

    fn full(self, config: &Config) -> String {
        // Browsers take `__Host-` only with Secure, and Secure over plain HTTP only on some of them.
        if self.is_secure(config) { format!("__Host-{}", self.bare()) } else { self.bare().to_owned() }
    }

    fn is_secure(self, config: &Config) -> bool {
        match self {
            Self::StaffSession | Self::StaffPassword | Self::StaffProvider => config.staff_url.is_https(),
            Self::Browser | Self::Session | Self::Locale => config.public_url.is_https(),
        }
    }
}

/// What a cookie says.
pub fn read(request: &HttpRequest, config: &Config, name: Name) -> Option<String> {
    request.cookie(&name.full(config)).map(|cookie| cookie.value().to_owned())
}

/// The hash of the token in a cookie; none when there is no well-formed token.
pub fn read_token(request: &HttpRequest, config: &Config, name: Name) -> Option<[u8; 32]> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(read(request, config, name)?).ok()?;
    let token: [u8; 32] = bytes.try_into().ok()?;
    Some(token_hash(&token))
}

/// A cookie to be set.
pub fn make(config: &Config, name: Name, value: String) -> Cookie<'static> {
    // The way back from a provider begins on another site: the cookie that it needs is Lax.
    let same_site =
        if matches!(name, Name::StaffSession | Name::StaffPassword) { SameSite::Strict } else { SameSite::Lax };
    let cookie = Cookie::build(name.full(config), value)
        .path("/")
        .http_only(true)
        .secure(name.is_secure(config))
        .same_site(same_site);
    match name {
        Name::Browser => cookie.max_age(Duration::days(14)).finish(),
        Name::Locale => cookie.max_age(Duration::days(365)).finish(),
        Name::Session | Name::StaffSession | Name::StaffPassword | Name::StaffProvider => cookie.finish(),
    }
}

/// A cookie with a token.
pub fn make_token(config: &Config, name: Name, token: &[u8; 32]) -> Cookie<'static> {
    make(config, name, BASE64_URL_SAFE_NO_PAD.encode(token))
}

/// Takes a cookie away.
pub fn remove(config: &Config, name: Name) -> Cookie<'static> {
    let mut cookie = make(config, name, String::new());
    cookie.make_removal();
    cookie
}
