//! The span of a request: the fields of its record as attributes of the `OpenTelemetry` conventions for generative AI. It never
//! contains any of the request or the answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use entity::request::{Outcome, UsageSource};
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _},
};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::Span};

use crate::{
    domain::{requests::RequestRecord, tokens::Tokens},
    traces::Traces,
};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The longest attribute that a client controls, in characters.
const MAX_TEXT: usize = 200;

/// A span that is open until the request has ended; `None` inside if traces are not exported.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestSpan(Option<Arc<Mutex<Span>>>);

impl RequestSpan {
    /// The client's span, if it sends one, is the parent.
    pub(super) fn begin(traces: &Traces, headers: &HeaderMap, record: &RequestRecord) -> Self {
        if traces.tracer().is_none() {
            return Self::default();
        }
        let parent =
            TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
        Self::child(traces, &parent, record)
    }

    /// The span of a turn of this WebSocket.
    pub(super) fn turn(&self, traces: &Traces, record: &RequestRecord) -> Self {
        let Some(span) = self.lock() else {
            return Self::default();
        };
        let parent = Context::new().with_remote_span_context(span.span_context().clone());
        drop(span);
        Self::child(traces, &parent, record)
    }

    fn child(traces: &Traces, parent: &Context, record: &RequestRecord) -> Self {
        let span = traces.tracer().map(|tracer| {
            let (method, _) = method_and_path(record);
            let span = tracer
                .span_builder(method.to_owned())
                .with_kind(SpanKind::Server)
                .start_with_context(tracer, parent);
            Arc::new(Mutex::new(span))
        });
        Self(span)
    }

    /// The span of the wait for a limit, which ends when the result is dropped.
    pub(super) fn waiting(&self, traces: &Traces) -> Option<Span> {
        let spans = traces.tracer()?;
        let span = self.lock()?;
        let parent = Context::new().with_remote_span_context(span.span_context().clone());
        drop(span);
        Some(spans.start_with_context("wait", &parent))
    }

    /// Replaces the client's span by this one in the headers for the engine.
    pub(super) fn inject(&self, headers: &mut HeaderMap) {
        let Some(span) = self.lock() else {
            return;
        };
        let context = span.span_context();
        let value = format!(
            "00-{}-{}-{:02x}",
            context.trace_id(),
            context.span_id(),
            context.trace_flags().to_u8() & 1
        );
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(TRACEPARENT, value);
        }
    }

    /// Ends the span with the fields of the record. Later calls do nothing.
    pub(super) fn end(&self, record: &RequestRecord) {
        let Some(mut span) = self.lock() else {
            return;
        };
        if span.is_recording() {
            span.update_name(name(record));
            span.set_attributes(attributes(record));
            if is_failure(record) {
                span.set_status(Status::error(""));
            }
        }
        span.end();
    }

    fn lock(&self) -> Option<MutexGuard<'_, Span>> {
        let span = self.0.as_ref()?;
        Some(span.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// Operation and model; the HTTP method if the request does not generate.
fn name(record: &RequestRecord) -> String {
    match (record.protocol.spec().operation, &record.model) {
        (Some(operation), Some(model)) => format!("{operation} {}", shortened(model)),
        (Some(operation), None) => operation.to_owned(),
        (None, _) => method_and_path(record).0.to_owned(),
    }
}

fn attributes(record: &RequestRecord) -> Vec<KeyValue> {
    let (method, path) = method_and_path(record);
    let mut attributes = vec![
        KeyValue::new("http.request.method", method.to_owned()),
        KeyValue::new("url.path", path.to_owned()),
        KeyValue::new("proxypal.request.id", record.id.to_string()),
        KeyValue::new("proxypal.user.id", record.user_id.to_string()),
        KeyValue::new("proxypal.api_key.id", record.api_key_id.to_string()),
        KeyValue::new("proxypal.outcome", outcome(record.outcome)),
    ];
    if let Some(status) = record.http_status {
        attributes.push(KeyValue::new(
            "http.response.status_code",
            i64::from(status),
        ));
    }
    if let Some(waited) = record.waited {
        let seconds = waited.as_secs_f64();
        attributes.push(KeyValue::new("proxypal.waited", seconds));
    }
    if let Some(error) = error_type(record) {
        attributes.push(KeyValue::new("error.type", error));
    }
    if let Some(operation) = record.protocol.spec().operation {
        attributes.push(KeyValue::new("gen_ai.operation.name", operation));
        add_generation(&mut attributes, record);
    }
    attributes
}

fn add_generation(attributes: &mut Vec<KeyValue>, record: &RequestRecord) {
    let mut add = |name, value: opentelemetry::Value| attributes.push(KeyValue::new(name, value));
    if let Some(provider) = record.protocol.spec().provider {
        add("gen_ai.provider.name", provider.into());
    }
    if let Some(model) = &record.model {
        add("gen_ai.request.model", shortened(model).into());
    }
    if let Some(model) = &record.served_model {
        add("gen_ai.response.model", shortened(model).into());
    }
    if let Some(first_byte) = record.time_to_first_byte.filter(|_| record.streamed) {
        let seconds = first_byte.as_secs_f64();
        add("gen_ai.response.time_to_first_chunk", seconds.into());
    }
    add(
        "proxypal.usage_source",
        usage_source(record.usage_source).into(),
    );
    let Some(tokens) = record.tokens else {
        return;
    };
    // By the conventions cached tokens are part of the input, and reasoning is part of the output.
    let input = Tokens {
        output: 0,
        reasoning: 0,
        ..tokens
    };
    add("gen_ai.usage.input_tokens", input.total().into());
    let output = tokens.output.saturating_add(tokens.reasoning);
    add("gen_ai.usage.output_tokens", output.into());
    add(
        "gen_ai.usage.cache_read.input_tokens",
        tokens.cache_read.into(),
    );
    add(
        "gen_ai.usage.cache_creation.input_tokens",
        tokens.cache_write.into(),
    );
    add(
        "gen_ai.usage.reasoning.output_tokens",
        tokens.reasoning.into(),
    );
}

/// The record has both in one text, such as `POST /v1/messages`.
fn method_and_path(record: &RequestRecord) -> (&str, &str) {
    let endpoint = record.endpoint.split_once(' ');
    endpoint.unwrap_or((&record.endpoint, ""))
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::ClientGone => "client_gone",
        Outcome::UpstreamError => "upstream_error",
        Outcome::Rejected => "rejected",
        Outcome::Interrupted => "interrupted",
    }
}

fn usage_source(source: UsageSource) -> &'static str {
    match source {
        UsageSource::Wire => "wire",
        UsageSource::Engine => "engine",
        UsageSource::Estimated => "estimated",
        UsageSource::Unknown => "unknown",
    }
}

fn error_type(record: &RequestRecord) -> Option<String> {
    if record.outcome == Outcome::Completed {
        return None;
    }
    let code = record.error_code.as_deref().map(shortened);
    let status = record.http_status.filter(|status| *status >= 400);
    code.or_else(|| status.map(|status| status.to_string()))
        .or_else(|| Some(outcome(record.outcome).to_owned()))
}

/// Whether the server failed: by the conventions a client's error is no failure of the server span.
fn is_failure(record: &RequestRecord) -> bool {
    match record.outcome {
        Outcome::Completed | Outcome::ClientGone => false,
        Outcome::Rejected | Outcome::UpstreamError => record
            .http_status
            .is_none_or(|status| !(400..500).contains(&status)),
        Outcome::Interrupted => true,
    }
}
