//! Temporary raises of quotas.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use entity::quota::{self, Entity as Quota, Metric, QuotaRaise};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{LimitHolder, LimitPart, Quotas, audited as audited_quotas};
use crate::domain::{
    Error, Result,
    audit::{AuditChange, AuditContext},
    ledger::QuotaState,
    text,
};

/// The longest raise.
const MAX_DAYS: i64 = 366;
/// The longest reason, in characters.
const MAX_REASON: usize = 200;

/// A temporary raise to be set.
#[derive(Clone, Debug)]
pub struct NewRaise {
    /// In the unit of the quota's metric.
    pub amount: i64,
    pub until: DateTime<Utc>,
    pub reason: String,
}

impl Quotas {
    /// The unit of a quota.
    pub async fn metric_of(&self, id: Uuid) -> Result<Metric> {
        let quota = Quota::find_by_id(id).one(self.db.reader()).await?;
        let quota = quota.ok_or(Error::NotFound { what: "quota" })?;
        Ok(quota.metric)
    }

    /// Raises the limit of a quota until a time, or ends its raise. It replaces an earlier one.
    pub async fn set_raise(
        &self,
        context: &AuditContext,
        id: Uuid,
        raise: Option<NewRaise>,
    ) -> Result<QuotaState> {
        let raise = raise.map(|raise| self.read(&raise)).transpose()?;
        let work = self.clone().store_raise(context.clone(), id, raise);
        self.run_to_completion(work).await
    }

    fn read(&self, raise: &NewRaise) -> Result<QuotaRaise> {
        if raise.amount < 1 {
            return Err(Error::bad_input("amount must be greater than 0"));
        }
        let now = self.clock.now();
        text::in_future("until", Some(raise.until), now)?;
        if raise.until > now + TimeDelta::days(MAX_DAYS) {
            return Err(Error::BadInput(format!(
                "until must be within {MAX_DAYS} days; raise the limit itself for longer"
            )));
        }
        Ok(QuotaRaise {
            amount: raise.amount,
            until: raise.until,
            reason: text::required("reason", &raise.reason, MAX_REASON)?,
        })
    }

    async fn store_raise(
        self,
        context: AuditContext,
        id: Uuid,
        raise: Option<QuotaRaise>,
    ) -> Result<QuotaState> {
        let _turn = self.ledger.turn().await;
        let transaction = self.db.begin().await?;
        let quota = Quota::find_by_id(id).one(&transaction).await?;
        let quota = quota.ok_or(Error::NotFound { what: "quota" })?;
        let holder = holder_of(&quota);
        context.about(holder.subject());
        holder
            .advance(&transaction, LimitPart::Quotas, None)
            .await?;
        let subject = self.find(&transaction, holder).await?;
        let (user_id, key_id) = (quota.user_id, quota.api_key_id);
        let before = json!({ "quotas": audited_quotas(&transaction, user_id, key_id).await? });
        let mut quota = quota.into_active_model();
        quota.temporary_raise = Set(raise);
        quota.update(&transaction).await?;
        let after = json!({ "quotas": audited_quotas(&transaction, user_id, key_id).await? });
        let updated = AuditChange::updated(subject.audited(), before, after);
        self.commit(&context, transaction, user_id, updated).await?;
        let states = self.of(user_id, key_id);
        let mut states = states.into_iter();
        let state = states.find(|state| state.quota.id == id);
        state.ok_or(Error::NotFound { what: "quota" })
    }
}

fn holder_of(quota: &quota::Model) -> LimitHolder {
    match quota.api_key_id {
        Some(id) => LimitHolder::ApiKey(id),
        None => LimitHolder::User(quota.user_id),
    }
}

/// A raise, for the audit.
pub(super) fn audited(raise: &QuotaRaise) -> Value {
    json!({
        "amount": raise.amount,
        "until": raise.until.to_rfc3339_opts(SecondsFormat::Secs, true),
        "reason": raise.reason,
    })
}
