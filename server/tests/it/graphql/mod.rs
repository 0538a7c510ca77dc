//! The control plane, from outside.

mod access;
mod account;
mod audit;
mod audit_walk;
mod csrf;
mod explorer;
mod export;
mod key;
mod limit;
mod list;
mod live;
mod notification;
mod price;
mod privileges;
mod provider_settings;
mod quota;
mod rate_limit;
mod retention;
mod second_factor;
mod session;
mod sign_in;
mod socket;
mod supported_providers;
mod team;
mod usage;
mod user;
