//! Builds the engine's auth file from the tokens of a sign-in.

use chrono::{DateTime, TimeDelta, Utc};
use oauth2::TokenResponse as _;
use serde_json::{Map, Value};

use super::{
    http::Http, protocol::TokenResponse, provider::OAuthProvider, sign_in_error::SignInError,
};
use crate::{
    domain::provider_accounts::{NewAuthFile, OWN_CLIENT_REFRESH_TOKEN},
    providers::{Identity, ProfileFetch, SignInResponse, rfc3339},
};

const MAX_LIFETIME: TimeDelta = TimeDelta::days(400);

/// A sign-in that has its tokens.
pub(super) struct SignedIn<'a> {
    pub(super) provider: &'a OAuthProvider,
    pub(super) tokens: &'a TokenResponse,
    pub(super) label: Option<String>,
    /// The binding of the tokens, where the provider has one.
    pub(super) device_id: Option<String>,
    pub(super) now: DateTime<Utc>,
}

impl SignedIn<'_> {
    /// The auth file and its identity. Missing parts are requested from the provider; that may fail.
    pub(super) async fn auth_file(&self, http: &Http) -> Result<NewAuthFile, SignInError> {
        let refresh_token = self.tokens.refresh_token();
        let refresh_token = refresh_token.ok_or(SignInError::NoRefreshToken)?.secret();
        let person = self.identity(http).await?;
        let expires_at = self.expires_at();
        let mut content = person.fields;
        // The engine refreshes tokens with its own client id; it must not use those of another client.
        let name = match self.provider.client_secret {
            Some(_) => OWN_CLIENT_REFRESH_TOKEN,
            None => "refresh_token",
        };
        content.insert(name.to_owned(), refresh_token.as_str().into());
        let access_token = self.tokens.access_token().secret().as_str();
        content.insert("access_token".to_owned(), access_token.into());
        if let Some(expires_at) = expires_at {
            content.insert("expired".to_owned(), rfc3339(expires_at).into());
        }
        if let Some(email) = &person.email {
            content.insert("email".to_owned(), email.as_str().into());
        }
        Ok(NewAuthFile {
            kind: self.provider.kind,
            label: self.label.clone(),
            email: person.email,
            plan: person.plan,
            file_name: None,
            content,
            expires_at,
        })
    }

    fn expires_at(&self) -> Option<DateTime<Utc>> {
        let life = TimeDelta::from_std(self.tokens.expires_in()?).ok()?;
        Some(self.now + life.min(MAX_LIFETIME))
    }

    async fn identity(&self, http: &Http) -> Result<Identity, SignInError> {
        let spec = self.provider.sign_in;
        let profile = match spec.profile {
            ProfileFetch::Never => Map::new(),
            ProfileFetch::Optional => self.profile(http).await.unwrap_or_default(),
            ProfileFetch::Required => self.profile(http).await?,
        };
        let extra = self.tokens.extra_fields();
        let scopes = self.tokens.scopes().into_iter().flatten();
        let scopes: Vec<&str> = scopes.map(|scope| scope.as_str()).collect();
        let response = SignInResponse {
            access_token: self.tokens.access_token().secret(),
            id_token: extra.id_token.as_deref(),
            account: extra.account.as_ref(),
            organization: extra.organization.as_ref(),
            scopes: scopes.join(" "),
            expires_in: self.tokens.expires_in().map(|life| life.as_secs()),
            profile: &profile,
            device_id: self.device_id.as_deref(),
            token_url: self.provider.token_url.as_ref(),
            api_url: self.provider.api_url.as_ref(),
            now: self.now,
        };
        (spec.identity)(&response).ok_or(SignInError::Garbage)
    }

    async fn profile(&self, http: &Http) -> Result<Map<String, Value>, SignInError> {
        let url = self.provider.profile_url.as_ref();
        let url = url.ok_or(SignInError::NotConfigured("profile address"))?;
        let bearer = format!("Bearer {}", self.tokens.access_token().secret());
        http.get(url, &bearer.into(), &[]).await
    }
}

/// The changes of an account of an own OAuth client when its tokens are refreshed.
pub(super) struct Renewed {
    pub(super) content: Map<String, Value>,
    pub(super) expires_at: Option<DateTime<Utc>>,
}

impl Renewed {
    /// Keeps the refresh token unless a new one was issued.
    pub(super) fn new(tokens: &TokenResponse, now: DateTime<Utc>) -> Self {
        let life = tokens
            .expires_in()
            .and_then(|life| TimeDelta::from_std(life).ok());
        let expires_at = life.map(|life| now + life.min(MAX_LIFETIME));
        let id_token = tokens.extra_fields().id_token.clone();
        let refresh_token = tokens.refresh_token().map(|token| token.secret().clone());
        let parts = [
            ("access_token", Some(tokens.access_token().secret().clone())),
            (OWN_CLIENT_REFRESH_TOKEN, refresh_token),
            ("id_token", id_token),
            ("expired", expires_at.map(rfc3339)),
            ("last_refresh", Some(rfc3339(now))),
        ];
        let content = parts
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
        Self {
            content: content.collect(),
            expires_at,
        }
    }
}
