//! The monthly budget: cost quotas of a calendar month.

use std::collections::HashMap;

use entity::{
    quota::{self, Entity as Quota, Metric, WindowKind},
    user::{self, Entity as User},
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, PaginatorTrait as _, QueryFilter as _,
    QuerySelect as _, QueryTrait as _,
};
use uuid::Uuid;

use super::Quotas;
use crate::domain::Result;

/// The monthly cost quotas that count every provider and model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthlyBudget {
    /// In nano-USD; `None` without such a quota.
    pub amount: Option<i64>,
    /// Enabled users without such a quota; their cost has no limit.
    pub unlimited_users: u64,
}

impl Quotas {
    /// The sum over all enabled users.
    pub async fn monthly_budget(&self) -> Result<MonthlyBudget> {
        let reader = self.db.reader();
        let enabled = User::find()
            .filter(user::Column::Enabled.eq(true))
            .filter(user::Column::ArchivedAt.is_null());
        let ids = enabled.clone().select_only().column(user::Column::Id);
        let quotas: Vec<(Uuid, i64)> = monthly()
            .filter(quota::Column::ApiKeyId.is_null())
            .filter(quota::Column::UserId.in_subquery(ids.into_query()))
            .select_only()
            .column(quota::Column::UserId)
            .column(quota::Column::Limit)
            .into_tuple()
            .all(reader)
            .await?;
        let mut limits = HashMap::<Uuid, i64>::new();
        for (user_id, limit) in quotas {
            let lowest = limits.entry(user_id).or_insert(limit);
            *lowest = Ord::min(limit, *lowest);
        }
        let users = enabled.count(reader).await?;
        let sum = limits.values().copied().reduce(i64::saturating_add);
        Ok(MonthlyBudget {
            amount: sum,
            unlimited_users: users.saturating_sub(limits.len() as u64),
        })
    }

    /// The lowest of a user or key; that of a user also limits each key.
    pub async fn monthly_budget_of(
        &self,
        user_id: Option<Uuid>,
        api_key_id: Option<Uuid>,
    ) -> Result<MonthlyBudget> {
        let mut quotas = monthly().select_only().column(quota::Column::Limit);
        quotas = match api_key_id {
            None => quotas.filter(quota::Column::ApiKeyId.is_null()),
            Some(id) => {
                let owner = entity::api_key::Entity::find_by_id(id)
                    .select_only()
                    .column(entity::api_key::Column::UserId);
                quotas
                    .filter(quota::Column::UserId.in_subquery(owner.into_query()))
                    .filter(
                        quota::Column::ApiKeyId
                            .is_null()
                            .or(quota::Column::ApiKeyId.eq(id)),
                    )
            }
        };
        if let Some(id) = user_id {
            quotas = quotas.filter(quota::Column::UserId.eq(id));
        }
        let limits: Vec<i64> = quotas.into_tuple().all(self.db.reader()).await?;
        Ok(MonthlyBudget {
            amount: limits.into_iter().min(),
            unlimited_users: 0,
        })
    }
}

fn monthly() -> sea_orm::Select<Quota> {
    Quota::find()
        .filter(quota::Column::Metric.eq(Metric::Cost))
        .filter(quota::Column::Window.eq(WindowKind::Month))
        .filter(quota::Column::Provider.is_null())
        .filter(quota::Column::ModelPattern.is_null())
}
