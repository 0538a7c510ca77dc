//! Paths as the engine reads them, and corrections of base URLs.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

use super::endpoint;

/// Every endpoint for clients is below one of these.
pub(in crate::gateway) const PREFIXES: [&str; 4] =
    ["/v1", "/v1beta", "/openai/v1", "/backend-api/codex"];

/// Endpoints below `/v1` that clients must not reach: any path whose next segment starts with one of these.
///
/// `ws` lets an anonymous client become a provider; `realtime` issues tokens that access the engine without a key.
const BLOCKED: [&str; 3] = ["ws", "realtime", "live"];

/// First segments of base URLs that people copy from other servers. They are ignored before a known endpoint.
const BASES: [&str; 6] = ["v1", "v1beta", "api", "openai", "anthropic", "gemini"];

/// Corrects common mistakes in a base URL if the result is unambiguous: repeated and trailing slashes, `/v1` twice, missing, or
/// behind another provider's prefix. Everything else is unchanged.
pub(super) fn correct<'path>(method: &Method, path: &'path str) -> Cow<'path, str> {
    let mut path = without_empty_segments(path);
    while let Some(rest) = path
        .strip_prefix("/v1")
        .filter(|rest| is_below(rest, "/v1"))
    {
        path = Cow::Owned(rest.to_owned());
    }
    match intended(method, &path) {
        Some(intended) => Cow::Owned(intended),
        None => path,
    }
}

/// `//v1/messages/` is `/v1/messages`: the engine knows only the latter.
fn without_empty_segments(path: &str) -> Cow<'_, str> {
    let has_empty = path.contains("//") || (path.len() > 1 && path.ends_with('/'));
    if !has_empty || !path.starts_with('/') {
        return Cow::Borrowed(path);
    }
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let segments: Vec<&str> = segments.collect();
    Cow::Owned(format!("/{}", segments.join("/")))
}

/// The intended endpoint; `None` if the path is one already, or if there is none.
fn intended(method: &Method, path: &str) -> Option<String> {
    if *method == Method::POST {
        return intended_by_post(path);
    }
    if *method == Method::GET {
        return intended_by_get(path);
    }
    None
}

fn intended_by_post(path: &str) -> Option<String> {
    if endpoint::is_posted_to(path) {
        return None;
    }
    let (rest, _) = without_bases(path);
    let endpoint = format!("/v1{rest}");
    if endpoint::is_posted_to(&endpoint) {
        return Some(endpoint);
    }
    let gemini = format!("/v1beta{rest}");
    let names_model = rest.strip_prefix("/models/").is_some_and(names_action);
    (gemini != path && (names_model || endpoint::is_posted_to(&gemini))).then_some(gemini)
}

/// The version determines the provider of a list of models. Without a version `/models` is a page of the web app.
fn intended_by_get(path: &str) -> Option<String> {
    let (rest, version) = without_bases(path);
    let list = format!("/{}/models", version?);
    (rest == "/models" && list != path).then_some(list)
}

/// The path after the bases, and the last version among them.
fn without_bases(path: &str) -> (&str, Option<&str>) {
    let (mut rest, mut version) = (path, None);
    while let Some(after_slash) = rest.strip_prefix('/')
        && let Some((segment, _)) = after_slash.split_once('/')
        && BASES.contains(&segment)
    {
        rest = &after_slash[segment.len()..];
        if segment.starts_with('v') {
            version = Some(segment);
        }
    }
    (rest, version)
}

/// Decodes once, as the engine does. `None` if the result is not UTF-8.
pub(super) fn decode(path: &str) -> Option<Cow<'_, str>> {
    let is_encoded = |(index, _)| {
        let digits = path.get(index + 1..index + 3);
        digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    if !path.match_indices('%').all(is_encoded) {
        return None;
    }
    percent_decode_str(path).decode_utf8().ok()
}

/// Resolves dots, collapses slashes and removes a trailing slash.
pub(super) fn clean(path: &str) -> Cow<'_, str> {
    let is_plain = |segment: &str| !matches!(segment, "" | "." | "..");
    if path
        .strip_prefix('/')
        .is_some_and(|rest| rest.split('/').all(is_plain))
    {
        return Cow::Borrowed(path);
    }
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
    Cow::Owned(format!("/{}", segments.join("/")))
}

/// Whether the path is one of the prefixes, or below one.
pub(in crate::gateway) fn is_served(path: &str) -> bool {
    PREFIXES.iter().any(|prefix| is_below(path, prefix))
}

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
