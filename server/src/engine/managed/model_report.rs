//! Reports the models that the engine serves, so that their origin and first appearance are known.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use super::Managed;
use super::trial::{TrialConfiguration, TrialEngine, TrialPlace};
use crate::engine::catalogue::known_models;

/// The engine lists the models of new accounts and of a new catalogue within this time after a change.
const LISTING_DELAY: Duration = Duration::from_millis(500);
/// The directory of the process that is asked for its built-in catalogue.
const DIRECTORY: &str = "catalogue";

/// Reports the models after each change.
pub(super) async fn follow(managed: &Managed, program: &Path) -> Infallible {
    // The shared engine knows the same catalogue.
    if managed.options.account.is_some() {
        return std::future::pending().await;
    }
    let catalogue = &managed.public.catalogue;
    let mut changes = catalogue.changes();
    if !catalogue.knows_built_in(program)
        && let Err(reason) = read_built_in(managed, program).await
    {
        tracing::debug!(reason, "the engine's built-in catalogue is not known");
    }
    loop {
        tokio::time::sleep(LISTING_DELAY).await;
        changes.mark_unchanged();
        // The cached list may precede the change.
        if let Ok(models) = catalogue.request_models().await {
            let seen = catalogue.origins(&models);
            managed.context.source.record_models(seen).await;
        }
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// The catalogue was refreshed before it was read: another process of the program, without a refresh, is asked for the one
/// that it was built with.
async fn read_built_in(managed: &Managed, program: &Path) -> Result<(), String> {
    let options = &managed.options;
    let place = TrialPlace {
        launcher: options.launcher.clone(),
        search_path: options.search_path.clone(),
        directory: options.data_dir.join("engine").join(DIRECTORY),
        clock: managed.context.clock.clone(),
    };
    let configuration = TrialConfiguration::default();
    let mut engine = TrialEngine::start(program, &place, &configuration).await?;
    let ready = engine.ready().await;
    if ready.is_ok() {
        let models = known_models(&engine.client).await;
        managed.public.catalogue.keep_built_in(program, models);
    }
    // It serves nothing that could be lost.
    let _ = engine.stop().await;
    ready
}
