//! The readers of what passes, as a fuzzer calls them.

use std::io::Write as _;

use axum::http::{
    HeaderMap, HeaderValue, Method,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use entity::request::Protocol;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use serde_json::Value;

use super::{
    authenticate::without_scheme,
    meter::{
        scanner::{ModelScanner, Verdict},
        tap::{Observation, Tap, TurnTap},
        used,
    },
    route::{self, BodyForm, query},
};

/// A route's body, and what its headers say that it is.
const BODIES: [(BodyForm, &str, &str); 6] = [
    (BodyForm::Json, "application/json", ""),
    (BodyForm::Json, "application/json", "zstd"),
    (BodyForm::PlainJson, "text/plain", "gzip"),
    (BodyForm::ImageEdit, "multipart/form-data; boundary=b", ""),
    (BodyForm::Video, "multipart/form-data; boundary=\"b\"", ""),
    (BodyForm::Video, "application/json", "identity"),
];
const PROTOCOLS: [Protocol; 8] = [
    Protocol::OpenaiChat,
    Protocol::OpenaiCompletions,
    Protocol::OpenaiResponses,
    Protocol::OpenaiImages,
    Protocol::AnthropicMessages,
    Protocol::Gemini,
    Protocol::Other,
    Protocol::Unmetered,
];
/// What an answer says that it is, and how it is compressed.
const KINDS: [(&str, &str); 10] = [
    ("text/event-stream", ""),
    ("application/json", ""),
    ("text/plain", ""),
    ("", ""),
    ("application/x-ndjson", "identity"),
    ("text/event-stream", "gzip"),
    ("application/json", "deflate"),
    ("text/event-stream", "zstd"),
    ("application/json", "br"),
    ("application/json", "compress"),
];
/// More tokens than that are no truth.
const MOST_TOKENS: i64 = 1_000_000_000;

/// The model of a body is the same however the body is cut, and the one that others read. Two bytes choose
/// the form and the cuts.
pub fn model_scanner(data: &[u8]) {
    let [form, cuts, body @ ..] = data else {
        return;
    };
    let (form, kind, encoding) = BODIES[usize::from(*form) % BODIES.len()];
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_ENCODING, HeaderValue::from_static(encoding)),
    ]);
    let mut whole = ModelScanner::for_request(form, &headers);
    let mut in_pieces = ModelScanner::for_request(form, &headers);
    whole.observe(body);
    pieces(*cuts, body).for_each(|piece| in_pieces.observe(piece));
    let verdict = whole.finish();
    assert_eq!(verdict, in_pieces.finish());
    assert_eq!(whole.bound(), in_pieces.bound());
    if verdict != Verdict::Ambiguous {
        assert_eq!(whole.kind(), in_pieces.kind());
    }
    assert_ne!(verdict, Verdict::NeedMore);
    if let (Verdict::Found(model), Ok(Value::Object(read))) =
        (verdict, serde_json::from_slice(body))
    {
        let said = read.get("model").and_then(Value::as_str).map(str::trim);
        assert_eq!(said, Some(model.trim()));
    }
}

/// What an answer used is the same however the answer is cut and compressed, no nonsense, and not free when
/// something was written. Three bytes choose the protocol, the framing and the cuts.
pub fn usage_taps(data: &[u8]) {
    let [protocol, kind, cuts, answer @ ..] = data else {
        return;
    };
    let protocol = PROTOCOLS[usize::from(*protocol) % PROTOCOLS.len()];
    let (kind, coding) = KINDS[usize::from(*kind) % KINDS.len()];
    // Most inputs are no valid compressed data: they must not panic, wherever they are cut.
    let mut tap = Tap::new(protocol, kind, coding);
    pieces(*cuts, answer).for_each(|piece| tap.observe(piece));
    check_usage(&tap.finish());
    let mut whole = Tap::new(protocol, kind, "");
    let mut in_pieces = Tap::new(protocol, kind, "");
    whole.observe(answer);
    pieces(*cuts, answer).for_each(|piece| in_pieces.observe(piece));
    assert_eq!(whole.has_ended(), in_pieces.has_ended());
    assert_eq!(whole.is_between_events(), in_pieces.is_between_events());
    let seen = whole.finish();
    assert_eq!(seen, in_pieces.finish());
    check_usage(&seen);
    if let Some(bytes) = compressed(coding, answer) {
        let mut opened = Tap::new(protocol, kind, coding);
        pieces(*cuts, &bytes).for_each(|piece| opened.observe(piece));
        assert_eq!(seen, opened.finish());
    }
}

/// Counts are believable, and an answer that says something costs something.
fn check_usage(seen: &Observation) {
    if let Some(tokens) = seen.tokens {
        assert!((0..=MOST_TOKENS).contains(&tokens.total()), "{tokens:?}");
    }
    for is_whole in [true, false] {
        let tokens = used(seen, is_whole);
        assert!((0..=MOST_TOKENS).contains(&tokens.total()), "{tokens:?}");
        if seen.text_bytes + seen.media_bytes + seen.sealed_bytes > 0 {
            assert!(tokens.output + tokens.reasoning > 0, "{seen:?}");
        }
    }
}

fn compressed(coding: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    match coding {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).ok()?;
            encoder.finish().ok()
        }
        "deflate" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).ok()?;
            encoder.finish().ok()
        }
        "zstd" => zstd::encode_all(bytes, 1).ok(),
        _ => None,
    }
}

/// The turns of a socket are the same however its messages are cut. A byte chooses the cuts, lines are
/// messages.
pub fn socket_turns(data: &[u8]) {
    let [cuts, messages @ ..] = data else {
        return;
    };
    let (mut whole, mut in_pieces) = (TurnTap::default(), TurnTap::default());
    for message in messages.split(|byte| *byte == b'\n') {
        let seen = whole.observe_event(message);
        pieces(*cuts, message).for_each(|piece| in_pieces.observe(piece));
        assert_eq!(seen, in_pieces.end_event());
    }
    assert_eq!(whole.finish(), in_pieces.finish());
}

/// No credential of a query is sent on, nothing that the engine keeps for itself is served, and what is
/// sent on is read as it was. Path and query, as in the first line of a request.
pub fn first_line(data: &[u8]) {
    let _ = without_scheme(data);
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let left = query::without_credentials(query);
    assert_eq!(query::credential(&left), None);
    for method in [Method::GET, Method::POST] {
        let Ok(route) = route::classify(&method, path, &HeaderMap::new()) else {
            continue;
        };
        assert!(!route.endpoint.chars().any(char::is_control));
        let again = route::classify(&method, &route.path, &HeaderMap::new());
        assert_eq!(again.as_ref(), Ok(&route));
    }
}

/// The bytes in pieces of changing lengths.
fn pieces(cuts: u8, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    let mut length = usize::from(cuts);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        length = length.wrapping_mul(5).wrapping_add(3) % 61;
        let (piece, tail) = rest.split_at(length.clamp(1, rest.len()));
        rest = tail;
        Some(piece)
    })
}
