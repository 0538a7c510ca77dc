//! The program: reads how it was called and does that.

use std::process::ExitCode;

use proxypal_server::cli;

fn main() -> ExitCode {
    cli::keep_files_private();
    if let Some(code) = cli::run_engine_launcher() {
        return code;
    }
    match cli::parse() {
        Ok(call) => run(call),
        Err(code) => code,
    }
}

#[tokio::main]
async fn run(call: cli::Cli) -> ExitCode {
    cli::run(call).await
}
