//! Finds, starts, supervises and configures CLIProxyAPI; includes the demo engine.
//!
//! Other modules hold an [`EngineHandle`]. One task ([`supervisor`]) owns the engine and starts each [`run`] of it:
//! [`managed`] (a child process), [`external`] (an engine that runs elsewhere) or [`demo`] (an embedded stand-in).
//! Each publishes its state in [`public_state`].

mod accounts;
mod auth_files;
mod backoff;
mod binary;
mod catalogue;
mod catalogue_refresh;
mod client;
mod config;
mod contract;
mod demo;
mod endpoint;
mod error;
mod error_text;
mod examination;
mod external;
mod fleet;
mod handle;
mod health;
mod install;
mod launcher;
mod login;
mod logs;
mod managed;
mod options;
mod orders;
mod public_state;
mod question;
mod run;
mod source;
mod status;
mod supervisor;
mod updates;
mod usage;
mod versions;

pub use catalogue_refresh::{
    ADDRESSES as CATALOGUE_ADDRESSES, CatalogueRefresh, INTERVAL as CATALOGUE_INTERVAL,
};
pub use contract::{ContractCheck, ContractOptions, ContractReport, check_contract};
pub use endpoint::EngineEndpoint;
pub use error::EngineError;
pub use examination::{
    EngineAddress, Program, examine_external, find_program, listen_address, places,
};
pub use fleet::{DedicatedEngine, DedicatedEngines, DedicatedPhase, ModelNames};
pub use handle::EngineHandle;
pub use install::{
    DownloadProgress, InstallError, InstallOptions, Release, TESTED_VERSION, install,
};

pub use launcher::{COMMAND as LAUNCHER_COMMAND, exec, exec_from};
pub use login::{EngineLogin, EngineLoginStatus};
pub use logs::{LogLevel, LogLine, LogRing};
pub use managed::TrialPlace;
pub use options::{DrainHook, EngineContext, EngineOptions, ExternalEngine, REFRESH_LIMIT};
pub use question::{ProviderAnswer, ProviderQuestion};
pub use source::{CredentialSource, CredentialsError};
pub use status::{EngineMode, EngineState, EngineStatus};
pub use updates::{
    EngineRelease, EngineUpdates, InstalledEngine, KnownReleases, PreparedVersion, ReleaseArchive,
    UpdateError, UpdatePhase, UpdatePlace, UpdateProgress, default_feed, list_releases,
    roll_back_offline, update_offline,
};
pub use versions::{LastUpdate, UpdateKind};
