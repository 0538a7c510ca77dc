//! The control plane, from outside.

mod access;
mod account;
mod csrf;
mod explorer;
mod export;
mod key;
mod limit;
mod list;
mod live;
mod price;
mod quota;
mod rate_limit;
mod retention;
mod session;
mod sign_in;
mod socket;
mod usage;
mod user;
