//! The registry of metrics, which scrapes read and `docs/metrics.md` lists.

use std::fmt;

use prometheus_client::{
    encoding::prometheus_text,
    metrics::{MetricType, TypedMetric},
    registry::{Metric, Registry as PrometheusRegistry},
};

/// The prefix of names.
const PREFIX: &str = "proxypal";
/// Standard process metrics do not have the `proxypal_` prefix.
const PROCESS: &str = "process_";

/// All metrics of one server.
#[derive(Debug, Default)]
pub struct Registry {
    registry: PrometheusRegistry,
    described: Vec<Description>,
}

/// The description of a metric.
#[derive(Clone, Debug)]
pub struct Description {
    /// The name in queries.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

impl Registry {
    /// Registers a metric. Names are without prefix, those of counters without `_total`; the help text is a sentence
    /// without its full stop.
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

    /// All metrics, in the order of registration.
    pub fn described(&self) -> &[Description] {
        &self.described
    }

    /// Encodes all metrics in the Prometheus text format.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
