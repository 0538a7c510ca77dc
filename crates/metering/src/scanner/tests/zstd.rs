//! Compressed bodies: opened as the engine opens them, within bounds.

use std::io::Write as _;

use super::super::{Bound, BoundForm, OpenError, ScanResult};
use super::{BodyKind, ModelScanner, found, headers, verdict};
use crate::BodyForm;

/// An empty frame that decompressors skip, with these bytes inside.
fn skippable(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [b"\x50\x2a\x4d\x18".as_slice(), &length, content].concat()
}

fn frame(content: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(content, 3).unwrap()
}

fn scan(limit: u64, body: &[u8]) -> ModelScanner {
    let kind = BodyKind {
        form: BodyForm::Json,
        bound: BoundForm::Messages,
        limit,
        is_limited: false,
    };
    let mut scanner = ModelScanner::for_request(kind, &headers("", "zstd")).unwrap();
    scanner.observe(body);
    scanner
}

fn zstd(body: &[u8]) -> ScanResult {
    verdict(BodyForm::Json, &headers("application/json", "ZSTD"), body)
}

#[test]
fn reads_compressed_json() {
    let json = format!(r#"{{"input":"{}","model":"m"}}"#, "x".repeat(300_000));

    assert_eq!(zstd(&frame(json.as_bytes())), found("m"));
    for empty in [b"".to_vec(), skippable(b"{"), frame(b" \n")] {
        assert_eq!(zstd(&empty), ScanResult::Absent, "{empty:?}");
    }
    assert_eq!(zstd(json.as_bytes()), ScanResult::Ambiguous);
}

#[test]
fn reads_all_frames_and_skips_what_is_to_be_skipped() {
    let bodies = [
        [frame(br#"{"model":"#), frame(br#""m"}"#)].concat(),
        [
            skippable(br#"{"model":"other"}"#),
            frame(br#"{"model":"m"}"#),
        ]
        .concat(),
        [
            frame(br#"{"model":"m"}"#),
            skippable(br#"{"model":"other"}"#),
        ]
        .concat(),
        [frame(b""), frame(br#"{"model":"m"}"#), frame(b"")].concat(),
        [
            frame(br#"{"model":"#),
            skippable(b""),
            frame(br#""m"}"#),
            frame(b" \n"),
        ]
        .concat(),
    ];
    for body in bodies {
        assert_eq!(zstd(&body), found("m"), "{body:?}");
    }
    let second = [frame(br#"{"model":"m"}"#), frame(br#"{"model":"n"}"#)].concat();
    assert_eq!(zstd(&second), ScanResult::Ambiguous);
}

#[test]
fn a_body_that_opens_to_whole_steps_is_whole() {
    for length in [16_384, 32_768, 131_072, 262_144, 524_288] {
        let json = format!(r#"{{"model":"m","a":"{}"}}"#, "x".repeat(length - 20));
        let body = frame(json.as_bytes());
        assert_eq!(json.len(), length);
        assert_eq!(zstd(&body), found("m"), "{length}");
        assert_eq!(scan(u64::MAX, &body).error_at_end(), None, "{length}");
    }
}

#[test]
fn refuses_what_is_not_whole() {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(br#"{"model":"m"}"#).unwrap();
    let body = encoder.finish().unwrap();

    assert_eq!(zstd(&body), found("m"));
    for cut in 1..body.len() {
        assert_eq!(zstd(&body[..cut]), ScanResult::Ambiguous, "cut at {cut}");
        let scanner = scan(u64::MAX, &body[..cut]);
        assert_eq!(
            scanner.error_at_end(),
            Some(OpenError::Unreadable),
            "cut at {cut}"
        );
    }
    let mut damaged = body.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(zstd(&damaged), ScanResult::Ambiguous);
    assert_eq!(
        zstd(&[body.as_slice(), b"xyz"].concat()),
        ScanResult::Ambiguous
    );
    assert_eq!(zstd(&skippable(b"abc")[..9]), ScanResult::Ambiguous);
}

#[test]
fn refuses_a_dictionary_and_a_window_without_end() {
    let dictionary = br#"{"model":"m","messages":[]}"#.repeat(20);
    let mut with = ::zstd::bulk::Compressor::with_dictionary(3, &dictionary).unwrap();
    let body = with.compress(br#"{"model":"m","messages":[]}"#).unwrap();
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(br#"{"model":"m"}"#).unwrap();
    let wide = encoder.finish().unwrap();

    assert_eq!(zstd(&body), ScanResult::Ambiguous);
    assert_eq!(scan(u64::MAX, &wide).error(), Some(OpenError::Unreadable));
}

#[test]
fn a_bomb_is_opened_no_further_than_its_limit() {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 19).unwrap();
    encoder.write_all(br#"{"model":"m","a":""#).unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..250 {
        encoder.write_all(&piece).unwrap();
    }
    encoder.write_all(br#""}"#).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 32 * 1024, "{} bytes", bomb.len());

    let scanner = scan(1 << 20, &bomb);

    assert_eq!(scanner.error(), Some(OpenError::TooLarge));
    assert!(scanner.opened_bytes().unwrap() <= (1 << 20) + 16 * 1024);
    assert_eq!(scanner.finish(), ScanResult::Ambiguous);
}

#[test]
fn one_turn_opens_no_more_than_its_share() {
    let body = frame(&vec![b' '; 8 << 20]);
    let kind = BodyKind {
        form: BodyForm::Json,
        bound: BoundForm::Nothing,
        limit: u64::MAX,
        is_limited: false,
    };
    let mut scanner = ModelScanner::for_request(kind, &headers("", "zstd")).unwrap();
    let (mut rest, mut before, mut turns) = (body.as_slice(), 0, 0);
    loop {
        let step = scanner.observe_some(rest);
        let opened = scanner.opened_bytes().unwrap();
        assert!(opened - before <= 256 * 1024 + 16 * 1024);
        (rest, before, turns) = (&rest[step.used..], opened, turns + 1);
        if step.is_done {
            break;
        }
    }

    assert!(turns >= 32, "{turns} turns");
    assert_eq!(before, 8 << 20);
    assert_eq!(scanner.error_at_end(), None);
}

#[test]
fn reads_the_bound_of_a_compressed_body() {
    let scanner = scan(u64::MAX, &frame(br#"{"model":"m","max_tokens":7}"#));
    let broken = scan(
        u64::MAX,
        &[frame(br#"{"max_tokens":1,"#), b"no frame".to_vec()].concat(),
    );

    assert!(scanner.is_whole());
    assert_eq!(scanner.bound().max_output_tokens, Some(7));
    assert_eq!(broken.bound(), Bound::default());
}
