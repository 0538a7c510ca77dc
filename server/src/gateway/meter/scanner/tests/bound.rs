//! How much a request may be answered.

use http::HeaderMap;

use super::super::{Bound, ModelScanner};
use super::headers;
use crate::gateway::route::BodyForm;

/// The bound at the end of the body, which is the same for every chunk size.
fn bound(body: &str) -> Bound {
    let scan = |size| {
        let mut scanner = ModelScanner::for_request(BodyForm::Json, &HeaderMap::new());
        let chunks = body.as_bytes().chunks(size);
        chunks.for_each(|chunk| scanner.observe(chunk));
        scanner.bound()
    };
    let whole = scan(body.len());
    for size in [1, 3, 7] {
        assert_eq!(scan(size), whole, "in chunks of {size}");
    }
    whole
}

fn of(max_output_tokens: impl Into<Option<u64>>, choices: u64) -> Bound {
    Bound {
        max_output_tokens: max_output_tokens.into(),
        choices,
    }
}

#[test]
fn finds_the_bound_of_every_protocol() {
    let cases = [
        (r#"{"model":"m"}"#, of(None, 1)),
        (r#"{"max_tokens":7,"model":"m"}"#, of(7, 1)),
        (r#"{"model":"m","max_completion_tokens":7,"n":3}"#, of(7, 3)),
        (r#"{"model":"m","max_output_tokens":7}"#, of(7, 1)),
        (
            r#"{"model":"m","n":2,"best_of":5,"max_tokens":0}"#,
            of(0, 5),
        ),
        (
            r#"{"contents":[],"generationConfig":{"candidateCount":2,"maxOutputTokens":7}}"#,
            of(7, 2),
        ),
        (
            r#"{"generation_config":{"max_output_tokens":7,"candidate_count":2}}"#,
            of(7, 2),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(bound(body), expected, "{body}");
    }
}

#[test]
fn reads_on_in_a_compressed_body_whose_model_is_ambiguous() {
    let body = br#"{"max_tokens":1,"Model":"a","max_tokens":900}"#;
    let opened = ::zstd::encode_all(body.as_slice(), 0).unwrap();
    let scan = |size| {
        let mut scanner = ModelScanner::for_request(BodyForm::Json, &headers("", "zstd"));
        // A frame of its own for each piece: each is opened by itself.
        for piece in body.chunks(size) {
            scanner.observe(&::zstd::encode_all(piece, 0).unwrap());
        }
        scanner.bound()
    };
    let mut whole = ModelScanner::for_request(BodyForm::Json, &headers("", "zstd"));
    whole.observe(&opened);

    assert_eq!(whole.bound(), of(900, 1));
    for size in [1, 7, 30] {
        assert_eq!(scan(size), of(900, 1), "in frames of {size}");
    }
}

#[test]
fn believes_no_bound_of_what_it_cannot_read() {
    assert_eq!(
        bound(r#"{"max_tokens":1,"a":},"max_tokens":900}"#),
        of(None, 1)
    );
    let mut scanner = ModelScanner::for_request(BodyForm::Json, &headers("", "zstd"));
    scanner.observe(&::zstd::encode_all(br#"{"max_tokens":1,"#.as_slice(), 0).unwrap());

    scanner.observe(b"no frame of zstd");

    assert_eq!(scanner.bound(), of(None, 1));
}

#[test]
fn takes_the_greatest_of_several() {
    let body = r#"{"max_tokens":9,"max_tokens":5,"max_completion_tokens":7,"n":1,"n":4,"n":2}"#;

    assert_eq!(bound(body), of(9, 4));
}

#[test]
fn takes_what_is_absurd_as_not_given() {
    for number in [
        "-1",
        "2.5",
        "1e300",
        "100000001",
        "null",
        "true",
        "\"7\"",
        "[]",
        "{}",
    ] {
        let body = format!(r#"{{"model":"m","max_tokens":{number},"n":{number}}}"#);
        assert_eq!(bound(&body), of(None, 1), "{number}");
    }
    assert_eq!(bound(r#"{"max_tokens":1e3,"n":0}"#), of(1000, 1));
}

#[test]
fn looks_at_no_other_place() {
    let body = r#"{"model":"m","messages":[{"n":2,"max_tokens":7}],"tools":{"max_tokens":7},
        "generationConfig":{"thinkingConfig":{"maxOutputTokens":7}}}"#;

    assert_eq!(bound(body), of(None, 1));
}

#[test]
fn reads_on_when_the_model_is_ambiguous() {
    let body = r#"{"Model":"a","model":5,"max_tokens":7}"#;

    assert_eq!(bound(body), of(7, 1));
}

#[test]
fn knows_the_bound_when_nothing_can_raise_it_any_more() {
    let mut scanner = ModelScanner::for_request(BodyForm::Json, &HeaderMap::new());
    for piece in [r#"{"model":"m","#, r#""max_tokens":7,"#, r#""n":2"#] {
        scanner.observe(piece.as_bytes());
        assert!(!scanner.is_bound_known(), "after {piece}");
    }

    scanner.observe(b"}");

    assert!(scanner.is_bound_known());
}

#[test]
fn waits_for_no_bound_that_it_cannot_read() {
    let broken = {
        let mut scanner = ModelScanner::for_message();
        scanner.observe(b"{no JSON");
        scanner
    };
    let opaque = ModelScanner::for_request(BodyForm::Json, &headers("", "br"));
    let form = headers("multipart/form-data; boundary=b", "");
    let multipart = ModelScanner::for_request(BodyForm::ImageEdit, &form);

    for scanner in [broken, opaque, multipart] {
        assert!(scanner.is_bound_known());
        assert_eq!(scanner.bound(), of(None, 1));
    }
}

#[test]
fn reads_the_bound_of_a_compressed_body() {
    let body = zstd::encode_all(br#"{"model":"m","max_tokens":7}"#.as_slice(), 1).unwrap();
    let mut scanner = ModelScanner::for_request(BodyForm::Json, &headers("", "zstd"));

    scanner.observe(&body);

    assert!(scanner.is_bound_known());
    assert_eq!(scanner.bound(), of(7, 1));
}
