//! `audit`: verifies the hash chain of the audit log.

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

/// Verifies the hash chain of the audit log. Works while the server runs.
///
/// The chain proves that no event was changed, removed or inserted. An attacker who can rewrite the whole
/// table, or cut off its end, can build a new valid chain: store the hash that this command prints outside
/// the server, and pass it as --expect the next time.
#[derive(Debug, Args)]
pub(super) struct VerifyAudit {
    /// A hash printed by an earlier run; the command fails unless an event of the chain has it.
    #[arg(long, value_name = "HASH")]
    expect: Option<String>,

    #[command(flatten)]
    storage: StorageArguments,
}

impl VerifyAudit {
    pub(super) async fn run(self) -> Done {
        let secrets = SecretsConfig::from_environment();
        let storage = StorageConfig::read(&self.storage, &secrets).map_err(CliError::Usage)?;
        let db = Database::open_read_only(storage.database_url.expose_secret()).await?;
        let audit = Audit::new(db.clone(), Arc::new(SystemClock));
        let expect = self.expect.as_deref().map(str::trim);
        let walked = audit.verify(expect).await;
        db.close().await?;
        let verified = walked.map_err(anyhow::Error::from)?.map_err(|broken| {
            let (sequence, reason) = (broken.sequence, broken.reason);
            anyhow!("the audit log is broken at event {sequence}: {reason}")
        })?;
        if let (Some(hash), false) = (expect, verified.met) {
            return Err(CliError::Other(anyhow!(
                "the chain is intact, but no event has the hash {hash}: the log was rewritten, or its end \
                 was cut off"
            )));
        }
        terminal::print_line(&format!(
            "The audit log is intact: {} events.",
            verified.events
        ));
        if let Some(head) = verified.head {
            terminal::print_line(&format!(
                "Store this hash outside the server: {}",
                head.hash
            ));
        }
        Ok(())
    }
}

/// The audit context of a command: the operating system's user is the actor.
pub(super) fn context(action: &str) -> AuditContext {
    let user = User::from_uid(getuid()).ok().flatten();
    AuditContext::new(Actor::cli(user.map(|user| user.name)), None, action)
}
