//! Reads the configuration, builds the server, runs it until told to stop.

use std::process::ExitCode;

use proxypal_server::engine;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words
        .next()
        .is_some_and(|word| word == engine::LAUNCHER_COMMAND)
    {
        return engine::exec_from(words);
    }
    ExitCode::SUCCESS
}
