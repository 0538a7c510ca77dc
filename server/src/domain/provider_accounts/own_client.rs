//! Accounts that were connected through an operator's own OAuth client. The engine refreshes tokens with its own client
//! id, which providers reject for these tokens; so the server refreshes them and passes only access tokens to the
//! engine.

use chrono::{DateTime, Utc};
use entity::provider_account::{CredentialKind, ProviderKind};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, IntoActiveModel as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Error, ProviderAccounts, Result, auth_file,
    secrets::{AccountSecrets, Stored},
};

/// The key of the refresh token in such a file, which the engine ignores.
pub const OWN_CLIENT_REFRESH_TOKEN: &str = "own_client_refresh_token";

/// An account whose tokens the server refreshes.
#[derive(Debug)]
pub struct OwnClientAccount {
    pub id: Uuid,
    pub kind: ProviderKind,
    pub refresh_token: SecretString,
    pub refreshed_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
}

impl ProviderAccounts {
    /// The accounts of an operator's own clients that are in use. Those that cannot be decrypted are reported by `credentials`.
    pub async fn own_client_accounts(&self) -> Result<Vec<OwnClientAccount>> {
        let accounts = self.list().await?.into_iter();
        let in_use = accounts.filter(|account| {
            account.is_in_use() && account.credential == CredentialKind::AuthFile
        });
        let opened = in_use.filter_map(|account| {
            let secrets = AccountSecrets::open(&self.vault, account.id, &account.sealed).ok()?;
            let Stored::AuthFile(tokens) = &secrets.secret else {
                return None;
            };
            let refresh_token = auth_file::text(&tokens.content, OWN_CLIENT_REFRESH_TOKEN)?;
            Some(OwnClientAccount {
                id: account.id,
                kind: account.kind,
                refresh_token: refresh_token.into(),
                refreshed_at: account.refreshed_at,
                expires_at: account.expires_at,
            })
        });
        Ok(opened.collect())
    }

    /// Stores the tokens that the refresh of an account has returned, unless its tokens were replaced meanwhile, such as by
    /// a new sign-in. Other keys of the file are kept.
    pub async fn renew_own_client(
        &self,
        refreshed: &OwnClientAccount,
        tokens: Map<String, Value>,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        {
            let id = refreshed.id;
            let sealing = self.begin_sealing().await?;
            let account = self.existing(id).await?;
            let mut secrets = AccountSecrets::open(&self.vault, id, &account.sealed)?;
            let Stored::AuthFile(old) = &mut secrets.secret else {
                return Err(Error::bad_input("this account has no tokens to renew"));
            };
            let current = auth_file::text(&old.content, OWN_CLIENT_REFRESH_TOKEN);
            if current != Some(refreshed.refresh_token.expose_secret()) {
                tracing::info!(account.id = %id, "refreshed tokens are not stored: the account has other ones by now");
                return Ok(());
            }
            old.sign_in_again(tokens);
            let now = self.clock.now();
            let mut row = account.into_active_model();
            row.sealed = Set(secrets.seal(&self.vault, id)?);
            row.expires_at = Set(expires_at);
            row.refreshed_at = Set(Some(now));
            row.problem = Set(None);
            row.problem_at = Set(None);
            row.updated_at = Set(now);
            row.update(&*sealing).await?;
            sealing.commit().await?;
        }
        self.announce();
        Ok(())
    }

    /// Records why a token could not be refreshed. The current token is used until it expires.
    pub async fn record_token_problem(&self, id: Uuid, problem: &str) -> Result<()> {
        let mut account = self.existing(id).await?.into_active_model();
        account.problem = Set(Some(problem.to_owned()));
        account.problem_at = Set(Some(self.clock.now()));
        account.update(self.db.writer()).await?;
        Ok(())
    }
}
