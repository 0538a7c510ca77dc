//! Integration tests of the whole server, in one program so that it is linked once.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod account_groups;
mod account_pause;
mod agent_sign_in;
mod alerting;
mod architecture;
mod backup;
mod configuration;
mod deployment;
mod doctor;
mod engine;
mod fuzzing;
mod gateway;
mod graphql;
mod hostile;
mod migrations;
mod oauth;
mod pages;
mod proof;
mod provider_accounts;
mod schema;
mod security;
mod sign_in_cost;
mod support;
mod two_servers;
mod watch;
mod web;
mod words;
