//! Waits for a person who types a code at a provider. It ends with the sign-in or with the server; the
//! next server goes on.

use std::time::Duration;

use entity::{
    provider_account,
    provider_login::{self, LoginStatus},
};
use tokio::{sync::broadcast, time::sleep};
use url::Url;
use uuid::Uuid;

use super::{
    begin::device_headers,
    complete::CompletionError,
    protocol::{self, DevicePolling, TokenResponse},
    provider::OAuthProvider,
    service::{OAuthService, heard, is_over},
    sign_in_error::SignInError,
    view::FlowSecrets,
};
use crate::domain::{Error, Result, audit::AuditContext, provider_logins::LoginEnd};

/// A short pause.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// The action of the audit event, as when the mutation of this name completes a sign-in.
pub(super) const COMPLETION: &str = "completeProviderLogin";
const RIGHT_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The result of consent on another device.
enum Brought {
    Tokens(Box<TokenResponse>, Box<OAuthProvider>, Option<String>),
    /// The engine has everything.
    File,
}

impl OAuthService {
    /// Waits in the background.
    pub(super) fn watch(&self, login: provider_login::Model) {
        let service = self.clone();
        self.tasks.spawn(async move {
            let id = login.id;
            if let Err(error) = service.watch_to_the_end(login).await {
                tracing::error!(login.id = %id, ?error, "a sign-in could not be followed");
            }
        });
    }

    async fn watch_to_the_end(&self, login: provider_login::Model) -> Result<()> {
        let changes = self.logins.changes();
        // The mutation that completes it is not called: the device flow ends by itself.
        let starter = self.logins.starter(&login).await?;
        let context = AuditContext::new(starter, None, COMPLETION);
        let is_by_engine = matches!(self.secrets(&login), Some(FlowSecrets::Engine { .. }));
        let _expected = is_by_engine.then(|| {
            self.accounts
                .expect_adoption(login.id, login.kind, &context)
        });
        let brought = tokio::select! {
            () = self.stop.cancelled() => return Ok(()),
            () = self.over(login.id, changes) => return Ok(()),
            () = self.right_ends(&login) => return self.call_off(&login).await,
            brought = self.wait(&login) => brought,
        };
        let outcome = match brought {
            Ok(brought) => {
                if !self.logins.may_complete(&login).await? {
                    return self.call_off(&login).await;
                }
                // A concurrent cancellation takes precedence.
                if !self.logins.claim(login.id).await? {
                    return Ok(());
                }
                Box::pin(self.keep_brought(&context, &login, brought)).await
            }
            Err(SignInError::Expired) => {
                self.logins.end(login.id, LoginEnd::Expired).await?;
                return Ok(());
            }
            Err(fault) => Err(fault.into()),
        };
        let account = outcome.map(|account| account.map(|account| account.id));
        let ended = self.conclude(&context, &login, account).await?;
        match ended.error.clone() {
            Some(error) if ended.status == LoginStatus::Failed => {
                let error = Error::Provider(error);
                self.logins.record_failure(&context, &ended, &error).await
            }
            _ => Ok(()),
        }
    }

    /// Waits until the sign-in is ended elsewhere.
    async fn over(&self, id: Uuid, mut changes: broadcast::Receiver<Uuid>) {
        while heard(&mut changes, id).await {
            let found = self.logins.find(id).await;
            if matches!(found, Ok(Some(login)) if is_over(login.status)) {
                return;
            }
        }
    }

    /// Waits until the starter of the sign-in may not complete it any more.
    async fn right_ends(&self, login: &provider_login::Model) {
        // A database that does not answer ends no right.
        while self.logins.may_complete(login).await.unwrap_or(true) {
            sleep(RIGHT_CHECK_INTERVAL).await;
        }
    }

    /// Ends a sign-in whose starter was disabled, demoted, removed or revoked.
    async fn call_off(&self, login: &provider_login::Model) -> Result<()> {
        let secrets = self.secrets(login);
        let reason = "the administrator or API token that started this sign-in lost the right to do so; start it again".to_owned();
        self.logins.end(login.id, LoginEnd::Failed(reason)).await?;
        self.cancel_at_engine(secrets).await;
        Ok(())
    }

    async fn wait(
        &self,
        login: &provider_login::Model,
    ) -> std::result::Result<Brought, SignInError> {
        match self.secrets(login) {
            Some(FlowSecrets::Device {
                code,
                token_url,
                device_id,
            }) => {
                let provider = self.provider_of(login, token_url)?;
                let wait = DevicePolling {
                    until: login.expires_at,
                    clock: self.clock.clone(),
                };
                let headers = device_headers(&provider, device_id.as_deref());
                let tokens =
                    protocol::wait_for_device(&self.http, &provider, &headers, &code, wait).await?;
                Ok(Brought::Tokens(
                    Box::new(tokens),
                    Box::new(provider),
                    device_id,
                ))
            }
            Some(FlowSecrets::Engine { state, .. }) => {
                let state = state.into();
                while login.expires_at > self.clock.now() {
                    if self.is_done_by_engine(&state).await? {
                        return Ok(Brought::File);
                    }
                    sleep(POLL_INTERVAL).await;
                }
                Err(SignInError::Expired)
            }
            Some(FlowSecrets::Code { .. }) | None => Err(SignInError::Expired),
        }
    }

    fn provider_of(
        &self,
        login: &provider_login::Model,
        token_url: Option<Url>,
    ) -> std::result::Result<OAuthProvider, SignInError> {
        let unknown = |_| SignInError::NotConfigured("sign-in");
        let mut provider = self.provider(login.kind).map_err(unknown)?.clone();
        provider.token_url = token_url.or(provider.token_url);
        Ok(provider)
    }

    async fn keep_brought(
        &self,
        context: &AuditContext,
        login: &provider_login::Model,
        brought: Brought,
    ) -> std::result::Result<Option<provider_account::Model>, CompletionError> {
        match brought {
            Brought::Tokens(tokens, provider, device_id) => self
                .keep(context, login, &provider, *tokens, device_id)
                .await
                .map(Some),
            Brought::File => self.adopted(login.kind, login.created_at).await,
        }
    }
}
