//! Metrics of recorded requests. The writer task updates them a batch at a time, from the rows that it
//! commits. Label values are a fixed set; clients cannot add any.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use entity::{
    provider_account::ProviderKind,
    request::{self, Outcome},
};

use crate::{
    domain::{
        requests::{RequestChange, WriterObserver, finished_at, tokens_of},
        tokens::Tokens,
    },
    metrics::{Counter, EncodeLabelSet, Family, Gauge, Histogram, MonotonicCounter, Registry},
    providers,
};

/// Nano-USD in a dollar.
const NANO: i64 = 1_000_000_000;
/// Seconds.
const DURATIONS: [f64; 14] = [
    0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0,
];
const COMMITS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];
const ROWS: [f64; 10] = [
    1.0, 2.0, 5.0, 10.0, 32.0, 100.0, 250.0, 512.0, 1000.0, 2000.0,
];

type Histograms = Family<ByProtocol, Histogram, fn() -> Histogram>;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct RequestMetrics {
    requests: Family<Ended, Counter>,
    durations: Histograms,
    first_bytes: Histograms,
    by_provider: Family<ByProvider, Counter>,
    tokens: Family<ByKind, MonotonicCounter>,
    cost: MonotonicCounter<NANO>,
    unpriced: Counter,
    rows: Histogram,
    commits: Histogram,
    failures: Counter,
    lost: Counter,
    waiting: Gauge,
    /// When the oldest request ended that is not written yet, in microseconds since 1970; 0 when all are.
    waiting_since: Arc<AtomicI64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    protocol: &'static str,
    status: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByProtocol {
    protocol: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByProvider {
    provider: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKind {
    kind: &'static str,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(DURATIONS);
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            first_bytes: Family::new_with_constructor(durations),
            by_provider: Family::default(),
            tokens: Family::default(),
            cost: MonotonicCounter::default(),
            unpriced: Counter::default(),
            rows: Histogram::new(ROWS),
            commits: Histogram::new(COMMITS),
            failures: Counter::default(),
            lost: Counter::default(),
            waiting: Gauge::default(),
            waiting_since: Arc::default(),
        };
        // Export zeros from the start: `rate` does not see the first event of a new series.
        metrics.used(&Sums::default());
        metrics
    }
}

impl RequestMetrics {
    /// Registers all metrics.
    pub fn register_on(&self, registry: &mut Registry) {
        self.register_requests(registry);
        self.register_usage(registry);
        self.register_writer(registry);
    }

    fn register_requests(&self, registry: &mut Registry) {
        registry.register(
            "requests",
            &["protocol", "status", "outcome"],
            "Requests and turns of WebSockets on record, by protocol, class of HTTP status and outcome",
            &self.requests,
        );
        registry.register(
            "request_duration_seconds",
            &["protocol"],
            "How long requests took, from their admission to the end of the answer",
            &self.durations,
        );
        registry.register(
            "time_to_first_byte_seconds",
            &["protocol"],
            "How long the first byte of an answer took",
            &self.first_bytes,
        );
        registry.register(
            "provider_requests",
            &["provider", "status"],
            "Requests by provider and class of HTTP status, as reported by the engine",
            &self.by_provider,
        );
    }

    fn register_usage(&self, registry: &mut Registry) {
        registry.register(
            "tokens",
            &["kind"],
            "Tokens used, in kinds that do not overlap",
            &self.tokens,
        );
        registry.register(
            "cost_usd",
            &[],
            "What requests cost, in US dollars",
            &self.cost,
        );
        registry.register(
            "unpriced_requests",
            &[],
            "Requests that used tokens of a model without a price",
            &self.unpriced,
        );
    }

    fn register_writer(&self, registry: &mut Registry) {
        registry.register(
            "writer_batch_rows",
            &[],
            "Requests written to the database in one transaction",
            &self.rows,
        );
        registry.register(
            "writer_commit_seconds",
            &[],
            "How long the transaction of a batch took",
            &self.commits,
        );
        registry.register(
            "writer_failures",
            &[],
            "Transactions that failed and were tried again",
            &self.failures,
        );
        registry.register(
            "writer_lost_requests",
            &[],
            "Requests that broke a rule of the schema and could not be recorded",
            &self.lost,
        );
        registry.register(
            "writer_waiting_requests",
            &[],
            "Requests that have ended and are in the journal, but not in the database yet",
            &self.waiting,
        );
    }

    /// How long ago the oldest request ended that is not written yet; zero when all are.
    pub fn lag(&self, now: DateTime<Utc>) -> Duration {
        match self.waiting_since.load(Ordering::Relaxed) {
            0 => Duration::ZERO,
            since => {
                let micros = now.timestamp_micros().saturating_sub(since);
                Duration::from_micros(u64::try_from(micros).unwrap_or(0))
            }
        }
    }

    fn ended(&self, row: &request::Model) {
        let protocol = row.protocol.spec().name;
        let ended = Ended {
            protocol,
            status: class(row.http_status),
            outcome: outcome(row.outcome),
        };
        self.requests.get_or_create(&ended).inc();
        let by_protocol = ByProtocol { protocol };
        let duration = self.durations.get_or_create(&by_protocol);
        duration.observe(seconds(row.duration));
        if let Some(first_byte) = row.time_to_first_byte {
            let first_bytes = self.first_bytes.get_or_create(&by_protocol);
            first_bytes.observe(seconds(first_byte));
        }
    }

    fn served(&self, provider: ProviderKind, row: &request::Model) {
        let by_provider = ByProvider {
            provider: providers::spec(provider).name,
            status: class(row.http_status),
        };
        self.by_provider.get_or_create(&by_provider).inc();
    }

    fn used(&self, sums: &Sums) {
        let tokens = sums.tokens;
        for (kind, count) in [
            ("input", tokens.input),
            ("cache_read", tokens.cache_read),
            ("cache_write", tokens.cache_write),
            ("output", tokens.output),
            ("reasoning", tokens.reasoning),
        ] {
            self.tokens.get_or_create(&ByKind { kind }).add(count);
        }
        self.cost.add(sums.cost);
    }
}

impl WriterObserver for RequestMetrics {
    fn pending(&self, oldest: Option<&request::Model>, count: usize) {
        let ended = |row: &request::Model| finished_at(row);
        self.waiting_since
            .store(oldest.map_or(0, ended), Ordering::Relaxed);
        self.waiting.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn failed(&self) {
        self.failures.inc();
    }

    fn lost(&self, count: usize) {
        self.lost.inc_by(count as u64);
    }

    fn written(&self, rows: &[request::Model], changes: &[RequestChange], took: Duration) {
        let mut sums = Sums::default();
        for row in rows {
            self.ended(row);
            sums.add(row, 1);
            self.unpriced.inc_by(u64::from(is_unpriced(row)));
            if let Some(provider) = row.provider {
                self.served(provider, row);
            }
        }
        for RequestChange { before, after } in changes {
            sums.add(before, -1);
            sums.add(after, 1);
            if let Some(provider) = after.provider.filter(|_| before.provider.is_none()) {
                self.served(provider, after);
            }
        }
        self.used(&sums);
        if !rows.is_empty() {
            #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
            self.rows.observe(rows.len() as f64);
        }
        self.commits.observe(took.as_secs_f64());
    }
}

#[derive(Default)]
struct Sums {
    tokens: Tokens,
    cost: i64,
}

impl Sums {
    fn add(&mut self, row: &request::Model, sign: i64) {
        let add = |sum: &mut i64, count: i64| {
            *sum = sum.saturating_add(count.saturating_mul(sign));
        };
        if let Some(tokens) = tokens_of(row) {
            add(&mut self.tokens.input, tokens.input);
            add(&mut self.tokens.cache_read, tokens.cache_read);
            add(&mut self.tokens.cache_write, tokens.cache_write);
            add(&mut self.tokens.output, tokens.output);
            add(&mut self.tokens.reasoning, tokens.reasoning);
        }
        add(&mut self.cost, row.cost.unwrap_or(0));
    }
}

fn is_unpriced(row: &request::Model) -> bool {
    let uses_tokens = || tokens_of(row).is_some_and(|tokens| tokens.total() > 0);
    row.cost_assumed || (row.cost.is_none() && uses_tokens())
}

#[expect(clippy::cast_precision_loss, reason = "exact up to centuries")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// The class of an HTTP status; `none` without a response.
fn class(status: Option<i16>) -> &'static str {
    match status {
        None => "none",
        Some(100..=199) => "1xx",
        Some(200..=299) => "2xx",
        Some(300..=399) => "3xx",
        Some(400..=499) => "4xx",
        Some(_) => "5xx",
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::ClientGone => "client_gone",
        Outcome::UpstreamError => "upstream_error",
        Outcome::Rejected => "rejected",
        Outcome::Interrupted => "interrupted",
    }
}
