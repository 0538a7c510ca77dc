//! Sets up the log.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{LogConfig, LogFormat};

/// The library logs two lines per migration, which would hide the set-up link; `db` logs one for all.
const QUIET: &str = "sea_orm_migration=warn";

/// Starts logging to standard error. Only the first call has an effect.
pub fn start(log: &LogConfig) {
    let filter = if log.level.eq_ignore_ascii_case("info") {
        EnvFilter::new(format!("{},{QUIET}", log.level))
    } else {
        EnvFilter::new(&log.level)
    };
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match log.format {
        LogFormat::Text => registry.with(layer.with_target(false)).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(%error, "the log is already set up");
    }
}
