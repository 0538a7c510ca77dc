//! `reset-password`.

use std::sync::Arc;

use clap::Args;
use secrecy::ExposeSecret as _;

use super::{CliError, Done, audit::context, terminal};
use crate::{
    clock::{SharedClock, SystemClock},
    config::{SecretsConfig, StorageArguments, StorageConfig},
    db::Database,
    domain::{
        admins::{Admins, FIRST_ADMIN},
        server_secrets::ServerSecrets,
        sessions::Sessions,
    },
};

/// Sets a new password for an administrator and signs out their sessions. Stop the server first: it locks its
/// database.
#[derive(Debug, Args)]
pub(super) struct ResetPassword {
    /// The administrator.
    #[arg(long, default_value = FIRST_ADMIN, value_name = "NAME")]
    username: String,

    /// Also remove the second factor, if the phone and the recovery codes are lost.
    #[arg(long)]
    without_second_factor: bool,

    #[command(flatten)]
    storage: StorageArguments,
}

impl ResetPassword {
    pub(super) async fn run(self) -> Done {
        let secrets = SecretsConfig::from_environment();
        let storage = StorageConfig::read(&self.storage, &secrets).map_err(CliError::Usage)?;
        let clock: SharedClock = Arc::new(SystemClock);
        let db = Database::open(storage.database_url.expose_secret(), &storage.data_dir).await?;
        let server = ServerSecrets::open(&storage, &db, &clock).await?;
        let password = terminal::read_password("New password: ")?;
        let sessions = Sessions::new(db.clone(), clock.clone(), server.digester.clone());
        let admins = Admins::new(db.clone(), clock.clone(), &server, sessions);
        let context = context("resetPassword");
        let without = self.without_second_factor;
        let reset = admins.reset_password(&context, &self.username, password, without);
        let ended = Box::pin(reset).await.map_err(anyhow::Error::from)?;
        let named = admins.named(&self.username).await;
        let admin = named.map_err(anyhow::Error::from)?;
        db.close().await?;
        terminal::print_line(&format!(
            "Changed the password of {}; {ended} sessions were signed out.",
            self.username
        ));
        if admin.is_some_and(|admin| admin.totp_confirmed_at.is_some()) {
            terminal::print_line(
                "The second factor is still required; --without-second-factor removes it.",
            );
        }
        Ok(())
    }
}
