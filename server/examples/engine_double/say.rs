//! Writes lines as the engine does.
#![expect(
    clippy::print_stdout,
    reason = "a program's output is its interface here"
)]

use proxypal_server::clock::{Clock as _, SystemClock};

/// Writes a line without time and level.
pub(crate) fn plain(message: &str) {
    println!("{message}");
}

/// Writes a line of level `info`.
pub(crate) fn info(place: &str, message: &str) {
    line("info ", place, message);
}

/// Writes a line of level `warn`.
pub(crate) fn warn(place: &str, message: &str) {
    line("warn ", place, message);
}

/// Writes a line of level `error`.
pub(crate) fn error(place: &str, message: &str) {
    line("error", place, message);
}

fn line(level: &str, place: &str, message: &str) {
    let now = SystemClock.now().format("%Y-%m-%d %H:%M:%S");
    println!("[{now}] [--------] [{level}] [{place}] {message}");
}
