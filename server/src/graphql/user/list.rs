//! Users: one, or a page of those that a filter finds.

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object};

use crate::{
    domain::{
        paging::PageRequest,
        users::{self, Users},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{COUNT, one, page},
            error::Result,
            guard::Declared,
            input,
            loaders::UserId,
            role::{Role, requires_role},
        },
        types::{
            paging::{Connection, Direction},
            user::User,
        },
    },
};

/// A filter of users. Conditions are combined with AND.
#[derive(Debug, Default, InputObject)]
pub(crate) struct UserFilter {
    /// Part of a name or e-mail address, case-insensitive.
    search: Option<String>,
    /// True for enabled users only, false for disabled users only.
    enabled: Option<bool>,
    /// True for archived users only; otherwise only users that are not archived.
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
    /// The field to order by.
    field: UserOrderField,
    /// The direction.
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

/// The field that users are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::users::UserOrderField")]
pub(crate) enum UserOrderField {
    /// By name, case-insensitive.
    Name,
    /// By the time of creation.
    CreatedAt,
    /// By the time of the last use, or of creation if never used.
    LastUsedAt,
}

/// A page of users.
#[derive(MergedObject)]
pub(crate) struct UserConnection(Connection<User>, UserCount);

impl UserConnection {
    pub(crate) async fn read(
        ctx: &Context<'_>,
        filter: users::UserFilter,
        order: UserOrder,
        page: &PageRequest,
    ) -> Result<Self> {
        let users = ctx.service::<Users>();
        let page = users.list(&filter, order.into(), page).await?;
        Ok(Self(Connection::new(page, User::from), UserCount(filter)))
    }
}

/// Counts users only when `totalCount` is selected.
#[derive(Debug)]
struct UserCount(users::UserFilter);

#[Object]
impl UserCount {
    /// The number of users on all pages.
    #[graphql(complexity = "COUNT")]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(ctx.service::<Users>().count(&self.0).await?)
    }
}

#[derive(Debug, Default)]
pub(crate) struct UserQuery;

#[Object(guard = "Declared")]
impl UserQuery {
    /// A page of users.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "page(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "a connection has as many")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; users that are not archived when omitted.")] filter: Option<
            UserFilter,
        >,
        #[graphql(desc = "The order.", default_with = "Some(UserOrder::default())")]
        order_by: Option<UserOrder>,
        #[graphql(desc = "The page size from the start: 1 to 200, 50 when omitted.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 200.")] last: Option<i32>,
        #[graphql(desc = "Return items before this cursor.")] before: Option<String>,
    ) -> Result<UserConnection> {
        let page = PageRequest {
            first,
            after,
            last,
            before,
        };
        let order = order_by.unwrap_or_default();
        UserConnection::read(ctx, filter.unwrap_or_default().into(), order, &page).await
    }

    /// A user, archived or not; null if there is none with this id.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "one(child_complexity)"
    )]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user's id.")] id: ID,
    ) -> Result<Option<User>> {
        let Ok(id) = input::id(&id, "user") else {
            return Ok(None);
        };
        Ok(ctx.loader().load_one(UserId(id)).await?.map(User::from))
    }
}
