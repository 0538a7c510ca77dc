//! Applies changed credentials to a running engine, and verifies that it uses them.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Managed;
use super::instance::{Instance, Rendering};
use super::output::OutputFacts;
use crate::engine::client::EngineClient;
use crate::engine::logs::LogLevel;

/// Changes within this time are written together.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// The interval between two checks whether the engine has read the file.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// The time limit for it; it usually takes 170 ms.
const APPLY_TIMEOUT: Duration = Duration::from_secs(2);
/// The engine misses a write that precedes its file watch; the next attempt is seen.
const ATTEMPTS: u32 = 3;
/// The log message after the engine reports the written configuration.
const APPLIED: &str = "ProxyPal: the engine uses the new credentials";
/// The log message after the time limit.
const NOT_APPLIED: &str =
    "ProxyPal: the engine does not report the new credentials; restart it if they are missing";

/// Applies every change of the source and of the model catalogue while the engine runs. Returns when the process must
/// be started with other arguments.
pub(super) async fn follow(
    instance: &Instance,
    managed: &Managed,
    rendered: &Rendering,
    mut changes: watch::Receiver<u64>,
    mut facts: watch::Receiver<OutputFacts>,
) {
    let mut written = rendered.yaml().clone();
    let mut refreshes = facts.borrow().refreshes;
    loop {
        tokio::select! {
            outcome = changes.changed() => if outcome.is_err() {
                // The source was dropped: there are no further changes.
                return std::future::pending().await;
            },
            seen = next_refresh(&mut facts, refreshes) => {
                refreshes = seen;
                managed.public.catalogue.read_known(&instance.client).await;
            }
        }
        tokio::time::sleep(DEBOUNCE).await;
        changes.mark_unchanged();
        if managed.catalogue_source() != instance.catalogue {
            return;
        }
        match instance.render(managed).await {
            // An auth file may have changed although the configuration did not.
            Ok(new) if new.yaml().expose_secret() == written.expose_secret() => {
                instance.publish(managed, &new);
                managed.public.catalogue.changed();
            }
            Ok(new) => {
                apply(instance, managed, &new).await;
                managed.public.catalogue.changed();
                written = new.yaml().clone();
            }
            Err(reason) => tracing::warn!(reason, "the engine keeps its previous credentials"),
        }
    }
}

/// Waits until more refreshes of the model catalogue than these have succeeded.
async fn next_refresh(facts: &mut watch::Receiver<OutputFacts>, known: u32) -> u32 {
    if let Ok(facts) = facts.wait_for(|facts| facts.refreshes != known).await {
        return facts.refreshes;
    }
    // The process has ended.
    std::future::pending().await
}

/// Reads which models the engine knows, and writes the aliases that depend on it. Returns the new rendering if
/// one was written.
pub(super) async fn complete(
    instance: &Instance,
    managed: &Managed,
    rendered: &Rendering,
    facts: &watch::Receiver<OutputFacts>,
) -> Option<Rendering> {
    let catalogue = &managed.public.catalogue;
    catalogue.read_known(&instance.client).await;
    // By the end of another call the log has reported a refresh that preceded the reading.
    if instance.client.healthy().await.is_ok() && facts.borrow().refreshes == 0 {
        catalogue.keep_built_in(&instance.program, catalogue.known().as_ref().clone());
    }
    let new = instance.render(managed).await.ok()?;
    if new.yaml().expose_secret() == rendered.yaml().expose_secret() {
        return None;
    }
    apply(instance, managed, &new).await;
    Some(new)
}

async fn apply(instance: &Instance, managed: &Managed, new: &Rendering) {
    for _ in 0..ATTEMPTS {
        if let Err(reason) = instance.write(managed, new).await {
            tracing::warn!(reason, "the engine keeps its previous credentials");
            return;
        }
        if is_applied(&instance.client, &new.applied).await {
            managed.public.logs.push(LogLevel::Info, APPLIED);
            return;
        }
    }
    tracing::warn!(NOT_APPLIED);
    managed.public.logs.push(LogLevel::Warn, NOT_APPLIED);
}

async fn is_applied(client: &EngineClient, wanted: &Value) -> bool {
    let deadline = Instant::now() + APPLY_TIMEOUT;
    while Instant::now() < deadline {
        tokio::time::sleep(CHECK_INTERVAL).await;
        if client
            .config()
            .await
            .is_ok_and(|shown| contains(&shown, wanted))
        {
            return true;
        }
    }
    false
}

/// Whether the engine's configuration contains everything that was written. The engine adds fields, and omits empty
/// and zero values.
pub(super) fn contains(shown: &Value, wanted: &Value) -> bool {
    match (shown, wanted) {
        (Value::Object(shown), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, wanted)| contains(shown.get(name).unwrap_or(&Value::Null), wanted)),
        (Value::Array(shown), Value::Array(wanted)) => {
            shown.len() == wanted.len()
                && shown
                    .iter()
                    .zip(wanted)
                    .all(|(shown, wanted)| contains(shown, wanted))
        }
        (Value::Null, wanted) => is_empty_value(wanted),
        _ => shown == wanted,
    }
}

fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty_value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn recognises_whether_the_written_configuration_is_applied() {
        let shown =
            json!({"claude-api-key": [{"api-key": "a", "proxy-url": ""}], "xai-api-key": null});

        assert!(contains(
            &shown,
            &json!({"claude-api-key": [{"api-key": "a"}], "xai-api-key": []})
        ));
        assert!(!contains(
            &shown,
            &json!({"claude-api-key": [{"api-key": "b"}]})
        ));
        assert!(!contains(&shown, &json!({"claude-api-key": []})));
        assert!(!contains(
            &shown,
            &json!({"xai-api-key": [{"api-key": "a"}]})
        ));
    }
}
