//! Shared by the four protocols: parses calls, fails on request, delays events.

use std::{io, time::Duration};

use axum::{
    Json,
    body::Body,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use canned::{Answer, Finish, TokenCounts, ToolCall};
use futures_util::stream;
use serde_json::{Value, json};

use crate::{
    account::revoked,
    produced::{Entry, Produced, ProducedList},
    script::Script,
    spent,
};

/// The creation time of every response.
const CREATED: i64 = 1_700_000_000;

/// The parts that differ by protocol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub(crate) name: &'static str,
    /// The counts in this protocol's format.
    pub(crate) tokens: fn(TokenCounts) -> TokenCounts,
    /// The body of an error.
    pub(crate) error: fn(StatusCode, &str) -> Value,
    /// A complete response; `None` if this protocol always streams.
    pub(crate) whole: Option<fn(&Call) -> Value>,
    /// A response as events.
    pub(crate) events: fn(&Call) -> Vec<String>,
}

/// A parsed call with its entry in the list.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) script: Script,
    pub(crate) answer: Answer,
    pub(crate) entry: Entry,
}

/// The parsed call of a handler.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    pub(crate) list: &'a ProducedList,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a str,
    pub(crate) model: &'a str,
    pub(crate) streamed: bool,
}

impl Dialect {
    /// Answers a body with a model and a `stream` flag.
    pub(crate) async fn answer(
        self,
        list: &ProducedList,
        headers: &HeaderMap,
        body: &str,
    ) -> Result<Response, Response> {
        let request: Value = serde_json::from_str(body).unwrap_or_default();
        let incoming = Incoming {
            list,
            headers,
            body,
            model: request["model"].as_str().unwrap_or_default(),
            streamed: request["stream"] == true || self.whole.is_none(),
        };
        self.answer_call(incoming).await
    }

    /// Answers a call whose model and kind of response are known.
    pub(crate) async fn answer_call(self, incoming: Incoming<'_>) -> Result<Response, Response> {
        let streamed = incoming.streamed;
        let window = Script::read(incoming.body)
            .ok()
            .and_then(|script| script.window.or(spent::spend(&script, incoming.headers)));
        let answered = match Call::open(incoming, self).await {
            Ok(call) => Ok(self.answer_opened(call, streamed).await),
            Err(failed) => Err(failed),
        };
        let with_window = |response| match window {
            Some(percent) => (window_headers(percent), response).into_response(),
            None => response,
        };
        answered.map(with_window).map_err(with_window)
    }

    async fn answer_opened(self, call: Call, streamed: bool) -> Response {
        match self.whole {
            Some(whole) if !streamed => {
                let body = whole(&call);
                call.plain(body).await
            }
            _ => {
                let events = (self.events)(&call);
                call.stream(events)
            }
        }
    }
}

impl Call {
    /// Reads the script, adds the call to the list, and fails it if scripted.
    async fn open(incoming: Incoming<'_>, dialect: Dialect) -> Result<Self, Response> {
        let script = Script::read(incoming.body)
            .map_err(|why| failure(dialect, StatusCode::BAD_REQUEST, &why))?;
        // Some providers repeat the key in the message.
        if let Some(credential) = revoked(incoming.headers) {
            let message = format!("Incorrect API key provided: {credential}. It was revoked.");
            return Err(failure(dialect, StatusCode::UNAUTHORIZED, &message));
        }
        let tokens = (dialect.tokens)(script.tokens);
        let produced = Produced {
            sequence: 0,
            tag: None,
            protocol: dialect.name,
            model: incoming.model.to_owned(),
            streamed: incoming.streamed,
            status: StatusCode::OK.as_u16(),
            tokens: Some(tokens),
            events_sent: 0,
            finished: false,
            header_names: incoming.headers.keys().map(ToString::to_string).collect(),
        };
        let entry = incoming.list.open(produced, &script);
        if let Some(status) = script.error {
            tokio::time::sleep(script.delay).await;
            entry.fail(status);
            return Err(failure(dialect, status, "the script asked for this error"));
        }
        let tool = script.tool.then(|| first_tool(incoming.body)).flatten();
        let answer = Answer {
            id: format!("stub_{}", entry.sequence),
            model: incoming.model.to_owned(),
            created: CREATED,
            finish: if tool.is_some() {
                Finish::ToolCall
            } else {
                Finish::Complete
            },
            pieces: match &tool {
                Some(_) => Vec::new(),
                None => script.pieces(),
            },
            tool_call: tool.map(|name| ToolCall {
                name,
                arguments: json!({"city": "Paris"}),
            }),
            tokens,
            service_tier: script.tier.clone(),
        };
        Ok(Self {
            script,
            answer,
            entry,
        })
    }

    /// Answers with a complete response.
    async fn plain(self, body: Value) -> Response {
        tokio::time::sleep(self.script.delay).await;
        self.entry.finish();
        Json(body).into_response()
    }

    /// Answers with events.
    fn stream(self, events: Vec<String>) -> Response {
        let Script { delay, cut, .. } = self.script;
        let events = events.into_iter().enumerate();
        let body = stream::unfold(
            (events, self.entry),
            move |(mut events, entry)| async move {
                let Some((index, event)) = events.next() else {
                    entry.finish();
                    return None;
                };
                pause(delay).await;
                if cut == Some(index) {
                    return Some((Err(io::Error::other("cut by the script")), (events, entry)));
                }
                entry.sent();
                Some((Ok(event), (events, entry)))
            },
        );
        (
            [(CONTENT_TYPE, "text/event-stream")],
            Body::from_stream(body),
        )
            .into_response()
    }
}

/// The usage of a five-hour window that resets in the year 2100, as Claude and as ChatGPT report it.
fn window_headers(percent: u8) -> [(&'static str, String); 5] {
    const RESET: &str = "4102444800";
    let fraction = f64::from(percent) / 100.0;
    [
        (
            "anthropic-ratelimit-unified-5h-utilization",
            format!("{fraction:.2}"),
        ),
        ("anthropic-ratelimit-unified-5h-reset", RESET.to_owned()),
        ("x-codex-primary-used-percent", percent.to_string()),
        ("x-codex-primary-window-minutes", "300".to_owned()),
        ("x-codex-primary-reset-at", RESET.to_owned()),
    ]
}

/// Yields so that the event is sent in its own write, even without a delay.
async fn pause(delay: Duration) {
    if delay.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(delay).await;
    }
}

fn failure(dialect: Dialect, status: StatusCode, message: &str) -> Response {
    (status, Json((dialect.error)(status, message))).into_response()
}

fn first_tool(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let tool = &body["tools"][0];
    [
        &tool["function"]["name"],
        &tool["name"],
        &tool["functionDeclarations"][0]["name"],
        &tool["function_declarations"][0]["name"],
    ]
    .into_iter()
    .find_map(|name| name.as_str().map(str::to_owned))
}
