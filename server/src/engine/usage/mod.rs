//! The engine's usage queue: the second source of what requests used, beside the wire.

mod collector;
mod record;
mod recovery;

pub(super) use collector::Collector;
