//! What an operator may say about signing in at providers: a client of their own, other addresses.
//! One variable per provider and setting, `OAUTH_{PROVIDER}_{SETTING}`.

use std::collections::BTreeMap;

use entity::provider_account::ProviderKind;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::parse::{Mistakes, web_url};
use crate::providers::{self, ProviderSpec};

const PREFIX: &str = "OAUTH_";
const SETTINGS: &str = "CLIENT_ID, CLIENT_SECRET, SCOPES, AUTHORIZE_URL, TOKEN_URL, DEVICE_URL, \
     DISCOVERY_URL, PROFILE_URL, EXCHANGE_URL, API_URL, CHECK_URL or VIA";

/// Who speaks with a provider during a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Via {
    /// This server.
    #[default]
    Server,
    /// The engine, by its own login.
    Engine,
}

/// What is said about one provider; what is absent stays as the provider has it.
#[derive(Clone, Debug, Default)]
pub struct OAuthSettings {
    pub client_id: Option<String>,
    /// With it the client is the operator's own, and browsers come back to our own address.
    pub client_secret: Option<SecretString>,
    /// Separated by spaces.
    pub scopes: Option<String>,
    pub authorize_url: Option<Url>,
    pub token_url: Option<Url>,
    pub device_url: Option<Url>,
    pub discovery_url: Option<Url>,
    pub profile_url: Option<Url>,
    /// Where Copilot's short-lived token is had.
    pub exchange_url: Option<Url>,
    /// Where the models are.
    pub api_url: Option<Url>,
    /// What is asked to see how an account is.
    pub check_url: Option<Url>,
    pub via: Option<Via>,
}

/// Whether a variable of the environment is about a sign-in.
pub(super) fn is_about_sign_in(variable: &str) -> bool {
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

/// Reads all variables that are about sign-ins.
pub(super) fn read(
    variables: &BTreeMap<String, SecretString>,
    mistakes: &mut Mistakes,
) -> BTreeMap<ProviderKind, OAuthSettings> {
    let mut all: BTreeMap<ProviderKind, OAuthSettings> = BTreeMap::new();
    for (variable, value) in variables {
        if let Some((kind, setting)) = parts(variable) {
            let settings = all.entry(kind).or_default();
            settings.set(setting, variable, value, mistakes);
        }
    }
    for spec in signed_in() {
        if let Some(settings) = all.get(&spec.kind) {
            settings.check(spec, mistakes);
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
        mistakes: &mut Mistakes,
    ) {
        let text = value.expose_secret();
        let mut url = || web_url(variable, text, mistakes);
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
            "VIA" => self.via = via(variable, text, mistakes),
            _ => mistakes.add(
                variable,
                "there is no such setting",
                &format!("use {SETTINGS}"),
            ),
        }
    }

    fn check(&self, spec: &ProviderSpec, mistakes: &mut Mistakes) {
        let word = variable_word(spec);
        let sign_in = spec.sign_in.as_ref();
        if self.client_secret.is_some() && self.client_id.is_none() {
            mistakes.add(
                &format!("{PREFIX}{word}CLIENT_SECRET"),
                "it belongs to a client",
                &format!("set {PREFIX}{word}CLIENT_ID too"),
            );
        }
        let unknown = sign_in.is_some_and(|sign_in| sign_in.own_client_needs_authorize_url);
        if unknown && self.client_secret.is_some() && self.authorize_url.is_none() {
            mistakes.add(
                &format!("{PREFIX}{word}AUTHORIZE_URL"),
                "a client of your own needs it at this provider",
                "set it to the provider's authorization endpoint",
            );
        }
        let engine_has_one = spec.engine.login.is_some();
        if self.via == Some(Via::Engine) && !engine_has_one {
            mistakes.add(
                &format!("{PREFIX}{word}VIA"),
                "the engine has no login for this provider",
                "use server",
            );
        }
    }
}

fn via(variable: &str, text: &str, mistakes: &mut Mistakes) -> Option<Via> {
    match text {
        "server" => Some(Via::Server),
        "engine" => Some(Via::Engine),
        other => {
            mistakes.add(
                variable,
                &format!("{other:?} speaks with no provider"),
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
        let mut mistakes = Mistakes::default();
        let settings = read(&variables, &mut mistakes);
        mistakes.into_result().map(|()| settings)
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
    fn every_mistake_is_told_with_its_cure_and_no_secret() {
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
    fn variables_of_other_programs_are_left_alone() {
        assert!(is_about_sign_in("OAUTH_CLAUDE_CLIENT_ID"));
        assert!(!is_about_sign_in("OAUTH_CALLBACK") && !is_about_sign_in("OAUTH2_CLAUDE_URL"));
    }
}
