//! The options of each module, from the configuration.

use std::sync::Arc;

use nix::sys::resource::{Resource, getrlimit};

use super::{Environment, Runtime, VERSION, core::Core, observer::WriterObservers};
use crate::{
    client_address::ClientAddresses,
    config::{self, Config},
    domain::{
        provider_logins::ProviderLogins,
        requests::{JournalSync, RequestLogOptions},
    },
    engine::{self, EngineHandle, EngineMode, EngineOptions, ExternalEngine, UpdatePlace},
    graphql::ServerFacts,
    http_server::ConnectionLimits,
    oauth::OAuthOptions,
    watch::RequestMetrics,
};

/// The journal's directory in the data directory.
pub(super) const JOURNAL: &str = "journal";
/// File handles for other uses than connections: database, journal, engine.
const OTHER_FILES: u64 = 128;

/// The limits of connections. Each may need a file handle for the client and one for the engine.
pub(super) fn connection_limits(config: &Config) -> ConnectionLimits {
    let default = ConnectionLimits::default();
    let this_machine = ["127.0.0.0/8", "::1/128"].map(str::parse);
    let this_machine = this_machine.into_iter().flatten();
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(u64::MAX, |(soft, _)| soft);
    let room = files.saturating_sub(OTHER_FILES).max(OTHER_FILES) / 2;
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    ConnectionLimits {
        connections: default.connections.min(room),
        per_address: config.connections_per_address,
        exempt: this_machine
            .chain(config.trusted_proxies.iter().copied())
            .collect(),
        ..default
    }
}

pub(super) fn oauth_options(
    config: &Config,
    core: &Core,
    engine: &EngineHandle,
    life: &Runtime,
) -> OAuthOptions {
    let (db, clock) = (core.db.clone(), life.clock.clone());
    let (digester, vault) = (core.digester.clone(), core.vault.clone());
    OAuthOptions {
        logins: ProviderLogins::new(db, clock.clone(), digester, vault),
        accounts: core.accounts.clone(),
        engine: engine.clone(),
        clock,
        settings: config.oauth.clone(),
        public_url: config.public_url.clone(),
        tasks: life.tasks.clone(),
        stop: life.ending.stop.clone(),
    }
}

pub(super) fn server_facts(config: &Config) -> ServerFacts {
    ServerFacts {
        version: VERSION,
        public_url: config.public_url.clone(),
        addresses: ClientAddresses::new(config.trusted_proxies.clone()),
    }
}

pub(super) fn request_log_options(
    config: &Config,
    core: &Core,
    life: &Runtime,
    metrics: &RequestMetrics,
) -> RequestLogOptions {
    RequestLogOptions {
        db: core.db.clone(),
        clock: life.clock.clone(),
        ledger: core.ledger.clone(),
        prices: core.prices.clone(),
        journal: config.storage.data_dir.join(JOURNAL),
        journal_sync: match config.journal_sync {
            config::JournalSyncConfig::Always => JournalSync::Always,
            config::JournalSyncConfig::Group => JournalSync::Group,
            config::JournalSyncConfig::Off => JournalSync::Off,
        },
        observer: Arc::new(WriterObservers {
            metrics: metrics.clone(),
            windows: core.accounts.windows().usage().clone(),
            shares: core.shares.clone(),
        }),
    }
}

pub(super) fn engine_options(
    config: &Config,
    environment: &Environment,
    life: &Runtime,
) -> EngineOptions {
    let (mode, binary, external) = match &config.engine {
        config::EngineConfig::Managed { binary } => (EngineMode::Managed, binary.clone(), None),
        config::EngineConfig::Demo => (EngineMode::Demo, None, None),
        config::EngineConfig::External {
            url,
            api_key,
            management_key,
        } => {
            let external = ExternalEngine {
                url: url.clone(),
                api_key: api_key.clone(),
                management_key: management_key.clone(),
            };
            (EngineMode::External, None, Some(external))
        }
    };
    let options = EngineOptions {
        mode,
        binary,
        search_path: environment.search_path.clone(),
        data_dir: config.storage.data_dir.clone(),
        auth_dir: config.auth_dir.clone(),
        launcher: environment.launcher.clone(),
        external,
        allow_demo_fallback: !config.is_public(),
        drain: None,
        drain_replaced: None,
        dedicated_max: config.engine_dedicated_max,
        account: None,
        refresh_limit: environment.refresh_limit.unwrap_or(engine::REFRESH_LIMIT),
    };
    options.draining(&life.in_flight)
}

/// Where the engine's updates are kept and tried.
pub(super) fn update_place(config: &Config, environment: &Environment) -> UpdatePlace {
    let binary = match &config.engine {
        config::EngineConfig::Managed { binary } => binary.clone(),
        config::EngineConfig::Demo | config::EngineConfig::External { .. } => None,
    };
    UpdatePlace {
        data_dir: config.storage.data_dir.clone(),
        feed: config
            .engine_releases_url
            .clone()
            .unwrap_or_else(engine::default_feed),
        launcher: environment.launcher.clone(),
        search_path: environment.search_path.clone(),
        may_install: matches!(config.engine, config::EngineConfig::Managed { .. }),
        binary,
        clock: environment.clock.clone(),
    }
}
