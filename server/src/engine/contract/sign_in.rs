//! Signed-in accounts: how the engine names, serves and refreshes an auth file. The account is made up, and its provider is
//! the stub.

use chrono::{SecondsFormat, TimeDelta};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::probe::{Probe, send, text, when};
use super::report::ContractReport;

const FILE: &str = "xai-contract.json";
/// The engine refreshes a token of this provider five minutes before it expires.
const EXPIRY: TimeDelta = TimeDelta::minutes(1);

pub(super) async fn check(probe: &Probe<'_>, report: &mut ContractReport) {
    let path = probe.engine.auths.join(FILE);
    if let Err(error) = std::fs::write(&path, file(probe).to_string()) {
        report.fail("auth file", "the file can be written", &error.to_string());
        return;
    }
    let index = hex::encode(&Sha256::digest(format!("xai:{}", path.display()))[..8]);
    report.note(
        "auth file",
        "a file in the directory is listed within 3 seconds, with the id computed from its path",
        probe.eventually(async || listed(probe, &index).await).await,
    );
    report.note(
        "token refresh",
        "a token that is about to expire is refreshed and written into the file within 3 seconds",
        probe.eventually(async || refreshed(&path)).await,
    );
    report.note(
        "signed-in account",
        "a model of the file is served with its access token",
        probe.eventually(async || serves(probe).await).await,
    );
}

fn file(probe: &Probe<'_>) -> Value {
    let expired = probe.engine.now() + EXPIRY;
    json!({
        "type": "xai", "auth_kind": "oauth", "using_api": true, "email": "contract@example.org", "sub": "contract",
        "access_token": "access-0", "refresh_token": "refresh-0", "token_type": "Bearer", "expires_in": 60,
        "expired": expired.to_rfc3339_opts(SecondsFormat::Secs, true),
        "base_url": format!("{}/codex", probe.upstream.url),
        "token_endpoint": format!("{}/token", probe.upstream.url),
    })
}

async fn listed(probe: &Probe<'_>, index: &str) -> Result<String, String> {
    let files = probe.managed("auth-files").await?;
    let files = files["files"].as_array().ok_or("no list in `files`")?;
    let file = files.iter().find(|file| file["name"] == FILE);
    let file = file.ok_or_else(|| format!("{} other files", files.len()))?;
    let found = file["auth_index"].as_str().unwrap_or_default();
    when(
        found == index,
        format!("auth_index {found:?}, computed {index:?}"),
    )
}

fn refreshed(path: &std::path::Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let file: Value = serde_json::from_str(&text).map_err(|_| "no JSON".to_owned())?;
    let token = file["refresh_token"].as_str().unwrap_or_default();
    let is_refreshed = token.starts_with("refresh-") && token != "refresh-0";
    when(
        is_refreshed,
        if is_refreshed {
            "refreshed".to_owned()
        } else {
            "not refreshed".to_owned()
        },
    )
}

async fn serves(probe: &Probe<'_>) -> Result<String, String> {
    let known = probe.managed("model-definitions/xai").await?;
    let listed = probe.models().await?;
    let mut names = known["models"].as_array().into_iter().flatten();
    let model = names.find_map(|model| {
        let name = model["id"].as_str()?;
        listed.iter().any(|each| each == name).then_some(name)
    });
    let model = model.ok_or("none of its models is listed")?;
    let request = probe.request(Method::POST, "/v1/responses");
    let body = json!({"model": model, "input": "hello", "stream": true});
    let answer = text(send(request.json(&body)).await?).await?;
    let is_whole = answer.contains("event: response.completed");
    when(
        is_whole && probe.upstream.saw_access_token(),
        format!("{model}: {} bytes", answer.len()),
    )
}
