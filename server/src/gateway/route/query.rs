//! Reads and removes credentials in a query, without changing a byte of the rest.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The names under which the engine accepts a key.
const NAMES: [&str; 2] = ["key", "auth_token"];

/// The query is without `?`.
pub(in crate::gateway) fn without_credentials(query: &str) -> Cow<'_, str> {
    if !query.split('&').any(is_credential) {
        return Cow::Borrowed(query);
    }
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !is_credential(pair))
        .collect();
    Cow::Owned(kept.join("&"))
}

/// The credential that the engine would use: the first `key`, or else the first `auth_token`.
pub(in crate::gateway) fn credential(query: &str) -> Option<String> {
    NAMES.iter().find_map(|name| {
        let mut pairs = query.split('&');
        let pair = pairs.find(|pair| decoded_name(pair).as_deref() == Some(*name))?;
        let (_, value) = pair.split_once('=')?;
        decode(value).filter(|value| !value.is_empty())
    })
}

/// Whether the query requests another format of the answer than a client may: the engine interprets `alt`, and one value turns
/// any request into a compaction.
pub(in crate::gateway) fn has_unknown_alt(query: &str) -> bool {
    query.split('&').any(|pair| {
        let is_alt =
            decoded_name(pair).is_some_and(|name| ["alt", "$alt"].contains(&name.as_str()));
        let value = pair.split_once('=').map_or("", |(_, value)| value);
        is_alt && !["", "sse", "json"].contains(&value)
    })
}

fn is_credential(pair: &str) -> bool {
    decoded_name(pair).is_some_and(|name| NAMES.contains(&name.as_str()))
}

fn decoded_name(pair: &str) -> Option<String> {
    decode(pair.split('=').next().unwrap_or_default())
}

/// In a query a plus is a space.
fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(decoded.into_owned())
}
