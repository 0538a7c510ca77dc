//! What is particular about each provider: a row of facts, not a branch. An operator may replace any.

use std::collections::BTreeMap;

use entity::provider_account::ProviderKind;
use secrecy::SecretString;
use url::Url;

use crate::{
    config::{OAuthSettings, Via},
    engine::LoginChannel,
};

/// How a sign-in goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// A person consents in the browser, which is sent back with a code.
    Code,
    /// A person types a code of ours at the provider, while we ask whether they have.
    Device,
    /// The engine does it.
    Engine(LoginChannel),
}

/// How the token endpoint wants its questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Form,
    /// An object whose members are in the order of the provider's own program.
    Json,
}

/// A provider as this server knows it, before an operator says anything.
struct Facts {
    kind: ProviderKind,
    name: &'static str,
    display_name: &'static str,
    flow: Flow,
    channel: Option<LoginChannel>,
    client_id: &'static str,
    scopes: &'static str,
    authorize_url: &'static str,
    token_url: &'static str,
    device_url: &'static str,
    discovery_url: &'static str,
    profile_url: &'static str,
    exchange_url: &'static str,
    api_url: &'static str,
    /// What can be asked with a sign-in at no cost: how an account is, and its windows where there are any.
    check_url: &'static str,
    /// Where this client's browsers are sent: to the machine of whoever signs in.
    redirect_url: &'static str,
    authorize_parameters: &'static [(&'static str, &'static str)],
    headers: &'static [(&'static str, &'static str)],
    encoding: Encoding,
}

/// What most have.
const USUAL: Facts = Facts {
    kind: ProviderKind::OpenaiCompatible,
    name: "",
    display_name: "",
    flow: Flow::Device,
    channel: None,
    client_id: "",
    scopes: "",
    authorize_url: "",
    token_url: "",
    device_url: "",
    discovery_url: "",
    profile_url: "",
    exchange_url: "",
    api_url: "",
    check_url: "",
    redirect_url: "",
    authorize_parameters: &[],
    headers: &[],
    encoding: Encoding::Form,
};

const PROVIDERS: [Facts; 6] = [
    Facts {
        kind: ProviderKind::Claude,
        name: "claude",
        display_name: "Claude",
        flow: Flow::Code,
        channel: Some(LoginChannel::Claude),
        client_id: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
        scopes: "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload",
        authorize_url: "https://claude.ai/oauth/authorize",
        token_url: "https://platform.claude.com/v1/oauth/token",
        profile_url: "https://api.anthropic.com/api/oauth/profile",
        check_url: "https://api.anthropic.com/api/oauth/usage",
        redirect_url: "http://localhost:54545/callback",
        authorize_parameters: &[("code", "true")],
        headers: &[
            ("accept", "application/json, text/plain, */*"),
            ("user-agent", "axios/1.15.2"),
        ],
        encoding: Encoding::Json,
        ..USUAL
    },
    Facts {
        kind: ProviderKind::Chatgpt,
        name: "chatgpt",
        display_name: "ChatGPT",
        flow: Flow::Code,
        channel: Some(LoginChannel::Codex),
        client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
        scopes: "openid email profile offline_access",
        authorize_url: "https://auth.openai.com/oauth/authorize",
        token_url: "https://auth.openai.com/oauth/token",
        check_url: "https://chatgpt.com/backend-api/wham/usage",
        redirect_url: "http://localhost:1455/auth/callback",
        authorize_parameters: &[
            ("prompt", "login"),
            ("id_token_add_organizations", "true"),
            ("codex_cli_simplified_flow", "true"),
        ],
        ..USUAL
    },
    Facts {
        kind: ProviderKind::Gemini,
        name: "gemini",
        display_name: "Gemini",
        // Its client has a secret, which the engine carries and we do not.
        flow: Flow::Engine(LoginChannel::Antigravity),
        channel: Some(LoginChannel::Antigravity),
        scopes: "https://www.googleapis.com/auth/cloud-platform \
                 https://www.googleapis.com/auth/userinfo.email \
                 https://www.googleapis.com/auth/userinfo.profile \
                 https://www.googleapis.com/auth/cclog \
                 https://www.googleapis.com/auth/experimentsandconfigs",
        authorize_url: "https://accounts.google.com/o/oauth2/v2/auth",
        token_url: "https://oauth2.googleapis.com/token",
        profile_url: "https://www.googleapis.com/oauth2/v1/userinfo?alt=json",
        check_url: "https://www.googleapis.com/oauth2/v1/userinfo?alt=json",
        redirect_url: "http://localhost:51121/oauth-callback",
        authorize_parameters: &[("access_type", "offline"), ("prompt", "consent")],
        ..USUAL
    },
    Facts {
        kind: ProviderKind::Copilot,
        name: "copilot",
        display_name: "GitHub Copilot",
        client_id: "Iv1.b507a08c87ecfe98",
        scopes: "read:user",
        authorize_url: "https://github.com/login/oauth/authorize",
        token_url: "https://github.com/login/oauth/access_token",
        device_url: "https://github.com/login/device/code",
        profile_url: "https://api.github.com/user",
        exchange_url: "https://api.github.com/copilot_internal/v2/token",
        api_url: "https://api.githubcopilot.com",
        ..USUAL
    },
    Facts {
        kind: ProviderKind::Kimi,
        name: "kimi",
        display_name: "Kimi",
        channel: Some(LoginChannel::Kimi),
        client_id: "17e5f671-d194-4dfb-9706-5516cb48c098",
        token_url: "https://auth.kimi.com/api/oauth/token",
        device_url: "https://auth.kimi.com/api/oauth/device_authorization",
        check_url: "https://api.kimi.com/coding/v1/models",
        ..USUAL
    },
    Facts {
        kind: ProviderKind::Xai,
        name: "xai",
        display_name: "xAI",
        channel: Some(LoginChannel::Xai),
        client_id: "b1a00492-073a-47ea-816f-4c329264a828",
        scopes: "openid profile email offline_access grok-cli:access api:access",
        discovery_url: "https://auth.x.ai/.well-known/openid-configuration",
        api_url: "https://api.x.ai/v1",
        check_url: "https://api.x.ai/v1/models",
        ..USUAL
    },
];

/// A provider as the operator wants it.
#[derive(Clone, Debug)]
pub(super) struct OAuthProvider {
    pub(super) kind: ProviderKind,
    /// In addresses of ours, and in variables.
    pub(super) name: &'static str,
    pub(super) display_name: &'static str,
    pub(super) flow: Flow,
    pub(super) client_id: String,
    /// With it, the client is the operator's own.
    pub(super) client_secret: Option<SecretString>,
    pub(super) scopes: Vec<String>,
    pub(super) authorize_url: Option<Url>,
    pub(super) token_url: Option<Url>,
    pub(super) device_url: Option<Url>,
    /// Tells the other addresses, where they are not known.
    pub(super) discovery_url: Option<Url>,
    pub(super) profile_url: Option<Url>,
    pub(super) exchange_url: Option<Url>,
    pub(super) api_url: Option<Url>,
    check_url: Option<Url>,
    pub(super) redirect_url: String,
    pub(super) authorize_parameters: &'static [(&'static str, &'static str)],
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) encoding: Encoding,
}

impl OAuthProvider {
    fn new(facts: &'static Facts, said: OAuthSettings, public_url: &Url) -> Self {
        let own_client = said.client_secret.is_some();
        let flow = match (said.via, facts.channel) {
            (Some(Via::Engine), Some(channel)) => Flow::Engine(channel),
            _ if own_client => Flow::Code,
            _ => facts.flow,
        };
        let redirect_url = if own_client {
            callback(public_url, facts.name)
        } else {
            facts.redirect_url.to_owned()
        };
        let scopes = said.scopes.unwrap_or_else(|| facts.scopes.to_owned());
        Self {
            kind: facts.kind,
            name: facts.name,
            display_name: facts.display_name,
            flow,
            client_id: said.client_id.unwrap_or_else(|| facts.client_id.to_owned()),
            client_secret: said.client_secret,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            authorize_url: said.authorize_url.or_else(|| url(facts.authorize_url)),
            token_url: said.token_url.or_else(|| url(facts.token_url)),
            device_url: said.device_url.or_else(|| url(facts.device_url)),
            discovery_url: said.discovery_url.or_else(|| url(facts.discovery_url)),
            profile_url: said.profile_url.or_else(|| url(facts.profile_url)),
            exchange_url: said.exchange_url.or_else(|| url(facts.exchange_url)),
            api_url: said.api_url.or_else(|| url(facts.api_url)),
            check_url: said.check_url.or_else(|| url(facts.check_url)),
            redirect_url,
            authorize_parameters: facts.authorize_parameters,
            headers: facts.headers,
            encoding: facts.encoding,
        }
    }

    /// Whether browsers come back to our own address.
    pub(super) fn comes_back(&self) -> bool {
        self.flow == Flow::Code && self.client_secret.is_some()
    }
}

/// All providers that people can sign in at.
#[derive(Clone, Debug)]
pub(super) struct OAuthProviders(BTreeMap<ProviderKind, OAuthProvider>);

impl OAuthProviders {
    /// The table, with what an operator replaces.
    pub(super) fn new(said: &BTreeMap<ProviderKind, OAuthSettings>, public_url: &Url) -> Self {
        let provider = |facts: &'static Facts| {
            let said = said.get(&facts.kind).cloned().unwrap_or_default();
            (facts.kind, OAuthProvider::new(facts, said, public_url))
        };
        Self(PROVIDERS.iter().map(provider).collect())
    }

    /// Where signed-in accounts can be asked after.
    pub(super) fn check_urls(&self) -> BTreeMap<ProviderKind, Url> {
        let all = self.0.iter();
        all.filter_map(|(kind, provider)| Some((*kind, provider.check_url.clone()?)))
            .collect()
    }

    /// A provider; none when there is nothing to sign in to.
    pub(super) fn get(&self, kind: ProviderKind) -> Option<&OAuthProvider> {
        self.0.get(&kind)
    }
}

/// The provider of this name in an address.
pub fn provider_named(name: &str) -> Option<ProviderKind> {
    let found = PROVIDERS.iter().find(|facts| facts.name == name);
    found.map(|facts| facts.kind)
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

    fn providers(said: &BTreeMap<ProviderKind, OAuthSettings>) -> OAuthProviders {
        OAuthProviders::new(said, &"https://ai.example.org/below".parse().unwrap())
    }

    #[test]
    fn every_address_in_the_table_is_one() {
        for facts in &PROVIDERS {
            let addresses = [
                facts.authorize_url,
                facts.token_url,
                facts.device_url,
                facts.discovery_url,
                facts.profile_url,
                facts.exchange_url,
                facts.api_url,
                facts.check_url,
            ];
            for address in addresses.into_iter().filter(|address| !address.is_empty()) {
                assert_eq!(url(address).unwrap().scheme(), "https", "{address}");
            }
        }
    }

    #[test]
    fn a_client_of_the_operators_own_comes_back_to_us() {
        let own = OAuthSettings {
            client_id: Some("ours".to_owned()),
            client_secret: Some("secret".into()),
            ..OAuthSettings::default()
        };

        let providers = providers(&BTreeMap::from([(ProviderKind::Copilot, own)]));

        let copilot = providers.get(ProviderKind::Copilot).unwrap();
        assert!(copilot.comes_back());
        assert_eq!(
            copilot.redirect_url,
            "https://ai.example.org/below/oauth/copilot/callback"
        );
        assert!(!providers.get(ProviderKind::Claude).unwrap().comes_back());
    }
}
