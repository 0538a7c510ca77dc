//! The service tier and the lifetimes of cache writes that an answer reports.

use crate::Protocol;

use super::{EVENTS, JSON, observe};

/// The tier of an answer, which is the same however it is cut.
fn tier(protocol: Protocol, content_type: &str, answer: &str) -> Option<String> {
    let observed = |size| observe(protocol, content_type, answer.as_bytes().chunks(size));
    let whole = observed(answer.len());
    for size in [1, 7] {
        assert_eq!(observed(size), whole, "in chunks of {size}");
    }
    whole.service_tier
}

#[test]
fn each_protocol_reports_the_tier_in_its_own_place() {
    for (protocol, answer, expected) in [
        (
            Protocol::OpenaiChat,
            r#"{"model":"m","service_tier":"priority","usage":{"prompt_tokens":1}}"#,
            Some("priority"),
        ),
        (
            Protocol::OpenaiResponses,
            r#"{"model":"m","service_tier":"flex","output":[{"service_tier":"priority"}]}"#,
            Some("flex"),
        ),
        (
            Protocol::AnthropicMessages,
            r#"{"model":"m","service_tier":"x","usage":{"input_tokens":1,"service_tier":"batch"}}"#,
            Some("batch"),
        ),
        (
            Protocol::Gemini,
            r#"{"usageMetadata":{"promptTokenCount":1,"trafficType":"ON_DEMAND_PRIORITY"}}"#,
            Some("ON_DEMAND_PRIORITY"),
        ),
        (
            Protocol::Gemini,
            r#"{"interaction":{"service_tier":"flex"}}"#,
            Some("flex"),
        ),
        (Protocol::OpenaiChat, r#"{"service_tier":null}"#, None),
        (Protocol::OpenaiChat, r#"{"service_tier":7}"#, None),
        (Protocol::OpenaiChat, r#"{"service_tier":"a tier"}"#, None),
    ] {
        assert_eq!(
            tier(protocol, JSON, answer).as_deref(),
            expected,
            "{answer}"
        );
    }
}

#[test]
fn the_last_tier_of_a_stream_counts() {
    let stream = "data: {\"type\":\"response.created\",\"response\":{\"service_tier\":\"auto\"}}\n\n\
        data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n\
        data: {\"type\":\"response.output_text.delta\",\"delta\":\"b\"}\n\n\
        data: {\"type\":\"response.completed\",\"response\":{\"service_tier\":\"priority\"}}\n\n";

    let found = tier(Protocol::OpenaiResponses, EVENTS, stream);

    assert_eq!(found.as_deref(), Some("priority"));
}

#[test]
fn a_tier_that_changes_in_similar_events_is_noticed() {
    let chunk = |tier: &str, text: &str| {
        format!(
            "data: {{\"service_tier\":\"{tier}\",\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
        )
    };
    let stream = [
        chunk("default", "a"),
        chunk("default", "b"),
        chunk("default", "c"),
        chunk("priority", "d"),
        chunk("priority", "e"),
    ];

    let found = tier(Protocol::OpenaiChat, EVENTS, &stream.concat());

    assert_eq!(found.as_deref(), Some("priority"));
}

#[test]
fn the_fast_mode_of_anthropic_is_a_tier() {
    let usage = |usage: &str| {
        let answer = format!("{{\"usage\":{{\"input_tokens\":1,{usage}}}}}");
        tier(Protocol::AnthropicMessages, JSON, &answer)
    };

    for (members, expected) in [
        (r#""service_tier":"standard","speed":"fast""#, "fast"),
        (r#""speed":"fast","service_tier":"standard""#, "fast"),
        (
            r#""service_tier":"standard","speed":"standard""#,
            "standard",
        ),
    ] {
        assert_eq!(usage(members).as_deref(), Some(expected), "{members}");
    }
}

#[test]
fn the_lifetimes_of_cache_writes_are_kept_over_later_counts() {
    let stream = "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3,\
        \"cache_creation_input_tokens\":30,\"cache_creation\":{\"ephemeral_5m_input_tokens\":10,\
        \"ephemeral_1h_input_tokens\":20}}}}\n\n\
        data: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":3,\
        \"cache_creation_input_tokens\":30,\"output_tokens\":9}}\n\n";

    let seen = observe(
        Protocol::AnthropicMessages,
        EVENTS,
        stream.as_bytes().chunks(5),
    );

    let tokens = seen.tokens.unwrap();
    assert_eq!((tokens.cache_write, tokens.cache_write_1h), (30, 20));
    assert_eq!((tokens.input, tokens.output), (3, 9));
}

#[test]
fn the_part_that_is_kept_for_an_hour_is_never_more_than_all_writes() {
    let answer = "{\"usage\":{\"input_tokens\":3,\"cache_creation_input_tokens\":5,\"output_tokens\":1,\
        \"iterations\":[{\"input_tokens\":3,\"cache_creation_input_tokens\":5,\
        \"cache_creation\":{\"ephemeral_1h_input_tokens\":99}}]}}";

    let seen = observe(Protocol::AnthropicMessages, JSON, [answer.as_bytes()]);

    let tokens = seen.tokens.unwrap();
    assert_eq!((tokens.cache_write, tokens.cache_write_1h), (5, 5));
}
