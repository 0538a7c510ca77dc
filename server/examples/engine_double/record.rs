//! The records of the usage queue.

use std::sync::{Arc, PoisonError};

use axum::http::HeaderMap;
use proxypal_server::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::config::{Credential, Live, Provider};

/// One attempt at one upstream, to be recorded when it ends.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) live: Arc<Live>,
    pub(crate) credential: Credential,
    pub(crate) endpoint: &'static str,
    pub(crate) alias: String,
    pub(crate) request_id: String,
    pub(crate) forwarded_for: String,
    /// The headers of the provider's response: the values of each name.
    pub(crate) response_headers: Value,
}

/// Token counts, which do not overlap.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    uncached: u64,
    cache_read: u64,
    cache_write: u64,
    output: u64,
    reasoning: u64,
}

/// The caller's id, verbatim.
pub(crate) fn forwarded_for(headers: &HeaderMap) -> String {
    let value = headers
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// Eight random hexadecimal digits.
pub(crate) fn request_id() -> String {
    format!("{:08x}", rand::random::<u32>())
}

impl Attempt {
    /// The value of `X-Cpa-Trace-Id`.
    pub(crate) fn trace_id(&self) -> String {
        let now = SystemClock.now().format("%Y%m%d%H%M%S");
        format!("{now}-{}-{}", self.credential.auth_index, self.request_id)
    }

    /// Enqueues a record of this attempt, if statistics are enabled and readable.
    pub(crate) fn record(&self, status: u16, counts: Counts) {
        self.enqueue(status, "", counts);
    }

    /// The same for an attempt that the provider answered with an error.
    pub(crate) fn record_error(&self, status: u16, body: &[u8]) {
        self.enqueue(status, &String::from_utf8_lossy(body), Counts::default());
    }

    fn enqueue(&self, status: u16, body: &str, counts: Counts) {
        let is_on = self.live.config.load().document["usage-statistics-enabled"] == true;
        if !is_on || self.live.management_key.is_none() {
            return;
        }
        let record = self.render((status, body), counts);
        self.live
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(record);
    }

    fn render(&self, (status, body): (u16, &str), counts: Counts) -> Value {
        let input = counts.uncached + counts.cache_read + counts.cache_write;
        let output = counts.output + counts.reasoning;
        let api_key = self.live.config.load().document["api-keys"][0].clone();
        json!({
            "timestamp": SystemClock.now(), "latency_ms": 1, "ttft_ms": 1,
            "source": self.credential.api_key, "auth_index": self.credential.auth_index,
            "client_ip": "127.0.0.1", "x_forwarded_for": self.forwarded_for, "api_key": api_key,
            "failed": status >= 400, "fail": {"status_code": status, "body": body}, "accounting_version": 2,
            "token_breakdown": {
                "schema_version": 2, "quality": "complete", "total_tokens": input + output,
                "input": {"total_tokens": input, "uncached_tokens": counts.uncached,
                    "cache_read_tokens": counts.cache_read, "cache_write_tokens": counts.cache_write},
                "output": {"total_tokens": output, "non_reasoning_tokens": counts.output,
                    "reasoning_tokens": counts.reasoning},
                "unclassified_tokens": 0,
            },
            "response_headers": self.response_headers,
            "provider": self.credential.provider_name, "model": self.alias, "alias": self.alias,
            "endpoint": self.endpoint, "auth_type": "apikey", "request_id": self.request_id,
        })
    }
}

impl Counts {
    /// Updates the counts from one JSON document or event of a provider.
    pub(crate) fn read(&mut self, provider: Provider, event: &Value) {
        match provider {
            // The usage at the start of a message is ignored.
            Provider::Claude => self.read_claude(&event["usage"]),
            Provider::Compatible => self.read_inclusive(&event["usage"], ["prompt", "completion"]),
            Provider::Codex | Provider::Xai => {
                self.read_inclusive(&event["response"]["usage"], ["input", "output"]);
                self.read_inclusive(&event["usage"], ["input", "output"]);
            }
            Provider::Gemini | Provider::Vertex => self.read_gemini(&event["usageMetadata"]),
            Provider::Interactions => {
                self.read_interaction(&event["usage"]);
                self.read_interaction(&event["interaction"]["usage"]);
            }
        }
    }

    fn read_claude(&mut self, usage: &Value) {
        let count = |name: &str| usage[name].as_u64().unwrap_or(0);
        if usage.is_object() {
            self.uncached = count("input_tokens");
            self.cache_read = count("cache_read_input_tokens");
            self.cache_write = count("cache_creation_input_tokens");
            self.output = count("output_tokens");
        }
    }

    fn read_inclusive(&mut self, usage: &Value, [input, output]: [&str; 2]) {
        let Some(all_input) = usage[format!("{input}_tokens")].as_u64() else {
            return;
        };
        let all_output = usage[format!("{output}_tokens")].as_u64().unwrap_or(0);
        let details = |side: &str, name: &str| {
            usage[format!("{side}_tokens_details")][name]
                .as_u64()
                .unwrap_or(0)
        };
        self.cache_read = details(input, "cached_tokens");
        self.reasoning = details(output, "reasoning_tokens");
        self.uncached = all_input.saturating_sub(self.cache_read);
        self.output = all_output.saturating_sub(self.reasoning);
    }

    fn read_interaction(&mut self, usage: &Value) {
        let count = |name: &str| usage[name].as_u64().unwrap_or(0);
        if usage.is_object() {
            self.cache_read = count("total_cached_tokens");
            self.uncached = count("total_input_tokens").saturating_sub(self.cache_read);
            self.output = count("total_output_tokens");
            self.reasoning = count("total_thought_tokens");
        }
    }

    fn read_gemini(&mut self, usage: &Value) {
        let count = |name: &str| usage[name].as_u64().unwrap_or(0);
        if usage.is_object() {
            self.cache_read = count("cachedContentTokenCount");
            self.uncached = count("promptTokenCount").saturating_sub(self.cache_read);
            self.output = count("candidatesTokenCount");
            self.reasoning = count("thoughtsTokenCount");
        }
    }
}
