//! Measures the dashboard's queries over few requests and over a thousand times as many.
//!
//! Both databases are temporary SQLite files. `docs/performance.md` explains how
//! to read the table.
#![expect(clippy::print_stderr, reason = "shows progress on the terminal")]

mod dashboard;
mod fill;
mod report;

use std::{io::Write as _, process::ExitCode};

use anyhow::ensure;
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::{dashboard::Dashboard, fill::Filled, report::Report};

const FEW: i64 = 10_000;
const MANY: i64 = 10_000_000;
const QUITE_SOME: i64 = 200_000;

#[derive(Debug, clap::Parser)]
#[command(about = "Measures the dashboard's questions over few and over many requests")]
struct Options {
    /// Fill in 200 thousand requests instead of ten million: a look, not a measurement.
    #[arg(long)]
    quick: bool,
    /// Added by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match bounded(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the benchmark failed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The files are removed on drop.
async fn bounded(options: &Options) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let report = tokio::select! {
        report = measure(options) => report?,
        _ = interrupt.recv() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("terminated"),
    };
    write!(std::io::stdout(), "{report}")?;
    ensure!(report.is_met(), "a target was missed");
    Ok(())
}

async fn measure(options: &Options) -> anyhow::Result<Report> {
    let many = if options.quick { QUITE_SOME } else { MANY };
    let few = Filled::with(FEW).await?;
    let many = Filled::with(many).await?;
    let dashboards = (Dashboard::open(&few).await?, Dashboard::open(&many).await?);
    eprintln!("asking");
    Ok(Report {
        few: few.size,
        many: many.size,
        answered: dashboard::ask(&dashboards.0, &dashboards.1).await?,
    })
}
