//! The data plane, from outside.

mod abort;
mod admission;
mod books;
mod endings;
mod failures;
mod killed;
mod limits;
mod managed;
mod metering;
mod raw;
mod restart;
mod shapes;
mod socket;
mod stopping;
mod unmetered;
mod verbatim;
