//! Sentences against the server, in one program.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod engine;
