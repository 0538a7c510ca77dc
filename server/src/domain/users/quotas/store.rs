//! Quotas in the database.

use chrono::{DateTime, Utc};
use entity::{
    quota::{self, Entity as Quota},
    quota_bucket::{self, Entity as QuotaBucket},
    user,
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
};
use uuid::Uuid;

use super::{LimitSubject, NewQuota, past};
use crate::domain::Result;

/// Buckets in one statement.
const BUCKETS: usize = 1000;

/// A user's quotas, those of the keys among them, in the order in which they were set.
pub(in crate::domain::users) async fn of_user(
    connection: &impl ConnectionTrait,
    user_id: Uuid,
) -> Result<Vec<quota::Model>> {
    let quotas = Quota::find().filter(quota::Column::UserId.eq(user_id));
    let quotas = quotas.order_by_asc(quota::Column::Id);
    Ok(quotas.all(connection).await?)
}

/// The quotas of one user without those of the keys, or of one key.
pub(super) async fn of_subject(
    connection: &impl ConnectionTrait,
    subject: &LimitSubject,
) -> Result<Vec<quota::Model>> {
    let mut quotas = of_user(connection, subject.user.id).await?;
    quotas.retain(|quota| quota.api_key_id == subject.api_key_id());
    Ok(quotas)
}

/// Replaces the quotas of a user or key.
pub(super) async fn replace(
    connection: &impl ConnectionTrait,
    subject: &LimitSubject,
    wanted: Vec<NewQuota>,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut there = of_subject(connection, subject).await?;
    for new in wanted {
        if let Some(at) = there.iter().position(|quota| new.edits(quota)) {
            edit(connection, there.swap_remove(at), &new).await?;
        } else {
            let quota = insert(connection, subject, new, now).await?;
            count_past(connection, &quota, &subject.user, now).await?;
        }
    }
    let gone = there.into_iter().map(|quota| quota.id);
    Quota::delete_many()
        .filter(quota::Column::Id.is_in(gone))
        .exec(connection)
        .await?;
    Ok(())
}

async fn edit(
    connection: &impl ConnectionTrait,
    quota: quota::Model,
    new: &NewQuota,
) -> Result<()> {
    let mut quota = quota.into_active_model();
    quota.limit = Set(new.limit);
    quota.soft_percents = Set(new.percents());
    quota.strict = Set(new.strict);
    quota.unpriced = Set(new.unpriced);
    quota.free_models = Set(new.free_models);
    quota.update(connection).await?;
    Ok(())
}

/// Stores a quota without usage.
pub(super) async fn insert(
    connection: &impl ConnectionTrait,
    subject: &LimitSubject,
    new: NewQuota,
    now: DateTime<Utc>,
) -> Result<quota::Model> {
    let row = model(subject, new, now).into_active_model().reset_all();
    Ok(row.insert(connection).await?)
}

/// A new quota as it is stored.
pub(super) fn model(subject: &LimitSubject, new: NewQuota, now: DateTime<Utc>) -> quota::Model {
    quota::Model {
        id: Uuid::now_v7(),
        user_id: subject.user.id,
        api_key_id: subject.api_key_id(),
        metric: new.metric,
        limit: new.limit,
        window: new.window,
        rolling_seconds: new.rolling_seconds,
        soft_percents: new.percents(),
        timezone: new.timezone,
        provider: new.provider,
        model_pattern: new.model_pattern,
        strict: new.strict,
        unpriced: new.unpriced,
        free_models: new.free_models,
        created_at: now,
        temporary_raise: None,
    }
}

async fn count_past(
    connection: &impl ConnectionTrait,
    quota: &quota::Model,
    user: &user::Model,
    now: DateTime<Utc>,
) -> Result<()> {
    let past = past::used(connection, quota, user.usage_reset_at, now).await?;
    let buckets = past
        .into_iter()
        .map(|(starts_at, used)| quota_bucket::Model {
            quota_id: quota.id,
            starts_at,
            used,
        });
    insert_buckets(connection, buckets.collect()).await
}

async fn insert_buckets(
    connection: &impl ConnectionTrait,
    buckets: Vec<quota_bucket::Model>,
) -> Result<()> {
    for buckets in buckets.chunks(BUCKETS) {
        let rows = buckets.iter().cloned();
        let rows = rows.map(|bucket| bucket.into_active_model().reset_all());
        QuotaBucket::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Forgets what was used of a user's quotas.
pub(super) async fn delete_usage(connection: &impl ConnectionTrait, user_id: Uuid) -> Result<()> {
    let of_user = Quota::find()
        .select_only()
        .column(quota::Column::Id)
        .filter(quota::Column::UserId.eq(user_id))
        .into_query();
    QuotaBucket::delete_many()
        .filter(quota_bucket::Column::QuotaId.in_subquery(of_user))
        .exec(connection)
        .await?;
    Ok(())
}

/// Copies the quotas of a key and their usage to its replacement, so that a rotation does not reset a budget.
pub(in crate::domain) async fn inherit(
    connection: &impl ConnectionTrait,
    from: Uuid,
    to: Uuid,
) -> Result<()> {
    let quotas = Quota::find().filter(quota::Column::ApiKeyId.eq(from));
    for quota in quotas
        .order_by_asc(quota::Column::Id)
        .all(connection)
        .await?
    {
        let old = quota_bucket::Column::QuotaId.eq(quota.id);
        let buckets = QuotaBucket::find().filter(old).all(connection).await?;
        let id = Uuid::now_v7();
        let replacement = quota::Model {
            id,
            api_key_id: Some(to),
            ..quota
        };
        replacement
            .into_active_model()
            .reset_all()
            .insert(connection)
            .await?;
        let buckets = buckets.into_iter().map(|bucket| quota_bucket::Model {
            quota_id: id,
            ..bucket
        });
        insert_buckets(connection, buckets.collect()).await?;
    }
    Ok(())
}
