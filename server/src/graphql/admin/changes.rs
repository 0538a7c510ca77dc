//! Changing administrators: create, invite, change roles, disable, remove. For owners.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::{ExposeSecret as _, SecretString};

use super::list::Admin;
use crate::{
    domain::admins::{Admins, NewAdmin},
    graphql::resolver::{
        context::{ContextExt as _, ServerFacts},
        error::Result,
        guard::Declared,
        input,
        role::{Role, requires_role},
    },
};

const WHAT: &str = "administrator";

/// A new administrator.
#[derive(InputObject)]
struct CreateAdminInput {
    /// The unique name to sign in with.
    username: String,
    /// The administrator's role.
    #[graphql(default_with = "Role::Admin")]
    role: Role,
    /// The password, at least 12 characters. When omitted, `setupUrl` of the payload lets the administrator
    /// choose one.
    #[graphql(secret)]
    password: Option<String>,
}

/// The new administrator.
#[derive(SimpleObject)]
struct CreateAdminPayload {
    /// The administrator.
    admin: Admin,
    /// The one-time URL at which the administrator chooses a password. It is valid for seven days and not
    /// shown again; null if a password was given.
    setup_url: Option<String>,
}

/// A new set-up URL for an administrator without a password.
#[derive(SimpleObject)]
struct InviteAdminPayload {
    /// The administrator.
    admin: Admin,
    /// The one-time URL at which the administrator chooses a password. It is valid for seven days; earlier
    /// URLs become invalid.
    setup_url: String,
}

/// The result of `setAdminRole`.
#[derive(SimpleObject)]
struct SetAdminRolePayload {
    /// The updated administrator. All of their sessions were ended.
    admin: Admin,
}

/// The result of `setAdminEnabled`.
#[derive(SimpleObject)]
struct SetAdminEnabledPayload {
    /// The updated administrator. All of their sessions were ended.
    admin: Admin,
}

/// The result of `removeAdmin`.
#[derive(SimpleObject)]
struct RemoveAdminPayload {
    /// The removed administrator.
    admin: Admin,
}

#[derive(Debug, Default)]
pub(crate) struct AdminMutation;

#[Object(guard = "Declared")]
impl AdminMutation {
    /// Create an administrator.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn create_admin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create the administrator with.")] input: CreateAdminInput,
    ) -> Result<CreateAdminPayload> {
        let new = NewAdmin {
            username: input.username,
            role: input.role.into(),
            password: input.password.map(Into::into),
        };
        let created = ctx.service::<Admins>().create(&ctx.audit(), new).await?;
        let token = created.setup_token.as_ref();
        Ok(CreateAdminPayload {
            admin: Admin::from(created.admin),
            setup_url: token.map(|token| setup_url(ctx, token)),
        })
    }

    /// Create a new one-time set-up URL for an administrator who has not chosen a password yet.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn invite_admin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The administrator's id.")] id: ID,
    ) -> Result<InviteAdminPayload> {
        let id = input::id(&id, WHAT)?;
        let (admin, token) = ctx
            .service::<Admins>()
            .invite_again(&ctx.audit(), id)
            .await?;
        Ok(InviteAdminPayload {
            admin: Admin::from(admin),
            setup_url: setup_url(ctx, &token),
        })
    }

    /// Change an administrator's role and end their sessions. The last owner who can sign in cannot be
    /// demoted.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn set_admin_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The administrator's id.")] id: ID,
        #[graphql(desc = "The new role.")] role: Role,
    ) -> Result<SetAdminRolePayload> {
        let id = input::id(&id, WHAT)?;
        let admin = ctx
            .service::<Admins>()
            .set_role(&ctx.audit(), id, role.into())
            .await?;
        let admin = Admin::from(admin);
        Ok(SetAdminRolePayload { admin })
    }

    /// Allow or forbid an administrator to sign in, and end their sessions. The last owner who can sign in
    /// cannot be disabled.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn set_admin_enabled(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The administrator's id.")] id: ID,
        #[graphql(desc = "Whether the administrator can sign in.")] enabled: bool,
    ) -> Result<SetAdminEnabledPayload> {
        let id = input::id(&id, WHAT)?;
        let admin = ctx
            .service::<Admins>()
            .set_enabled(&ctx.audit(), id, enabled)
            .await?;
        let admin = Admin::from(admin);
        Ok(SetAdminEnabledPayload { admin })
    }

    /// Remove an administrator and end their sessions. Their audit events stay. The last owner who can sign
    /// in cannot be removed.
    #[graphql(directive = requires_role::apply(Role::Owner))]
    async fn remove_admin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The administrator's id.")] id: ID,
    ) -> Result<RemoveAdminPayload> {
        let id = input::id(&id, WHAT)?;
        let admin = Admin::from(ctx.service::<Admins>().remove(&ctx.audit(), id).await?);
        Ok(RemoveAdminPayload { admin })
    }
}

/// The token is in the fragment, which browsers do not send, so that no log on the way records it.
fn setup_url(ctx: &Context<'_>, token: &SecretString) -> String {
    let base = ctx.service::<ServerFacts>().base_url();
    format!("{base}/setup#token={}", token.expose_secret())
}
