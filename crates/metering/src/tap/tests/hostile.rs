//! Unusual, huge and invalid answers.

use crate::Protocol;
use proptest::prelude::*;

use super::super::{Observation, Tap};
use super::{EVENTS, JSON, observe};
use crate::tokens::Tokens;

fn chat(answer: &str) -> Observation {
    observe(Protocol::OpenaiChat, JSON, [answer.as_bytes()])
}

fn usage(usage: &str) -> Option<Tokens> {
    chat(&format!(r#"{{"usage":{usage}}}"#)).tokens
}

#[test]
fn finds_the_usage_behind_a_line_of_64_mebibytes() {
    let piece = "A".repeat(1 << 20);
    let mut tap = Tap::new(Protocol::OpenaiResponses, EVENTS, "");

    tap.observe(b"event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"result\":\"");
    for _ in 0..64 {
        tap.observe(piece.as_bytes());
    }
    tap.observe(b"\"}],\"usage\":{\"input_tokens\":7,\"output_tokens\":8}}}\n\n");

    let observation = tap.finish();
    assert!(observation.ended);
    assert_eq!(observation.tokens.unwrap().total(), 15);
}

#[test]
fn absurd_counts_are_ignored() {
    for count in [
        "-5",
        "-100000001",
        "100000001",
        "1.5e8",
        "9007199254740993",
        "1e300",
        "2.5",
        "\"-12\"",
        "\"1e3\"",
        "\"many\"",
        "null",
        "{}",
    ] {
        let reported = usage(&format!(
            r#"{{"prompt_tokens":{count},"completion_tokens":1}}"#
        ));
        assert_eq!(reported.unwrap().input, 0, "{count}");
    }
    assert_eq!(usage(r#"{"prompt_tokens":12.0}"#).unwrap().input, 12);
    assert_eq!(usage(r#"{"prompt_tokens":"12"}"#).unwrap().input, 12);
    let most = usage(r#"{"prompt_tokens":100000000}"#);
    assert_eq!(most.unwrap().input, 100_000_000);
}

#[test]
fn details_are_limited_to_their_total() {
    let reported = usage(
        r#"{"prompt_tokens":10,"completion_tokens":5,
            "prompt_tokens_details":{"cached_tokens":30,"cached_creation_tokens":4},
            "completion_tokens_details":{"reasoning_tokens":50}}"#,
    );

    let reported = reported.unwrap();
    assert_eq!(
        (reported.input, reported.cache_read, reported.cache_write),
        (0, 10, 0)
    );
    assert_eq!((reported.output, reported.reasoning), (0, 5));
}

#[test]
fn reasoning_beyond_the_output_is_added_when_the_total_includes_it() {
    let reported = usage(
        r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":65,
            "completion_tokens_details":{"reasoning_tokens":50}}"#,
    );

    let reported = reported.unwrap();
    assert_eq!((reported.output, reported.reasoning), (5, 50));
}

#[test]
fn keeps_counts_when_a_later_usage_is_all_zero() {
    let stream =
        "data: {\"usage\":{\"prompt_tokens\":3}}\n\ndata: {\"usage\":{\"prompt_tokens\":0}}\n\n";

    let observation = observe(Protocol::OpenaiChat, EVENTS, [stream.as_bytes()]);

    assert_eq!(observation.tokens.unwrap().input, 3);
}

#[test]
fn tokens_are_absent_without_usage() {
    assert_eq!(chat(r#"{"usage":null}"#).tokens, None);
    assert_eq!(chat(r#"{"usage":{}}"#).tokens, None);
    assert_eq!(chat(r#"{"usage":{"prompt_tokens":5"#).tokens, None);
    assert_eq!(
        chat(r#"{"choices":[{"delta":{"usage":{"prompt_tokens":5}}}]}"#).tokens,
        None
    );
}

#[test]
fn reads_an_event_that_no_blank_line_ends() {
    let observation = observe(
        Protocol::OpenaiChat,
        EVENTS,
        [b"data:{\"usage\":{\"prompt_tokens\":3}}\r\ndata: [DONE]".as_slice()],
    );

    assert_eq!(observation.tokens.unwrap().input, 3);
    assert!(observation.ended);
}

#[test]
fn later_events_are_read_after_an_invalid_one() {
    let stream = b"data: {\"usage\":{\xff}\n\ndata: {\"usage\":{\"prompt_tokens\":3}}\n\n";

    let observation = observe(Protocol::OpenaiChat, EVENTS, [stream.as_slice()]);

    assert_eq!(observation.tokens.unwrap().input, 3);
}

#[test]
fn sums_of_iterations_stay_credible() {
    let iteration = r#"{"input_tokens":100000000,"output_tokens":100000000},"#;
    let iterations = iteration.repeat(1000);
    let answer = format!(r#"{{"usage":{{"input_tokens":1,"iterations":[{iterations}{{}}]}}}}"#);

    let seen = observe(Protocol::AnthropicMessages, JSON, [answer.as_bytes()]);

    let tokens = seen.tokens.unwrap();
    assert!(tokens.are_credible(), "{tokens:?}");
    assert_eq!((tokens.input, tokens.output), (100_000_000, 100_000_000));
}

#[test]
fn an_answer_is_incomplete_while_another_choice_writes() {
    let mut tap = Tap::new(Protocol::OpenaiChat, EVENTS, "");

    for (event, has_ended) in [
        (
            r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
            true,
        ),
        (
            r#"{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":null}]}"#,
            false,
        ),
        (
            r#"{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
            true,
        ),
    ] {
        tap.observe(format!("data: {event}\n\n").as_bytes());
        assert_eq!(tap.has_ended(), has_ended, "{event}");
    }

    assert_eq!(tap.finish().tokens.unwrap().output, 2);
}

#[test]
fn detects_the_gap_between_events() {
    let mut tap = Tap::new(Protocol::OpenaiChat, EVENTS, "");

    assert!(tap.is_between_events());
    for (bytes, is_between) in [
        ("data: {", false),
        ("}\n", false),
        ("\n", true),
        ("d", false),
    ] {
        tap.observe(bytes.as_bytes());
        assert_eq!(tap.is_between_events(), is_between, "after {bytes:?}");
    }
}

#[test]
fn names_errors_by_their_best_name() {
    let cases = [
        (r#"{"error":{"code":"a","type":"b"}}"#, Some("a")),
        (r#"{"error":{"code":429,"type":"b"}}"#, Some("b")),
        (r#"{"error":{"code":429}}"#, Some("429")),
        (r#"{"error":"Invalid API key"}"#, Some("error")),
        (r#"{"error":null}"#, None),
        (r#"{"code":"x"}"#, None),
        (r#"{"type":"error","code":"x"}"#, Some("x")),
    ];
    for (answer, code) in cases {
        assert_eq!(chat(answer).error_code.as_deref(), code, "{answer}");
    }
}

#[test]
fn the_message_of_an_error_is_read_in_every_protocol() {
    let chat = r#"{"error":{"message":"slow down","code":"rate_limited"}}"#;
    let cases = [
        (Protocol::OpenaiChat, JSON, chat.to_owned(), "slow down"),
        (Protocol::OpenaiChat, EVENTS, format!("data: {chat}\n\n"), "slow down"),
        (
            Protocol::OpenaiResponses,
            EVENTS,
            r#"data: {"type":"response.failed","response":{"error":{"code":"x","message":"no model"}}}"#.to_owned() + "\n\n",
            "no model",
        ),
        (
            Protocol::OpenaiResponses,
            EVENTS,
            "data: {\"type\":\"error\",\"message\":\"too long\"}\n\n".to_owned(),
            "too long",
        ),
        (
            Protocol::AnthropicMessages,
            JSON,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#.to_owned(),
            "Overloaded",
        ),
        (
            Protocol::Gemini,
            JSON,
            r#"[{"error":{"code":429,"message":"Quota \u201cx\u201d","status":"RESOURCE_EXHAUSTED"}}]"#.to_owned(),
            "Quota “x”",
        ),
        (
            Protocol::Other,
            JSON,
            r#"{"error":"Invalid API key"}"#.to_owned(),
            "Invalid API key",
        ),
    ];
    for (protocol, content_type, answer, message) in cases {
        let seen = observe(protocol, content_type, [answer.as_bytes()]);

        assert_eq!(seen.error_message.as_deref(), Some(message), "{answer}");
    }
}

#[test]
fn a_bare_message_counts_in_an_answer_that_is_known_to_be_an_error() {
    for (answer, message) in [
        (r#"{"detail":"not supported"}"#, Some("not supported")),
        (r#"{"message":"a","detail":"b"}"#, Some("a")),
        (r#"{"detail":[{"input":"the prompt"}]}"#, None),
        (r#"{"error":"a","message":"b"}"#, Some("b")),
        (r#"{"error":{"message":""}}"#, None),
        (r#"{"error":{"message":7}}"#, None),
    ] {
        let mut tap = Tap::new(Protocol::OpenaiChat, JSON, "").of_error();
        tap.observe(answer.as_bytes());

        assert_eq!(tap.finish().error_message.as_deref(), message, "{answer}");
    }
    assert_eq!(
        chat(r#"{"message":"hello","detail":"high"}"#).error_message,
        None
    );
}

#[test]
fn a_long_message_is_cut_after_a_whole_word() {
    let message = |text: &str| {
        let answer = format!(r#"{{"error":{{"message":"{text}"}}}}"#);
        chat(&answer).error_message.unwrap()
    };

    let words = message(&"word ".repeat(1 << 18));
    assert_eq!(words, "word ".repeat(409) + "…");
    // The beginning of a secret is not kept.
    assert_eq!(message(&format!("a {}", "k".repeat(1 << 20))), "a …");
    assert_eq!(message(&"語".repeat(1 << 20)), "語".repeat(682) + "…");
}

proptest! {
    #[test]
    fn observations_do_not_depend_on_the_chunks(
        bytes in prop::collection::vec(prop_oneof![
            any::<u8>(),
            prop::sample::select(b"{}[]\":,\\\ndata: usage0123456789".to_vec()),
        ], 0..400),
        size in 1_usize..20,
    ) {
        for protocol in Protocol::ALL {
            for kind in [EVENTS, JSON, "text/plain"] {
                let whole = observe(protocol, kind, [bytes.as_slice()]);
                prop_assert_eq!(whole, observe(protocol, kind, bytes.chunks(size)));
            }
        }
    }
}
