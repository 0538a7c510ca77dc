//! The e-mail address to which a user is sent warnings about their own quotas.

use async_graphql::{Context, ID, Object, SimpleObject};

use crate::{
    domain::notifications::{self, AlertAddresses, PendingAddress},
    graphql::{
        resolver::{
            context::{ContextExt as _, ServerFacts},
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_api_key, requires_role},
        },
        types::{scalar::DateTime, user::User},
    },
    notify::{OWN_PERCENTS, Sender},
};

/// The e-mail address to which the caller is sent warnings about their own quotas.
#[derive(SimpleObject)]
pub(in crate::graphql) struct OwnAlertAddress {
    /// Whether the caller may set an address: the setting `ownAlertAddresses` is on and an e-mail channel is enabled.
    is_allowed: bool,
    /// The percentages of a quota at which a warning is sent: each once in a window of the quota, and at most once an
    /// hour.
    percents: Vec<i32>,
    /// The confirmed address; null if there is none.
    address: Option<String>,
    /// The time of the confirmation; null if there is no confirmed address.
    confirmed_at: Option<DateTime>,
    /// The address that waits for its code; null if there is none.
    pending: Option<PendingAlertAddress>,
}

/// An address that waits for the code that was sent to it.
#[derive(SimpleObject)]
struct PendingAlertAddress {
    /// The address.
    address: String,
    /// The time at which the code expires.
    expires_at: DateTime,
    /// How many more codes may be tried.
    attempts_left: i32,
}

impl From<PendingAddress> for PendingAlertAddress {
    fn from(pending: PendingAddress) -> Self {
        Self {
            address: pending.address,
            expires_at: pending.expires_at.into(),
            attempts_left: pending.attempts_left,
        }
    }
}

impl From<notifications::AlertAddress> for OwnAlertAddress {
    fn from(own: notifications::AlertAddress) -> Self {
        Self {
            is_allowed: own.is_allowed,
            percents: OWN_PERCENTS.map(i32::from).to_vec(),
            address: own.address,
            confirmed_at: own.confirmed_at.map(Into::into),
            pending: own.pending.map(Into::into),
        }
    }
}

impl OwnAlertAddress {
    pub(in crate::graphql) async fn read(ctx: &Context<'_>) -> Result<Self> {
        let user_id = ctx.key_holder()?.user_id;
        let own = ctx.service::<AlertAddresses>().of_user(user_id).await?;
        Ok(own.into())
    }
}

/// The result of `requestOwnAlertAddress`.
#[derive(SimpleObject)]
struct RequestOwnAlertAddressPayload {
    /// The caller's addresses.
    alert_address: OwnAlertAddress,
}

/// The result of `confirmOwnAlertAddress`.
#[derive(SimpleObject)]
struct ConfirmOwnAlertAddressPayload {
    /// The caller's addresses.
    alert_address: OwnAlertAddress,
}

/// The result of `removeOwnAlertAddress`.
#[derive(SimpleObject)]
struct RemoveOwnAlertAddressPayload {
    /// The caller's addresses.
    alert_address: OwnAlertAddress,
}

/// The result of `removeUserAlertAddress`.
#[derive(SimpleObject)]
struct RemoveUserAlertAddressPayload {
    /// The user.
    user: User,
}

#[derive(Debug, Default)]
pub(crate) struct AlertAddressMutation;

#[Object(guard = "Declared")]
impl AlertAddressMutation {
    /// Send a code to an e-mail address of the caller's own. The address is used once `confirmOwnAlertAddress` was
    /// called with the code, within 30 minutes; until then an earlier address stays in use. An earlier code becomes
    /// invalid. `FEATURE_DISABLED` unless `isAllowed`; `RATE_LIMITED` beyond 3 codes an hour and 10 a day for a user,
    /// 3 an hour for an address, and 100 an hour in total; `CONFLICT` if the mail server does not take the message or the
    /// address is confirmed already.
    #[graphql(directive = requires_api_key::apply())]
    async fn request_own_alert_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address, without a display name.")] address: String,
    ) -> Result<RequestOwnAlertAddressPayload> {
        let user_id = ctx.key_holder()?.user_id;
        let sender = ctx.service::<Sender>();
        let _place = sender.reserve()?;
        let confirmation = ctx
            .service::<AlertAddresses>()
            .request(&ctx.audit(), user_id, &address)
            .await?;
        let public_url = ctx.service::<ServerFacts>().base_url();
        sender.confirm_address(&confirmation, public_url).await?;
        let alert_address = OwnAlertAddress::read(ctx).await?;
        Ok(RequestOwnAlertAddressPayload { alert_address })
    }

    /// Confirm the pending address with the code that was sent to it. `BAD_USER_INPUT` if the code is wrong; after 5
    /// wrong codes a new one must be requested. `CONFLICT` if there is no pending address; `FEATURE_DISABLED` unless
    /// `isAllowed`.
    #[graphql(directive = requires_api_key::apply())]
    async fn confirm_own_alert_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            secret,
            desc = "The code of eight digits; other characters are ignored."
        )]
        code: String,
    ) -> Result<ConfirmOwnAlertAddressPayload> {
        let user_id = ctx.key_holder()?.user_id;
        ctx.service::<AlertAddresses>()
            .confirm(&ctx.audit(), user_id, &code)
            .await?;
        let alert_address = OwnAlertAddress::read(ctx).await?;
        Ok(ConfirmOwnAlertAddressPayload { alert_address })
    }

    /// Remove the caller's own address, also one that waits for its code. Warnings that were not sent yet are deleted.
    #[graphql(directive = requires_api_key::apply())]
    async fn remove_own_alert_address(
        &self,
        ctx: &Context<'_>,
    ) -> Result<RemoveOwnAlertAddressPayload> {
        let user_id = ctx.key_holder()?.user_id;
        ctx.service::<AlertAddresses>()
            .remove_own(&ctx.audit(), user_id)
            .await?;
        let alert_address = OwnAlertAddress::read(ctx).await?;
        Ok(RemoveOwnAlertAddressPayload { alert_address })
    }

    /// Remove the address to which a user is sent warnings. Warnings that were not sent yet are deleted.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn remove_user_alert_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] user_id: ID,
    ) -> Result<RemoveUserAlertAddressPayload> {
        let user_id = input::id(&user_id, "user")?;
        let user = ctx
            .service::<AlertAddresses>()
            .remove(&ctx.audit(), user_id)
            .await?;
        let user = User::from(user);
        Ok(RemoveUserAlertAddressPayload { user })
    }
}
