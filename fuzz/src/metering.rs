//! Properties of `metering` for every input. A target panics where one does not hold.

use std::io::{Read as _, Write as _};

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use metering::{
    BodyForm, BodyKind, BoundForm, MeteredUsage, ModelScanner, Observation, Protocol, ScanResult,
    Tap, Tokens, TurnTap,
};
use serde_json::Value;

/// The form of a body, its content type and its content encoding.
const BODIES: [(BodyForm, &str, &str); 7] = [
    (BodyForm::Json, "application/json", ""),
    (BodyForm::Json, "application/json", "zstd"),
    (BodyForm::PlainJson, "text/plain", "identity"),
    (BodyForm::ImageEdit, "multipart/form-data; boundary=b", ""),
    (BodyForm::Video, "multipart/form-data; boundary=\"b\"", ""),
    (BodyForm::Video, "application/json", "identity"),
    (BodyForm::Video, "application/x-www-form-urlencoded", ""),
];
/// The form of a bound, and the member with the number.
const BOUNDS: [(BoundForm, &str); 4] = [
    (BoundForm::Messages, "/max_tokens"),
    (BoundForm::Completions, "/max_tokens"),
    (BoundForm::Responses, "/max_output_tokens"),
    (BoundForm::Gemini, "/generationConfig/maxOutputTokens"),
];
/// The largest decompressed size, in bytes.
const MAX_DECOMPRESSED_BYTES: u64 = 1024 * 1024;
/// The content type and the content encoding of an answer.
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
/// The greatest credible total.
const MAX_TOKENS: i64 = 1_000_000_000;

/// The model and the bound of a body do not depend on the chunks, and equal those of `serde_json`. Two bytes choose the form
/// and the chunks.
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
        limit: MAX_DECOMPRESSED_BYTES,
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

/// A decompressed body does not depend on the chunks, equals that of the library, and is within the limit. A byte chooses
/// the chunks.
pub fn decompression(data: &[u8]) {
    let [cuts, body @ ..] = data else {
        return;
    };
    let (_, whole) = scanned(1, None, body);
    let (_, in_pieces) = scanned(1, Some(*cuts), body);
    for scanner in [&whole, &in_pieces] {
        let opened = scanner.decompressed_bytes().unwrap_or_default();
        // The last step may exceed the limit.
        assert!(opened <= MAX_DECOMPRESSED_BYTES + 64 * 1024, "{opened}");
    }
    assert_eq!(whole.finish(), in_pieces.finish());
    let error = whole.error_at_end();
    assert_eq!(error.is_some(), in_pieces.error_at_end().is_some());
    match decompressed_at_once(body) {
        Some(opened) if opened.len() as u64 <= MAX_DECOMPRESSED_BYTES => {
            assert_eq!(error, None);
            assert_eq!(whole.decompressed_bytes(), Some(opened.len() as u64));
            let (_, plain) = scanned(0, None, &opened);
            assert_eq!(whole.finish(), plain.finish());
        }
        // Too large, or invalid just beyond the limit.
        Some(_) | None => assert_ne!(error, None),
    }
}

/// The library's result, up to one byte over the limit. An empty body is no error here, though it is no frame.
fn decompressed_at_once(body: &[u8]) -> Option<Vec<u8>> {
    let mut opened = Vec::new();
    if body.is_empty() {
        return Some(opened);
    }
    let mut decoder = ::zstd::stream::read::Decoder::new(body).ok()?;
    decoder.window_log_max(23).ok()?;
    decoder
        .take(MAX_DECOMPRESSED_BYTES + 1)
        .read_to_end(&mut opened)
        .ok()?;
    Some(opened)
}

/// The usage of an answer does not depend on chunks and compression, is credible, and is not zero when there is output.
/// Three bytes choose the protocol, the framing and the chunks.
pub fn usage_taps(data: &[u8]) {
    let [protocol, kind, cuts, answer @ ..] = data else {
        return;
    };
    let protocol = Protocol::ALL[usize::from(*protocol) % Protocol::ALL.len()];
    let (kind, coding) = KINDS[usize::from(*kind) % KINDS.len()];
    // Most inputs are invalid compressed data: they must not panic, in any chunks.
    let mut tap = Tap::new(protocol, kind, coding);
    pieces(*cuts, answer).for_each(|piece| tap.observe(piece));
    check_usage(protocol, &tap.finish());
    let mut whole = Tap::new(protocol, kind, "");
    let mut in_pieces = Tap::new(protocol, kind, "");
    whole.observe(answer);
    pieces(*cuts, answer).for_each(|piece| in_pieces.observe(piece));
    assert_eq!(whole.has_ended(), in_pieces.has_ended());
    assert_eq!(whole.is_between_events(), in_pieces.is_between_events());
    let seen = whole.finish();
    assert_eq!(seen, in_pieces.finish());
    check_usage(protocol, &seen);
    if let Some(bytes) = compressed(coding, answer) {
        let mut opened = Tap::new(protocol, kind, coding);
        pieces(*cuts, &bytes).for_each(|piece| opened.observe(piece));
        assert_eq!(seen, opened.finish());
    }
}

/// Counts are credible, and output is never free.
fn check_usage(protocol: Protocol, seen: &Observation) {
    if let Some(tokens) = seen.tokens {
        assert!((0..=MAX_TOKENS).contains(&tokens.total()), "{tokens:?}");
    }
    for is_whole in [true, false] {
        let expected = Tokens {
            input: 1,
            output: 1,
            ..Tokens::default()
        };
        let tokens = MeteredUsage::of_answer(protocol, seen, is_whole, expected).tokens;
        assert!((0..=MAX_TOKENS).contains(&tokens.total()), "{tokens:?}");
        if seen.text_bytes + seen.media_bytes + seen.undecoded_bytes > 0 {
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

/// The turns of a WebSocket do not depend on the chunks of its messages. A byte chooses the chunks; lines are messages.
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

/// The bytes in chunks of varying lengths.
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
