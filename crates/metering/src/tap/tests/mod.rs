//! The tap with answers of providers and the engine.

mod golden;
mod hostile;
mod media;
mod service_tier;
mod turns;

use crate::Protocol;

use super::{Observation, Tap};

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json; charset=utf-8";

/// Observes an answer in the given chunks.
fn observe<'a>(
    protocol: Protocol,
    content_type: &str,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Observation {
    let mut tap = Tap::new(protocol, content_type, "");
    for chunk in chunks {
        tap.observe(chunk);
    }
    tap.finish()
}
