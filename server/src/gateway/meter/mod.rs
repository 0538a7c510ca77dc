//! Reads usage from answers while they pass. Each request has a receipt, which is recorded once, however the request ends.

mod body;
mod drain;
mod events;
mod heartbeat;
mod hold;
mod progress;
mod receipt;

pub(super) use self::{
    body::{ErrorFormat, MeteredBody},
    drain::{Awaited, Drainer},
    heartbeat::Heartbeat,
    receipt::{Receipt, RequestEnd},
};
