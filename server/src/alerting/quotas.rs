//! Quotas that are used up.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::alert::{AlertDetail, AlertKind, AlertSeverity, ReachedQuota};
use uuid::Uuid;

use super::ConditionSources;
use crate::domain::{
    Result,
    alerts::{AlertCondition, AlertSubject},
    ledger::QuotaState,
};

/// One million per million.
const USED_UP: i128 = 1_000_000;
/// Quotas whose names are looked up; more alerts of a kind are not raised.
const MAX_QUOTAS: usize = 200;

/// The quotas of users and keys in use whose committed usage has reached the limit: reservations may be released.
pub(super) async fn reached(sources: &ConditionSources) -> Result<Vec<AlertCondition>> {
    let now = sources.clock.now();
    // Ordered by used percentage, the highest first.
    let reached = sources.quotas.all().await?.into_iter();
    let reached: Vec<QuotaState> = reached
        .take_while(|state| state.per_million(now) >= USED_UP)
        .take(MAX_QUOTAS)
        .collect();
    if reached.is_empty() {
        return Ok(Vec::new());
    }
    let names = Names::of(sources, &reached).await?;
    let found = reached.iter().map(|state| condition(state, &names, now));
    Ok(found.collect())
}

struct Names {
    users: HashMap<Uuid, String>,
    api_keys: HashMap<Uuid, String>,
}

impl Names {
    async fn of(sources: &ConditionSources, reached: &[QuotaState]) -> Result<Self> {
        let users: Vec<Uuid> = reached.iter().map(|state| state.quota.user_id).collect();
        let keys = reached.iter().filter_map(|state| state.quota.api_key_id);
        let keys: Vec<Uuid> = keys.collect();
        let users = sources.users.find_many(&users).await?.into_iter();
        let keys = sources.api_keys.find_many(&keys).await?.into_iter();
        Ok(Self {
            users: users.map(|user| (user.id, user.name)).collect(),
            api_keys: keys.map(|key| (key.id, key.name)).collect(),
        })
    }
}

fn condition(state: &QuotaState, names: &Names, now: DateTime<Utc>) -> AlertCondition {
    let (quota, standing) = (&state.quota, state.standing(now));
    let user = names.users.get(&quota.user_id).map_or("", String::as_str);
    let key = quota.api_key_id.and_then(|id| names.api_keys.get(&id));
    let detail = AlertDetail {
        until: standing.resets_at,
        quota: Some(ReachedQuota {
            metric: quota.metric,
            window: quota.window,
            limit: standing.limit,
            used: standing.used,
            user_id: quota.user_id,
            api_key_id: quota.api_key_id,
            api_key_name: key.cloned(),
        }),
        ..AlertDetail::default()
    };
    AlertCondition::new(
        AlertKind::QuotaReached,
        AlertSeverity::Warning,
        AlertSubject::quota(quota.id, user),
        detail,
    )
}
