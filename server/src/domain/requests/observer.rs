//! Events of the writer for metrics. The domain does not depend on a metrics library.

use std::{fmt::Debug, time::Duration};

use entity::request;

/// A stored request that the engine's report changed.
#[derive(Debug)]
pub struct RequestChange {
    pub before: request::Model,
    pub after: request::Model,
}

/// Receives the events of the writer task. Methods are called on that task and must not block.
pub trait WriterObserver: Debug + Send + Sync {
    /// `count` requests have ended and are not in the database yet. `oldest` is the first of the batch that
    /// is being written; `None` when no batch is.
    fn pending(&self, oldest: Option<&request::Model>, count: usize);

    /// A batch was committed.
    fn written(&self, rows: &[request::Model], changes: &[RequestChange], elapsed: Duration);

    /// A transaction failed and is retried.
    fn failed(&self);

    /// Requests violate a constraint of the schema and are dropped.
    fn lost(&self, count: usize);
}

/// Ignores all events.
#[derive(Debug)]
pub struct NoObserver;

impl WriterObserver for NoObserver {
    fn pending(&self, _: Option<&request::Model>, _: usize) {}

    fn written(&self, _: &[request::Model], _: &[RequestChange], _: Duration) {}

    fn failed(&self) {}

    fn lost(&self, _: usize) {}
}
