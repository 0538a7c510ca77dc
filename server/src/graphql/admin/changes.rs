//! Changing administrators: create, invite, change roles, disable, remove. For owners.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::admin as table;
use secrecy::{ExposeSecret as _, SecretString};
use table::Role::Owner;

use super::list::{Admin, Role};
use crate::{
    domain::admins::{Admins, NewAdmin},
    graphql::resolver::{
        context::{ContextExt as _, ServerFacts},
        error::Result,
        guard::AtLeast,
        input,
    },
};

const WHAT: &str = "administrator";

/// What a new administrator is like.
#[derive(InputObject)]
struct CreateAdminInput {
    /// The name to sign in with.
    username: String,
    /// What they may do.
    #[graphql(default_with = "Role::Admin")]
    role: Role,
    /// Their password, at least 12 characters. Without one they choose it themselves with a one-time link.
    #[graphql(secret)]
    password: Option<String>,
}

/// A new administrator.
#[derive(SimpleObject)]
struct CreateAdminPayload {
    /// The administrator.
    admin: Admin,
    /// Where they choose their password, once and within seven days; shown this once. Null when they have
    /// one.
    setup_url: Option<String>,
}

/// A new link for an administrator who has no password yet.
#[derive(SimpleObject)]
struct InviteAdminPayload {
    /// The administrator.
    admin: Admin,
    /// Where they choose their password, once and within seven days. Earlier links are worth nothing.
    setup_url: String,
}

/// An administrator's role was changed.
#[derive(SimpleObject)]
struct SetAdminRolePayload {
    /// The administrator, whose sessions have ended.
    admin: Admin,
}

/// An administrator was enabled or disabled.
#[derive(SimpleObject)]
struct SetAdminEnabledPayload {
    /// The administrator, whose sessions have ended.
    admin: Admin,
}

/// An administrator was removed.
#[derive(SimpleObject)]
struct RemoveAdminPayload {
    /// The administrator, as they were.
    admin: Admin,
}

/// The administrators' part of the changes.
#[derive(Debug, Default)]
pub(crate) struct AdminMutation;

#[Object]
impl AdminMutation {
    /// Create an administrator.
    #[graphql(guard = "AtLeast(Owner)")]
    async fn create_admin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What they are like.")] input: CreateAdminInput,
    ) -> Result<CreateAdminPayload> {
        let new = NewAdmin {
            username: input.username,
            role: input.role.into(),
            password: input.password.map(Into::into),
        };
        let created = ctx.service::<Admins>().create(&ctx.audit(), new).await?;
        let token = created.setup_token.as_ref();
        Ok(CreateAdminPayload {
            admin: Admin(created.admin),
            setup_url: token.map(|token| setup_url(ctx, token)),
        })
    }

    /// Make a new one-time link for an administrator who has no password yet.
    #[graphql(guard = "AtLeast(Owner)")]
    async fn invite_admin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which administrator.")] id: ID,
    ) -> Result<InviteAdminPayload> {
        let id = input::id(&id, WHAT)?;
        let (admin, token) = ctx
            .service::<Admins>()
            .invite_again(&ctx.audit(), id)
            .await?;
        Ok(InviteAdminPayload {
            admin: Admin(admin),
            setup_url: setup_url(ctx, &token),
        })
    }

    /// Change what an administrator may do. Their sessions end. There is always an owner.
    #[graphql(guard = "AtLeast(Owner)")]
    async fn set_admin_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which administrator.")] id: ID,
        #[graphql(desc = "What they may do from now on.")] role: Role,
    ) -> Result<SetAdminRolePayload> {
        let id = input::id(&id, WHAT)?;
        let admin = ctx
            .service::<Admins>()
            .set_role(&ctx.audit(), id, role.into())
            .await?;
        let admin = Admin(admin);
        Ok(SetAdminRolePayload { admin })
    }

    /// Let an administrator sign in, or no more. Their sessions end. There is always an owner.
    #[graphql(guard = "AtLeast(Owner)")]
    async fn set_admin_enabled(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which administrator.")] id: ID,
        #[graphql(desc = "Whether they may sign in.")] enabled: bool,
    ) -> Result<SetAdminEnabledPayload> {
        let id = input::id(&id, WHAT)?;
        let admin = ctx
            .service::<Admins>()
            .set_enabled(&ctx.audit(), id, enabled)
            .await?;
        let admin = Admin(admin);
        Ok(SetAdminEnabledPayload { admin })
    }

    /// Remove an administrator; the audit remembers them. Their sessions end. There is always an owner.
    #[graphql(guard = "AtLeast(Owner)")]
    async fn remove_admin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which administrator.")] id: ID,
    ) -> Result<RemoveAdminPayload> {
        let id = input::id(&id, WHAT)?;
        let admin = Admin(ctx.service::<Admins>().remove(&ctx.audit(), id).await?);
        Ok(RemoveAdminPayload { admin })
    }
}

/// After the hash it stays in the browser: no log on the way sees it.
fn setup_url(ctx: &Context<'_>, token: &SecretString) -> String {
    let base = ctx.service::<ServerFacts>().base_url();
    format!("{base}/setup#token={}", token.expose_secret())
}
