//! What the browser is served as files; `server/build` collects it. Invariant: a path names one content for ever.

use app::chrome::Module;

/// A file.
pub struct Asset {
    /// Its path, with a hash of its content.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub body: &'static [u8],
    /// The same, compressed with brotli.
    pub brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file of a path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// The file of a path in the demo, which serves the practice authenticator too.
#[must_use]
pub fn find_in_demo(path: &str) -> Option<&'static Asset> {
    find(path).or_else(|| DEMO_ASSETS.iter().find(|asset| asset.path == path))
}
