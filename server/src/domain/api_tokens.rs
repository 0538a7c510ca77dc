//! API tokens, with which scripts use GraphQL.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    admin::Role,
    api_token::{self, Entity as ApiToken},
};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, sea_query::Expr,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    text,
};
use crate::{
    clock::SharedClock,
    crypto::token::{self, Digester},
    db::Database,
};

/// The prefix of every API token.
pub const PREFIX: &str = "ppt_";
/// The kind of subject that the audit calls a token.
const SUBJECT: &str = "apiToken";
const USED_PRECISION: TimeDelta = TimeDelta::minutes(1);

/// A new token. Its secret is not stored and cannot be shown again.
#[derive(Debug)]
pub struct CreatedApiToken {
    pub api_token: api_token::Model,
    pub secret: SecretString,
}

/// The service for API tokens.
#[derive(Clone, Debug)]
pub struct ApiTokens {
    db: Database,
    clock: SharedClock,
    digester: Digester,
}

impl ApiTokens {
    pub fn new(db: Database, clock: SharedClock, digester: Digester) -> Self {
        Self {
            db,
            clock,
            digester,
        }
    }

    /// Fails if the expiry is not in the future.
    pub async fn create(
        &self,
        context: &AuditContext,
        name: &str,
        role: Role,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<CreatedApiToken> {
        let name = text::required("name", name, 100)?;
        let now = self.clock.now();
        text::in_future("expiresAt", expires_at, now)?;
        let secret = token::generate(PREFIX);
        let api_token = api_token::ActiveModel {
            id: Set(Uuid::now_v7()),
            name: Set(name),
            role: Set(role),
            digest: Set(self.digester.digest(secret.as_bytes()).to_vec()),
            prefix: Set(secret.chars().take(PREFIX.len() + 4).collect()),
            last_four: Set(text::last_four(&secret)),
            created_at: Set(now),
            expires_at: Set(expires_at),
            ..Default::default()
        };
        let transaction = self.db.begin().await?;
        let api_token = api_token.insert(&transaction).await?;
        let created = AuditChange::created(subject(&api_token), audited(&api_token));
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        Ok(CreatedApiToken {
            api_token,
            secret: SecretString::from(secret.as_str()),
        })
    }

    /// The active token with this secret; `None` if it is unknown, revoked or expired.
    pub async fn find(&self, presented: &str) -> Result<Option<api_token::Model>> {
        let digest = self.digester.digest(presented.as_bytes());
        let found = ApiToken::find()
            .filter(api_token::Column::Digest.eq(digest.as_slice()))
            .filter(api_token::Column::RevokedAt.is_null())
            .one(self.db.reader())
            .await?;
        let now = self.clock.now();
        let Some(token) = found.filter(|token| token.expires_at.is_none_or(|end| end > now)) else {
            return Ok(None);
        };
        if token
            .last_used_at
            .is_none_or(|used| now - used > USED_PRECISION)
        {
            ApiToken::update_many()
                .col_expr(api_token::Column::LastUsedAt, Expr::value(now))
                .filter(api_token::Column::Id.eq(token.id))
                .exec(self.db.writer())
                .await?;
        }
        Ok(Some(token))
    }

    /// All tokens, newest first.
    pub async fn list(&self) -> Result<Vec<api_token::Model>> {
        let newest = ApiToken::find().order_by_desc(api_token::Column::Id);
        Ok(newest.all(self.db.reader()).await?)
    }

    /// Revokes a token. Revoking twice is no error.
    pub async fn revoke(&self, context: &AuditContext, id: Uuid) -> Result<api_token::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let old = ApiToken::find_by_id(id)
            .one(&transaction)
            .await?
            .ok_or(Error::NotFound { what: "API token" })?;
        let mut token = old.clone().into_active_model();
        if old.revoked_at.is_none() {
            token.revoked_at = Set(Some(self.clock.now()));
        }
        let token = token.update(&transaction).await?;
        let updated = AuditChange::updated(subject(&token), audited(&old), audited(&token));
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        Ok(token)
    }
}

fn subject(token: &api_token::Model) -> AuditSubject {
    AuditSubject::new(SUBJECT, &token.id).named(&token.name)
}

/// The fields of a token, for the audit.
fn audited(token: &api_token::Model) -> Value {
    json!({
        "name": token.name,
        "role": token.role.to_value(),
        "lastFour": token.last_four,
        "expiresAt": token.expires_at,
        "revokedAt": token.revoked_at,
    })
}
