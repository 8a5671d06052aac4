//! What is shown in the browser: texts, fields, pages. Invariant: it decides nothing; it shows what it is handed, escaped.

#[cfg(feature = "ssr")]
pub mod chrome;
#[cfg(feature = "ssr")]
mod dates;
#[cfg(feature = "ssr")]
mod fields;
#[cfg(feature = "ssr")]
pub mod helpers;
#[cfg(feature = "ssr")]
mod japanese;
#[cfg(feature = "ssr")]
pub mod mail;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod pdf;
#[cfg(feature = "ssr")]
pub mod qr;
#[cfg(feature = "ssr")]
mod ruby;
#[cfg(feature = "ssr")]
mod spelled;
#[cfg(feature = "ssr")]
mod telephone;
#[cfg(feature = "ssr")]
pub mod text;
