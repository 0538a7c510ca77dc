//! The core: the database and the state read from it before any task starts.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::options::JOURNAL;
use crate::{
    clock::SharedClock,
    config::Config,
    crypto::{token::Digester, vault::Vault},
    db::{Database, DatabaseInUseError, keep_private},
    domain::{
        account_groups::{AccountAccess, AccountGroups},
        account_limits::AccountLimits,
        admins::Admins,
        backups,
        ledger::Ledger,
        model_aliases::ModelAliases,
        prices::Prices,
        provider_accounts::ProviderAccounts,
        seen_models::SeenModels,
        server_secrets::{self, ServerSecrets},
        sessions::Sessions,
        settings::Settings,
        shares::Shares,
        users::api_keys::{ApiKeys, SharedKeyPolicy},
    },
};

/// The database, and its state in memory.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) db: Database,
    pub(super) vault: Arc<Vault>,
    pub(super) digester: Digester,
    pub(super) sessions: Sessions,
    pub(super) admins: Admins,
    /// The token of the set-up link, while there is no administrator.
    pub(super) setup_token: Option<Zeroizing<String>>,
    pub(super) ledger: Ledger,
    pub(super) prices: Prices,
    pub(super) api_keys: ApiKeys,
    pub(super) account_groups: AccountGroups,
    pub(super) accounts: ProviderAccounts,
    pub(super) account_limits: AccountLimits,
    pub(super) model_aliases: ModelAliases,
    pub(super) settings: Settings,
    pub(super) shares: Shares,
    pub(super) seen_models: SeenModels,
}

impl Core {
    pub(super) async fn open(config: &Config, clock: &SharedClock) -> anyhow::Result<Self> {
        keep_data_private(&config.storage.data_dir);
        let db = open_database(config, clock).await?;
        let secrets = ServerSecrets::open(&config.storage, &db, clock).await?;
        let sessions = Sessions::new(db.clone(), clock.clone(), secrets.digester.clone());
        let admins = Admins::new(db.clone(), clock.clone(), &secrets, sessions.clone());
        let ServerSecrets { vault, digester } = secrets;
        let setup_token = admins
            .bootstrap(config.admin_password.clone())
            .await
            .context("cannot create the first administrator; check ADMIN_PASSWORD")?;
        let ledger = Ledger::load(&db).await?;
        let prices = Box::pin(Prices::load(db.clone(), clock.clone())).await?;
        let access = AccountAccess::load(db.clone()).await?;
        let key_policy = SharedKeyPolicy::default();
        let api_keys = ApiKeys::load(
            db.clone(),
            clock.clone(),
            digester.clone(),
            ledger.clone(),
            access.clone(),
            key_policy.clone(),
        )
        .await?;
        let shares = Shares::new(db.clone(), clock.clone(), access.clone(), ledger.clone());
        shares.refresh().await?;
        let accounts = ProviderAccounts::new(db.clone(), clock.clone(), vault.clone());
        let model_aliases =
            ModelAliases::load(db.clone(), clock.clone(), prices.clone(), accounts.clone());
        let account_limits = AccountLimits::load(accounts.clone(), clock.clone()).await?;
        Ok(Self {
            account_groups: AccountGroups::new(db.clone(), clock.clone(), access),
            account_limits,
            model_aliases: Box::pin(model_aliases).await?,
            settings: Settings::load(db.clone(), clock.clone(), accounts.clone(), key_policy)
                .await?,
            shares,
            seen_models: SeenModels::load(db.clone(), clock.clone()).await?,
            db,
            vault,
            digester,
            sessions,
            admins,
            setup_token,
            ledger,
            prices,
            api_keys,
            accounts,
        })
    }
}

/// The files beside the database: the key, journals, backups.
fn keep_data_private(data_dir: &Path) {
    keep_private(&server_secrets::key_file(data_dir));
    for directory in [JOURNAL, backups::DIRECTORY] {
        keep_private(&data_dir.join(directory));
    }
}

async fn open_database(config: &Config, clock: &SharedClock) -> anyhow::Result<Database> {
    let phrase = config.backup_passphrase.as_ref();
    let url = config.storage.database_url.expose_secret();
    loop {
        if config.standby {
            Database::until_free(url).await;
        }
        Box::pin(backups::apply_staged(&config.storage, phrase, clock.now())).await?;
        match Database::open(url, &config.storage.data_dir).await {
            // Another standby was faster.
            Err(error) if config.standby && error.is::<DatabaseInUseError>() => {}
            opened => return opened,
        }
    }
}
