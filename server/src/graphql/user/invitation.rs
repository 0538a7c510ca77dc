//! Invitations: one-time links with which users get a key.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use entity::user_invitation;
use secrecy::ExposeSecret as _;

use crate::{
    clock::SharedClock,
    domain::{
        login_throttle::LoginThrottle,
        users::{self, NewUserInvitation, UserInvitations},
    },
    graphql::{
        resolver::{
            context::{ContextExt as _, ServerFacts},
            cost::list,
            error::Result,
            guard::{Declared, Public},
            input,
            role::{Role, requires_role},
        },
        types::scalar::DateTime,
    },
};

/// The name that attempts with invitations are counted under, beside the names of administrators.
const INVITATION: &str = "an invitation";

/// The state of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "users::InvitationState")]
enum InvitationState {
    /// Not used yet.
    Pending,
    /// A key was created with it.
    Used,
    /// Revoked by an administrator.
    Revoked,
    /// Not used in time.
    Expired,
}

/// A one-time link with which a user gets a key.
#[derive(SimpleObject)]
struct UserInvitation {
    /// The invitation's id.
    id: ID,
    /// The state.
    state: InvitationState,
    /// The time of creation.
    created_at: DateTime,
    /// The time at which the link expires.
    expires_at: DateTime,
    /// The time of revocation; null if not revoked.
    revoked_at: Option<DateTime>,
    /// The time at which the link was used; null if it was not.
    used_at: Option<DateTime>,
    /// The id of the key that was created with it; null if there is none.
    api_key_id: Option<ID>,
    /// The allowed models of the key; null for all of the user's models.
    allowed_models: Option<Vec<String>>,
    /// The time at which the key expires; null if it does not expire.
    api_key_expires_at: Option<DateTime>,
}

impl UserInvitation {
    fn new(ctx: &Context<'_>, row: user_invitation::Model) -> Self {
        let now = ctx.service::<SharedClock>().now();
        Self {
            state: users::InvitationState::of(&row, now).into(),
            id: row.id.into(),
            created_at: row.created_at.into(),
            expires_at: row.expires_at.into(),
            revoked_at: row.revoked_at.map(Into::into),
            used_at: row.used_at.map(Into::into),
            api_key_id: row.api_key_id.map(Into::into),
            allowed_models: row.allowed_models.map(|models| models.0),
            api_key_expires_at: row.api_key_expires_at.map(Into::into),
        }
    }
}

/// A new invitation.
#[derive(InputObject)]
struct CreateUserInvitationInput {
    /// The user who gets a key.
    user_id: ID,
    /// How long the link is valid, in hours: 1 to 720.
    #[graphql(default = 168)]
    valid_hours: i32,
    /// The time at which the key expires; it does not expire when omitted.
    api_key_expires_at: Option<DateTime>,
    /// Patterns of allowed models of the key, in which `*` matches any characters; all of the user's models when
    /// omitted.
    allowed_models: Option<Vec<String>>,
}

/// A new invitation and its link, which is not shown again.
#[derive(SimpleObject)]
struct CreateUserInvitationPayload {
    /// The invitation.
    invitation: UserInvitation,
    /// The one-time URL, whose token is in the fragment, which browsers do not send. It is not shown again.
    invitation_url: String,
}

/// The result of `revokeUserInvitation`.
#[derive(SimpleObject)]
struct RevokeUserInvitationPayload {
    /// The invitation.
    invitation: UserInvitation,
}

/// The new key of an invited user.
#[derive(SimpleObject)]
struct AcceptUserInvitationPayload {
    /// The name of the user.
    user_name: String,
    /// The id of the key.
    api_key_id: ID,
    /// The key itself, which the user's tools send. It is not shown again.
    secret: String,
}

#[derive(Debug, Default)]
pub(crate) struct UserInvitationQuery;

#[Object(guard = "Declared")]
impl UserInvitationQuery {
    /// The invitations of a user, newest first; at most 100. Invitations that ended are deleted after 90 days.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(20, child_complexity)"
    )]
    async fn user_invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] user_id: ID,
    ) -> Result<Vec<UserInvitation>> {
        let Ok(user_id) = input::id(&user_id, "user") else {
            return Ok(Vec::new());
        };
        let rows = ctx.service::<UserInvitations>().of_user(user_id).await?;
        let rows = rows.into_iter();
        Ok(rows.map(|row| UserInvitation::new(ctx, row)).collect())
    }
}

#[derive(Debug, Default)]
pub(crate) struct UserInvitationMutation;

#[Object(guard = "Declared")]
impl UserInvitationMutation {
    /// Create a one-time link with which a user gets a key, at most 20 pending ones for each user.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn create_user_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create it with.")] input: CreateUserInvitationInput,
    ) -> Result<CreateUserInvitationPayload> {
        let new = NewUserInvitation {
            user_id: input::id(&input.user_id, "user")?,
            life: TimeDelta::hours(input.valid_hours.into()),
            api_key_expires_at: input.api_key_expires_at.map(Into::into),
            allowed_models: input.allowed_models,
        };
        let (row, token) = ctx
            .service::<UserInvitations>()
            .create(&ctx.audit(), new)
            .await?;
        let base = ctx.service::<ServerFacts>().base_url();
        Ok(CreateUserInvitationPayload {
            invitation_url: format!("{base}/invite#token={}", token.expose_secret()),
            invitation: UserInvitation::new(ctx, row),
        })
    }

    /// Revoke an invitation. `CONFLICT` if it was used: revoke its key instead.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn revoke_user_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation's id.")] id: ID,
    ) -> Result<RevokeUserInvitationPayload> {
        let id = input::id(&id, "invitation")?;
        let row = ctx
            .service::<UserInvitations>()
            .revoke(&ctx.audit(), id)
            .await?;
        let invitation = UserInvitation::new(ctx, row);
        Ok(RevokeUserInvitationPayload { invitation })
    }

    /// Create a key with the token of an invitation, which works once. `UNAUTHENTICATED` if it is invalid, was used or
    /// revoked, or has expired, or if its user is disabled; attempts are limited as those to sign in.
    #[graphql(guard = "Public")]
    async fn accept_user_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The token in the URL.")] token: String,
        #[graphql(desc = "The name of the new key.")] api_key_name: String,
    ) -> Result<AcceptUserInvitationPayload> {
        let browser = ctx.browser()?;
        let throttle = ctx.service::<LoginThrottle>();
        let attempt = throttle.attempt(browser.address, INVITATION).await?;
        let (user, issued) = ctx
            .service::<UserInvitations>()
            .accept(&ctx.audit(), &token, &api_key_name)
            .await?;
        attempt.succeeded();
        Ok(AcceptUserInvitationPayload {
            user_name: user.name,
            api_key_id: issued.api_key.id.into(),
            secret: issued.secret.expose_secret().to_owned(),
        })
    }
}
