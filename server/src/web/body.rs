//! Forms as browsers send them. Invariant: nothing is guessed: what is not well-formed UTF-8 in well-formed percent
//! encoding is refused whole.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, error::PayloadError, web::Bytes};

use super::error::WebError;

const MOST_INPUTS: usize = 500;
const SLOWEST_BODY: Duration = Duration::from_secs(30);

/// Names and values in the order in which they came.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FormBody(Vec<(String, String)>);

impl FormBody {
    /// Takes an input out that is not an answer, such as a hidden one of the page's own; empty when it is not there.
    pub fn take(&mut self, name: &str) -> String {
        let mut taken = String::new();
        self.0.retain_mut(|(key, value)| {
            if key == name {
                taken = std::mem::take(value);
            }
            key != name
        });
        taken
    }

    /// Takes out all inputs whose names begin so, as what was typed into a helper.
    pub fn take_asked(&mut self, start: &str) -> Vec<(String, String)> {
        let (taken, left) = std::mem::take(&mut self.0).into_iter().partition(|(name, _)| name.starts_with(start));
        self.0 = left;
        taken
    }

    /// Inputs that came in another way.
    pub(super) const fn of(inputs: Vec<(String, String)>) -> Self {
        Self(inputs)
    }

    /// What is left.
    #[must_use]
    pub fn inputs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Reads a body.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut inputs = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if inputs.len() == MOST_INPUTS {
                return None;
            }
            let middle = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            inputs.push((decode(&pair[..middle])?, decode(pair.get(middle + 1..).unwrap_or_default())?));
        }
        Some(Self(inputs))
    }
}

fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

impl FromRequest for FormBody {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let body = read(request, payload);
        Box::pin(async move {
            let body = body.await?;
            // A button outside every field sends nothing at all.
            if !is_form && !body.is_empty() {
                return Err(WebError::OtherKind);
            }
            Self::parse(&body).ok_or(WebError::Unreadable)
        })
    }
}

/// Reads a whole body within the limit of its route.
pub(super) fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, WebError>> + use<> {
    let body = Bytes::from_request(request, payload);
    async move {
        match tokio::time::timeout(SLOWEST_BODY, body).await {
            Err(_) => Err(WebError::TooSlow),
            Ok(Ok(body)) => Ok(body),
            Ok(Err(error)) => Err(match error.as_error::<PayloadError>() {
                Some(PayloadError::Overflow) => WebError::TooLarge,
                _ => WebError::Unreadable,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02x}")).collect()
    }

    proptest! {
        #[test]
        fn what_a_browser_encodes_is_read_back(inputs in prop::collection::vec((".+", ".*"), 0..20)) {
            let body: Vec<String> =
                inputs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
            prop_assert_eq!(FormBody::parse(body.join("&").as_bytes()).unwrap().0, inputs);
        }

        #[test]
        fn any_bytes_are_read_or_refused(body: Vec<u8>) {
            let _ = FormBody::parse(&body);
        }
    }

    #[test]
    fn what_is_malformed_is_refused_whole() {
        for body in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%ed%a0%80", "a=%c0%af", &"a=1&".repeat(501)] {
            assert_eq!(FormBody::parse(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn an_input_of_the_pages_own_is_taken_out() {
        let mut form = FormBody::parse(b"a=1&then=next&a=2&b").unwrap();
        assert_eq!(form.take("then"), "next");
        assert_eq!(form.take("then"), "");
        assert_eq!(form.inputs().len(), 3);
    }
}
