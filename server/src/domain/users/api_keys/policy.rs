//! How long keys live at most and may go unused, for all keys of the server.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::api_key::{self, Entity as ApiKey};
use sea_orm::{
    ColumnTrait as _, Condition, ExprTrait as _,
    sea_query::{Expr, Func, SimpleExpr},
};

use crate::domain::{Error, Result};

/// The bounds of the life of every key, those that exist already included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyPolicy {
    /// From the creation of a key; 0 for no maximum.
    pub max_life_days: u32,
    /// From the last request with a key, or its creation; 0 for no maximum.
    pub max_idle_days: u32,
}

/// The times of a key that its end depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLife {
    created_at: DateTime<Utc>,
    /// Or of its creation.
    last_use: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
}

impl KeyLife {
    pub fn of(key: &api_key::Model) -> Self {
        Self {
            created_at: key.created_at,
            last_use: key.last_used_at.unwrap_or(key.created_at),
            expires_at: key.expires_at,
        }
    }
}

impl KeyPolicy {
    /// When a key that was created at this time has lived as long as it may.
    pub(super) fn end_of_life(self, created_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        days(self.max_life_days).map(|life| created_at + life)
    }

    /// When a key whose last use was at this time has gone unused for too long.
    pub(super) fn end_of_idleness(self, last_use: DateTime<Utc>) -> Option<DateTime<Utc>> {
        days(self.max_idle_days).map(|idle| last_use + idle)
    }

    /// When a key ends if it is not used again: by its own expiry or by this policy; `None` if it does not end.
    pub fn end_of(self, life: KeyLife) -> Option<DateTime<Utc>> {
        let ends = [
            life.expires_at,
            self.end_of_life(life.created_at),
            self.end_of_idleness(life.last_use),
        ];
        ends.into_iter().flatten().min()
    }

    /// When a key ends although it is used.
    pub(super) fn end_if_used(self, life: KeyLife) -> Option<DateTime<Utc>> {
        let end_of_life = self.end_of_life(life.created_at);
        life.expires_at.into_iter().chain(end_of_life).min()
    }

    /// Fails if an expiry is later than a key that is created at this time may live.
    pub(in crate::domain::users) fn check_expiry(
        self,
        expires_at: Option<DateTime<Utc>>,
        created_at: DateTime<Utc>,
    ) -> Result<()> {
        let end = self.end_of_life(created_at);
        match (expires_at, end) {
            (Some(expires_at), Some(end)) if expires_at > end => Err(Error::BadInput(format!(
                "expiresAt must not be later than {} days after the creation of the key: the setting maxKeyLifeDays",
                self.max_life_days
            ))),
            _ => Ok(()),
        }
    }

    /// Whether a stored key has not ended by time.
    pub(super) fn lives(self, now: DateTime<Utc>) -> Condition {
        let expires = api_key::Column::ExpiresAt;
        let own = Condition::any().add(expires.is_null()).add(expires.gt(now));
        Condition::all()
            .add(own)
            .add_option(after(created(), now, self.max_life_days))
            .add_option(after(last_use(), now, self.max_idle_days))
    }

    /// Whether a stored key, if it is not revoked, ends by this time even if it is used.
    pub(super) fn ends_by(self, time: DateTime<Utc>) -> Condition {
        let life = days(self.max_life_days).map(|life| created().lte(time - life));
        Condition::any()
            .add(api_key::Column::ExpiresAt.lte(time))
            .add_option(life)
    }
}

/// The time of the last use, or of creation if the key was never used: a sort key must not be null.
pub(super) fn last_use() -> SimpleExpr {
    let used = Expr::col((ApiKey, api_key::Column::LastUsedAt));
    Expr::expr(Func::coalesce([used, created()]))
}

pub(super) fn created() -> SimpleExpr {
    Expr::col((ApiKey, api_key::Column::CreatedAt))
}

fn days(days: u32) -> Option<TimeDelta> {
    (days > 0).then(|| TimeDelta::days(days.into()))
}

/// Whether less than so many days have passed since a time of a key; `None` if any number may pass.
fn after(time: SimpleExpr, now: DateTime<Utc>, longest: u32) -> Option<SimpleExpr> {
    days(longest).map(|longest| time.gt(Expr::value(now - longest)))
}

/// The policy in force, shared by the settings, which set it, and the keys.
#[derive(Clone, Debug, Default)]
pub struct SharedKeyPolicy(Arc<AtomicU64>);

impl SharedKeyPolicy {
    pub fn current(&self) -> KeyPolicy {
        let both = self.0.load(Ordering::Relaxed);
        let half = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        KeyPolicy {
            max_life_days: half(both >> 32),
            max_idle_days: half(both & u64::from(u32::MAX)),
        }
    }

    /// Takes effect with the next request.
    pub fn set(&self, policy: KeyPolicy) {
        let life = u64::from(policy.max_life_days) << 32;
        let both = life | u64::from(policy.max_idle_days);
        self.0.store(both, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_in_force_is_the_one_that_was_set() {
        let policy = KeyPolicy {
            max_life_days: 90,
            max_idle_days: 7,
        };
        let shared = SharedKeyPolicy::default();
        assert_eq!(shared.current(), KeyPolicy::default());

        shared.set(policy);

        assert_eq!(shared.current(), policy);
    }
}
