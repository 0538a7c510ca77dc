//! Traces for a collector that speaks OTLP, when there is one. What a span says is the business of the room
//! that begins it; here it is sent off, by a thread of the library's that nobody waits for.

mod exporter;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use opentelemetry::{Key, KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::{Protocol, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};
use tokio::task::spawn_blocking;
use url::Url;

use self::exporter::Reporting;

const NAME: &str = "proxypal-server";
/// How long the last spans may take to be sent.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// What makes spans, if anybody wants them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<Arc<Open>>);

#[derive(Debug)]
struct Open {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Sends spans to this address of a collector; without one there are none. How many, how often and
    /// under which name is said by the standard variables, which the library reads.
    pub fn open(endpoint: Option<&Url>, version: &'static str) -> anyhow::Result<Self> {
        let Some(endpoint) = endpoint else {
            return Ok(Self::default());
        };
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint.as_str())
            .build()
            .context("cannot send traces: OTEL_EXPORTER_OTLP_… has a mistake")?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Reporting::new(exporter, endpoint))
            .with_resource(resource(version))
            .build();
        let tracer = provider.tracer(NAME);
        Ok(Self(Some(Arc::new(Open { provider, tracer }))))
    }

    /// What begins spans; `None` when nobody wants them.
    pub fn tracer(&self) -> Option<&SdkTracer> {
        Some(&self.0.as_ref()?.tracer)
    }

    /// Sends what has not been sent, and gives up soon.
    pub async fn close(self) {
        let Some(open) = self.0 else {
            return;
        };
        let closing = spawn_blocking(move || open.provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        if !matches!(closing.await, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be sent in time");
        }
    }
}

/// What the spans come from. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have the first word.
fn resource(version: &'static str) -> Resource {
    let told = Resource::builder().build();
    let name = told.get(&Key::from_static_str("service.name"));
    let is_named = name.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let resource = Resource::builder().with_attribute(KeyValue::new("service.version", version));
    if is_named {
        resource.build()
    } else {
        resource.with_service_name(NAME).build()
    }
}
