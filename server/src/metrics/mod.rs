//! How things are counted: the board on which every metric hangs with what it says, and the sorts of
//! values that the library lacks. Each room keeps counts of its own; none knows who reads them.

mod monotonic_counter;
mod registry;

pub use self::{
    monotonic_counter::MonotonicCounter,
    registry::{Description, Registry},
};
/// A gauge of whole numbers.
pub type Gauge = prometheus_client::metrics::gauge::Gauge;
/// A gauge of seconds, dollars or shares.
pub type Fraction = prometheus_client::metrics::gauge::Gauge<f64, std::sync::atomic::AtomicU64>;
pub use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
};
