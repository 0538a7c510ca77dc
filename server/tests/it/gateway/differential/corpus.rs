//! The requests that taught us most, by name.

use super::cases::{Case, skippable};

const CHAT: &str = "/v1/chat/completions";
const COMPLETIONS: &str = "/v1/completions";
const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";
const GEMINI: &str = "/v1beta/models/g-one:generateContent";

/// A chat request with these members after its messages.
fn chat(members: &str) -> Case {
    Case::post(
        CHAT,
        format!(r#"{{"messages":[{{"role":"user","content":"hi"}}],{members}}}"#),
    )
}

fn post(path: &str, body: &str) -> Case {
    Case::post(path, body)
}

fn frame(text: &str) -> Vec<u8> {
    // The same bytes with every version of the library: stored, not compressed.
    let length = u32::try_from(text.len()).unwrap();
    let header = (length << 3 | 1).to_le_bytes();
    let magic = b"\x28\xb5\x2f\xfd\xa0".as_slice();
    [magic, &length.to_le_bytes(), &header[..3], text.as_bytes()].concat()
}

fn compressed(body: Vec<u8>) -> Case {
    Case::post(CHAT, body).with("content-encoding", "zstd")
}

pub(super) fn cases() -> Vec<(&'static str, Case)> {
    let mut cases = models();
    cases.extend(bounds());
    cases.extend(bodies());
    cases.extend(encodings());
    cases
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn models() -> Vec<(&'static str, Case)> {
    vec![
        ("plain", chat(r#""model":"o-one""#)),
        ("escaped key", chat(r#""mod\u0065l":"o-one""#)),
        ("escaped name", chat(r#""model":"\u006f-one""#)),
        ("two models", chat(r#""model":"o-one","model":"o-two""#)),
        (
            "two models, one escaped",
            chat(r#""model":"o-one","mod\u0065l":"o-two""#),
        ),
        (
            "the same model twice",
            chat(r#""model":"o-one","model":"o-one""#),
        ),
        (
            "another case first",
            chat(r#""Model":"o-two","model":"o-one""#),
        ),
        ("another case alone", chat(r#""Model":"o-one""#)),
        (
            "null, then a model",
            chat(r#""model":null,"model":"o-two""#),
        ),
        ("a number", chat(r#""model":5"#)),
        ("a list", chat(r#""model":["o-one"]"#)),
        ("half a surrogate pair", chat(r#""model":"o-one\ud800""#)),
        ("suffix", chat(r#""model":"o-one(low)""#)),
        ("suffix after a blank", chat(r#""model":"o-one (low)""#)),
        (
            "suffix after a no-break space",
            chat("\"model\":\"o-one\u{a0}(low)\""),
        ),
        ("two suffixes", chat(r#""model":"o-one(low)(high)""#)),
        ("blanks around", chat(r#""model":" o-one ""#)),
        ("capitals", chat(r#""model":"O-ONE""#)),
        ("with models/", chat(r#""model":"models/o-one""#)),
        ("auto", chat(r#""model":"auto""#)),
        ("auto with a suffix", chat(r#""model":"auto(low)""#)),
        ("a blank before auto", chat(r#""model":" auto""#)),
        ("no model", chat(r#""stream":false"#)),
        ("an empty model", chat(r#""model":"""#)),
        (
            "a model inside",
            chat(r#""model":"o-one","metadata":{"model":"o-two"}"#),
        ),
        (
            "cloaked",
            post(
                MESSAGES,
                r#"{"model":"claude-fable-5-dd-eno-c","max_tokens":5,"messages":[]}"#,
            ),
        ),
        (
            "cloaked with a suffix",
            post(
                MESSAGES,
                r#"{"model":"claude-fable-5-dd-)wol( eno-c","max_tokens":5,"messages":[]}"#,
            ),
        ),
        (
            "cloaked where it means nothing",
            chat(r#""model":"claude-fable-5-dd-eno-o""#),
        ),
        (
            "a model in the body of Gemini",
            post(
                GEMINI,
                r#"{"model":"o-two","contents":[{"parts":[{"text":"hi"}]}]}"#,
            ),
        ),
        (
            "Gemini with a suffix after a blank",
            post(
                "/v1beta/models/g-one%20(low):generateContent",
                r#"{"contents":[]}"#,
            ),
        ),
        (
            "Gemini auto",
            post("/v1beta/models/auto:generateContent", r#"{"contents":[]}"#),
        ),
        (
            "Gemini with models/ twice",
            post(
                "/v1beta/models/models/g-one:generateContent",
                r#"{"contents":[]}"#,
            ),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn bounds() -> Vec<(&'static str, Case)> {
    let long = |member: &str| format!(r#"{{"model":"o-one",{member}"input":"hi"}}"#);
    vec![
        ("bound", chat(r#""model":"o-one","max_tokens":7"#)),
        (
            "two bounds",
            chat(r#""model":"o-one","max_tokens":7,"max_completion_tokens":9"#),
        ),
        (
            "bound of the Responses API",
            chat(r#""model":"o-one","max_output_tokens":7"#),
        ),
        (
            "bound in quotes",
            chat(r#""model":"o-one","max_tokens":"60000""#),
        ),
        (
            "bound with a fraction",
            chat(r#""model":"o-one","max_tokens":60000.5"#),
        ),
        (
            "bound with an exponent",
            chat(r#""model":"o-one","max_tokens":6e4"#),
        ),
        (
            "bound of nothing",
            chat(r#""model":"o-one","max_tokens":0"#),
        ),
        (
            "bound twice",
            chat(r#""model":"o-one","max_tokens":7,"max_tokens":60000"#),
        ),
        (
            "bound, then null",
            chat(r#""model":"o-one","max_tokens":7,"max_tokens":null"#),
        ),
        (
            "bound in capitals",
            chat(r#""model":"o-one","max_tokens":7,"MAX_TOKENS":60000"#),
        ),
        (
            "bound for Claude",
            chat(r#""model":"c-one","max_completion_tokens":7"#),
        ),
        (
            "bound for Gemini",
            chat(r#""model":"g-one","max_tokens":7,"n":3"#),
        ),
        (
            "bound for ChatGPT",
            chat(r#""model":"x-one","max_tokens":7"#),
        ),
        (
            "bound of a completion",
            post(
                COMPLETIONS,
                r#"{"model":"o-one","prompt":"hi","max_tokens":7,"n":2}"#,
            ),
        ),
        (
            "other bound of a completion",
            post(
                COMPLETIONS,
                r#"{"model":"o-one","prompt":"hi","max_completion_tokens":7}"#,
            ),
        ),
        (
            "bound of a response",
            post(RESPONSES, &long(r#""max_output_tokens":7,"#)),
        ),
        (
            "other bound of a response",
            post(RESPONSES, &long(r#""max_tokens":7,"#)),
        ),
        (
            "bound of a response for ChatGPT",
            post(
                RESPONSES,
                r#"{"model":"x-one","input":"hi","max_output_tokens":7}"#,
            ),
        ),
        (
            "chat that is converted",
            post(CHAT, &long(r#""max_tokens":7,"#)),
        ),
        (
            "chat that is converted, bounded",
            post(CHAT, &long(r#""max_output_tokens":7,"#)),
        ),
        (
            "bound of a message",
            post(
                MESSAGES,
                r#"{"model":"c-one","max_tokens":7,"messages":[{"role":"user","content":"hi"}]}"#,
            ),
        ),
        (
            "bound of a message for Gemini",
            post(
                MESSAGES,
                r#"{"model":"g-one","max_tokens":7,"messages":[{"role":"user","content":"hi"}]}"#,
            ),
        ),
        (
            "a message that thinks",
            post(
                MESSAGES,
                r#"{"model":"c-one","max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":32000},"messages":[{"role":"user","content":"hi"}]}"#,
            ),
        ),
        (
            "bound of Gemini",
            post(
                GEMINI,
                r#"{"contents":[],"generationConfig":{"maxOutputTokens":7,"candidateCount":2}}"#,
            ),
        ),
        (
            "bound of Gemini in snake case",
            post(
                GEMINI,
                r#"{"contents":[],"generation_config":{"max_output_tokens":7}}"#,
            ),
        ),
        (
            "two configurations",
            post(
                GEMINI,
                r#"{"contents":[],"generationConfig":{"maxOutputTokens":7},"generationConfig":{}}"#,
            ),
        ),
        (
            "a list of configurations",
            post(
                GEMINI,
                r#"{"contents":[],"generationConfig":[{"maxOutputTokens":7}]}"#,
            ),
        ),
        (
            "Gemini's bound for another provider",
            post(
                "/v1beta/models/o-one:generateContent",
                r#"{"contents":[],"generationConfig":{"maxOutputTokens":7}}"#,
            ),
        ),
        (
            "Gemini's bound for Claude",
            post(
                "/v1beta/models/c-one:generateContent",
                r#"{"contents":[],"generationConfig":{"maxOutputTokens":7}}"#,
            ),
        ),
    ]
}

fn bodies() -> Vec<(&'static str, Case)> {
    let plain = r#"{"model":"o-one","messages":[{"role":"user","content":"hi"}],"max_tokens":7}"#;
    vec![
        ("byte order mark", post(CHAT, &format!("\u{feff}{plain}"))),
        ("something before", post(CHAT, &format!("x{plain}"))),
        ("a string before", post(CHAT, &format!(r#""{{"{plain}"#))),
        ("a list around", post(CHAT, &format!("[{plain}]"))),
        (
            "another document",
            post(CHAT, &format!(r#"{plain}{{"model":"o-two"}}"#)),
        ),
        (
            "a member after the end",
            post(CHAT, &format!(r#"{plain},"model":"o-two"}}"#)),
        ),
        (
            "a null byte after the end",
            post(CHAT, &format!("{plain}\0")),
        ),
        ("cut", post(CHAT, &plain[..plain.len() - 1])),
        ("not a number", chat(r#""model":"o-one","temperature":NaN"#)),
        ("a comment", post(CHAT, &format!("/*{{}}*/{plain}"))),
        (
            "bytes that are no text",
            Case::post(CHAT, b"{\"model\":\"o-one\xff\",\"messages\":[]}".to_vec()),
        ),
        (
            "bytes that are no text elsewhere",
            Case::post(
                CHAT,
                b"{\"model\":\"o-one\",\"messages\":[],\"a\":\"\xff\"}".to_vec(),
            ),
        ),
        (
            "deep",
            post(
                CHAT,
                &format!(
                    "{{\"model\":\"o-one\",\"messages\":[],\"a\":{}{}}}",
                    "[".repeat(300),
                    "]".repeat(300)
                ),
            ),
        ),
        ("empty", post(CHAT, "")),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn encodings() -> Vec<(&'static str, Case)> {
    let plain = r#"{"model":"o-one","messages":[{"role":"user","content":"hi"}],"max_tokens":7}"#;
    let other = r#"{"model":"o-two","messages":[]}"#;
    let (head, tail) = plain.split_at(20);
    let whole = frame(plain);
    vec![
        ("zstd", compressed(whole.clone())),
        (
            "zstd in two frames",
            compressed([frame(head), frame(tail)].concat()),
        ),
        (
            "zstd after what is skipped",
            compressed([skippable(other.as_bytes()), whole.clone()].concat()),
        ),
        (
            "zstd before what is skipped",
            compressed([whole.clone(), skippable(other.as_bytes())].concat()),
        ),
        (
            "zstd, then JSON",
            compressed([whole.as_slice(), other.as_bytes()].concat()),
        ),
        (
            "zstd that is cut",
            compressed(whole[..whole.len() - 1].to_vec()),
        ),
        (
            "JSON declared as zstd",
            compressed(plain.as_bytes().to_vec()),
        ),
        (
            "zstd without Content-Encoding",
            Case::post(CHAT, whole.clone()),
        ),
        (
            "zstd twice",
            Case::post(CHAT, whole.clone()).with("content-encoding", "zstd, zstd"),
        ),
        (
            "zstd among others",
            Case::post(CHAT, whole.clone()).with("content-encoding", "identity, zstd"),
        ),
        (
            "two encodings",
            compressed(whole.clone()).with("content-encoding", "identity"),
        ),
        (
            "the encoding stays on the connection",
            compressed(whole.clone()).with("connection", "close, content-encoding"),
        ),
        (
            "gzip",
            Case::post(CHAT, plain).with("content-encoding", "gzip"),
        ),
        (
            "identity",
            Case::post(CHAT, plain).with("content-encoding", "identity"),
        ),
        (
            "zstd where it is not opened",
            Case::post(MESSAGES, whole).with("content-encoding", "zstd"),
        ),
        (
            "two types",
            Case::post(CHAT, plain).with("content-type", "text/plain"),
        ),
    ]
}
