//! Stores the results of sign-ins.

use std::collections::BTreeMap;

use entity::provider_account::{self, CredentialKind, ProviderModels};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, IntoActiveModel as _};
use secrecy::SecretString;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Error, ProviderAccounts, RefreshTokens, Result,
    auth_file::{self, NewAuthFile, REFRESH_TOKEN, SignInTokens},
    check,
    secrets::{AccountSecrets, Stored},
    text,
};
use crate::{domain::audit::AuditContext, providers};

const MAX_TEXT: usize = 300;

impl ProviderAccounts {
    /// Adds an account. If the same login exists already, replaces its tokens and keeps its id.
    pub async fn save_auth_file(
        &self,
        context: &AuditContext,
        new: NewAuthFile,
    ) -> Result<provider_account::Model> {
        let new = checked(new)?;
        let sealing = self.begin_sealing().await?;
        let saved = self.save_checked(context, &sealing, new).await?;
        sealing.commit().await?;
        self.announce();
        Ok(saved)
    }

    /// Adds the account of an imported file. If the same login exists already, the file replaces all of its content: a
    /// file contains the addresses that tokens are sent to, which must not apply to tokens that it does not contain.
    pub(super) async fn import_auth_file(
        &self,
        context: &AuditContext,
        mut new: NewAuthFile,
        refresh_tokens: RefreshTokens,
    ) -> Result<provider_account::Model> {
        let is_left_out = refresh_tokens == RefreshTokens::LeftOut;
        if is_left_out {
            new.content.remove(REFRESH_TOKEN);
        }
        let new = checked(new)?;
        let sealing = self.begin_sealing().await?;
        let saved = match self.same_login(&new).await? {
            Some((account, mut secrets)) => {
                if let Stored::AuthFile(tokens) = &mut secrets.secret {
                    let is_refreshed = auth_file::text(&tokens.content, REFRESH_TOKEN).is_some();
                    if is_left_out && is_refreshed {
                        return Err(Error::BadInput(format!(
                            "the account {:?} is the same sign-in and is refreshed by this server; tokens without \
                             a refresh token would end it",
                            account.label
                        )));
                    }
                    tokens.content.clear();
                }
                self.sign_in_again(context, &sealing, (account, secrets), new)
                    .await?
            }
            None => self.add_login(context, &sealing, new).await?,
        };
        sealing.commit().await?;
        self.announce();
        Ok(saved)
    }

    /// The caller has validated the file; the transaction is one of [`super::sealing`].
    pub(super) async fn save_checked(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        new: NewAuthFile,
    ) -> Result<provider_account::Model> {
        match self.same_login(&new).await? {
            Some(known) => self.sign_in_again(context, transaction, known, new).await,
            None => self.add_login(context, transaction, new).await,
        }
    }

    /// The account of the same login, if there is one.
    pub(super) async fn same_login(
        &self,
        new: &NewAuthFile,
    ) -> Result<Option<(provider_account::Model, AccountSecrets)>> {
        for account in self.list().await? {
            if account.kind != new.kind || account.credential != CredentialKind::AuthFile {
                continue;
            }
            // An account that cannot be decrypted is reported by `credentials`.
            let Ok(secrets) = AccountSecrets::open(&self.vault, account.id, &account.sealed) else {
                continue;
            };
            if let Stored::AuthFile(tokens) = &secrets.secret
                && auth_file::is_same_login(&tokens.content, &new.content)
            {
                return Ok(Some((account, secrets)));
            }
        }
        Ok(None)
    }

    async fn sign_in_again(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        (account, mut secrets): (provider_account::Model, AccountSecrets),
        new: NewAuthFile,
    ) -> Result<provider_account::Model> {
        if let Stored::AuthFile(tokens) = &mut secrets.secret {
            tokens.sign_in_again(new.content.clone());
        }
        let now = self.clock.now();
        let mut row = account.clone().into_active_model();
        row.sealed = Set(secrets.seal(&self.vault, account.id)?);
        row.email = Set(new.email.or_else(|| account.email.clone()));
        row.plan = Set(new.plan.or_else(|| account.plan.clone()));
        row.expires_at = Set(new.expires_at);
        row.refreshed_at = Set(auth_file::refreshed_at(&new.content).or(Some(now)));
        row.enabled = Set(true);
        row.problem = Set(None);
        row.problem_at = Set(None);
        row.checked_at = Set(None);
        self.accept(&mut row, account.id);
        row.updated_at = Set(now);
        self.update_row(context, transaction, &account, row, &["tokens"])
            .await
    }

    async fn add_login(
        &self,
        context: &AuditContext,
        transaction: &DatabaseTransaction,
        new: NewAuthFile,
    ) -> Result<provider_account::Model> {
        let id = Uuid::now_v7();
        let now = self.clock.now();
        let label = match new.label {
            Some(label) => label,
            None => self.label_of_login(&new).await?,
        };
        let file_name = new.file_name.unwrap_or_else(|| {
            let engine_type = auth_file::text(&new.content, "type").unwrap_or_default();
            // Without the e-mail address, because the engine logs file names.
            format!("{engine_type}-{}.json", id.simple())
        });
        let refreshed_at = auth_file::refreshed_at(&new.content);
        let settings = FileSettings::read(&new.content);
        let secrets = AccountSecrets {
            secret: Stored::AuthFile(SignInTokens::new(new.content)),
            headers: BTreeMap::default(),
            proxy_url: settings.proxy_url,
        };
        let account = provider_account::ActiveModel {
            id: Set(id),
            kind: Set(new.kind),
            credential: Set(CredentialKind::AuthFile),
            label: Set(label),
            sealed: Set(secrets.seal(&self.vault, id)?),
            last_four: Set(String::new()),
            models: Set(ProviderModels(Vec::new())),
            enabled: Set(settings.enabled),
            priority: Set(settings.priority),
            weight: Set(settings.weight),
            prefix: Set(settings.prefix),
            email: Set(new.email),
            plan: Set(new.plan),
            file_name: Set(Some(file_name)),
            expires_at: Set(new.expires_at),
            refreshed_at: Set(refreshed_at.or(Some(now))),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        self.insert(context, transaction, account).await
    }

    /// The e-mail address of the login, or a numbered label if it is taken.
    async fn label_of_login(&self, new: &NewAuthFile) -> Result<String> {
        match &new.email {
            Some(email) => self.free_label_like(new.kind, email).await,
            None => self.free_label(new.kind).await,
        }
    }
}

/// The settings of an account that an imported file contains.
struct FileSettings {
    enabled: bool,
    priority: i32,
    weight: i32,
    prefix: Option<String>,
    proxy_url: Option<SecretString>,
}

impl FileSettings {
    fn read(content: &Map<String, Value>) -> Self {
        let number = |name| {
            let value = content.get(name)?;
            let number = value
                .as_i64()
                .or_else(|| value.as_str()?.trim().parse().ok());
            i32::try_from(number?).ok()
        };
        let is_disabled = content.get("disabled").and_then(Value::as_bool);
        Self {
            enabled: !is_disabled.unwrap_or(false),
            priority: number("priority").unwrap_or(0),
            weight: number("weight").filter(|weight| *weight > 0).unwrap_or(1),
            prefix: auth_file::text(content, "prefix").map(str::to_owned),
            proxy_url: auth_file::text(content, "proxy_url").map(Into::into),
        }
    }
}

pub(super) fn checked(new: NewAuthFile) -> Result<NewAuthFile> {
    let engine_type = auth_file::text(&new.content, "type").unwrap_or_default();
    if providers::by_auth_file(engine_type) != Some(new.kind) {
        return Err(Error::bad_input(
            "this is not an auth file of the provider: its \"type\" is missing or of another provider",
        ));
    }
    if !has_secret(&new.content) {
        return Err(Error::bad_input(
            "the auth file has no token: it lacks a refresh_token, an access_token and a service_account",
        ));
    }
    let headers = new.content.get("headers").and_then(Value::as_object);
    let mut values = headers.into_iter().flat_map(Map::values);
    if values.any(|value| value.as_str().is_some_and(check::copies_a_credential)) {
        return Err(Error::bad_input(
            "a header of the auth file would send a credential of requests to the provider",
        ));
    }
    let email = new
        .email
        .as_deref()
        .or_else(|| auth_file::text(&new.content, "email"));
    let email = text::optional("email", email, MAX_TEXT)?;
    let mut content = new.content;
    if let (None, Some(email)) = (auth_file::text(&content, "email"), &email) {
        // The engine includes it in its usage records.
        content.insert("email".to_owned(), email.as_str().into());
    }
    Ok(NewAuthFile {
        label: text::optional("label", new.label.as_deref(), 100)?,
        plan: text::optional("plan", new.plan.as_deref(), MAX_TEXT)?,
        expires_at: new.expires_at.or_else(|| auth_file::expires_at(&content)),
        email,
        content,
        kind: new.kind,
        file_name: new.file_name,
    })
}

fn has_secret(content: &Map<String, Value>) -> bool {
    let has = |name| auth_file::text(content, name).is_some();
    has("refresh_token") || has("access_token") || content.get("service_account").is_some()
}
