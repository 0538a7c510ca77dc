//! The data plane: what `/v1` and its brothers pass through on their way to the engine.

pub mod dialect;
pub mod meter;
pub mod model_name;
pub mod route;
