//! The people who run the server, and what they may do.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use entity::admin;
use uuid::Uuid;

use crate::{
    domain::admins::Admins,
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{QUERY, list},
            error::Result,
            guard::AtLeast,
        },
        types::scalar::{DateTime, int},
    },
};

/// What an administrator or an API token may do. Each role includes the ones below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::admin::Role")]
pub(crate) enum Role {
    /// Changes everything.
    Owner,
    /// Changes everything but administrators, API tokens, encryption, backups and exports of
    /// secrets.
    Admin,
    /// Sees everything, changes nothing.
    Viewer,
}

/// Somebody who may run the server.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Admin {
    #[graphql(skip)]
    admin_id: Uuid,
    /// The administrator's id.
    id: ID,
    /// The name to sign in with.
    username: String,
    /// What the administrator may do.
    role: Role,
    /// Whether they may sign in.
    enabled: bool,
    /// Since when there is this administrator.
    created_at: DateTime,
    /// When they last signed in; null for never.
    signed_in_at: Option<DateTime>,
    /// Until when the link works with which they choose a password; null once they have.
    invited_until: Option<DateTime>,
    /// Since when they are asked for a second factor; null when they are not.
    second_factor_since: Option<DateTime>,
}

impl From<admin::Model> for Admin {
    fn from(row: admin::Model) -> Self {
        Self {
            admin_id: row.id,
            id: row.id.into(),
            username: row.username,
            role: row.role.into(),
            enabled: row.enabled,
            created_at: row.created_at.into(),
            signed_in_at: row.signed_in_at.map(Into::into),
            invited_until: row.invitation_expires_at.map(Into::into),
            second_factor_since: row.totp_confirmed_at.map(Into::into),
        }
    }
}

#[ComplexObject]
impl Admin {
    /// How many recovery codes are left.
    #[graphql(complexity = "QUERY")]
    async fn recovery_codes_left(&self, ctx: &Context<'_>) -> Result<i32> {
        let left = ctx
            .service::<Admins>()
            .recovery_codes_left(self.admin_id)
            .await?;
        Ok(int(left))
    }
}

/// The administrators' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct AdminQuery;

#[Object]
impl AdminQuery {
    /// All administrators, by name.
    #[graphql(
        guard = "AtLeast(admin::Role::Viewer)",
        complexity = "list(10, child_complexity)"
    )]
    async fn admins(&self, ctx: &Context<'_>) -> Result<Vec<Admin>> {
        let admins = ctx.service::<Admins>().list().await?;
        Ok(admins.into_iter().map(Admin::from).collect())
    }
}
