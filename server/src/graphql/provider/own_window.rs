//! The usage windows of accounts, as the user of an API key sees them.

use std::collections::HashMap;

use async_graphql::{Context, SimpleObject};
use entity::provider_account;
use uuid::Uuid;

use super::window::WindowForecast;
use crate::{
    domain::{provider_accounts::ProviderAccounts, users::api_keys::KeyHolder, windows},
    graphql::{
        resolver::{context::ContextExt as _, error::Result, loaders::AccountId},
        types::{
            provider::ProviderKind,
            scalar::{DateTime, int},
        },
    },
};

/// A usage window of a subscription through which the caller has made requests since the window began. Other users are
/// not shown.
#[derive(Clone, Debug, SimpleObject)]
pub(in crate::graphql) struct OwnWindow {
    /// The provider.
    provider: ProviderKind,
    /// The number of the account among those of the provider here, from 1.
    account_number: i32,
    /// The provider's name of the window, such as `five_hour` or `seven_day`.
    name: String,
    /// The used share of the window now, by all its users, in percent: 0 to 100.
    level: f64,
    /// The time at which the window resets; null if unknown.
    resets_at: Option<DateTime>,
    /// When the window is likely to be used up.
    forecast: WindowForecast,
    /// The caller's own part, in percent of the window; null while it is not known what one percent buys.
    own_percent: Option<f64>,
}

impl OwnWindow {
    pub(in crate::graphql) async fn of_user(
        ctx: &Context<'_>,
        holder: KeyHolder,
    ) -> Result<Vec<Self>> {
        let own = ctx
            .service::<ProviderAccounts>()
            .windows()
            .usage()
            .own(holder.user_id);
        let ids = own.iter().map(|window| AccountId(window.account_id));
        let accounts = ctx.loader().load_many(ids.collect::<Vec<_>>()).await?;
        let mut numbers: HashMap<provider_account::ProviderKind, Vec<Uuid>> = HashMap::new();
        let windows = own.into_iter().filter_map(|window| {
            let account = accounts.get(&AccountId(window.account_id))?;
            let known = numbers.entry(account.kind).or_default();
            if !known.contains(&account.id) {
                known.push(account.id);
            }
            Some(Self::new(account.kind, known.len(), window))
        });
        Ok(windows.collect())
    }

    fn new(
        kind: provider_account::ProviderKind,
        number: usize,
        window: windows::OwnWindow,
    ) -> Self {
        Self {
            provider: kind.into(),
            account_number: int(number),
            name: window.name,
            level: window.outlook.level,
            resets_at: window.resets_at.map(Into::into),
            forecast: window.outlook.prediction.into(),
            own_percent: window.own.percent,
        }
    }
}
