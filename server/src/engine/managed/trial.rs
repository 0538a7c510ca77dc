//! A process beside the running engine, in a directory of its own: for the contract check and the trial of an update.
//!
//! It gets no sign-ins: only one process may refresh a token.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use entity::model_alias;
use entity::provider_account::{ProviderKind, ProviderModel};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use url::Url;
use uuid::Uuid;

use super::child::{self, Launch, ModelCatalogueSource};
use super::folder::Folder;
use super::instance::free_port;
use super::keys::EngineKeys;
use super::output::{OutputFacts, relay};
use super::ready::ready;
use super::reload::contains;
use super::runtime::START_LIMIT;
use super::spawner::Spawner;
use crate::clock::SharedClock;
use crate::domain::provider_accounts::{CredentialSecret, ProviderCredential};
use crate::domain::settings::EngineSettings;
use crate::engine::client::EngineClient;
use crate::engine::config::{
    Applied, CredentialLists, Document, KnownModels, ListenAddress, Reveal, write_in_place,
};
use crate::engine::public_state::PublicState;
use crate::engine::source::CredentialSource;
use crate::engine::status::EngineMode;

/// The models of the stub provider, one for each protocol.
pub(in crate::engine) const PROBE_MODELS: [&str; 4] = [
    "contract-chat",
    "contract-messages",
    "contract-responses",
    "contract-gemini",
];
/// A model that a changed configuration adds.
pub(in crate::engine) const ADDED_MODEL: &str = "contract-added";

/// Where and how a trial runs.
#[derive(Clone, Debug)]
pub struct TrialPlace {
    /// This program, which executes the engine so that it exits with this process.
    pub launcher: PathBuf,
    pub search_path: OsString,
    /// Removed before and after the trial; readable by this process's user only.
    pub directory: PathBuf,
    pub clock: SharedClock,
}

/// The configuration of a trial.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct TrialConfiguration {
    credentials: Vec<ProviderCredential>,
    aliases: Vec<model_alias::Model>,
    settings: EngineSettings,
}

impl TrialConfiguration {
    /// A copy of the server's configuration without sign-ins; empty without a source.
    pub(in crate::engine) async fn copy(
        source: Option<&dyn CredentialSource>,
    ) -> Result<Self, String> {
        let Some(source) = source else {
            return Ok(Self::default());
        };
        let unread = |error| format!("the credentials could not be opened: {error}");
        let credentials = source.credentials().await.map_err(unread)?;
        Ok(Self {
            credentials: credentials
                .into_iter()
                .filter(|credential| credential.secret.api_key().is_some())
                .collect(),
            aliases: source.model_aliases().await.map_err(unread)?,
            settings: source.settings(),
        })
    }

    /// With a key at the stub provider for each protocol.
    pub(in crate::engine) fn with_probe(mut self, url: &str) -> Self {
        let kinds = [
            (ProviderKind::OpenaiCompatible, "/v1"),
            (ProviderKind::Claude, ""),
            (ProviderKind::Chatgpt, "/codex"),
            (ProviderKind::Gemini, ""),
        ];
        for ((kind, path), model) in kinds.into_iter().zip(PROBE_MODELS) {
            self.credentials
                .push(probe(kind, model, format!("{url}{path}")));
        }
        self
    }

    /// With one more model, as after a change by an administrator.
    pub(in crate::engine) fn with_added_model(mut self) -> Self {
        let base_url = "http://127.0.0.1:9/v1".to_owned();
        self.credentials
            .push(probe(ProviderKind::OpenaiCompatible, ADDED_MODEL, base_url));
        self
    }

    /// The keys of the written configuration that the engine shows otherwise or not at all.
    pub(in crate::engine) fn differing_keys(&self, shown: &Value) -> Vec<String> {
        let applied = serde_json::to_value(self.applied()).unwrap_or_default();
        let written = applied.as_object().into_iter().flatten();
        written
            .filter(|(key, wanted)| {
                !contains(shown.get(key.as_str()).unwrap_or(&Value::Null), wanted)
            })
            .map(|(key, _)| key.clone())
            .collect()
    }

    fn applied(&self) -> Applied {
        let lists = CredentialLists::with_aliases(
            &self.credentials,
            &self.aliases,
            &KnownModels::new(),
            &self.settings,
            Reveal::Secrets,
        );
        Applied::new(lists, &self.settings)
    }
}

fn probe(kind: ProviderKind, model: &str, base_url: String) -> ProviderCredential {
    ProviderCredential {
        account_id: Uuid::now_v7(),
        kind,
        label: model.to_owned(),
        secret: CredentialSecret::ApiKey(format!("key-of-{model}").into()),
        headers: std::collections::BTreeMap::new(),
        base_url: Some(base_url),
        models: vec![ProviderModel {
            name: model.to_owned(),
            alias: None,
        }],
        prefix: None,
        priority: 0,
        weight: 1,
        proxy_url: None,
    }
}

/// A process under trial. It is killed when this is dropped.
#[derive(Debug)]
pub(in crate::engine) struct TrialEngine {
    pub(in crate::engine) url: Url,
    pub(in crate::engine) keys: EngineKeys,
    /// The directory of auth files; empty at the start.
    pub(in crate::engine) auths: PathBuf,
    pub(super) client: EngineClient,
    port: u16,
    config: PathBuf,
    directory: PathBuf,
    clock: SharedClock,
    child: Child,
    facts: watch::Receiver<OutputFacts>,
    _readers: [Option<JoinHandle<()>>; 2],
    // The kernel kills the process when the thread that started it ends.
    _spawner: Spawner,
}

impl TrialEngine {
    /// Writes the configuration and starts the process.
    pub(in crate::engine) async fn start(
        program: &Path,
        place: &TrialPlace,
        configuration: &TrialConfiguration,
    ) -> Result<Self, String> {
        let message = |error: std::io::Error| format!("the trial cannot be prepared: {error}");
        remove(&place.directory).map_err(message)?;
        let folder = Folder::trial(&place.directory).map_err(message)?;
        let port = free_port().map_err(message)?;
        let keys = EngineKeys::random();
        let url =
            Url::parse(&format!("http://127.0.0.1:{port}")).map_err(|error| error.to_string())?;
        let client = EngineClient::new(&url, keys.internal.clone(), Some(keys.management.clone()))
            .map_err(|error| error.to_string())?;
        write(&folder.config, &folder.auths, port, &keys, configuration)?;
        let launch = Launch {
            launcher: &place.launcher,
            search_path: &place.search_path,
            program,
            catalogue: ModelCatalogueSource::BuiltIn,
            is_dedicated: false,
        };
        let mut spawner = Spawner::default();
        let mut child = spawner
            .spawn(child::command(&launch, &folder, &keys))
            .await
            .map_err(|error| format!("the process cannot be started: {error}"))?;
        let (facts, receiver) = watch::channel(OutputFacts::default());
        let public = PublicState::new(EngineMode::Managed, place.clock.clone());
        public
            .logs
            .redact(vec![keys.internal.clone(), keys.management.clone()]);
        let tasks = TaskTracker::new();
        let output = child.stdout.take();
        let errors = child.stderr.take();
        let readers = [
            output.map(|pipe| tasks.spawn(relay(pipe, public.clone(), facts.clone()))),
            errors.map(|pipe| tasks.spawn(relay(pipe, public.clone(), facts.clone()))),
        ];
        Ok(Self {
            url,
            keys,
            auths: folder.auths,
            client,
            port,
            config: folder.config,
            directory: place.directory.clone(),
            clock: place.clock.clone(),
            child,
            facts: receiver,
            _readers: readers,
            _spawner: spawner,
        })
    }

    /// Waits until it can serve.
    pub(in crate::engine) async fn ready(&mut self) -> Result<(), String> {
        let ready = ready(&self.client, self.facts.clone());
        tokio::select! {
            _ = self.child.wait() => {
                let error = self.facts.borrow().last_error.clone();
                Err(error.map_or_else(
                    || "the process ended".to_owned(),
                    |error| format!("the process ended: {error}"),
                ))
            }
            ready = tokio::time::timeout(START_LIMIT, ready) => ready.map_err(|_| {
                format!("not ready after {} seconds", START_LIMIT.as_secs())
            }),
        }
    }

    /// The version in its output.
    pub(in crate::engine) fn version(&self) -> Option<String> {
        self.facts.borrow().version.clone()
    }

    /// The present time.
    pub(in crate::engine) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Writes a changed configuration into the file that it watches.
    pub(in crate::engine) async fn write(
        &self,
        configuration: &TrialConfiguration,
    ) -> Result<(), String> {
        let configuration = configuration.clone();
        let (config, auths) = (self.config.clone(), self.auths.clone());
        let (port, keys) = (self.port, self.keys.clone());
        let written = tokio::task::spawn_blocking(move || {
            write(&config, &auths, port, &keys, &configuration)
        });
        written.await.map_err(|error| error.to_string())?
    }

    /// Stops the process and removes its directory; an error if it had to be killed.
    pub(in crate::engine) async fn stop(mut self) -> Result<String, String> {
        let in_time = child::terminate(&mut self.child).await;
        if let Err(error) = remove(&self.directory) {
            tracing::warn!(%error, "the directory of the engine's trial could not be removed");
        }
        if in_time {
            Ok("it does".to_owned())
        } else {
            Err("it did not and was killed".to_owned())
        }
    }
}

fn write(
    config: &Path,
    auths: &Path,
    port: u16,
    keys: &EngineKeys,
    configuration: &TrialConfiguration,
) -> Result<(), String> {
    let address = ListenAddress {
        port,
        auth_dir: auths,
        internal_key: &keys.internal,
        caller_keys: &keys.callers,
    };
    let yaml = Document::new(address, configuration.applied(), Reveal::Secrets).render()?;
    let yaml = secrecy::SecretString::from(yaml);
    write_in_place(config, yaml.expose_secret())
        .map_err(|error| format!("the configuration cannot be written: {error}"))
}

fn remove(directory: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
