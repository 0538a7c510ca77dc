//! One life of the engine, from its configuration to the end of its process.

use std::path::Path;
use std::time::Duration;

use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Managed;
use super::child::{command, kill, terminate};
use super::instance::{Instance, Rendering};
use super::output::{Heard, relay};
use super::ready::ready;
use super::reload;
use crate::engine::auth_files::{AuthFiles, DirectoryWatch, Writers};
use crate::engine::health;
use crate::engine::status::EngineMode;
use crate::engine::usage::Collector;

/// How long a start may take. It usually takes a fifth of a second.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long the last lines of a dead process may take to reach us.
const FINAL_OUTPUT_TIMEOUT: Duration = Duration::from_millis(500);

/// How the process shall be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopMode {
    /// Gracefully, on request.
    Stop,
    /// Immediately: it has died or hangs.
    Bury,
}

/// A child that was started, and all that serves it.
#[derive(Debug)]
pub(super) struct Runtime {
    instance: Instance,
    rendering: Rendering,
    auth_files: DirectoryWatch,
    changes: watch::Receiver<u64>,
    child: Child,
    heard: watch::Receiver<Heard>,
    readers: Vec<JoinHandle<()>>,
    collector: Option<Collector>,
}

impl Runtime {
    /// Writes the configuration and starts the process.
    pub(super) async fn begin(managed: &mut Managed, program: &Path) -> Result<Self, String> {
        let instance = Instance::choose(managed)?;
        let changes = managed.context.source.changes();
        let auth_files = restore(managed, &instance).await?;
        let rendering = instance.render(managed).await?;
        instance.write(managed, &rendering).await?;
        let command = command(&managed.options, program, &instance.folder, &instance.keys);
        let mut child = managed
            .spawner
            .spawn(command)
            .await
            .map_err(|error| format!("the engine's process cannot be started: {error}"))?;
        managed.public.starting(EngineMode::Managed, child.id());
        let (heard, readers) = listen(managed, &mut child);
        Ok(Self {
            instance,
            rendering,
            auth_files,
            changes,
            child,
            heard,
            readers,
            collector: None,
        })
    }

    /// Waits until the engine is ready, serves it, and resolves with the reason when it is lost.
    pub(super) async fn go_on(&mut self, managed: &Managed) -> String {
        let started = tokio::select! {
            status = self.child.wait() => return self.last_words(status).await,
            started = tokio::time::timeout(START_LIMIT, ready(&self.instance.client, self.heard.clone())) => started,
        };
        if started.is_err() {
            return format!(
                "the engine was not ready within {} seconds",
                START_LIMIT.as_secs()
            );
        }
        tokio::select! {
            status = self.child.wait() => return self.last_words(status).await,
            completed = reload::complete(&self.instance, managed, &self.rendering) => {
                if let Some(rendering) = completed {
                    self.rendering = rendering;
                }
            }
        }
        managed.public.catalogue.open(self.instance.client.clone());
        let version = self.heard.borrow().version.clone();
        let client = self.instance.client.clone();
        managed.public.client.store(Some(client.clone()));
        managed
            .public
            .running(self.instance.endpoint.clone(), version, None);
        self.collector = Some(Collector::start(
            &managed.context,
            client,
            managed.accounts.clone(),
            managed.public.clone(),
        ));
        tokio::select! {
            status = self.child.wait() => self.last_words(status).await,
            reason = health::lost(&self.instance.client) => reason,
            never = reload::follow(&self.instance, managed, &self.rendering, self.changes.clone()) => match never {},
        }
    }

    /// Ends the process and waits until nothing is left of it.
    pub(super) async fn end(mut self, managed: &Managed, wish: StopMode) {
        if wish == StopMode::Stop {
            managed.options.drained().await;
        }
        match wish {
            StopMode::Stop => {
                self.last_usage().await;
                terminate(&mut self.child).await;
            }
            // A dead engine has no records to give; one that hangs would only keep us waiting.
            StopMode::Bury => {
                kill(&mut self.child).await;
                self.last_usage().await;
            }
        }
        self.hear_out().await;
        self.auth_files.finish().await;
    }

    async fn last_usage(&mut self) {
        if let Some(collector) = self.collector.take() {
            collector.finish().await;
        }
    }

    /// The exit status is 0 even after a failure; so the reason is the last error.
    async fn last_words(&mut self, status: std::io::Result<std::process::ExitStatus>) -> String {
        self.hear_out().await;
        let error = self.heard.borrow().last_error.clone();
        let status = match status {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        match error {
            Some(error) => format!("the engine's process ended ({status}): {error}"),
            None => format!("the engine's process ended ({status})"),
        }
    }

    async fn hear_out(&mut self) {
        for reader in self.readers.drain(..) {
            // A grandchild may hold the pipe open; we need not wait for that.
            let _ = tokio::time::timeout(FINAL_OUTPUT_TIMEOUT, reader).await;
        }
    }
}

/// Seals what an earlier life left in the files, and only then writes any.
async fn restore(managed: &Managed, instance: &Instance) -> Result<DirectoryWatch, String> {
    let source = managed.context.source.clone();
    let files = AuthFiles::new(
        instance.folder.auths.clone(),
        source,
        managed.public.clone(),
    );
    let (files, settled) = files.settle(Writers::None).await;
    settled?;
    Ok(DirectoryWatch::start(files, &managed.context.tasks))
}

fn listen(managed: &Managed, child: &mut Child) -> (watch::Receiver<Heard>, Vec<JoinHandle<()>>) {
    let (heard, hearing) = watch::channel(Heard::default());
    let tasks = &managed.context.tasks;
    let public = &managed.public;
    let output = child
        .stdout
        .take()
        .map(|pipe| tasks.spawn(relay(pipe, public.clone(), heard.clone())));
    let errors = child
        .stderr
        .take()
        .map(|pipe| tasks.spawn(relay(pipe, public.clone(), heard.clone())));
    (hearing, output.into_iter().chain(errors).collect())
}
