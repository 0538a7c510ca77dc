//! Says it in the log when spans do not reach the collector, once, and when they do again.

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

/// An exporter whose failures are told.
#[derive(Debug)]
pub(super) struct Reporting<Exporter> {
    exporter: Exporter,
    /// May hold a key, so that no line of the log shows it.
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
                let error = self.in_words(error);
                tracing::warn!(
                    error,
                    "traces do not reach the collector and are lost until they do"
                );
            }
            Ok(()) if was_failing => tracing::info!("traces reach the collector again"),
            Ok(()) | Err(_) => {}
        }
    }

    fn in_words(&self, error: &OTelSdkError) -> String {
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
