//! The gauges, set at each scrape: states, sizes and times.

use crate::metrics::{EncodeLabelSet, Family, Fraction, Gauge, MonotonicCounter, Registry};

/// Milliseconds in a second of processor time.
const MILLI: i64 = 1000;

/// The gauges, with the values of the last scrape.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    pub(super) build: Family<Version, Gauge>,
    pub(super) in_flight: Gauge,
    pub(super) max_in_flight: Gauge,
    pub(super) journal_pending: Gauge,
    pub(super) writer_lag: Fraction,
    pub(super) writer_failing: Gauge,
    pub(super) quotas: Family<ByState, Gauge>,
    pub(super) reserved_tokens: Gauge,
    pub(super) reserved_cost: Fraction,
    pub(super) reserved_requests: Gauge,
    pub(super) reconciliation: Family<ByResult, Gauge>,
    pub(super) engine: Family<ByState, Gauge>,
    pub(super) engine_processes: Family<ByState, Gauge>,
    pub(super) engine_restarts: MonotonicCounter,
    pub(super) engine_started_at: Gauge,
    pub(super) accounts: Family<ByAccountStatus, Gauge>,
    pub(super) window_level: Family<ByWindow, Fraction>,
    pub(super) window_reset: Family<ByWindow, Gauge>,
    pub(super) window_reading_age: Family<ByWindow, Gauge>,
    pub(super) window_units: Family<ByWindow, Fraction>,
    pub(super) window_outside: Family<ByWindow, Fraction>,
    pub(super) window_forecast: Family<ByWindow, Fraction>,
    pub(super) share_decisions: Family<ByDecision, MonotonicCounter>,
    pub(super) backups: Gauge,
    pub(super) last_backup: Gauge,
    pub(super) database_up: Gauge,
    pub(super) database_size: Gauge,
    pub(super) resident: Gauge,
    pub(super) open_files: Gauge,
    pub(super) most_open_files: Fraction,
    pub(super) threads: Gauge,
    pub(super) cpu: MonotonicCounter<MILLI>,
    pub(super) started_at: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Version {
    pub(super) version: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByState {
    pub(super) state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByDecision {
    pub(super) decision: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByResult {
    pub(super) result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByAccountStatus {
    pub(super) provider: &'static str,
    pub(super) status: &'static str,
}

/// Windows are named by providers, and few.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByWindow {
    pub(super) account: String,
    pub(super) window: String,
}

impl Gauges {
    pub(super) fn register_on(&self, registry: &mut Registry) {
        self.register_requests(registry);
        self.register_quotas(registry);
        self.register_engine(registry);
        self.register_windows(registry);
        self.register_storage(registry);
        self.register_process(registry);
    }

    fn register_requests(&self, registry: &mut Registry) {
        registry.register(
            "request_permits_used",
            &[],
            "Requests in flight or not yet in the database",
            &self.in_flight,
        );
        registry.register(
            "request_permits",
            &[],
            "The most of these before requests are refused",
            &self.max_in_flight,
        );
        registry.register(
            "journal_pending",
            &[],
            "Journal entries of requests that are not yet in the database",
            &self.journal_pending,
        );
        registry.register(
            "writer_lag_seconds",
            &[],
            "How long the oldest ended request has been waiting to be written to the database",
            &self.writer_lag,
        );
        registry.register(
            "writer_failing",
            &[],
            "1 while writing to the database fails and new requests are refused",
            &self.writer_failing,
        );
    }

    fn register_quotas(&self, registry: &mut Registry) {
        registry.register(
            "quotas",
            &["state"],
            "Quotas by state: free, warned (a soft percentage is reached) or used_up",
            &self.quotas,
        );
        registry.register(
            "reserved_tokens",
            &[],
            "Tokens reserved from quotas for requests in flight",
            &self.reserved_tokens,
        );
        registry.register(
            "reserved_cost_usd",
            &[],
            "US dollars reserved from quotas for requests in flight",
            &self.reserved_cost,
        );
        registry.register(
            "reserved_requests",
            &[],
            "Requests reserved from quotas for requests in flight",
            &self.reserved_requests,
        );
        registry.register(
            "reconciliation_requests",
            &["result"],
            "Metered requests of the last 24 hours by the result of reconciliation with the engine's report",
            &self.reconciliation,
        );
    }

    fn register_engine(&self, registry: &mut Registry) {
        registry.register(
            "engine_state",
            &["state"],
            "1 for the current state of the engine, 0 for the others",
            &self.engine,
        );
        registry.register(
            "engine_processes",
            &["state"],
            "Engine processes of single accounts, by state",
            &self.engine_processes,
        );
        registry.register(
            "engine_restarts",
            &[],
            "Restarts of the engine after it exited",
            &self.engine_restarts,
        );
        registry.register(
            "engine_start_time_seconds",
            &[],
            "Start time of the engine, since 1970; 0 while it is not running",
            &self.engine_started_at,
        );
        registry.register(
            "provider_accounts",
            &["provider", "status"],
            "Provider accounts by provider and status",
            &self.accounts,
        );
        registry.register(
            "share_decisions",
            &["decision"],
            "Requests that use shared windows: admitted within the share, lent above it, would_refuse while shares are only observed, refused",
            &self.share_decisions,
        );
    }

    fn register_windows(&self, registry: &mut Registry) {
        let labels = &["account", "window"];
        registry.register(
            "account_window_level_percent",
            labels,
            "Estimated used percentage of a usage window, by the id of the account",
            &self.window_level,
        );
        registry.register(
            "account_window_reset_seconds",
            labels,
            "Seconds until a usage window resets",
            &self.window_reset,
        );
        registry.register(
            "account_window_reading_age_seconds",
            labels,
            "Age of the provider's last reading of a usage window",
            &self.window_reading_age,
        );
        registry.register(
            "account_window_units_per_percent",
            labels,
            "What one percent of a usage window buys, in US dollars at list prices of the API; absent while unknown",
            &self.window_units,
        );
        registry.register(
            "account_window_outside_percent",
            labels,
            "Percentage of a usage window that was used outside of this server; absent while unknown",
            &self.window_outside,
        );
        registry.register(
            "account_window_forecast_probability",
            labels,
            "Probability that a usage window is used up before its reset, 0 to 1; absent while withheld",
            &self.window_forecast,
        );
    }

    fn register_storage(&self, registry: &mut Registry) {
        registry.register(
            "backups",
            &[],
            "Backups in the data directory",
            &self.backups,
        );
        registry.register(
            "last_backup_time_seconds",
            &[],
            "Time of the latest verified backup, since 1970; 0 without one",
            &self.last_backup,
        );
        registry.register(
            "database_up",
            &[],
            "1 if the database responded to this scrape; if not, values from the database are of an earlier scrape",
            &self.database_up,
        );
        registry.register(
            "database_size_bytes",
            &[],
            "Size of the database",
            &self.database_size,
        );
        registry.register(
            "build_info",
            &["version"],
            "1, with the version of the server",
            &self.build,
        );
    }

    fn register_process(&self, registry: &mut Registry) {
        registry.register(
            "process_resident_memory_bytes",
            &[],
            "Resident memory of the process, without the engine",
            &self.resident,
        );
        registry.register(
            "process_open_fds",
            &[],
            "Open file descriptors",
            &self.open_files,
        );
        registry.register(
            "process_max_fds",
            &[],
            "Limit of open file descriptors",
            &self.most_open_files,
        );
        registry.register("process_threads", &[], "Threads", &self.threads);
        registry.register(
            "process_cpu_seconds",
            &[],
            "Processor time of the process",
            &self.cpu,
        );
        registry.register(
            "process_start_time_seconds",
            &[],
            "Start time of the process, since 1970",
            &self.started_at,
        );
    }
}
