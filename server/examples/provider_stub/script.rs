//! Reads the caller's wishes from the text of a request.
//!
//! The last `usage:` in the body starts the script; it ends with the first character that is not of
//! `a-z A-Z 0-9 _ = , ; . -`. It needs no header and no knowledge of the protocol, so it survives a
//! translation from any dialect to any other.
//!
//! | word | meaning | default |
//! |---|---|---|
//! | `input` `cached` `cache_write` `output` `reasoning` | disjoint token counts | 10 0 0 5 0 |
//! | `cache_write_1h` | the part of `cache_write` that is kept for an hour | 0 |
//! | `tier` | the service tier that the answer reports | |
//! | `chunks` | pieces of text in a stream | 3 |
//! | `delay_ms` | pause before each event (or before a plain answer) | 0 |
//! | `error` | answer with this HTTP status instead | |
//! | `cut` | break the connection after so many events | |
//! | `tool` | 1: call the first declared tool, unless its result is already there | 0 |
//! | `brief_delta` | 1: the `message_delta` of Anthropic counts only the output, as it once did | 0 |
//! | `window` | the used percentage of a five-hour window, as the headers of Claude and ChatGPT report it | |
//! | `spend` | what the request uses of the window of its credential, in hundredths of a percent; the headers report the level before | |
//! | `tag` | copied to `/produced` | |

use std::{str::FromStr, time::Duration};

use axum::http::StatusCode;
use canned::TokenCounts;

const MARK: &str = "usage:";

/// The answer that a caller scripts.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) tokens: TokenCounts,
    pub(crate) chunks: usize,
    pub(crate) delay: Duration,
    pub(crate) error: Option<StatusCode>,
    pub(crate) cut: Option<usize>,
    pub(crate) tool: bool,
    pub(crate) brief_delta: bool,
    pub(crate) tag: Option<String>,
    pub(crate) tier: Option<String>,
    pub(crate) window: Option<u8>,
    pub(crate) spend: Option<u32>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            tokens: TokenCounts {
                input: 10,
                output: 5,
                ..TokenCounts::default()
            },
            chunks: 3,
            delay: Duration::ZERO,
            error: None,
            cut: None,
            tool: false,
            brief_delta: false,
            tag: None,
            tier: None,
            window: None,
            spend: None,
        }
    }
}

impl Script {
    /// Reads the script of a request body.
    pub(crate) fn read(body: &str) -> Result<Self, String> {
        let mut script = Self::default();
        let Some(start) = body.rfind(MARK) else {
            return Ok(script);
        };
        let words = &body[start + MARK.len()..];
        let end = words.find(|c| !is_script(c)).unwrap_or(words.len());
        for word in words[..end]
            .split([',', ';'])
            .filter(|word| !word.is_empty())
        {
            script.set(word)?;
        }
        script.tool &= !answers_a_tool(body);
        Ok(script)
    }

    fn set(&mut self, word: &str) -> Result<(), String> {
        let (name, value) = word
            .split_once('=')
            .ok_or_else(|| format!("no value in {word}"))?;
        match name {
            "input" => self.tokens.input = number(value)?,
            "cached" => self.tokens.cache_read = number(value)?,
            "cache_write" => self.tokens.cache_write = number(value)?,
            "cache_write_1h" => self.tokens.cache_write_1h = number(value)?,
            "tier" => self.tier = Some(value.to_owned()),
            "output" => self.tokens.output = number(value)?,
            "reasoning" => self.tokens.reasoning = number(value)?,
            "chunks" => self.chunks = number(value)?,
            "delay_ms" => self.delay = Duration::from_millis(number(value)?),
            "error" => self.error = Some(number(value)?),
            "cut" => self.cut = Some(number(value)?),
            "tool" => self.tool = value == "1",
            "brief_delta" => self.brief_delta = value == "1",
            "window" => self.window = Some(number(value)?),
            "spend" => self.spend = Some(number(value)?),
            "tag" => self.tag = Some(value.to_owned()),
            _ => return Err(format!("unknown word {name}")),
        }
        Ok(())
    }

    /// The text of a streamed answer, piece by piece.
    pub(crate) fn pieces(&self) -> Vec<String> {
        (1..=self.chunks)
            .map(|piece| format!("piece {piece} "))
            .collect()
    }
}

fn is_script(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_=,;.-".contains(c)
}

fn number<T: FromStr>(value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{value} is not a number that fits"))
}

/// Whether the conversation already holds a tool's result, in any of the four dialects.
fn answers_a_tool(body: &str) -> bool {
    let compact: String = body.split_ascii_whitespace().collect();
    [
        r#""role":"tool""#,
        r#""type":"tool_result""#,
        r#""type":"function_call_output""#,
        r#""functionResponse":"#,
    ]
    .iter()
    .any(|sign| compact.contains(sign))
}
