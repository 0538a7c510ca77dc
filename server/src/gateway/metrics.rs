//! Counts the requests that the gateway refuses. All others are counted when they are recorded.

use limits::Metric;

use super::{dialect::GatewayError, wait::WaitMetrics};
use crate::{
    domain::ledger::LimitKind,
    metrics::{Counter, EncodeLabelSet, Family, Gauge, Registry},
};

/// Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct GatewayMetrics {
    refusals: Family<Refused, Counter>,
    in_flight: Gauge,
    draining: Gauge,
    pub(super) route_mismatches: Counter,
    pub(super) waits: WaitMetrics,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    code: &'static str,
    limit: &'static str,
}

impl GatewayMetrics {
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
        registry.register(
            "route_mismatch",
            &[],
            "Answers that the engine process of an account gave through another account, which must not happen",
            &self.route_mismatches,
        );
        self.waits.register_on(registry);
    }

    /// Sets the gauges.
    pub(super) fn observe(&self, in_flight: usize, draining: u32) {
        let in_flight = i64::try_from(in_flight).unwrap_or(i64::MAX);
        self.in_flight.set(in_flight);
        self.draining.set(draining.into());
    }

    pub(super) fn refused(&self, error: &GatewayError) {
        let refused = Refused {
            code: error.code(),
            limit: error.limit().map_or("none", name),
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
