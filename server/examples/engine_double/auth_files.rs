//! Signed-in accounts: follows the directory of auth files, refreshes the tokens of files with a token endpoint,
//! and writes them back as the engine does, by truncating and rewriting the file.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use proxypal_server::clock::{Clock as _, SystemClock};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::config::{Credential, Live, Provider};
use crate::say;

const INTERVAL: Duration = Duration::from_millis(10);
/// The time before its expiry at which an access token is refreshed.
const LEAD: TimeDelta = TimeDelta::minutes(5);
/// The delay before a failed refresh is retried.
const BACK_OFF: Duration = Duration::from_mins(5);
/// A file with this key is in cooldown until that time, as after the provider's rate limit.
const COOLING: &str = "double_cools_until";
const MODEL: &str = "grok-4.3";

/// A file as the engine has loaded it.
#[derive(Clone, Debug)]
pub(crate) struct AuthFile {
    path: PathBuf,
    text: String,
    content: Map<String, Value>,
    tried: Option<Instant>,
}

/// Follows the directory until the process ends.
pub(crate) async fn follow(live: Arc<Live>) {
    loop {
        look(&live);
        let due: Vec<_> = lock(&live)
            .values()
            .filter(|file| file.is_due())
            .cloned()
            .collect();
        for mut file in due {
            file.tried = Some(Instant::now());
            refresh(&live, file).await;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Loads changed files. Files that cannot be parsed are ignored.
fn look(live: &Live) {
    let directory = live.config.load().document["auth-dir"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    let paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    let mut files = lock(live);
    files.retain(|path, _| paths.contains(path));
    for path in paths {
        let is_known = |text: &str| files.get(&path).is_some_and(|file| file.text == text);
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        if is_known(&text) {
            continue;
        }
        if let Ok(content) = serde_json::from_str(&text) {
            let (tried, path) = (None, path.clone());
            files.insert(
                path.clone(),
                AuthFile {
                    path,
                    text,
                    content,
                    tried,
                },
            );
        }
    }
}

/// The credentials of the files that are not disabled.
pub(crate) fn credentials(live: &Live) -> Vec<Credential> {
    lock(live)
        .values()
        .filter_map(AuthFile::credential)
        .collect()
}

/// `GET /v0/management/auth-files`.
pub(crate) fn list(live: &Live) -> Vec<Value> {
    lock(live).values().filter_map(AuthFile::listed).collect()
}

/// Ends the cooldown of a credential; returns whether there is one of this name.
pub(crate) fn warm_up(live: &Live, auth_index: &str) -> bool {
    let mut files = lock(live);
    let file = files
        .values_mut()
        .find(|file| file.auth_index() == auth_index);
    file.is_some_and(|file| {
        file.content.remove(COOLING);
        true
    })
}

/// The access token of the credential of this name.
pub(crate) fn token(live: &Live, auth_index: &str) -> Option<String> {
    let files = lock(live);
    let file = files
        .values()
        .find(|file| file.auth_index() == auth_index)?;
    Some(file.text_of("access_token").to_owned())
}

impl AuthFile {
    fn text_of(&self, name: &str) -> &str {
        self.content
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn is_disabled(&self) -> bool {
        self.content.get("disabled") == Some(&Value::Bool(true))
    }

    fn auth_index(&self) -> String {
        let seed = format!("{}:{}", self.text_of("type"), self.path.display());
        hex::encode(&Sha256::digest(seed)[..8])
    }

    /// Only these have a token endpoint and a base URL.
    fn is_movable(&self) -> bool {
        self.text_of("type") == "xai" && self.content.get("using_api") == Some(&Value::Bool(true))
    }

    fn is_due(&self) -> bool {
        let expiry = DateTime::parse_from_rfc3339(self.text_of("expired"));
        let is_due = expiry.is_ok_and(|expiry| expiry.to_utc() - SystemClock.now() <= LEAD);
        let may_try = self.tried.is_none_or(|tried| tried.elapsed() > BACK_OFF);
        is_due && may_try && self.is_movable() && !self.text_of("refresh_token").is_empty()
    }

    fn credential(&self) -> Option<Credential> {
        if self.is_disabled() || !self.is_movable() {
            return None;
        }
        let prefix = self.text_of("prefix");
        let alias = if prefix.is_empty() {
            MODEL.to_owned()
        } else {
            format!("{prefix}/{MODEL}")
        };
        Some(Credential {
            provider: Provider::Xai,
            provider_name: "xai".to_owned(),
            api_key: self.text_of("access_token").to_owned(),
            base_url: self.text_of("base_url").to_owned(),
            auth_index: self.auth_index(),
            headers: Vec::new(),
            models: vec![(alias, MODEL.to_owned())],
            priority: 0,
            weight: 1,
        })
    }

    fn listed(&self) -> Option<Value> {
        let name = self.path.file_name()?.to_str()?;
        let kind = self.text_of("type");
        let (status, disabled) = if self.is_disabled() {
            ("disabled", true)
        } else {
            ("active", false)
        };
        Some(json!({
            "id": name, "name": name, "type": kind, "provider": kind, "source": "file", "status": status,
            "auth_index": self.auth_index(), "disabled": disabled, "path": self.path,
            "email": self.content.get("email"), "label": self.content.get("email"),
            "unavailable": self.content.contains_key(COOLING),
            "next_retry_after": self.content.get(COOLING), "status_message": "",
            "account_type": "oauth", "priority": self.content.get("priority"),
        }))
    }
}

async fn refresh(live: &Live, mut file: AuthFile) {
    remember(live, &file);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "double"),
        ("refresh_token", file.text_of("refresh_token")),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = live.http.post(file.text_of("token_endpoint")).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer: Value = match request.send().await {
        Ok(answer) if answer.status().is_success() => answer.json().await.unwrap_or_default(),
        Ok(answer) => {
            return say::error(
                "refresh.go:1",
                &format!("token refresh failed: {}", answer.status()),
            );
        }
        Err(_) => return say::error("refresh.go:2", "token refresh failed: no answer"),
    };
    let now = SystemClock.now();
    for name in ["access_token", "refresh_token"] {
        if let Some(token) = answer[name].as_str() {
            file.content.insert(name.to_owned(), token.into());
        }
    }
    let lasts = TimeDelta::seconds(answer["expires_in"].as_i64().unwrap_or(3600));
    file.content
        .insert("last_refresh".to_owned(), rfc3339(now).into());
    file.content
        .insert("expired".to_owned(), rfc3339(now + lasts).into());
    let disabled = file.is_disabled();
    file.content.insert("disabled".to_owned(), disabled.into());
    file.text = Value::Object(file.content.clone()).to_string();
    file.tried = None;
    let written = write_in_place(&file.path, &file.text);
    if let Err(error) = written {
        say::error("filestore.go:1", &format!("auth file not written: {error}"));
    }
    remember(live, &file);
    say::info("refresh.go:3", "token refreshed");
}

/// Not atomic: for a moment the file is empty.
fn write_in_place(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
    std::thread::sleep(Duration::from_millis(2));
    file.write_all(text.as_bytes())
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn remember(live: &Live, file: &AuthFile) {
    lock(live).insert(file.path.clone(), file.clone());
}

fn lock(live: &Live) -> std::sync::MutexGuard<'_, HashMap<PathBuf, AuthFile>> {
    live.auth_files
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
