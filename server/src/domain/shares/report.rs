//! The state of shares, and what was decided, for administrators and users.

use chrono::{DateTime, Utc};
use entity::{
    provider_account::ProviderKind,
    share_hour::{self, Entity as ShareHour},
    share_override::{self, Entity as ShareOverride},
    share_pool::{Entity as SharePoolRow, ShareMode},
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use shares::{MemberState, PoolReport, WindowClass};
use uuid::Uuid;

use super::{Shares, members};
use crate::domain::Result;

/// Users in a report.
const MAX_USERS: u64 = 1000;

/// How the windows of a group are shared.
#[derive(Clone, Debug)]
pub struct GroupSharing {
    pub mode: ShareMode,
    pub observed_since: Option<DateTime<Utc>>,
    /// By provider; empty while the mode is off.
    pub pools: Vec<PoolSharing>,
    /// Users who are admitted above their shares.
    pub overrides: Vec<share_override::Model>,
}

/// The pool of one provider.
#[derive(Clone, Debug)]
pub struct PoolSharing {
    pub provider: ProviderKind,
    pub report: PoolReport,
}

/// Counts of the decisions about the requests of a user.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct ShareReport {
    pub user_id: Uuid,
    pub admitted: i64,
    pub lent: i64,
    pub would_refuse: i64,
    pub refused: i64,
}

/// A user's share of one pool, without the numbers of others.
#[derive(Clone, Debug)]
pub struct OwnShare {
    /// The name of the account group; `None` for the accounts that are in no group.
    pub group: Option<String>,
    pub provider: ProviderKind,
    pub mode: ShareMode,
    pub state: MemberState,
    /// Of the pool.
    pub share_percent: f64,
    pub windows: Vec<OwnShareWindow>,
}

/// A user's share of the windows of one class.
#[derive(Clone, Copy, Debug)]
pub struct OwnShareWindow {
    pub class: WindowClass,
    /// Of the share; more than 100 if the user has borrowed.
    pub used_percent: f64,
    /// The part of the pool's windows that is free to borrow.
    pub free_percent: f64,
    pub ends_at: Option<DateTime<Utc>>,
}

impl Shares {
    /// How the windows of a group are shared; of the accounts that are in no group without an id.
    pub async fn of_group(&self, group_id: Option<Uuid>) -> Result<GroupSharing> {
        let id = group_id.unwrap_or_default();
        let parts = &self.0;
        let row = SharePoolRow::find_by_id(id).one(parts.db.reader()).await?;
        let overrides = ShareOverride::find()
            .filter(share_override::Column::GroupId.eq(id))
            .filter(share_override::Column::Until.gt(parts.clock.now()))
            .order_by_asc(share_override::Column::Until)
            .limit(MAX_USERS);
        let pools = parts.pools.load();
        let pools = pools.by_group.get(&id).into_iter().flatten();
        let pools = pools.map(|pool| PoolSharing {
            provider: pool.key.provider,
            report: pool.report(),
        });
        Ok(GroupSharing {
            mode: row.as_ref().map_or(ShareMode::Off, |row| row.mode),
            observed_since: row.and_then(|row| row.observed_since),
            pools: pools.collect(),
            overrides: overrides.all(parts.db.reader()).await?,
        })
    }

    /// Counts of the decisions in a group since a time, by user; those with the most refused requests first.
    pub async fn report(
        &self,
        group_id: Option<Uuid>,
        since: DateTime<Utc>,
    ) -> Result<Vec<ShareReport>> {
        use share_hour::Column;

        self.store_counts().await?;
        let sum = |column: Column| Expr::col(column).sum().cast_as("bigint");
        let rows = ShareHour::find()
            .select_only()
            .column(Column::UserId)
            .column_as(sum(Column::Admitted), "admitted")
            .column_as(sum(Column::Lent), "lent")
            .column_as(sum(Column::WouldRefuse), "would_refuse")
            .column_as(sum(Column::Refused), "refused")
            .filter(Column::GroupId.eq(group_id.unwrap_or_default()))
            .filter(Column::Hour.gte(since.timestamp()))
            .group_by(Column::UserId)
            .limit(MAX_USERS)
            .into_model::<ShareReport>();
        let mut rows = rows.all(self.0.db.reader()).await?;
        rows.sort_by_key(|row| std::cmp::Reverse((row.refused + row.would_refuse, row.lent)));
        Ok(rows)
    }

    /// The shares of a user's key, by group and provider.
    pub fn of_key(&self, user_id: Uuid, api_key_id: Uuid) -> Vec<OwnShare> {
        let access = self.0.access.current();
        let pools = self.0.pools.load();
        let groups = members::groups_of(&access, user_id, Some(api_key_id));
        let pools = groups
            .iter()
            .filter_map(|id| pools.by_group.get(id))
            .flatten();
        let own = pools.filter_map(|pool| {
            let report = pool.report();
            let mut members = report.members.iter();
            let member = members.find(|member| member.user == user_id)?;
            let windows = report.windows.iter().map(|window| {
                let used = match window.class {
                    WindowClass::FiveHours => member.used_percent[0],
                    WindowClass::Week => member.used_percent[1],
                };
                let used = 100.0 * used / member.share_percent;
                OwnShareWindow {
                    class: window.class,
                    used_percent: if used.is_finite() { used } else { 0.0 },
                    free_percent: window.free_percent,
                    ends_at: window
                        .ends_at
                        .and_then(|at| DateTime::from_timestamp(at, 0)),
                }
            });
            Some(OwnShare {
                group: access
                    .group(pool.key.group_id)
                    .map(|group| group.row.name.clone()),
                provider: pool.key.provider,
                mode: pool.mode(),
                state: member.state,
                share_percent: member.share_percent,
                windows: windows.collect(),
            })
        });
        own.collect()
    }
}
