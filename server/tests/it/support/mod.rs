//! What the tests of the control plane stand on: a real server on a real socket, a clock that they own,
//! and clients like the real ones.

mod caller;
mod clock;
mod credentials;
mod database;
mod events;
mod plane;
mod socket;

use std::time::Duration;

pub(crate) use self::{
    caller::{Caller, code, cookie_lines},
    events::Events,
    plane::{ControlPlane, PASSWORD},
    socket::Socket,
};

/// How long a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);
