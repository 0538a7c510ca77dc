//! A subscription over server-sent events, as `curl -N` reads it.

use futures_util::{Stream, StreamExt as _};
use serde_json::{Value, json};
use std::pin::Pin;

use super::{Caller, soon};

type Bytes = Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>;

/// An open event stream.
pub(crate) struct Events {
    bytes: Bytes,
    rest: String,
}

impl Events {
    /// Subscribes.
    pub(crate) async fn open(caller: &Caller, query: &str) -> Self {
        let caller = caller.clone().with("accept", "text/event-stream");
        let answer = caller.post(query, json!({})).await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let bytes = answer.bytes_stream();
        Self {
            bytes: Box::pin(bytes.filter_map(async |part| part.ok().map(|part| part.to_vec()))),
            rest: String::new(),
        }
    }

    /// The next event's name and data; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        soon("an event", self.read()).await
    }

    /// The data of the next result.
    pub(crate) async fn data(&mut self) -> Value {
        let (event, data) = self.next().await.expect("an event");
        assert_eq!(event, "next");
        data
    }

    async fn read(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((event, rest)) = self.rest.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.rest = rest;
                if let Some(name) = line(&event, "event") {
                    let data = line(&event, "data").unwrap_or_default();
                    return Some((name, serde_json::from_str(&data).unwrap_or_default()));
                }
            }
            let part = self.bytes.next().await?;
            self.rest.push_str(&String::from_utf8(part).unwrap());
        }
    }
}

fn line(event: &str, name: &str) -> Option<String> {
    let mut lines = event.lines().filter_map(|line| line.split_once(':'));
    lines
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.trim().to_owned())
}
