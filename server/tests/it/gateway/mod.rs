//! The data plane, from outside.

mod abort;
mod admission;
mod books;
mod differential;
mod failures;
mod killed;
mod limits;
mod managed;
mod metering;
mod raw;
mod restart;
mod socket;
mod stopping;
mod verbatim;
