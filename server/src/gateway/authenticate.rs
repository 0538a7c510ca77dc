//! Who is calling? Looks for a key wherever a client may put one.

use std::sync::Arc;

use axum::http::HeaderMap;

use super::{dialect::GatewayError, headers::CARRIERS, route::query};
use crate::domain::api_keys::{Caller, KeyProblem, KeyRing};

/// Longer than any key, in bytes, and more of them than any client sends: what is longer or more is not
/// looked at, so that an unknown client costs little.
const LONGEST_KEY: usize = 256;
const MOST_KEYS: usize = 8;

/// The caller behind the first key that works, in the order in which the engine would look. When none
/// works, the fault is about the first one that we know.
pub(super) fn authenticate(
    keys: &KeyRing,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<Arc<Caller>, GatewayError> {
    let mut fault = GatewayError::UnknownKey;
    let in_headers = CARRIERS
        .into_iter()
        .flat_map(|carrier| headers.get_all(carrier))
        .map(|value| without_scheme(value.as_bytes()))
        .take(MOST_KEYS)
        .map(|key| look_up(keys, key));
    let in_query = query
        .into_iter()
        .filter_map(query::credential)
        .map(|key| look_up(keys, key.as_bytes()));
    for found in in_headers.chain(in_query) {
        match found {
            Ok(caller) => return Ok(caller),
            Err(Some(problem)) if fault == GatewayError::UnknownKey => {
                fault = GatewayError::KeyProblem(problem)
            }
            Err(_) => {}
        }
    }
    Err(fault)
}

fn look_up(keys: &KeyRing, presented: &[u8]) -> Result<Arc<Caller>, Option<KeyProblem>> {
    if presented.len() > LONGEST_KEY {
        return Err(None);
    }
    keys.look_up(presented)
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
