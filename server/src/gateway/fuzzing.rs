//! The readers of what passes, as a fuzzer calls them.

use std::io::{Read as _, Write as _};

use axum::http::{
    HeaderMap, HeaderValue, Method,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use http_body_util::BodyExt as _;
use metering::{
    BodyForm, BodyKind, BoundForm, EstimatedUsage, ModelScanner, Observation, Protocol, ScanResult,
    Tap, Tokens, TurnTap,
};
use serde_json::Value;
use uuid::Uuid;

use super::{
    admission::names,
    authenticate::without_scheme,
    headers,
    memory::Memory,
    model::{self, ReadLimits, RequestedModel},
    route::{self, query},
};
use crate::domain::model_name::{is_any_model, routed_as};

/// A route's body, and what its headers say that it is.
const BODIES: [(BodyForm, &str, &str); 7] = [
    (BodyForm::Json, "application/json", ""),
    (BodyForm::Json, "application/json", "zstd"),
    (BodyForm::PlainJson, "text/plain", "identity"),
    (BodyForm::ImageEdit, "multipart/form-data; boundary=b", ""),
    (BodyForm::Video, "multipart/form-data; boundary=\"b\"", ""),
    (BodyForm::Video, "application/json", "identity"),
    (BodyForm::Video, "application/x-www-form-urlencoded", ""),
];
/// Where a body says how much it may be answered, and the member in which it does.
const BOUNDS: [(BoundForm, &str); 4] = [
    (BoundForm::Messages, "/max_tokens"),
    (BoundForm::Completions, "/max_tokens"),
    (BoundForm::Responses, "/max_output_tokens"),
    (BoundForm::Gemini, "/generationConfig/maxOutputTokens"),
];
/// The most that a compressed body may open to, in bytes.
const MOST_OPENED: u64 = 1024 * 1024;
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

/// The model of a body and its bound are the same however the body is cut, and those that others read. Two bytes choose
/// the form and the cuts.
pub fn model_scanner(data: &[u8]) {
    let [form, cuts, body @ ..] = data else {
        return;
    };
    let (member, whole) = scanned(*form, None, body);
    let (_, in_pieces) = scanned(*form, Some(*cuts), body);
    let verdict = whole.finish();
    assert_eq!(verdict, in_pieces.finish());
    assert_eq!(whole.is_whole(), in_pieces.is_whole());
    if whole.error().is_none() && in_pieces.error().is_none() {
        assert_eq!(whole.bound(), in_pieces.bound());
    }
    if verdict != ScanResult::Ambiguous {
        assert_eq!(whole.kind(), in_pieces.kind());
    }
    assert_ne!(verdict, ScanResult::NeedMore);
    let Ok(Value::Object(read)) = serde_json::from_slice(body) else {
        return;
    };
    if let ScanResult::Found(model) = verdict {
        let said = read.get("model").and_then(Value::as_str).map(str::trim);
        assert_eq!(said, Some(model.trim()));
    }
    let bound = whole.bound();
    if bound.is_certain
        && let Some(tokens) = bound.max_output_tokens
    {
        let said = Value::Object(read).pointer(member).and_then(Value::as_u64);
        assert_eq!(said, Some(tokens));
    }
}

fn scanned(choice: u8, cuts: Option<u8>, body: &[u8]) -> (&'static str, ModelScanner) {
    let choice = usize::from(choice);
    let (form, kind, encoding) = BODIES[choice % BODIES.len()];
    let (bound, member) = BOUNDS[choice / BODIES.len() % BOUNDS.len()];
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_ENCODING, HeaderValue::from_static(encoding)),
    ]);
    let kind = BodyKind {
        form,
        bound,
        limit: MOST_OPENED,
        is_limited: false,
    };
    let Ok(mut scanner) = ModelScanner::for_request(kind, &headers) else {
        unreachable!("these headers say what the body is")
    };
    match cuts {
        None => scanner.observe(body),
        Some(cuts) => pieces(cuts, body).for_each(|piece| scanner.observe(piece)),
    }
    (member, scanner)
}

/// A compressed body opens to the same however it is cut, to what the library opens it to in one go, and to no more than
/// is granted. A byte chooses the cuts.
pub fn decompression(data: &[u8]) {
    let [cuts, body @ ..] = data else {
        return;
    };
    let (_, whole) = scanned(1, None, body);
    let (_, in_pieces) = scanned(1, Some(*cuts), body);
    for scanner in [&whole, &in_pieces] {
        let opened = scanner.opened_bytes().unwrap_or_default();
        // One step may have gone beyond.
        assert!(opened <= MOST_OPENED + 64 * 1024, "{opened}");
    }
    assert_eq!(whole.finish(), in_pieces.finish());
    let error = whole.error_at_end();
    assert_eq!(error.is_some(), in_pieces.error_at_end().is_some());
    match opened_at_once(body) {
        Some(opened) if opened.len() as u64 <= MOST_OPENED => {
            assert_eq!(error, None);
            assert_eq!(whole.opened_bytes(), Some(opened.len() as u64));
            let (_, plain) = scanned(0, None, &opened);
            assert_eq!(whole.finish(), plain.finish());
        }
        // Too large, or broken just beyond the limit.
        Some(_) | None => assert_ne!(error, None),
    }
}

/// What the library makes of a body, up to one byte more than is granted. No body is no frame to it, and no error to us.
fn opened_at_once(body: &[u8]) -> Option<Vec<u8>> {
    let mut opened = Vec::new();
    if body.is_empty() {
        return Some(opened);
    }
    let mut decoder = ::zstd::stream::read::Decoder::new(body).ok()?;
    decoder.window_log_max(23).ok()?;
    decoder
        .take(MOST_OPENED + 1)
        .read_to_end(&mut opened)
        .ok()?;
    Some(opened)
}

/// What admission reads of a request, as far as limits depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionReading {
    /// The name that is routed by; `None` when the request names none.
    pub model: Option<String>,
    /// The most tokens of one answer, when that is certain.
    pub max_output_tokens: Option<u64>,
    /// How many answers are asked for.
    pub choices: u64,
}

/// Reads a request as admission does for a caller whose limits depend on everything; `None` when it is refused.
pub async fn read_request(
    method: &Method,
    path: &str,
    mut headers: HeaderMap,
    body: Vec<u8>,
) -> Option<AdmissionReading> {
    headers::from_client(&mut headers).ok()?;
    let route = route::classify(method, path, &headers).ok()?;
    let limits = ReadLimits {
        max_body_bytes: 64 * 1024 * 1024,
        memory: &Memory::with_kib(256 * 1024).of(Uuid::nil(), 64 * 1024 * 1024),
        is_restricted: true,
        needs_bound: true,
    };
    let (asked, upload) = model::read(&route, &headers, body.into(), limits)
        .await
        .ok()?;
    // What follows the document is under watch.
    upload.collect().await.ok()?;
    let model = match asked.model {
        RequestedModel::Named(name) => Some(routed_as(names(route.dialect), &name)),
        RequestedModel::Missing | RequestedModel::NotNeeded => None,
        RequestedModel::Ambiguous => return None,
    };
    if model.as_deref().is_some_and(is_any_model) {
        return None;
    }
    let certain = Some(asked.bound).filter(|bound| bound.is_certain);
    Some(AdmissionReading {
        model,
        max_output_tokens: certain.and_then(|bound| bound.max_output_tokens),
        choices: asked.bound.choices,
    })
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
        let expected = Tokens {
            input: 1,
            output: 1,
            ..Tokens::default()
        };
        let tokens = EstimatedUsage::of(seen, is_whole, expected).tokens;
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
