//! Paths as the engine understands them, and the few that are put right.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

/// What the engine serves to callers is below these.
pub(in crate::gateway) const PREFIXES: [&str; 4] =
    ["/v1", "/v1beta", "/openai/v1", "/backend-api/codex"];

/// What nobody reaches from outside, below `/v1`: any path whose next segment starts so.
///
/// `ws` lets a stranger become a provider; `realtime` mints tokens that open the engine without a key.
const BLOCKED: [&str; 3] = ["ws", "realtime", "live"];

/// Puts right what is commonly got wrong: a base address with `/v1` twice, and today's google-genai with
/// an address that ends in `/v1`.
pub(super) fn forgive<'path>(method: &Method, path: &'path str) -> Cow<'path, str> {
    let mut path = path;
    while let Some(rest) = path
        .strip_prefix("/v1")
        .filter(|rest| is_below(rest, "/v1"))
    {
        path = rest;
    }
    match path.strip_prefix("/v1/models/") {
        Some(model) if method == Method::POST && names_action(model) => {
            Cow::Owned(format!("/v1beta/models/{model}"))
        }
        _ => Cow::Borrowed(path),
    }
}

/// Decodes once, as the engine does. `None` when the result is no text.
pub(super) fn decode(path: &str) -> Option<String> {
    let is_encoded = |(index, _)| {
        let digits = path.get(index + 1..index + 3);
        digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    if !path.match_indices('%').all(is_encoded) {
        return None;
    }
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// Resolves dots and collapses slashes; a trailing slash goes too.
pub(super) fn clean(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

/// Whether the path is one of the prefixes, or below one.
pub(super) fn is_served(path: &str) -> bool {
    PREFIXES.iter().any(|prefix| is_below(path, prefix))
}

/// Whether the path is kept from callers.
pub(super) fn is_blocked(path: &str) -> bool {
    path.strip_prefix("/v1/").is_some_and(|rest| {
        BLOCKED.iter().any(|name| match *name {
            "ws" => is_below(rest, name),
            name => rest.starts_with(name),
        })
    })
}

/// Whether the path is the prefix, or continues it with a segment.
pub(super) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether the text is `{model}:{action}`.
fn names_action(text: &str) -> bool {
    let decoded = decode(text).unwrap_or_default();
    decoded.rsplit_once(':').is_some_and(|(model, action)| {
        !model.is_empty()
            && !action.is_empty()
            && action.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}
