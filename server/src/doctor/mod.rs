//! Diagnoses a server and its environment: what was observed, and how to fix it. Changes nothing: it takes no
//! lock and starts no engine; the file by which it measures the disk is removed again.

mod address;
mod bundle;
mod check;
mod clock;
mod database;
mod disk;
mod engine;
mod limits;
mod permissions;
mod redaction;
mod server;

use std::ffi::OsString;

use url::Url;

pub use self::{
    bundle::{Bundle, write},
    check::{Check, CheckResult, DoctorReport},
    redaction::Redaction,
};
use self::{database::Data, server::ProbeAnswers};
use crate::{clock::SharedClock, config::Config};

/// The server to diagnose.
#[derive(Debug)]
pub struct Context {
    pub config: Config,
    /// Whether `PUBLIC_URL` is configured, and not derived from the listen address.
    pub has_public_url: bool,
    /// `PATH`, where the engine's program is searched.
    pub search_path: OsString,
    pub clock: SharedClock,
}

impl Context {
    /// Runs all checks, dependencies before what depends on them.
    pub async fn examine(&self) -> DoctorReport {
        let mut checks = disk::sync(&self.config.storage);
        checks.push(disk::space(&self.config.storage.data_dir));
        checks.extend(permissions::examine(&self.config));
        checks.push(limits::open_files());
        let (data, of_database) = Data::examine(&self.config.storage).await;
        checks.extend(of_database);
        let answers = ProbeAnswers::gather(self).await;
        checks.extend(server::examine(self, &answers, data.holder));
        checks.push(clock::examine(self, &data, &answers));
        checks.push(address::exposure(self));
        checks.extend(address::examine(self, &answers).await);
        checks.extend(engine::examine(self, &answers).await);
        data.close().await;
        DoctorReport::new(self.clock.now(), checks)
    }
}

/// A URL without credentials and query, for display.
fn display_url(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}
