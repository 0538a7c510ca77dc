//! Images and seconds of video in answers, in pieces of any size.

use super::super::Tap;
use crate::{
    MeteredUsage, Observation, Protocol,
    tokens::{MediaCounts, Tokens},
};

const EXPECTED: MediaCounts = MediaCounts {
    images: 9,
    video_seconds: 6,
};

fn observed(protocol: Protocol, kind: &str, answer: &str) -> Observation {
    let observe = |size| {
        let mut tap = Tap::new(protocol, kind, "");
        answer
            .as_bytes()
            .chunks(size)
            .for_each(|piece| tap.observe(piece));
        tap.finish()
    };
    let whole = observe(answer.len());
    for size in [1, 7] {
        assert_eq!(observe(size), whole, "in pieces of {size}");
    }
    whole
}

fn media(protocol: Protocol, kind: &str, answer: &str) -> MediaCounts {
    let seen = observed(protocol, kind, answer);
    let expected = Tokens {
        media: EXPECTED,
        ..Tokens::default()
    };
    MeteredUsage::of_answer(protocol, &seen, true, expected)
        .tokens
        .media
}

#[test]
fn each_image_of_an_answer_counts_and_a_draft_does_not() {
    let of = |kind, answer| media(Protocol::OpenaiImages, kind, answer).images;
    let stream = concat!(
        "data: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"AAAA\"}\n\n",
        "data: {\"type\":\"image_generation.completed\",\"b64_json\":\"AAAA\"}\n\n",
        "data: {\"type\":\"image_generation.completed\",\"b64_json\":\"BBBB\",\"usage\":{\"input_tokens\":1,",
        "\"output_tokens\":2,\"total_tokens\":3}}\n\n",
    );
    let edit = "data: {\"type\":\"image_edit.completed\",\"url\":\"https://images.example/1\"}\n\n";

    let json = "application/json";
    let three = r#"{"created":1,"data":[{"url":"u"},{"b64_json":"AAAA","revised_prompt":"x"},{"url":"v"}]}"#;
    assert_eq!(of(json, three), 3);
    assert_eq!(of(json, r#"{"created":1,"data":[]}"#), 0);
    assert_eq!(of("text/event-stream", stream), 2);
    assert_eq!(of("text/event-stream", edit), 1);
    assert_eq!(of(json, r#"{"error":{"message":"no","code":"bad"}}"#), 0);
    let other = media(Protocol::OpenaiChat, json, three);
    assert_eq!(other.images, 0);
}

#[test]
fn an_answer_that_cannot_be_read_has_the_requested_images() {
    let mut tap = Tap::new(Protocol::OpenaiImages, "application/json", "unknown");
    tap.observe(b"compressed");
    let expected = Tokens {
        media: EXPECTED,
        ..Tokens::default()
    };

    let usage = MeteredUsage::of_answer(Protocol::OpenaiImages, &tap.finish(), true, expected);

    assert_eq!(usage.tokens.media.images, 9);
}

#[test]
fn a_video_has_the_seconds_of_its_order() {
    let of = |answer| media(Protocol::Unmetered, "application/json", answer).video_seconds;

    assert_eq!(of(r#"{"id":"v","status":"queued","seconds":"4"}"#), 4);
    assert_eq!(of(r#"{"id":"v","seconds":15}"#), 15);
    // Named by the request alone.
    assert_eq!(of(r#"{"request_id":"v"}"#), 6);
    assert_eq!(of(r#"{"request_id":"v","seconds":-3}"#), 6);
    assert_eq!(of(r#"{"error":{"message":"no","code":"bad"}}"#), 0);
}
