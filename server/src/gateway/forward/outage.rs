//! Logs an engine that does not answer: once when that begins, and once when it ends.

use std::{error::Error, fmt::Display, sync::Arc};

use uuid::Uuid;

use crate::outage::{FLAPPING, Outage};

#[derive(Clone, Debug)]
pub(in crate::gateway) struct EngineOutage(Arc<Outage>);

impl Default for EngineOutage {
    fn default() -> Self {
        Self(Arc::new(Outage::new(FLAPPING)))
    }
}

impl EngineOutage {
    pub(in crate::gateway) fn failed(
        &self,
        request_id: &dyn Display,
        error: &(dyn Error + 'static),
    ) {
        if self.0.failed() {
            tracing::warn!(
                request.id = %request_id,
                error,
                "the engine does not answer; other requests that it fails are logged at the level debug"
            );
        } else {
            tracing::debug!(request.id = %request_id, error, "the engine did not answer");
        }
    }

    pub(in crate::gateway) fn answered(&self, request_id: Uuid) {
        if let Some(ended) = self.0.worked() {
            tracing::info!(
                request.id = %request_id,
                elapsed_ms = ended.lasted_ms(),
                failures = ended.failures,
                "the engine answers again"
            );
        }
    }
}
