//! Finds the conditions of alerts: a task evaluates them periodically and when the engine or an account changes. It
//! works without notification rules; requests never wait for it.

mod accounts;
mod engine;
mod keys;
mod quotas;
mod requests;
mod service;
mod storage;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use entity::alert::AlertKind;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::SharedClock,
    domain::{
        Result,
        alerts::{AlertCondition, Alerts, ReconciledAlerts},
        backups::Backups,
        ledger::Ledger,
        prices::Prices,
        provider_accounts::ProviderAccounts,
        requests::RequestLog,
        settings::Settings,
        usage::Usage,
        users::{Users, api_keys::ApiKeys, quotas::Quotas},
    },
    engine::{EngineHandle, EngineUpdates},
    outage::Outage,
};

const POLL_INTERVAL: Duration = Duration::from_secs(15);
const CLEANUP_INTERVAL: Duration = Duration::from_hours(1);

#[derive(Clone, Debug)]
pub struct ConditionSources {
    pub engine: EngineHandle,
    pub engine_updates: EngineUpdates,
    pub accounts: ProviderAccounts,
    pub requests: RequestLog,
    pub usage: Usage,
    pub quotas: Quotas,
    pub users: Users,
    pub api_keys: ApiKeys,
    pub ledger: Ledger,
    pub prices: Prices,
    pub backups: Backups,
    pub settings: Settings,
    /// The directories whose disks must not become full.
    pub directories: Vec<PathBuf>,
    /// The bytes that are free for a directory.
    pub free_space: fn(&Path) -> io::Result<u64>,
    pub clock: SharedClock,
}

/// Evaluates the conditions of alerts.
#[derive(Clone, Debug)]
pub struct AlertWatcher {
    alerts: Alerts,
    sources: ConditionSources,
}

/// The conditions of some kinds, or why they could not be evaluated.
struct Evaluation {
    kinds: &'static [AlertKind],
    result: Result<Vec<AlertCondition>>,
}

impl AlertWatcher {
    /// A watcher of these sources.
    pub fn new(alerts: Alerts, sources: ConditionSources) -> Self {
        Self { alerts, sources }
    }

    /// Runs until cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut engine = self.sources.engine.watch();
        let mut accounts = self.sources.accounts.changes();
        let outage = Outage::new(Duration::ZERO);
        let mut cleaned_up = None;
        loop {
            match stop.run_until_cancelled(self.evaluate()).await {
                None => return,
                Some(result) => outage.note(
                    &result,
                    |error| tracing::warn!(?error, "cannot evaluate alerts; retrying"),
                    |ended| {
                        let elapsed_ms = ended.lasted_ms();
                        tracing::info!(elapsed_ms, "alerts are evaluated again");
                    },
                ),
            }
            if cleaned_up.is_none_or(|at: Instant| at.elapsed() >= CLEANUP_INTERVAL) {
                cleaned_up = Some(Instant::now());
                if let Err(error) = self.alerts.delete_ended().await {
                    tracing::warn!(%error, "cannot delete old alerts; trying again in an hour");
                }
            }
            let wait = async {
                tokio::select! {
                    Ok(()) = engine.changed() => {}
                    Ok(()) = accounts.changed() => {}
                    () = sleep(POLL_INTERVAL) => {}
                }
            };
            if stop.run_until_cancelled(wait).await.is_none() {
                return;
            }
        }
    }

    /// Evaluates all conditions and reconciles the alerts with them. If some sources fail, the alerts of the others
    /// are reconciled nevertheless, and the first error is returned.
    pub async fn evaluate(&self) -> Result<ReconciledAlerts> {
        let _evaluation = self.alerts.begin_evaluation().await;
        let (mut evaluated, mut conditions, mut failure) = (Vec::new(), Vec::new(), None);
        for Evaluation { kinds, result } in self.evaluations().await {
            match result {
                Ok(found) => {
                    evaluated.extend_from_slice(kinds);
                    conditions.extend(found);
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let reconciled = self.alerts.reconcile(&evaluated, conditions).await?;
        if let Some(error) = failure {
            return Err(error);
        }
        self.alerts.set_evaluated();
        Ok(reconciled)
    }

    async fn evaluations(&self) -> Vec<Evaluation> {
        let sources = &self.sources;
        let recording = service::recording(sources.requests.state());
        vec![
            Evaluation {
                kinds: &[AlertKind::EngineDown],
                result: Ok(engine::down(&sources.engine.status())),
            },
            Evaluation {
                kinds: &[AlertKind::EngineRolledBack],
                result: Ok(engine::rolled_back(sources).await),
            },
            engine::catalogue(sources),
            Evaluation {
                kinds: &[AlertKind::RecordingFailing],
                result: Ok(recording),
            },
            accounts::evaluate(sources).await,
            Evaluation {
                kinds: &[AlertKind::ErrorRate],
                result: requests::error_rate(sources).await,
            },
            Evaluation {
                kinds: &[AlertKind::ModelUnpriced],
                result: requests::unpriced(sources).await,
            },
            Evaluation {
                kinds: &[AlertKind::QuotaReached],
                result: quotas::reached(sources).await,
            },
            Evaluation {
                kinds: &[AlertKind::KeyInTwoNetworks],
                result: keys::in_two_networks(sources).await,
            },
            Evaluation {
                kinds: &[AlertKind::BackupOverdue, AlertKind::BackupFailed],
                result: storage::backups(sources).await,
            },
            Evaluation {
                kinds: &[AlertKind::DiskLow],
                result: storage::disks(sources).await,
            },
            Evaluation {
                kinds: &[AlertKind::PricesOutdated],
                result: Ok(storage::prices(sources)),
            },
        ]
    }
}
