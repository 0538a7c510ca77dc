//! What the gateway counts: the requests that it answers itself. All others are counted as they are
//! written into the book.

use limits::Metric;

use tokio_util::task::TaskTracker;

use super::{dialect::GatewayError, meter::Drainer};
use crate::{
    domain::ledger::LimitKind,
    metrics::{Counter, EncodeLabelSet, Family, Gauge, Registry},
};

/// The counts. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct GatewayMetrics {
    refusals: Family<Refused, Counter>,
    in_flight: Gauge,
    draining: Gauge,
}

/// How the gateway stands. Knowing this keeps nothing alive.
#[derive(Clone, Debug)]
pub struct GatewayState {
    /// What was counted so far.
    pub metrics: GatewayMetrics,
    pub(super) in_flight: TaskTracker,
    pub(super) drainer: Drainer,
}

impl GatewayState {
    /// Looks at what is under way, for the gauges to tell.
    pub fn look(&self) {
        let in_flight = i64::try_from(self.in_flight.len()).unwrap_or(i64::MAX);
        self.metrics.in_flight.set(in_flight);
        self.metrics.draining.set(self.drainer.running().into());
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    code: &'static str,
    limit: &'static str,
}

impl GatewayMetrics {
    /// Hangs the counts on the board.
    pub fn register_on(&self, registry: &mut Registry) {
        registry.register(
            "refusals",
            &["code", "limit"],
            "Requests that the gateway answered itself, by the code of its error and, where a limit binds, its kind",
            &self.refusals,
        );
        registry.register(
            "in_flight_requests",
            &[],
            "Requests on their way to the engine or being answered",
            &self.in_flight,
        );
        registry.register(
            "draining_answers",
            &[],
            "Answers that are read on to their usage although the client has left",
            &self.draining,
        );
    }

    /// Counts a request that does not pass.
    pub(super) fn refused(&self, fault: &GatewayError) {
        let refused = Refused {
            code: fault.code(),
            limit: fault.limit().map_or("none", name),
        };
        self.refusals.get_or_create(&refused).inc();
    }
}

fn name(limit: LimitKind) -> &'static str {
    match limit {
        LimitKind::RequestsPerMinute => "requests_per_minute",
        LimitKind::TokensPerMinute => "tokens_per_minute",
        LimitKind::ConcurrentRequests => "concurrent_requests",
        LimitKind::ConcurrentSockets => "concurrent_sockets",
        LimitKind::Quota(Metric::Tokens) => "quota_tokens",
        LimitKind::Quota(Metric::Cost) => "quota_cost",
        LimitKind::Quota(Metric::Requests) => "quota_requests",
    }
}
