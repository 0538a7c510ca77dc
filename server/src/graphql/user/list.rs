//! Lists of users: which ones, in which order, and how many there are.

use async_graphql::{Context, Enum, InputObject, MergedObject, Object};

use super::fields::User;
use crate::{
    domain::{
        paging::PageRequest,
        users::{self, Users},
    },
    graphql::{
        resolver::{context::ContextExt as _, cost::COUNT, error::Result},
        types::paging::Connection,
    },
};

/// Which users are wanted.
#[derive(Debug, Default, InputObject)]
pub(crate) struct UserFilter {
    /// Part of a name or an e-mail address, in any case.
    search: Option<String>,
    /// Only users who may, or may not, use their keys.
    enabled: Option<bool>,
    /// Archived users instead of the others.
    archived: Option<bool>,
}

impl From<UserFilter> for users::UserFilter {
    fn from(filter: UserFilter) -> Self {
        Self {
            search: filter.search,
            enabled: filter.enabled,
            archived: filter.archived.unwrap_or(false),
        }
    }
}

/// The order of a list of users.
#[derive(Clone, Copy, Debug, InputObject)]
pub(crate) struct UserOrder {
    /// By what.
    field: UserOrderField,
    /// Which way.
    direction: Direction,
}

impl Default for UserOrder {
    fn default() -> Self {
        Self {
            field: UserOrderField::CreatedAt,
            direction: Direction::Desc,
        }
    }
}

impl From<UserOrder> for users::UserOrder {
    fn from(order: UserOrder) -> Self {
        Self {
            field: order.field.into(),
            descending: order.direction == Direction::Desc,
        }
    }
}

/// By what users are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::users::UserOrderField")]
pub(crate) enum UserOrderField {
    /// By name, in any case.
    Name,
    /// By the time of creation.
    CreatedAt,
    /// By the time of the last use; who never was active counts from creation.
    LastUsedAt,
}

/// Which way a list is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum Direction {
    /// The smallest first.
    Asc,
    /// The greatest first.
    Desc,
}

/// A part of the list of users.
#[derive(MergedObject)]
pub(crate) struct UserConnection(Connection<User>, UserCount);

impl UserConnection {
    /// Reads a page.
    pub(crate) async fn read(
        ctx: &Context<'_>,
        filter: users::UserFilter,
        order: UserOrder,
        page: &PageRequest,
    ) -> Result<Self> {
        let users = ctx.service::<Users>();
        let page = users.list(&filter, order.into(), page).await?;
        Ok(Self(Connection::new(page, User), UserCount(filter)))
    }
}

/// How many users a filter finds, should anybody ask.
#[derive(Debug)]
struct UserCount(users::UserFilter);

#[Object]
impl UserCount {
    /// How many users there are on all pages.
    #[graphql(complexity = "COUNT")]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(ctx.service::<Users>().count(&self.0).await?)
    }
}
