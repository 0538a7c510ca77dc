//! The encrypted state of a sign-in, and its public view.

use entity::provider_login;
use oauth2::StandardDeviceAuthorizationResponse;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::provider::OAuthProvider;
use crate::domain::Result;

/// The secrets of a sign-in in progress, encrypted in the database.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FlowSecrets {
    Code {
        authorize_url: String,
        verifier: String,
        redirect_url: String,
    },
    Device {
        code: Box<StandardDeviceAuthorizationResponse>,
        /// `None` if it is in the provider's specification.
        token_url: Option<Url>,
        device_id: Option<String>,
    },
    Engine {
        state: String,
        url: String,
        user_code: Option<String>,
    },
}

impl FlowSecrets {
    pub(super) fn write(&self) -> Result<SecretString> {
        let text = serde_json::to_string(self).map_err(anyhow::Error::from)?;
        Ok(text.into())
    }

    pub(super) fn read(text: &str) -> Result<Self> {
        // The error of the parser quotes what it read.
        let unknown = |_| anyhow::anyhow!("an encrypted sign-in has an unknown format");
        Ok(serde_json::from_str(text).map_err(unknown)?)
    }
}

/// A sign-in, as shown to the caller who started it.
#[derive(Clone)]
pub struct ProviderLoginView {
    pub login: provider_login::Model,
    /// The authorization URL. It contains the state.
    pub authorize_url: Option<String>,
    /// The address of the redirect after consent.
    pub redirect_url: Option<String>,
    /// The user code to enter at the provider.
    pub user_code: Option<String>,
    /// The address at which the code is entered.
    pub verification_url: Option<String>,
    /// The same address with the code in it.
    pub verification_url_complete: Option<String>,
}

impl std::fmt::Debug for ProviderLoginView {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ProviderLoginView")
            .field("id", &self.login.id)
            .finish_non_exhaustive()
    }
}

impl ProviderLoginView {
    /// The secrets are shown only while the sign-in is pending.
    pub(super) fn new(
        login: provider_login::Model,
        secrets: Option<&FlowSecrets>,
        provider: &OAuthProvider,
    ) -> Self {
        let mut view = Self {
            login,
            authorize_url: None,
            redirect_url: None,
            user_code: None,
            verification_url: None,
            verification_url_complete: None,
        };
        match secrets {
            Some(FlowSecrets::Code {
                authorize_url,
                redirect_url,
                ..
            }) => {
                view.authorize_url = web(authorize_url);
                view.redirect_url = Some(redirect_url.clone());
            }
            Some(FlowSecrets::Device { code, .. }) => {
                view.user_code = Some(code.user_code().secret().clone());
                view.verification_url = web(code.verification_uri().as_str());
                let complete = code.verification_uri_complete();
                view.verification_url_complete = complete.and_then(|url| web(url.secret()));
            }
            Some(FlowSecrets::Engine {
                url,
                user_code: Some(code),
                ..
            }) => {
                view.user_code = Some(code.clone());
                view.verification_url = web(url);
            }
            Some(FlowSecrets::Engine { url, .. }) => {
                view.authorize_url = web(url);
                let redirect = &provider.redirect_url;
                view.redirect_url = (!redirect.is_empty()).then(|| redirect.clone());
            }
            None => {}
        }
        view
    }

    /// The state that the provider returns.
    pub fn state(&self) -> Option<String> {
        let url: Url = self.authorize_url.as_deref()?.parse().ok()?;
        let state = url.query_pairs().find(|(name, _)| name == "state");
        state.map(|(_, state)| state.into_owned())
    }
}

/// An `http` or `https` address; the provider's value is not trusted.
fn web(text: &str) -> Option<String> {
    let url: Url = text.parse().ok()?;
    matches!(url.scheme(), "http" | "https").then(|| text.to_owned())
}
