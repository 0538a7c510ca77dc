//! Providers that people sign in at: the specification with the operator's overrides.

use std::collections::BTreeMap;

use entity::{provider_account::ProviderKind, provider_login::LoginMode};
use secrecy::SecretString;
use url::Url;

use crate::{
    config::{OAuthSettings, Via},
    providers::{self, Flow, ProviderSpec, SignInSpec, TokenExchange},
};

/// A provider's sign-in with the operator's overrides.
#[derive(Clone, Debug)]
pub(super) struct OAuthProvider {
    pub(super) kind: ProviderKind,
    /// In URLs and environment variables.
    pub(super) name: &'static str,
    pub(super) display_name: &'static str,
    pub(super) flow: Flow,
    pub(super) client_id: String,
    /// Set if the operator has an OAuth client of their own.
    pub(super) client_secret: Option<SecretString>,
    pub(super) scopes: Vec<String>,
    pub(super) authorize_url: Option<Url>,
    pub(super) token_url: Option<Url>,
    pub(super) device_url: Option<Url>,
    /// Reports the endpoints that are not configured.
    pub(super) discovery_url: Option<Url>,
    pub(super) profile_url: Option<Url>,
    pub(super) exchange_url: Option<Url>,
    pub(super) api_url: Option<Url>,
    check_url: Option<Url>,
    pub(super) redirect_url: String,
    pub(super) sign_in: &'static SignInSpec,
    /// The engine's own sign-in, if it has one.
    pub(super) engine_login: Option<&'static str>,
}

impl OAuthProvider {
    fn new(
        spec: &ProviderSpec,
        sign_in: &'static SignInSpec,
        settings: OAuthSettings,
        public_url: &Url,
    ) -> Self {
        let own_client = settings.client_secret.is_some();
        let flow = match settings.via {
            Some(Via::Engine) if spec.engine.login.is_some() => Flow::Engine,
            _ if own_client => Flow::Code,
            _ => sign_in.flow,
        };
        let redirect_url = if own_client {
            callback(public_url, spec.name)
        } else {
            sign_in.redirect_url.to_owned()
        };
        let scopes = settings.scopes.unwrap_or_else(|| sign_in.scopes.to_owned());
        Self {
            kind: spec.kind,
            name: spec.name,
            display_name: spec.display_name,
            flow,
            client_id: settings
                .client_id
                .unwrap_or_else(|| sign_in.client_id.to_owned()),
            client_secret: settings.client_secret,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            authorize_url: settings
                .authorize_url
                .or_else(|| url(sign_in.authorize_url)),
            token_url: settings.token_url.or_else(|| url(sign_in.token_url)),
            device_url: settings.device_url.or_else(|| url(sign_in.device_url)),
            discovery_url: settings
                .discovery_url
                .or_else(|| url(sign_in.discovery_url)),
            profile_url: settings.profile_url.or_else(|| url(sign_in.profile_url)),
            exchange_url: settings.exchange_url.or_else(|| url(sign_in.exchange_url)),
            api_url: settings.api_url.or_else(|| url(sign_in.api_url)),
            check_url: settings.check_url.or_else(|| url(sign_in.check_url)),
            redirect_url,
            sign_in,
            engine_login: spec.engine.login,
        }
    }

    /// How the authorization response reaches this server. The engine's own sign-in may choose the device flow.
    pub(super) fn mode(&self) -> LoginMode {
        match self.flow {
            Flow::Code if self.client_secret.is_some() => LoginMode::Redirect,
            Flow::Code | Flow::Engine => LoginMode::Paste,
            Flow::Device => LoginMode::Device,
        }
    }
}

/// All providers that people can sign in at.
#[derive(Clone, Debug)]
pub(super) struct OAuthProviders(BTreeMap<ProviderKind, OAuthProvider>);

impl OAuthProviders {
    /// All providers, with the operator's overrides.
    pub(super) fn new(settings: &BTreeMap<ProviderKind, OAuthSettings>, public_url: &Url) -> Self {
        let specs = providers::ALL.into_iter();
        let provider = |spec: &'static ProviderSpec| {
            let sign_in = spec.sign_in.as_ref()?;
            let settings = settings.get(&spec.kind).cloned().unwrap_or_default();
            let provider = OAuthProvider::new(spec, sign_in, settings, public_url);
            Some((spec.kind, provider))
        };
        Self(specs.filter_map(provider).collect())
    }

    /// The addresses at which signed-in accounts are checked.
    pub(super) fn check_urls(&self) -> BTreeMap<ProviderKind, Url> {
        let all = self.0.iter();
        all.filter_map(|(kind, provider)| Some((*kind, provider.check_url.clone()?)))
            .collect()
    }

    /// The provider whose sign-ins are exchanged for short-lived tokens.
    pub(super) fn exchanging(&self) -> Option<(&OAuthProvider, &'static TokenExchange)> {
        let mut all = self.0.values();
        all.find_map(|provider| Some((provider, provider.sign_in.exchange.as_ref()?)))
    }

    /// A provider; `None` if its accounts have API keys only.
    pub(super) fn get(&self, kind: ProviderKind) -> Option<&OAuthProvider> {
        self.0.get(&kind)
    }
}

fn callback(public_url: &Url, name: &str) -> String {
    let base = public_url.as_str().trim_end_matches('/');
    format!("{base}/oauth/{name}/callback")
}

fn url(text: &str) -> Option<Url> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn providers(settings: &BTreeMap<ProviderKind, OAuthSettings>) -> OAuthProviders {
        OAuthProviders::new(settings, &"https://ai.example.org/below".parse().unwrap())
    }

    #[test]
    fn every_address_in_the_table_is_valid() {
        for sign_in in providers::ALL
            .iter()
            .filter_map(|spec| spec.sign_in.as_ref())
        {
            let addresses = [
                sign_in.authorize_url,
                sign_in.token_url,
                sign_in.device_url,
                sign_in.discovery_url,
                sign_in.profile_url,
                sign_in.exchange_url,
                sign_in.api_url,
                sign_in.check_url,
            ];
            for address in addresses.into_iter().filter(|address| !address.is_empty()) {
                assert_eq!(url(address).unwrap().scheme(), "https", "{address}");
            }
        }
    }

    #[test]
    fn sign_ins_with_the_operators_own_client_return_to_this_server() {
        let own = OAuthSettings {
            client_id: Some("ours".to_owned()),
            client_secret: Some("secret".into()),
            ..OAuthSettings::default()
        };

        let providers = providers(&BTreeMap::from([(ProviderKind::Copilot, own)]));

        let copilot = providers.get(ProviderKind::Copilot).unwrap();
        assert_eq!(copilot.mode(), LoginMode::Redirect);
        assert_eq!(
            copilot.redirect_url,
            "https://ai.example.org/below/oauth/copilot/callback"
        );
        let claude = providers.get(ProviderKind::Claude).unwrap();
        assert_eq!(claude.mode(), LoginMode::Paste);
    }
}
