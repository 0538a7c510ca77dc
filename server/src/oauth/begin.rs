//! The beginning of a sign-in: what the provider is asked before a person is.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{provider_account::ProviderKind, provider_login::LoginMode};
use http::HeaderName;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::{
    discovery::discovered, http::Header, protocol, provider::OAuthProvider, service::OAuthService,
    sign_in_error::SignInError, view::FlowSecrets,
};
use crate::{
    domain::{Error, Result, provider_logins::NewProviderLogin},
    providers::{Flow, Profile},
};

/// How long a person has to consent.
const CONSENT_TIMEOUT: TimeDelta = TimeDelta::minutes(15);
/// The engine waits no longer for the answer.
const ENGINE_CONSENT_TIMEOUT: TimeDelta = TimeDelta::minutes(5);
/// How long a code may be good, whatever the provider says.
const LONGEST_DEVICE: TimeDelta = TimeDelta::minutes(30);

/// A sign-in that the provider, or the engine, knows of.
pub(super) struct BegunLogin {
    kind: ProviderKind,
    mode: LoginMode,
    state: Option<SecretString>,
    pub(super) secrets: FlowSecrets,
    expires_at: DateTime<Utc>,
}

impl BegunLogin {
    pub(super) fn note(&self, label: Option<String>) -> Result<NewProviderLogin> {
        Ok(NewProviderLogin {
            kind: self.kind,
            mode: self.mode,
            label,
            state: self.state.clone(),
            secrets: self.secrets.write()?,
            expires_at: self.expires_at,
        })
    }
}

impl OAuthService {
    /// Asks for consent.
    pub(super) async fn begin(&self, provider: &OAuthProvider) -> Result<BegunLogin> {
        let begun = match provider.flow {
            Flow::Code => self.begin_code(provider).await,
            Flow::Device => self.begin_device(provider).await,
            Flow::Engine => return self.begin_by_engine(provider).await,
        };
        begun.map_err(|fault| Error::Provider(fault.words(provider)))
    }

    async fn begin_code(
        &self,
        provider: &OAuthProvider,
    ) -> std::result::Result<BegunLogin, SignInError> {
        let consent = protocol::consent(&discovered(&self.http, provider).await?)?;
        let mode = if provider.comes_back() {
            LoginMode::Redirect
        } else {
            LoginMode::Paste
        };
        Ok(BegunLogin {
            kind: provider.kind,
            mode,
            state: Some(consent.state),
            secrets: FlowSecrets::Code {
                authorize_url: consent.authorize_url.into(),
                verifier: consent.verifier.expose_secret().to_owned(),
                redirect_url: provider.redirect_url.clone(),
            },
            expires_at: self.clock.now() + CONSENT_TIMEOUT,
        })
    }

    async fn begin_device(
        &self,
        provider: &OAuthProvider,
    ) -> std::result::Result<BegunLogin, SignInError> {
        let provider = discovered(&self.http, provider).await?;
        // Kimi gives tokens to a device, whose id the engine presents from then on.
        let device_id = (provider.profile == Profile::Kimi).then(|| Uuid::new_v4().to_string());
        let headers = device_headers(device_id.as_deref());
        let code = protocol::device_code(&self.http, &provider, &headers).await?;
        let life = TimeDelta::from_std(code.expires_in()).unwrap_or(LONGEST_DEVICE);
        Ok(BegunLogin {
            kind: provider.kind,
            mode: LoginMode::Device,
            state: None,
            secrets: FlowSecrets::Device {
                code: Box::new(code),
                token_url: provider.token_url,
                device_id,
            },
            expires_at: self.clock.now() + life.min(LONGEST_DEVICE),
        })
    }

    async fn begin_by_engine(&self, provider: &OAuthProvider) -> Result<BegunLogin> {
        let begun = self
            .engine
            .begin_login(provider.engine_login.unwrap_or_default())
            .await;
        let begun = begun.map_err(|error| Error::EngineUnavailable(error.to_string()))?;
        let (mode, life) = match &begun.user_code {
            Some(_) => (LoginMode::Device, LONGEST_DEVICE),
            None => (LoginMode::Paste, ENGINE_CONSENT_TIMEOUT),
        };
        let told = begun.expires_in_seconds.and_then(|seconds| {
            let seconds = i64::try_from(seconds).ok()?;
            TimeDelta::try_seconds(seconds)
        });
        let life = told.map_or(life, |told| told.min(life));
        Ok(BegunLogin {
            kind: provider.kind,
            mode,
            secrets: FlowSecrets::Engine {
                state: begun.state.expose_secret().to_owned(),
                url: begun.url.expose_secret().to_owned(),
                user_code: begun.user_code,
            },
            state: Some(begun.state),
            expires_at: self.clock.now() + life,
        })
    }
}

/// What Kimi wants to know of a device, in the words that the engine uses later.
pub(super) fn device_headers(device_id: Option<&str>) -> Vec<Header> {
    let Some(device_id) = device_id else {
        return Vec::new();
    };
    let header = |name, value: &str| (HeaderName::from_static(name), SecretString::from(value));
    vec![
        header("x-msh-platform", "CLIProxyAPI"),
        header("x-msh-version", env!("CARGO_PKG_VERSION")),
        header("x-msh-device-name", "proxypal"),
        header("x-msh-device-model", "Linux"),
        header("x-msh-device-id", device_id),
    ]
}
