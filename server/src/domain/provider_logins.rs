//! Sign-ins at providers, as they are kept: who began one, how far it is, and that exactly one answer
//! completes it. What is said to providers is not known here.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    admin::{Entity as Admin, Role},
    api_token::Entity as ApiToken,
    provider_account::ProviderKind,
    provider_login::{self, Entity as ProviderLogin, LoginMode, LoginStatus},
};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait,
    EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, sea_query::Expr,
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

/// Sign-ins under way of one administrator.
const MOST_PENDING: u64 = 20;
/// How long one that is over can still be asked about.
const REMEMBERED: TimeDelta = TimeDelta::days(1);
/// The kind of subject in the audit.
const SUBJECT: &str = "providerLogin";
const TIME_RAN_OUT: &str = "the time for this sign-in ran out; start it again";

/// Who begins a sign-in, and may complete it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starter {
    /// An administrator, or an API token.
    pub id: Uuid,
    /// The session of an administrator's browser.
    pub session_id: Option<Uuid>,
}

/// What a sign-in begins with.
#[derive(Debug)]
pub struct NewProviderLogin {
    pub kind: ProviderKind,
    pub mode: LoginMode,
    pub label: Option<String>,
    /// What the provider sends back, to be kept as a digest.
    pub state: Option<SecretString>,
    /// What is needed to go on, to be kept sealed.
    pub secrets: SecretString,
    pub expires_at: DateTime<Utc>,
}

/// How a sign-in ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginEnd {
    /// The account, when it is known already.
    Succeeded(Option<Uuid>),
    /// Why, for people.
    Failed(String),
    Cancelled,
    Expired,
}

/// All sign-ins.
#[derive(Clone, Debug)]
pub struct ProviderLogins {
    db: Database,
    clock: SharedClock,
    digester: Digester,
    vault: Arc<Vault>,
    changes: broadcast::Sender<Uuid>,
}

impl ProviderLogins {
    /// The service over this database.
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

    /// Tells which sign-in has changed.
    pub fn changes(&self) -> broadcast::Receiver<Uuid> {
        self.changes.subscribe()
    }

    /// Refuses what no sign-in can begin with, before the provider is asked for anything.
    pub async fn check(&self, starter: Starter, label: Option<&str>) -> Result<Option<String>> {
        let label = text::optional("label", label, 100)?;
        self.tidy().await?;
        let pending = ProviderLogin::find()
            .filter(provider_login::Column::StartedBy.eq(starter.id))
            .filter(provider_login::Column::Status.eq(LoginStatus::Pending))
            .count(self.db.reader())
            .await?;
        if pending >= MOST_PENDING {
            return Err(Error::Conflict(format!(
                "you have {MOST_PENDING} sign-ins under way; complete or cancel some first"
            )));
        }
        Ok(label)
    }

    /// Notes a sign-in that has begun.
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
        };
        let transaction = self.db.begin().await?;
        let login = login.insert(&transaction).await?;
        let created = AuditChange::created(subject(&login), audited(&login));
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        Ok(login)
    }

    /// Finds a sign-in. One whose time has run out is over.
    pub async fn find(&self, id: Uuid) -> Result<Option<provider_login::Model>> {
        let found = ProviderLogin::find_by_id(id).one(self.db.reader()).await?;
        match found {
            Some(login) if self.is_late(&login) => Ok(Some(self.end(id, LoginEnd::Expired).await?)),
            found => Ok(found),
        }
    }

    /// Finds the sign-in to which a provider's answer belongs, over or not.
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

    /// Sign-ins that wait for an answer: somebody's, or everybody's.
    pub async fn pending(&self, starter: Option<Uuid>) -> Result<Vec<provider_login::Model>> {
        self.tidy().await?;
        let mut pending = ProviderLogin::find()
            .filter(provider_login::Column::Status.eq(LoginStatus::Pending))
            .order_by_asc(provider_login::Column::CreatedAt);
        if let Some(starter) = starter {
            pending = pending.filter(provider_login::Column::StartedBy.eq(starter));
        }
        Ok(pending.all(self.db.reader()).await?)
    }

    /// Whether a state is the one with which this sign-in began.
    pub fn has_state(&self, login: &provider_login::Model, state: &str) -> bool {
        // Digests with a key that nobody else has: comparing them tells nothing of the state.
        login.state_digest.as_deref() == Some(&self.digest(state)[..])
    }

    /// Opens what is needed to go on.
    pub fn secrets(&self, login: &provider_login::Model) -> Result<SecretString> {
        let opened = self.vault.open(&owner(login.id), &login.sealed)?;
        let text = std::str::from_utf8(&opened).map_err(anyhow::Error::from)?;
        Ok(text.into())
    }

    /// Makes the caller the one who completes it. Of two, one gets it.
    pub async fn claim(&self, id: Uuid) -> Result<bool> {
        let claimed = ProviderLogin::update_many()
            .col_expr(
                provider_login::Column::Status,
                Expr::value(LoginStatus::Completing),
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

    /// Whether the starter of a sign-in may still complete it: an enabled administrator or a valid API token,
    /// with at least the role ADMIN.
    pub async fn may_go_on(&self, login: &provider_login::Model) -> Result<bool> {
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

    /// Ends a sign-in and deletes its secrets. A finished sign-in stays as it is.
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
            // What is being completed has been answered, so it is neither late nor to be called off.
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

    /// What a server that was killed left half done cannot be done again: the code is spent.
    pub async fn recover(&self) -> Result<()> {
        let left = ProviderLogin::find()
            .filter(provider_login::Column::Status.eq(LoginStatus::Completing))
            .all(self.db.reader())
            .await?;
        for login in left {
            let reason = "the server stopped in the middle of this sign-in; start it again";
            self.end(login.id, LoginEnd::Failed(reason.to_owned()))
                .await?;
        }
        Ok(())
    }

    /// Ends what is late, and forgets what was over long ago.
    async fn tidy(&self) -> Result<()> {
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
