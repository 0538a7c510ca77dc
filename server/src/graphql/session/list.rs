//! Sessions: an administrator's sign-ins from their browsers.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::session;

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

/// An administrator's sign-in from one browser.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Session {
    /// The session's id.
    id: ID,
    /// Who signed in.
    admin: Admin,
    /// When the sign-in was.
    created_at: DateTime,
    /// When it was last used, to the minute.
    last_seen_at: DateTime,
    /// When it ends however busy it is.
    expires_at: DateTime,
    /// The address it was begun from.
    client_ip: Option<String>,
    /// What the browser said it was.
    user_agent: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
    /// What the browser sends in `X-CSRF-Token` with each change; null for sessions that do not ask.
    csrf_token: Option<String>,
}

impl Session {
    /// The session of the caller.
    pub(crate) fn own(caller: &AdminSession) -> Self {
        Self::of(caller, caller.session.clone())
    }

    /// Any session of the caller's; the CSRF token only with the one in use.
    fn of(caller: &AdminSession, row: session::Model) -> Self {
        let current = row.id == caller.session.id;
        Self {
            id: row.id.into(),
            admin: caller.admin.clone().into(),
            created_at: row.created_at.into(),
            last_seen_at: row.last_seen_at.into(),
            expires_at: row.expires_at.into(),
            client_ip: row.client_ip,
            user_agent: row.user_agent,
            current,
            csrf_token: current.then(|| caller.csrf_token.clone()),
        }
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
        let session = ctx.service::<Sessions>().revoke(own.admin.id, id).await?;
        let session = Session::of(own, session);
        Ok(RevokeSessionPayload { session })
    }

    /// End all of the caller's sessions but this one.
    #[graphql(guard = "WithSession")]
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> Result<RevokeOtherSessionsPayload> {
        let own = ctx.session()?;
        let sessions = ctx.service::<Sessions>();
        let revoked = sessions
            .revoke_others(own.admin.id, Some(own.session.id))
            .await?;
        let revoked_sessions = int(revoked);
        Ok(RevokeOtherSessionsPayload { revoked_sessions })
    }
}
