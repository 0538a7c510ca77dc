//! Updates of a managed engine: lists releases, downloads and verifies one, tries it beside the running engine, lets it take
//! over, and returns to the previous version when it fails.
//!
//! The engine that runs is untouched until the trial has passed. What is chosen is in a file
//! ([`versions`](super::versions)), so that a kill at any moment leaves the old or the new version; downloads are resumed.

mod elf;
mod error;
mod feed;
mod guard;
mod offline;
mod outcome;
mod prepare;
mod progress;
mod rollback;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use chrono::{DateTime, Utc};
use tokio::sync::watch as channel;
use tokio_util::task::TaskTracker;
use url::Url;

pub use self::error::UpdateError;
pub use self::feed::{EngineRelease, ReleaseArchive, default_feed};
use self::guard::UpdateGuard;
pub use self::offline::{list_releases, roll_back_offline, update_offline};
use self::prepare::prepare_in_thread;
pub use self::prepare::{PreparedVersion, UpdatePlace};
pub use self::progress::{UpdatePhase, UpdateProgress};
use super::binary;
use super::handle::EngineHandle;
use super::source::CredentialSource;
use super::status::EngineMode;
use super::versions::{
    InstalledVersion, LastUpdate, PreviousProgram, ProgramFile, UpdateKind, UpdateState,
    remove_others,
};
use crate::domain::audit::Audit;

/// The releases of the feed as they were last read.
#[derive(Clone, Debug)]
pub struct KnownReleases {
    pub checked_at: DateTime<Utc>,
    pub releases: Vec<EngineRelease>,
}

/// The installed versions, and the outcome of the last update.
#[derive(Clone, Debug)]
pub struct InstalledEngine {
    /// The installed version that runs; none for the program of the machine.
    pub active: Option<String>,
    pub activated_at: Option<DateTime<Utc>>,
    /// Whether there is an earlier program to return to.
    pub has_previous: bool,
    /// Its version; none if it is unknown.
    pub previous: Option<String>,
    pub last: Option<LastUpdate>,
}

/// The service for updates of the engine. Cheap to clone.
#[derive(Clone)]
pub struct EngineUpdates(Arc<Inner>);

struct Inner {
    place: UpdatePlace,
    engine: EngineHandle,
    source: Arc<dyn CredentialSource>,
    tasks: TaskTracker,
    known: ArcSwapOption<KnownReleases>,
    progress: channel::Sender<UpdateProgress>,
    audit: Audit,
    /// The outcome of the last update, if it could not be stored.
    unstored: ArcSwapOption<LastUpdate>,
}

impl std::fmt::Debug for EngineUpdates {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "EngineUpdates({})", self.0.place.feed)
    }
}

impl EngineUpdates {
    /// The service for this engine; watches it, to return to the previous version when a new one fails.
    pub fn start(
        place: UpdatePlace,
        engine: EngineHandle,
        source: Arc<dyn CredentialSource>,
        audit: Audit,
        tasks: TaskTracker,
    ) -> Self {
        let updates = Self(Arc::new(Inner {
            place,
            engine,
            source,
            tasks,
            known: ArcSwapOption::empty(),
            progress: channel::Sender::default(),
            audit,
            unstored: ArcSwapOption::empty(),
        }));
        updates
            .0
            .tasks
            .spawn(watch::follow(Arc::downgrade(&updates.0)));
        updates
    }

    /// The address of the release feed.
    pub fn feed(&self) -> &Url {
        &self.0.place.feed
    }

    /// The releases, as they were last read; none before the first check.
    pub fn known(&self) -> Option<Arc<KnownReleases>> {
        self.0.known.load_full()
    }

    /// Reads the releases from the feed.
    pub async fn check(&self) -> Result<Arc<KnownReleases>, UpdateError> {
        let known = Arc::new(KnownReleases {
            releases: feed::releases(&self.0.place.feed).await?,
            checked_at: self.0.place.clock.now(),
        });
        self.0.known.store(Some(known.clone()));
        Ok(known)
    }

    /// The progress of the present update: first the present one, then each change.
    pub fn watch(&self) -> channel::Receiver<UpdateProgress> {
        self.0.progress.subscribe()
    }

    /// The installed versions.
    pub async fn installed(&self) -> Result<InstalledEngine, UpdateError> {
        let state = self.0.load().await?;
        Ok(InstalledEngine {
            active: state.active.as_ref().map(|active| active.version.clone()),
            activated_at: state.active.map(|active| active.activated_at),
            has_previous: state.previous.is_some(),
            previous: state
                .previous
                .and_then(|previous| Some(previous.version()?.to_owned())),
            last: self.0.unstored().or(state.last),
        })
    }

    /// How the last update or rollback ended; none if there was none or the record of it is invalid.
    pub async fn last(&self) -> Option<LastUpdate> {
        if let Some(last) = self.0.unstored() {
            return Some(last);
        }
        let data_dir = self.0.place.data_dir.clone();
        let read = blocking(move || Ok(UpdateState::read(&data_dir).unwrap_or_default())).await;
        read.ok()?.last
    }

    /// Starts an update to a version of the feed; its progress is published. Fails if another one is in progress.
    pub async fn update(&self, version: &str) -> Result<(), UpdateError> {
        self.is_managed()?;
        let known = match self.known() {
            Some(known) => known,
            None => self.check().await?,
        };
        let version = version.trim().trim_start_matches('v');
        let mut releases = known.releases.iter();
        let release = releases.find(|release| release.version == version).cloned();
        let release = release.ok_or_else(|| UpdateError::UnknownVersion(version.to_owned()))?;
        if release.archive.is_none() {
            return Err(UpdateError::NoArchive(release.version));
        }
        let guard = self.0.guard().await?;
        self.0.publish(UpdateProgress::of(
            UpdatePhase::Downloading,
            &release.version,
        ));
        let inner = self.0.clone();
        self.0
            .tasks
            .spawn(async move { inner.run(guard, release).await });
        Ok(())
    }

    /// Starts the return to the previous version; its progress is published.
    pub async fn roll_back(&self) -> Result<(), UpdateError> {
        self.is_managed()?;
        let guard = self.0.guard().await?;
        let previous = self.0.load().await?.previous;
        let previous = previous.ok_or(UpdateError::NoPrevious)?;
        let version = previous.version().unwrap_or_default();
        self.0
            .publish(UpdateProgress::of(UpdatePhase::Switching, version));
        let inner = self.0.clone();
        self.0
            .tasks
            .spawn(async move { inner.return_to_previous(guard, None).await });
        Ok(())
    }

    fn is_managed(&self) -> Result<(), UpdateError> {
        match self.0.engine.status().mode {
            EngineMode::Managed => Ok(()),
            // The demo replaces an engine that is not installed yet.
            EngineMode::Demo if self.0.place.may_install => Ok(()),
            EngineMode::External | EngineMode::Demo => Err(UpdateError::NotManaged),
        }
    }
}

impl Inner {
    fn publish(&self, progress: UpdateProgress) {
        self.progress.send_replace(progress);
    }

    fn unstored(&self) -> Option<LastUpdate> {
        self.unstored.load().as_deref().cloned()
    }

    async fn guard(&self) -> Result<UpdateGuard, UpdateError> {
        let data_dir = self.place.data_dir.clone();
        blocking(move || UpdateGuard::acquire(&data_dir)).await
    }

    async fn load(&self) -> Result<UpdateState, UpdateError> {
        let data_dir = self.place.data_dir.clone();
        blocking(move || Ok(UpdateState::load(&data_dir))).await
    }

    /// Changes the recorded state.
    async fn record(
        &self,
        change: impl FnOnce(&mut UpdateState) + Send + 'static,
    ) -> Result<UpdateState, UpdateError> {
        let data_dir = self.place.data_dir.clone();
        blocking(move || {
            let mut state = UpdateState::load(&data_dir);
            change(&mut state);
            let stored = state.store(&data_dir);
            stored.map_err(|error| UpdateError::disk(&data_dir, error))?;
            Ok(state)
        })
        .await
    }

    /// One update, to its end.
    async fn run(self: Arc<Self>, guard: UpdateGuard, release: EngineRelease) {
        let versions = (self.engine.status().version, Some(release.version.clone()));
        let outcome = self.clone().install_and_switch(release).await;
        self.end(UpdateKind::Update, versions, outcome, None).await;
        drop(guard);
    }

    async fn install_and_switch(
        self: Arc<Self>,
        release: EngineRelease,
    ) -> Result<(), UpdateError> {
        let reporter = self.clone();
        let report = move |progress| reporter.publish(progress);
        let (place, source) = (self.place.clone(), self.source.clone());
        let prepared = prepare_in_thread(place, release, source, report).await?;
        let PreparedVersion { version, program } = prepared;
        self.publish(UpdateProgress::of(UpdatePhase::Switching, &version));
        let running = self.engine.status().version;
        self.switch(program).await?;
        self.activate(version, running).await
    }

    async fn switch(&self, program: PathBuf) -> Result<(), UpdateError> {
        let switched = self.engine.switch(program).await;
        switched.map_err(|error| UpdateError::NotSwitched(error.to_string()))?;
        Ok(())
    }

    /// Records that this version runs and what ran before, and removes other versions.
    async fn activate(&self, version: String, running: Option<String>) -> Result<(), UpdateError> {
        let (now, machine) = (self.place.clock.now(), self.place.machine_program());
        let state = self
            .record(move |state| {
                let replaced = machine.as_deref().and_then(ProgramFile::of);
                state.activate(version, (replaced, running), now);
            })
            .await?;
        let data_dir = self.place.data_dir.clone();
        blocking(move || {
            let removed = remove_others(&data_dir, &state.kept());
            removed.map_err(|error| UpdateError::disk(&data_dir, error))
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UpdateError> + Send + 'static,
) -> Result<T, UpdateError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(UpdateError::Interrupted(error.to_string())),
    }
}

impl UpdatePlace {
    /// The program of the machine: the one that runs without an update.
    fn machine_program(&self) -> Option<PathBuf> {
        binary::find_machine(self.binary.as_deref(), &self.search_path, &self.data_dir).ok()
    }
}

impl UpdateState {
    fn activate(
        &mut self,
        version: String,
        (replaced, running): (Option<ProgramFile>, Option<String>),
        now: DateTime<Utc>,
    ) {
        let before = self.active.take();
        self.previous = match before {
            Some(before) if before.version == version => self.previous.take(),
            Some(before) => Some(PreviousProgram::Installed(before.version)),
            None => replaced
                .is_some()
                .then_some(PreviousProgram::Machine(running)),
        };
        self.replaced = replaced;
        self.active = Some(InstalledVersion {
            version,
            activated_at: now,
        });
    }

    /// The previous program becomes the active one. `may_return` keeps the present one as the previous.
    fn swap(&mut self, may_return: bool, now: DateTime<Utc>) {
        let before = self.active.take();
        let before = before.map_or(PreviousProgram::Machine(None), |active| {
            PreviousProgram::Installed(active.version)
        });
        self.active = match self.previous.take() {
            Some(PreviousProgram::Installed(version)) => Some(InstalledVersion {
                version,
                activated_at: now,
            }),
            Some(PreviousProgram::Machine(_)) | None => None,
        };
        self.previous = may_return.then_some(before);
    }

    /// The versions that stay on disk.
    fn kept(&self) -> Vec<&str> {
        let active = self.active.as_ref().map(|active| active.version.as_str());
        let previous = match &self.previous {
            Some(PreviousProgram::Installed(version)) => Some(version.as_str()),
            Some(PreviousProgram::Machine(_)) | None => None,
        };
        active.into_iter().chain(previous).collect()
    }
}
