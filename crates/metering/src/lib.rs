//! Reads requests for their model and answers for their token usage, as they stream by.
//!
//! Pure: no sockets, no files, no clock. Everything is fed bytes in pieces of any size and keeps constant memory.
//!
//! * [`ModelScanner`] finds the model of a request and the bound of its answer.
//! * [`Tap`] reads an answer for its usage, its model, its error and its end; [`TurnTap`] the answers of a
//!   Responses WebSocket.
//! * [`EstimatedUsage`] turns an [`Observation`] into the [`Tokens`] that the request is charged for.

mod count;
mod estimate;
mod json;
mod protocol;
mod scanner;
mod tap;
pub mod tokens;

pub use self::{
    estimate::{EstimatedUsage, LARGEST_INPUT, tokens_of_text},
    protocol::Protocol,
    scanner::{
        BodyForm, BodyKind, Bound, BoundForm, FormError, ModelScanner, OpenError, ScanResult,
        ScanStep,
    },
    tap::{Observation, Tap, TurnTap},
    tokens::Tokens,
};
