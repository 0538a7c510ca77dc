//! How windows are shared, and what was decided.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::TimeDelta;
use entity::{share_override, share_pool};
use uuid::Uuid;

use crate::{
    clock::SharedClock,
    domain::{
        Error,
        shares::{
            ClassReport, GroupSharing, MemberReport, MemberState, OBSERVATION, PoolSharing,
            ShareReport as Decisions, Shares, WindowClass,
        },
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, SUM, one},
            error::Result,
            guard::Declared,
            loaders::UserId,
            role::{Role, requires_role},
        },
        types::{provider::ProviderKind, scalar::DateTime, user::User},
    },
};

/// The longest report.
const MAX_DAYS: i32 = 90;

/// The treatment of requests above the share of their user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "share_pool::ShareMode")]
pub(crate) enum ShareMode {
    /// Windows are not shared: first come, first served.
    Off,
    /// Requests above the share are admitted and counted, to see what `ENFORCE` would refuse.
    Observe,
    /// Requests above the share are refused with 429 `proxypal_share_used` while what is left is likely to be needed by others.
    Enforce,
}

/// The length of a usage window of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "WindowClass")]
pub(crate) enum SharedWindowLength {
    /// Five hours.
    FiveHours,
    /// Seven days.
    Week,
}

/// The present rights of a user in a shared pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "MemberState")]
pub(crate) enum ShareState {
    /// Below the share: always admitted.
    BelowShare,
    /// Above the share, and admitted while enough is free.
    Borrowing,
    /// Above the share, and too little is free: the last request was refused, or would have been.
    Waiting,
    /// Nothing used for two weeks, so no share is kept until the next request.
    Dormant,
}

/// How the usage windows of the accounts of a group are shared among its users.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct AccountSharing {
    #[graphql(skip)]
    group_id: Option<Uuid>,
    #[graphql(skip)]
    admitted_above: Vec<share_override::Model>,
    /// The treatment of requests above the share.
    mode: ShareMode,
    /// Since when shares are observed or enforced; null while the mode is `OFF`.
    observed_since: Option<DateTime>,
    /// From when `ENFORCE` needs no confirmation: three days after `observedSince`; null while the mode is `OFF`.
    enforceable_from: Option<DateTime>,
    /// The pools, one for each provider of the group's accounts; empty while the mode is `OFF`.
    pools: Vec<SharedPool>,
}

impl AccountSharing {
    /// Of the accounts that are in no group without an id.
    pub(crate) async fn of_group(ctx: &Context<'_>, group_id: Option<Uuid>) -> Result<Self> {
        let sharing = ctx.service::<Shares>().of_group(group_id).await?;
        let GroupSharing {
            mode,
            observed_since,
            pools,
            overrides,
        } = sharing;
        Ok(Self {
            group_id,
            admitted_above: overrides,
            mode: mode.into(),
            observed_since: observed_since.map(Into::into),
            enforceable_from: observed_since.map(|since| (since + OBSERVATION).into()),
            pools: pools.into_iter().map(SharedPool::from).collect(),
        })
    }
}

#[ComplexObject]
impl AccountSharing {
    /// The users who are admitted above their shares at present, those that end first first.
    #[graphql(complexity = "20 * child_complexity")]
    async fn overrides(&self) -> Vec<ShareOverride> {
        self.admitted_above
            .iter()
            .cloned()
            .map(Into::into)
            .collect()
    }

    /// Counts of the decisions about the requests of the last days, by user; those with the most refused requests first, at most
    /// 1,000. Hours are kept for 90 days.
    #[graphql(complexity = "20 * child_complexity + SUM")]
    async fn report(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 7, desc = "The number of days: 1 to 90.")] days: i32,
    ) -> Result<Vec<ShareDecisions>> {
        if !(1..=MAX_DAYS).contains(&days) {
            let text = format!("days must be between 1 and {MAX_DAYS}");
            return Err(Error::BadInput(text).into());
        }
        let since = ctx.service::<SharedClock>().now() - TimeDelta::days(days.into());
        let rows = ctx.service::<Shares>().report(self.group_id, since);
        Ok(rows.await?.into_iter().map(Into::into).collect())
    }
}

/// The windows of a provider's accounts that users share.
#[derive(Debug, SimpleObject)]
pub(crate) struct SharedPool {
    /// The provider of the accounts.
    provider: ProviderKind,
    /// The windows of the accounts together, by length. A length without recent readings is missing: until they arrive, its
    /// shares are not compared, and no request is refused because of it.
    windows: Vec<SharedWindow>,
    /// The users who may use the accounts, those with the largest share first.
    shares: Vec<UserShare>,
}

impl From<PoolSharing> for SharedPool {
    fn from(pool: PoolSharing) -> Self {
        let PoolSharing { provider, report } = pool;
        let mut members = report.members;
        members.sort_by(|one, other| {
            let by_share = other.share_percent.total_cmp(&one.share_percent);
            by_share.then(one.user.cmp(&other.user))
        });
        Self {
            provider: provider.into(),
            windows: report.windows.into_iter().map(Into::into).collect(),
            shares: members.into_iter().map(UserShare::from).collect(),
        }
    }
}

/// The windows of one length of all accounts of a pool together. Percentages are of what the pool's users may use of them.
#[derive(Debug, SimpleObject)]
pub(crate) struct SharedWindow {
    /// The length of the windows.
    length: SharedWindowLength,
    /// The use of the pool's users in the current cycles, in percent, with requests in flight.
    used_percent: f64,
    /// The part that users above their shares may borrow now, in percent.
    free_percent: f64,
    /// The part that is kept for users below their shares, in percent.
    kept_percent: f64,
    /// When the first of the windows resets; null while none is used.
    resets_at: Option<DateTime>,
}

impl From<ClassReport> for SharedWindow {
    fn from(report: ClassReport) -> Self {
        let end = report.ends_at;
        let end = end.and_then(|end| chrono::DateTime::from_timestamp(end, 0));
        Self {
            length: report.class.into(),
            used_percent: report.used_percent,
            free_percent: report.free_percent,
            kept_percent: report.kept_percent,
            resets_at: end.map(Into::into),
        }
    }
}

/// The share of a user in a pool. Percentages are of the pool's windows.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct UserShare {
    #[graphql(skip)]
    user_id: Uuid,
    /// The user's weight: 0 to 100, 1 if none is set.
    weight: f64,
    /// The share, in percent.
    share_percent: f64,
    /// The user's use of the five-hour windows, in percent, with requests in flight.
    five_hours_used_percent: f64,
    /// The part of the five-hour windows that is kept for the user, in percent.
    five_hours_kept_percent: f64,
    /// The user's use of the weekly windows, in percent, with requests in flight.
    week_used_percent: f64,
    /// The part of the weekly windows that is kept for the user, in percent.
    week_kept_percent: f64,
    /// The present rights of the user.
    state: ShareState,
}

impl From<MemberReport> for UserShare {
    fn from(member: MemberReport) -> Self {
        Self {
            user_id: member.user,
            weight: member.weight,
            share_percent: member.share_percent,
            five_hours_used_percent: member.used_percent[0],
            five_hours_kept_percent: member.kept_percent[0],
            week_used_percent: member.used_percent[1],
            week_kept_percent: member.kept_percent[1],
            state: member.state.into(),
        }
    }
}

#[ComplexObject]
impl UserShare {
    /// The user; null if the user was archived.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        user(ctx, self.user_id).await
    }
}

/// A user who is admitted above the share until a time.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ShareOverride {
    #[graphql(skip)]
    user_id: Uuid,
    /// When it ends.
    until: DateTime,
    /// Why, as the administrator wrote it.
    reason: String,
}

impl From<share_override::Model> for ShareOverride {
    fn from(row: share_override::Model) -> Self {
        Self {
            user_id: row.user_id,
            until: row.until.into(),
            reason: row.reason,
        }
    }
}

#[ComplexObject]
impl ShareOverride {
    /// The user; null if the user was archived.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        user(ctx, self.user_id).await
    }
}

/// How many requests of a user were decided how.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ShareDecisions {
    #[graphql(skip)]
    user_id: Uuid,
    /// Requests within the share, and those without recent readings.
    admitted: i64,
    /// Requests above the share that were admitted, because enough was free or by an override.
    lent: i64,
    /// Requests above the share that `ENFORCE` would have refused.
    would_refuse: i64,
    /// Refused requests.
    refused: i64,
}

impl From<Decisions> for ShareDecisions {
    fn from(row: Decisions) -> Self {
        Self {
            user_id: row.user_id,
            admitted: row.admitted,
            lent: row.lent,
            would_refuse: row.would_refuse,
            refused: row.refused,
        }
    }
}

#[ComplexObject]
impl ShareDecisions {
    /// The user; null if the user was archived.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        user(ctx, self.user_id).await
    }
}

async fn user(ctx: &Context<'_>, id: Uuid) -> Result<Option<User>> {
    let user = ctx.loader().load_one(UserId(id)).await?;
    Ok(user.map(User::from))
}

#[derive(Debug, Default)]
pub(crate) struct ShareQuery;

#[Object(guard = "Declared")]
impl ShareQuery {
    /// How the windows of the accounts that are in no account group are shared.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "one(child_complexity)"
    )]
    async fn ungrouped_sharing(&self, ctx: &Context<'_>) -> Result<AccountSharing> {
        AccountSharing::of_group(ctx, None).await
    }
}
