//! Updates without a running engine, for commands.

use super::error::UpdateError;
use super::feed::{self, EngineRelease};
use super::guard::UpdateGuard;
use super::prepare::{UpdatePlace, prepare};
use super::progress::UpdateProgress;
use crate::engine::versions::{LastUpdate, ProgramFile, UpdateKind, UpdateState};

/// Reads the releases of the feed.
pub async fn list_releases(place: &UpdatePlace) -> Result<Vec<EngineRelease>, UpdateError> {
    feed::releases(&place.feed).await
}

/// Installs a release after its trial; the next start of the engine uses it.
pub async fn update_offline(
    place: &UpdatePlace,
    release: &EngineRelease,
    report: &(impl Fn(UpdateProgress) + Sync),
) -> Result<(), UpdateError> {
    let _guard = UpdateGuard::acquire(&place.data_dir)?;
    prepare(place, release, None, report).await?;
    let machine = place.machine_program();
    let replaced = machine.as_deref().and_then(ProgramFile::of);
    let mut state = UpdateState::load(&place.data_dir);
    state.activate(release.version.clone(), (replaced, None), place.clock.now());
    state.last = Some(succeeded(
        place,
        UpdateKind::Update,
        Some(release.version.clone()),
    ));
    store(place, &state)
}

/// Returns to the previous version, which is returned; the next start of the engine uses it.
pub fn roll_back_offline(place: &UpdatePlace) -> Result<Option<String>, UpdateError> {
    let _guard = UpdateGuard::acquire(&place.data_dir)?;
    let mut state = UpdateState::load(&place.data_dir);
    let previous = state.previous.as_ref().ok_or(UpdateError::NoPrevious)?;
    let version = previous.version().map(str::to_owned);
    state.swap(true, place.clock.now());
    state.last = Some(succeeded(place, UpdateKind::Rollback, version.clone()));
    store(place, &state)?;
    Ok(version)
}

fn succeeded(place: &UpdatePlace, kind: UpdateKind, version: Option<String>) -> LastUpdate {
    LastUpdate {
        version,
        replaced: None,
        kind,
        ended_at: place.clock.now(),
        reason: None,
        succeeded: true,
        failed_checks: Vec::new(),
    }
}

fn store(place: &UpdatePlace, state: &UpdateState) -> Result<(), UpdateError> {
    let stored = state.store(&place.data_dir);
    stored.map_err(|error| UpdateError::disk(&place.data_dir, error))
}
