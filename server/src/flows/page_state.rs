//! 「画面の控え」 What a page is shown with and sends back: a digest of what it holds, a name of this one showing, and how often
//! it has sent. Invariant: a save goes over text that this showing has read or has itself written, and over no later save of
//! its own.

use intake::{answers::RawAnswers, form::Form, ids::PageId};

use super::random;

/// What a page has sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReadState<'a> {
    digest: &'a str,
    showing: &'a str,
    count: u32,
}

impl<'a> ReadState<'a> {
    /// Reads it; what somebody else made up fits nothing.
    pub(super) fn read(text: &'a str) -> Self {
        let mut parts = text.split('.');
        let mut next = || parts.next().unwrap_or_default();
        let (digest, showing) = (next(), next());
        Self { digest, showing, count: next().parse().unwrap_or_default() }
    }

    /// As the draft keeps who saved last; none for a page that has no name.
    pub(super) fn kept(&self) -> Option<String> {
        let is_ours = self.showing.len() == 16 && self.showing.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_ours.then(|| format!("{}.{}", self.showing, self.count))
    }

    fn count_of(&self, saved_by: Option<&str>) -> Option<u32> {
        let (showing, count) = saved_by?.split_once('.')?;
        (showing == self.showing).then(|| count.parse().unwrap_or_default())
    }

    /// Whether a later save of the same showing is kept already: a slow network turned the two round.
    pub(super) fn is_overtaken(&self, saved_by: Option<&str>) -> bool {
        self.count_of(saved_by).is_some_and(|kept| kept > self.count)
    }

    /// Whether this showing knows what the page holds: it was shown with it, or wrote it and did not hear the answer.
    pub(super) fn knows(&self, digest: &str, saved_by: Option<&str>) -> bool {
        self.digest == digest || self.count_of(saved_by).is_some_and(|kept| kept < self.count)
    }

    /// The same for a page that came after the session had ended, when nothing can have overtaken it.
    pub(super) fn knew(&self, digest: &str, saved_by: Option<&str>) -> bool {
        self.digest == digest || self.count_of(saved_by).is_some()
    }
}

/// What a page is shown with.
#[must_use]
pub fn of_showing(form: &Form, raw: &RawAnswers, page: &PageId) -> String {
    let name = random::<8>().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("{}.{name}", raw.page_state(form, page))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWING: &str = "0123456789abcdef";

    #[test]
    fn a_showing_knows_what_it_read_and_what_it_wrote() {
        let text = format!("new.{SHOWING}.3");
        let read = ReadState::read(&text);
        let kept = |count: u32| Some(format!("{SHOWING}.{count}"));
        assert!(read.knows("new", None), "it was shown with it");
        assert!(read.knows("other", kept(2).as_deref()), "it wrote it and did not hear the answer");
        assert!(!read.knows("other", kept(3).as_deref()), "another text under the same number");
        assert!(!read.knows("other", Some("fedcba9876543210.2")), "another tab wrote it");
        assert!(!read.knows("other", None));
        assert!(read.is_overtaken(kept(4).as_deref()));
        assert!(!read.is_overtaken(kept(3).as_deref()) && !read.is_overtaken(Some("fedcba9876543210.9")));
        assert_eq!(read.kept(), kept(3));
    }

    #[test]
    fn what_is_made_up_fits_nothing() {
        for text in ["", ".", "..", "x.y.z", "a.0123456789abcdeg.1", "☃.☃.☃"] {
            let read = ReadState::read(text);
            assert_eq!(read.kept(), None, "{text}");
            assert!(!read.knows("digest", None) && !read.is_overtaken(Some("0123456789abcdef.1")), "{text}");
        }
    }
}
