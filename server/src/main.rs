//! The entry point.

use std::process::ExitCode;

use proxypal_server::cli;

fn main() -> ExitCode {
    cli::keep_files_private();
    if let Some(code) = cli::run_engine_launcher() {
        return code;
    }
    match cli::parse() {
        Ok(cli) => run(cli),
        Err(code) => code,
    }
}

#[tokio::main]
async fn run(cli: cli::Cli) -> ExitCode {
    cli::run(cli).await
}
