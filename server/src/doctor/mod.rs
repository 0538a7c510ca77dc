//! The doctor looks at a server and at what it stands on, and says what it saw and what helps. It changes
//! nothing: it takes no lock, starts no engine, and a file by which it measures the disk is gone afterwards.

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

/// What is looked at.
#[derive(Debug)]
pub struct Context {
    pub config: Config,
    /// Whether `PUBLIC_URL` was said, and is not only where we listen.
    pub public_url_is_told: bool,
    /// Where programs are looked for.
    pub search_path: OsString,
    pub clock: SharedClock,
}

impl Context {
    /// Looks at everything, in the order in which one thing stands on the other.
    pub async fn examine(&self) -> DoctorReport {
        let mut findings = vec![disk::sync(&self.config.storage.data_dir)];
        findings.push(disk::space(&self.config.storage.data_dir));
        findings.extend(permissions::examine(&self.config));
        findings.push(limits::open_files());
        let (data, found) = Data::examine(&self.config.storage).await;
        findings.extend(found);
        let answers = ProbeAnswers::gather(self).await;
        findings.extend(server::examine(self, &answers, data.holder));
        findings.push(clock::examine(self, &data, &answers));
        findings.push(address::exposure(self));
        findings.extend(address::examine(self, &answers).await);
        findings.extend(engine::examine(self, &answers).await);
        data.close().await;
        DoctorReport::new(self.clock.now(), findings)
    }
}

/// An address without what may be secret in it.
fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}
