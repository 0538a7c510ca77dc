//! The throughput of taps and scanners on one core: `cargo bench --package metering`. Streams are read in chunks of 16 KiB, as
//! they arrive in bursts, and event by event.
#![expect(clippy::print_stdout, reason = "prints the results")]

use std::time::{Duration, Instant};

use http::HeaderMap;
use metering::{BodyForm, BodyKind, BoundForm, ModelScanner, Protocol, Tap};

const CHUNK_BYTES: usize = 16 * 1024;
const INPUT_BYTES: usize = 8 * 1024 * 1024;
/// The median of this many runs is printed.
const RUNS: usize = 15;

const CHAT_EVENT: &str = r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-5","choices":[{"index":0,"delta":{"content":"some words"},"finish_reason":null}]}

"#;
const RESPONSES_EVENT: &str = r#"event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"some words"}

"#;
const ANTHROPIC_EVENT: &str = r#"event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"some words"}}

"#;
/// As the engine sends it: usage that is not final has a name of its own.
const GEMINI_EVENT: &str = r#"data: {"candidates":[{"content":{"parts":[{"text":"some words"}],"role":"model"}}],"cpaUsageMetadata":{"promptTokenCount":8,"candidatesTokenCount":4,"totalTokenCount":12},"modelVersion":"gemini-2.5-pro"}

"#;
/// Events with usage are parsed, each of them.
const GEMINI_USAGE_EVENT: &str = r#"data: {"candidates":[{"content":{"parts":[{"text":"some words"}],"role":"model"}}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":4,"totalTokenCount":12},"modelVersion":"gemini-2.5-pro"}

"#;

fn main() {
    let taps = [
        ("tap, chat events", Protocol::OpenaiChat, CHAT_EVENT),
        (
            "tap, Responses events",
            Protocol::OpenaiResponses,
            RESPONSES_EVENT,
        ),
        (
            "tap, Anthropic events",
            Protocol::AnthropicMessages,
            ANTHROPIC_EVENT,
        ),
        ("tap, Gemini events", Protocol::Gemini, GEMINI_EVENT),
        (
            "tap, Gemini with usage",
            Protocol::Gemini,
            GEMINI_USAGE_EVENT,
        ),
    ];
    for (name, protocol, event) in taps {
        let stream = event.repeat(INPUT_BYTES / event.len()).into_bytes();
        for (chunks, size) in [("in bursts", CHUNK_BYTES), ("one by one", event.len())] {
            report(&format!("{name}, {chunks}"), &stream, || {
                let mut tap = Tap::new(protocol, "text/event-stream", "");
                for chunk in stream.chunks(size) {
                    tap.observe(chunk);
                }
                assert!(tap.finish().text_bytes > 0);
            });
        }
    }
    let message =
        r#"{"role":"user","content":"a line of code\n\twith \"escapes\" and some more text"},"#;
    let messages = message.repeat(INPUT_BYTES / message.len());
    let body = format!(r#"{{"messages":[{messages}{{}}],"model":"gpt-5"}}"#).into_bytes();
    report("scanner, chat request", &body, || {
        let kind = BodyKind {
            form: BodyForm::Json,
            bound: BoundForm::Chat,
            limit: u64::MAX,
            is_limited: true,
        };
        let scanner = ModelScanner::for_request(kind, &HeaderMap::new());
        let Ok(mut scanner) = scanner else {
            unreachable!("JSON without headers is always scanned")
        };
        for chunk in body.chunks(CHUNK_BYTES) {
            scanner.observe(chunk);
        }
        assert!(scanner.is_whole());
    });
}

fn report(name: &str, input: &[u8], run: impl Fn()) {
    let mut runs: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            run();
            began.elapsed()
        })
        .collect();
    runs.sort();
    let median = runs.get(RUNS / 2).copied().unwrap_or_default();
    let megabytes = f64::from(u32::try_from(input.len()).unwrap_or(u32::MAX)) / 1e6;
    println!("{name:36} {:7.0} MB/s", megabytes / median.as_secs_f64());
}
