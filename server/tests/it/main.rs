//! Sentences against the server, in one program: it links once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod architecture;
mod configuration;
mod engine;
mod gateway;
mod schema;
mod support;
