//! The program: reads how it was called and does that.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use proxypal_server::cli;

/// Made for many small allocations from many threads, which is what a request consists of.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    if let Some(code) = cli::becomes_engine() {
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
