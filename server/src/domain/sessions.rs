//! Administrators' sessions: start, look up, expire, end.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    admin,
    session::{self, Entity as Session},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, Condition, ConnectionTrait,
    DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::Expr,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
};
use crate::{
    clock::SharedClock,
    crypto::token::{self, Digester},
    db::Database,
};

/// The kind of subject in the audit.
const SUBJECT: &str = "session";
const ABSOLUTE_LIFE: TimeDelta = TimeDelta::days(7);
const IDLE_LIFE: TimeDelta = TimeDelta::hours(24);
/// The maximum age of `last_seen_at`: updating it at each request would make every query a write.
const SEEN_PRECISION: TimeDelta = TimeDelta::minutes(1);
const CHANGED: Error =
    Error::WrongCredentials("this administrator was changed during the sign-in; sign in again");

#[derive(Clone, Debug)]
pub struct AdminSession {
    pub session: session::Model,
    pub admin: admin::Model,
    /// The token that the browser must send back with mutations; bound to this session.
    pub csrf_token: String,
}

/// A new session. Its cookie is not stored and cannot be shown again.
#[derive(Debug)]
pub struct BegunSession {
    pub session: AdminSession,
    pub cookie: SecretString,
}

/// The origin of a sign-in.
#[derive(Clone, Debug, Default)]
pub struct SessionClient {
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

/// The service for sessions.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Database,
    clock: SharedClock,
    digester: Digester,
    /// Sends the id of each session that ends, so that its sockets are closed.
    ended: broadcast::Sender<Uuid>,
}

impl Sessions {
    pub fn new(db: Database, clock: SharedClock, digester: Digester) -> Self {
        let (ended, _) = broadcast::channel(64);
        Self {
            db,
            clock,
            digester,
            ended,
        }
    }

    /// Starts a session for an administrator whose password was verified. Verification takes a while, so the
    /// transaction fails if the administrator was disabled, removed or changed since.
    pub async fn begin(
        &self,
        context: &AuditContext,
        admin: admin::Model,
        client: SessionClient,
    ) -> Result<BegunSession> {
        let cookie = token::generate("");
        let now = self.clock.now();
        let session = session::ActiveModel {
            id: Set(Uuid::now_v7()),
            admin_id: Set(admin.id),
            digest: Set(self.digester.digest(cookie.as_bytes()).to_vec()),
            created_at: Set(now),
            last_seen_at: Set(now),
            expires_at: Set(now + ABSOLUTE_LIFE),
            client_ip: Set(client.ip),
            user_agent: Set(client.user_agent),
        };
        let transaction = self.db.begin().await?;
        let admin = unchanged(&transaction, &admin).await?.ok_or(CHANGED)?;
        let session = session.insert(&transaction).await?;
        admin::Entity::update_many()
            .col_expr(admin::Column::SignedInAt, Expr::value(now))
            .filter(admin::Column::Id.eq(admin.id))
            .exec(&transaction)
            .await?;
        let begun = AuditChange::created(subject(&session), audited(&session));
        let context = &context.authenticated((&admin).into());
        audit::record(&transaction, &self.clock, context, begun).await?;
        transaction.commit().await?;
        self.forget_expired(now).await?;
        Ok(BegunSession {
            session: self.with_csrf(session, admin),
            cookie: SecretString::from(cookie.as_str()),
        })
    }

    /// The active session with this cookie, and its administrator.
    pub async fn find(&self, cookie: &str) -> Result<Option<AdminSession>> {
        let digest = self.digester.digest(cookie.as_bytes());
        let found = Session::find()
            .filter(session::Column::Digest.eq(digest.as_slice()))
            .find_also_related(admin::Entity)
            .one(self.db.reader())
            .await?;
        let Some((session, Some(admin))) = found else {
            return Ok(None);
        };
        let now = self.clock.now();
        if !admin.enabled || is_over(&session, now) {
            return Ok(None);
        }
        if now - session.last_seen_at > SEEN_PRECISION {
            self.touch(session.id, now).await?;
        }
        Ok(Some(self.with_csrf(session, admin)))
    }

    /// Whether a session is active. Does not update `last_seen_at`.
    pub async fn is_active(&self, id: Uuid) -> Result<bool> {
        Ok(self.active(self.db.reader(), id).await?.is_some())
    }

    /// The administrator of an active session, if none of the credentials of its sign-in changed since the session was
    /// looked up. For use after verifying a password, which takes a while; in a transaction the row stays locked until
    /// the end.
    pub(super) async fn require_unchanged(
        &self,
        connection: &impl ConnectionTrait,
        own: &AdminSession,
    ) -> Result<admin::Model> {
        if self.active(connection, own.session.id).await?.is_none() {
            return Err(Error::Unauthenticated);
        }
        let admin = unchanged(connection, &own.admin).await?;
        admin.ok_or(Error::Unauthenticated)
    }

    async fn active(
        &self,
        connection: &impl ConnectionTrait,
        id: Uuid,
    ) -> Result<Option<session::Model>> {
        let found = Session::find_by_id(id)
            .find_also_related(admin::Entity)
            .one(connection)
            .await?;
        Ok(found.and_then(|(session, admin)| {
            let is_active = admin?.enabled && !is_over(&session, self.clock.now());
            is_active.then_some(session)
        }))
    }

    /// The client addresses of active sessions.
    pub async fn client_addresses(&self) -> Result<Vec<IpAddr>> {
        let now = self.clock.now();
        let sessions = Session::find().all(self.db.reader()).await?.into_iter();
        let active = sessions.filter(|session| !is_over(session, now));
        Ok(active
            .filter_map(|session| session.client_ip?.parse().ok())
            .collect())
    }

    /// The active sessions of an administrator, newest first.
    pub async fn list(&self, admin_id: Uuid) -> Result<Vec<session::Model>> {
        let now = self.clock.now();
        let sessions = Session::find()
            .filter(session::Column::AdminId.eq(admin_id))
            .order_by_desc(session::Column::LastSeenAt)
            .all(self.db.reader())
            .await?;
        Ok(sessions
            .into_iter()
            .filter(|session| !is_over(session, now))
            .collect())
    }

    pub async fn revoke(
        &self,
        context: &AuditContext,
        admin_id: Uuid,
        id: Uuid,
    ) -> Result<session::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let session = Session::find_by_id(id)
            .filter(session::Column::AdminId.eq(admin_id))
            .one(&transaction)
            .await?
            .ok_or(Error::NotFound { what: "session" })?;
        self.delete(context, &transaction, &session).await?;
        transaction.commit().await?;
        let _ = self.ended.send(id);
        Ok(session)
    }

    /// Ends all sessions of an administrator but one. Returns how many.
    pub async fn revoke_others(
        &self,
        context: &AuditContext,
        admin_id: Uuid,
        kept: Option<Uuid>,
    ) -> Result<usize> {
        let transaction = self.db.begin().await?;
        let ended = self
            .delete_others(context, &transaction, admin_id, kept)
            .await?;
        if !context.is_recorded() {
            let none = AuditChange::done(Some(json!({ "sessions": 0 })));
            audit::record(&transaction, &self.clock, context, none).await?;
        }
        transaction.commit().await?;
        self.announce_end(&ended);
        Ok(ended.len())
    }

    /// Deletes sessions in the transaction of the change that ends them. Call [`Self::announce_end`] after the commit.
    pub(super) async fn delete_others(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        admin_id: Uuid,
        kept: Option<Uuid>,
    ) -> Result<Vec<session::Model>> {
        let sessions = Session::find().filter(session::Column::AdminId.eq(admin_id));
        let mut ended = sessions.all(transaction).await?;
        ended.retain(|session| Some(session.id) != kept);
        for session in &ended {
            self.delete(context, transaction, session).await?;
        }
        let now = self.clock.now();
        ended.retain(|session| !is_over(session, now));
        Ok(ended)
    }

    /// Closes the sockets of sessions that have ended.
    pub(super) fn announce_end(&self, ended: &[session::Model]) {
        for session in ended {
            let _ = self.ended.send(session.id);
        }
    }

    async fn delete(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        session: &session::Model,
    ) -> Result<()> {
        Session::delete_by_id(session.id).exec(transaction).await?;
        let ended = AuditChange::removed(subject(session), audited(session));
        audit::record(transaction, &self.clock, context, ended).await
    }

    /// The ids of sessions that end from now on.
    pub fn ended(&self) -> broadcast::Receiver<Uuid> {
        self.ended.subscribe()
    }

    /// Compares in constant time.
    pub fn csrf_matches(session: &AdminSession, presented: Option<&str>) -> bool {
        presented.is_some_and(|presented| {
            session
                .csrf_token
                .as_bytes()
                .ct_eq(presented.as_bytes())
                .into()
        })
    }

    fn with_csrf(&self, session: session::Model, admin: admin::Model) -> AdminSession {
        let seed = [b"csrf:".as_slice(), session.id.as_bytes(), &session.digest].concat();
        AdminSession {
            csrf_token: hex::encode(self.digester.digest(&seed)),
            session,
            admin,
        }
    }

    async fn touch(&self, id: Uuid, now: DateTime<Utc>) -> Result<()> {
        Session::update_many()
            .col_expr(session::Column::LastSeenAt, Expr::value(now))
            .filter(session::Column::Id.eq(id))
            .exec(self.db.writer())
            .await?;
        Ok(())
    }

    async fn forget_expired(&self, now: DateTime<Utc>) -> Result<()> {
        let over = Condition::any()
            .add(session::Column::ExpiresAt.lt(now))
            .add(session::Column::LastSeenAt.lt(now - IDLE_LIFE));
        Session::delete_many()
            .filter(over)
            .exec(self.db.writer())
            .await?;
        Ok(())
    }
}

/// The current row of the administrator, locked; `None` if they may not sign in any more or their credentials changed.
async fn unchanged(
    connection: &impl ConnectionTrait,
    admin: &admin::Model,
) -> Result<Option<admin::Model>> {
    let current = admin::Entity::find_by_id(admin.id)
        .lock_exclusive()
        .one(connection)
        .await?;
    Ok(current.filter(|current| {
        current.enabled
            && current.role == admin.role
            && current.password_hash == admin.password_hash
            && current.totp_confirmed_at == admin.totp_confirmed_at
    }))
}

fn subject(session: &session::Model) -> AuditSubject {
    AuditSubject::new(SUBJECT, &session.id)
}

/// The fields of a session, for the audit.
fn audited(session: &session::Model) -> Value {
    json!({
        "adminId": session.admin_id,
        "createdAt": session.created_at,
        "expiresAt": session.expires_at,
        "clientIp": session.client_ip,
        "userAgent": session.user_agent,
    })
}

fn is_over(session: &session::Model, now: DateTime<Utc>) -> bool {
    session.expires_at <= now || session.last_seen_at + IDLE_LIFE <= now
}
