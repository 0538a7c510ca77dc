//! Exports traces to an OTLP collector, if one is configured. Other modules create the spans; a thread of the library
//! exports them in the background.

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
/// How long the last export may take.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// The source of tracers; empty without a collector. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<Arc<Open>>);

#[derive(Debug)]
struct Open {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Exports spans to this endpoint, if there is one. The library reads sampling, batching and resource attributes from
    /// the standard variables.
    pub fn open(endpoint: Option<&Url>, version: &'static str) -> anyhow::Result<Self> {
        let Some(endpoint) = endpoint else {
            return Ok(Self::default());
        };
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint.as_str())
            .build()
            .context("cannot export traces; check the variables OTEL_EXPORTER_OTLP_…")?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Reporting::new(exporter, endpoint))
            .with_resource(resource(version))
            .build();
        let tracer = provider.tracer(NAME);
        Ok(Self(Some(Arc::new(Open { provider, tracer }))))
    }

    /// The tracer; `None` without a collector.
    pub fn tracer(&self) -> Option<&SdkTracer> {
        Some(&self.0.as_ref()?.tracer)
    }

    /// Exports the remaining spans, within [`FLUSH_TIMEOUT`].
    pub async fn close(self) {
        let Some(open) = self.0 else {
            return;
        };
        let closing = spawn_blocking(move || open.provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        if !matches!(closing.await, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be exported in time");
        }
    }
}

/// The resource of the spans. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` take precedence.
fn resource(version: &'static str) -> Resource {
    let detected = Resource::builder().build();
    let name = detected.get(&Key::from_static_str("service.name"));
    let is_named = name.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let resource = Resource::builder().with_attribute(KeyValue::new("service.version", version));
    if is_named {
        resource.build()
    } else {
        resource.with_service_name(NAME).build()
    }
}
