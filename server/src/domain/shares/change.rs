//! Changes of modes, weights and overrides.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    share_override::{self, Entity as ShareOverride},
    share_pool::{self, Entity as SharePoolRow, ShareMode},
    share_weight::{self, Entity as ShareWeight},
    user::{self, Entity as User},
};
use sea_orm::{
    ActiveValue::Set, DatabaseTransaction, EntityTrait as _, QuerySelect as _,
    sea_query::OnConflict,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Shares, members::DEFAULT_WEIGHT};
use crate::domain::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    text,
};

/// Shares are observed for so long before requests are refused without a confirmation.
pub const OBSERVATION: TimeDelta = TimeDelta::days(3);
/// The longest override.
const MAX_OVERRIDE: TimeDelta = TimeDelta::days(31);
const MAX_WEIGHT: f64 = 100.0;
const MAX_REASON: usize = 200;
/// The kind of subject of audit events about pools.
const SUBJECT: &str = "accountGroup";

impl Shares {
    /// Sets what happens to requests above the share. Refusing them needs three days of observation or a confirmation.
    pub async fn set_mode(
        &self,
        context: &AuditContext,
        group_id: Option<Uuid>,
        mode: ShareMode,
        is_confirmed: bool,
    ) -> Result<()> {
        let subject = self.subject(group_id)?;
        context.about(subject.clone());
        let parts = &self.0;
        let now = parts.clock.now();
        let id = group_id.unwrap_or_default();
        let transaction = parts.db.begin().await?;
        let row = SharePoolRow::find_by_id(id).lock_exclusive();
        let before = row.one(&transaction).await?;
        let since = before.as_ref().and_then(|row| row.observed_since);
        let is_observed = since.is_some_and(|since| now - since >= OBSERVATION);
        if mode == ShareMode::Enforce && !is_observed && !is_confirmed {
            return Err(Error::Conflict(
                "requests above the share would be refused before shares were observed for 3 days; observe them first, \
                 or confirm the change"
                    .to_owned(),
            ));
        }
        let after = share_pool::Model {
            group_id: id,
            mode,
            observed_since: match mode {
                ShareMode::Off => None,
                ShareMode::Observe | ShareMode::Enforce => since.or(Some(now)),
            },
            updated_at: now,
        };
        store_mode(&transaction, &after).await?;
        let before = before.map_or(ShareMode::Off, |row| row.mode);
        let change = AuditChange::updated(subject, audited_mode(before), audited_mode(mode));
        audit::record(&transaction, &parts.clock, context, change).await?;
        transaction.commit().await?;
        self.refresh().await
    }

    /// Sets the weight of a user in all pools: 0 to 100, in hundredths.
    pub async fn set_weight(
        &self,
        context: &AuditContext,
        user_id: Uuid,
        weight: f64,
    ) -> Result<()> {
        let hundredths = hundredths(weight)?;
        let parts = &self.0;
        let transaction = parts.db.begin().await?;
        let user = active_user(&transaction, user_id).await?;
        let before = ShareWeight::find_by_id(user_id).one(&transaction).await?;
        let before = before.map_or(DEFAULT_WEIGHT, |row| row.weight);
        let row = share_weight::ActiveModel {
            user_id: Set(user_id),
            weight: Set(hundredths),
        };
        let mut conflict = OnConflict::column(share_weight::Column::UserId);
        conflict.update_column(share_weight::Column::Weight);
        ShareWeight::insert(row)
            .on_conflict(conflict)
            .exec_without_returning(&transaction)
            .await?;
        let subject = AuditSubject::new("user", &user_id).named(&user.name);
        let audited = |hundredths| json!({ "shareWeight": f64::from(hundredths) / 100.0 });
        let change = AuditChange::updated(subject, audited(before), audited(hundredths));
        audit::record(&transaction, &parts.clock, context, change).await?;
        transaction.commit().await?;
        self.refresh().await
    }

    /// The weight of a user.
    pub async fn weight(&self, user_id: Uuid) -> Result<f64> {
        let row = ShareWeight::find_by_id(user_id);
        let row = row.one(self.0.db.reader()).await?;
        let hundredths = row.map_or(DEFAULT_WEIGHT, |row| row.weight);
        Ok(f64::from(hundredths) / f64::from(DEFAULT_WEIGHT))
    }

    /// Admits a user above the share until a time; `None` ends that.
    pub async fn allow_above(
        &self,
        context: &AuditContext,
        (group_id, user_id): (Option<Uuid>, Uuid),
        until: Option<DateTime<Utc>>,
        reason: &str,
    ) -> Result<()> {
        self.subject(group_id)?;
        let parts = &self.0;
        let now = parts.clock.now();
        if until.is_some_and(|until| until <= now || until > now + MAX_OVERRIDE) {
            return Err(Error::BadInput(
                "until must be in the future, and at most 31 days from now".to_owned(),
            ));
        }
        let reason = text::required("reason", reason, MAX_REASON)?;
        let group_id = group_id.unwrap_or_default();
        let transaction = parts.db.begin().await?;
        let user = active_user(&transaction, user_id).await?;
        ShareOverride::delete_by_id((group_id, user_id))
            .exec(&transaction)
            .await?;
        if let Some(until) = until {
            let row = share_override::ActiveModel {
                group_id: Set(group_id),
                user_id: Set(user_id),
                until: Set(until),
                reason: Set(reason.clone()),
            };
            ShareOverride::insert(row)
                .exec_without_returning(&transaction)
                .await?;
        }
        let subject = AuditSubject::new("user", &user_id).named(&user.name);
        let after = json!({
            "accountGroupId": (!group_id.is_nil()).then_some(group_id),
            "allowedAboveShareUntil": until,
            "reason": reason,
        });
        let change = AuditChange::done(Some(after)).about(Some(subject));
        audit::record(&transaction, &parts.clock, context, change).await?;
        transaction.commit().await?;
        self.refresh().await
    }

    /// The account group of a pool, for the audit.
    fn subject(&self, group_id: Option<Uuid>) -> Result<AuditSubject> {
        let Some(id) = group_id else {
            let none = AuditSubject::new(SUBJECT, &Uuid::nil());
            return Ok(none.named("accounts in no group"));
        };
        let access = self.0.access.current();
        let group = access.group(id).ok_or(Error::NotFound {
            what: "account group",
        })?;
        Ok(AuditSubject::new(SUBJECT, &id).named(&group.row.name))
    }
}

async fn store_mode(transaction: &DatabaseTransaction, row: &share_pool::Model) -> Result<()> {
    let mut conflict = OnConflict::column(share_pool::Column::GroupId);
    conflict.update_columns([
        share_pool::Column::Mode,
        share_pool::Column::ObservedSince,
        share_pool::Column::UpdatedAt,
    ]);
    let row = share_pool::ActiveModel {
        group_id: Set(row.group_id),
        mode: Set(row.mode),
        observed_since: Set(row.observed_since),
        updated_at: Set(row.updated_at),
    };
    SharePoolRow::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

fn audited_mode(mode: ShareMode) -> Value {
    let mode = match mode {
        ShareMode::Off => "OFF",
        ShareMode::Observe => "OBSERVE",
        ShareMode::Enforce => "ENFORCE",
    };
    json!({ "shareMode": mode })
}

async fn active_user(transaction: &DatabaseTransaction, user_id: Uuid) -> Result<user::Model> {
    let user = User::find_by_id(user_id).one(transaction).await?;
    let user = user.filter(|user| user.archived_at.is_none());
    user.ok_or(Error::NotFound { what: "user" })
}

/// A weight in hundredths.
fn hundredths(weight: f64) -> Result<i32> {
    if !(0.0..=MAX_WEIGHT).contains(&weight) {
        return Err(Error::BadInput(
            "the weight must be between 0 and 100".to_owned(),
        ));
    }
    let rounded = (weight * f64::from(DEFAULT_WEIGHT)).round();
    let found = (0..=10_000).find(|hundredths| f64::from(*hundredths) >= rounded);
    Ok(found.unwrap_or(DEFAULT_WEIGHT))
}
