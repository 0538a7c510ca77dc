//! The members of pools: users, their weights, and the accounts with their reported windows.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    api_key::{self, Entity as ApiKey},
    provider_account::{
        self, Entity as ProviderAccount, ProviderKind, StopLines, SubscriptionWindows,
    },
    share_override::{self, Entity as ShareOverride},
    share_weight::Entity as ShareWeight,
    user::{self, Entity as User},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use shares::{MemberWeight, WindowClass};
use uuid::Uuid;

use crate::{
    db::Database,
    domain::{
        Result,
        account_groups::{AccessSnapshot, AccessSource},
    },
};

/// A weight of 1, as it is stored.
pub(super) const DEFAULT_WEIGHT: i32 = 100;

/// An account that may be shared.
#[derive(Clone, Debug)]
pub(super) struct ShareableAccount {
    pub(super) id: Uuid,
    pub(super) provider: ProviderKind,
    pub(super) windows: Option<SubscriptionWindows>,
    pub(super) stop_lines: Option<StopLines>,
}

impl ShareableAccount {
    /// The percentages at which the account is not used any more, by class.
    pub(super) fn stops(&self) -> [f64; 2] {
        let lines = self.stop_lines.as_ref();
        WindowClass::ALL.map(|class| {
            let line = lines.and_then(|lines| lines.0.get(window_name(class)));
            f64::from(line.copied().unwrap_or(100))
        })
    }
}

/// The provider's name of the windows that all models use; windows of single models are not shared.
pub(super) fn window_name(class: WindowClass) -> &'static str {
    match class {
        WindowClass::FiveHours => "five_hour",
        WindowClass::Week => "seven_day",
    }
}

/// The rows that decide who shares what, at one time.
#[derive(Debug)]
pub(super) struct Directory {
    users: Vec<(Uuid, DateTime<Utc>)>,
    keys: HashMap<Uuid, Vec<Uuid>>,
    /// In hundredths.
    weights: HashMap<Uuid, i32>,
    overrides: Vec<share_override::Model>,
    accounts: HashMap<Uuid, ShareableAccount>,
}

impl Directory {
    pub(super) async fn read(db: &Database, now: DateTime<Utc>) -> Result<Self> {
        let users = User::find()
            .select_only()
            .columns([user::Column::Id, user::Column::CreatedAt])
            .filter(user::Column::ArchivedAt.is_null())
            .filter(user::Column::Enabled.eq(true))
            .into_tuple()
            .all(db.reader());
        let keys: Vec<(Uuid, Uuid)> = ApiKey::find()
            .select_only()
            .columns([api_key::Column::UserId, api_key::Column::Id])
            .filter(api_key::Column::RevokedAt.is_null())
            .into_tuple()
            .all(db.reader())
            .await?;
        let mut keys_of: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for (user_id, id) in keys {
            keys_of.entry(user_id).or_default().push(id);
        }
        let weights = ShareWeight::find().all(db.reader()).await?;
        let overrides = ShareOverride::find().filter(share_override::Column::Until.gt(now));
        Ok(Self {
            users: users.await?,
            keys: keys_of,
            weights: weights
                .into_iter()
                .map(|row| (row.user_id, row.weight))
                .collect(),
            overrides: overrides.all(db.reader()).await?,
            accounts: accounts(db).await?,
        })
    }

    /// The accounts of a group by provider; of the nil group, those that are in no group.
    pub(super) fn accounts_of(
        &self,
        access: &AccessSnapshot,
        group_id: Uuid,
    ) -> BTreeMap<ProviderKind, Vec<&ShareableAccount>> {
        let mut by_provider: BTreeMap<ProviderKind, Vec<&ShareableAccount>> = BTreeMap::new();
        let ids: Vec<Uuid> = match access.group(group_id) {
            Some(group) => group.accounts.iter().copied().collect(),
            None if group_id.is_nil() => {
                let all = self.accounts.keys().copied();
                all.filter(|id| !access.grouped().contains(id)).collect()
            }
            None => Vec::new(),
        };
        for account in ids.iter().filter_map(|id| self.accounts.get(id)) {
            by_provider
                .entry(account.provider)
                .or_default()
                .push(account);
        }
        by_provider
    }

    /// The users who may use a group, with at least one of their keys.
    pub(super) fn members_of(&self, access: &AccessSnapshot, group_id: Uuid) -> Vec<MemberWeight> {
        let uses = |user_id: Uuid| {
            let uses = |key: Option<Uuid>| groups_of(access, user_id, key).contains(&group_id);
            match self.keys.get(&user_id) {
                Some(keys) => keys.iter().any(|key| uses(Some(*key))),
                None => uses(None),
            }
        };
        let members = self.users.iter().filter(|(id, _)| uses(*id));
        let members = members.map(|(id, created_at)| MemberWeight {
            user: *id,
            weight: self.weight_of(*id),
            group: None,
            group_weight: 1.0,
            joined_at: created_at.timestamp(),
        });
        members.collect()
    }

    pub(super) fn weight_of(&self, user_id: Uuid) -> f64 {
        let hundredths = self.weights.get(&user_id).copied();
        f64::from(hundredths.unwrap_or(DEFAULT_WEIGHT)) / f64::from(DEFAULT_WEIGHT)
    }

    /// The users of a group who are admitted above their shares, each until a time in seconds since 1970.
    pub(super) fn overrides_of(&self, group_id: Uuid) -> Vec<(Uuid, i64)> {
        let overrides = self.overrides.iter();
        overrides
            .filter(|row| row.group_id == group_id)
            .map(|row| (row.user_id, row.until.timestamp()))
            .collect()
    }
}

async fn accounts(db: &Database) -> Result<HashMap<Uuid, ShareableAccount>> {
    type Row = (
        Uuid,
        ProviderKind,
        Option<SubscriptionWindows>,
        Option<StopLines>,
    );
    let accounts: Vec<Row> = ProviderAccount::find()
        .select_only()
        .columns([
            provider_account::Column::Id,
            provider_account::Column::Kind,
            provider_account::Column::Windows,
            provider_account::Column::StopLines,
        ])
        .filter(provider_account::Column::RemovedAt.is_null())
        .into_tuple()
        .all(db.reader())
        .await?;
    let accounts = accounts
        .into_iter()
        .map(|(id, provider, windows, stop_lines)| {
            let account = ShareableAccount {
                id,
                provider,
                windows,
                stop_lines,
            };
            (id, account)
        });
    Ok(accounts.collect())
}

/// The groups that a caller may use; the nil group if the caller uses the accounts that are in no group.
pub(super) fn groups_of(
    access: &AccessSnapshot,
    user_id: Uuid,
    api_key_id: Option<Uuid>,
) -> Vec<Uuid> {
    match access.effective(user_id, api_key_id) {
        (AccessSource::Ungrouped, _) => vec![Uuid::nil()],
        (
            AccessSource::ApiKey
            | AccessSource::User
            | AccessSource::UserGroup
            | AccessSource::DefaultGroup,
            groups,
        ) => groups.iter().map(|group| group.row.id).collect(),
    }
}

/// Accounts as a set of ids.
pub(super) fn ids(accounts: &[&ShareableAccount]) -> HashSet<Uuid> {
    accounts.iter().map(|account| account.id).collect()
}
