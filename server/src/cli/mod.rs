//! The program's commands.

mod audit;
mod backup;
mod doctor;
mod export;
mod health;
mod install;
mod logs;
mod output;
mod prices;
mod reset_password;
mod rotate;
mod serve;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nix::sys::stat::{Mode, umask};

use crate::{
    config::{EXIT_USAGE, Options, SECRETS_HELP},
    engine,
};

/// How the program was called.
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

/// What to do; without a command, serve.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (what happens without a command).
    Serve(Box<Options>),
    /// Get the engine, CLIProxyAPI.
    #[command(subcommand)]
    Engine(EngineCommand),
    /// Give an administrator a new password, from the terminal of the server.
    ResetPassword(reset_password::ResetPassword),
    /// Seal every secret with a new encryption key.
    RotateEncryptionKey(rotate::RotateEncryptionKey),
    /// See and set what tokens cost, while no server runs.
    #[command(subcommand)]
    Prices(PricesCommand),
    /// Check the log of who did what.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Write requests or usage into a file, also while a server runs.
    #[command(subcommand)]
    Export(ExportCommand),
    /// Make, check and restore backups of everything in the database.
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Show requests as they are recorded.
    Logs(logs::Logs),
    /// Look at the server and its surroundings, and say what helps; exits with 1 when there is a problem.
    Doctor(Box<doctor::Doctor>),
    /// Put together what somebody who helps must know, without secrets.
    SupportBundle(Box<doctor::SupportBundle>),
    /// Ask a running server whether it is well; exits with 1 when it is not.
    Healthcheck(health::Healthcheck),
}

/// What to do with the audit.
#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Walk along the chain of events; exits with 1 and names the first broken one.
    Verify(audit::VerifyAudit),
}

/// What to do with the engine.
#[derive(Debug, Subcommand)]
enum EngineCommand {
    /// Download the release that this server was made for, check it, and put it into the data directory.
    Install(install::Install),
}

/// What to do with the prices.
#[derive(Debug, Subcommand)]
enum PricesCommand {
    /// Take over the prices of a file, all of them or none. What is there already may come again.
    #[command(after_help = prices::FORMAT)]
    Import(prices::ImportPrices),
    /// Show the prices that hold, in US dollars for a million tokens.
    List(prices::ListPrices),
}

/// What to do with backups.
#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Make a backup in the data directory, also while a server runs, and restore it once to see that it can be.
    #[command(after_help = backup::PHRASE)]
    Create(backup::CreateBackup),
    /// Show the backups in the data directory, and whether their checksums fit.
    List(backup::ListBackups),
    /// Restore a backup into a scratch database beside it, and throw that away.
    #[command(after_help = backup::PHRASE)]
    Verify(backup::VerifyBackup),
    /// Put a backup in the place of the database, while no server runs. What was there is kept.
    #[command(after_help = backup::PHRASE)]
    Restore(backup::RestoreBackup),
}

/// What to export.
#[derive(Debug, Subcommand)]
enum ExportCommand {
    /// A row for each request, in the order in which they ended.
    Requests(export::RequestsExport),
    /// A row for each user, key, provider, account and model in each hour or day.
    Usage(export::ExportUsage),
}

/// Runs the program.
pub async fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        None => Box::pin(serve::serve(&cli.options)).await,
        Some(Command::Serve(options)) => Box::pin(serve::serve(&options)).await,
        Some(Command::Engine(EngineCommand::Install(install))) => install.run().await,
        Some(Command::ResetPassword(reset)) => reset.run().await,
        Some(Command::RotateEncryptionKey(rotate)) => rotate.run().await,
        Some(Command::Prices(PricesCommand::Import(import))) => import.run().await,
        Some(Command::Prices(PricesCommand::List(list))) => list.run().await,
        Some(Command::Audit(AuditCommand::Verify(verify))) => verify.run().await,
        Some(Command::Export(ExportCommand::Requests(export))) => export.run().await,
        Some(Command::Export(ExportCommand::Usage(export))) => export.run().await,
        Some(Command::Backup(command)) => backup(command).await,
        Some(Command::Logs(logs)) => logs.run().await,
        Some(Command::Doctor(doctor)) => Box::pin(doctor.run()).await,
        Some(Command::SupportBundle(bundle)) => Box::pin(bundle.run()).await,
        Some(Command::Healthcheck(check)) => check.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Usage(message)) => {
            terminal::complain(&message);
            ExitCode::from(EXIT_USAGE)
        }
        Err(CliError::Told) => ExitCode::FAILURE,
        Err(CliError::Other(error)) => {
            terminal::complain(&format!("{error:#}"));
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

/// Nothing that any command creates is for other users of the machine, unless it says so itself. Called before
/// there are threads.
pub fn keep_files_private() {
    umask(Mode::from_bits_truncate(0o077));
}

/// Reads the command line. Help and version go to standard output; mistakes end with the exit code for
/// usage.
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

/// Whether we were started to become the engine. Decided before anything else: the launcher must not
/// start threads.
pub fn becomes_engine() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let command = words.next()?;
    (command == engine::LAUNCHER_COMMAND).then(|| engine::exec_from(words))
}

/// Why a command failed.
#[derive(Debug)]
enum CliError {
    /// It was called wrongly.
    Usage(String),
    /// What is wrong was said already.
    Told,
    Other(anyhow::Error),
}

impl From<anyhow::Error> for CliError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

type Done = Result<(), CliError>;
