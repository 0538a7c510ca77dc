//! The contract of the engine: starts a program in a directory of its own and compares what it does with what this server
//! relies on. Each difference is named, with what was expected and what was found.
//!
//! Nothing outside of the directory is read or written, and no provider is called: requests go to a stub.

mod management;
mod probe;
mod report;
mod sign_in;
mod traffic;
mod upstream;

use std::path::PathBuf;

use self::probe::Probe;
pub use self::report::{ContractCheck, ContractReport};
use self::upstream::StubProvider;
use super::managed::{TrialConfiguration, TrialEngine, TrialPlace};
use super::source::CredentialSource;

/// The program to check and where.
#[derive(Clone, Debug)]
pub struct ContractOptions {
    pub program: PathBuf,
    /// Emptied before and removed after.
    pub place: TrialPlace,
}

/// Checks a program. With a source, the engine gets a copy of the server's configuration too, without sign-ins, and must
/// apply it.
pub async fn check_contract(
    options: &ContractOptions,
    source: Option<&dyn CredentialSource>,
) -> ContractReport {
    let mut report = ContractReport::default();
    let Ok(upstream) = StubProvider::start().await else {
        let found = "no port of this machine is free";
        report.fail("stub provider", "the stub provider listens", found);
        return report;
    };
    let configuration = match TrialConfiguration::copy(source).await {
        Ok(configuration) => configuration.with_probe(&upstream.url),
        Err(reason) => {
            report.fail(
                "configuration",
                "the configuration can be rendered",
                &reason,
            );
            return report;
        }
    };
    let started = TrialEngine::start(&options.program, &options.place, &configuration).await;
    let mut engine = match started {
        Ok(engine) => engine,
        Err(reason) => {
            report.fail("start", "the process starts", &reason);
            return report;
        }
    };
    let ready = engine.ready().await;
    report.version = engine.version();
    let is_ready = ready.is_ok();
    let found = ready.map(|()| "it is".to_owned());
    report.note("start", "ready to serve within 20 seconds", found);
    if is_ready {
        let version = report.version.clone().ok_or("no such line".to_owned());
        let line = "the first line names it: CLIProxyAPI Version: X, …";
        report.note("version", line, version);
        let probe = Probe::new(&engine, &upstream, &configuration);
        management::check(&probe, &mut report).await;
        traffic::check(&probe, &mut report).await;
        sign_in::check(&probe, &mut report).await;
    }
    let ended = engine.stop().await;
    if is_ready {
        report.note("stop", "exits within 4 seconds after SIGTERM", ended);
    }
    report
}
