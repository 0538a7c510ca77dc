//! Usage of a group.

use async_graphql::{ComplexObject, Context, SimpleObject};

use super::{
    group::Groups,
    input::{UsageDimension, UsageOrder},
    latency::UsageLatency,
    parts::UsageParts,
    report::ranking,
    totals::UsageTotals,
};
use crate::{
    domain::usage::{By, Slice},
    graphql::{
        provider::account::ProviderAccount,
        resolver::{
            context::ContextExt as _,
            cost::{BATCHED, parts},
            error::Result,
            loaders::{AccountId, ApiKeyId, UserId},
        },
        types::{api_key::ApiKey, provider::ProviderKind, user::User},
    },
    providers,
};

/// The usage of one group.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct UsageSlice {
    #[graphql(skip)]
    by: By,
    #[graphql(skip)]
    groups: Option<Groups>,
    #[graphql(skip)]
    slice: Slice,
    /// The group's key: an id or a name; empty if unknown.
    key: String,
    /// The provider; null unless grouped by `PROVIDER`.
    provider: Option<ProviderKind>,
    /// The requested model name; null unless grouped by `MODEL`.
    model: Option<String>,
    /// The totals.
    totals: UsageTotals,
}

impl UsageSlice {
    pub(crate) fn all(by: By, groups: Option<&Groups>, slices: Vec<Slice>) -> Vec<Self> {
        let slices = slices.into_iter();
        slices.map(|slice| Self::new(by, groups, slice)).collect()
    }

    fn new(by: By, groups: Option<&Groups>, slice: Slice) -> Self {
        let provider = slice.provider().filter(|_| by == By::Provider);
        let model = Some(slice.subject.clone());
        Self {
            key: slice.subject.clone(),
            provider: provider.map(Into::into),
            model: model.filter(|model| by == By::Model && !model.is_empty()),
            totals: slice.sums.into(),
            by,
            groups: groups.cloned(),
            slice,
        }
    }
}

#[ComplexObject]
impl UsageSlice {
    /// The display name; null if unknown.
    #[graphql(complexity = "BATCHED")]
    async fn label(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(match self.by {
            By::User => self.user(ctx).await?.map(|user| user.name),
            By::ApiKey => self.api_key(ctx).await?.map(|key| key.name),
            By::Account => self.account(ctx).await?.map(|account| account.label),
            By::Provider => {
                let provider = self.slice.provider();
                provider.map(|kind| providers::spec(kind).display_name.to_owned())
            }
            By::Model => Some(self.slice.subject.clone()).filter(|model| !model.is_empty()),
        })
    }

    /// The totals of the group in the range of `Usage.previous`; null in a series and in `parts`.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn previous(&self, ctx: &Context<'_>) -> Result<Option<UsageTotals>> {
        let Some(groups) = &self.groups else {
            return Ok(None);
        };
        let sums = groups.previous(ctx, &self.slice.subject).await?;
        Ok(Some(UsageTotals::from(sums)))
    }

    /// How long the group's requests took; null in a series and in `parts`.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn latency(&self, ctx: &Context<'_>) -> Result<Option<UsageLatency>> {
        let Some(groups) = &self.groups else {
            return Ok(None);
        };
        let latency = groups.latency(ctx, &self.slice.subject).await?;
        Ok(Some(UsageLatency::from(latency)))
    }

    /// The totals of the group by a second dimension, largest first; null in a series and in `parts`.
    #[graphql(complexity = "parts(first, child_complexity)")]
    async fn parts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The second dimension; another than that of the groups.")]
        by: UsageDimension,
        #[graphql(default = 10, desc = "The number of parts to return: 1 to 50.")] first: i32,
        #[graphql(desc = "The order of the parts.", default_with = "UsageOrder::Cost")]
        order_by: UsageOrder,
    ) -> Result<Option<UsageParts>> {
        let Some(groups) = &self.groups else {
            return Ok(None);
        };
        let ranking = ranking(ctx, by, first, order_by)?;
        let parts = groups.parts(ctx, &self.slice.subject, ranking).await?;
        Ok(Some(UsageParts::new(ranking.by, parts)))
    }

    /// The user; null unless grouped by `USER`.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let id = self.slice.id().filter(|_| self.by == By::User);
        let Some(id) = id else { return Ok(None) };
        Ok(ctx.loader().load_one(UserId(id)).await?.map(User::from))
    }

    /// The key; null unless grouped by `API_KEY`.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn api_key(&self, ctx: &Context<'_>) -> Result<Option<ApiKey>> {
        let id = self.slice.id().filter(|_| self.by == By::ApiKey);
        let Some(id) = id else { return Ok(None) };
        Ok(ctx.loader().load_one(ApiKeyId(id)).await?.map(ApiKey::from))
    }

    /// The account; null unless grouped by `ACCOUNT`.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<ProviderAccount>> {
        let id = self.slice.id().filter(|_| self.by == By::Account);
        let Some(id) = id else { return Ok(None) };
        let account = ctx.loader().load_one(AccountId(id)).await?;
        Ok(account.map(ProviderAccount::from))
    }
}
