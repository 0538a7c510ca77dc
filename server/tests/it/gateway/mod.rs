//! The data plane, from outside.

mod abort;
mod admission;
mod failures;
mod metering;
mod raw;
mod socket;
mod stopping;
mod verbatim;
