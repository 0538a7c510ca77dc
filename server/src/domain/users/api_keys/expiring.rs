//! Keys that end soon, for warnings.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    api_key::{self, Entity as ApiKey},
    user::{self, Entity as User},
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{ApiKeyState, ApiKeys, policy::KeyLife};
use crate::domain::Result;

/// Keys are warned about so many days before their end, and once more.
const STEPS: [i32; 2] = [1, 7];
/// Keys of one evaluation, the newest.
const MAX_KEYS: u64 = 500;

/// A key that ends soon, also if it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiringKey {
    pub key: api_key::Model,
    pub user_name: String,
    pub ends_at: DateTime<Utc>,
    /// 1 or 7: it ends within so many days.
    pub days: i32,
}

impl ApiKeys {
    /// The active keys of enabled users that end within 7 days by their expiry or the longest life of keys. Keys that were
    /// rotated are left out.
    pub async fn expiring(&self) -> Result<Vec<ExpiringKey>> {
        let now = self.clock.now();
        let policy = self.policy.current();
        let [_, longest] = STEPS;
        let keys = ApiKey::find()
            .find_also_related(User)
            .filter(self.is(ApiKeyState::Active))
            .filter(policy.ends_by(now + TimeDelta::days(longest.into())))
            .filter(api_key::Column::ReplacedBy.is_null())
            .filter(user::Column::Enabled.eq(true))
            .filter(user::Column::ArchivedAt.is_null())
            .order_by_desc(api_key::Column::Id)
            .limit(MAX_KEYS)
            .all(self.db.reader())
            .await?;
        let expiring = keys.into_iter().filter_map(|(key, user)| {
            let ends_at = policy.end_if_used(KeyLife::of(&key))?;
            let mut steps = STEPS.into_iter();
            let days = steps.find(|days| ends_at - now <= TimeDelta::days((*days).into()))?;
            Some(ExpiringKey {
                user_name: user?.name,
                key,
                ends_at,
                days,
            })
        });
        Ok(expiring.collect())
    }
}
