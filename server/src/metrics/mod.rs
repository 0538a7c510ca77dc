//! The registry of metrics, and metric types that the library lacks. Each module owns its metrics and registers them.

mod monotonic_counter;
mod registry;

pub use self::{
    monotonic_counter::MonotonicCounter,
    registry::{Description, Registry},
};
/// An integer gauge.
pub type Gauge = prometheus_client::metrics::gauge::Gauge;
/// A floating-point gauge: seconds, dollars, ratios.
pub type Fraction = prometheus_client::metrics::gauge::Gauge<f64, std::sync::atomic::AtomicU64>;
pub use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
};
