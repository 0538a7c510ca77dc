//! Temporary raises of quotas.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::{
    clock::SharedClock,
    domain::users::quotas::{NewRaise, Quotas},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{quota::Quota, quota_amount::QuotaAmount, scalar::DateTime},
    },
};

/// A temporary increase of a quota's limit.
#[derive(InputObject)]
struct QuotaRaiseInput {
    /// The amount to add to the limit, in the quota's unit, greater than 0.
    amount: QuotaAmount,
    /// The time at which it ends: in the future, within 366 days.
    until: DateTime,
    /// The reason, which the user and other administrators can read: 1 to 200 characters.
    reason: String,
}

/// The result of `setQuotaRaise`.
#[derive(SimpleObject)]
struct SetQuotaRaisePayload {
    /// The quota.
    quota: Quota,
}

#[derive(Debug, Default)]
pub(crate) struct QuotaRaiseMutation;

#[Object(guard = "Declared")]
impl QuotaRaiseMutation {
    /// Raise the limit of a quota until a time, or end its raise. It replaces an earlier raise and takes effect immediately;
    /// at the end the limit is the earlier one again, and what was used beyond it still counts in its window.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn set_quota_raise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The quota's id.")] quota_id: ID,
        #[graphql(desc = "The raise; null or omitted ends the present one.")] raise: Option<
            QuotaRaiseInput,
        >,
    ) -> Result<SetQuotaRaisePayload> {
        let id = input::id(&quota_id, "quota")?;
        let quotas = ctx.service::<Quotas>();
        let metric = quotas.metric_of(id).await?;
        let raise = raise
            .map(|raise| -> Result<NewRaise> {
                Ok(NewRaise {
                    amount: raise.amount.read(metric)?,
                    until: raise.until.into(),
                    reason: raise.reason,
                })
            })
            .transpose()?;
        let state = quotas.set_raise(&ctx.audit(), id, raise).await?;
        let now = ctx.service::<SharedClock>().now();
        Ok(SetQuotaRaisePayload {
            quota: Quota::at(state, now),
        })
    }
}
