//! The refresh of the model catalogue, from `catalogue.json` in the data directory of the engine instead of the internet:
//! `{"xai": ["grok-5"]}`. The file is read again when it changes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Live;
use crate::say;

/// The address that the log names.
const ADDRESS: &str = "https://catalogue.example/models.json";
const INTERVAL: Duration = Duration::from_millis(20);

/// Models by the provider's name in the management API.
pub(crate) type Models = HashMap<String, Vec<String>>;

/// Refreshes until the process ends.
pub(crate) async fn follow(live: Arc<Live>) {
    let Some(path) = path().filter(|_| live.refreshes_catalogue) else {
        return std::future::pending().await;
    };
    let mut seen = String::new();
    let mut place = "startup";
    loop {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let models: Option<Models> = serde_json::from_str(&text).ok();
        match models {
            Some(models) if text != seen => {
                let changed: Vec<_> = models.keys().cloned().collect();
                live.catalogue.store(Arc::new(models));
                say::info(
                    "model_updater.go:139",
                    &format!(
                        "{place} model refresh completed from {ADDRESS}, changes detected for providers: [{}]",
                        changed.join(" ")
                    ),
                );
                seen = text;
            }
            None if place == "startup" => say::warn(
                "model_updater.go:118",
                "startup model refresh: fetch failed from all URLs, keeping current data",
            ),
            Some(_) | None => {}
        }
        place = "periodic";
        tokio::time::sleep(INTERVAL).await;
    }
}

fn path() -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("HOME")?).join("../../catalogue.json"))
}
