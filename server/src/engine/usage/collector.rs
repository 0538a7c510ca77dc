//! Reads the engine's usage queue while the engine runs, and once more before it stops.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::record::Record;
use super::recovery::Recovery;
use crate::clock::SharedClock;
use crate::domain::engine_usage::EngineUsage;
use crate::engine::client::{ClientError, EngineClient};
use crate::engine::config::EngineAccounts;
use crate::engine::options::EngineContext;
use crate::engine::public_state::PublicState;
use crate::engine::source::CredentialSource;
use crate::redaction;

/// Records per request.
const BATCH: usize = 500;
/// The polling interval while records arrive.
const BUSY_INTERVAL: Duration = Duration::from_millis(500);
/// The polling interval otherwise.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// Names of unknown headers that are logged.
const MAX_UNKNOWN_LIMITS: usize = 100;
/// The time limit of the last read.
const FINAL_DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// The task that reads the queue of one engine.
#[derive(Debug)]
pub(in crate::engine) struct Collector {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

struct Round {
    client: Arc<EngineClient>,
    accounts: Arc<ArcSwap<EngineAccounts>>,
    source: Arc<dyn CredentialSource>,
    clock: SharedClock,
    sink: mpsc::Sender<EngineUsage>,
    /// Knows the secrets to redact.
    public: Arc<PublicState>,
    recovery: Recovery,
    /// Names of headers that were logged.
    unknown_limits: HashSet<String>,
}

impl Collector {
    /// Starts the task.
    pub(in crate::engine) fn start(
        context: &EngineContext,
        client: Arc<EngineClient>,
        accounts: Arc<ArcSwap<EngineAccounts>>,
        public: Arc<PublicState>,
    ) -> Self {
        let stop = CancellationToken::new();
        let round = Round {
            client,
            accounts,
            source: context.source.clone(),
            clock: context.clock.clone(),
            sink: context.usage.clone(),
            public,
            recovery: Recovery::default(),
            unknown_limits: HashSet::new(),
        };
        let task = context.tasks.spawn(round.collect(stop.clone()));
        Self { task, stop }
    }

    /// Reads the queue once more and stops. The engine keeps no copy of a record, so a read in progress is completed
    /// unless the engine hangs.
    pub(in crate::engine) async fn finish(self) {
        self.stop.cancel();
        if tokio::time::timeout(FINAL_DRAIN_TIMEOUT, self.task)
            .await
            .is_err()
        {
            tracing::warn!("the engine's last usage records could not be taken in time");
        }
    }
}

impl Round {
    async fn collect(mut self, stop: CancellationToken) {
        loop {
            let pause = match self.take().await {
                Ok(0) => IDLE_INTERVAL,
                Ok(_) => BUSY_INTERVAL,
                Err(ClientError::ManagementRefused) => {
                    tracing::warn!(
                        "the engine's usage queue cannot be read: its management key is missing or was refused"
                    );
                    return;
                }
                Err(error) => {
                    tracing::debug!(%error, "the engine's usage queue could not be read");
                    IDLE_INTERVAL
                }
            };
            self.recover().await;
            if stop
                .run_until_cancelled(tokio::time::sleep(pause))
                .await
                .is_none()
            {
                break;
            }
        }
        while matches!(self.take().await, Ok(BATCH)) {}
    }

    /// Lets the engine use refused accounts again whose pause is over.
    async fn recover(&mut self) {
        for auth_index in self.recovery.take_due(Instant::now()) {
            let body = json!({"auth_index": auth_index});
            if let Err(error) = self.client.post("reset-quota", &body).await {
                tracing::debug!(%error, "the engine keeps passing a refused account over");
            }
        }
    }

    /// Logs each header about limits whose meaning is unknown once, without its value, so that it can be supported.
    fn note_unknown_limits(&mut self, records: &[Record]) {
        for name in records.iter().flat_map(Record::unknown_limits) {
            if self.unknown_limits.len() < MAX_UNKNOWN_LIMITS && !self.unknown_limits.contains(name)
            {
                tracing::info!(
                    header = name,
                    "a provider reports a limit in a header that is not known"
                );
                self.unknown_limits.insert(name.to_owned());
            }
        }
    }

    /// The provider's message of a failure, without secrets, if messages are kept.
    fn message(&self, record: &Record) -> Option<String> {
        let message = record
            .message()
            .filter(|_| self.source.settings().keep_error_messages)?;
        redaction::error_message(&self.public.logs.redacted(&message))
    }

    /// Passes one batch on; answers how many records there were.
    async fn take(&mut self) -> Result<usize, ClientError> {
        let records = self.client.take_usage(BATCH).await?;
        let count = records.len();
        let accounts = self.accounts.load_full();
        let records: Vec<_> = records.into_iter().filter_map(Record::read).collect();
        for (auth_index, failure) in records.iter().map(Record::outcome) {
            self.recovery.note(auth_index, failure, Instant::now());
        }
        self.note_unknown_limits(&records);
        let now = self.clock.now();
        let messages: Vec<_> = records.iter().map(|record| self.message(record)).collect();
        let attempts = records.iter().zip(&messages);
        let attempts = attempts
            .filter_map(|(record, message)| record.attempt(&accounts, now, message.clone()));
        self.source.record_attempts(attempts.collect()).await;
        let windows = records.iter();
        let windows: Vec<_> = windows
            .filter_map(|record| record.windows(&accounts, now))
            .collect();
        if !windows.is_empty() {
            self.source.record_windows(windows).await;
        }
        let accounts_of = records.iter().filter_map(|record| {
            let usage = record.usage(&accounts)?;
            Some((usage.request_id, usage.account_id?))
        });
        let known: Vec<_> = accounts_of.collect();
        if !known.is_empty() {
            self.source.record_accounts(known).await;
        }
        for (record, message) in records.iter().zip(messages) {
            let Some(mut usage) = record.usage(&accounts) else {
                tracing::debug!("a record of the engine's usage queue has an unknown request id");
                continue;
            };
            usage.message = message;
            if self.sink.send(usage).await.is_err() {
                tracing::debug!("the receiver of usage records is closed");
            }
        }
        Ok(count)
    }
}
