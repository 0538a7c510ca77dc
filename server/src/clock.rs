//! The only source of the current time.

use std::sync::Arc;

use chrono::{DateTime, Utc};

/// A source of time which tests can replace.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
}

pub type SharedClock = Arc<dyn Clock>;

/// The wall clock.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one permitted place")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}
