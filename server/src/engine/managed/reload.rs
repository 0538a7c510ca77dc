//! Brings changed credentials to a running engine, and makes sure that they have arrived.

use std::convert::Infallible;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Managed;
use super::instance::{Instance, Rendering};
use crate::engine::client::EngineClient;
use crate::engine::logs::LogLevel;

/// Changes that come together are written together.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// How often the engine is asked whether it has read the file.
const INTERVAL: Duration = Duration::from_millis(50);
/// How long that may take; it usually takes 170 ms.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// A write in the moment before the engine begins to watch is lost on it; another is not.
const ATTEMPTS: u32 = 3;
/// Said in the engine's log once it shows what was written.
const APPLIED: &str = "ProxyPal: the engine works with the new credentials";
/// Said when it does not, although it had the time.
const NOT_APPLIED: &str = "ProxyPal: the engine does not show the credentials that were written; restart it if they are missing";

/// Follows the source for as long as the engine lives.
pub(super) async fn follow(
    instance: &Instance,
    managed: &Managed,
    rendered: &Rendering,
    mut changes: watch::Receiver<u64>,
) -> Infallible {
    let mut written = rendered.yaml().clone();
    while changes.changed().await.is_ok() {
        tokio::time::sleep(DEBOUNCE).await;
        changes.mark_unchanged();
        match instance.render(managed).await {
            // An auth file may have changed all the same.
            Ok(new) if new.yaml().expose_secret() == written.expose_secret() => {
                instance.make_known(managed, &new);
                managed.public.catalogue.changed();
            }
            Ok(new) => {
                bring(instance, managed, &new).await;
                managed.public.catalogue.changed();
                written = new.yaml().clone();
            }
            Err(reason) => tracing::warn!(reason, "the engine keeps its old credentials"),
        }
    }
    // The source is gone, so nothing changes any more.
    std::future::pending().await
}

/// Learns which models the engine knows, and brings it the aliases that could not be written without that.
/// Answers what was written, if anything was.
pub(super) async fn complete(
    instance: &Instance,
    managed: &Managed,
    rendered: &Rendering,
) -> Option<Rendering> {
    managed.public.catalogue.learn(&instance.client).await;
    let new = instance.render(managed).await.ok()?;
    if new.yaml().expose_secret() == rendered.yaml().expose_secret() {
        return None;
    }
    bring(instance, managed, &new).await;
    Some(new)
}

async fn bring(instance: &Instance, managed: &Managed, new: &Rendering) {
    for _ in 0..ATTEMPTS {
        if let Err(reason) = instance.write(managed, new).await {
            tracing::warn!(reason, "the engine keeps its old credentials");
            return;
        }
        if arrived(&instance.client, &new.applied).await {
            managed.public.logs.push(LogLevel::Info, APPLIED);
            return;
        }
    }
    tracing::warn!(NOT_APPLIED);
    managed.public.logs.push(LogLevel::Warn, NOT_APPLIED);
}

async fn arrived(client: &EngineClient, wanted: &Value) -> bool {
    let deadline = Instant::now() + TIME_LIMIT;
    while Instant::now() < deadline {
        tokio::time::sleep(INTERVAL).await;
        if client
            .config()
            .await
            .is_ok_and(|shown| shows(&shown, wanted))
        {
            return true;
        }
    }
    false
}

/// Whether everything wanted is shown. The engine adds fields of its own, and shows what is empty or
/// zero as nothing.
fn shows(shown: &Value, wanted: &Value) -> bool {
    match (shown, wanted) {
        (Value::Object(shown), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, wanted)| shows(shown.get(name).unwrap_or(&Value::Null), wanted)),
        (Value::Array(shown), Value::Array(wanted)) => {
            shown.len() == wanted.len()
                && shown
                    .iter()
                    .zip(wanted)
                    .all(|(shown, wanted)| shows(shown, wanted))
        }
        (Value::Null, wanted) => is_nothing(wanted),
        _ => shown == wanted,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sees_whether_the_engine_shows_what_was_written() {
        let shown =
            json!({"claude-api-key": [{"api-key": "a", "proxy-url": ""}], "xai-api-key": null});

        assert!(shows(
            &shown,
            &json!({"claude-api-key": [{"api-key": "a"}], "xai-api-key": []})
        ));
        assert!(!shows(
            &shown,
            &json!({"claude-api-key": [{"api-key": "b"}]})
        ));
        assert!(!shows(&shown, &json!({"claude-api-key": []})));
        assert!(!shows(&shown, &json!({"xai-api-key": [{"api-key": "a"}]})));
    }
}
