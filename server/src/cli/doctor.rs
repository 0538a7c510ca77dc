//! `doctor` and `support-bundle`.

use std::{
    fs::File,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;
use secrecy::ExposeSecret as _;

use super::{CliError, Done, terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{Config, Options, SecretsConfig, StorageConfig, search_path},
    doctor::{self, Bundle, Check, CheckResult, Context, DoctorReport, Redaction},
};

/// The width of the result column.
const MARGIN: usize = 9;

/// Diagnoses the server and its environment. Takes the options of the server, changes nothing, and works
/// whether it is running or not.
///
/// Each line has a result (ok, warning, problem), the observation and a remedy. Exits with 1 when there is a
/// problem.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    options: Options,
}

/// Creates a support bundle: the doctor's report, versions, configuration and row counts. It contains no secrets,
/// names, e-mail addresses or prompts; review it before you send it.
#[derive(Debug, Args)]
pub(super) struct SupportBundle {
    /// The archive to write; it must not exist yet. Default: proxypal-support-TIME.tar.gz.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// A log file of the server; its end is included, with keys, tokens and e-mail addresses redacted.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    #[command(flatten)]
    options: Options,
}

impl Doctor {
    pub(super) async fn run(self) -> Done {
        let (report, _) = examine(&self.options).await;
        if self.json {
            let text = serde_json::to_string_pretty(&report).context("cannot write the report")?;
            terminal::print_line(&text);
        } else {
            print(&report);
        }
        if report.ok {
            return Ok(());
        }
        Err(CliError::Reported)
    }
}

impl SupportBundle {
    pub(super) async fn run(self) -> Done {
        let (report, examined) = examine(&self.options).await;
        let Some((context, redaction)) = examined else {
            print(&report);
            return Err(CliError::Reported);
        };
        let output = self.output.unwrap_or_else(|| {
            let now = SystemClock.now().format("%Y%m%dT%H%M%SZ");
            PathBuf::from(format!("proxypal-support-{now}.tar.gz"))
        });
        let log = self.log.as_deref();
        let bundle = Bundle::collect(&context, &report, &redaction, log).await;
        let bundle = bundle.with_context(|| {
            let log = log.unwrap_or(Path::new("the log"));
            format!("cannot read {}", log.display())
        })?;
        write(&bundle, &output)?;
        terminal::print_line(&output.display().to_string());
        terminal::print_error("Review it before you send it.");
        Ok(())
    }
}

/// Runs the checks; there is no context when the configuration is invalid.
async fn examine(options: &Options) -> (DoctorReport, Option<(Context, Redaction)>) {
    let secrets = SecretsConfig::from_environment();
    let storage = StorageConfig::read(&options.storage, &secrets).ok();
    let database_url = storage
        .as_ref()
        .map(|storage| storage.database_url.expose_secret());
    let redaction = Redaction::new(&secrets, database_url);
    let config = match Config::read(options, secrets) {
        Ok(config) => config,
        Err(mistakes) => {
            let report = DoctorReport::of_invalid_configuration(SystemClock.now(), &mistakes);
            return (report.redacted(&redaction), None);
        }
    };
    let context = Context {
        config,
        has_public_url: options.public_url.is_some(),
        search_path: search_path(),
        clock: Arc::new(SystemClock),
    };
    let report = Box::pin(context.examine()).await.redacted(&redaction);
    (report, Some((context, redaction)))
}

fn print(report: &DoctorReport) {
    for check in &report.checks {
        terminal::print_line(&line(check));
        if let Some(remedy) = &check.remedy {
            terminal::print_line(&format!("{:MARGIN$}-> {remedy}", ""));
        }
    }
    let count = |result| {
        let mut all = report.checks.iter();
        let found = all.by_ref().filter(|check| check.result == result);
        found.count()
    };
    let (problems, warnings) = (count(CheckResult::Problem), count(CheckResult::Warning));
    terminal::print_line(&format!("Problems: {problems}; warnings: {warnings}."));
}

fn line(check: &Check) -> String {
    let result = match check.result {
        CheckResult::Ok => "ok",
        CheckResult::Warning => "warning",
        CheckResult::Problem => "problem",
    };
    format!("{result:MARGIN$}{}: {}", check.topic, check.observed)
}

/// Writes the archive with mode 0600, and removes it when that fails.
fn write(bundle: &Bundle, output: &Path) -> anyhow::Result<()> {
    let fail = || format!("cannot write {}", output.display());
    let mut options = File::options();
    let opened = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(output);
    let mut file = opened.with_context(fail)?;
    let written = doctor::write(bundle, &mut file)
        .and_then(|()| file.flush())
        .and_then(|()| file.sync_all());
    if written.is_err() {
        // An incomplete archive is useless.
        let _ = std::fs::remove_file(output);
    }
    written.with_context(fail)
}
