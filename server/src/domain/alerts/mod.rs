//! Alerts: raised when a condition is found, ended when it is gone, acknowledged by administrators.
//!
//! The module `alerting` finds the conditions. The database holds the state, so that a restart neither repeats nor
//! loses an alert.

mod acknowledge;
mod condition;
mod health;
mod list;
mod message;
mod reconcile;
mod retention;

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use chrono::{DateTime, Utc};
use entity::alert;
use futures_util::{Stream, stream};
use tokio::sync::{
    Mutex, OwnedMutexGuard,
    broadcast::{self, error::RecvError},
};

pub use self::{
    condition::{AlertCondition, AlertSubject},
    health::{AccountCounts, HealthVerdict, RecentRequests, ServerHealth, count_accounts},
    list::AlertFilter,
    message::message,
    reconcile::ReconciledAlerts,
};
use crate::{clock::SharedClock, db::Database};

/// Changes that a live reader may lag behind.
const FEED_LENGTH: usize = 256;

/// The service for alerts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Alerts {
    db: Database,
    clock: SharedClock,
    /// Held while conditions are evaluated and compared with open alerts.
    evaluation: Arc<Mutex<()>>,
    feed: broadcast::Sender<Arc<alert::Model>>,
    /// When all conditions were last evaluated by this process.
    evaluated_at: Arc<ArcSwapOption<DateTime<Utc>>>,
}

impl Alerts {
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self {
            db,
            clock,
            evaluation: Arc::default(),
            feed: broadcast::channel(FEED_LENGTH).0,
            evaluated_at: Arc::default(),
        }
    }

    /// Excludes other evaluations until dropped, so that none ends an alert by what it read before.
    pub async fn begin_evaluation(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.evaluation).lock_owned().await
    }

    fn publish(&self, changed: impl IntoIterator<Item = alert::Model>) {
        for alert in changed {
            // Fails without subscribers.
            let _ = self.feed.send(Arc::new(alert));
        }
    }

    /// Emits each alert after it was raised, changed, acknowledged or ended; `None` when a slow reader has missed
    /// some.
    pub fn follow(&self) -> impl Stream<Item = Option<Arc<alert::Model>>> + Send + use<> {
        stream::unfold(self.feed.subscribe(), async |mut feed| {
            match feed.recv().await {
                Ok(alert) => Some((Some(alert), feed)),
                Err(RecvError::Lagged(_)) => Some((None, feed)),
                Err(RecvError::Closed) => None,
            }
        })
    }
}
