//! The task that gives accounts processes of their own and takes them back.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::sync::mpsc;
use tracing::Instrument as _;
use uuid::Uuid;

use super::Fleet;
use super::member::{DedicatedEngine, DedicatedPhase, ModelNames};
use super::placement::{EngineScope, Place};
use crate::domain::provider_accounts::{CredentialSecret, ProviderCredential};
use crate::engine::auth_files::RefreshHold;
use crate::engine::binary;
use crate::engine::client::{ClientError, EngineClient};
use crate::engine::managed;
use crate::engine::options::{EngineContext, EngineOptions};
use crate::engine::orders::{OrderQueue, QueuedOrder};
use crate::engine::public_state::PublicState;
use crate::engine::status::{EngineMode, EngineState};
use crate::engine::supervisor::Supervisor;

/// The part of the limit of a refresh within which it usually ends; then the new process begins with its result.
const USUAL_PART: u32 = 60;
/// The interval of looking whether an engine has noticed a change.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// How long a process waits for a moment without requests before it gets no new ones.
const IDLE_TIMEOUT: Duration = Duration::from_mins(15);
/// The time limit for an engine to list models after its start; an account may have none.
const LISTING_TIMEOUT: Duration = Duration::from_secs(3);
/// The time limit for the shared engine to list the models of an account that returns to it.
const RETURN_TIMEOUT: Duration = Duration::from_secs(5);
/// The interval of reading the models of engines, which they change at their own pace.
const MODELS_INTERVAL: Duration = Duration::from_secs(10);
/// When to try again after the accounts could not be read.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Owns the processes of accounts.
#[derive(Debug)]
pub(in crate::engine) struct FleetTask {
    options: EngineOptions,
    context: EngineContext,
    fleet: Arc<Fleet>,
}

impl FleetTask {
    pub(in crate::engine) fn new(
        options: EngineOptions,
        context: EngineContext,
        fleet: Arc<Fleet>,
    ) -> Arc<Self> {
        Arc::new(Self {
            options,
            context,
            fleet,
        })
    }

    /// Reads which accounts have a process of their own, so that the shared engine never gets them.
    pub(in crate::engine) async fn prepare(self: &Arc<Self>) {
        let source = self.context.source.clone();
        managed::rescue_accounts(&self.options, source, &self.fleet.shared).await;
        while !self.examine().await {
            let pause = tokio::time::sleep(RETRY_DELAY);
            if self
                .context
                .shutdown
                .run_until_cancelled(pause)
                .await
                .is_none()
            {
                return;
            }
        }
    }

    /// Follows the accounts until the server shuts down, then waits until every process has ended.
    pub(in crate::engine) async fn run(self: Arc<Self>) {
        let mut models = std::pin::pin!(self.follow_shared_models());
        let mut follow = std::pin::pin!(self.follow_accounts());
        tokio::select! {
            () = self.context.shutdown.cancelled() => {}
            never = &mut follow => match never {},
            never = &mut models => match never {},
        }
        self.fleet.tasks.close();
        self.fleet.tasks.wait().await;
        self.fleet.gone.cancel();
    }

    async fn follow_accounts(self: &Arc<Self>) -> std::convert::Infallible {
        let mut edition = self.context.source.changes();
        edition.mark_changed();
        let mut managed = self.context.source.managed_changes();
        let (mut has_source, mut has_managed) = (true, true);
        loop {
            tokio::select! {
                changed = edition.changed(), if has_source => has_source = changed.is_ok(),
                changed = managed.changed(), if has_managed => has_managed = changed.is_ok(),
                () = self.fleet.wake.notified() => {}
            }
            self.fleet.placements.announce();
            if !self.examine().await {
                tokio::time::sleep(CHECK_INTERVAL).await;
                self.fleet.wake.notify_one();
            }
        }
    }

    /// Starts and ends processes. Returns whether the accounts could be read.
    async fn examine(self: &Arc<Self>) -> bool {
        let requested = *self.fleet.requested.borrow();
        let wanted = match self.wanted().await {
            Ok(wanted) => wanted,
            Err(reason) => {
                tracing::warn!(reason, "cannot read which accounts need an engine process");
                return false;
            }
        };
        let members = self.fleet.members.load_full();
        for (account, member) in members.iter() {
            member.is_wanted.send_replace(wanted.contains(account));
        }
        let mut room = self.fleet.max_members.saturating_sub(members.len());
        for account in wanted.iter().filter(|one| !members.contains_key(*one)) {
            if room > 0 {
                room -= 1;
                self.begin(*account);
            } else if !self.fleet.is_without_process(*account) {
                tracing::error!(account.id = %account, "an account is not used, because it needs an engine process of its own and there are as many as ENGINE_DEDICATED_MAX allows");
                self.fleet.placements.set(*account, Place::Nowhere);
            }
        }
        for account in self.fleet.placements.without_process() {
            if !wanted.contains(&account) {
                self.fleet.placements.remove(account);
            }
        }
        self.fleet.examined.send_replace(requested);
        self.fleet.changed();
        true
    }

    async fn wanted(&self) -> Result<Vec<Uuid>, String> {
        if self.options.mode != EngineMode::Managed {
            return Ok(Vec::new());
        }
        let accounts = self.context.source.managed_accounts().await;
        let accounts = accounts.map_err(|error| error.to_string())?;
        // Without a program the demo engine may serve instead.
        if accounts.is_empty() || binary::find(&self.options).is_err() {
            return Ok(Vec::new());
        }
        Ok(accounts)
    }

    fn begin(self: &Arc<Self>, account: Uuid) {
        let public = PublicState::new(EngineMode::Managed, self.context.clock.clone());
        let (member, orders) = DedicatedEngine::new(account, public);
        let member = Arc::new(member);
        self.fleet.placements.set(account, Place::Moving);
        self.fleet
            .change_members(|members| _ = members.insert(account, Arc::clone(&member)));
        let span = tracing::info_span!("engine", account.id = %account);
        // Before the shared engine's first process starts it refreshes nothing.
        let had_process = self.fleet.shared.status.borrow().pid.is_some();
        let task = Arc::clone(self).serve(member, orders, had_process);
        let task = task.instrument(span);
        self.fleet.tasks.spawn(task);
    }

    /// The whole life of a process.
    async fn serve(
        self: Arc<Self>,
        member: Arc<DedicatedEngine>,
        orders: mpsc::Receiver<QueuedOrder>,
        had_process: bool,
    ) {
        let shutdown = &self.context.shutdown;
        let (account, fleet) = (member.account_id, &self.fleet);
        let taken = shutdown.run_until_cancelled(self.take(&member, had_process));
        let Some(may_refresh_elsewhere) = taken.await else {
            return;
        };
        fleet.placements.set(account, Place::Dedicated);
        let stop = shutdown.child_token();
        let context = fleet.scoped(&self.context, EngineScope::Account(account));
        let supervisor = Supervisor::new(
            self.options.of_account(account, &member.in_flight),
            context,
            Arc::clone(&member.public),
        );
        let hold = may_refresh_elsewhere.then(|| supervisor.hold_refreshes());
        let shutdown_of_member = stop.clone();
        let queue = OrderQueue {
            orders,
            shutdown: shutdown_of_member,
        };
        let mut running = std::pin::pin!(supervisor.run(queue));
        tokio::select! {
            () = &mut running => {}
            () = self.until_unwanted(&member) => {
                stop.cancel();
                running.await;
            }
            never = self.follow_models(&member) => match never {},
            never = self.release(hold) => match never {},
        }
        if !shutdown.is_cancelled() {
            fleet.placements.remove(account);
            let returned = self.give_back(&member);
            let _ = shutdown.run_until_cancelled(returned).await;
        }
        fleet.change_members(|members| _ = members.remove(&account));
        fleet.wake.notify_one();
    }

    /// Waits until the shared engine does not use the account. Returns whether it may still be refreshing the token: until that
    /// must have ended the account's own process does not.
    async fn take(&self, member: &DedicatedEngine, had_process: bool) -> bool {
        let account = member.account_id;
        let credential = self.credential(account).await;
        let is_sign_in = credential
            .as_ref()
            .is_some_and(|credential| credential.secret.api_key().is_none());
        if is_sign_in {
            self.fleet.placements.released(account).await;
        }
        if let Some(credential) = &credential {
            self.until_unused(credential).await;
            self.read_shared_models().await;
        }
        member.leave_shared();
        self.fleet.changed();
        let may_refresh = is_sign_in && had_process;
        if may_refresh {
            tokio::time::sleep(self.options.refresh_limit / USUAL_PART).await;
        }
        may_refresh
    }

    /// Lets the account's own process refresh the token once a refresh by the shared engine must have ended.
    async fn release(&self, hold: Option<RefreshHold>) -> std::convert::Infallible {
        if let Some(hold) = hold {
            tokio::time::sleep(self.options.refresh_limit).await;
            drop(hold);
        }
        std::future::pending().await
    }

    /// Waits until the shared engine uses the account again, so that requests for its models can be sent there.
    async fn give_back(&self, member: &DedicatedEngine) {
        let returned = async {
            let Some(credential) = self.credential(member.account_id).await else {
                return;
            };
            let models = member.models.load_full().unwrap_or_default();
            loop {
                if let Some(client) = self.fleet.shared.client.load_full()
                    && matches!(uses(&client, &credential).await, Ok(true))
                {
                    self.read_shared_models().await;
                    let names = self.fleet.shared_models.load_full();
                    if names.is_some_and(|names| names.has_all(&models)) {
                        return;
                    }
                }
                tokio::time::sleep(CHECK_INTERVAL).await;
            }
        };
        if tokio::time::timeout(RETURN_TIMEOUT, returned)
            .await
            .is_err()
        {
            tracing::warn!(
                "the shared engine does not list all models of an account that has returned to it"
            );
        }
    }

    async fn read_shared_models(&self) {
        let fleet = &self.fleet;
        if let Some(names) = listed(&fleet.shared).await {
            let names = Some(Arc::new(names));
            if *fleet.shared_models.load() != names {
                fleet.shared_models.store(names);
                fleet.changed();
            }
        }
    }

    async fn credential(&self, account: Uuid) -> Option<ProviderCredential> {
        let credentials = self.context.source.credentials().await.ok()?;
        let mut credentials = credentials.into_iter();
        credentials.find(|credential| credential.account_id == account)
    }

    async fn until_unused(&self, credential: &ProviderCredential) {
        loop {
            let shared = &self.fleet.shared;
            match shared.client.load_full() {
                // A process that starts now reads a configuration without the account.
                None if shared.status.borrow().pid.is_none() => return,
                None => {}
                Some(client) => {
                    if matches!(uses(&client, credential).await, Ok(false)) {
                        return;
                    }
                }
            }
            tokio::time::sleep(CHECK_INTERVAL).await;
        }
    }

    /// Waits until the account is to return to the shared engine and has no request in flight.
    async fn until_unwanted(&self, member: &DedicatedEngine) {
        let mut is_wanted = member.is_wanted.subscribe();
        loop {
            if is_wanted.wait_for(|wanted| !wanted).await.is_err() {
                return std::future::pending().await;
            }
            let requests = member.in_flight.all();
            requests.close();
            let idle = tokio::time::timeout(IDLE_TIMEOUT, requests.wait());
            let is_idle = tokio::select! {
                idle = idle => idle.is_ok(),
                _ = is_wanted.wait_for(|wanted| *wanted) => continue,
            };
            let before = member.phase();
            member.set_phase(DedicatedPhase::Leaving);
            self.fleet.changed();
            if !is_idle {
                let _ = tokio::time::timeout(IDLE_TIMEOUT, requests.wait()).await;
                return;
            }
            if requests.is_empty() {
                return;
            }
            // A request has begun meanwhile.
            member.set_phase(before);
            self.fleet.changed();
        }
    }

    /// Keeps the models of a process current.
    async fn follow_models(&self, member: &DedicatedEngine) -> std::convert::Infallible {
        let mut status = member.public.status.subscribe();
        let mut edition = member.public.catalogue.changes();
        loop {
            let mut pause = MODELS_INTERVAL;
            if status.borrow_and_update().state == EngineState::Running {
                edition.mark_unchanged();
                match listed(&member.public).await {
                    Some(names) if !names.is_empty() || is_old(&member.public) => {
                        member.models.store(Some(Arc::new(names)));
                        if member.phase() == DedicatedPhase::Starting {
                            member.set_phase(DedicatedPhase::Serving);
                            self.fleet.process_changed();
                        }
                    }
                    Some(_) | None => pause = CHECK_INTERVAL,
                }
            }
            self.fleet.changed();
            tokio::select! {
                _ = status.changed() => self.fleet.process_changed(),
                _ = edition.changed() => tokio::time::sleep(CHECK_INTERVAL).await,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Keeps the models of the shared engine current while any account has a process of its own.
    async fn follow_shared_models(&self) -> std::convert::Infallible {
        let fleet = &self.fleet;
        let mut status = fleet.shared.status.subscribe();
        let mut edition = fleet.shared.catalogue.changes();
        loop {
            edition.mark_unchanged();
            status.mark_unchanged();
            if !fleet.is_empty() {
                self.read_shared_models().await;
            }
            tokio::select! {
                _ = status.changed() => {}
                _ = edition.changed() => tokio::time::sleep(CHECK_INTERVAL).await,
                () = tokio::time::sleep(MODELS_INTERVAL) => {}
            }
        }
    }
}

/// The names that an engine lists; `None` if it does not answer.
async fn listed(public: &PublicState) -> Option<ModelNames> {
    let names = public.catalogue.request_names().await.ok()?;
    Some(ModelNames::new(names.iter()))
}

/// Whether an engine has had time to read its accounts.
fn is_old(public: &PublicState) -> bool {
    let started_at = public.status.borrow().started_at;
    started_at.is_none_or(|at| {
        let age = (public.now() - at).to_std().unwrap_or_default();
        age >= LISTING_TIMEOUT
    })
}

/// Whether an engine may use a credential for new requests.
async fn uses(client: &EngineClient, credential: &ProviderCredential) -> Result<bool, ClientError> {
    match &credential.secret {
        CredentialSecret::ApiKey(key) => {
            let config = client.config().await?;
            Ok(contains_text(&config, key.expose_secret().trim()))
        }
        CredentialSecret::AuthFile { file_name, .. } => {
            let files = client.auth_files().await?;
            let mut files = files["files"].as_array().into_iter().flatten();
            Ok(files.any(|file| file["name"] == file_name.as_str() && file["disabled"] != true))
        }
    }
}

fn contains_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(one) => one == text,
        Value::Array(values) => values.iter().any(|value| contains_text(value, text)),
        Value::Object(fields) => fields.values().any(|value| contains_text(value, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
