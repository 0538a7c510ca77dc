//! Starts a sign-in: requests what the provider or the engine must issue before a person can consent.

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
    providers::Flow,
};

/// How long a person has to consent.
const CONSENT_TIMEOUT: TimeDelta = TimeDelta::minutes(15);
/// The engine waits this long for the authorization response.
const ENGINE_CONSENT_TIMEOUT: TimeDelta = TimeDelta::minutes(5);
/// The maximum validity of a device code, also if the provider reports more.
const MAX_DEVICE_LIFETIME: TimeDelta = TimeDelta::minutes(30);

/// A sign-in that the provider or the engine has started, before it is stored.
pub(super) struct BegunLogin {
    kind: ProviderKind,
    mode: LoginMode,
    state: Option<SecretString>,
    pub(super) secrets: FlowSecrets,
    expires_at: DateTime<Utc>,
}

impl BegunLogin {
    /// The row to store.
    pub(super) fn new_row(&self, label: Option<String>) -> Result<NewProviderLogin> {
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
    /// Starts the provider's flow.
    pub(super) async fn begin(&self, provider: &OAuthProvider) -> Result<BegunLogin> {
        let begun = match provider.flow {
            Flow::Code => self.begin_code(provider).await,
            Flow::Device => self.begin_device(provider).await,
            Flow::Engine => return self.begin_by_engine(provider).await,
        };
        begun.map_err(|error| Error::Provider(error.message(provider)))
    }

    async fn begin_code(
        &self,
        provider: &OAuthProvider,
    ) -> std::result::Result<BegunLogin, SignInError> {
        let consent = protocol::consent(&discovered(&self.http, provider).await?)?;
        Ok(BegunLogin {
            kind: provider.kind,
            mode: provider.mode(),
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
        let needs_id = provider.sign_in.device_id_header.is_some();
        let device_id = needs_id.then(|| Uuid::new_v4().to_string());
        let headers = device_headers(&provider, device_id.as_deref());
        let code = protocol::device_code(&self.http, &provider, &headers).await?;
        let life = TimeDelta::from_std(code.expires_in()).unwrap_or(MAX_DEVICE_LIFETIME);
        Ok(BegunLogin {
            kind: provider.kind,
            mode: LoginMode::Device,
            state: None,
            secrets: FlowSecrets::Device {
                code: Box::new(code),
                token_url: provider.token_url,
                device_id,
            },
            expires_at: self.clock.now() + life.min(MAX_DEVICE_LIFETIME),
        })
    }

    async fn begin_by_engine(&self, provider: &OAuthProvider) -> Result<BegunLogin> {
        let begun = self
            .engine
            .begin_login(provider.engine_login.unwrap_or_default())
            .await;
        let begun = begun.map_err(|error| Error::EngineUnavailable(error.to_string()))?;
        let (mode, life) = match &begun.user_code {
            Some(_) => (LoginMode::Device, MAX_DEVICE_LIFETIME),
            None => (LoginMode::Paste, ENGINE_CONSENT_TIMEOUT),
        };
        let reported = begun.expires_in_seconds.and_then(|seconds| {
            let seconds = i64::try_from(seconds).ok()?;
            TimeDelta::try_seconds(seconds)
        });
        let life = reported.map_or(life, |reported| reported.min(life));
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

/// The headers of the device flow, with the id of the device where the provider has one.
pub(super) fn device_headers(provider: &OAuthProvider, device_id: Option<&str>) -> Vec<Header> {
    let fixed = provider.sign_in.device_headers.iter().copied();
    let all = fixed.chain(provider.sign_in.device_id_header.zip(device_id));
    all.map(|(name, value)| (HeaderName::from_static(name), SecretString::from(value)))
        .collect()
}
