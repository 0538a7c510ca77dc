//! `audit`: whether the log of who did what is still what was written.

use std::sync::Arc;

use anyhow::anyhow;
use clap::Args;
use nix::unistd::{User, getuid};
use secrecy::ExposeSecret as _;

use super::{CliError, Done, terminal};
use crate::{
    clock::SystemClock,
    config::{SecretsConfig, StorageArguments, StorageConfig},
    db::Database,
    domain::audit::{Actor, Audit, AuditContext},
};

/// Walks along the chain of events. Stop the server first: it locks its database.
///
/// The chain shows that no event was changed, removed or put in between others. Whoever can write the whole
/// table anew, or cut off its end, can make a chain that is whole again: keep the hash that this command
/// prints elsewhere, and give it as --expect the next time.
#[derive(Debug, Args)]
pub(super) struct VerifyAudit {
    /// A hash that was printed earlier; fails unless an event of the chain has it.
    #[arg(long, value_name = "HASH")]
    expect: Option<String>,

    #[command(flatten)]
    storage: StorageArguments,
}

impl VerifyAudit {
    pub(super) async fn run(self) -> Done {
        let secrets = SecretsConfig::from_environment();
        let storage = StorageConfig::read(&self.storage, &secrets).map_err(CliError::Usage)?;
        let db = Database::open(storage.database_url.expose_secret(), &storage.data_dir).await?;
        let audit = Audit::new(db.clone(), Arc::new(SystemClock));
        let expect = self.expect.as_deref().map(str::trim);
        let walked = audit.verify(expect).await;
        db.close().await?;
        let verified = walked.map_err(anyhow::Error::from)?.map_err(|broken| {
            let (sequence, reason) = (broken.sequence, broken.reason);
            anyhow!("the audit is broken at event {sequence}: {reason}")
        })?;
        if let (Some(hash), false) = (expect, verified.met) {
            return Err(CliError::Other(anyhow!(
                "the chain is whole, but no event has the hash {hash}: the log was written anew, or its \
                 end was cut off"
            )));
        }
        terminal::say(&format!("The audit is whole: {} events.", verified.events));
        if let Some(head) = verified.head {
            terminal::say(&format!("Keep this hash elsewhere: {}", head.hash));
        }
        Ok(())
    }
}

/// A command that the present user of the operating system runs.
pub(super) fn context(action: &str) -> AuditContext {
    let user = User::from_uid(getuid()).ok().flatten();
    AuditContext::new(Actor::cli(user.map(|user| user.name)), None, action)
}
