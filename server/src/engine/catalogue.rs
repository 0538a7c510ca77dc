//! Which models the engine serves: asked when somebody wants to know, and remembered until something
//! changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::{ClientError, EngineClient};
use super::config::KnownModels;
use super::error::EngineError;
use crate::domain::engine_models::EngineModels;
use crate::providers;

/// How old an answer may be when nothing is known to have changed: the engine reads auth files in its
/// own time, and one that runs elsewhere tells nobody.
const FRESH: Duration = Duration::from_secs(10);
/// How many auth files are asked for at once.
const MAX_CONCURRENT: usize = 8;

/// What is known of the engine's models.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    client: ArcSwapOption<EngineClient>,
    /// Counts changes of what the engine works with.
    edition: AtomicU64,
    known: ArcSwap<KnownModels>,
    remembered: Mutex<Option<Remembered>>,
}

#[derive(Debug)]
struct Remembered {
    edition: u64,
    at: Instant,
    models: Arc<EngineModels>,
}

impl Catalogue {
    /// From now on this engine is asked.
    pub(super) fn open(&self, client: Arc<EngineClient>) {
        self.client.store(Some(client));
        self.changed();
    }

    /// Nobody can be asked.
    pub(super) fn close(&self) {
        self.client.store(None);
        self.changed();
    }

    /// What was remembered is old.
    pub(super) fn changed(&self) {
        self.edition.fetch_add(1, Ordering::AcqRel);
    }

    /// What the engine knows each provider's API for; nothing before it was asked. It is compiled into
    /// the engine, so that what an earlier life said holds.
    pub(super) fn known(&self) -> Arc<KnownModels> {
        self.known.load_full()
    }

    /// Asks what the engine knows each provider's API for.
    pub(super) async fn learn(&self, client: &EngineClient) {
        let mut known = KnownModels::new();
        for spec in providers::ALL {
            let Some(channel) = spec.engine.catalogue else {
                continue;
            };
            if let Ok(definitions) = client.definitions(channel).await {
                known.insert(spec.kind, ids(&definitions["models"]));
            }
        }
        self.known.store(Arc::new(known));
    }

    /// The models, as the engine tells now or told lately. Who comes while it is asked waits for that
    /// answer.
    pub(super) async fn models(&self) -> Result<Arc<EngineModels>, EngineError> {
        let mut remembered = self.remembered.lock().await;
        let edition = self.edition.load(Ordering::Acquire);
        if let Some(known) = remembered.as_ref()
            && known.edition == edition
            && known.at.elapsed() < FRESH
        {
            return Ok(known.models.clone());
        }
        let client = self.client.load_full().ok_or(EngineError::NotRunning)?;
        let models = self.ask(&client).await;
        let models = models.map_err(|error| EngineError::Silent(error.to_string()))?;
        let models = Arc::new(models);
        *remembered = Some(Remembered {
            edition,
            at: Instant::now(),
            models: models.clone(),
        });
        Ok(models)
    }

    async fn ask(&self, client: &EngineClient) -> Result<EngineModels, ClientError> {
        let list = client.models().await?;
        Ok(EngineModels {
            listed: listed(&list["data"]),
            known: self.known.load().as_ref().clone(),
            by_file: by_file(client).await.into_iter().collect(),
        })
    }
}

/// What each auth file serves. An engine whose management is closed to us does not tell.
async fn by_file(client: &EngineClient) -> Vec<(String, Vec<String>)> {
    let Ok(files) = client.auth_files().await else {
        return Vec::new();
    };
    let files = files["files"].as_array().into_iter().flatten();
    let names: Vec<String> = files
        .filter_map(|file| Some(file["name"].as_str()?.to_owned()))
        .collect();
    let asked = names.into_iter().map(async |name| {
        let models = client.auth_file_models(&name).await.ok()?;
        Some((name, ids(&models["models"])))
    });
    let asked = stream::iter(asked).buffer_unordered(MAX_CONCURRENT);
    asked.filter_map(std::future::ready).collect().await
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
