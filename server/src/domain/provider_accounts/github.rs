//! GitHub accounts with Copilot. The engine cannot use the token of the sign-in: the server exchanges it for a Copilot
//! token, which is valid for half an hour, and renews that before it expires.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::provider_account::{
    self, CredentialKind, Entity as ProviderAccount, ProviderKind, ProviderModel, ProviderModels,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Error, ProviderAccounts, Result,
    secrets::{AccountSecrets, Stored, exposed, exposed_text},
    text,
};
use crate::domain::audit::AuditContext;

/// The result of a sign-in at GitHub.
#[derive(Debug)]
pub struct NewGithubToken {
    /// `None` uses the name of the GitHub account.
    pub label: Option<String>,
    pub login: String,
    pub email: Option<String>,
    pub token: SecretString,
    pub copilot: CopilotToken,
}

/// A token for Copilot's API.
#[derive(Clone, Debug)]
pub struct CopilotToken {
    pub token: SecretString,
    /// `None` while there is no token.
    pub expires_at: Option<DateTime<Utc>>,
    /// The address of the API.
    pub base_url: String,
    /// The headers by which the API identifies the client program.
    pub headers: Vec<(String, SecretString)>,
    /// The models of the subscription; empty while unknown.
    pub models: Vec<ProviderModel>,
    pub plan: Option<String>,
}

/// An account whose token is renewed regularly.
#[derive(Debug)]
pub struct GithubAccount {
    pub id: Uuid,
    pub token: SecretString,
    pub refreshed_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub has_models: bool,
}

/// The encrypted content of such an account.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Github {
    login: String,
    #[serde(serialize_with = "exposed_text")]
    token: SecretString,
    /// The Copilot token.
    #[serde(serialize_with = "exposed_text")]
    pub(super) copilot: SecretString,
}

/// An account in our own export format, without the short-lived Copilot token.
#[derive(Serialize, Deserialize)]
pub(super) struct ExportedGithub {
    label: String,
    login: String,
    email: Option<String>,
    #[serde(serialize_with = "exposed_text")]
    token: SecretString,
    base_url: String,
    #[serde(serialize_with = "exposed")]
    headers: BTreeMap<String, SecretString>,
    models: Vec<ProviderModel>,
}

impl CopilotToken {
    /// No token yet: without an expiry, so that it is fetched immediately.
    fn outstanding(base_url: String) -> Self {
        Self {
            token: SecretString::default(),
            expires_at: None,
            base_url,
            headers: Vec::new(),
            models: Vec::new(),
            plan: None,
        }
    }
}

impl NewGithubToken {
    /// A GitHub token that was not exchanged for a Copilot token yet. Without the person's `login` it is recognised
    /// by its digest.
    pub(super) fn unexchanged(login: Option<&str>, token: &str, base_url: &str) -> Self {
        let digest = || hex::encode(&Sha256::digest(token)[..4]);
        Self {
            label: None,
            login: login.map_or_else(|| format!("github-{}", digest()), str::to_owned),
            email: None,
            token: token.into(),
            copilot: CopilotToken::outstanding(base_url.to_owned()),
        }
    }
}

impl From<ExportedGithub> for NewGithubToken {
    fn from(exported: ExportedGithub) -> Self {
        Self {
            label: Some(exported.label),
            login: exported.login,
            email: exported.email,
            token: exported.token,
            copilot: CopilotToken {
                headers: exported.headers.into_iter().collect(),
                models: exported.models,
                ..CopilotToken::outstanding(exported.base_url)
            },
        }
    }
}

impl ProviderAccounts {
    /// The export of a GitHub account; `None` for other accounts.
    pub(super) fn exported_github(
        &self,
        account: &provider_account::Model,
    ) -> Result<Option<Value>> {
        let secrets = AccountSecrets::open(&self.vault, account.id, &account.sealed)?;
        let Stored::Github(github) = secrets.secret else {
            return Ok(None);
        };
        let exported = ExportedGithub {
            label: account.label.clone(),
            login: github.login,
            email: account.email.clone(),
            token: github.token,
            base_url: account.base_url.clone().unwrap_or_default(),
            headers: secrets.headers,
            models: account.models.0.clone(),
        };
        let exported = serde_json::to_value(exported).map_err(anyhow::Error::from)?;
        Ok(Some(exported))
    }

    /// Adds a GitHub account. If the same person is connected already, replaces the token and keeps the id.
    pub async fn save_github_token(
        &self,
        context: &AuditContext,
        new: NewGithubToken,
    ) -> Result<provider_account::Model> {
        let label = text::optional("label", new.label.as_deref(), 100)?;
        let login = text::required("login", &new.login, 100)?;
        let saved = {
            let sealing = self.begin_sealing().await?;
            let there = self.github_account_of(&login).await?;
            let github = Github {
                login: login.clone(),
                token: new.token,
                copilot: new.copilot.token.clone(),
            };
            let saved = if let Some(account) = there {
                let mut row = account.clone().into_active_model();
                row.enabled = Set(true);
                self.accept(&mut row, account.id);
                self.seal_copilot(&mut row, account.id, github, new.copilot, new.email)?;
                self.update_row(context, &sealing, &account, row, &["tokens"])
                    .await?
            } else {
                let mut row = self.new_github_row(label, &login).await?;
                self.seal_copilot(&mut row, Uuid::now_v7(), github, new.copilot, new.email)?;
                self.insert(context, &sealing, row).await?
            };
            sealing.commit().await?;
            saved
        };
        self.announce();
        Ok(saved)
    }

    /// Stores the Copilot token for which an account's GitHub token was exchanged, unless that was replaced meanwhile,
    /// such as by a new sign-in.
    pub async fn set_copilot_token(
        &self,
        exchanged: &GithubAccount,
        token: CopilotToken,
    ) -> Result<()> {
        {
            let id = exchanged.id;
            let sealing = self.begin_sealing().await?;
            let account = self.existing(id).await?;
            let secrets = AccountSecrets::open(&self.vault, id, &account.sealed)?;
            let Stored::Github(github) = secrets.secret else {
                return Err(Error::bad_input("this account is not a GitHub account"));
            };
            if github.token.expose_secret() != exchanged.token.expose_secret() {
                tracing::info!(account.id = %id, "a Copilot token is not stored: the account has another sign-in by now");
                return Ok(());
            }
            let mut row = account.clone().into_active_model();
            self.seal_copilot(&mut row, id, github, token, None)?;
            self.update_reported(&sealing, &account, row).await?;
            sealing.commit().await?;
        }
        self.announce();
        Ok(())
    }

    /// The GitHub accounts in use. Those that cannot be decrypted are reported by `credentials`.
    pub async fn github_accounts(&self) -> Result<Vec<GithubAccount>> {
        let accounts = self.github_rows().await?.into_iter();
        let in_use = accounts.filter(provider_account::Model::is_in_use);
        let opened = in_use.filter_map(|account| {
            let secrets = AccountSecrets::open(&self.vault, account.id, &account.sealed).ok()?;
            let Stored::Github(github) = secrets.secret else {
                return None;
            };
            Some(GithubAccount {
                id: account.id,
                token: github.token,
                refreshed_at: account.refreshed_at,
                expires_at: account.expires_at,
                has_models: !account.models.0.is_empty(),
            })
        });
        Ok(opened.collect())
    }

    async fn github_rows(&self) -> Result<Vec<provider_account::Model>> {
        let rows = ProviderAccount::find()
            .filter(provider_account::Column::RemovedAt.is_null())
            .filter(provider_account::Column::Credential.eq(CredentialKind::Github));
        Ok(rows.all(self.db.reader()).await?)
    }

    pub(super) async fn github_account_of(
        &self,
        login: &str,
    ) -> Result<Option<provider_account::Model>> {
        let rows = self.github_rows().await?;
        Ok(rows.into_iter().find(|account| {
            let opened = AccountSecrets::open(&self.vault, account.id, &account.sealed);
            matches!(
                opened.map(|secrets| secrets.secret),
                Ok(Stored::Github(github)) if github.login.eq_ignore_ascii_case(login)
            )
        }))
    }

    async fn new_github_row(
        &self,
        label: Option<String>,
        login: &str,
    ) -> Result<provider_account::ActiveModel> {
        let kind = ProviderKind::Copilot;
        let label = match label {
            Some(label) => label,
            None => self.free_label_like(kind, login).await?,
        };
        Ok(provider_account::ActiveModel {
            kind: Set(kind),
            credential: Set(CredentialKind::Github),
            label: Set(label),
            last_four: Set(String::new()),
            models: Set(ProviderModels(Vec::new())),
            enabled: Set(true),
            created_at: Set(self.clock.now()),
            ..Default::default()
        })
    }

    /// Encrypts a new Copilot token into the row of an account.
    fn seal_copilot(
        &self,
        row: &mut provider_account::ActiveModel,
        id: Uuid,
        mut github: Github,
        copilot: CopilotToken,
        email: Option<String>,
    ) -> Result<()> {
        let now = self.clock.now();
        github.copilot = copilot.token;
        let proxy_url = match row.sealed.take() {
            Some(sealed) => AccountSecrets::open(&self.vault, id, &sealed)?.proxy_url,
            None => None,
        };
        let secrets = AccountSecrets {
            secret: Stored::Github(github),
            headers: copilot.headers.into_iter().collect(),
            proxy_url,
        };
        row.id = Set(id);
        row.sealed = Set(secrets.seal(&self.vault, id)?);
        row.base_url = Set(Some(copilot.base_url));
        // Models that an administrator has chosen are kept.
        let has_models = row
            .models
            .try_as_ref()
            .is_some_and(|models| !models.0.is_empty());
        if !has_models && !copilot.models.is_empty() {
            row.models = Set(ProviderModels(copilot.models));
        }
        if let Some(email) = email {
            row.email = Set(Some(email));
        }
        if let Some(plan) = copilot.plan {
            row.plan = Set(Some(plan));
        }
        row.expires_at = Set(copilot.expires_at);
        row.refreshed_at = Set(Some(now));
        row.problem = Set(None);
        row.problem_at = Set(None);
        row.updated_at = Set(now);
        Ok(())
    }
}
