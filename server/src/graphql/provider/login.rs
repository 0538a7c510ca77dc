//! Signing in at providers. Whoever begins a sign-in is the only one who sees and completes it.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject, Subscription};
use axum::http::header::SET_COOKIE;
use entity::admin::Role;
use futures_util::{Stream, StreamExt as _};

use super::account::{ProviderAccount, ProviderKind};
use crate::{
    domain::{Error, Viewer, provider_accounts::ProviderAccounts, provider_logins::Starter},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{list, one},
            error::{ResolverError, Result},
            guard::AtLeast,
            input,
        },
        types::scalar::DateTime,
    },
    oauth::{OAuthService, ProviderLoginView},
};

const WHAT: &str = "provider login";

/// How the provider's answer comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::provider_login::LoginMode")]
enum ProviderLoginMode {
    /// The browser brings it to this server by itself.
    Redirect,
    /// Paste the address to which the browser was sent into `completeProviderLogin`.
    Paste,
    /// Type the user code at the provider; the rest goes by itself.
    Device,
}

/// How far a sign-in is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::provider_login::LoginStatus")]
enum ProviderLoginStatus {
    /// It waits for a person.
    Pending,
    /// The answer is being turned into tokens.
    Completing,
    /// There is an account.
    Succeeded,
    /// It went wrong, as `error` tells.
    Failed,
    /// It was called off.
    Cancelled,
    /// Nobody answered in time.
    Expired,
}

/// A sign-in.
#[derive(Clone, Debug)]
struct ProviderLogin(ProviderLoginView);

/// A sign-in at a provider.
#[Object]
impl ProviderLogin {
    /// The sign-in's id.
    async fn id(&self) -> ID {
        self.0.login.id.into()
    }

    /// At which provider it is.
    async fn kind(&self) -> ProviderKind {
        self.0.login.kind.into()
    }

    /// How the answer comes back.
    async fn mode(&self) -> ProviderLoginMode {
        self.0.login.mode.into()
    }

    /// How far it is.
    async fn status(&self) -> ProviderLoginStatus {
        self.0.login.status.into()
    }

    /// What the account shall be called.
    async fn label(&self) -> Option<&str> {
        self.0.login.label.as_deref()
    }

    /// Where to consent, in the modes `REDIRECT` and `PASTE`; null once it is over.
    async fn authorize_url(&self) -> Option<&str> {
        self.0.authorize_url.as_deref()
    }

    /// Where the browser is sent after that. In the mode `PASTE` the page does not load, and its address
    /// is what to paste.
    async fn redirect_url(&self) -> Option<&str> {
        self.0.redirect_url.as_deref()
    }

    /// What to type at the provider, in the mode `DEVICE`; null once it is over.
    async fn user_code(&self) -> Option<&str> {
        self.0.user_code.as_deref()
    }

    /// Where to type it.
    async fn verification_url(&self) -> Option<&str> {
        self.0.verification_url.as_deref()
    }

    /// The same with the code filled in, where the provider can do that.
    async fn verification_url_complete(&self) -> Option<&str> {
        self.0.verification_url_complete.as_deref()
    }

    /// When it was begun.
    async fn created_at(&self) -> DateTime {
        self.0.login.created_at.into()
    }

    /// Until when it waits.
    async fn expires_at(&self) -> DateTime {
        self.0.login.expires_at.into()
    }

    /// When it was over.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.login.finished_at.map(Into::into)
    }

    /// The account that came of it. The engine's own sign-ins may take a moment longer to show theirs.
    #[graphql(complexity = "one(child_complexity)")]
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<ProviderAccount>> {
        let Some(id) = self.0.login.account_id else {
            return Ok(None);
        };
        let found = ctx.service::<ProviderAccounts>().find_many(&[id]).await?;
        Ok(found.into_iter().next().map(ProviderAccount))
    }

    /// Why it failed and what helps, in words.
    async fn error(&self) -> Option<&str> {
        self.0.login.error.as_deref()
    }
}

/// What to sign in to.
#[derive(InputObject)]
struct StartProviderLoginInput {
    /// At which provider.
    kind: ProviderKind,
    /// What the account shall be called; who is signed in, when left out.
    label: Option<String>,
}

/// A sign-in was begun.
#[derive(SimpleObject)]
struct StartProviderLoginPayload {
    /// The sign-in, with what a person has to do.
    login: ProviderLogin,
}

/// A sign-in was completed.
#[derive(SimpleObject)]
struct CompleteProviderLoginPayload {
    /// The sign-in, with its account.
    login: ProviderLogin,
}

/// A sign-in was called off.
#[derive(SimpleObject)]
struct CancelProviderLoginPayload {
    /// The sign-in, as it is now.
    login: ProviderLogin,
}

/// The sign-ins' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ProviderLoginQuery;

#[Object]
impl ProviderLoginQuery {
    /// A sign-in that the caller began; null for those of others.
    #[graphql(guard = "AtLeast(Role::Viewer)", complexity = "one(child_complexity)")]
    async fn provider_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sign-in.")] id: ID,
    ) -> Result<Option<ProviderLogin>> {
        let Ok(id) = input::id(&id, WHAT) else {
            return Ok(None);
        };
        let found = ctx
            .service::<OAuthService>()
            .find(starter(ctx)?, id)
            .await?;
        Ok(found.map(ProviderLogin))
    }

    /// The sign-ins that the caller began and that still wait, oldest first.
    #[graphql(
        guard = "AtLeast(Role::Viewer)",
        complexity = "list(20, child_complexity)"
    )]
    async fn pending_provider_logins(&self, ctx: &Context<'_>) -> Result<Vec<ProviderLogin>> {
        let pending = ctx.service::<OAuthService>().pending(starter(ctx)?).await?;
        Ok(pending.into_iter().map(ProviderLogin).collect())
    }
}

/// The sign-ins' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct ProviderLoginMutation;

#[Object]
impl ProviderLoginMutation {
    /// Begin to sign in at a provider. The answer says what a person has to do.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn start_provider_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to sign in to.")] input: StartProviderLoginInput,
    ) -> Result<StartProviderLoginPayload> {
        let oauth = ctx.service::<OAuthService>();
        let (kind, label) = (input.kind.into(), input.label.as_deref());
        let view = oauth
            .start(&ctx.audit(), starter(ctx)?, kind, label)
            .await?;
        // The browser that comes back from the provider must be the one that left. A stream cannot set
        // cookies; who begins there pastes.
        if let (Ok(browser), Some(state)) = (ctx.browser(), view.state()) {
            let cookie = browser.cookies.begin_login(view.login.id, &state);
            ctx.append_http_header(SET_COOKIE, cookie);
        }
        let login = ProviderLogin(view);
        Ok(StartProviderLoginPayload { login })
    }

    /// Complete a sign-in with the address to which the browser was sent after consent: the whole
    /// address, its query, or `code#state`. It works once.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn complete_provider_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sign-in.")] id: ID,
        #[graphql(secret, desc = "The address, as it was copied.")] redirect_url: String,
    ) -> Result<CompleteProviderLoginPayload> {
        let id = input::id(&id, WHAT)?;
        let oauth = ctx.service::<OAuthService>();
        let view = oauth
            .complete(&ctx.audit(), starter(ctx)?, id, &redirect_url)
            .await?;
        let login = ProviderLogin(view);
        Ok(CompleteProviderLoginPayload { login })
    }

    /// Call a sign-in off.
    #[graphql(guard = "AtLeast(Role::Admin)")]
    async fn cancel_provider_login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sign-in.")] id: ID,
    ) -> Result<CancelProviderLoginPayload> {
        let id = input::id(&id, WHAT)?;
        let login = ctx
            .service::<OAuthService>()
            .cancel(&ctx.audit(), starter(ctx)?, id)
            .await?;
        let login = ProviderLogin(login);
        Ok(CancelProviderLoginPayload { login })
    }
}

/// The sign-ins' part of what can be followed.
#[derive(Debug, Default)]
pub(crate) struct ProviderLoginSubscription;

#[Subscription]
impl ProviderLoginSubscription {
    /// A sign-in that the caller began: now, and after each change until it is over.
    #[graphql(guard = "AtLeast(Role::Viewer)")]
    async fn provider_login_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sign-in.")] id: ID,
    ) -> Result<impl Stream<Item = Result<ProviderLogin>> + use<>> {
        let id = input::id(&id, WHAT)?;
        let followed = ctx
            .service::<OAuthService>()
            .follow(starter(ctx)?, id)
            .await?;
        Ok(followed.map(|view| view.map(ProviderLogin).map_err(ResolverError::from)))
    }
}

/// Who asks, as the one who begins a sign-in.
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
