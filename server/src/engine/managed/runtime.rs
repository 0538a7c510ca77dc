//! One run of the engine, from its configuration to the exit of its process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Managed;
use super::child::{Launch, ModelCatalogueSource, command, kill, terminate};
use super::instance::{Instance, Rendering};
use super::model_report;
use super::output::{OutputFacts, relay};
use super::ready::ready;
use super::reload;
use crate::engine::auth_files::{AuthFiles, DirectoryWatch, Writers};
use crate::engine::health;
use crate::engine::public_state::PublicState;
use crate::engine::source::CredentialSource;
use crate::engine::status::EngineMode;
use crate::engine::usage::Collector;

/// The start-up time limit. A start usually takes 0.2 s.
pub(super) const START_LIMIT: Duration = Duration::from_secs(20);
/// The time limit for reading the remaining output after the process exited.
const FINAL_OUTPUT_TIMEOUT: Duration = Duration::from_millis(500);

/// How to stop the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopMode {
    /// On request: requests in flight finish first.
    Graceful,
    /// Immediately: it has exited or hangs.
    Kill,
}

/// Why a run of a process ended.
#[derive(Debug)]
pub(super) enum ServeEnd {
    /// It exited or stopped answering, for this reason.
    Lost(String),
    /// It must be started with other arguments.
    Outdated,
}

/// A started child process and the tasks that belong to it.
pub(super) struct Runtime {
    pub(super) instance: Instance,
    rendering: Rendering,
    /// None while another process has the sign-ins.
    pub(super) auth_files: Option<DirectoryWatch>,
    changes: watch::Receiver<u64>,
    child: Child,
    pub(super) facts: watch::Receiver<OutputFacts>,
    readers: Vec<JoinHandle<()>>,
    collector: Option<Collector>,
    pub(super) source: Arc<dyn CredentialSource>,
    pub(super) public: Arc<PublicState>,
}

impl Runtime {
    /// Writes the configuration and the files of signed-in accounts, and starts the process.
    pub(super) async fn start(managed: &mut Managed, program: &Path) -> Result<Self, String> {
        let instance = Instance::choose(managed, program)?;
        let auth_files = restore(managed, &instance).await?;
        let runtime = Self::start_in(managed, instance, Some(auth_files)).await?;
        let public = &managed.public;
        public.starting(EngineMode::Managed, runtime.child.id());
        public.refreshes_catalogue(runtime.instance.catalogue == ModelCatalogueSource::Refreshed);
        Ok(runtime)
    }

    /// Starts a process beside the running one, without signed-in accounts: only one process may refresh a token.
    pub(super) async fn start_beside(
        managed: &mut Managed,
        program: &Path,
    ) -> Result<Self, String> {
        let instance = Instance::choose(managed, program)?;
        Self::start_in(managed, instance, None).await
    }

    async fn start_in(
        managed: &mut Managed,
        instance: Instance,
        auth_files: Option<DirectoryWatch>,
    ) -> Result<Self, String> {
        let changes = managed.context.source.changes();
        let rendering = instance.render(managed).await?;
        instance.write(managed, &rendering).await?;
        let launch = Launch {
            launcher: &managed.options.launcher,
            search_path: &managed.options.search_path,
            program: &instance.program,
            catalogue: instance.catalogue,
            is_dedicated: managed.options.account.is_some(),
        };
        let command = command(&launch, &instance.folder, &instance.keys);
        let mut child = managed
            .spawner
            .spawn(command)
            .await
            .map_err(|error| format!("the engine's process cannot be started: {error}"))?;
        let (facts, readers) = listen(managed, &mut child);
        Ok(Self {
            instance,
            rendering,
            auth_files,
            changes,
            child,
            facts,
            readers,
            collector: None,
            source: managed.context.source.clone(),
            public: managed.public.clone(),
        })
    }

    /// Keeps the configuration of the published process current, until it is lost or must be replaced.
    pub(super) async fn serve(&mut self, managed: &Managed) -> ServeEnd {
        let model_reports = model_report::follow(managed, &self.instance.program);
        let (changes, facts) = (self.changes.clone(), self.facts.clone());
        tokio::select! {
            status = self.child.wait() => ServeEnd::Lost(self.exit_reason(status).await),
            reason = health::lost(&self.instance.client) => ServeEnd::Lost(reason),
            () = reload::follow(&self.instance, managed, &self.rendering, changes, facts) => ServeEnd::Outdated,
            never = model_reports => match never {},
        }
    }

    /// Waits until the engine can serve requests, with the configuration that depends on its models. Fails with the reason
    /// why it cannot.
    pub(super) async fn prepare(&mut self, managed: &Managed) -> Result<(), String> {
        let started = tokio::select! {
            status = self.child.wait() => return Err(self.exit_reason(status).await),
            started = tokio::time::timeout(START_LIMIT, ready(&self.instance.client, self.facts.clone())) => started,
        };
        if started.is_err() {
            return Err(format!(
                "the engine was not ready within {} seconds",
                START_LIMIT.as_secs()
            ));
        }
        tokio::select! {
            status = self.child.wait() => return Err(self.exit_reason(status).await),
            completed = reload::complete(&self.instance, managed, &self.rendering, &self.facts) => {
                if let Some(rendering) = completed {
                    self.rendering = rendering;
                }
            }
        }
        Ok(())
    }

    /// Sends requests to this process from now on.
    pub(super) fn publish(&mut self, managed: &Managed) {
        let version = self.open(managed);
        let endpoint = self.instance.endpoint.clone();
        managed.public.running(endpoint, version, None);
    }

    /// Sends requests to this process instead of another one.
    pub(super) fn take_over(&mut self, managed: &Managed) {
        let refreshes = self.instance.catalogue == ModelCatalogueSource::Refreshed;
        managed.public.refreshes_catalogue(refreshes);
        let version = self.open(managed);
        let endpoint = self.instance.endpoint.clone();
        managed.public.replaced(endpoint, version, self.child.id());
    }

    /// Lists models of, manages and collects usage from this process; returns its version.
    fn open(&mut self, managed: &Managed) -> Option<String> {
        let client = self.instance.client.clone();
        managed.public.catalogue.open(client.clone());
        managed.public.client.store(Some(client.clone()));
        self.collector = Some(Collector::start(
            &managed.context,
            client,
            managed.accounts.clone(),
            managed.public.clone(),
        ));
        self.facts.borrow().version.clone()
    }

    /// Stops the process and waits for its exit, its output and its last usage records.
    pub(super) async fn stop(self, managed: &Managed, mode: StopMode) {
        if mode == StopMode::Graceful {
            managed.options.drained().await;
        }
        self.end(mode).await;
    }

    /// Stops the process although requests may be in flight.
    pub(super) async fn end(mut self, mode: StopMode) {
        match mode {
            StopMode::Graceful => {
                self.collect_last_usage().await;
                let _ = terminate(&mut self.child).await;
            }
            // An engine that exited has no records, and one that hangs would not return them.
            StopMode::Kill => {
                kill(&mut self.child).await;
                self.collect_last_usage().await;
            }
        }
        self.drain_output().await;
        if let Some(files) = self.auth_files.take() {
            files.finish().await;
        }
    }

    async fn collect_last_usage(&mut self) {
        if let Some(collector) = self.collector.take() {
            collector.finish().await;
        }
    }

    /// The exit status is 0 even after a failure, so the reason is the last logged error.
    async fn exit_reason(&mut self, status: std::io::Result<std::process::ExitStatus>) -> String {
        self.drain_output().await;
        let error = self.facts.borrow().last_error.clone();
        let status = match status {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        match error {
            Some(error) => format!("the engine's process ended ({status}): {error}"),
            None => format!("the engine's process ended ({status})"),
        }
    }

    async fn drain_output(&mut self) {
        for reader in self.readers.drain(..) {
            // A process started by the engine may keep the pipe open.
            let _ = tokio::time::timeout(FINAL_OUTPUT_TIMEOUT, reader).await;
        }
    }
}

/// The files of signed-in accounts of a process.
pub(super) fn auth_files_of(managed: &Managed, instance: &Instance) -> AuthFiles {
    let source = managed.context.source.clone();
    AuthFiles::new(
        instance.folder.auths.clone(),
        source,
        managed.public.clone(),
        managed.refreshes.clone(),
    )
}

/// Stores the tokens that an earlier run left in the files before any file is written.
async fn restore(managed: &Managed, instance: &Instance) -> Result<DirectoryWatch, String> {
    let files = auth_files_of(managed, instance);
    let (files, settled) = files.settle(Writers::None).await;
    settled?;
    Ok(DirectoryWatch::start(files, &managed.context.tasks))
}

fn listen(
    managed: &Managed,
    child: &mut Child,
) -> (watch::Receiver<OutputFacts>, Vec<JoinHandle<()>>) {
    let (facts, receiver) = watch::channel(OutputFacts::default());
    let tasks = &managed.context.tasks;
    let public = &managed.public;
    let output = child
        .stdout
        .take()
        .map(|pipe| tasks.spawn(relay(pipe, public.clone(), facts.clone())));
    let errors = child
        .stderr
        .take()
        .map(|pipe| tasks.spawn(relay(pipe, public.clone(), facts.clone())));
    (receiver, output.into_iter().chain(errors).collect())
}
