//! The tokens of a sign-in.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    agent_token::{self, AgentTokenKind, Entity as Token},
    api_key,
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use secrecy::SecretString;
use uuid::Uuid;

use super::AgentSignIns;
use crate::{crypto::token, domain::Result};

const ACCESS_TOKEN: &str = "ppa_";
const REFRESH_TOKEN: &str = "ppr_";
const ACCESS_LIFE: TimeDelta = TimeDelta::hours(1);
/// Access tokens of one sign-in that are valid at the same time; older ones end. Processes of one agent share tokens.
const ACCESS_TOKENS: u64 = 10;
/// Refresh tokens of one sign-in whose reuse is noticed.
const REFRESH_TOKENS: u64 = 100;

/// New tokens, which are not stored and cannot be shown again.
#[derive(Debug)]
pub struct IssuedTokens {
    pub access_token: SecretString,
    /// The life of the access token.
    pub expires_in: TimeDelta,
    /// `None` for an agent that cannot refresh.
    pub refresh_token: Option<SecretString>,
}

impl AgentSignIns {
    /// Issues an access token for a sign-in. It is valid for an hour, or as long as the sign-in.
    pub(super) async fn issue_access(
        &self,
        connection: &impl ConnectionTrait,
        key: &api_key::Model,
        long_lived: bool,
    ) -> Result<(SecretString, TimeDelta)> {
        let now = self.clock.now();
        let secret = token::generate(ACCESS_TOKEN);
        let end = end_of(key);
        let expires_at = if long_lived {
            end
        } else {
            end.min(now + ACCESS_LIFE)
        };
        self.store_token(connection, key, AgentTokenKind::Access, &secret, expires_at)
            .await?;
        delete_all_but(connection, key.id, AgentTokenKind::Access, ACCESS_TOKENS).await?;
        delete_all_but(connection, key.id, AgentTokenKind::Refresh, REFRESH_TOKENS).await?;
        Ok((SecretString::from(secret.as_str()), expires_at - now))
    }

    /// Issues the first refresh token of a sign-in.
    pub(super) async fn issue_refresh(
        &self,
        connection: &impl ConnectionTrait,
        key: &api_key::Model,
    ) -> Result<SecretString> {
        let secret = token::generate_long(REFRESH_TOKEN);
        self.store_token(
            connection,
            key,
            AgentTokenKind::Refresh,
            &secret,
            end_of(key),
        )
        .await?;
        Ok(SecretString::from(secret.as_str()))
    }

    /// The refresh token that replaces this one. It depends on the server's key and this token alone, so that a client
    /// that lost the answer gets the same one again, and no second line of tokens begins.
    pub(super) fn successor(&self, refresh_token: &str) -> SecretString {
        let bytes = self.digest(&format!("successor of {refresh_token}"));
        let secret = token::of_bytes(REFRESH_TOKEN, &bytes);
        SecretString::from(secret.as_str())
    }

    pub(super) async fn store_token(
        &self,
        connection: &impl ConnectionTrait,
        key: &api_key::Model,
        kind: AgentTokenKind,
        secret: &str,
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        let row = agent_token::ActiveModel {
            id: Set(Uuid::now_v7()),
            api_key_id: Set(key.id),
            kind: Set(kind),
            digest: Set(self.digest(secret).to_vec()),
            created_at: Set(self.clock.now()),
            expires_at: Set(expires_at),
            replaced_at: Set(None),
        };
        row.insert(connection).await?;
        Ok(())
    }
}

/// When a sign-in ends. Every sign-in has an end, unless an administrator has removed it.
pub(super) fn end_of(key: &api_key::Model) -> DateTime<Utc> {
    key.expires_at
        .unwrap_or_else(|| key.created_at + TimeDelta::days(365))
}

/// Deletes the oldest tokens of a sign-in.
async fn delete_all_but(
    connection: &impl ConnectionTrait,
    key_id: Uuid,
    kind: AgentTokenKind,
    kept: u64,
) -> Result<()> {
    let first_deleted = Token::find()
        .filter(agent_token::Column::ApiKeyId.eq(key_id))
        .filter(agent_token::Column::Kind.eq(kind))
        .order_by_desc(agent_token::Column::Id)
        .offset(kept)
        .limit(1)
        .one(connection)
        .await?;
    if let Some(first) = first_deleted {
        Token::delete_many()
            .filter(agent_token::Column::ApiKeyId.eq(key_id))
            .filter(agent_token::Column::Kind.eq(kind))
            .filter(agent_token::Column::Id.lte(first.id))
            .exec(connection)
            .await?;
    }
    Ok(())
}
