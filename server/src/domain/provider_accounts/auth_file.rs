//! The tokens of a sign-in, in the form of the engine's auth files.

use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::{self, ProviderKind};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The key under which a file carries our stamp. The engine keeps keys that it does not know.
const STAMP: &str = "proxypal";
/// Keys of a file that are rendered from the account's row.
const RENDERED: [&str; 6] = [
    STAMP,
    "disabled",
    "priority",
    "weight",
    "prefix",
    "proxy_url",
];
/// Digests of superseded tokens that are stored, to recognise stale copies.
const MOST_PAST: usize = 64;
/// Members that identify a login. One person may have several workspaces, and one workspace several people.
const LOGIN: [&str; 5] = [
    "account_id",
    "account_uuid",
    "organization_uuid",
    "sub",
    "email",
];
/// Members with the expiry of the access token, as the engine and the providers name them.
const EXPIRY: [&str; 6] = [
    "expired",
    "expire",
    "expires_at",
    "expiresAt",
    "expiry",
    "expires",
];
/// By how much dates must be older to make tokens stale that we never saw. A clock that was set back
/// must not make us throw away what the engine has just got.
const LARGEST_CLOCK_ERROR: TimeDelta = TimeDelta::days(1);
/// Members with the time at which it was obtained.
const REFRESHED: [&str; 2] = ["last_refresh", "timestamp"];

/// A new auth file, from a sign-in, an import or the engine.
pub struct NewAuthFile {
    pub kind: ProviderKind,
    /// Made up when absent.
    pub label: Option<String>,
    /// Read from the content when absent.
    pub email: Option<String>,
    pub plan: Option<String>,
    /// Its name in the engine's directory, when it lies there already.
    pub file_name: Option<String>,
    /// The file; its `type` is the engine's name of the provider.
    pub content: Map<String, Value>,
    /// Read from the content when absent.
    pub expires_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for NewAuthFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NewAuthFile")
            .field("kind", &self.kind)
            .field("file_name", &self.file_name)
            .finish_non_exhaustive()
    }
}

/// The tokens of a sign-in as they are sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct SignInTokens {
    /// The file without the members that are rendered from the row.
    pub(super) content: Map<String, Value>,
    /// The number of the sign-in; a file of an earlier one is stale, whatever its dates are.
    #[serde(default)]
    pub(super) edition: u64,
    /// Fingerprints of tokens that were superseded, latest last.
    #[serde(default)]
    past: Vec<String>,
}

impl std::fmt::Debug for SignInTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tokens(…)")
    }
}

impl SignInTokens {
    /// The first tokens of an account.
    pub(super) fn new(content: Map<String, Value>) -> Self {
        Self {
            content: without_rendered(content),
            edition: 1,
            past: Vec::new(),
        }
    }

    /// Takes the place of tokens of the same sign-in.
    pub(super) fn refresh(&mut self, content: Map<String, Value>) {
        // After a restore from a backup the file may be of a later sign-in than the stored one.
        let edition = Stamp::of(&content).edition;
        self.edition = self.edition.max(edition.unwrap_or_default());
        let content = without_rendered(content);
        let old = fingerprint(&self.content);
        if old != fingerprint(&content) {
            self.past.push(old);
            let surplus = self.past.len().saturating_sub(MOST_PAST);
            self.past.drain(..surplus);
        }
        self.content = content;
    }

    /// Compares a file in the engine's directory with the stored tokens.
    pub(super) fn judge(&self, file: &Map<String, Value>) -> Age {
        let stamp = Stamp::of(file);
        if stamp.edition.is_some_and(|edition| edition < self.edition) {
            return Age::Stale;
        }
        let content = without_rendered(file.clone());
        if content == self.content {
            return Age::Same;
        }
        let (theirs, ours) = (fingerprint(&content), fingerprint(&self.content));
        if theirs == ours {
            return Age::Fresher;
        }
        // Known tokens are superseded; others come from the engine, unless they are old.
        if self.past.contains(&theirs) || self.is_older_by_far(&content) {
            return Age::Stale;
        }
        Age::Fresher
    }

    fn is_older_by_far(&self, content: &Map<String, Value>) -> bool {
        let is_older = |read: fn(&Map<String, Value>) -> Option<DateTime<Utc>>| {
            let theirs = read(content)?;
            Some(read(&self.content)? - theirs > LARGEST_CLOCK_ERROR)
        };
        is_older(refreshed_at).or_else(|| is_older(expires_at)) == Some(true)
    }

    /// Stores the tokens of a new sign-in. Other members that the engine wrote are kept.
    pub(super) fn sign_in_again(&mut self, content: Map<String, Value>) {
        let mut merged = self.content.clone();
        merged.extend(content);
        self.refresh(merged);
        self.edition += 1;
    }

    /// The file as the engine shall see it.
    pub(super) fn render(
        &self,
        account: &provider_account::Model,
        proxy_url: Option<&str>,
    ) -> Map<String, Value> {
        let mut file = self.content.clone();
        let disabled = !account.enabled;
        file.insert("disabled".to_owned(), disabled.into());
        if account.priority != 0 {
            file.insert("priority".to_owned(), account.priority.into());
        }
        if account.weight != 1 {
            file.insert("weight".to_owned(), account.weight.into());
        }
        if let Some(prefix) = &account.prefix {
            file.insert("prefix".to_owned(), prefix.as_str().into());
        }
        if let Some(proxy_url) = proxy_url {
            file.insert("proxy_url".to_owned(), proxy_url.into());
        }
        let stamp = Stamp {
            account: Some(account.id),
            edition: Some(self.edition),
            disabled: Some(disabled),
        };
        file.insert(STAMP.to_owned(), serde_json::json!(stamp));
        file
    }
}

/// Our stamp in each file, which shows later whether the engine changed the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Stamp {
    pub(super) account: Option<Uuid>,
    edition: Option<u64>,
    /// `disabled` as we wrote it; if it differs now, the engine changed it.
    disabled: Option<bool>,
}

impl Stamp {
    /// The stamp of a file; an empty one when it is not of ours.
    pub(super) fn of(file: &Map<String, Value>) -> Self {
        let stamp = file.get(STAMP).cloned();
        stamp
            .and_then(|stamp| serde_json::from_value(stamp).ok())
            .unwrap_or_default()
    }
}

/// The value of `disabled`, if the engine changed it.
pub(super) fn disabled_by_engine(file: &Map<String, Value>) -> Option<bool> {
    let before = Stamp::of(file).disabled?;
    let now = file.get("disabled")?.as_bool()?;
    (now != before).then_some(now)
}

/// The age of a file compared with the stored tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Same,
    /// The engine changed it since.
    Fresher,
    /// It was superseded.
    Stale,
}

/// Removes the members that are rendered from the row.
pub(super) fn without_rendered(mut content: Map<String, Value>) -> Map<String, Value> {
    content.retain(|name, _| !RENDERED.contains(&name.as_str()));
    content
}

/// Removes our stamp.
pub(super) fn remove_stamp(content: &mut Map<String, Value>) {
    content.remove(STAMP);
}

/// Distinguishes tokens without revealing them.
pub(super) fn fingerprint(content: &Map<String, Value>) -> String {
    let mut digest = Sha256::new();
    for name in ["refresh_token", "access_token"] {
        digest.update(text(content, name).unwrap_or_default());
        digest.update([0]);
    }
    if let Some(account) = content.get("service_account") {
        digest.update(account.to_string());
    }
    hex::encode(&digest.finalize()[..8])
}

/// Whether two files are of the same login: no identifying member that both have differs, and at least one agrees.
pub(super) fn is_same_login(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let mut agrees = false;
    for name in LOGIN {
        match (text(one, name), text(other, name)) {
            (Some(one), Some(other)) if one.eq_ignore_ascii_case(other) => agrees = true,
            (Some(_), Some(_)) => return false,
            (None, _) | (_, None) => {}
        }
    }
    agrees && text(one, "type") == text(other, "type")
}

/// A member with a text that is not blank.
pub(super) fn text<'a>(content: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let text = content.get(name)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The expiry of the access token, if the file has it.
pub(super) fn expires_at(content: &Map<String, Value>) -> Option<DateTime<Utc>> {
    EXPIRY.iter().find_map(|name| moment(content.get(*name)?))
}

/// The time at which the access token was obtained, if the file has it.
pub(super) fn refreshed_at(content: &Map<String, Value>) -> Option<DateTime<Utc>> {
    REFRESHED
        .iter()
        .find_map(|name| moment(content.get(*name)?))
}

/// RFC 3339, or seconds or milliseconds since 1970.
fn moment(value: &Value) -> Option<DateTime<Utc>> {
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    let number = match value {
        Value::String(text) => match DateTime::parse_from_rfc3339(text) {
            Ok(moment) => return Some(moment.to_utc()),
            Err(_) => text.parse().ok()?,
        },
        Value::Number(number) => number.as_i64()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    match number {
        ..=0 => None,
        FIRST_MILLISECONDS.. => DateTime::from_timestamp_millis(number),
        _ => DateTime::from_timestamp(number, 0),
    }
}

/// Gathers the tokens and keys of a file.
pub(super) fn collect_hidden(value: &Value, hidden: &mut Vec<SecretString>) {
    let Value::Object(fields) = value else {
        return;
    };
    for (name, value) in fields {
        let is_secret = name.ends_with("token") || name.starts_with("private_key");
        match value.as_str() {
            Some(text) if is_secret => hidden.push(text.into()),
            Some(_) | None => collect_hidden(value, hidden),
        }
    }
}

/// A text of a file, to be kept secret.
pub(super) fn json(content: &Map<String, Value>) -> SecretString {
    Value::Object(content.clone()).to_string().into()
}
