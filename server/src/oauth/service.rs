//! Starts, completes, cancels and reports sign-ins.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use anyhow::Context as _;
use entity::{
    provider_account::ProviderKind,
    provider_login::{self, LoginMode, LoginStatus},
};
use futures_util::{Stream, stream};
use secrecy::ExposeSecret as _;
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;
use uuid::Uuid;

use super::{
    authorization_response::AuthorizationResponse,
    copilot::Copilot,
    http::Http,
    provider::{OAuthProvider, OAuthProviders},
    token_refresher::TokenRefresher,
    view::{FlowSecrets, ProviderLoginView},
    watch::COMPLETION,
};
use crate::{
    clock::SharedClock,
    config::OAuthSettings,
    domain::{
        Error, Result,
        audit::AuditContext,
        provider_accounts::ProviderAccounts,
        provider_logins::{ProviderLogins, Starter},
    },
    engine::EngineHandle,
};

/// The dependencies of the service.
#[derive(Clone, Debug)]
pub struct OAuthOptions {
    pub logins: ProviderLogins,
    pub accounts: ProviderAccounts,
    pub engine: EngineHandle,
    pub clock: SharedClock,
    /// The operator's overrides of the providers' sign-ins.
    pub settings: BTreeMap<ProviderKind, OAuthSettings>,
    /// The URL at which browsers reach this server.
    pub public_url: Url,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
}

/// The service for sign-ins at providers; cheap to clone.
#[derive(Clone, Debug)]
pub struct OAuthService {
    pub(super) logins: ProviderLogins,
    pub(super) accounts: ProviderAccounts,
    pub(super) engine: EngineHandle,
    pub(super) clock: SharedClock,
    pub(super) http: Http,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    providers: Arc<OAuthProviders>,
}

impl OAuthService {
    /// Starts the service: continues the sign-ins that an earlier process started, and refreshes tokens.
    pub async fn open(options: OAuthOptions) -> anyhow::Result<Self> {
        let providers = OAuthProviders::new(&options.settings, &options.public_url);
        let service = Self {
            logins: options.logins,
            accounts: options.accounts,
            engine: options.engine,
            clock: options.clock,
            http: Http::new().context("cannot create the HTTP client for providers")?,
            tasks: options.tasks,
            stop: options.stop,
            providers: Arc::new(providers),
        };
        service.logins.recover().await?;
        for login in service.logins.pending(None).await? {
            if login.mode == LoginMode::Device {
                service.watch(login);
            }
        }
        service
            .tasks
            .spawn(TokenRefresher::new(service.clone()).run());
        Ok(service)
    }

    /// The addresses at which signed-in accounts can be checked at no cost, by provider.
    pub fn check_urls(&self) -> BTreeMap<ProviderKind, Url> {
        self.providers.check_urls()
    }

    /// Starts a sign-in.
    pub async fn start(
        &self,
        context: &AuditContext,
        starter: Starter,
        kind: ProviderKind,
        label: Option<&str>,
    ) -> Result<ProviderLoginView> {
        let provider = self.provider(kind)?;
        let label = self.logins.check(starter, label).await?;
        let begun = self.begin(provider).await?;
        let login = self
            .logins
            .create(context, starter, begun.new_row(label)?)
            .await?;
        if login.mode == LoginMode::Device {
            self.watch(login.clone());
        }
        Ok(ProviderLoginView::new(
            login,
            Some(&begun.secrets),
            provider,
        ))
    }

    /// Completes a sign-in with the address or code that an administrator pasted.
    pub async fn complete(
        &self,
        context: &AuditContext,
        starter: Starter,
        id: Uuid,
        pasted: &str,
    ) -> Result<ProviderLoginView> {
        context.about(ProviderLogins::subject_of(id));
        let login = self.find_own(starter, id).await?;
        let answer = AuthorizationResponse::pasted(pasted)
            .map_err(|why| Error::BadInput(why.to_string()))?;
        self.accept(context, login, answer).await
    }

    /// Cancels a sign-in. A conflict if it is being completed or has ended.
    pub async fn cancel(
        &self,
        context: &AuditContext,
        starter: Starter,
        id: Uuid,
    ) -> Result<ProviderLoginView> {
        context.about(ProviderLogins::subject_of(id));
        let login = self.find_own(starter, id).await?;
        let secrets = self.secrets(&login);
        let ended = self.logins.cancel(context, id).await?;
        match ended.status {
            LoginStatus::Cancelled => {}
            LoginStatus::Completing => {
                let message = "this sign-in is being completed; wait for its result";
                return Err(Error::Conflict(message.to_owned()));
            }
            LoginStatus::Pending
            | LoginStatus::Succeeded
            | LoginStatus::Failed
            | LoginStatus::Expired => return Err(ended_error(&ended)),
        }
        self.cancel_at_engine(secrets).await;
        self.view(ended)
    }

    /// Cancels the engine's part of a sign-in.
    pub(super) async fn cancel_at_engine(&self, secrets: Option<FlowSecrets>) {
        if let Some(FlowSecrets::Engine { state, .. }) = secrets
            && let Err(error) = self.engine.cancel_login(&state.into()).await
        {
            tracing::debug!(%error, "cannot cancel a sign-in at the engine");
        }
    }

    /// A sign-in; `None` unless `starter` started it.
    pub async fn find(&self, starter: Starter, id: Uuid) -> Result<Option<ProviderLoginView>> {
        let found = self.logins.find(id).await?;
        let own = found.filter(|login| login.started_by == starter.id);
        own.map(|login| self.view(login)).transpose()
    }

    /// The pending sign-ins that `starter` started.
    pub async fn pending(&self, starter: Starter) -> Result<Vec<ProviderLoginView>> {
        let pending = self.logins.pending(Some(starter.id)).await?;
        pending.into_iter().map(|login| self.view(login)).collect()
    }

    /// The sign-in of an authorization response, by its state.
    pub async fn find_answered(
        &self,
        answer: &AuthorizationResponse,
    ) -> Result<Option<provider_login::Model>> {
        self.logins
            .find_by_state(answer.state.expose_secret())
            .await
    }

    /// Completes a sign-in with the response that a browser brought from the provider. The audit events name the
    /// administrator who started it.
    pub async fn accept_from_browser(
        &self,
        address: Option<IpAddr>,
        login: provider_login::Model,
        answer: AuthorizationResponse,
    ) -> Result<ProviderLoginView> {
        let starter = self.logins.starter(&login).await?;
        let address = address.map(|address| address.to_string());
        let context = AuditContext::new(starter, address, COMPLETION);
        let accepted = self.accept(&context, login.clone(), answer).await;
        // A response is accepted once per sign-in, which bounds the events.
        if let Err(error @ Error::Provider(_)) = &accepted {
            self.logins.record_failure(&context, &login, error).await?;
        }
        accepted
    }

    /// The states of a sign-in that `starter` started, until it has ended.
    pub async fn follow(
        &self,
        starter: Starter,
        id: Uuid,
    ) -> Result<impl Stream<Item = Result<ProviderLoginView>> + use<>> {
        let changes = self.logins.changes();
        self.find_own(starter, id).await?;
        let following = Following {
            service: self.clone(),
            starter,
            id,
            changes,
            shown: None,
        };
        Ok(stream::unfold(Some(following), async |following| {
            let mut following = following?;
            match following.next().await {
                Ok(Some(view)) => {
                    let continues = !is_final(view.login.status);
                    Some((Ok(view), continues.then_some(following)))
                }
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        }))
    }

    /// How the authorization response of a provider reaches this server; `None` if accounts have API keys only.
    pub fn mode(&self, kind: ProviderKind) -> Option<LoginMode> {
        self.providers.get(kind).map(OAuthProvider::mode)
    }

    /// A provider that people can sign in at.
    pub(super) fn provider(&self, kind: ProviderKind) -> Result<&OAuthProvider> {
        self.providers
            .get(kind)
            .ok_or_else(|| Error::bad_input("this provider has no sign-in; add an API key"))
    }

    /// The client of Copilot, with the operator's overrides.
    pub(super) fn copilot(&self) -> Result<Copilot> {
        let missing = Error::bad_input("no provider exchanges tokens");
        let (provider, exchange) = self.providers.exchanging().ok_or(missing)?;
        Ok(Copilot {
            http: self.http.clone(),
            provider: Arc::new(provider.clone()),
            exchange,
        })
    }

    /// The secrets of a pending sign-in; `None` after its end, or if they cannot be decrypted.
    pub(super) fn secrets(&self, login: &provider_login::Model) -> Option<FlowSecrets> {
        if login.sealed.is_empty() {
            return None;
        }
        let opened = self.logins.secrets(login);
        opened
            .and_then(|text| FlowSecrets::read(text.expose_secret()))
            .inspect_err(|error| {
                tracing::error!(login.id = %login.id, %error, "cannot decrypt the secrets of a sign-in");
            })
            .ok()
    }

    pub(super) fn view(&self, login: provider_login::Model) -> Result<ProviderLoginView> {
        let provider = self.provider(login.kind)?;
        let secrets = self.secrets(&login);
        Ok(ProviderLoginView::new(login, secrets.as_ref(), provider))
    }

    async fn find_own(&self, starter: Starter, id: Uuid) -> Result<provider_login::Model> {
        let missing = Error::NotFound {
            what: "provider login",
        };
        let login = self.logins.find(id).await?.ok_or(missing)?;
        if login.started_by != starter.id {
            return Err(Error::bad_input(
                "this sign-in was started by another administrator; start your own",
            ));
        }
        Ok(login)
    }
}

/// The conflict of a sign-in that is being completed or has ended.
pub(super) fn ended_error(login: &provider_login::Model) -> Error {
    let message = match login.status {
        LoginStatus::Pending | LoginStatus::Completing => {
            "this sign-in is being completed already; wait for its result".to_owned()
        }
        LoginStatus::Succeeded => {
            "this sign-in was completed already; start a new one to add another account".to_owned()
        }
        LoginStatus::Cancelled => "this sign-in was cancelled; start a new one".to_owned(),
        LoginStatus::Failed | LoginStatus::Expired => match &login.error {
            Some(error) => format!("this sign-in has ended: {error}"),
            None => "this sign-in has ended; start a new one".to_owned(),
        },
    };
    Error::Conflict(message)
}

pub(super) fn is_final(status: LoginStatus) -> bool {
    match status {
        LoginStatus::Pending | LoginStatus::Completing => false,
        LoginStatus::Succeeded
        | LoginStatus::Failed
        | LoginStatus::Cancelled
        | LoginStatus::Expired => true,
    }
}

/// The state of a subscription to a sign-in.
struct Following {
    service: OAuthService,
    starter: Starter,
    id: Uuid,
    changes: broadcast::Receiver<Uuid>,
    shown: Option<provider_login::Model>,
}

impl Following {
    /// The next state that differs from the last one; `None` if the sign-in or the server has ended.
    async fn next(&mut self) -> Result<Option<ProviderLoginView>> {
        loop {
            let Some(view) = self.service.find(self.starter, self.id).await? else {
                return Ok(None);
            };
            if self.shown.as_ref() != Some(&view.login) {
                self.shown = Some(view.login.clone());
                return Ok(Some(view));
            }
            let left = view.login.expires_at - self.service.clock.now();
            tokio::select! {
                may_change = wait_for_change(&mut self.changes, self.id) => {
                    if !may_change {
                        return Ok(None);
                    }
                }
                // Expiry publishes no event.
                () = sleep(left.to_std().unwrap_or_default() + super::watch::POLL_INTERVAL) => {}
            }
        }
    }
}

/// Waits until a sign-in may have changed; false if there will be no more changes.
pub(super) async fn wait_for_change(changes: &mut broadcast::Receiver<Uuid>, id: Uuid) -> bool {
    loop {
        match changes.recv().await {
            Ok(other) if other == id => return true,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}
