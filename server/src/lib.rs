//! ProxyPal Server: a multi-user gateway to model providers.
//!
//! Modules may import those below them, never above:
//!
//! ```text
//! cli       the commands of the program
//! app       the composition root
//! graphql   the control plane: one schema        gateway  the data plane: /v1/*
//! web       sessions, pages, health             watch    /metrics
//! engine    runs CLIProxyAPI and configures it from the database
//! checkup   checks provider accounts
//! alerting  finds the conditions of alerts
//! notify    notifications by mail, webhook and chat
//! price_feed  downloads published price lists
//! domain    the business rules
//! metrics   the registry of metrics               traces   export to a collector
//! db        opens and migrates the database      crypto   encryption, hashing, tokens
//! doctor    diagnoses a server and its environment
//! config    flags and environment                clock, client_address, deadlines, disk, outage, tls
//! ```

// Futures of nested resolvers exceed the default of 128.
#![recursion_limit = "256"]

pub mod alerting;
pub mod app;
pub mod checkup;
pub mod cli;
pub mod client_address;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod deadlines;
pub mod disk;
pub mod doctor;
pub mod domain;
pub mod engine;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod gateway;
pub mod graphql;
pub mod http_server;
pub mod in_flight;
pub mod metrics;
pub mod notify;
pub mod oauth;
pub mod observed_io;
pub mod outage;
pub mod price_feed;
pub mod providers;
pub mod redaction;
pub mod shutdown;
pub mod telemetry;
pub mod tls;
pub mod traces;
pub mod watch;
pub mod web;
