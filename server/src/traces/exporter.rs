//! Logs once when the export of spans fails, and once when it works again.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};
use url::Url;

/// An exporter whose failures are logged.
#[derive(Debug)]
pub(super) struct Reporting<Exporter> {
    exporter: Exporter,
    /// May contain a key, so it is removed from log lines.
    endpoint: String,
    is_failing: AtomicBool,
}

impl<Exporter> Reporting<Exporter> {
    pub(super) fn new(exporter: Exporter, endpoint: &Url) -> Self {
        Self {
            exporter,
            endpoint: endpoint.to_string(),
            is_failing: AtomicBool::new(false),
        }
    }

    fn note(&self, result: &OTelSdkResult) {
        let was_failing = self.is_failing.swap(result.is_err(), Ordering::Relaxed);
        match result {
            Err(error) if !was_failing => {
                let error = self.describe(error);
                tracing::warn!(
                    error,
                    "cannot export traces; they are lost until the collector is reachable"
                );
            }
            Ok(()) if was_failing => tracing::info!("traces are exported again"),
            Ok(()) | Err(_) => {}
        }
    }

    fn describe(&self, error: &OTelSdkError) -> String {
        error
            .to_string()
            .replace(&self.endpoint, "the collector's address")
    }
}

impl<Exporter: SpanExporter> SpanExporter for Reporting<Exporter> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        self.note(&result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
