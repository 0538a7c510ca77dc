//! Overrides of the sign-in at providers: an own OAuth client, other URLs. One variable per provider and setting,
//! `OAUTH_{PROVIDER}_{SETTING}`.

use std::collections::BTreeMap;

use entity::provider_account::ProviderKind;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::parse::{ConfigErrors, web_url};
use crate::providers::{self, ProviderSpec};

const PREFIX: &str = "OAUTH_";
const SETTINGS: &str = "CLIENT_ID, CLIENT_SECRET, SCOPES, AUTHORIZE_URL, TOKEN_URL, DEVICE_URL, \
     DISCOVERY_URL, PROFILE_URL, EXCHANGE_URL, API_URL, CHECK_URL or VIA";

/// Which program performs a sign-in at a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Via {
    /// This server.
    #[default]
    Server,
    /// The engine, with its own login.
    Engine,
}

/// The overrides for one provider; absent fields keep the defaults.
#[derive(Clone, Debug, Default)]
pub struct OAuthSettings {
    pub client_id: Option<String>,
    /// Makes the client the operator's own: browsers are redirected to our callback URL.
    pub client_secret: Option<SecretString>,
    /// Separated by spaces.
    pub scopes: Option<String>,
    pub authorize_url: Option<Url>,
    pub token_url: Option<Url>,
    pub device_url: Option<Url>,
    pub discovery_url: Option<Url>,
    pub profile_url: Option<Url>,
    /// Issues Copilot's short-lived token.
    pub exchange_url: Option<Url>,
    /// The base URL of the models.
    pub api_url: Option<Url>,
    /// Requested to check an account.
    pub check_url: Option<Url>,
    pub via: Option<Via>,
}

/// Whether the variable configures a sign-in.
pub(super) fn is_oauth_variable(variable: &str) -> bool {
    parts(variable).is_some()
}

fn parts(variable: &str) -> Option<(ProviderKind, &str)> {
    let rest = variable.strip_prefix(PREFIX)?;
    let mut specs = signed_in();
    specs.find_map(|spec| Some((spec.kind, rest.strip_prefix(&variable_word(spec))?)))
}

fn signed_in() -> impl Iterator<Item = &'static ProviderSpec> {
    providers::ALL
        .into_iter()
        .filter(|spec| spec.sign_in.is_some())
}

/// `CLAUDE_`, as variables have it after the prefix.
fn variable_word(spec: &ProviderSpec) -> String {
    format!("{}_", spec.name.to_uppercase())
}

/// Validates all `OAUTH_…` variables.
pub(super) fn read(
    variables: &BTreeMap<String, SecretString>,
    errors: &mut ConfigErrors,
) -> BTreeMap<ProviderKind, OAuthSettings> {
    let mut all: BTreeMap<ProviderKind, OAuthSettings> = BTreeMap::new();
    for (variable, value) in variables {
        if let Some((kind, setting)) = parts(variable) {
            let settings = all.entry(kind).or_default();
            settings.set(setting, variable, value, errors);
        }
    }
    for spec in signed_in() {
        if let Some(settings) = all.get(&spec.kind) {
            settings.check(spec, errors);
        }
    }
    all
}

impl OAuthSettings {
    fn set(
        &mut self,
        setting: &str,
        variable: &str,
        value: &SecretString,
        errors: &mut ConfigErrors,
    ) {
        let text = value.expose_secret();
        let mut url = || web_url(variable, text, errors);
        match setting {
            "CLIENT_ID" => self.client_id = Some(text.to_owned()),
            "CLIENT_SECRET" => self.client_secret = Some(value.clone()),
            "SCOPES" => self.scopes = Some(text.to_owned()),
            "AUTHORIZE_URL" => self.authorize_url = url(),
            "TOKEN_URL" => self.token_url = url(),
            "DEVICE_URL" => self.device_url = url(),
            "DISCOVERY_URL" => self.discovery_url = url(),
            "PROFILE_URL" => self.profile_url = url(),
            "EXCHANGE_URL" => self.exchange_url = url(),
            "API_URL" => self.api_url = url(),
            "CHECK_URL" => self.check_url = url(),
            "VIA" => self.via = via(variable, text, errors),
            _ => errors.add(variable, "unknown setting", &format!("use {SETTINGS}")),
        }
    }

    fn check(&self, spec: &ProviderSpec, errors: &mut ConfigErrors) {
        let word = variable_word(spec);
        let sign_in = spec.sign_in.as_ref();
        if self.client_secret.is_some() && self.client_id.is_none() {
            errors.add(
                &format!("{PREFIX}{word}CLIENT_SECRET"),
                "CLIENT_ID is missing",
                &format!("set {PREFIX}{word}CLIENT_ID too"),
            );
        }
        let unknown = sign_in.is_some_and(|sign_in| sign_in.own_client_needs_authorize_url);
        if unknown && self.client_secret.is_some() && self.authorize_url.is_none() {
            errors.add(
                &format!("{PREFIX}{word}AUTHORIZE_URL"),
                "required for your own client at this provider",
                "set it to the provider's authorization endpoint",
            );
        }
        let engine_has_login = spec.engine.login.is_some();
        if self.via == Some(Via::Engine) && !engine_has_login {
            errors.add(
                &format!("{PREFIX}{word}VIA"),
                "the engine has no login for this provider",
                "use server",
            );
        }
    }
}

fn via(variable: &str, text: &str, errors: &mut ConfigErrors) -> Option<Via> {
    match text {
        "server" => Some(Via::Server),
        "engine" => Some(Via::Engine),
        other => {
            errors.add(
                variable,
                &format!("unknown value {other:?}"),
                "use server or engine",
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(pairs: &[(&str, &str)]) -> Result<BTreeMap<ProviderKind, OAuthSettings>, String> {
        let variables = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)))
            .collect();
        let mut errors = ConfigErrors::default();
        let settings = read(&variables, &mut errors);
        errors.into_result().map(|()| settings)
    }

    #[test]
    fn settings_belong_to_their_provider() {
        let all = read_all(&[
            ("OAUTH_CLAUDE_CLIENT_ID", "ours"),
            ("OAUTH_XAI_TOKEN_URL", "http://127.0.0.1:9/token"),
        ])
        .unwrap();

        let claude = &all[&ProviderKind::Claude];
        assert_eq!(claude.client_id.as_deref(), Some("ours"));
        assert!(claude.token_url.is_none() && all[&ProviderKind::Xai].token_url.is_some());
    }

    #[test]
    fn every_error_is_reported_without_secrets() {
        let report = read_all(&[
            ("OAUTH_CLAUDE_CLIENT_SECRET", "canary"),
            ("OAUTH_KIMI_CLIENT_ID", "ours"),
            ("OAUTH_KIMI_CLIENT_SECRET", "canary"),
            ("OAUTH_CHATGPT_TOKEN", "https://x"),
            ("OAUTH_GEMINI_VIA", "pigeon"),
        ])
        .unwrap_err();

        for variable in [
            "OAUTH_CLAUDE_CLIENT_SECRET",
            "OAUTH_KIMI_AUTHORIZE_URL",
            "OAUTH_CHATGPT_TOKEN",
            "OAUTH_GEMINI_VIA",
        ] {
            assert!(report.contains(variable), "{report}");
        }
        assert!(!report.contains("canary"), "{report}");
    }

    #[test]
    fn variables_of_other_programs_are_ignored() {
        assert!(is_oauth_variable("OAUTH_CLAUDE_CLIENT_ID"));
        assert!(!is_oauth_variable("OAUTH_CALLBACK") && !is_oauth_variable("OAUTH2_CLAUDE_URL"));
    }
}
