//! `doctor` and `support-bundle`: what is wrong here, and what somebody who helps must know.

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

/// How many columns a verdict takes.
const MARGIN: usize = 9;

/// Looks at a server and at what it stands on. Takes the options of the server, changes nothing, and works
/// while it runs and while it does not.
///
/// Each line is a verdict (ok, warning, problem), what was seen, and what helps. Exits with 1 when there is a
/// problem.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// As one JSON object, for programs.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    options: Options,
}

/// Puts together what somebody who helps must know: the doctor's report, versions, configuration, numbers of
/// rows. Without secrets, names, e-mail addresses and prompts; look through it before you send it.
#[derive(Debug, Args)]
pub(super) struct SupportBundle {
    /// The archive to write; it must not exist yet. Default: proxypal-support-TIME.tar.gz.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// A file in which the server's log is kept; its end is added, without keys, tokens and e-mail addresses.
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
            terminal::say(&text);
        } else {
            print(&report);
        }
        if report.well {
            return Ok(());
        }
        Err(CliError::Told)
    }
}

impl SupportBundle {
    pub(super) async fn run(self) -> Done {
        let (report, seen) = examine(&self.options).await;
        let Some((context, redaction)) = seen else {
            print(&report);
            return Err(CliError::Told);
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
        terminal::say(&output.display().to_string());
        terminal::complain("Look through it before you send it.");
        Ok(())
    }
}

/// What the doctor says, and what was looked at when the configuration makes sense.
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
            let report = DoctorReport::of_mistakes(SystemClock.now(), &mistakes);
            return (report.redacted(&redaction), None);
        }
    };
    let context = Context {
        config,
        public_url_is_told: options.public_url.is_some(),
        search_path: search_path(),
        clock: Arc::new(SystemClock),
    };
    let report = Box::pin(context.examine()).await.redacted(&redaction);
    (report, Some((context, redaction)))
}

fn print(report: &DoctorReport) {
    for check in &report.findings {
        terminal::say(&line(check));
        if let Some(remedy) = &check.remedy {
            terminal::say(&format!("{:MARGIN$}-> {remedy}", ""));
        }
    }
    let count = |verdict| {
        let mut all = report.findings.iter();
        let found = all.by_ref().filter(|check| check.verdict == verdict);
        found.count()
    };
    let (problems, warnings) = (count(CheckResult::Problem), count(CheckResult::Warning));
    terminal::say(&format!("Problems: {problems}; warnings: {warnings}."));
}

fn line(check: &Check) -> String {
    let verdict = match check.verdict {
        CheckResult::Ok => "ok",
        CheckResult::Warning => "warning",
        CheckResult::Problem => "problem",
    };
    format!("{verdict:MARGIN$}{}: {}", check.topic, check.seen)
}

/// A file for us alone, which is complete or not there.
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
        // Half an archive helps nobody.
        let _ = std::fs::remove_file(output);
    }
    written.with_context(fail)
}
