//! The end of a sign-in: an answer becomes tokens, and tokens an account. Whatever happens, it happens
//! once, and to its end: a browser that leaves does not leave a spent code behind.

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
    service::{OAuthService, over},
    sign_in_error::SignInError,
    view::{FlowSecrets, ProviderLoginView},
    watch::POLL_INTERVAL,
};
use crate::{
    domain::{Error, Result, audit::AuditContext, provider_logins::LoginEnd},
    engine::EngineLoginStatus,
    providers::Profile,
};

/// How long the engine may take for what it does with a code.
const FINISH_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the account may take to appear after the engine has written its file.
const ADOPTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a sign-in did not become an account.
pub(super) enum CompletionError {
    Provider(SignInError),
    Ours(Error),
}

impl From<SignInError> for CompletionError {
    fn from(fault: SignInError) -> Self {
        Self::Provider(fault)
    }
}

impl From<Error> for CompletionError {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl OAuthService {
    /// Completes a sign-in with the provider's answer.
    pub async fn accept(
        &self,
        context: &AuditContext,
        login: provider_login::Model,
        answer: AuthorizationResponse,
    ) -> Result<ProviderLoginView> {
        if login.status != LoginStatus::Pending {
            return Err(over(&login));
        }
        if login.mode == LoginMode::Device {
            return Err(Error::bad_input(
                "nothing is pasted here: type the code at the provider, and this goes on by itself",
            ));
        }
        if !self.logins.has_state(&login, answer.state.expose_secret()) {
            return Err(Error::bad_input(
                "this address belongs to another sign-in; paste the one that the browser was sent to in this one",
            ));
        }
        let secrets = self.secrets(&login);
        if !self.logins.claim(login.id).await? {
            let now = self.logins.find(login.id).await?;
            return Err(over(&now.unwrap_or(login)));
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
        let outcome = self.redeem(context, &login, answer, secrets).await;
        let account = outcome.map(|account| account.map(|account| account.id));
        let ended = self.conclude(context, &login, account).await?;
        match ended.error {
            Some(error) => Err(Error::Provider(error)),
            None => self.show(ended),
        }
    }

    /// Turns an answer into an account.
    async fn redeem(
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
                let code = consented(&answer)?;
                let mut provider = super::discovery::discovered(&self.http, provider).await?;
                // A restart with another configuration does not change what was begun.
                provider.redirect_url = redirect_url;
                let (state, verifier) = (&answer.state, &verifier.into());
                let tokens =
                    protocol::exchange(&self.http, &provider, code, state, verifier).await?;
                self.keep(context, login, &provider, tokens, None)
                    .await
                    .map(Some)
            }
            Some(FlowSecrets::Engine { state, .. }) => {
                let kind = login.kind;
                let _expected = self.accounts.expect_adoption(login.id, kind, context);
                self.redeem_by_engine(login, &state.into(), &answer).await
            }
            Some(FlowSecrets::Device { .. }) | None => {
                let damaged = anyhow::anyhow!("a sign-in has not what it needs to go on");
                Err(CompletionError::Ours(damaged.into()))
            }
        }
    }

    /// Keeps what a provider gave.
    pub(super) async fn keep(
        &self,
        context: &AuditContext,
        login: &provider_login::Model,
        provider: &OAuthProvider,
        tokens: TokenResponse,
        device_id: Option<String>,
    ) -> std::result::Result<provider_account::Model, CompletionError> {
        let label = login.label.clone();
        if provider.profile == Profile::Github {
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

    async fn redeem_by_engine(
        &self,
        login: &provider_login::Model,
        state: &SecretString,
        answer: &AuthorizationResponse,
    ) -> std::result::Result<Option<provider_account::Model>, CompletionError> {
        let brought = match &answer.outcome {
            AuthorizationOutcome::Code(code) => Ok(code),
            AuthorizationOutcome::Refused(error) => Err(error.as_str()),
        };
        let engine_login = self.provider(login.kind)?.engine_login.unwrap_or_default();
        let delivered = self
            .engine
            .deliver_login(engine_login, state, brought)
            .await;
        delivered.map_err(|error| SignInError::Engine(error.to_string()))?;
        consented(answer)?;
        let deadline = Instant::now() + FINISH_TIMEOUT;
        while Instant::now() < deadline {
            if self.is_done_by_engine(state).await? {
                return self.adopted(login.kind, login.created_at).await;
            }
            sleep(POLL_INTERVAL).await;
        }
        Err(SignInError::TooSlow.into())
    }

    /// Whether the engine has signed in.
    pub(super) async fn is_done_by_engine(
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

    /// The account that appears when the engine's file is found.
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
        // The file exists; the account appears at the next scan.
        found.await.unwrap_or(Ok(None))
    }

    /// Notes how a sign-in ended.
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
            Err(CompletionError::Provider(fault)) => {
                tracing::info!(login.id = %login.id, %fault, "a sign-in at a provider failed");
                LoginEnd::Failed(fault.words(self.provider(login.kind)?))
            }
            Err(CompletionError::Ours(error @ Error::Conflict(_))) => {
                LoginEnd::Failed(error.to_string())
            }
            Err(CompletionError::Ours(error)) => {
                tracing::error!(login.id = %login.id, ?error, "a sign-in could not be kept");
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

fn consented(answer: &AuthorizationResponse) -> std::result::Result<&SecretString, SignInError> {
    match &answer.outcome {
        AuthorizationOutcome::Code(code) => Ok(code),
        AuthorizationOutcome::Refused(error) => Err(SignInError::refused(error)),
    }
}
