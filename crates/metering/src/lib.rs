//! Reads requests for their model and answers for their token usage, as they stream by.
//!
//! Pure: no sockets, no files, no clock. Everything is fed bytes in pieces of any size and keeps constant memory.
//!
//! * [`ModelScanner`] finds the model of a request and the bound of its answer.
//! * [`Tap`] reads an answer for its usage, its model, its error and its end; [`TurnTap`] the answers of a
//!   Responses WebSocket.
//! * [`MeteredUsage`] turns an [`Observation`] into the [`Tokens`] that the request is charged for.

mod estimate;
mod json;
mod protocols;
mod scanner;
mod service_tier;
mod tap;
pub mod tokens;

pub use self::{
    estimate::{MAX_INPUT_TOKENS, MeteredUsage, tokens_of_text},
    protocols::{EndpointSpec, Protocol, ProtocolSpec},
    scanner::{
        BodyForm, BodyKind, Bound, BoundForm, DecompressionError, FormError, ModelScanner,
        RequestedTier, ScanResult, ScanStep,
    },
    service_tier::ServiceTier,
    tap::{Observation, Tap, TurnTap},
    tokens::{MediaCounts, Tokens},
};
