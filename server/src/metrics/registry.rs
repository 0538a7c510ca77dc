//! The board of metrics: what hangs here is read by scrapes, and listed in `docs/metrics.md`.

use std::fmt;

use prometheus_client::{
    encoding::prometheus_text,
    metrics::{MetricType, TypedMetric},
    registry::{Metric, Registry as PrometheusRegistry},
};

/// What each name begins with.
const PREFIX: &str = "proxypal";
/// What every program tells of itself has the same name everywhere.
const PROCESS: &str = "process_";

/// All metrics of one server.
#[derive(Debug, Default)]
pub struct Registry {
    registry: PrometheusRegistry,
    described: Vec<Description>,
}

/// One metric in words.
#[derive(Clone, Debug)]
pub struct Description {
    /// As rules and queries write it.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

impl Registry {
    /// Hangs a metric up. The name is without the prefix, and that of a counter without `_total`; the help
    /// is a sentence without its full stop.
    pub fn register<M: Metric + TypedMetric + Clone>(
        &mut self,
        name: &str,
        labels: &'static [&'static str],
        help: &'static str,
        metric: &M,
    ) {
        let (kind, ending) = match M::TYPE {
            MetricType::Counter => ("counter", "_total"),
            MetricType::Histogram => ("histogram", ""),
            MetricType::Gauge | MetricType::Info | MetricType::Unknown => ("gauge", ""),
        };
        let name = if name.starts_with(PROCESS) {
            name.to_owned()
        } else {
            format!("{PREFIX}_{name}")
        };
        self.described.push(Description {
            name: format!("{name}{ending}"),
            kind,
            labels,
            help,
        });
        self.registry.register(name, help, metric.clone());
    }

    /// What hangs here, in order.
    pub fn described(&self) -> &[Description] {
        &self.described
    }

    /// Everything as it stands, in the text format of Prometheus.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
