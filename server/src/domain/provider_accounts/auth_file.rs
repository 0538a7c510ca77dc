//! The tokens of a sign-in, in the format of the engine's auth files.

use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::{self, ProviderKind};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The key of our stamp in a file. The engine keeps unknown keys.
const STAMP: &str = "proxypal";
/// The keys of a file that are rendered from the account's row.
const RENDERED: [&str; 6] = [
    STAMP,
    "disabled",
    "priority",
    "weight",
    "prefix",
    "proxy_url",
];
/// The number of superseded tokens that are remembered, to recognise stale copies.
const MAX_PAST: usize = 64;
/// The keys that identify a login. One person may have several workspaces, and one workspace several people.
const LOGIN: [&str; 5] = [
    "account_id",
    "account_uuid",
    "organization_uuid",
    "sub",
    "email",
];
/// The key of the token that gets new ones.
pub(super) const REFRESH_TOKEN: &str = "refresh_token";
/// The keys for the expiry of the access token, of the engine and of providers.
const EXPIRY: [&str; 6] = [
    "expired",
    "expire",
    "expires_at",
    "expiresAt",
    "expiry",
    "expires",
];
/// Unknown tokens are stale if their dates are older by more than this. With a smaller tolerance, tokens that the
/// engine has just refreshed would be discarded after its clock was set back.
const MAX_CLOCK_ERROR: TimeDelta = TimeDelta::days(1);
/// The keys for the time of the last refresh.
const REFRESHED: [&str; 2] = ["last_refresh", "timestamp"];

/// An auth file from a sign-in, an import or the engine's directory.
pub struct NewAuthFile {
    pub kind: ProviderKind,
    /// `None` generates one.
    pub label: Option<String>,
    /// `None` takes the one in the content.
    pub email: Option<String>,
    pub plan: Option<String>,
    /// The name in the engine's directory, if the file exists there.
    pub file_name: Option<String>,
    /// The file; its `type` is the engine's name of the provider.
    pub content: Map<String, Value>,
    /// `None` takes the one in the content.
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

/// The tokens of a sign-in as they are stored, encrypted.
#[derive(Serialize, Deserialize)]
pub(super) struct SignInTokens {
    /// The file without the rendered keys.
    pub(super) content: Map<String, Value>,
    /// The number of the sign-in; a file of an earlier one is stale at any date.
    #[serde(default)]
    pub(super) edition: u64,
    /// Fingerprints of superseded tokens, latest last.
    #[serde(default)]
    past: Vec<String>,
}

impl std::fmt::Debug for SignInTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tokens(…)")
    }
}

impl SignInTokens {
    /// The tokens of a new account.
    pub(super) fn new(content: Map<String, Value>) -> Self {
        Self {
            content: without_rendered(content),
            edition: 1,
            past: Vec::new(),
        }
    }

    /// Replaces the tokens by refreshed ones of the same sign-in.
    pub(super) fn refresh(&mut self, content: Map<String, Value>) {
        // After a backup was restored, the file may be of a later sign-in than the stored one.
        let edition = Stamp::of(&content).edition;
        self.edition = self.edition.max(edition.unwrap_or_default());
        let content = without_rendered(content);
        let old = fingerprint(&self.content);
        if old != fingerprint(&content) {
            self.past.push(old);
            let surplus = self.past.len().saturating_sub(MAX_PAST);
            self.past.drain(..surplus);
        }
        self.content = content;
    }

    /// Compares a file of the engine's directory with these tokens.
    pub(super) fn compare(&self, file: &Map<String, Value>) -> Age {
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
        // Tokens that are known to be superseded, or far too old, are stale; all others were refreshed by the engine.
        if self.past.contains(&theirs) || self.is_older_by_far(&content) {
            return Age::Stale;
        }
        Age::Fresher
    }

    fn is_older_by_far(&self, content: &Map<String, Value>) -> bool {
        let is_older = |read: fn(&Map<String, Value>) -> Option<DateTime<Utc>>| {
            let theirs = read(content)?;
            Some(read(&self.content)? - theirs > MAX_CLOCK_ERROR)
        };
        is_older(refreshed_at).or_else(|| is_older(expires_at)) == Some(true)
    }

    /// Replaces the tokens by those of a new sign-in. Other keys that the engine has added are kept.
    pub(super) fn sign_in_again(&mut self, content: Map<String, Value>) {
        let mut merged = self.content.clone();
        merged.extend(content);
        self.refresh(merged);
        self.edition += 1;
    }

    /// The file for the engine's directory.
    pub(super) fn render(
        &self,
        account: &provider_account::Model,
        proxy_url: Option<&str>,
    ) -> Map<String, Value> {
        let mut file = self.content.clone();
        let disabled = !account.is_in_use();
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

/// Our metadata in each file, to recognise later changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Stamp {
    pub(super) account: Option<Uuid>,
    edition: Option<u64>,
    /// The rendered value of `disabled`; a different one was set by the engine.
    disabled: Option<bool>,
}

impl Stamp {
    /// The stamp of a file; empty if the file is not ours.
    pub(super) fn of(file: &Map<String, Value>) -> Self {
        let stamp = file.get(STAMP).cloned();
        stamp
            .and_then(|stamp| serde_json::from_value(stamp).ok())
            .unwrap_or_default()
    }
}

/// The edition of files that are stale whatever they contain.
const RETIRED: u64 = 0;
/// An expiry that the engine does not act on.
const FAR_FUTURE: &str = "2099-01-01T00:00:00Z";

/// A file with which an engine serves on without ever refreshing: it has no refresh token and does not expire. Read again, it
/// is stale.
pub fn retired_auth_file(mut content: Map<String, Value>) -> Map<String, Value> {
    content.remove(REFRESH_TOKEN);
    for name in EXPIRY {
        if content.contains_key(name) {
            content.insert(name.to_owned(), FAR_FUTURE.into());
        }
    }
    let stamp = Stamp {
        edition: Some(RETIRED),
        ..Stamp::of(&content)
    };
    content.insert(STAMP.to_owned(), serde_json::json!(stamp));
    content
}

/// As [`retired_auth_file`], but disabled too: the engine ends its running requests and begins none.
pub fn withdrawn_auth_file(content: Map<String, Value>) -> Map<String, Value> {
    let mut content = retired_auth_file(content);
    content.insert("disabled".to_owned(), true.into());
    let stamp = Stamp {
        // Not the engine has disabled it.
        disabled: Some(true),
        ..Stamp::of(&content)
    };
    content.insert(STAMP.to_owned(), serde_json::json!(stamp));
    content
}

/// The tokens of a file that replaced `full`, as [`retired_auth_file`] makes it, and that an engine may have completed since.
/// Other files are unchanged.
pub fn completed_auth_file(
    mut content: Map<String, Value>,
    full: &Map<String, Value>,
) -> Map<String, Value> {
    let is_retired = Stamp::of(&content).edition == Some(RETIRED);
    // Tokens of two refreshes must not be mixed.
    if !is_retired || text(&content, "access_token") != text(full, "access_token") {
        return content;
    }
    let names = EXPIRY.into_iter().chain([REFRESH_TOKEN, STAMP]);
    for name in names {
        if let Some(value) = full.get(name) {
            content.insert(name.to_owned(), value.clone());
        }
    }
    content
}

/// Whether an engine that has this file can refresh its tokens.
pub fn has_refresh_token(content: &Map<String, Value>) -> bool {
    text(content, REFRESH_TOKEN).is_some()
}

/// A file that an engine has written with a refresh token although it had a retired one: it had begun the refresh before.
/// None for other files, which are stale.
pub fn refreshed_auth_file(mut content: Map<String, Value>) -> Option<Map<String, Value>> {
    text(&content, REFRESH_TOKEN)?;
    let stamp = Stamp::of(&content);
    if stamp.edition == Some(RETIRED) {
        let stamp = Stamp {
            edition: None,
            ..stamp
        };
        content.insert(STAMP.to_owned(), serde_json::json!(stamp));
    }
    Some(content)
}

/// The value of `disabled` that the engine has set, if it changed it.
pub(super) fn disabled_by_engine(file: &Map<String, Value>) -> Option<bool> {
    let before = Stamp::of(file).disabled?;
    let now = file.get("disabled")?.as_bool()?;
    (now != before).then_some(now)
}

/// The age of a file compared with the stored tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Same,
    /// Changed by the engine since it was rendered.
    Fresher,
    /// Superseded.
    Stale,
}

pub(super) fn without_rendered(mut content: Map<String, Value>) -> Map<String, Value> {
    content.retain(|name, _| !RENDERED.contains(&name.as_str()));
    content
}

/// Removes our metadata.
pub(super) fn remove_stamp(content: &mut Map<String, Value>) {
    content.remove(STAMP);
}

/// A short digest of the tokens, to compare them without storing them.
pub(super) fn fingerprint(content: &Map<String, Value>) -> String {
    let mut digest = Sha256::new();
    for name in [REFRESH_TOKEN, "access_token"] {
        digest.update(text(content, name).unwrap_or_default());
        digest.update([0]);
    }
    if let Some(account) = content.get("service_account") {
        digest.update(account.to_string());
    }
    hex::encode(&digest.finalize()[..8])
}

/// Whether two files are of the same login: at least one identifying key or the refresh token agrees, and none of the
/// keys differs.
pub(super) fn is_same_login(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let refresh_token = text(one, REFRESH_TOKEN);
    let mut agrees = refresh_token.is_some() && refresh_token == text(other, REFRESH_TOKEN);
    for name in LOGIN {
        match (text(one, name), text(other, name)) {
            (Some(one), Some(other)) if one.eq_ignore_ascii_case(other) => agrees = true,
            (Some(_), Some(_)) => return false,
            (None, _) | (_, None) => {}
        }
    }
    agrees && text(one, "type") == text(other, "type")
}

/// A text that is not empty.
pub(super) fn text<'a>(content: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let text = content.get(name)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The expiry of the access token, if the file has one.
pub(super) fn expires_at(content: &Map<String, Value>) -> Option<DateTime<Utc>> {
    EXPIRY.iter().find_map(|name| moment(content.get(*name)?))
}

/// The time of the last refresh, if the file has one.
pub(super) fn refreshed_at(content: &Map<String, Value>) -> Option<DateTime<Utc>> {
    REFRESHED
        .iter()
        .find_map(|name| moment(content.get(*name)?))
}

/// RFC 3339, or seconds or milliseconds since 1970.
pub(super) fn moment(value: &Value) -> Option<DateTime<Utc>> {
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

/// Collects the tokens and keys of a file, to mask them in logs.
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

pub(super) fn json(content: &Map<String, Value>) -> SecretString {
    Value::Object(content.clone()).to_string().into()
}
