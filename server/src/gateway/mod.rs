//! The data plane: what `/v1` and its brothers pass through on their way to the engine.

#![expect(
    dead_code,
    reason = "the pure parts stand before the layers that use them"
)]

pub mod dialect;
pub mod meter;
pub mod route;
