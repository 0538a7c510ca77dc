//! Sets the gauges at a scrape. If a source does not respond in time, its gauges keep their values, so that a scrape
//! always completes.

use std::{fmt, sync::atomic::Ordering, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::quota::Metric;
use tokio::{task::spawn_blocking, time::timeout};

use super::{
    MetricsExporter,
    gauges::{ByAccountStatus, ByDecision, ByResult, ByState, ByWindow, Version},
    process::Process,
};
use crate::{
    domain::{
        Result,
        ledger::QuotaState,
        provider_accounts::AccountStatus,
        usage::{Reconciled, Span},
        windows::WindowStatus,
    },
    engine::EngineState,
    providers,
};

/// Less than the timeout of scrapers.
const GATHER_TIMEOUT: Duration = Duration::from_secs(5);
const STATES: [(EngineState, &str); 5] = [
    (EngineState::Starting, "starting"),
    (EngineState::Running, "running"),
    (EngineState::BackingOff, "backing_off"),
    (EngineState::Stopped, "stopped"),
    (EngineState::Failed, "failed"),
];

impl MetricsExporter {
    /// All metrics in the text format, with current gauges.
    pub(super) async fn text(&self) -> std::result::Result<String, fmt::Error> {
        let _turn = self.0.turn.lock().await;
        let now = self.0.sources.clock.now();
        self.set_memory_gauges(now);
        let database = timeout(GATHER_TIMEOUT, self.set_database_gauges(now)).await;
        let result = match database {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("{error:?}")),
            Err(_) => Err("no response in time".to_owned()),
        };
        let gauges = &self.0.gauges;
        gauges.database_up.set(i64::from(result.is_ok()));
        self.0.database_outage.note(
            &result,
            |error| tracing::warn!(error, "metrics cannot read the database"),
            |ended| {
                let elapsed_ms = ended.lasted_ms();
                tracing::info!(elapsed_ms, "metrics can read the database again");
            },
        );
        self.0.registry.text()
    }

    fn set_memory_gauges(&self, now: DateTime<Utc>) {
        let (sources, gauges) = (&self.0.sources, &self.0.gauges);
        let version = Version {
            version: sources.version,
        };
        gauges.build.get_or_create(&version).set(1);
        sources.gateway.look();
        let book = sources.requests.state();
        gauges.in_flight.set(whole(book.in_flight()));
        gauges.max_in_flight.set(whole(book.max_in_flight()));
        gauges.journal_pending.set(whole(book.pending_entries()));
        gauges
            .writer_lag
            .set(sources.request_metrics.lag(now).as_secs_f64());
        gauges.writer_failing.set(i64::from(book.is_failing()));
        self.set_quota_gauges(&sources.ledger.meters(), now);
        self.set_engine_gauges();
    }

    fn set_quota_gauges(&self, meters: &[QuotaState], now: DateTime<Utc>) {
        let (mut free, mut warned, mut used_up) = (0, 0, 0);
        let (mut tokens, mut cost, mut requests) = (0_i64, 0_i64, 0_i64);
        for meter in meters {
            *match meter.per_million(now) {
                1_000_000.. => &mut used_up,
                _ if meter.warning(now).is_some() => &mut warned,
                _ => &mut free,
            } += 1;
            let reserved = match meter.quota.metric {
                Metric::Tokens => &mut tokens,
                Metric::Cost => &mut cost,
                Metric::Requests => &mut requests,
            };
            *reserved = reserved.saturating_add(meter.standing(now).reserved);
        }
        let gauges = &self.0.gauges;
        for (state, count) in [("free", free), ("warned", warned), ("used_up", used_up)] {
            gauges.quotas.get_or_create(&ByState { state }).set(count);
        }
        gauges.reserved_tokens.set(tokens);
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        gauges.reserved_cost.set(cost as f64 / 1e9);
        gauges.reserved_requests.set(requests);
    }

    fn set_share_decisions(&self) {
        let totals = self.0.sources.shares.totals();
        for (decision, count) in [
            ("admitted", &totals.admitted),
            ("lent", &totals.lent),
            ("would_refuse", &totals.would_refuse),
            ("refused", &totals.refused),
        ] {
            let counter = self
                .0
                .gauges
                .share_decisions
                .get_or_create(&ByDecision { decision });
            let count = count.load(Ordering::Relaxed);
            counter.rise_to(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    fn set_engine_gauges(&self) {
        let (engine, gauges) = (self.0.sources.engine.status(), &self.0.gauges);
        for (one, state) in STATES {
            let gauge = gauges.engine.get_or_create(&ByState { state });
            gauge.set(i64::from(one == engine.state));
        }
        for (one, state) in STATES {
            let dedicated = self.0.sources.engine.dedicated();
            let with = dedicated.values().filter(|each| each.status().state == one);
            let gauge = gauges.engine_processes.get_or_create(&ByState { state });
            gauge.set(whole(with.count()));
        }
        gauges.engine_restarts.rise_to(engine.restarts.into());
        self.set_share_decisions();
        let started_at = engine.started_at.map_or(0, |at| at.timestamp());
        gauges.engine_started_at.set(started_at);
    }

    async fn set_database_gauges(&self, now: DateTime<Utc>) -> Result<()> {
        let (sources, gauges) = (&self.0.sources, &self.0.gauges);
        self.set_file_gauges().await?;
        gauges.database_size.set(sources.db.size().await?);
        let day = Span::new(now - TimeDelta::days(1), now)?;
        self.set_reconciliation(&sources.usage.reconciliation(day).await?);
        self.set_windows(&sources.accounts.windows().usage().all().await?, now);
        let accounts = sources.accounts.list().await?;
        let reported = sources.engine.accounts().await;
        // Remove the series of providers without accounts.
        gauges.accounts.clear();
        for account in accounts {
            let state = sources.accounts.state(&account, reported.as_deref());
            let by_status = ByAccountStatus {
                provider: providers::spec(account.kind).name,
                status: status(state.status),
            };
            gauges.accounts.get_or_create(&by_status).inc();
        }
        Ok(())
    }

    /// Series of windows that are gone are removed.
    fn set_windows(&self, windows: &[WindowStatus], now: DateTime<Utc>) {
        let gauges = &self.0.gauges;
        for family in [
            &gauges.window_level,
            &gauges.window_units,
            &gauges.window_outside,
            &gauges.window_forecast,
        ] {
            family.clear();
        }
        gauges.window_reset.clear();
        gauges.window_reading_age.clear();
        for window in windows {
            let labels = ByWindow {
                account: window.account_id.to_string(),
                window: window.name.clone(),
            };
            let outlook = window.outlook;
            let forecast = outlook.prediction.forecast.ok();
            for (family, value) in [
                (&gauges.window_level, Some(outlook.level)),
                (&gauges.window_units, outlook.units_per_percent),
                (&gauges.window_outside, outlook.outside_percent),
                (
                    &gauges.window_forecast,
                    forecast.map(|forecast| forecast.probability),
                ),
            ] {
                if let Some(value) = value {
                    family.get_or_create(&labels).set(value);
                }
            }
            let reset = window.resets_at.map(|at| at - now);
            let age = outlook.read_at.map(|at| now - at);
            for (family, span) in [
                (&gauges.window_reset, reset),
                (&gauges.window_reading_age, age),
            ] {
                if let Some(span) = span {
                    family.get_or_create(&labels).set(span.num_seconds().max(0));
                }
            }
        }
    }

    fn set_reconciliation(&self, counts: &Reconciled) {
        for (result, count) in [
            ("matched", counts.matched),
            ("mismatched", counts.mismatched),
            ("wire_only", counts.wire_only),
            ("engine_only", counts.engine_only),
            ("unknown", counts.unknown),
        ] {
            let gauge = &self.0.gauges.reconciliation;
            gauge.get_or_create(&ByResult { result }).set(count);
        }
    }

    /// Backups and process statistics: blocking reads of files.
    async fn set_file_gauges(&self) -> Result<()> {
        let backups = self.0.sources.backups.clone();
        let reading = spawn_blocking(move || (backups.times(), Process::read()));
        let (backups, process) = reading.await.map_err(anyhow::Error::from)?;
        let (backups, gauges) = (backups?, &self.0.gauges);
        gauges.backups.set(whole(backups.len()));
        let latest = backups.first().map_or(0, DateTime::timestamp);
        gauges.last_backup.set(latest);
        gauges.resident.set(whole(process.resident_bytes));
        gauges.open_files.set(whole(process.open_files));
        #[expect(clippy::cast_precision_loss, reason = "a gauge")]
        gauges.most_open_files.set(process.most_open_files as f64);
        gauges.threads.set(process.threads);
        gauges.cpu.rise_to(whole(process.cpu_milliseconds));
        gauges.started_at.set(process.started_at);
        Ok(())
    }
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn status(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Active => "active",
        AccountStatus::Cooling => "cooling",
        AccountStatus::Failing => "failing",
        AccountStatus::RefreshFailed => "refresh_failed",
        AccountStatus::Expired => "expired",
        AccountStatus::Paused => "paused",
        AccountStatus::Disabled => "disabled",
        AccountStatus::Unknown => "unknown",
    }
}
