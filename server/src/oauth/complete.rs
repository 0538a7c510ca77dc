//! Completes a sign-in: exchanges the authorization response for tokens and stores the account. A response is claimed
//! once and processed in a task of its own, so that a browser that disconnects does not waste a code.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::{
    provider_account::{self, ProviderKind},
    provider_login::{self, LoginMode, LoginStatus},
};
use oauth2::TokenResponse as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::{
    account::SignedIn,
    authorization_response::{AuthorizationOutcome, AuthorizationResponse},
    protocol::{self, TokenResponse},
    provider::OAuthProvider,
    service::{OAuthService, ended_error},
    sign_in_error::SignInError,
    view::{FlowSecrets, ProviderLoginView},
    watch::POLL_INTERVAL,
};
use crate::{
    domain::{Error, Result, audit::AuditContext, provider_logins::LoginEnd},
    engine::EngineLoginStatus,
};

/// The time limit for the engine's exchange of a code.
const FINISH_TIMEOUT: Duration = Duration::from_mins(1);
/// The time limit for the account to appear after the engine has written its auth file.
const ADOPTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Why no account was stored.
pub(super) enum CompletionError {
    Provider(SignInError),
    Server(Error),
}

impl From<SignInError> for CompletionError {
    fn from(error: SignInError) -> Self {
        Self::Provider(error)
    }
}

impl From<Error> for CompletionError {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

impl OAuthService {
    /// Completes a pending sign-in with the provider's authorization response.
    pub async fn accept(
        &self,
        context: &AuditContext,
        login: provider_login::Model,
        answer: AuthorizationResponse,
    ) -> Result<ProviderLoginView> {
        if login.status != LoginStatus::Pending {
            return Err(ended_error(&login));
        }
        if login.mode == LoginMode::Device {
            return Err(Error::bad_input(
                "this sign-in takes no address: enter its code at the provider; it then completes automatically",
            ));
        }
        if !self.logins.has_state(&login, answer.state.expose_secret()) {
            return Err(Error::bad_input(
                "this address belongs to another sign-in; paste the address that the browser ended at in this one",
            ));
        }
        let secrets = self.secrets(&login);
        if !self.logins.claim(login.id).await? {
            let now = self.logins.find(login.id).await?;
            return Err(ended_error(&now.unwrap_or(login)));
        }
        let (service, context) = (self.clone(), context.clone());
        let completing = self.tasks.spawn(async move {
            Box::pin(service.complete_claimed(&context, login, answer, secrets)).await
        });
        completing.await.map_err(anyhow::Error::from)?
    }

    async fn complete_claimed(
        &self,
        context: &AuditContext,
        login: provider_login::Model,
        answer: AuthorizationResponse,
        secrets: Option<FlowSecrets>,
    ) -> Result<ProviderLoginView> {
        let outcome = self
            .exchange_response(context, &login, answer, secrets)
            .await;
        let account = outcome.map(|account| account.map(|account| account.id));
        let ended = self.conclude(context, &login, account).await?;
        match ended.error {
            Some(error) => Err(Error::Provider(error)),
            None => self.view(ended),
        }
    }

    /// Exchanges the response for an account. `None` if the engine's account has not appeared yet.
    async fn exchange_response(
        &self,
        context: &AuditContext,
        login: &provider_login::Model,
        answer: AuthorizationResponse,
        secrets: Option<FlowSecrets>,
    ) -> std::result::Result<Option<provider_account::Model>, CompletionError> {
        let provider = self.provider(login.kind)?;
        match secrets {
            Some(FlowSecrets::Code {
                verifier,
                redirect_url,
                ..
            }) => {
                let code = authorization_code(&answer)?;
                let mut provider = super::discovery::discovered(&self.http, provider).await?;
                // The provider compares it with the authorization request, even if its configuration has changed since.
                provider.redirect_url = redirect_url;
                let (state, verifier) = (&answer.state, &verifier.into());
                let tokens =
                    protocol::exchange(&self.http, &provider, code, state, verifier).await?;
                self.save_account(context, login, &provider, tokens, None)
                    .await
                    .map(Some)
            }
            Some(FlowSecrets::Engine { state, .. }) => {
                let kind = login.kind;
                let _expected = self.accounts.expect_adoption(login.id, kind, context);
                self.complete_by_engine(login, &state.into(), &answer).await
            }
            Some(FlowSecrets::Device { .. }) | None => {
                let damaged = anyhow::anyhow!("a pending sign-in has no usable secrets");
                Err(CompletionError::Server(damaged.into()))
            }
        }
    }

    /// Stores the account of the tokens.
    pub(super) async fn save_account(
        &self,
        context: &AuditContext,
        login: &provider_login::Model,
        provider: &OAuthProvider,
        tokens: TokenResponse,
        device_id: Option<String>,
    ) -> std::result::Result<provider_account::Model, CompletionError> {
        let label = login.label.clone();
        if provider.sign_in.exchange.is_some() {
            let token = tokens.access_token().secret().as_str().into();
            let new = self.copilot()?.account(label, token).await?;
            return Ok(self.accounts.save_github_token(context, new).await?);
        }
        let signed_in = SignedIn {
            provider,
            tokens: &tokens,
            label,
            device_id,
            now: self.clock.now(),
        };
        let new = signed_in.auth_file(&self.http).await?;
        Ok(self.accounts.save_auth_file(context, new).await?)
    }

    async fn complete_by_engine(
        &self,
        login: &provider_login::Model,
        state: &SecretString,
        answer: &AuthorizationResponse,
    ) -> std::result::Result<Option<provider_account::Model>, CompletionError> {
        let outcome = match &answer.outcome {
            AuthorizationOutcome::Code(code) => Ok(code),
            AuthorizationOutcome::Refused(error) => Err(error.as_str()),
        };
        let engine_login = self.provider(login.kind)?.engine_login.unwrap_or_default();
        let delivered = self
            .engine
            .deliver_login(engine_login, state, outcome)
            .await;
        delivered.map_err(|error| SignInError::Engine(error.to_string()))?;
        authorization_code(answer)?;
        let deadline = Instant::now() + FINISH_TIMEOUT;
        while Instant::now() < deadline {
            if self.engine_has_completed(state).await? {
                return self.adopted(login.kind, login.created_at).await;
            }
            sleep(POLL_INTERVAL).await;
        }
        Err(SignInError::TooSlow.into())
    }

    /// Whether the engine has completed the sign-in.
    pub(super) async fn engine_has_completed(
        &self,
        state: &SecretString,
    ) -> std::result::Result<bool, SignInError> {
        let status = self.engine.login_status(state).await;
        match status.map_err(|error| SignInError::Engine(error.to_string()))? {
            EngineLoginStatus::Waiting => Ok(false),
            EngineLoginStatus::Done => Ok(true),
            // Its message may contain the provider's response.
            EngineLoginStatus::Failed(_) => Err(SignInError::Engine(
                "it was refused; see its log. Start again".to_owned(),
            )),
        }
    }

    /// Waits for the account of the engine's auth file; `None` if it appears only at the next scan.
    pub(super) async fn adopted(
        &self,
        kind: ProviderKind,
        since: DateTime<Utc>,
    ) -> std::result::Result<Option<provider_account::Model>, CompletionError> {
        let mut changes = self.accounts.changes();
        let found = timeout(ADOPTION_TIMEOUT, async {
            loop {
                let accounts = self.accounts.list().await?;
                let mut accounts = accounts.into_iter();
                let fresh = |account: &provider_account::Model| {
                    account.kind == kind
                        && account.file_name.is_some()
                        && account.updated_at >= since
                };
                if let Some(account) = accounts.find(fresh) {
                    return Ok(Some(account));
                }
                if changes.changed().await.is_err() {
                    return Ok(None);
                }
            }
        });
        found.await.unwrap_or(Ok(None))
    }

    /// Stores the outcome of a sign-in.
    pub(super) async fn conclude(
        &self,
        context: &AuditContext,
        login: &provider_login::Model,
        account: std::result::Result<Option<Uuid>, CompletionError>,
    ) -> Result<provider_login::Model> {
        let end = match account {
            Ok(account) => {
                tracing::info!(login.id = %login.id, "a sign-in at a provider succeeded");
                LoginEnd::Succeeded(account)
            }
            Err(CompletionError::Provider(error)) => {
                tracing::info!(login.id = %login.id, %error, "a sign-in at a provider failed");
                LoginEnd::Failed(error.message(self.provider(login.kind)?))
            }
            Err(CompletionError::Server(error @ Error::Conflict(_))) => {
                LoginEnd::Failed(error.to_string())
            }
            Err(CompletionError::Server(error)) => {
                tracing::error!(login.id = %login.id, ?error, "the account of a sign-in could not be stored");
                let reason =
                    "the account could not be stored; see the server's log and start again";
                LoginEnd::Failed(reason.to_owned())
            }
        };
        let ended = self.logins.end(login.id, end).await?;
        if ended.status == LoginStatus::Succeeded {
            self.logins.record_success(context, &ended).await?;
        }
        Ok(ended)
    }
}

fn authorization_code(
    answer: &AuthorizationResponse,
) -> std::result::Result<&SecretString, SignInError> {
    match &answer.outcome {
        AuthorizationOutcome::Code(code) => Ok(code),
        AuthorizationOutcome::Refused(error) => Err(SignInError::refused(error)),
    }
}
