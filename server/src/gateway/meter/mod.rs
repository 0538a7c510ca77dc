//! What passes is read over its shoulder: the model on the way in, the usage on the way out. Each
//! request has a receipt, which is recorded once, however the request ends.

mod body;
mod drain;
mod heartbeat;
mod hold;
mod progress;
mod receipt;

pub(super) use self::{
    body::{ErrorFormat, MeteredBody},
    drain::{Awaited, Drainer},
    heartbeat::Heartbeat,
    receipt::{KILLED, Receipt, RequestEnd},
};
