//! Sessions of administrators.

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
            guard::{Declared, Public},
            input,
            role::requires_session,
        },
        types::scalar::{DateTime, int},
    },
};

/// A session of an administrator in one browser.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Session {
    /// The session's id.
    id: ID,
    /// The administrator.
    admin: Admin,
    /// The time of the sign-in.
    created_at: DateTime,
    /// The time of the last use, to the minute.
    last_seen_at: DateTime,
    /// The time at which it expires, regardless of its use.
    expires_at: DateTime,
    /// The IP address of the sign-in; null if unknown.
    client_ip: Option<String>,
    /// The browser's `User-Agent`; null if it sent none.
    user_agent: Option<String>,
    /// Whether this is the caller's current session.
    current: bool,
    /// The value to send as `X-CSRF-Token` with each mutation; null except for the current session.
    csrf_token: Option<String>,
}

impl Session {
    /// The session of the caller.
    pub(crate) fn own(caller: &AdminSession) -> Self {
        Self::of(caller, caller.session.clone())
    }

    /// Any session of the caller, with the CSRF token if it is the current one.
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

/// The result of `revokeSession`.
#[derive(SimpleObject)]
pub(crate) struct RevokeSessionPayload {
    /// The revoked session.
    session: Session,
}

/// The result of `revokeOtherSessions`.
#[derive(SimpleObject)]
pub(crate) struct RevokeOtherSessionsPayload {
    /// The number of revoked sessions.
    revoked_sessions: i32,
}

#[derive(Debug, Default)]
pub(crate) struct SessionQuery;

#[Object(guard = "Declared")]
impl SessionQuery {
    /// The caller's current session; null for callers without one.
    #[graphql(guard = "Public")]
    async fn session(&self, ctx: &Context<'_>) -> Option<Session> {
        match ctx.viewer() {
            Viewer::Session(session) => Some(Session::own(session)),
            Viewer::Anonymous | Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => None,
        }
    }

    /// The caller's active sessions, newest first.
    #[graphql(directive = requires_session::apply(), complexity = "list(10, child_complexity)")]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        let own = ctx.session()?;
        let sessions = ctx.service::<Sessions>().list(own.admin.id).await?;
        Ok(sessions
            .into_iter()
            .map(|session| Session::of(own, session))
            .collect())
    }
}

#[derive(Debug, Default)]
pub(crate) struct SessionMutation;

#[Object(guard = "Declared")]
impl SessionMutation {
    /// Revoke one of the caller's sessions and close its open sockets.
    #[graphql(directive = requires_session::apply())]
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session's id.")] id: ID,
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

    /// Revoke all sessions of the caller except the current one.
    #[graphql(directive = requires_session::apply())]
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
