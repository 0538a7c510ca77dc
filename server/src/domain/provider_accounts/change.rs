//! Changes of accounts by administrators, and disconnecting a provider.

use entity::provider_account::{
    self, CredentialKind, Entity as ProviderAccount, ProviderKind, ProviderModel, ProviderModels,
};
use sea_orm::{
    ActiveEnum as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::{
    Error, ProviderAccounts, Result, check, destination, limit,
    secrets::{AccountSecrets, Stored},
    store, text,
};
use crate::domain::{audit::AuditContext, patch::Patch};

/// Changes of an account; `None` keeps a value.
#[derive(Debug, Default)]
pub struct ProviderAccountChanges {
    pub label: Option<String>,
    pub enabled: Option<bool>,
    pub models: Patch<Vec<ProviderModel>>,
    pub priority: Option<i32>,
    pub weight: Option<i32>,
    pub prefix: Patch<String>,
    pub max_concurrent_requests: Patch<i32>,
    pub proxy_url: Patch<SecretString>,
    /// Replaces the key; id and history are kept.
    pub api_key: Option<SecretString>,
    pub base_url: Patch<String>,
    pub headers: Patch<Vec<(String, SecretString)>>,
    /// Whether an owner has confirmed the change with their password, so that the stored secret may be sent to another
    /// destination.
    pub is_confirmed: bool,
}

impl ProviderAccountChanges {
    /// Whether earlier rejections no longer apply: the provider is reached in another way, or is to be tried again.
    fn outdates_rejections(&self, account: &provider_account::Model) -> bool {
        let is_kept = self.api_key.is_none()
            && self.base_url == Patch::Keep
            && matches!(self.headers, Patch::Keep)
            && matches!(self.proxy_url, Patch::Keep);
        !is_kept || (self.enabled == Some(true) && !account.is_in_use())
    }

    fn replaced_secrets(&self) -> Vec<&'static str> {
        let secrets = [
            ("apiKey", self.api_key.is_some()),
            ("headers", !matches!(self.headers, Patch::Keep)),
            ("proxyUrl", !matches!(self.proxy_url, Patch::Keep)),
        ];
        let replaced = secrets.into_iter().filter(|(_, is_replaced)| *is_replaced);
        replaced.map(|(name, _)| name).collect()
    }
}

/// The parts of encrypted settings that may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownSecrets {
    /// Without the password.
    pub proxy_url: Option<String>,
    /// The names only.
    pub headers: Vec<String>,
}

impl ProviderAccounts {
    /// Changes an account: all of the changes, or none if one is invalid or the account does not have the expected
    /// version.
    pub async fn update(
        &self,
        context: &AuditContext,
        id: Uuid,
        expected_version: Option<i32>,
        changes: ProviderAccountChanges,
    ) -> Result<provider_account::Model> {
        context.about(store::subject_of(id));
        let account = {
            // Excludes other writers of the encrypted value; otherwise a token that the engine has just refreshed could
            // be lost.
            let sealing = self.begin_sealing().await?;
            let account = self.existing(id).await?;
            store::check_version(&account, expected_version)?;
            check_sort(&account, &changes)?;
            if !changes.is_confirmed {
                destination::check(&self.vault, &account, &changes)?;
            }
            let replaced = changes.replaced_secrets();
            let mut row = account.clone().into_active_model();
            if changes.outdates_rejections(&account) {
                self.accept(&mut row, id);
            }
            change_secrets(&self.vault, &account, &mut row, &changes)?;
            change_row(account.kind, &mut row, changes)?;
            row.updated_at = Set(self.clock.now());
            let account = self
                .update_row(context, &sealing, &account, row, &replaced)
                .await?;
            sealing.commit().await?;
            account
        };
        self.announce();
        Ok(account)
    }

    /// Deletes the secrets of all accounts at a provider. The rows are kept for the history.
    pub async fn disconnect(
        &self,
        context: &AuditContext,
        kind: ProviderKind,
    ) -> Result<Vec<provider_account::Model>> {
        let removed = {
            let sealing = self.begin_sealing().await?;
            let accounts = ProviderAccount::find()
                .filter(provider_account::Column::Kind.eq(kind))
                .filter(provider_account::Column::RemovedAt.is_null())
                .all(&*sealing)
                .await?;
            let mut removed = Vec::with_capacity(accounts.len());
            for account in accounts {
                removed.push(self.remove_row(context, &sealing, account).await?);
            }
            sealing.commit().await?;
            removed
        };
        if !removed.is_empty() {
            self.announce();
        }
        let result = json!({ "kind": kind.to_value(), "accounts": removed.len() });
        self.record_without_change(context, result).await?;
        Ok(removed)
    }

    /// The parts of encrypted settings that may be shown; empty for a removed account.
    pub fn shown_secrets(&self, account: &provider_account::Model) -> Result<ShownSecrets> {
        if account.removed_at.is_some() {
            return Ok(ShownSecrets::default());
        }
        let secrets = AccountSecrets::open(&self.vault, account.id, &account.sealed)?;
        Ok(ShownSecrets {
            proxy_url: secrets.proxy_url.as_ref().map(without_password),
            headers: secrets.headers.into_keys().collect(),
        })
    }
}

/// The changes of a row that delete its secret.
pub(super) fn removal(
    account: provider_account::Model,
    now: chrono::DateTime<chrono::Utc>,
) -> provider_account::ActiveModel {
    let mut row = account.into_active_model();
    row.sealed = Set(Vec::new());
    row.enabled = Set(false);
    row.removed_at = Set(Some(now));
    row.updated_at = Set(now);
    row
}

/// Rejects settings that this kind of account does not have.
fn check_sort(account: &provider_account::Model, changes: &ProviderAccountChanges) -> Result<()> {
    if account.credential == CredentialKind::ApiKey {
        return Ok(());
    }
    let foreign = [
        ("apiKey", changes.api_key.is_some()),
        ("baseUrl", changes.base_url != Patch::Keep),
        ("headers", !matches!(changes.headers, Patch::Keep)),
        ("models", changes.models != Patch::Keep),
    ];
    match foreign.iter().find(|(_, is_asked)| *is_asked) {
        Some((field, _)) => Err(Error::BadInput(format!(
            "{field} is for accounts with an API key; this one is signed in, and the provider determines it"
        ))),
        None => Ok(()),
    }
}

fn change_row(
    kind: ProviderKind,
    row: &mut provider_account::ActiveModel,
    changes: ProviderAccountChanges,
) -> Result<()> {
    if let Some(label) = changes.label {
        row.label = Set(text::required("label", &label, 100)?);
    }
    if let Some(enabled) = changes.enabled {
        row.enabled = Set(enabled);
    }
    if let Some(priority) = changes.priority {
        row.priority = Set(check::priority(priority)?);
    }
    if let Some(weight) = changes.weight {
        row.weight = Set(check::weight(weight)?);
    }
    if let Some(prefix) = changes.prefix.into_change() {
        row.prefix = Set(prefix.as_deref().map(check::prefix).transpose()?);
    }
    if let Some(most) = changes.max_concurrent_requests.into_change() {
        let most = most.map(limit::max_concurrent_requests).transpose()?;
        row.max_concurrent_requests = Set(most);
    }
    if let Some(base_url) = changes.base_url.into_change() {
        row.base_url = Set(check::base_url_of(kind, base_url.as_deref())?);
    }
    if let Some(models) = changes.models.into_change() {
        let models = check::models(kind, models.unwrap_or_default())?;
        row.models = Set(ProviderModels(models));
    }
    Ok(())
}

fn change_secrets(
    vault: &crate::crypto::vault::Vault,
    account: &provider_account::Model,
    row: &mut provider_account::ActiveModel,
    changes: &ProviderAccountChanges,
) -> Result<()> {
    let is_same = matches!(changes.proxy_url, Patch::Keep)
        && matches!(changes.headers, Patch::Keep)
        && changes.api_key.is_none();
    if is_same {
        return Ok(());
    }
    let mut secrets = AccountSecrets::open(vault, account.id, &account.sealed)?;
    if let Some(key) = &changes.api_key {
        let key = check::api_key(key)?;
        row.last_four = Set(check::last_four(key.expose_secret()));
        // The status of the old key does not apply to the new one.
        row.problem = Set(None);
        row.problem_at = Set(None);
        row.checked_at = Set(None);
        secrets.secret = Stored::ApiKey(key);
    }
    match &changes.headers {
        Patch::Keep => {}
        Patch::Clear => secrets.headers.clear(),
        Patch::Set(headers) => {
            let headers = headers.iter().cloned().map(check::header);
            secrets.headers = headers.collect::<Result<_>>()?;
        }
    }
    match &changes.proxy_url {
        Patch::Keep => {}
        Patch::Clear => secrets.proxy_url = None,
        Patch::Set(url) => secrets.proxy_url = Some(check::proxy_url(url)?),
    }
    row.sealed = Set(secrets.seal(vault, account.id)?);
    Ok(())
}

fn without_password(proxy_url: &SecretString) -> String {
    let text = proxy_url.expose_secret();
    let Ok(mut url) = text.parse::<Url>() else {
        // The words for no proxy are not addresses.
        return match text {
            "direct" | "none" => text.to_owned(),
            _ => String::new(),
        };
    };
    if url.password().is_some() {
        // Fails only for addresses that cannot have a password.
        let _ = url.set_password(None);
    }
    url.to_string()
}
