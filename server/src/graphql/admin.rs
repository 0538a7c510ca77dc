//! The people who run the server, and what they may do.

use async_graphql::{Enum, ID, Object};
use entity::admin;

use super::scalar::DateTime;

/// What an administrator or an API token may do. Each role includes the ones below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::admin::Role")]
pub(super) enum Role {
    /// Changes everything.
    Owner,
    /// Changes everything but other administrators.
    Admin,
    /// Sees everything, changes nothing.
    Viewer,
}

/// An administrator.
#[derive(Clone, Debug)]
pub(super) struct Admin(pub(super) admin::Model);

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

    /// Since when there is this administrator.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }
}
