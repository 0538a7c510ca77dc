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
    /// The overrides of the operator.
    pub settings: BTreeMap<ProviderKind, OAuthSettings>,
    /// How browsers reach us.
    pub public_url: Url,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
}

/// Signs in at providers; cheap to clone.
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
            http: Http::new().context("cannot prepare to ask providers")?,
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

    /// Where signed-in accounts can be asked after at no cost, by provider.
    pub fn check_urls(&self) -> BTreeMap<ProviderKind, Url> {
        self.providers.check_urls()
    }

    /// Begins a sign-in.
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
            .create(context, starter, begun.note(label)?)
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

    /// Completes a sign-in with what a person pasted.
    pub async fn complete(
        &self,
        context: &AuditContext,
        starter: Starter,
        id: Uuid,
        pasted: &str,
    ) -> Result<ProviderLoginView> {
        context.about(ProviderLogins::subject_of(id));
        let login = self.own(starter, id).await?;
        let answer = AuthorizationResponse::pasted(pasted)
            .map_err(|why| Error::BadInput(why.to_string()))?;
        self.accept(context, login, answer).await
    }

    /// Calls a sign-in off.
    pub async fn cancel(
        &self,
        context: &AuditContext,
        starter: Starter,
        id: Uuid,
    ) -> Result<ProviderLoginView> {
        context.about(ProviderLogins::subject_of(id));
        let login = self.own(starter, id).await?;
        let secrets = self.secrets(&login);
        let ended = self.logins.cancel(context, id).await?;
        match ended.status {
            LoginStatus::Cancelled => {}
            LoginStatus::Completing => {
                let message = "this sign-in is being completed; wait a moment";
                return Err(Error::Conflict(message.to_owned()));
            }
            LoginStatus::Pending
            | LoginStatus::Succeeded
            | LoginStatus::Failed
            | LoginStatus::Expired => return Err(over(&ended)),
        }
        self.cancel_at_engine(secrets).await;
        self.show(ended)
    }

    /// Makes the engine forget a sign-in that it does for us.
    pub(super) async fn cancel_at_engine(&self, secrets: Option<FlowSecrets>) {
        if let Some(FlowSecrets::Engine { state, .. }) = secrets
            && let Err(error) = self.engine.cancel_login(&state.into()).await
        {
            tracing::debug!(%error, "the engine keeps a sign-in that was called off");
        }
    }

    /// A sign-in of this starter's.
    pub async fn find(&self, starter: Starter, id: Uuid) -> Result<Option<ProviderLoginView>> {
        let found = self.logins.find(id).await?;
        let own = found.filter(|login| login.started_by == starter.id);
        own.map(|login| self.show(login)).transpose()
    }

    /// This starter's sign-ins that wait for an answer.
    pub async fn pending(&self, starter: Starter) -> Result<Vec<ProviderLoginView>> {
        let pending = self.logins.pending(Some(starter.id)).await?;
        pending.into_iter().map(|login| self.show(login)).collect()
    }

    /// The sign-in of an authorization response, whatever browser sends it.
    pub async fn find_answered(
        &self,
        answer: &AuthorizationResponse,
    ) -> Result<Option<provider_login::Model>> {
        self.logins
            .find_by_state(answer.state.expose_secret())
            .await
    }

    /// Completes a sign-in with the answer that a browser brought from the provider, in the name of the
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
        // The provider answers a sign-in once, so this bounds the events.
        if let Err(error @ Error::Provider(_)) = &accepted {
            self.logins.record_failure(&context, &login, error).await?;
        }
        accepted
    }

    /// How a sign-in of this starter's goes on, until it is over.
    pub async fn follow(
        &self,
        starter: Starter,
        id: Uuid,
    ) -> Result<impl Stream<Item = Result<ProviderLoginView>> + use<>> {
        let changes = self.logins.changes();
        self.own(starter, id).await?;
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
                    let goes_on = !is_over(view.login.status);
                    Some((Ok(view), goes_on.then_some(following)))
                }
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        }))
    }

    /// How a sign-in at a provider proceeds; `None` if there is none.
    pub fn mode(&self, kind: ProviderKind) -> Option<LoginMode> {
        self.providers.get(kind).map(OAuthProvider::mode)
    }

    /// A provider that people can sign in at.
    pub(super) fn provider(&self, kind: ProviderKind) -> Result<&OAuthProvider> {
        self.providers.get(kind).ok_or_else(|| {
            Error::bad_input("there is nothing to sign in to at this provider; add an API key")
        })
    }

    /// Copilot, as the operator wants it.
    pub(super) fn copilot(&self) -> Result<Copilot> {
        Ok(Copilot {
            http: self.http.clone(),
            provider: Arc::new(self.provider(ProviderKind::Copilot)?.clone()),
        })
    }

    /// The secrets in progress; none when it has ended.
    pub(super) fn secrets(&self, login: &provider_login::Model) -> Option<FlowSecrets> {
        if login.sealed.is_empty() {
            return None;
        }
        let opened = self.logins.secrets(login);
        opened
            .and_then(|text| FlowSecrets::read(text.expose_secret()))
            .inspect_err(|error| {
                tracing::error!(login.id = %login.id, %error, "cannot open a sign-in");
            })
            .ok()
    }

    pub(super) fn show(&self, login: provider_login::Model) -> Result<ProviderLoginView> {
        let provider = self.provider(login.kind)?;
        let secrets = self.secrets(&login);
        Ok(ProviderLoginView::new(login, secrets.as_ref(), provider))
    }

    async fn own(&self, starter: Starter, id: Uuid) -> Result<provider_login::Model> {
        let missing = Error::NotFound {
            what: "provider login",
        };
        let login = self.logins.find(id).await?.ok_or(missing)?;
        if login.started_by != starter.id {
            return Err(Error::bad_input(
                "this sign-in was started by another administrator; start one of your own",
            ));
        }
        Ok(login)
    }
}

/// Why nothing can be done with a sign-in any more.
pub(super) fn over(login: &provider_login::Model) -> Error {
    let message = match login.status {
        LoginStatus::Pending | LoginStatus::Completing => {
            "this sign-in is being completed already; wait a moment".to_owned()
        }
        LoginStatus::Succeeded => {
            "this sign-in was completed already; start another to add an account".to_owned()
        }
        LoginStatus::Cancelled => "this sign-in was cancelled; start it again".to_owned(),
        LoginStatus::Failed | LoginStatus::Expired => match &login.error {
            Some(error) => format!("this sign-in is over: {error}"),
            None => "this sign-in is over; start it again".to_owned(),
        },
    };
    Error::Conflict(message)
}

pub(super) fn is_over(status: LoginStatus) -> bool {
    match status {
        LoginStatus::Pending | LoginStatus::Completing => false,
        LoginStatus::Succeeded
        | LoginStatus::Failed
        | LoginStatus::Cancelled
        | LoginStatus::Expired => true,
    }
}

/// A subscriber of a sign-in.
struct Following {
    service: OAuthService,
    starter: Starter,
    id: Uuid,
    changes: broadcast::Receiver<Uuid>,
    shown: Option<provider_login::Model>,
}

impl Following {
    /// The next state that was not shown yet.
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
                heard = heard(&mut self.changes, self.id) => if !heard { return Ok(None) },
                // Expiry publishes no event.
                () = sleep(left.to_std().unwrap_or_default() + super::watch::POLL_INTERVAL) => {}
            }
        }
    }
}

/// Waits until a sign-in may have changed; false when nothing will any more.
pub(super) async fn heard(changes: &mut broadcast::Receiver<Uuid>, id: Uuid) -> bool {
    loop {
        match changes.recv().await {
            Ok(other) if other == id => return true,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}
