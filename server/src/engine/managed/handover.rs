//! Replaces the running process by another one without a failed request.
//!
//! The new process starts without signed-in accounts. When it is ready, the old one is given files without refresh tokens, so
//! that it serves on and begins no refresh; then the new one gets the accounts, also without refresh tokens, and takes over. It
//! gets the refresh tokens when a refresh that the old one had begun must have ended, and its result is stored. So at each moment
//! at most one process can use a refresh token. Requests that the old one serves end there.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::Managed;
use super::child::ModelCatalogueSource;
use super::runtime::{Runtime, StopMode, auth_files_of};
use crate::engine::auth_files::{AuthFiles, DirectoryWatch, RefreshGate, RefreshHold, Writers};

/// The part of the limit of a refresh within which it usually ends; then the new process begins with its result.
const USUAL_PART: u32 = 60;
/// The time limit for the new process to list the models of the old one; another version may lack some.
const LISTING_TIMEOUT: Duration = Duration::from_secs(5);
const LISTING_INTERVAL: Duration = Duration::from_millis(50);
/// The time limit for the requests of the old process.
const RETIREMENT_LIMIT: Duration = Duration::from_mins(15);
/// The interval of looking for tokens that the old process has refreshed late.
const COLLECT_INTERVAL: Duration = Duration::from_millis(500);

impl Managed {
    /// Starts this program beside the old process and lets it take over. If it cannot serve, the old process stays, and the
    /// reason is returned.
    pub(super) async fn hand_over(
        &mut self,
        mut old: Runtime,
        program: &Path,
    ) -> Result<Runtime, (Runtime, String)> {
        let mut new = match Runtime::start_beside(self, program).await {
            Ok(new) => new,
            Err(reason) => return Err((old, reason)),
        };
        if let Err(reason) = new.prepare(self).await {
            new.end(StopMode::Kill).await;
            return Err((old, reason));
        }
        new.wait_for_catalogue().await;
        let hold = self.refreshes.hold();
        let (retired, has_sign_ins) = match self.move_sign_ins(&mut old, &mut new).await {
            Ok(moved) => moved,
            Err(reason) => {
                new.end(StopMode::Kill).await;
                drop(hold);
                old.auth_files = self.give_back(&old).await;
                return Err((old, reason));
            }
        };
        new.take_over(self);
        self.retire(old, retired, has_sign_ins.then_some(hold));
        Ok(new)
    }

    /// Takes the sign-ins from the old process and gives them to the new one. Returns the files of the old one, and whether
    /// there are any.
    async fn move_sign_ins(
        &self,
        old: &mut Runtime,
        new: &mut Runtime,
    ) -> Result<(AuthFiles, bool), String> {
        let models = old.listed().await;
        let files = match old.auth_files.take() {
            Some(watch) => watch.release().await?,
            None => auth_files_of(self, &old.instance),
        };
        let (mut files, has_sign_ins) = files.retire().await?;
        if has_sign_ins {
            tokio::time::sleep(self.options.refresh_limit / USUAL_PART).await;
            files = files.collect_late().await?;
        }
        let (own, settled) = auth_files_of(self, &new.instance)
            .settle(Writers::None)
            .await;
        settled?;
        new.auth_files = Some(DirectoryWatch::start(own, &self.context.tasks));
        new.wait_until_listed(&models).await;
        Ok((files, has_sign_ins))
    }

    /// The old process keeps its sign-ins after all.
    async fn give_back(&self, old: &Runtime) -> Option<DirectoryWatch> {
        let (files, settled) = auth_files_of(self, &old.instance)
            .settle(Writers::Engine)
            .await;
        if let Err(reason) = settled {
            tracing::error!(
                reason,
                "the sign-ins could not be given back to the engine; retrying"
            );
        }
        Some(DirectoryWatch::start(files, &self.context.tasks))
    }

    /// Lets the old process finish its requests and a refresh in the background, then stops it. The new one refreshes tokens
    /// once `hold` is dropped.
    fn retire(&self, old: Runtime, files: AuthFiles, hold: Option<RefreshHold>) {
        let drained = self.options.drain_replaced.as_ref().map(|drain| drain());
        let shutdown = self.context.shutdown.clone();
        let refresh_limit = self.options.refresh_limit;
        self.context.tasks.spawn(async move {
            let collected = collect_late_refreshes(files);
            let refreshed = async {
                if let Some(hold) = hold {
                    tokio::time::sleep(refresh_limit).await;
                    drop(hold);
                }
            };
            let drained = async {
                if let Some(drained) = drained
                    && tokio::time::timeout(RETIREMENT_LIMIT, drained).await.is_err()
                {
                    tracing::warn!("an earlier process of the engine is stopped although requests are still in flight");
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                ((), ()) = async { tokio::join!(drained, refreshed) } => {}
                never = collected => match never {},
            }
            let (folder, source) = (old.instance.folder.clone(), old.source.clone());
            let public = old.public.clone();
            old.end(StopMode::Graceful).await;
            // The last tokens that it may have written; the files are deleted with the directory.
            let last = AuthFiles::new(
                folder.auths.clone(),
                source,
                public,
                RefreshGate::default(),
            );
            match last.collect().await {
                Ok(_) => folder.remove(),
                Err(reason) => tracing::warn!(reason, "the files of an earlier process of the engine are kept for the next start"),
            }
        });
    }
}

/// Stores tokens that the old process has refreshed although it was not to begin a refresh.
async fn collect_late_refreshes(mut files: AuthFiles) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(COLLECT_INTERVAL).await;
        files = match files.collect_late().await {
            Ok(files) => files,
            Err(reason) => {
                tracing::warn!(
                    reason,
                    "late tokens of an earlier process of the engine could not be read"
                );
                return std::future::pending().await;
            }
        };
    }
}

impl Runtime {
    /// Waits until a refresh of the model catalogue has ended, so that the new process serves what the old one does.
    async fn wait_for_catalogue(&mut self) {
        if self.instance.catalogue == ModelCatalogueSource::Refreshed {
            let ended = self.facts.wait_for(|facts| facts.is_refresh_over);
            let _ = tokio::time::timeout(LISTING_TIMEOUT, ended).await;
        }
    }

    /// The names of the models that it lists; empty if it does not answer.
    async fn listed(&self) -> Vec<String> {
        let list = self.instance.client.models().await.unwrap_or_default();
        let models = list["data"].as_array().into_iter().flatten();
        let names = models.filter_map(|model| model["id"].as_str());
        names.map(str::to_owned).collect()
    }

    /// Waits until it lists these models, up to the time limit.
    async fn wait_until_listed(&self, models: &[String]) {
        let deadline = Instant::now() + LISTING_TIMEOUT;
        loop {
            let listed = self.listed().await;
            let missing = models.iter().filter(|name| !listed.contains(name)).count();
            if missing == 0 {
                return;
            }
            if Instant::now() > deadline {
                tracing::warn!(
                    missing,
                    "the new process of the engine lacks models of the earlier one"
                );
                return;
            }
            tokio::time::sleep(LISTING_INTERVAL).await;
        }
    }
}
