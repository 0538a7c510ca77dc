//! What an administrator may set while the server runs.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use entity::{
    RateLimit,
    setting::{self, Entity as Setting},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _,
    sea_query::Expr,
};
use serde::{Deserialize, Serialize};

use super::{
    Error, Result,
    audit::{self, Change, Subject},
    rate_limits,
};
use crate::{clock::SharedClock, db::Database};

const KEY: &str = "gateway";
const MIB: u64 = 1024 * 1024;

/// What becomes of a request whose client leaves before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortPolicy {
    /// Read on to the usage report, within limits.
    Drain,
    /// Hang up and settle on what was seen.
    Cancel,
}

/// The settings of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GatewaySettings {
    pub abort_policy: AbortPolicy,
    /// How long an abandoned answer is read on.
    pub drain_seconds: u32,
    /// How much of an abandoned answer is read at most.
    pub drain_bytes: u64,
    /// How many abandoned answers are read at once; further ones are hung up on.
    pub drain_concurrency: u32,
    /// The longest request body.
    pub max_body_bytes: u64,
    /// How fast a user may call who has no rate limit of their own.
    pub default_rate_limit: RateLimit,
    /// What is reserved for the answer of a request that does not bound it, in tokens.
    pub assumed_output_tokens: u32,
    /// How long single requests are kept; their sums stay.
    pub retention_days: u32,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            abort_policy: AbortPolicy::Drain,
            drain_seconds: 120,
            drain_bytes: 16 * MIB,
            drain_concurrency: 64,
            max_body_bytes: 64 * MIB,
            default_rate_limit: RateLimit {
                requests_per_minute: Some(60),
                ..RateLimit::default()
            },
            assumed_output_tokens: 4096,
            retention_days: 90,
        }
    }
}

impl GatewaySettings {
    /// How long an abandoned answer is read on.
    pub fn drain_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.drain_seconds))
    }

    fn check(&self) -> Result<()> {
        let within = |what: &str, value: u64, low: u64, high: u64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(Error::BadInput(format!(
                    "{what} is between {low} and {high}"
                )))
            }
        };
        within("drainSeconds", self.drain_seconds.into(), 1, 3600)?;
        within("drainBytes", self.drain_bytes, 64 * 1024, 1024 * MIB)?;
        within("drainConcurrency", self.drain_concurrency.into(), 0, 10_000)?;
        within("maxBodyBytes", self.max_body_bytes, 1024, 1024 * MIB)?;
        within(
            "assumedOutputTokens",
            self.assumed_output_tokens.into(),
            1,
            1_000_000,
        )?;
        within("retentionDays", self.retention_days.into(), 1, 3650)?;
        rate_limits::check(&self.default_rate_limit)
    }
}

/// Settings and which edition of them this is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versioned {
    pub gateway: GatewaySettings,
    /// Grows by one with each change; 0 is the default nobody has changed.
    pub version: i32,
    pub updated_at: Option<DateTime<Utc>>,
}

/// The current settings, in memory and in the database.
#[derive(Clone, Debug)]
pub struct Settings {
    db: Database,
    clock: SharedClock,
    current: Arc<ArcSwap<Versioned>>,
}

impl Settings {
    /// Reads what was set.
    pub async fn load(db: Database, clock: SharedClock) -> Result<Self> {
        let row = Setting::find_by_id(KEY).one(db.reader()).await?;
        let current = row.map(read).transpose()?.unwrap_or_default();
        Ok(Self {
            db,
            clock,
            current: Arc::new(ArcSwap::from_pointee(current)),
        })
    }

    /// What holds now.
    pub fn current(&self) -> Arc<Versioned> {
        self.current.load_full()
    }

    /// Changes the settings, unless somebody else did since `expected_version` was read.
    pub async fn update(
        &self,
        expected_version: i32,
        change: impl FnOnce(&mut GatewaySettings),
    ) -> Result<Arc<Versioned>> {
        let current = self.current();
        if current.version != expected_version {
            return Err(conflict(current.version));
        }
        let mut gateway = current.gateway.clone();
        change(&mut gateway);
        gateway.check()?;
        let next = Arc::new(Versioned {
            gateway,
            version: expected_version + 1,
            updated_at: Some(self.clock.now()),
        });
        self.store(&current, &next).await?;
        self.current.store(Arc::clone(&next));
        Ok(next)
    }

    async fn store(&self, current: &Versioned, next: &Versioned) -> Result<()> {
        let expected_version = current.version;
        let transaction = self.db.begin().await?;
        let value = serde_json::to_value(&next.gateway).map_err(anyhow::Error::from)?;
        let updated_at = next.updated_at.unwrap_or_else(|| self.clock.now());
        if expected_version == 0 {
            let row = setting::ActiveModel {
                key: Set(KEY.to_owned()),
                value: Set(value),
                version: Set(next.version),
                updated_at: Set(updated_at),
            };
            let inserted = row.insert(&transaction).await;
            inserted.map_err(|error| Error::unless_taken(error, || conflict(1).to_string()))?;
        } else {
            let changed = Setting::update_many()
                .col_expr(setting::Column::Value, Expr::value(value))
                .col_expr(setting::Column::Version, Expr::value(next.version))
                .col_expr(setting::Column::UpdatedAt, Expr::value(updated_at))
                .filter(setting::Column::Key.eq(KEY))
                .filter(setting::Column::Version.eq(expected_version))
                .exec(&transaction)
                .await?;
            if changed.rows_affected == 0 {
                return Err(conflict(self.current().version));
            }
        }
        let subject = Subject::new("settings", KEY);
        let updated = Change::updated(subject, audited(current)?, audited(next)?);
        audit::record(&transaction, &self.clock, updated).await?;
        Ok(transaction.commit().await?)
    }
}

/// What the audit tells of the settings: all that can be set.
fn audited(settings: &Versioned) -> Result<serde_json::Value> {
    Ok(serde_json::to_value(&settings.gateway).map_err(anyhow::Error::from)?)
}

fn conflict(version: i32) -> Error {
    Error::Conflict(format!(
        "the settings were changed meanwhile (they are at version {version} now); load them again"
    ))
}

fn read(row: setting::Model) -> Result<Versioned> {
    let gateway = serde_json::from_value(row.value).map_err(anyhow::Error::from)?;
    Ok(Versioned {
        gateway,
        version: row.version,
        updated_at: Some(row.updated_at),
    })
}
