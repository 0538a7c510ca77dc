//! The data plane, from outside.

mod abort;
mod addresses;
mod admission;
mod agent_sessions;
mod assumed;
mod books;
mod differential;
mod endings;
mod failures;
mod framing;
mod heartbeats;
mod idle_connections;
mod key_origins;
mod killed;
mod limits;
mod managed;
mod metering;
pub(crate) mod raw;
mod reasons;
mod restart;
mod shapes;
mod socket;
mod stopping;
mod unmetered;
mod verbatim;
