//! The people who run the server, and what they may do.

use async_graphql::{Context, Enum, ID, Object};
use entity::admin;

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

/// An administrator.
#[derive(Clone, Debug)]
pub(crate) struct Admin(pub(crate) admin::Model);

/// Somebody who may run the server.
#[Object]
impl Admin {
    /// The administrator's id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The name to sign in with.
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// What the administrator may do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// Whether they may sign in.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// Since when there is this administrator.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When they last signed in; null for never.
    async fn signed_in_at(&self) -> Option<DateTime> {
        self.0.signed_in_at.map(Into::into)
    }

    /// Until when the link works with which they choose a password; null once they have.
    async fn invited_until(&self) -> Option<DateTime> {
        self.0.invitation_expires_at.map(Into::into)
    }

    /// Since when they are asked for a second factor; null when they are not.
    async fn second_factor_since(&self) -> Option<DateTime> {
        self.0.totp_confirmed_at.map(Into::into)
    }

    /// How many recovery codes are left.
    #[graphql(complexity = "QUERY")]
    async fn recovery_codes_left(&self, ctx: &Context<'_>) -> Result<i32> {
        let left = ctx
            .service::<Admins>()
            .recovery_codes_left(self.0.id)
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
        Ok(admins.into_iter().map(Admin).collect())
    }
}
