//! Sign-ins at providers. Only the caller that started a sign-in can see and complete it.

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject, Subscription,
};
use axum::http::header::SET_COOKIE;
use futures_util::{Stream, StreamExt as _};
use uuid::Uuid;

use super::account::ProviderAccount;
use crate::{
    domain::{Error, Viewer, provider_accounts::ProviderAccounts, provider_logins::Starter},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{list, one},
            error::{ResolverError, Result},
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{provider::ProviderKind, scalar::DateTime},
    },
    oauth::{OAuthService, ProviderLoginView},
};

const WHAT: &str = "provider login";

/// How the authorization response reaches this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::provider_login::LoginMode")]
pub(super) enum ProviderLoginMode {
    /// The browser is redirected to this server.
    Redirect,
    /// The person passes the URL of the redirect to `completeProviderLogin`.
    Paste,
    /// Device flow: the person enters the user code at the provider.
    Device,
}

/// The state of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::provider_login::LoginStatus")]
enum ProviderLoginStatus {
    /// Waiting for the person.
    Pending,
    /// Exchanging the code for tokens.
    Completing,
    /// Completed: there is an account.
    Succeeded,
    /// Failed; see `error`.
    Failed,
    /// Cancelled.
    Cancelled,
    /// Not completed in time.
    Expired,
}

/// A sign-in at a provider.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ProviderLogin {
    #[graphql(skip)]
    account_id: Option<Uuid>,
    /// The sign-in's id.
    id: ID,
    /// The provider.
    kind: ProviderKind,
    /// How the authorization response reaches this server.
    mode: ProviderLoginMode,
    /// The state.
    status: ProviderLoginStatus,
    /// The name of the account to create; null for the signed-in person's.
    label: Option<String>,
    /// The URL to open, in the modes `REDIRECT` and `PASTE`; null once finished.
    authorize_url: Option<String>,
    /// The URL to which the provider redirects. In the mode `PASTE` that page does not load: copy its URL
    /// from the address bar.
    redirect_url: Option<String>,
    /// The code to enter at the provider, in the mode `DEVICE`; null once finished.
    user_code: Option<String>,
    /// The URL at which to enter the user code.
    verification_url: Option<String>,
    /// The same URL with the code filled in; null if the provider does not support that.
    verification_url_complete: Option<String>,
    /// The time at which it was started.
    created_at: DateTime,
    /// The time at which it expires.
    expires_at: DateTime,
    /// The time at which it was finished; null while pending.
    finished_at: Option<DateTime>,
    /// Why it failed and what to do; null if it did not fail.
    error: Option<String>,
}

impl From<ProviderLoginView> for ProviderLogin {
    fn from(view: ProviderLoginView) -> Self {
        Self {
            account_id: view.login.account_id,
            id: view.login.id.into(),
            kind: view.login.kind.into(),
            mode: view.login.mode.into(),
            status: view.login.status.into(),
            label: view.login.label,
            authorize_url: view.authorize_url,
            redirect_url: view.redirect_url,
            user_code: view.user_code,
            verification_url: view.verification_url,
            verification_url_complete: view.verification_url_complete,
            created_at: view.login.created_at.into(),
            expires_at: view.login.expires_at.into(),
            finished_at: view.login.finished_at.map(Into::into),
            error: view.login.error,
        }
    }
}

#[ComplexObject]
impl ProviderLogin {
    /// The account that was created; null until then. For sign-ins by the engine it can appear a moment after
    /// the state `SUCCEEDED`.
    #[graphql(complexity = "one(child_complexity)")]
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<ProviderAccount>> {
        let Some(id) = self.account_id else {
            return Ok(None);
        };
        let found = ctx.service::<ProviderAccounts>().find_many(&[id]).await?;
        Ok(found.into_iter().next().map(ProviderAccount::from))
    }
}

/// The sign-in to start.
#[derive(InputObject)]
struct StartProviderLoginInput {
    /// The provider.
    kind: ProviderKind,
    /// The name of the account to create; the signed-in person's when omitted.
    label: Option<String>,
}

/// The result of `startProviderLogin`.
#[derive(SimpleObject)]
struct StartProviderLoginPayload {
    /// The sign-in and what the person has to do.
    login: ProviderLogin,
}

/// The result of `completeProviderLogin`.
#[derive(SimpleObject)]
struct CompleteProviderLoginPayload {
    /// The sign-in and its account.
    login: ProviderLogin,
}

/// The result of `cancelProviderLogin`.
#[derive(SimpleObject)]
struct CancelProviderLoginPayload {
    /// The cancelled sign-in.
    login: ProviderLogin,
}

#[derive(Debug, Default)]
pub(crate) struct ProviderLoginQuery;

#[Object(guard = "Declared")]
impl ProviderLoginQuery {
    /// A sign-in that the caller started; null for those of other callers.
    #[graphql(directive = requires_role::apply(Role::Viewer), complexity = "one(child_complexity)")]
    async fn provider_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sign-in's id.")] id: ID,
    ) -> Result<Option<ProviderLogin>> {
        let Ok(id) = input::id(&id, WHAT) else {
            return Ok(None);
        };
        let found = ctx
            .service::<OAuthService>()
            .find(starter(ctx)?, id)
            .await?;
        Ok(found.map(ProviderLogin::from))
    }

    /// The caller's pending sign-ins, oldest first.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(20, child_complexity)"
    )]
    async fn pending_provider_logins(&self, ctx: &Context<'_>) -> Result<Vec<ProviderLogin>> {
        let pending = ctx.service::<OAuthService>().pending(starter(ctx)?).await?;
        Ok(pending.into_iter().map(ProviderLogin::from).collect())
    }
}

#[derive(Debug, Default)]
pub(crate) struct ProviderLoginMutation;

#[Object(guard = "Declared")]
impl ProviderLoginMutation {
    /// Start a sign-in at a provider. The payload contains what the person has to do.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn start_provider_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sign-in to start.")] input: StartProviderLoginInput,
    ) -> Result<StartProviderLoginPayload> {
        let oauth = ctx.service::<OAuthService>();
        let (kind, label) = (input.kind.into(), input.label.as_deref());
        let view = oauth
            .start(&ctx.audit(), starter(ctx)?, kind, label)
            .await?;
        // The cookie binds the redirect to the browser that started the sign-in. A stream cannot set
        // cookies: callers that start there paste the URL.
        if let (Ok(browser), Some(state)) = (ctx.browser(), view.state()) {
            let cookie = browser.cookies.begin_login(view.login.id, &state);
            ctx.append_http_header(SET_COOKIE, cookie);
        }
        let login = ProviderLogin::from(view);
        Ok(StartProviderLoginPayload { login })
    }

    /// Complete a sign-in with the URL to which the provider redirected: the whole URL, its query, or
    /// `code#state`. It can be used once.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn complete_provider_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sign-in's id.")] id: ID,
        #[graphql(secret, desc = "The copied URL.")] redirect_url: String,
    ) -> Result<CompleteProviderLoginPayload> {
        let id = input::id(&id, WHAT)?;
        let oauth = ctx.service::<OAuthService>();
        let view = oauth
            .complete(&ctx.audit(), starter(ctx)?, id, &redirect_url)
            .await?;
        let login = ProviderLogin::from(view);
        Ok(CompleteProviderLoginPayload { login })
    }

    /// Cancel a sign-in.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn cancel_provider_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sign-in's id.")] id: ID,
    ) -> Result<CancelProviderLoginPayload> {
        let id = input::id(&id, WHAT)?;
        let login = ctx
            .service::<OAuthService>()
            .cancel(&ctx.audit(), starter(ctx)?, id)
            .await?;
        let login = ProviderLogin::from(login);
        Ok(CancelProviderLoginPayload { login })
    }
}

#[derive(Debug, Default)]
pub(crate) struct ProviderLoginSubscription;

#[Subscription(guard = "Declared")]
impl ProviderLoginSubscription {
    /// A sign-in that the caller started: its current state, then each change until it is finished.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn provider_login_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sign-in's id.")] id: ID,
    ) -> Result<impl Stream<Item = Result<ProviderLogin>> + use<>> {
        let id = input::id(&id, WHAT)?;
        let followed = ctx
            .service::<OAuthService>()
            .follow(starter(ctx)?, id)
            .await?;
        Ok(followed.map(|view| view.map(ProviderLogin::from).map_err(ResolverError::from)))
    }
}

/// The caller as the owner of a sign-in.
fn starter(ctx: &Context<'_>) -> Result<Starter> {
    match ctx.viewer() {
        Viewer::Session(session) => Ok(Starter {
            id: session.admin.id,
            session_id: Some(session.session.id),
        }),
        Viewer::ApiToken(token) => Ok(Starter {
            id: token.id,
            session_id: None,
        }),
        Viewer::Anonymous | Viewer::KeyHolder { .. } => Err(Error::Unauthenticated.into()),
    }
}
