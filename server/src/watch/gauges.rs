//! What a scrape looks at: states, sizes and times, each set just before it is read.

use crate::metrics::{EncodeLabelSet, Family, Fraction, Gauge, MonotonicCounter, Registry};

/// Milliseconds in a second of processor time.
const MILLI: i64 = 1000;

/// The gauges, which hold what the last look has found.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    pub(super) build: Family<Version, Gauge>,
    pub(super) under_way: Gauge,
    pub(super) most_under_way: Gauge,
    pub(super) journal_owed: Gauge,
    pub(super) writer_lag: Fraction,
    pub(super) writer_failing: Gauge,
    pub(super) quotas: Family<ByState, Gauge>,
    pub(super) reserved_tokens: Gauge,
    pub(super) reserved_cost: Fraction,
    pub(super) reserved_requests: Gauge,
    pub(super) reconciliation: Family<ByResult, Gauge>,
    pub(super) engine: Family<ByState, Gauge>,
    pub(super) engine_restarts: MonotonicCounter,
    pub(super) engine_started_at: Gauge,
    pub(super) accounts: Family<ByAccountStatus, Gauge>,
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
pub(super) struct ByResult {
    pub(super) result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByAccountStatus {
    pub(super) provider: &'static str,
    pub(super) status: &'static str,
}

impl Gauges {
    pub(super) fn register_on(&self, registry: &mut Registry) {
        self.register_requests(registry);
        self.register_quotas(registry);
        self.register_engine(registry);
        self.register_storage(registry);
        self.register_process(registry);
    }

    fn register_requests(&self, registry: &mut Registry) {
        registry.register(
            "book_places_used",
            &[],
            "Requests under way or not in the database yet",
            &self.under_way,
        );
        registry.register(
            "book_places",
            &[],
            "How many of them there may be before requests are refused",
            &self.most_under_way,
        );
        registry.register(
            "journal_owed",
            &[],
            "Notes in the journal whose requests are not in the database yet",
            &self.journal_owed,
        );
        registry.register(
            "writer_lag_seconds",
            &[],
            "How long the first request that has ended waits for the database",
            &self.writer_lag,
        );
        registry.register(
            "writer_failing",
            &[],
            "1 while the database takes no requests, and new ones are refused",
            &self.writer_failing,
        );
    }

    fn register_quotas(&self, registry: &mut Registry) {
        registry.register(
            "quotas",
            &["state"],
            "Quotas by how they stand: free, warned (a percentage that warns was reached) or used_up",
            &self.quotas,
        );
        registry.register(
            "reserved_tokens",
            &[],
            "Tokens held back from quotas for requests under way",
            &self.reserved_tokens,
        );
        registry.register(
            "reserved_cost_usd",
            &[],
            "US dollars held back from quotas for requests under way",
            &self.reserved_cost,
        );
        registry.register(
            "reserved_requests",
            &[],
            "Requests held back from quotas for requests under way",
            &self.reserved_requests,
        );
        registry.register(
            "reconciliation_requests",
            &["result"],
            "Metered requests of the last 24 hours by how the answer and the engine's report compare",
            &self.reconciliation,
        );
    }

    fn register_engine(&self, registry: &mut Registry) {
        registry.register(
            "engine_state",
            &["state"],
            "1 for the state in which the engine is, 0 for the others",
            &self.engine,
        );
        registry.register(
            "engine_restarts",
            &[],
            "How often the engine had to be started again unasked",
            &self.engine_restarts,
        );
        registry.register(
            "engine_start_time_seconds",
            &[],
            "When the engine's present life began, since 1970; 0 while it has none",
            &self.engine_started_at,
        );
        registry.register(
            "provider_accounts",
            &["provider", "status"],
            "Accounts at providers by provider and status",
            &self.accounts,
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
            "When the latest backup was made that could be restored, since 1970; 0 before the first",
            &self.last_backup,
        );
        registry.register(
            "database_up",
            &[],
            "1 when the database answered this scrape; what it would have told is of earlier when it did not",
            &self.database_up,
        );
        registry.register(
            "database_size_bytes",
            &[],
            "The size of the database",
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
            "Memory of the process, without the engine's",
            &self.resident,
        );
        registry.register(
            "process_open_fds",
            &[],
            "Open file handles",
            &self.open_files,
        );
        registry.register(
            "process_max_fds",
            &[],
            "File handles that may be open",
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
            "When the process began, since 1970",
            &self.started_at,
        );
    }
}
