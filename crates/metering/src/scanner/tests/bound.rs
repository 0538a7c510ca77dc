//! The bound that a request sets on its answer.

use http::HeaderMap;

use super::super::{BodyKind, Bound, BoundForm, ModelScanner};
use super::{LIMIT, headers, scanner};
use crate::BodyForm;

/// The bound of a whole body, which is the same for every chunk size.
fn bound(form: BoundForm, body: &str) -> Bound {
    let scan = |size| {
        let kind = BodyKind {
            form: BodyForm::PlainJson,
            bound: form,
            limit: LIMIT,
            is_limited: false,
        };
        let mut scanner = ModelScanner::for_request(kind, &HeaderMap::new()).unwrap();
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
        video_seconds: None,
        is_certain: true,
    }
}

fn uncertain(max_output_tokens: impl Into<Option<u64>>, choices: u64) -> Bound {
    Bound {
        is_certain: false,
        ..of(max_output_tokens, choices)
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_protocol_has_its_own_bound() {
    use BoundForm::{Chat, Completions, Gemini, Images, Messages, Nothing, Responses};
    let cases = [
        (Chat, r#"{"messages":[],"max_tokens":7}"#, of(7, 1)),
        (
            Chat,
            r#"{"messages":[],"max_completion_tokens":7,"n":3}"#,
            of(7, 3),
        ),
        (
            Chat,
            r#"{"messages":[],"max_tokens":7,"max_completion_tokens":9}"#,
            of(9, 1),
        ),
        (
            Chat,
            r#"{"messages":[],"max_output_tokens":7}"#,
            of(None, 1),
        ),
        (
            Chat,
            r#"{"messages":[],"max_tokens":7,"generationConfig":{"candidateCount":9}}"#,
            uncertain(7, 1),
        ),
        (
            Completions,
            r#"{"max_tokens":7,"n":2,"best_of":5}"#,
            of(7, 5),
        ),
        (Completions, r#"{"max_completion_tokens":7}"#, of(None, 1)),
        (
            Responses,
            r#"{"max_output_tokens":7,"max_tokens":9,"n":4}"#,
            of(7, 1),
        ),
        (Responses, r#"{"max_tokens":7}"#, of(None, 1)),
        (Messages, r#"{"max_tokens":7,"n":9}"#, of(7, 1)),
        (
            Messages,
            r#"{"max_output_tokens":7,"max_completion_tokens":7}"#,
            of(None, 1),
        ),
        (
            Gemini,
            r#"{"generationConfig":{"candidateCount":2,"maxOutputTokens":7},"max_tokens":1,"n":9}"#,
            of(7, 2),
        ),
        (
            Gemini,
            r#"{"max_tokens":7,"maxOutputTokens":7}"#,
            of(None, 1),
        ),
        (Images, r#"{"n":4,"max_tokens":7}"#, of(None, 4)),
        (
            Nothing,
            r#"{"max_tokens":7,"max_output_tokens":7,"n":3}"#,
            of(None, 1),
        ),
    ];
    for (form, body, expected) in cases {
        assert_eq!(bound(form, body), expected, "{form:?} {body}");
    }
}

#[test]
fn a_chat_request_without_messages_is_bounded_as_the_engine_converts_it() {
    let cases = [
        (r#"{"input":"a","max_tokens":7}"#, of(None, 1)),
        (r#"{"instructions":"a","max_tokens":7}"#, of(None, 1)),
        (
            r#"{"max_tokens":7,"max_output_tokens":9,"n":5,"input":[]}"#,
            of(9, 1),
        ),
        (r#"{"max_tokens":7,"input":[],"messages":null}"#, of(7, 1)),
        (r#"{"max_tokens":7}"#, of(7, 1)),
    ];
    for (body, expected) in cases {
        assert_eq!(bound(BoundForm::Chat, body), expected, "{body}");
    }
}

#[test]
fn only_positive_integers_are_certain_bounds() {
    for number in [
        "-1",
        "0",
        "2.5",
        "60000.5",
        "1e3",
        "12.0",
        "1e300",
        "100000001",
        "99999999999999999999",
        "null",
        "true",
        "\"7\"",
        "\"60000\"",
        "[7]",
        "{}",
        "{\"a\":7}",
        "007",
    ] {
        let is_believed = |form, body: String| {
            let bound = bound(form, &body);
            bound.is_certain && bound.max_output_tokens.is_some()
        };
        let body = format!(r#"{{"messages":[],"max_tokens":{number}}}"#);
        assert!(!is_believed(BoundForm::Chat, body), "{number}");
        let body = format!(r#"{{"messages":[],"max_tokens":7,"n":{number}}}"#);
        assert!(!is_believed(BoundForm::Chat, body), "n: {number}");
        let body = format!(r#"{{"generationConfig":{{"maxOutputTokens":{number}}}}}"#);
        assert!(!is_believed(BoundForm::Gemini, body), "Gemini: {number}");
    }
}

#[test]
fn an_uncertain_number_is_used_for_the_estimate() {
    let chat = |body| bound(BoundForm::Chat, body);

    assert_eq!(
        chat(r#"{"messages":[],"max_tokens":"60000"}"#),
        uncertain(60000, 1)
    );
    assert_eq!(
        chat(r#"{"messages":[],"max_tokens":1e3,"n":"4"}"#),
        uncertain(1000, 4)
    );
    assert_eq!(
        chat(r#"{"messages":[],"max_tokens":60000.5}"#),
        uncertain(None, 1)
    );
}

#[test]
fn a_repeated_member_is_uncertain_and_counts_at_its_greatest() {
    let cases = [
        (
            BoundForm::Chat,
            r#"{"messages":[],"max_tokens":9,"max_tokens":5,"n":1,"n":4,"n":2}"#,
            uncertain(9, 4),
        ),
        (
            BoundForm::Chat,
            r#"{"messages":[],"max_tokens":9,"max\u005ftokens":11}"#,
            uncertain(11, 1),
        ),
        (
            BoundForm::Gemini,
            r#"{"generationConfig":{"maxOutputTokens":5},"generationConfig":{}}"#,
            uncertain(5, 1),
        ),
        (
            BoundForm::Gemini,
            r#"{"generationConfig":{"maxOutputTokens":5,"maxOutputTokens":9}}"#,
            uncertain(9, 1),
        ),
    ];
    for (form, body, expected) in cases {
        assert_eq!(bound(form, body), expected, "{body}");
    }
}

#[test]
fn another_spelling_next_to_a_bound_makes_it_uncertain() {
    for key in [
        "Max_Tokens",
        "MAX_TOKENS",
        "maxTokens",
        "max_Completion_Tokens",
        "N",
        "bestOf",
    ] {
        let body = format!(r#"{{"messages":[],"max_tokens":5,"{key}":60000}}"#);
        assert_eq!(bound(BoundForm::Chat, &body), uncertain(5, 1), "{key}");
    }
    for key in ["max_output_tokens", "MaxOutputTokens", "candidate_count"] {
        let body = format!(r#"{{"generationConfig":{{"maxOutputTokens":5,"{key}":60000}}}}"#);
        assert_eq!(bound(BoundForm::Gemini, &body), uncertain(5, 1), "{key}");
    }
    let body =
        r#"{"generationConfig":{"maxOutputTokens":5},"generation_config":{"max_output_tokens":9}}"#;
    assert_eq!(bound(BoundForm::Gemini, body), uncertain(5, 1));
}

#[test]
fn a_bound_in_an_array_is_ignored() {
    let body = r#"{"generationConfig":[{"maxOutputTokens":5}]}"#;
    assert!(!bound(BoundForm::Gemini, body).is_certain);
    assert_eq!(bound(BoundForm::Chat, r#"[{"max_tokens":5}]"#), of(None, 1));
}

#[test]
fn bounds_elsewhere_are_ignored() {
    let body = r#"{"model":"m","messages":[{"n":2,"max_tokens":7}],"tools":{"max_tokens":7},
        "generationConfig":{"thinkingConfig":{"maxOutputTokens":7}}}"#;

    assert_eq!(bound(BoundForm::Chat, body), uncertain(None, 1));
    assert_eq!(bound(BoundForm::Gemini, body), of(None, 1));
}

#[test]
fn bounds_of_invalid_bodies_are_ignored() {
    for body in [
        r#"{"max_tokens":1,"a":},"max_tokens":900}"#,
        r#"{"max_tokens":1}{"max_tokens":900}"#,
        r#""{"{"max_tokens":1}"#,
        r#"x{"max_tokens":1}"#,
    ] {
        assert_eq!(bound(BoundForm::Messages, body), of(None, 1), "{body}");
    }
    let body = "{\"max_tokens\":1,\"a\u{1}\":2}";
    assert_eq!(bound(BoundForm::Messages, body), of(None, 1));
}

#[test]
fn the_bound_is_read_when_the_model_is_ambiguous() {
    let body = r#"{"Model":"a","model":5,"max_tokens":7}"#;

    assert_eq!(bound(BoundForm::Messages, body), of(7, 1));
}

#[test]
fn the_bound_is_known_at_the_end_of_the_document() {
    let mut scanner = scanner(BodyForm::Json, &HeaderMap::new()).unwrap();
    for piece in [r#"{"model":"m","#, r#""max_tokens":7,"#, r#""n":2"#] {
        scanner.observe(piece.as_bytes());
        assert!(!scanner.is_bound_known(), "after {piece}");
    }

    scanner.observe(b"}");

    assert!(scanner.is_bound_known() && scanner.is_whole());
}

#[test]
fn an_unreadable_bound_is_not_awaited() {
    let broken = {
        let mut scanner = ModelScanner::for_message(false);
        scanner.observe(b"{no JSON");
        scanner
    };
    let form = headers("multipart/form-data; boundary=b", "");
    let multipart = scanner(BodyForm::ImageEdit, &form).unwrap();

    for scanner in [broken, multipart] {
        assert!(scanner.is_bound_known());
        assert_eq!(scanner.bound(), of(None, 1));
    }
}

#[test]
fn a_form_has_the_number_of_images() {
    let bound = |values: &[&str]| {
        let part = |value: &&str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n{value}\r\n")
        };
        let body: String = values.iter().map(part).collect();
        let form = headers("multipart/form-data; boundary=b", "");
        let mut scanner = scanner(BodyForm::ImageEdit, &form).unwrap();
        scanner.observe(body.as_bytes());
        scanner.observe(b"--b--\r\n");
        scanner.bound()
    };

    assert_eq!(bound(&["4"]), of(None, 4));
    assert_eq!(bound(&["2", "9", "3"]), of(None, 9));
    assert_eq!(bound(&["four"]), uncertain(None, 1));
    assert_eq!(bound(&[]), of(None, 1));
}

#[test]
fn the_length_of_a_video_is_read_under_either_name() {
    let of = |body| bound(BoundForm::Videos, body).video_seconds;

    assert_eq!(of(r#"{"model":"m","duration":7}"#), Some(7));
    assert_eq!(of(r#"{"seconds":"12","model":"m"}"#), Some(12));
    // One of them counts: the longer.
    assert_eq!(of(r#"{"seconds":3,"duration":9}"#), Some(9));
    assert_eq!(of(r#"{"model":"m"}"#), None);
    assert_eq!(of(r#"{"duration":"long"}"#), None);
    assert_eq!(
        bound(BoundForm::Images, r#"{"duration":7,"n":2}"#),
        of_images(2)
    );
}

fn of_images(choices: u64) -> Bound {
    Bound {
        choices,
        ..Bound::default()
    }
}
