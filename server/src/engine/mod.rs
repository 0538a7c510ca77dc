//! The engine room: finds, starts, watches and configures CLIProxyAPI, and stands in for it.
//!
//! [`Engine`] is the handle that the other rooms hold. Behind it one task ([`supervisor`]) owns the engine
//! and lives its lives one after another: [`managed`] (a child process of ours), [`external`] (one that
//! runs elsewhere) or [`demo`] (an embedded stand-in). What they say of themselves goes to one [`public`].

mod accounts;
mod auth_files;
mod backoff;
mod binary;
mod calls;
mod catalogue;
mod client;
mod config;
mod demo;
mod endpoint;
mod error;
mod examination;
mod external;
mod handle;
mod health;
mod install;
mod launcher;
mod login;
mod logs;
mod managed;
mod options;
mod public_state;
mod question;
mod source;
mod status;
mod supervisor;
mod usage;

pub use endpoint::EngineEndpoint;
pub use error::EngineError;
pub use examination::{EngineAddress, Program, door, examine_external, find_program, places};
pub use handle::EngineHandle;
pub use install::{
    DownloadProgress, InstallError, InstallOptions, Release, TESTED_VERSION, install,
};

pub use launcher::{COMMAND as LAUNCHER_COMMAND, exec, exec_from};
pub use login::{EngineLogin, EngineLoginStatus};
pub use logs::{LogLevel, LogLine, LogRing};
pub use options::{DrainHook, EngineContext, EngineOptions, ExternalEngine};
pub use question::{ProviderAnswer, ProviderQuestion};
pub use source::{CredentialSource, CredentialsError};
pub use status::{EngineMode, EngineState, EngineStatus};
