//! Parts of usage, and whose they are.

use async_graphql::{Context, Object};

use super::report::UsageTotals;
use crate::{
    domain::usage::{By, Slice},
    graphql::{
        key::fields::ApiKey,
        provider::account::{ProviderAccount, ProviderKind},
        resolver::{
            context::ContextExt as _,
            cost::BATCHED,
            error::Result,
            loaders::{AccountId, ApiKeyId, UserId},
        },
        user::fields::User,
    },
    providers,
};

/// A part of usage.
#[derive(Clone, Debug)]
pub(crate) struct UsageSlice {
    by: By,
    slice: Slice,
}

impl UsageSlice {
    /// Parts of the same sort.
    pub(crate) fn all(by: By, slices: Vec<Slice>) -> Vec<Self> {
        let slices = slices.into_iter();
        slices.map(|slice| Self { by, slice }).collect()
    }
}

/// The part of the usage that is somebody's or something's.
#[Object]
impl UsageSlice {
    /// Whose it is: an id or a name; empty while unknown.
    async fn key(&self) -> &str {
        &self.slice.subject
    }

    /// The name for people; null while unknown.
    #[graphql(complexity = "BATCHED")]
    async fn label(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(match self.by {
            By::User => self.user(ctx).await?.map(|user| user.0.name),
            By::ApiKey => self.api_key(ctx).await?.map(|key| key.0.name),
            By::Account => self.account(ctx).await?.map(|account| account.0.label),
            By::Provider => {
                let provider = self.slice.provider();
                provider.map(|kind| providers::spec(kind).display_name.to_owned())
            }
            By::Model => Some(self.slice.subject.clone()).filter(|model| !model.is_empty()),
        })
    }

    /// The user, when usage is divided by them.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let id = self.slice.id().filter(|_| self.by == By::User);
        let Some(id) = id else { return Ok(None) };
        Ok(ctx.loader().load_one(UserId(id)).await?.map(User))
    }

    /// The key, when usage is divided by them.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn api_key(&self, ctx: &Context<'_>) -> Result<Option<ApiKey>> {
        let id = self.slice.id().filter(|_| self.by == By::ApiKey);
        let Some(id) = id else { return Ok(None) };
        Ok(ctx.loader().load_one(ApiKeyId(id)).await?.map(ApiKey))
    }

    /// The account, when usage is divided by them.
    #[graphql(complexity = "child_complexity + BATCHED")]
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<ProviderAccount>> {
        let id = self.slice.id().filter(|_| self.by == By::Account);
        let Some(id) = id else { return Ok(None) };
        let account = ctx.loader().load_one(AccountId(id)).await?;
        Ok(account.map(ProviderAccount))
    }

    /// The provider, when usage is divided by them.
    async fn provider(&self) -> Option<ProviderKind> {
        let provider = self.slice.provider().filter(|_| self.by == By::Provider);
        provider.map(Into::into)
    }

    /// The model, when usage is divided by them.
    async fn model(&self) -> Option<&str> {
        let model = Some(self.slice.subject.as_str());
        model.filter(|model| self.by == By::Model && !model.is_empty())
    }

    /// The sums.
    async fn totals(&self) -> UsageTotals {
        UsageTotals(self.slice.sums)
    }
}
