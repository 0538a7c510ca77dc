//! Secrets, which come from the environment only: an argument can be seen by every process.

use std::{collections::BTreeMap, ffi::OsString};

use secrecy::SecretString;

use super::oauth;

/// What `--help` says about them.
pub const HELP: &str = "\
Secrets (environment only, never arguments):
  ADMIN_PASSWORD           Password of the first administrator, at least 12 characters. Read on
                           the first start and ignored afterwards; without it a one-time set-up
                           link is printed.
  ENCRYPTION_KEY           32 bytes in base64 or hex; seals provider credentials. Without it a
                           key is made and kept in the data directory.
  ENCRYPTION_KEY_PREVIOUS  Earlier keys, separated by commas, that may still open what they
                           sealed.
  BACKUP_PASSPHRASE        Seals backups, at least 12 characters. Without it the server makes none.
  METRICS_TOKEN            Who sends it as a bearer token may read /metrics, at least 24 characters.
                           Without it there are metrics on METRICS_LISTEN only.
  ENGINE_API_KEY           The key that an external engine expects from us.
  ENGINE_MANAGEMENT_KEY    The management key of an external engine; without it usage is taken
                           from answers alone.

Sign-in at providers (environment only; docs/sign-in.md tells more):
  OAUTH_{PROVIDER}_{SETTING}
                           PROVIDER is CLAUDE, CHATGPT, GEMINI, COPILOT, KIMI or XAI. CLIENT_ID and
                           CLIENT_SECRET are an OAuth client of your own, which sends browsers back
                           to PUBLIC_URL/oauth/{provider}/callback. SCOPES, AUTHORIZE_URL,
                           TOKEN_URL, DEVICE_URL, DISCOVERY_URL, PROFILE_URL, EXCHANGE_URL,
                           API_URL and CHECK_URL replace what the provider has. VIA=engine leaves
                           the sign-in to the engine.";

/// What the environment says in confidence.
#[derive(Debug, Default)]
pub struct SecretsConfig {
    pub admin_password: Option<SecretString>,
    pub encryption_key: Option<SecretString>,
    pub encryption_key_previous: Vec<SecretString>,
    pub backup_passphrase: Option<SecretString>,
    pub metrics_token: Option<SecretString>,
    pub engine_api_key: Option<SecretString>,
    pub engine_management_key: Option<SecretString>,
    /// Everything about signing in at providers, by the name of its variable.
    pub oauth: BTreeMap<String, SecretString>,
}

impl SecretsConfig {
    /// Reads them. An empty variable counts as unset.
    pub fn from_environment() -> Self {
        Self {
            admin_password: variable("ADMIN_PASSWORD"),
            encryption_key: variable("ENCRYPTION_KEY"),
            encryption_key_previous: list("ENCRYPTION_KEY_PREVIOUS"),
            backup_passphrase: variable("BACKUP_PASSPHRASE"),
            metrics_token: variable("METRICS_TOKEN"),
            engine_api_key: variable("ENGINE_API_KEY"),
            engine_management_key: variable("ENGINE_MANAGEMENT_KEY"),
            oauth: about_sign_in(),
        }
    }
}

impl SecretsConfig {
    /// Every one of them, to be kept out of what is shown.
    pub fn all(&self) -> impl Iterator<Item = &SecretString> {
        let single = [
            &self.admin_password,
            &self.encryption_key,
            &self.backup_passphrase,
            &self.engine_api_key,
            &self.engine_management_key,
        ];
        single
            .into_iter()
            .flatten()
            .chain(&self.encryption_key_previous)
            .chain(self.oauth.values())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "only the configuration reads the environment"
)]
fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn variable(name: &str) -> Option<SecretString> {
    text(name).map(SecretString::from)
}

fn about_sign_in() -> BTreeMap<String, SecretString> {
    let all = std::env::vars_os().filter_map(|(name, value)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        (oauth::is_about_sign_in(&name) && !value.is_empty()).then(|| (name, value.into()))
    });
    all.collect()
}

fn list(name: &str) -> Vec<SecretString> {
    let text = text(name).unwrap_or_default();
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(SecretString::from)
        .collect()
}

/// The token with which the command line uses a server's GraphQL.
pub fn api_token() -> Option<SecretString> {
    variable("PROXYPAL_TOKEN")
}

/// Where programs are looked for.
pub fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
