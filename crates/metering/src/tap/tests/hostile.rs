//! Odd, huge and broken answers.

use crate::Protocol;
use proptest::prelude::*;

use super::super::{Observation, Tap};
use super::{EVENTS, JSON, observe};
use crate::tokens::Tokens;

const PROTOCOLS: [Protocol; 8] = [
    Protocol::OpenaiChat,
    Protocol::OpenaiCompletions,
    Protocol::OpenaiResponses,
    Protocol::OpenaiImages,
    Protocol::AnthropicMessages,
    Protocol::Gemini,
    Protocol::Unmetered,
    Protocol::Other,
];

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
fn believes_no_absurd_count() {
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
        let told = usage(&format!(
            r#"{{"prompt_tokens":{count},"completion_tokens":1}}"#
        ));
        assert_eq!(told.unwrap().input, 0, "{count}");
    }
    assert_eq!(usage(r#"{"prompt_tokens":12.0}"#).unwrap().input, 12);
    assert_eq!(usage(r#"{"prompt_tokens":"12"}"#).unwrap().input, 12);
    let most = usage(r#"{"prompt_tokens":100000000}"#);
    assert_eq!(most.unwrap().input, 100_000_000);
}

#[test]
fn cuts_details_to_their_whole() {
    let told = usage(
        r#"{"prompt_tokens":10,"completion_tokens":5,
            "prompt_tokens_details":{"cached_tokens":30,"cached_creation_tokens":4},
            "completion_tokens_details":{"reasoning_tokens":50}}"#,
    );

    let told = told.unwrap();
    assert_eq!((told.input, told.cache_read, told.cache_write), (0, 10, 0));
    assert_eq!((told.output, told.reasoning), (0, 5));
}

#[test]
fn adds_reasoning_that_the_total_says_is_extra() {
    let told = usage(
        r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":65,
            "completion_tokens_details":{"reasoning_tokens":50}}"#,
    );

    let told = told.unwrap();
    assert_eq!((told.output, told.reasoning), (5, 50));
}

#[test]
fn keeps_counts_when_a_later_usage_is_all_zero() {
    let stream =
        "data: {\"usage\":{\"prompt_tokens\":3}}\n\ndata: {\"usage\":{\"prompt_tokens\":0}}\n\n";

    let observation = observe(Protocol::OpenaiChat, EVENTS, [stream.as_bytes()]);

    assert_eq!(observation.tokens.unwrap().input, 3);
}

#[test]
fn says_nothing_without_usage() {
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
fn reads_on_after_a_broken_event() {
    let stream = b"data: {\"usage\":{\xff}\n\ndata: {\"usage\":{\"prompt_tokens\":3}}\n\n";

    let observation = observe(Protocol::OpenaiChat, EVENTS, [stream.as_slice()]);

    assert_eq!(observation.tokens.unwrap().input, 3);
}

#[test]
fn iterations_without_end_stay_believable() {
    let iteration = r#"{"input_tokens":100000000,"output_tokens":100000000},"#;
    let iterations = iteration.repeat(1000);
    let answer = format!(r#"{{"usage":{{"input_tokens":1,"iterations":[{iterations}{{}}]}}}}"#);

    let seen = observe(Protocol::AnthropicMessages, JSON, [answer.as_bytes()]);

    let tokens = seen.tokens.unwrap();
    assert!(tokens.are_credible(), "{tokens:?}");
    assert_eq!((tokens.input, tokens.output), (100_000_000, 100_000_000));
}

#[test]
fn a_choice_that_writes_after_another_has_finished_opens_the_answer_again() {
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
fn knows_when_it_stands_between_events() {
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

proptest! {
    #[test]
    fn learns_the_same_from_any_chunks(
        bytes in prop::collection::vec(prop_oneof![
            any::<u8>(),
            prop::sample::select(b"{}[]\":,\\\ndata: usage0123456789".to_vec()),
        ], 0..400),
        size in 1_usize..20,
    ) {
        for protocol in PROTOCOLS {
            for kind in [EVENTS, JSON, "text/plain"] {
                let whole = observe(protocol, kind, [bytes.as_slice()]);
                prop_assert_eq!(whole, observe(protocol, kind, bytes.chunks(size)));
            }
        }
    }
}
