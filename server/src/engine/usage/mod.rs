//! The engine's usage queue: the second source of token counts, beside the response.

mod collector;
mod record;
mod recovery;

pub(super) use collector::Collector;
