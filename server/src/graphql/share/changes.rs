//! Changes of sharing: modes, weights and overrides.

use async_graphql::{Context, ID, Object, SimpleObject};
use uuid::Uuid;

use super::state::{AccountSharing, ShareMode};
use crate::{
    domain::shares::Shares,
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::scalar::DateTime,
    },
};

/// The result of `setShareMode`.
#[derive(SimpleObject)]
struct SetShareModePayload {
    /// How the windows are shared now.
    sharing: AccountSharing,
}

/// The result of `setShareWeight`.
#[derive(SimpleObject)]
struct SetShareWeightPayload {
    /// The user's id.
    user_id: ID,
    /// The weight, rounded to hundredths.
    weight: f64,
}

/// The result of `allowAboveShare`.
#[derive(SimpleObject)]
struct AllowAboveSharePayload {
    /// How the windows are shared now.
    sharing: AccountSharing,
}

#[derive(Debug, Default)]
pub(crate) struct ShareMutation;

#[Object(guard = "Declared")]
impl ShareMutation {
    /// Set how the usage windows of the accounts of a group are shared. `ENFORCE` needs three days of `OBSERVE` before it, or
    /// `confirm: true`; otherwise `CONFLICT`. It takes effect from the next request on; requests in flight end as usual.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_share_mode(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account group's id. Omit it for the accounts that are in no group.")]
        account_group_id: Option<ID>,
        #[graphql(desc = "The treatment of requests above the share.")] mode: ShareMode,
        #[graphql(
            default = false,
            desc = "Whether to enforce shares that were not observed for three days."
        )]
        confirm: bool,
    ) -> Result<SetShareModePayload> {
        let id = group_id(account_group_id.as_ref())?;
        let shares = ctx.service::<Shares>();
        let audit = ctx.audit();
        shares.set_mode(&audit, id, mode.into(), confirm).await?;
        let sharing = AccountSharing::of_group(ctx, id).await?;
        Ok(SetShareModePayload { sharing })
    }

    /// Set the weight of a user in the shares of every account group. A user with weight 2 has twice the share of a user with
    /// weight 1. With weight 0 nothing is guaranteed, and the user only borrows.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_share_weight(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] user_id: ID,
        #[graphql(desc = "The weight: 0 to 100, in hundredths.")] weight: f64,
    ) -> Result<SetShareWeightPayload> {
        let id = input::id(&user_id, "user")?;
        let shares = ctx.service::<Shares>();
        shares.set_weight(&ctx.audit(), id, weight).await?;
        let weight = shares.weight(id).await?;
        Ok(SetShareWeightPayload { user_id, weight })
    }

    /// Admit a user above the share until a time, or end that. The provider's own limits still hold.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn allow_above_share(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account group's id. Omit it for the accounts that are in no group.")]
        account_group_id: Option<ID>,
        #[graphql(desc = "The user's id.")] user_id: ID,
        #[graphql(
            desc = "When it ends: in the future, at most 31 days from now. Null ends it now."
        )]
        until: Option<DateTime>,
        #[graphql(desc = "Why, for the audit log: 1 to 200 characters.")] reason: String,
    ) -> Result<AllowAboveSharePayload> {
        let group_id = group_id(account_group_id.as_ref())?;
        let user_id = input::id(&user_id, "user")?;
        let shares = ctx.service::<Shares>();
        let until = until.map(Into::into);
        let audit = ctx.audit();
        let allowed = shares.allow_above(&audit, (group_id, user_id), until, &reason);
        allowed.await?;
        let sharing = AccountSharing::of_group(ctx, group_id).await?;
        Ok(AllowAboveSharePayload { sharing })
    }
}

fn group_id(id: Option<&ID>) -> Result<Option<Uuid>> {
    id.map(|id| input::id(id, "account group")).transpose()
}
