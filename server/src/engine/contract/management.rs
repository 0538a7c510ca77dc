//! The keys, the list of models, the management API and the reload of the configuration.

use http::Method;
use serde_json::Value;

use super::probe::{Probe, has_status, when};
use super::report::ContractReport;
use crate::engine::managed::{ADDED_MODEL, PROBE_MODELS};
use crate::providers;

pub(super) async fn check(probe: &Probe<'_>, report: &mut ContractReport) {
    let get = |path| probe.anonymous(Method::GET, path);
    report.note(
        "health",
        "GET /healthz answers 200 without a key",
        has_status(get("/healthz"), 200).await,
    );
    report.note(
        "missing key",
        "GET /v1/models without a key answers 401",
        has_status(get("/v1/models"), 401).await,
    );
    report.note(
        "management without a key",
        "GET /v0/management/config without a key answers 401",
        has_status(get("/v0/management/config"), 401).await,
    );
    report.note(
        "models",
        "GET /v1/models lists the configured models as {\"data\": [{\"id\"}]}",
        lists(probe, &PROBE_MODELS).await,
    );
    report.note(
        "configuration",
        "GET /v0/management/config shows the written configuration",
        shows_configuration(probe).await,
    );
    report.note(
        "configuration reload",
        "a model written into the configuration in place is listed within 3 seconds",
        reload(probe).await,
    );
    for channel in providers::ALL
        .iter()
        .filter_map(|spec| spec.engine.catalogue)
    {
        report.note(
            &format!("catalogue of {channel}"),
            &format!(
                "GET /v0/management/model-definitions/{channel} lists {{\"models\": [{{\"id\"}}]}}"
            ),
            definitions(probe, channel).await,
        );
    }
}

async fn lists(probe: &Probe<'_>, expected: &[&str]) -> Result<String, String> {
    let models = probe.models().await?;
    let mut missing = expected
        .iter()
        .filter(|name| !models.iter().any(|each| each == **name));
    let found = format!("{} models", models.len());
    missing
        .next()
        .map_or(Ok(found), |name| Err(format!("{name} is missing")))
}

async fn shows_configuration(probe: &Probe<'_>) -> Result<String, String> {
    let shown = probe.managed("config").await?;
    let differing = probe.configuration.differing_keys(&shown);
    when(
        differing.is_empty(),
        found(&differing, "all keys as written", "differing keys"),
    )
}

async fn reload(probe: &Probe<'_>) -> Result<String, String> {
    let changed = probe.configuration.clone().with_added_model();
    probe.engine.write(&changed).await?;
    probe
        .eventually(async || lists(probe, &[ADDED_MODEL]).await)
        .await
}

async fn definitions(probe: &Probe<'_>, channel: &str) -> Result<String, String> {
    let definitions = probe
        .managed(&format!("model-definitions/{channel}"))
        .await?;
    let models = definitions["models"]
        .as_array()
        .ok_or("no list in `models`")?;
    let ids = models
        .iter()
        .filter(|model| model["id"].as_str().is_some())
        .count();
    when(
        ids > 0 && ids == models.len(),
        format!("{ids} of {} models have an id", models.len()),
    )
}

fn found(names: &[String], none: &str, some: &str) -> String {
    if names.is_empty() {
        return none.to_owned();
    }
    format!("{some}: {}", names.join(", "))
}

/// The members of an object that are missing or of another kind than in the example.
pub(super) fn missing_members(example: &Value, value: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    compare("", example, value, &mut missing);
    missing
}

fn compare(path: &str, example: &Value, value: &Value, missing: &mut Vec<String>) {
    let is_same_kind = std::mem::discriminant(example) == std::mem::discriminant(value);
    match (example, value) {
        (Value::Object(members), Value::Object(values)) => {
            for (name, example) in members {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                match values.get(name) {
                    Some(value) => compare(&path, example, value, missing),
                    None => missing.push(path),
                }
            }
        }
        _ if !is_same_kind => missing.push(format!("{path} (another type)")),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_the_members_that_are_missing_or_of_another_kind() {
        let example = json!({"a": 1, "b": {"c": "x", "d": true}});

        let missing = missing_members(&example, &json!({"a": "1", "b": {"c": "y"}, "e": 0}));

        assert_eq!(missing, ["a (another type)", "b.d"]);
    }
}
