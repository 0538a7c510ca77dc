//! The models that the engine serves: requested on demand, and cached until something changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::client::{ClientError, EngineClient};
use super::config::KnownModels;
use super::error::EngineError;
use crate::domain::engine_models::{EngineModels, ModelOrigin, SeenModel};
use crate::domain::settings::EngineSettings;
use crate::providers;

/// The maximum age of a cached answer without a known change: the engine reads auth files at its own pace, and an
/// external one publishes no changes.
const CACHE_DURATION: Duration = Duration::from_secs(10);
/// Concurrent requests for auth files.
const MAX_CONCURRENT: usize = 8;

/// The cached models of the engine.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    client: ArcSwapOption<EngineClient>,
    /// Counts changes of the engine's configuration.
    edition: watch::Sender<u64>,
    known: ArcSwap<KnownModels>,
    /// Models of the settings that the catalogue lacks.
    additional: ArcSwap<KnownModels>,
    /// The models that are compiled into the running program; none while they are not known.
    built_in: ArcSwapOption<BuiltIn>,
    remembered: Mutex<Option<Remembered>>,
}

/// The models of a program.
#[derive(Debug)]
struct BuiltIn {
    program: PathBuf,
    models: KnownModels,
}

#[derive(Debug)]
struct Remembered {
    edition: u64,
    at: Instant,
    models: Arc<EngineModels>,
}

impl Catalogue {
    /// Uses this engine from now on.
    pub(super) fn open(&self, client: Arc<EngineClient>) {
        self.client.store(Some(client));
        self.changed();
    }

    /// No engine runs.
    pub(super) fn close(&self) {
        self.client.store(None);
        self.changed();
    }

    /// The cache is stale.
    pub(super) fn changed(&self) {
        self.edition.send_modify(|edition| *edition += 1);
    }

    /// Publishes each change.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.edition.subscribe()
    }

    /// The models of the engine's catalogue for each provider's API; empty before the first request. They stay valid across
    /// restarts.
    pub(super) fn known(&self) -> Arc<KnownModels> {
        self.known.load_full()
    }

    /// The models of the settings that accounts without a list serve beside those of the catalogue.
    pub(super) fn set_additional(&self, settings: &EngineSettings) {
        let models = providers::ALL.iter().map(|spec| {
            let provider = settings.provider(spec.kind);
            (spec.kind, provider.provider.additional_models.clone())
        });
        self.additional.store(Arc::new(models.collect()));
    }

    /// Notes the models that are compiled into this program.
    pub(super) fn keep_built_in(&self, program: &Path, models: KnownModels) {
        self.built_in.store(Some(Arc::new(BuiltIn {
            program: program.to_owned(),
            models,
        })));
    }

    /// Whether the models that are compiled into this program are known.
    pub(super) fn knows_built_in(&self, program: &Path) -> bool {
        let built_in = self.built_in.load();
        built_in
            .as_ref()
            .is_some_and(|known| known.program == program)
    }

    /// Where each listed model comes from.
    pub(super) fn origins(&self, models: &EngineModels) -> Vec<SeenModel> {
        let (built_in, known) = (self.built_in.load(), self.known.load());
        let origin = |name: &str| {
            let is_in = |known: &KnownModels| known.values().flatten().any(|each| each == name);
            match built_in.as_deref() {
                Some(built_in) if is_in(&built_in.models) => ModelOrigin::BuiltIn,
                _ if is_in(&known) => ModelOrigin::Refreshed,
                _ => ModelOrigin::Account,
            }
        };
        let names = models.listed.keys();
        names
            .map(|name| SeenModel {
                name: name.clone(),
                origin: origin(name),
            })
            .collect()
    }

    /// Reads the models of the engine's catalogue for each provider.
    pub(super) async fn read_known(&self, client: &EngineClient) {
        self.known.store(Arc::new(known_models(client).await));
    }

    fn known_and_additional(&self) -> KnownModels {
        let mut known = self.known.load().as_ref().clone();
        for (kind, models) in self.additional.load().iter() {
            known
                .entry(*kind)
                .or_default()
                .extend(models.iter().cloned());
        }
        known
    }

    /// The models, from the engine or the cache. Concurrent callers wait for one request.
    pub(super) async fn models(&self) -> Result<Arc<EngineModels>, EngineError> {
        let mut remembered = self.remembered.lock().await;
        let edition = *self.edition.borrow();
        if let Some(known) = remembered.as_ref()
            && known.edition == edition
            && known.at.elapsed() < CACHE_DURATION
        {
            return Ok(known.models.clone());
        }
        let client = self.client.load_full().ok_or(EngineError::NotRunning)?;
        let models = self.request(&client).await;
        let models = models.map_err(|error| EngineError::NoAnswer(error.to_string()))?;
        let models = Arc::new(models);
        *remembered = Some(Remembered {
            edition,
            at: Instant::now(),
            models: models.clone(),
        });
        Ok(models)
    }

    /// The names of the models, from the engine. Does not affect the cache.
    pub(super) async fn request_names(&self) -> Result<Vec<String>, EngineError> {
        let client = self.client.load_full().ok_or(EngineError::NotRunning)?;
        let list = client.models().await;
        let list = list.map_err(|error| EngineError::NoAnswer(error.to_string()))?;
        Ok(ids(&list["data"]))
    }

    /// The models, from the engine. Does not affect the cache.
    pub(super) async fn request_models(&self) -> Result<EngineModels, EngineError> {
        let client = self.client.load_full().ok_or(EngineError::NotRunning)?;
        let models = self.request(&client).await;
        models.map_err(|error| EngineError::NoAnswer(error.to_string()))
    }

    async fn request(&self, client: &EngineClient) -> Result<EngineModels, ClientError> {
        let list = client.models().await?;
        Ok(EngineModels {
            listed: listed(&list["data"]),
            known: self.known_and_additional(),
            by_file: by_file(client).await.into_iter().collect(),
        })
    }
}

/// The models of an engine's catalogue for each provider.
pub(super) async fn known_models(client: &EngineClient) -> KnownModels {
    let mut known = KnownModels::new();
    for spec in providers::ALL {
        let Some(channel) = spec.engine.catalogue else {
            continue;
        };
        if let Ok(definitions) = client.definitions(channel).await {
            known.insert(spec.kind, ids(&definitions["models"]));
        }
    }
    known
}

/// The models of each auth file. Empty when the management API of the engine is not accessible.
async fn by_file(client: &EngineClient) -> Vec<(String, Vec<String>)> {
    let Ok(files) = client.auth_files().await else {
        return Vec::new();
    };
    let files = files["files"].as_array().into_iter().flatten();
    let names: Vec<String> = files
        .filter_map(|file| Some(file["name"].as_str()?.to_owned()))
        .collect();
    let requests = names.into_iter().map(async |name| {
        let models = client.auth_file_models(&name).await.ok()?;
        Some((name, ids(&models["models"])))
    });
    let models = stream::iter(requests).buffer_unordered(MAX_CONCURRENT);
    models.filter_map(std::future::ready).collect().await
}

fn listed(list: &Value) -> BTreeMap<String, Option<String>> {
    let models = list.as_array().into_iter().flatten();
    let models = models.filter_map(|model| {
        let owner = model["owned_by"].as_str().map(str::to_owned);
        Some((model["id"].as_str()?.to_owned(), owner))
    });
    models.collect()
}

fn ids(list: &Value) -> Vec<String> {
    let models = list.as_array().into_iter().flatten();
    models
        .filter_map(|model| Some(model["id"].as_str()?.to_owned()))
        .collect()
}
