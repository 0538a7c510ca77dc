//! Polls the provider of a device sign-in until the person has entered the code there. The task ends with the sign-in
//! or the server; it is started again when the server starts.

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
    service::{OAuthService, is_final, wait_for_change},
    sign_in_error::SignInError,
    view::FlowSecrets,
};
use crate::domain::{Error, Result, audit::AuditContext, provider_logins::LoginEnd};

/// The interval of questions to the engine about a sign-in, and of retries.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// The action of the audit event: the mutation that completes sign-ins with a pasted address.
pub(super) const COMPLETION: &str = "completeProviderLogin";
const PERMISSION_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The result of a device sign-in after the person's consent.
enum DeviceConsent {
    Tokens(Box<TokenResponse>, Box<OAuthProvider>, Option<String>),
    /// The engine has the tokens, and writes its auth file.
    AuthFile,
}

impl OAuthService {
    /// Waits for consent in the background.
    pub(super) fn watch(&self, login: provider_login::Model) {
        let service = self.clone();
        self.tasks.spawn(async move {
            let id = login.id;
            if let Err(error) = service.wait_and_complete(login).await {
                tracing::error!(login.id = %id, ?error, "waiting for consent failed");
            }
        });
    }

    async fn wait_and_complete(&self, login: provider_login::Model) -> Result<()> {
        let changes = self.logins.changes();
        // The device flow completes without a mutation.
        let starter = self.logins.starter(&login).await?;
        let context = AuditContext::new(starter, None, COMPLETION);
        let is_by_engine = matches!(self.secrets(&login), Some(FlowSecrets::Engine { .. }));
        let _expected = is_by_engine.then(|| {
            self.accounts
                .expect_adoption(login.id, login.kind, &context)
        });
        let consent = tokio::select! {
            () = self.stop.cancelled() => return Ok(()),
            () = self.wait_for_end(login.id, changes) => return Ok(()),
            () = self.permission_lost(&login) => return self.fail_not_permitted(&login).await,
            consent = self.wait(&login) => consent,
        };
        let outcome = match consent {
            Ok(consent) => {
                if !self.logins.may_complete(&login).await? {
                    return self.fail_not_permitted(&login).await;
                }
                // A concurrent cancellation takes precedence.
                if !self.logins.claim(login.id).await? {
                    return Ok(());
                }
                Box::pin(self.save_consent(&context, &login, consent)).await
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

    /// Waits until the sign-in has ended otherwise, such as by a cancellation.
    async fn wait_for_end(&self, id: Uuid, mut changes: broadcast::Receiver<Uuid>) {
        while wait_for_change(&mut changes, id).await {
            let found = self.logins.find(id).await;
            if matches!(found, Ok(Some(login)) if is_final(login.status)) {
                return;
            }
        }
    }

    /// Waits until the starter of the sign-in is no longer allowed to complete it.
    async fn permission_lost(&self, login: &provider_login::Model) {
        // A failing query does not end the permission.
        while self.logins.may_complete(login).await.unwrap_or(true) {
            sleep(PERMISSION_CHECK_INTERVAL).await;
        }
    }

    /// Fails a sign-in whose starter was disabled, demoted, removed or revoked.
    async fn fail_not_permitted(&self, login: &provider_login::Model) -> Result<()> {
        let secrets = self.secrets(login);
        let reason = "the administrator or API token that started this sign-in is no longer allowed to do so; start a new one".to_owned();
        self.logins.end(login.id, LoginEnd::Failed(reason)).await?;
        self.cancel_at_engine(secrets).await;
        Ok(())
    }

    async fn wait(
        &self,
        login: &provider_login::Model,
    ) -> std::result::Result<DeviceConsent, SignInError> {
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
                Ok(DeviceConsent::Tokens(
                    Box::new(tokens),
                    Box::new(provider),
                    device_id,
                ))
            }
            Some(FlowSecrets::Engine { state, .. }) => {
                let state = state.into();
                while login.expires_at > self.clock.now() {
                    if self.engine_has_completed(&state).await? {
                        return Ok(DeviceConsent::AuthFile);
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

    async fn save_consent(
        &self,
        context: &AuditContext,
        login: &provider_login::Model,
        consent: DeviceConsent,
    ) -> std::result::Result<Option<provider_account::Model>, CompletionError> {
        match consent {
            DeviceConsent::Tokens(tokens, provider, device_id) => self
                .save_account(context, login, &provider, *tokens, device_id)
                .await
                .map(Some),
            DeviceConsent::AuthFile => self.adopted(login.kind, login.created_at).await,
        }
    }
}
