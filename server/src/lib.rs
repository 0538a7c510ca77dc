//! ProxyPal Server: one door to many model providers.
//!
//! Rooms, from the street inwards. A room may use the ones below it, never above:
//!
//! ```text
//! cli       what the program can be told to do
//! app       wires everything together
//! graphql   the control plane: one schema        gateway  the data plane: /v1/*
//! web       sessions, pages, health             watch    what a monitoring system sees
//! engine    keeps CLIProxyAPI alive and in step with the database
//! checkup   asks providers how our accounts are
//! notify    tells people what happens: mail, webhooks, chats
//! domain    what the product means
//! metrics   how things are counted                traces   what a collector is sent
//! db        opens and migrates the database      crypto   sealing, hashing, making secrets
//! doctor    looks at a server and its surroundings, and names cures
//! config    what an operator can set             clock, client_address, deadlines, outage
//! ```

pub mod app;
pub mod checkup;
pub mod cli;
pub mod client_address;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod deadlines;
pub mod doctor;
pub mod domain;
pub mod engine;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod gateway;
pub mod graphql;
pub mod http_server;
pub mod metrics;
pub mod notify;
pub mod oauth;
pub mod outage;
pub mod providers;
pub mod shutdown;
pub mod telemetry;
pub mod traces;
pub mod watch;
pub mod web;
