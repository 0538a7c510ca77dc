//! Sessions: an administrator's sign-ins from their browsers.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::{admin, session};

use crate::{
    domain::{
        Viewer,
        sessions::{AdminSession, Sessions},
    },
    graphql::{
        admin::list::Admin,
        resolver::{
            context::ContextExt as _,
            cost::list,
            error::Result,
            guard::{Public, WithSession},
            input,
        },
        types::scalar::{DateTime, int},
    },
};

/// A session, with the CSRF token when it is the caller's own.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    row: session::Model,
    admin: admin::Model,
    csrf_token: Option<String>,
}

impl Session {
    /// The session of the caller.
    pub(crate) fn own(session: &AdminSession) -> Self {
        Self {
            csrf_token: Some(session.csrf_token.clone()),
            ..Self::of(session, session.session.clone())
        }
    }

    /// Any session of the caller's; the token only with the one in use.
    fn of(caller: &AdminSession, session: session::Model) -> Self {
        let current = session.id == caller.session.id;
        Self {
            row: session,
            admin: caller.admin.clone(),
            csrf_token: current.then(|| caller.csrf_token.clone()),
        }
    }
}

/// An administrator's sign-in from one browser.
#[Object]
impl Session {
    /// The session's id.
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// Who signed in.
    async fn admin(&self) -> Admin {
        Admin(self.admin.clone())
    }

    /// When the sign-in was.
    async fn created_at(&self) -> DateTime {
        self.row.created_at.into()
    }

    /// When it was last used, to the minute.
    async fn last_seen_at(&self) -> DateTime {
        self.row.last_seen_at.into()
    }

    /// When it ends however busy it is.
    async fn expires_at(&self) -> DateTime {
        self.row.expires_at.into()
    }

    /// The address it was begun from.
    async fn client_ip(&self) -> Option<&str> {
        self.row.client_ip.as_deref()
    }

    /// What the browser said it was.
    async fn user_agent(&self) -> Option<&str> {
        self.row.user_agent.as_deref()
    }

    /// Whether it is the one that asks.
    async fn current(&self) -> bool {
        self.csrf_token.is_some()
    }

    /// What the browser sends in `X-CSRF-Token` with each change; null for sessions that do not ask.
    async fn csrf_token(&self) -> Option<&str> {
        self.csrf_token.as_deref()
    }
}

/// A session was ended.
#[derive(SimpleObject)]
pub(crate) struct RevokeSessionPayload {
    /// The session, as it was.
    session: Session,
}

/// All sessions but the current one were ended.
#[derive(SimpleObject)]
pub(crate) struct RevokeOtherSessionsPayload {
    /// How many they were.
    revoked_sessions: i32,
}

/// The sessions' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct SessionQuery;

#[Object]
impl SessionQuery {
    /// The session of this browser; null when signed out.
    #[graphql(guard = "Public")]
    async fn session(&self, ctx: &Context<'_>) -> Option<Session> {
        match ctx.viewer() {
            Viewer::Session(session) => Some(Session::own(session)),
            Viewer::Anonymous | Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => None,
        }
    }

    /// The living sessions of the administrator who asks, the latest first.
    #[graphql(guard = "WithSession", complexity = "list(10, child_complexity)")]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        let own = ctx.session()?;
        let sessions = ctx.service::<Sessions>().list(own.admin.id).await?;
        Ok(sessions
            .into_iter()
            .map(|session| Session::of(own, session))
            .collect())
    }
}

/// The sessions' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct SessionMutation;

#[Object]
impl SessionMutation {
    /// End one of the caller's sessions. Its open sockets are closed.
    #[graphql(guard = "WithSession")]
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] id: ID,
    ) -> Result<RevokeSessionPayload> {
        let own = ctx.session()?;
        let id = input::id(&id, "session")?;
        let session = ctx
            .service::<Sessions>()
            .revoke(&ctx.audit(), own.admin.id, id)
            .await?;
        let session = Session::of(own, session);
        Ok(RevokeSessionPayload { session })
    }

    /// End all of the caller's sessions but this one.
    #[graphql(guard = "WithSession")]
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> Result<RevokeOtherSessionsPayload> {
        let own = ctx.session()?;
        let sessions = ctx.service::<Sessions>();
        let revoked = sessions
            .revoke_others(&ctx.audit(), own.admin.id, Some(own.session.id))
            .await?;
        let revoked_sessions = int(revoked);
        Ok(RevokeOtherSessionsPayload { revoked_sessions })
    }
}
