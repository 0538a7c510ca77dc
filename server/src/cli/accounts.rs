//! `accounts import`: imports accounts at providers from files.

use std::{fs, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use sea_orm::ActiveEnum as _;
use secrecy::ExposeSecret as _;

use super::{CliError, Done, audit::context, explain_lock, terminal};
use crate::{
    clock::{SharedClock, SystemClock},
    config::{SecretsConfig, StorageArguments, StorageConfig},
    db::Database,
    domain::{
        provider_accounts::{ImportReport, ImportedDocument, ProviderAccounts, RefreshTokens},
        server_secrets::ServerSecrets,
    },
};

/// The files that can be imported, for `--help`.
pub(super) const FORMATS: &str = concat!(
    "PATH:\n",
    "  Claude Code         ~/.claude/.credentials.json\n",
    "  Codex CLI           ~/.codex/auth.json\n",
    "  GitHub Copilot      ~/.config/github-copilot/apps.json or hosts.json\n",
    "  OpenCode            ~/.local/share/opencode/auth.json\n",
    "  CLIProxyAPI         its auth files and config.yaml\n",
    "  Google Cloud        the key of a service account\n",
    "  ProxyPal Server     an export\n\n",
    "If two programs refresh one sign-in, each makes the tokens of the other worthless: sign out of the other\n",
    "program after the import, or import with --without-refreshing.\n\n",
    "Stop the server first: it locks its database. While it runs, use Providers > Import accounts.",
);
/// The maximum size of a file, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Imports accounts at providers. An entry that cannot be imported does not affect the others; the exit code is 1 if
/// there is one.
#[derive(Debug, Args)]
pub(super) struct ImportAccounts {
    /// Files with accounts.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// Leave out refresh tokens: the other program stays signed in, and the account ends when its access token expires.
    #[arg(long)]
    without_refreshing: bool,

    #[command(flatten)]
    storage: StorageArguments,
}

impl ImportAccounts {
    pub(super) async fn run(self) -> Done {
        let documents = self.paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let refresh_tokens = if self.without_refreshing {
            RefreshTokens::LeftOut
        } else {
            RefreshTokens::Imported
        };
        let secrets = SecretsConfig::from_environment();
        let storage = StorageConfig::read(&self.storage, &secrets).map_err(CliError::Usage)?;
        let clock: SharedClock = Arc::new(SystemClock);
        let opened = Database::open(storage.database_url.expose_secret(), &storage.data_dir).await;
        let db =
            opened.map_err(|error| explain_lock(error, "import under Providers in its web app"))?;
        let server = ServerSecrets::open(&storage, &db, &clock).await?;
        let accounts = ProviderAccounts::new(db.clone(), clock, Arc::clone(&server.vault));
        let context = context("importProviderAccount");
        let imported = Box::pin(accounts.import(&context, documents, refresh_tokens)).await;
        db.close().await?;
        report(&imported.map_err(anyhow::Error::from)?)
    }
}

fn read(path: &PathBuf) -> anyhow::Result<ImportedDocument> {
    let name = path.display().to_string();
    let size = fs::metadata(path).with_context(|| format!("cannot read {name}"))?;
    anyhow::ensure!(
        size.len() <= MAX_FILE_BYTES,
        "{name} is larger than 1 MiB, so it is not a file of accounts"
    );
    let content = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    let content = content.into();
    Ok(ImportedDocument { name, content })
}

fn report(report: &ImportReport) -> Done {
    for account in &report.accounts {
        let kind = account.kind.to_value();
        terminal::print_line(&format!("Imported: {kind}, {}", account.label));
    }
    for problem in &report.problems {
        terminal::print_error(&format!("{}: {}", problem.document, problem.message));
    }
    if report.problems.is_empty() {
        Ok(())
    } else {
        Err(CliError::Reported)
    }
}
