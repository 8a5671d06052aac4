//! Parameters of a request. Invariant: each stands once at most (RFC 6749 §3.1), and an empty one is as if it were not there.

use std::collections::BTreeMap;

use url::form_urlencoded;

use crate::web::body::FormBody;

/// Names and values.
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads a query or a form; none when it is malformed or has a name twice.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let body = FormBody::parse(text)?;
        let mut found = BTreeMap::new();
        for (name, value) in body.inputs() {
            if found.insert(name.clone(), value.clone()).is_some() {
                return None;
            }
        }
        found.retain(|_, value| !value.is_empty());
        Some(Self(found))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// An address with parameters added to those that it has.
pub(super) fn with_parameters(address: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    let between = if address.contains('?') { '&' } else { '?' };
    format!("{address}{between}{}", query.finish())
}
