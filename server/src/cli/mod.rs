//! The commands of the program.

mod accounts;
mod audit;
mod backup;
mod check_engine;
mod doctor;
mod export;
mod health;
mod install;
mod logs;
mod output;
mod price_update;
mod prices;
mod reset_password;
mod rotate;
mod serve;
mod terminal;
mod token;
mod update_engine;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nix::sys::stat::{Mode, umask};

use crate::{
    config::{EXIT_USAGE, Options, SECRETS_HELP},
    db::DatabaseInUseError,
    engine,
};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "proxypal-server",
    version,
    about = "One gateway for a team's Claude, ChatGPT, Gemini and Copilot accounts: users, keys, metering.",
    long_about = None,
    after_help = SECRETS_HELP,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,
}

/// The command; `serve` by default.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (the default).
    Serve(Box<Options>),
    /// Manage the engine, CLIProxyAPI.
    #[command(subcommand)]
    Engine(EngineCommand),
    /// Set a new password for an administrator.
    ResetPassword(reset_password::ResetPassword),
    /// Re-encrypt all secrets with a new key.
    RotateEncryptionKey(rotate::RotateEncryptionKey),
    /// Import accounts at providers.
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Show and import prices.
    #[command(subcommand)]
    Prices(PricesCommand),
    /// Verify the audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Export requests or usage to a file. Works while the server runs.
    #[command(subcommand)]
    Export(ExportCommand),
    /// Create, verify and restore backups of the whole database.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Show requests as they are recorded.
    Logs(logs::Logs),
    /// Diagnose the server and its environment; exits with 1 when there is a problem.
    Doctor(Box<doctor::Doctor>),
    /// Create a support bundle (no secrets).
    SupportBundle(Box<doctor::SupportBundle>),
    /// Sign in to a server and print a short-lived access token, for agents that cannot sign in themselves.
    Token(token::Token),
    /// Check the health of a running server; exits with 1 when it is unhealthy.
    Healthcheck(health::Healthcheck),
}

/// The `audit` commands.
#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Verify the hash chain of the audit log; exits with 1 and names the first broken event. Works while the server runs.
    Verify(audit::VerifyAudit),
}

/// The `engine` commands.
#[derive(Debug, Subcommand)]
enum EngineCommand {
    /// Download the tested release, verify its checksum and install it in the data directory.
    Install(install::Install),
    /// Check whether this server works with an engine: starts it in a temporary directory and lists what differs.
    Check(check_engine::CheckEngine),
    /// List the engine's releases, install one, or return to the previous version.
    Update(update_engine::UpdateEngine),
}

/// The `accounts` commands.
#[derive(Debug, Subcommand)]
enum AccountsCommand {
    /// Import accounts from the files of coding agents, of the engine or of an export.
    /// Needs a stopped server.
    #[command(after_help = accounts::FORMATS)]
    Import(accounts::ImportAccounts),
}

/// The `prices` commands.
#[derive(Debug, Subcommand)]
enum PricesCommand {
    /// Import prices from a file, all or none; prices that are already stored are skipped. Needs a stopped server.
    #[command(after_help = prices::FORMAT)]
    Import(prices::ImportPrices),
    /// Show what a price list changes and store it when approved, all or none. Needs a stopped server.
    Update(price_update::UpdatePrices),
    /// Show the prices in force, in US dollars per million tokens. Works while the server runs.
    List(prices::ListPrices),
}

/// The `backup` commands.
#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Create a backup in the data directory and verify it by a trial restore. Works while the server runs.
    #[command(after_help = backup::PHRASE)]
    Create(backup::CreateBackup),
    /// List the backups in the data directory and verify their checksums.
    List(backup::ListBackups),
    /// Verify a backup: restore it into a temporary database next to it.
    #[command(after_help = backup::PHRASE)]
    Verify(backup::VerifyBackup),
    /// Replace the database by a backup and keep the former one. Needs a stopped server.
    #[command(after_help = backup::PHRASE)]
    Restore(backup::RestoreBackup),
}

/// The `export` commands.
#[derive(Debug, Subcommand)]
enum ExportCommand {
    /// Export one row per request, in the order in which they ended.
    Requests(export::RequestsExport),
    /// Export one row per user, key, provider, account, model and hour or day.
    Usage(export::ExportUsage),
}

/// Runs the program.
pub async fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        None => Box::pin(serve::serve(&cli.options)).await,
        Some(Command::Serve(options)) => Box::pin(serve::serve(&options)).await,
        Some(Command::Engine(EngineCommand::Install(install))) => install.run().await,
        Some(Command::Engine(EngineCommand::Check(check))) => Box::pin(check.run()).await,
        Some(Command::Engine(EngineCommand::Update(update))) => Box::pin(update.run()).await,
        Some(Command::ResetPassword(reset)) => reset.run().await,
        Some(Command::RotateEncryptionKey(rotate)) => rotate.run().await,
        Some(Command::Accounts(AccountsCommand::Import(import))) => Box::pin(import.run()).await,
        Some(Command::Prices(PricesCommand::Import(import))) => import.run().await,
        Some(Command::Prices(PricesCommand::Update(update))) => Box::pin(update.run()).await,
        Some(Command::Prices(PricesCommand::List(list))) => list.run().await,
        Some(Command::Audit(AuditCommand::Verify(verify))) => verify.run().await,
        Some(Command::Export(ExportCommand::Requests(export))) => export.run().await,
        Some(Command::Export(ExportCommand::Usage(export))) => export.run().await,
        Some(Command::Backup(command)) => backup(command).await,
        Some(Command::Logs(logs)) => logs.run().await,
        Some(Command::Doctor(doctor)) => Box::pin(doctor.run()).await,
        Some(Command::SupportBundle(bundle)) => Box::pin(bundle.run()).await,
        Some(Command::Token(token)) => Box::pin(token.run()).await,
        Some(Command::Healthcheck(check)) => check.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Usage(message)) => {
            terminal::print_error(&message);
            ExitCode::from(EXIT_USAGE)
        }
        Err(CliError::Reported) => ExitCode::FAILURE,
        Err(CliError::Other(error)) => {
            terminal::print_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn backup(command: BackupCommand) -> Done {
    match command {
        BackupCommand::Create(create) => create.run().await,
        BackupCommand::List(list) => list.run(),
        BackupCommand::Verify(verify) => verify.run().await,
        BackupCommand::Restore(restore) => restore.run().await,
    }
}

/// Sets the umask so that other users of the machine cannot read new files. Call it before starting threads.
pub fn keep_files_private() {
    umask(Mode::from_bits_truncate(0o077));
}

/// Parses the command line. Help and version go to standard output; invalid arguments exit with `EX_USAGE`.
pub fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        let _ = error.print();
        if error.use_stderr() {
            ExitCode::from(EXIT_USAGE)
        } else {
            ExitCode::SUCCESS
        }
    })
}

/// Runs the engine launcher, if this process was started as one. Call it first: the launcher must not start
/// threads.
pub fn run_engine_launcher() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let command = words.next()?;
    (command == engine::LAUNCHER_COMMAND).then(|| engine::exec_from(words))
}

/// Names the remedy if a server runs on the database. A command that writes needs it stopped, because the server keeps
/// much in memory.
fn explain_lock(error: anyhow::Error, alternative: &str) -> anyhow::Error {
    if error.is::<DatabaseInUseError>() {
        return anyhow::anyhow!(
            "a server is running on this database; stop it first, or {alternative}"
        );
    }
    error
}

/// Why a command failed.
#[derive(Debug)]
enum CliError {
    /// Invalid arguments or configuration.
    Usage(String),
    /// The error was already printed.
    Reported,
    Other(anyhow::Error),
}

impl From<anyhow::Error> for CliError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

type Done = Result<(), CliError>;
