//! Lists of keys of all users: filter, order, pages.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    api_key::{self, Entity as ApiKey},
    user::Entity as User,
};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _, Order, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
    sea_query::{Expr, Func, SimpleExpr},
};
use uuid::Uuid;

use super::{
    ApiKeys,
    policy::{created, last_use},
};
use crate::domain::{
    Error, Result,
    paging::{self, Page, PageRequest, PageWindow},
    usage::Usage,
};

/// The most days of a filter: ten years.
const MAX_DAYS: i32 = 3650;
/// The year 9999.
const FAR_FUTURE: DateTime<Utc> = DateTime::from_timestamp(253_370_764_800, 0).unwrap();

/// The state of a key, regardless of whether its user is enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiKeyState {
    Active,
    Expired,
    Revoked,
}

/// All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyFilter {
    /// A whole key; or part of the name, of the owner's name, of the prefix or the last four characters.
    pub search: Option<String>,
    pub user_id: Option<Uuid>,
    /// Any of these.
    pub states: Option<Vec<ApiKeyState>>,
    /// Not used for at least so many days; a key that was never used counts from its creation.
    pub unused_days: Option<i32>,
    /// Created at least so many days ago.
    pub created_before_days: Option<i32>,
    /// Active, and expires within so many days, also if it is used.
    pub expires_within_days: Option<i32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiKeyOrderField {
    #[default]
    LastUsedAt,
    CreatedAt,
    ExpiresAt,
    /// By the tokens of the last 30 days.
    Tokens,
    /// By the cost of the last 30 days.
    Cost,
}

/// The order of a list of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiKeyOrder {
    pub field: ApiKeyOrderField,
    pub descending: bool,
}

impl ApiKeys {
    /// A page of the keys of all users, in every state unless the filter selects some. A cursor is the id of a key.
    pub async fn list(
        &self,
        filter: &ApiKeyFilter,
        order: ApiKeyOrder,
        page: &PageRequest,
        usage: &Usage,
    ) -> Result<Page<api_key::Model>> {
        let window = page.window()?;
        let descending = order.descending != window.backwards;
        let query = self.filtered(filter)?;
        let sort_key = match order.field {
            ApiKeyOrderField::LastUsedAt => last_use as fn() -> SimpleExpr,
            ApiKeyOrderField::CreatedAt => created,
            ApiKeyOrderField::ExpiresAt => expiry,
            by @ (ApiKeyOrderField::Tokens | ApiKeyOrderField::Cost) => {
                let keys = self.by_usage(query, by, descending, &window, usage).await?;
                return Ok(window.page(keys));
            }
        };
        let mut query = query;
        if let Some(cursor) = &window.cursor {
            let id = paging::id_of_cursor(cursor)?;
            let after = paging::after::<ApiKey>(api_key::Column::Id, sort_key, descending, id);
            query = query.filter(after);
        }
        let direction = if descending { Order::Desc } else { Order::Asc };
        let keys = query
            .order_by(sort_key(), direction.clone())
            .order_by(api_key::Column::Id, direction)
            .limit(window.limit + 1)
            .all(self.db.reader())
            .await?;
        Ok(window.page(keys))
    }

    pub async fn count(&self, filter: &ApiKeyFilter) -> Result<u64> {
        Ok(self.filtered(filter)?.count(self.db.reader()).await?)
    }

    /// The rows of a page that is ordered by usage. The ids of all matches are sorted here, because the sums name
    /// keys as text, which the databases compare differently; every key is in memory anyway.
    async fn by_usage(
        &self,
        query: Select<ApiKey>,
        by: ApiKeyOrderField,
        descending: bool,
        window: &PageWindow,
        usage: &Usage,
    ) -> Result<Vec<api_key::Model>> {
        let cursor = window.cursor.as_deref().map(paging::id_of_cursor);
        let cursor = cursor.transpose()?;
        let ids = query.select_only().column(api_key::Column::Id);
        let mut ids: Vec<Uuid> = ids.into_tuple().all(self.db.reader()).await?;
        let sums = usage.recent_of_keys(None).await?;
        let rank = |id: &Uuid| {
            let sums = sums.get(id).copied().unwrap_or_default();
            let amount = match by {
                ApiKeyOrderField::Tokens => sums.tokens.total(),
                ApiKeyOrderField::Cost
                | ApiKeyOrderField::LastUsedAt
                | ApiKeyOrderField::CreatedAt
                | ApiKeyOrderField::ExpiresAt => sums.cost,
            };
            (amount, *id)
        };
        if descending {
            ids.sort_by_cached_key(|id| Reverse(rank(id)));
        } else {
            ids.sort_by_cached_key(rank);
        }
        if let Some(cursor) = cursor {
            let cursor = rank(&cursor);
            ids.retain(|id| {
                if descending {
                    rank(id) < cursor
                } else {
                    rank(id) > cursor
                }
            });
        }
        ids.truncate(usize::try_from(window.limit + 1).unwrap_or(usize::MAX));
        let mut keys = self.find_many(&ids).await?;
        keys.sort_by_cached_key(|key| ids.iter().position(|id| *id == key.id));
        Ok(keys)
    }

    fn filtered(&self, filter: &ApiKeyFilter) -> Result<Select<ApiKey>> {
        let now = self.clock.now();
        let mut query = ApiKey::find().inner_join(User);
        let text = filter.search.as_deref().map(str::trim);
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            query = query.filter(self.matches(text));
        }
        if let Some(user_id) = filter.user_id {
            query = query.filter(api_key::Column::UserId.eq(user_id));
        }
        if let Some(states) = &filter.states {
            let all = [
                ApiKeyState::Active,
                ApiKeyState::Expired,
                ApiKeyState::Revoked,
            ];
            let wanted = all.into_iter().filter(|state| states.contains(state));
            let any = wanted.map(|state| self.is(state));
            query = query.filter(any.fold(never(), Condition::add));
        }
        if let Some(unused) = days("unusedDays", filter.unused_days)? {
            query = query.filter(last_use().lte(now - unused));
        }
        if let Some(age) = days("createdBeforeDays", filter.created_before_days)? {
            query = query.filter(created().lte(now - age));
        }
        if let Some(within) = days("expiresWithinDays", filter.expires_within_days)? {
            query = query
                .filter(self.is(ApiKeyState::Active))
                .filter(self.policy.current().ends_by(now + within));
        }
        Ok(query)
    }

    /// The condition of a state. A key that the policy has ended is expired.
    pub(super) fn is(&self, state: ApiKeyState) -> Condition {
        let lives = self.policy.current().lives(self.clock.now());
        let revoked = api_key::Column::RevokedAt;
        let all = Condition::all();
        match state {
            ApiKeyState::Revoked => all.add(revoked.is_not_null()),
            ApiKeyState::Expired => all.add(revoked.is_null()).add(lives.not()),
            ApiKeyState::Active => all.add(revoked.is_null()).add(lives),
        }
    }
}

/// A condition to which alternatives are added; without any it does not hold.
fn never() -> Condition {
    Condition::any().add(api_key::Column::Id.is_null())
}

/// The expiry. Keys that do not expire come after all others.
fn expiry() -> SimpleExpr {
    let expires = Expr::col((ApiKey, api_key::Column::ExpiresAt));
    Expr::expr(Func::coalesce([expires, Expr::value(FAR_FUTURE)]))
}

fn days(name: &str, days: Option<i32>) -> Result<Option<TimeDelta>> {
    match days {
        None => Ok(None),
        Some(days) if (1..=MAX_DAYS).contains(&days) => Ok(Some(TimeDelta::days(days.into()))),
        Some(_) => Err(Error::BadInput(format!(
            "{name} must be between 1 and {MAX_DAYS}"
        ))),
    }
}
