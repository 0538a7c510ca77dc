//! What of a sign-in is kept sealed, and what of it a person is shown.

use entity::provider_login;
use oauth2::StandardDeviceAuthorizationResponse;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::provider::OAuthProvider;
use crate::domain::Result;

/// What is needed to go on with a sign-in. It outlives a restart, sealed.
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
        /// Discovered, where it is not in the table.
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
        let unknown = |_| anyhow::anyhow!("a sealed sign-in has an unknown form");
        Ok(serde_json::from_str(text).map_err(unknown)?)
    }
}

/// A sign-in as whoever began it may see it.
#[derive(Clone)]
pub struct ProviderLoginView {
    pub login: provider_login::Model,
    /// Where to consent. It holds the state.
    pub authorize_url: Option<String>,
    /// Where the browser is sent afterwards.
    pub redirect_url: Option<String>,
    /// What to type at the provider.
    pub user_code: Option<String>,
    /// Where to type it.
    pub verification_url: Option<String>,
    /// The same with the code in it.
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
    /// A sign-in that waits for a person, or one that does not any more.
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

    /// The state that the provider will send back with the browser.
    pub fn state(&self) -> Option<String> {
        let url: Url = self.authorize_url.as_deref()?.parse().ok()?;
        let state = url.query_pairs().find(|(name, _)| name == "state");
        state.map(|(_, state)| state.into_owned())
    }
}

/// An address that a browser can be sent to; a provider may have written anything.
fn web(text: &str) -> Option<String> {
    let url: Url = text.parse().ok()?;
    matches!(url.scheme(), "http" | "https").then(|| text.to_owned())
}
