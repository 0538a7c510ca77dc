//! The tokens of answers of every known shape, whole and in pieces, plain and compressed.

use std::{fs, io::Write as _, path::PathBuf};

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use proptest::prelude::*;
use serde::Deserialize;

use super::{MAX_INPUT_TOKENS, MeteredUsage};
use crate::tap::{Observation, Tap};
use crate::{Protocol, tokens::Tokens};

/// The expected tokens of every request here.
const EXPECTED: Tokens = Tokens {
    input: 7,
    cache_read: 0,
    cache_write: 0,
    cache_write_1h: 0,
    output: 1000,
    reasoning: 0,
    media: crate::MediaCounts::NONE,
};

/// One line of `tests/golden/shapes/shapes.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shape {
    file: String,
    protocol: String,
    content_type: String,
    /// Input, read from a cache, written to a cache, output, reasoning.
    tokens: [i64; 5],
    /// Of those written to a cache, kept for an hour.
    #[serde(default)]
    cache_write_1h: i64,
    source: String,
    error: Option<String>,
    #[serde(default = "yes")]
    ended: bool,
    /// Where the shape is documented.
    documentation: String,
}

fn yes() -> bool {
    true
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/shapes")
}

fn shapes() -> Vec<(Shape, Vec<u8>)> {
    let list = fs::read(folder().join("shapes.json")).unwrap();
    let list: Vec<Shape> = serde_json::from_slice(&list).unwrap();
    let read = |shape: Shape| {
        let answer = fs::read(folder().join(&shape.file)).unwrap();
        (shape, answer)
    };
    list.into_iter().map(read).collect()
}

impl Shape {
    fn protocol(&self) -> Protocol {
        let mut protocols = Protocol::ALL.into_iter();
        protocols
            .find(|known| known.spec().name == self.protocol)
            .unwrap()
    }

    fn observe<'a>(&self, coding: &str, pieces: impl Iterator<Item = &'a [u8]>) -> Observation {
        let mut tap = Tap::new(self.protocol(), &self.content_type, coding);
        pieces.for_each(|piece| tap.observe(piece));
        tap.finish()
    }

    /// The usage that the gateway records.
    fn usage(&self, seen: &Observation) -> MeteredUsage {
        MeteredUsage::of_answer(self.protocol(), seen, true, EXPECTED)
    }
}

/// Chunks of varying lengths.
fn pieces(bytes: &[u8], seed: usize) -> impl Iterator<Item = &[u8]> {
    let (mut rest, mut length) = (bytes, seed);
    std::iter::from_fn(move || {
        length = length.wrapping_mul(31).wrapping_add(17) % 97;
        let (piece, tail) = rest.split_at(length.clamp(1, rest.len().max(1)).min(rest.len()));
        rest = tail;
        (!piece.is_empty()).then_some(piece)
    })
}

fn compressed(bytes: &[u8]) -> [(&'static str, Vec<u8>); 4] {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
    // Flushed after each event, like a stream.
    for event in bytes.chunks(200) {
        gzip.write_all(event).unwrap();
        gzip.flush().unwrap();
        zlib.write_all(event).unwrap();
        bare.write_all(event).unwrap();
    }
    [
        ("gzip", gzip.finish().unwrap()),
        ("deflate", zlib.finish().unwrap()),
        ("Deflate", bare.finish().unwrap()),
        ("zstd", zstd::encode_all(bytes, 3).unwrap()),
    ]
}

#[test]
fn every_shape_counts_as_documented() {
    for (shape, answer) in shapes() {
        let name = &shape.file;
        assert!(!shape.documentation.is_empty(), "{name}");
        let seen = shape.observe("", [answer.as_slice()].into_iter());

        let usage = shape.usage(&seen);

        let tokens = usage.tokens;
        let buckets = [
            tokens.input,
            tokens.cache_read,
            tokens.cache_write,
            tokens.output,
            tokens.reasoning,
        ];
        assert_eq!(buckets, shape.tokens, "{name}: {seen:?}");
        assert_eq!(tokens.cache_write_1h, shape.cache_write_1h, "{name}");
        let is_estimated = shape.source != "WIRE";
        assert_eq!(usage.is_estimated, is_estimated, "{name}: {seen:?}");
        assert_eq!(seen.error_code, shape.error, "{name}");
        assert_eq!(seen.ended, shape.ended, "{name}");
    }
}

#[test]
fn every_shape_counts_the_same_in_pieces() {
    for (shape, answer) in shapes() {
        let whole = shape.observe("", [answer.as_slice()].into_iter());
        assert_eq!(shape.observe("", answer.chunks(1)), whole, "{}", shape.file);
        for seed in 0..20 {
            let seen = shape.observe("", pieces(&answer, seed));
            assert_eq!(seen, whole, "{} cut by {seed}", shape.file);
        }
    }
}

#[test]
fn every_shape_counts_the_same_compressed() {
    for (shape, answer) in shapes() {
        let whole = shape.observe("", [answer.as_slice()].into_iter());
        for (coding, bytes) in compressed(&answer) {
            let name = format!("{} as {coding}", shape.file);
            let seen = shape.observe(coding, [bytes.as_slice()].into_iter());
            assert_eq!(seen, whole, "{name}");
            assert_eq!(shape.observe(coding, bytes.chunks(1)), whole, "{name}");
            assert_eq!(shape.observe(coding, pieces(&bytes, 5)), whole, "{name}");
        }
    }
}

#[test]
fn brotli_is_read_as_it_streams() {
    for name in ["openai/chat-tools.sse", "anthropic/compaction.sse"] {
        let mut shapes = shapes().into_iter();
        let (shape, answer) = shapes.find(|(shape, _)| shape.file == name).unwrap();
        let bytes = fs::read(folder().join(format!("{name}.br"))).unwrap();
        let whole = shape.observe("", [answer.as_slice()].into_iter());

        assert_eq!(shape.observe("br", bytes.chunks(1)), whole);

        // The end of the answer is read before the end of the compressed stream.
        let mut tap = Tap::new(shape.protocol(), &shape.content_type, "br");
        tap.observe(&bytes[..bytes.len() - 1]);
        assert!(tap.has_ended() && tap.is_complete());
    }
}

#[test]
fn every_file_is_in_the_list() {
    let known: Vec<String> = shapes().into_iter().map(|(shape, _)| shape.file).collect();
    for provider in fs::read_dir(folder()).unwrap() {
        let provider = provider.unwrap().path();
        if !provider.is_dir() {
            continue;
        }
        for file in fs::read_dir(&provider).unwrap() {
            let file = file.unwrap().path();
            let name = file.strip_prefix(folder()).unwrap().to_str().unwrap();
            let name = name.trim_end_matches(".br");
            assert!(known.iter().any(|known| known == name), "{name}");
        }
    }
}

#[test]
fn an_answer_that_cannot_be_decompressed_is_estimated_by_its_length() {
    let mut tap = Tap::new(Protocol::OpenaiChat, "application/json", "compress");
    tap.observe(&[0; 300]);
    let usage = MeteredUsage::of_answer(Protocol::OpenaiChat, &tap.finish(), true, EXPECTED);
    assert_eq!((usage.tokens.input, usage.tokens.output), (7, 300));
    assert!(usage.is_estimated);

    let mut tap = Tap::new(Protocol::OpenaiChat, "application/json", "gzip, br");
    tap.observe(&vec![0; 1 << 20]);
    let usage = MeteredUsage::of_answer(Protocol::OpenaiChat, &tap.finish(), true, EXPECTED);
    assert_eq!(usage.tokens.output, EXPECTED.output);

    for coding in ["gzip", "deflate", "zstd", "br"] {
        let mut tap = Tap::new(Protocol::OpenaiChat, "application/json", coding);
        tap.observe(b"\xff\xff this is not the declared encoding \xff\xff\xff");
        tap.observe(b"nor is this");
        let usage = MeteredUsage::of_answer(Protocol::OpenaiChat, &tap.finish(), true, EXPECTED);
        assert!(usage.is_estimated, "{coding}");
        assert!(usage.tokens.output > 0, "{coding}");
    }
}

#[test]
fn a_decompression_bomb_is_not_decompressed_further() {
    let text = vec![b'a'; 1 << 16];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(b"{\"choices\":[{\"message\":{\"content\":\"")
        .unwrap();
    for _ in 0..1024 {
        gzip.write_all(&text).unwrap();
    }
    let bomb = gzip.finish().unwrap();
    let mut tap = Tap::new(Protocol::OpenaiChat, "application/json", "gzip");

    bomb.chunks(4096).for_each(|piece| tap.observe(piece));

    let seen = tap.finish();
    assert!(seen.undecoded_bytes > 0);
    assert!(seen.text_bytes < 16 << 20, "{}", seen.text_bytes);
    assert!(MeteredUsage::of_answer(Protocol::OpenaiChat, &seen, true, EXPECTED).is_estimated);
}

#[test]
fn a_request_without_an_answer_is_estimated_by_its_body() {
    let usage = MeteredUsage::without_answer(EXPECTED);
    assert_eq!((usage.tokens.input, usage.tokens.output), (7, 0));

    let absurd = Tokens {
        input: i64::MAX,
        ..EXPECTED
    };
    assert_eq!(
        MeteredUsage::without_answer(absurd).tokens.input,
        MAX_INPUT_TOKENS
    );
}

fn some_tokens() -> impl Strategy<Value = Option<Tokens>> {
    let count = prop_oneof![Just(0), 0..100_000_000_i64];
    prop::option::of(prop::array::uniform5(count).prop_map(
        |[input, cache_read, cache_write, output, reasoning]| Tokens {
            input,
            cache_read,
            cache_write,
            cache_write_1h: 0,
            output,
            reasoning,
            ..Tokens::default()
        },
    ))
}

proptest! {
    #[test]
    fn output_is_never_free_and_reported_counts_are_never_lowered(
        tokens in some_tokens(),
        text_bytes in 0..1_000_000_u64,
        media_bytes in prop_oneof![Just(0), 1..1_000_000_u64],
        undecoded_bytes in prop_oneof![Just(0), 1..1_000_000_u64],
        ended: bool,
        is_whole: bool,
        is_error: bool,
        expected in 0..100_000_i64,
    ) {
        let written = text_bytes + media_bytes + undecoded_bytes;
        let seen = Observation {
            tokens,
            ended,
            error_code: is_error.then(|| "error".to_owned()),
            text_bytes,
            media_bytes,
            undecoded_bytes,
            uncounted_bytes: written,
            body_bytes: written,
            ..Observation::default()
        };

        let usage = MeteredUsage::of_answer(Protocol::OpenaiChat, &seen, is_whole, Tokens { input: 1, output: expected, ..EXPECTED });

        let reported = tokens.unwrap_or_default();
        let used = usage.tokens;
        prop_assert!(used.are_credible());
        if written > 0 {
            prop_assert!(used.output + used.reasoning > 0);
            prop_assert!(used.total() > 1);
        }
        prop_assert!(used.input >= reported.input && used.cache_read == reported.cache_read);
        prop_assert!(used.output >= reported.output && used.reasoning == reported.reasoning);
    }
}
