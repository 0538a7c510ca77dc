//! The state of sign-ins at providers: the starter, the status, and that exactly one response completes each.
//! Independent of the protocols of providers.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    admin::{Entity as Admin, Role},
    api_token::Entity as ApiToken,
    provider_account::ProviderKind,
    provider_login::{self, Entity as ProviderLogin, LoginMode, LoginStatus},
    replica,
};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _,
    sea_query::{Expr, Query},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::broadcast;
use uuid::Uuid;

use super::{
    Error, Result,
    audit::{self, Actor, AuditChange, AuditContext, AuditSubject},
    text,
};
use crate::{
    clock::SharedClock,
    crypto::{token::Digester, vault::Vault},
    db::Database,
};

/// Pending sign-ins of one administrator.
const MAX_PENDING: u64 = 20;
/// How long a sign-in that has ended can be queried.
const REMEMBERED: TimeDelta = TimeDelta::days(1);
/// The kind of subject in the audit.
const SUBJECT: &str = "providerLogin";
const TIME_RAN_OUT: &str = "the sign-in has expired; start it again";

/// The caller that starts a sign-in and may complete it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starter {
    /// An administrator, or an API token.
    pub id: Uuid,
    /// The browser session of an administrator.
    pub session_id: Option<Uuid>,
}

/// The data of a new sign-in.
#[derive(Debug)]
pub struct NewProviderLogin {
    pub kind: ProviderKind,
    pub mode: LoginMode,
    pub label: Option<String>,
    /// The state that the provider returns; stored as a digest.
    pub state: Option<SecretString>,
    /// The data for completing the sign-in; stored encrypted.
    pub secrets: SecretString,
    pub expires_at: DateTime<Utc>,
}

/// The result of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginEnd {
    /// With the account, if it is known already.
    Succeeded(Option<Uuid>),
    /// With the reason, for the administrator.
    Failed(String),
    Cancelled,
    Expired,
}

/// The service for sign-ins at providers.
#[derive(Clone, Debug)]
pub struct ProviderLogins {
    db: Database,
    clock: SharedClock,
    digester: Digester,
    vault: Arc<Vault>,
    changes: broadcast::Sender<Uuid>,
}

impl ProviderLogins {
    pub fn new(db: Database, clock: SharedClock, digester: Digester, vault: Arc<Vault>) -> Self {
        let (changes, _) = broadcast::channel(64);
        Self {
            db,
            clock,
            digester,
            vault,
            changes,
        }
    }

    /// The ids of sign-ins that changed.
    pub fn changes(&self) -> broadcast::Receiver<Uuid> {
        self.changes.subscribe()
    }

    /// Validates a new sign-in before the provider is contacted.
    pub async fn check(&self, starter: Starter, label: Option<&str>) -> Result<Option<String>> {
        let label = text::optional("label", label, 100)?;
        self.remove_ended().await?;
        let pending = ProviderLogin::find()
            .filter(provider_login::Column::StartedBy.eq(starter.id))
            .filter(provider_login::Column::Status.eq(LoginStatus::Pending))
            .count(self.db.reader())
            .await?;
        if pending >= MAX_PENDING {
            return Err(Error::Conflict(format!(
                "{MAX_PENDING} sign-ins are pending; complete or cancel some first"
            )));
        }
        Ok(label)
    }

    /// Stores a pending sign-in.
    pub async fn create(
        &self,
        context: &AuditContext,
        starter: Starter,
        new: NewProviderLogin,
    ) -> Result<provider_login::Model> {
        let id = Uuid::now_v7();
        let digest = new
            .state
            .map(|state| self.digest(state.expose_secret()).to_vec());
        let login = provider_login::ActiveModel {
            id: Set(id),
            kind: Set(new.kind),
            mode: Set(new.mode),
            status: Set(LoginStatus::Pending),
            started_by: Set(starter.id),
            session_id: Set(starter.session_id),
            label: Set(new.label),
            state_digest: Set(digest),
            sealed: Set(self
                .vault
                .seal(&owner(id), new.secrets.expose_secret().as_bytes())?),
            account_id: Set(None),
            error: Set(None),
            created_at: Set(self.clock.now()),
            expires_at: Set(new.expires_at),
            finished_at: Set(None),
            incarnation: Set(None),
        };
        let transaction = self.db.begin().await?;
        let login = login.insert(&transaction).await?;
        let created = AuditChange::created(subject(&login), audited(&login));
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        Ok(login)
    }

    /// The sign-in; it is expired if its time is over.
    pub async fn find(&self, id: Uuid) -> Result<Option<provider_login::Model>> {
        let found = ProviderLogin::find_by_id(id).one(self.db.reader()).await?;
        match found {
            Some(login) if self.is_late(&login) => Ok(Some(self.end(id, LoginEnd::Expired).await?)),
            found => Ok(found),
        }
    }

    /// The sign-in with this state, pending or not.
    pub async fn find_by_state(&self, state: &str) -> Result<Option<provider_login::Model>> {
        let digest = self.digest(state);
        let found = ProviderLogin::find()
            .filter(provider_login::Column::StateDigest.eq(digest.as_slice()))
            .one(self.db.reader())
            .await?;
        match found {
            Some(login) => self.find(login.id).await,
            None => Ok(None),
        }
    }

    /// The pending sign-ins of one starter, or of all.
    pub async fn pending(&self, starter: Option<Uuid>) -> Result<Vec<provider_login::Model>> {
        self.remove_ended().await?;
        let mut pending = ProviderLogin::find()
            .filter(provider_login::Column::Status.eq(LoginStatus::Pending))
            .order_by_asc(provider_login::Column::CreatedAt);
        if let Some(starter) = starter {
            pending = pending.filter(provider_login::Column::StartedBy.eq(starter));
        }
        Ok(pending.all(self.db.reader()).await?)
    }

    /// Whether a sign-in was started with this state.
    pub fn has_state(&self, login: &provider_login::Model, state: &str) -> bool {
        // The digests are keyed, so the timing of the comparison reveals nothing about the state.
        login.state_digest.as_deref() == Some(&self.digest(state)[..])
    }

    /// Decrypts the data for completing the sign-in.
    pub fn secrets(&self, login: &provider_login::Model) -> Result<SecretString> {
        let opened = self.vault.open(&owner(login.id), &login.sealed)?;
        let text = std::str::from_utf8(&opened).map_err(anyhow::Error::from)?;
        Ok(text.into())
    }

    /// Marks a pending sign-in as being completed. Of concurrent callers, exactly one gets `true`.
    pub async fn claim(&self, id: Uuid) -> Result<bool> {
        let claimed = ProviderLogin::update_many()
            .col_expr(
                provider_login::Column::Status,
                Expr::value(LoginStatus::Completing),
            )
            .col_expr(
                provider_login::Column::Incarnation,
                Expr::value(Some(self.db.incarnation())),
            )
            .filter(provider_login::Column::Id.eq(id))
            .filter(provider_login::Column::Status.eq(LoginStatus::Pending))
            .filter(provider_login::Column::ExpiresAt.gt(self.clock.now()))
            .exec(self.db.writer())
            .await?;
        if claimed.rows_affected == 1 {
            let _ = self.changes.send(id);
        }
        Ok(claimed.rows_affected == 1)
    }

    /// Whether the starter of a sign-in may still complete it: an enabled administrator or a valid API token, with at
    /// least the role ADMIN.
    pub async fn may_complete(&self, login: &provider_login::Model) -> Result<bool> {
        let reader = self.db.reader();
        let id = login.started_by;
        if let Some(admin) = Admin::find_by_id(id).one(reader).await? {
            return Ok(admin.enabled && admin.role >= Role::Admin);
        }
        let token = ApiToken::find_by_id(id).one(reader).await?;
        let now = self.clock.now();
        Ok(token.is_some_and(|token| {
            token.revoked_at.is_none()
                && token.expires_at.is_none_or(|end| end > now)
                && token.role >= Role::Admin
        }))
    }

    /// Ends a pending sign-in at the request of an actor. A finished sign-in stays as it is.
    pub async fn cancel(&self, context: &AuditContext, id: Uuid) -> Result<provider_login::Model> {
        context.about(Self::subject_of(id));
        let transaction = self.db.begin().await?;
        let (ended, has_changed) = self
            .write_end(&transaction, id, LoginEnd::Cancelled)
            .await?;
        if ended.status == LoginStatus::Cancelled {
            let cancelled = AuditChange::removed(subject(&ended), audited(&ended));
            audit::record(&transaction, &self.clock, context, cancelled).await?;
        }
        transaction.commit().await?;
        if has_changed {
            let _ = self.changes.send(id);
        }
        Ok(ended)
    }

    /// Records that a sign-in succeeded, unless the event of its account was recorded with this context.
    pub async fn record_success(
        &self,
        context: &AuditContext,
        login: &provider_login::Model,
    ) -> Result<()> {
        if context.is_recorded() {
            return Ok(());
        }
        let done = AuditChange::done(Some(json!({ "accountId": login.account_id })));
        let done = done.about(Some(subject(login)));
        audit::note(&self.db, &self.clock, context, done).await
    }

    /// Records that a sign-in failed after the provider's answer. The face of a mutation does this for mutations.
    pub async fn record_failure(
        &self,
        context: &AuditContext,
        login: &provider_login::Model,
        error: &Error,
    ) -> Result<()> {
        let failed = AuditChange::failed(None, error.code()).about(Some(subject(login)));
        audit::note(&self.db, &self.clock, context, failed).await
    }

    /// A sign-in as the subject of an audit event.
    pub fn subject_of(id: Uuid) -> AuditSubject {
        AuditSubject::new(SUBJECT, &id)
    }

    /// The administrator or API token that started a sign-in, as an actor.
    pub async fn starter(&self, login: &provider_login::Model) -> Result<Actor> {
        let (reader, id) = (self.db.reader(), login.started_by);
        if let Some(admin) = Admin::find_by_id(id).one(reader).await? {
            return Ok((&admin).into());
        }
        let token = ApiToken::find_by_id(id).one(reader).await?;
        Ok(token.as_ref().map_or_else(Actor::system, Into::into))
    }

    /// Ends a sign-in and deletes its secrets. Does not change one that has ended.
    pub async fn end(&self, id: Uuid, end: LoginEnd) -> Result<provider_login::Model> {
        let (login, has_changed) = self.write_end(self.db.writer(), id, end).await?;
        if has_changed {
            let _ = self.changes.send(id);
        }
        Ok(login)
    }

    /// Returns the sign-in, and whether this ended it.
    async fn write_end(
        &self,
        connection: &impl ConnectionTrait,
        id: Uuid,
        end: LoginEnd,
    ) -> Result<(provider_login::Model, bool)> {
        let from = match end {
            // A sign-in that is being completed can neither expire nor be cancelled.
            LoginEnd::Cancelled | LoginEnd::Expired => vec![LoginStatus::Pending],
            LoginEnd::Succeeded(_) | LoginEnd::Failed(_) => {
                vec![LoginStatus::Pending, LoginStatus::Completing]
            }
        };
        let (status, account_id, error) = match end {
            LoginEnd::Succeeded(account) => (LoginStatus::Succeeded, account, None),
            LoginEnd::Failed(reason) => (LoginStatus::Failed, None, Some(reason)),
            LoginEnd::Cancelled => (LoginStatus::Cancelled, None, None),
            LoginEnd::Expired => (LoginStatus::Expired, None, Some(TIME_RAN_OUT.to_owned())),
        };
        let changed = ProviderLogin::update_many()
            .col_expr(provider_login::Column::Status, Expr::value(status))
            .col_expr(provider_login::Column::AccountId, Expr::value(account_id))
            .col_expr(provider_login::Column::Error, Expr::value(error))
            .col_expr(
                provider_login::Column::Sealed,
                Expr::value(Vec::<u8>::new()),
            )
            .col_expr(
                provider_login::Column::FinishedAt,
                Expr::value(Some(self.clock.now())),
            )
            .filter(provider_login::Column::Id.eq(id))
            .filter(provider_login::Column::Status.is_in(from))
            .exec(connection)
            .await?;
        let login = ProviderLogin::find_by_id(id).one(connection).await?;
        let login = login.ok_or(Error::NotFound {
            what: "provider login",
        })?;
        Ok((login, changed.rows_affected > 0))
    }

    /// Fails sign-ins that a killed server was completing: their codes are spent, so they cannot be retried. Those of
    /// servers that run are theirs.
    pub async fn recover(&self) -> Result<()> {
        let running = Query::select()
            .column(replica::Column::Incarnation)
            .from(replica::Entity)
            .to_owned();
        let incarnation = provider_login::Column::Incarnation;
        let is_left = Condition::any()
            .add(incarnation.is_null())
            .add(incarnation.not_in_subquery(running));
        let left = ProviderLogin::find()
            .filter(provider_login::Column::Status.eq(LoginStatus::Completing))
            .filter(is_left)
            .all(self.db.reader())
            .await?;
        for login in left {
            let reason = "the server stopped during this sign-in; start it again";
            self.end(login.id, LoginEnd::Failed(reason.to_owned()))
                .await?;
        }
        Ok(())
    }

    /// Expires late sign-ins and deletes old ones.
    async fn remove_ended(&self) -> Result<()> {
        let now = self.clock.now();
        let late = ProviderLogin::find()
            .filter(provider_login::Column::Status.eq(LoginStatus::Pending))
            .filter(provider_login::Column::ExpiresAt.lte(now))
            .all(self.db.reader())
            .await?;
        for login in late {
            self.end(login.id, LoginEnd::Expired).await?;
        }
        ProviderLogin::delete_many()
            .filter(provider_login::Column::FinishedAt.lt(now - REMEMBERED))
            .exec(self.db.writer())
            .await?;
        Ok(())
    }

    fn is_late(&self, login: &provider_login::Model) -> bool {
        login.status == LoginStatus::Pending && login.expires_at <= self.clock.now()
    }

    fn digest(&self, state: &str) -> [u8; 32] {
        self.digester
            .digest(&[b"provider login:", state.as_bytes()].concat())
    }
}

fn subject(login: &provider_login::Model) -> AuditSubject {
    ProviderLogins::subject_of(login.id)
}

fn audited(login: &provider_login::Model) -> Value {
    json!({
        "kind": login.kind.to_value(),
        "mode": login.mode.to_value(),
        "label": login.label,
    })
}

fn owner(id: Uuid) -> String {
    format!("provider_login:{id}")
}
