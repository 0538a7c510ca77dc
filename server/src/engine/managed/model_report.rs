//! Reports the models that the engine serves, so that their origin and first appearance are known.

use std::convert::Infallible;
use std::time::Duration;

use super::Managed;

/// The engine lists the models of new accounts and of a new catalogue within this time after a change.
const LISTING_DELAY: Duration = Duration::from_millis(500);

/// Reports the models after each change.
pub(super) async fn follow(managed: &Managed) -> Infallible {
    let mut changes = managed.public.catalogue.changes();
    loop {
        tokio::time::sleep(LISTING_DELAY).await;
        changes.mark_unchanged();
        // The cached list may precede the change.
        let models = managed.public.catalogue.request_models().await;
        if let Ok(models) = models {
            let seen = managed.public.catalogue.origins(&models);
            managed.context.source.record_models(seen).await;
        }
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}
