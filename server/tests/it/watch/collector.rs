//! A collector of traces, which keeps what it is sent, or takes it and never answers.

use std::{collections::BTreeMap, future::pending, net::SocketAddr};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse as _, Response},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message as _;
use tokio::{net::TcpListener, sync::watch};

use crate::support::soon;

/// The spans that a collector received.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) spans: Vec<Span>,
    pub(super) resource: BTreeMap<String, String>,
    pub(super) headers: HeaderMap,
    /// As it came.
    pub(super) raw: Vec<u8>,
}

#[derive(Clone)]
struct Desk {
    seen: watch::Sender<Seen>,
    answers: bool,
}

pub(super) struct Collector {
    pub(super) address: SocketAddr,
    seen: watch::Receiver<Seen>,
}

impl Collector {
    pub(super) async fn start() -> Self {
        Self::open(true).await
    }

    /// One that takes everything and never answers.
    pub(super) async fn hanging() -> Self {
        Self::open(false).await
    }

    async fn open(answers: bool) -> Self {
        let (sender, seen) = watch::channel(Seen::default());
        let desk = Desk {
            seen: sender,
            answers,
        };
        let router = Router::new()
            .route("/base/v1/traces", post(take))
            .with_state(desk);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        #[expect(clippy::disallowed_methods, reason = "it is killed with the test")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    /// The value of `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(super) fn endpoint(&self) -> String {
        format!("http://{}/base/", self.address)
    }

    /// The received spans, once there are this many.
    pub(super) async fn spans(&mut self, count: usize) -> Seen {
        let enough = self.seen.wait_for(|seen| seen.spans.len() >= count);
        soon("the spans", enough).await.unwrap().clone()
    }

    /// The spans received so far.
    pub(super) fn so_far(&self) -> Seen {
        self.seen.borrow().clone()
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response {
    let sent = ExportTraceServiceRequest::decode(body.clone()).unwrap();
    desk.seen.send_modify(|seen| {
        seen.headers = headers;
        seen.raw.extend_from_slice(&body);
        for part in sent.resource_spans {
            seen.resource = attributes(&part.resource.unwrap().attributes);
            let spans = part.scope_spans.into_iter().flat_map(|scope| scope.spans);
            seen.spans.extend(spans);
        }
    });
    if !desk.answers {
        pending::<()>().await;
    }
    let answer = ExportTraceServiceResponse::default().encode_to_vec();
    let content_type = [(CONTENT_TYPE, "application/x-protobuf")];
    (StatusCode::OK, content_type, answer).into_response()
}

/// Attributes as text.
pub(super) fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        other @ (Value::BoolValue(_)
        | Value::ArrayValue(_)
        | Value::KvlistValue(_)
        | Value::BytesValue(_)
        | Value::StringValueStrindex(_)) => format!("{other:?}"),
    };
    let pairs = attributes.iter().map(|attribute| {
        let value = attribute.value.clone().unwrap().value.unwrap();
        (attribute.key.clone(), text(value))
    });
    pairs.collect()
}
