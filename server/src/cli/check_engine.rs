//! `engine check`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use super::{CliError, Done, terminal};
use crate::clock::SystemClock;
use crate::config::search_path;
use crate::engine::{self, ContractCheck, ContractOptions, ContractReport, TrialPlace};

/// Starts an engine in a temporary directory and reports how it differs from what this server relies on: endpoints,
/// fields, defaults. Calls no provider and touches no running server; exits with 1 if there is a difference.
#[derive(Debug, Args)]
pub(super) struct CheckEngine {
    /// The directory of the database, the engine and generated keys.
    #[arg(
        long,
        env = "DATA_DIR",
        default_value = "./data",
        value_name = "DIRECTORY"
    )]
    data_dir: PathBuf,

    /// The program to check. Default: the one that a server would start.
    #[arg(long, env = "ENGINE_BINARY", value_name = "FILE")]
    binary: Option<PathBuf>,

    /// Print every check, not only the differences.
    #[arg(long)]
    all: bool,
}

impl CheckEngine {
    pub(super) async fn run(self) -> Done {
        let search_path = search_path();
        let program = engine::find_program(self.binary.as_deref(), &search_path, &self.data_dir);
        let program = program.await.map_err(CliError::Usage)?.path;
        let directory = format!("proxypal-engine-check-{}", std::process::id());
        let options = ContractOptions {
            program: program.clone(),
            place: TrialPlace {
                launcher: std::env::current_exe().context("this program has no path")?,
                search_path,
                directory: std::env::temp_dir().join(directory),
                clock: Arc::new(SystemClock),
            },
        };
        let report = Box::pin(engine::check_contract(&options, None)).await;
        let version = report.version.as_deref().unwrap_or("unknown");
        terminal::print_line(&format!("{}, version {version}:", program.display()));
        for check in report
            .checks
            .iter()
            .filter(|check| self.all || !check.passed)
        {
            print(check);
        }
        terminal::print_line(&summary(&report));
        if report.is_kept() {
            Ok(())
        } else {
            Err(CliError::Reported)
        }
    }
}

pub(super) fn print(check: &ContractCheck) {
    let ContractCheck {
        name,
        expected,
        found,
        passed,
    } = check;
    let mark = if *passed { "ok" } else { "DIFFERS" };
    terminal::print_line(&format!(
        "  {mark}: {name}\n    expected: {expected}\n    found: {found}"
    ));
}

pub(super) fn summary(report: &ContractReport) -> String {
    let (failed, all) = (report.failed().count(), report.checks.len());
    if failed == 0 {
        return format!("All {all} checks passed: this server works with this engine.");
    }
    format!("{failed} of {all} checks differ: do not use this engine with this server.")
}
