//! Who is calling? Looks for a key wherever a client may put one.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, header::AUTHORIZATION};

use super::{dialect::Fault, route::query};
use crate::domain::api_keys::{Caller, KeyRing};

const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The headers in which clients send keys. They never reach the engine.
pub(super) const CARRIERS: [HeaderName; 3] = [AUTHORIZATION, X_GOOG_API_KEY, X_API_KEY];

/// Longer than any key, in bytes, and more of them than any client sends: what is longer or more is not
/// looked at, so that an unknown client costs little.
const LONGEST_KEY: usize = 256;
const MOST_KEYS: usize = 8;

/// The caller behind the first key that we know, in the order in which the engine would look.
pub(super) fn authenticate(
    keys: &KeyRing,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Arc<Caller>, Fault> {
    CARRIERS
        .iter()
        .flat_map(|carrier| headers.get_all(carrier))
        .map(|value| without_scheme(value.as_bytes()))
        .take(MOST_KEYS)
        .find_map(|key| find(keys, key))
        .or_else(|| find(keys, query::credential(query?)?.as_bytes()))
        .ok_or(Fault::UnknownKey)
}

fn find(keys: &KeyRing, presented: &[u8]) -> Option<Arc<Caller>> {
    let may_be_key = presented.len() <= LONGEST_KEY;
    may_be_key.then(|| keys.find(presented)).flatten()
}

/// `Authorization` may say `Bearer`, in any case, or the bare key.
pub(super) fn without_scheme(value: &[u8]) -> &[u8] {
    const SCHEME: &[u8] = b"bearer ";
    match value.split_at_checked(SCHEME.len()) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case(SCHEME) => key.trim_ascii(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_not_part_of_the_key() {
        assert_eq!(without_scheme(b"Bearer  sk-a "), b"sk-a");
        assert_eq!(without_scheme(b"bEARER sk-a"), b"sk-a");
        assert_eq!(without_scheme(b"sk-a"), b"sk-a");
    }
}
