//! Administrators and roles.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use entity::admin;
use uuid::Uuid;

use crate::{
    domain::admins::Admins,
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{QUERY, list},
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::{DateTime, int},
    },
};

/// An administrator of this server.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct Admin {
    #[graphql(skip)]
    row_id: Uuid,
    /// The administrator's id.
    id: ID,
    /// The unique name to sign in with.
    username: String,
    /// The administrator's role.
    role: Role,
    /// Whether the administrator can sign in.
    enabled: bool,
    /// The time of creation.
    created_at: DateTime,
    /// The time of the last sign-in; null if never signed in.
    signed_in_at: Option<DateTime>,
    /// The time at which the set-up URL expires; null once a password was chosen.
    invited_until: Option<DateTime>,
    /// The time since which sign-in requires a second factor; null if it does not.
    second_factor_since: Option<DateTime>,
}

impl From<admin::Model> for Admin {
    fn from(row: admin::Model) -> Self {
        Self {
            row_id: row.id,
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
    /// The number of unused recovery codes.
    #[graphql(complexity = "QUERY")]
    async fn recovery_codes_left(&self, ctx: &Context<'_>) -> Result<i32> {
        let left = ctx
            .service::<Admins>()
            .recovery_codes_left(self.row_id)
            .await?;
        Ok(int(left))
    }
}

#[derive(Debug, Default)]
pub(crate) struct AdminQuery;

#[Object(guard = "Declared")]
impl AdminQuery {
    /// All administrators, by name.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(10, child_complexity)"
    )]
    async fn admins(&self, ctx: &Context<'_>) -> Result<Vec<Admin>> {
        let admins = ctx.service::<Admins>().list().await?;
        Ok(admins.into_iter().map(Admin::from).collect())
    }
}
