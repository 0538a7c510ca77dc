//! What passes is read over its shoulder: the model on the way in, the usage on the way out. Each
//! request has a receipt, which is recorded once, however the request ends.

mod body;
mod count;
mod drain;
mod estimate;
mod heartbeat;
mod hold;
mod json;
mod progress;
mod receipt;
pub(super) mod scanner;
pub(super) mod tap;

pub(super) use self::{
    body::{ErrorFormat, MeteredBody},
    drain::{Awaited, Drainer},
    estimate::{LARGEST_INPUT, used},
    heartbeat::Heartbeat,
    receipt::{KILLED, Receipt, RequestEnd},
};
