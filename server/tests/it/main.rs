//! Sentences against the server, in one program: it links once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod engine;
mod gateway;
mod migrations;
mod schema;
mod support;
