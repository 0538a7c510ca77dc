//! Keys of all users: a page of those that a filter finds, or the one with a secret.

use async_graphql::{Context, Enum, ID, InputObject, MergedObject, Object};
use secrecy::SecretString;

use crate::{
    domain::{
        paging::PageRequest,
        usage::Usage,
        users::api_keys::{self, ApiKeys},
    },
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::{COUNT, one, page},
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::{
            api_key::{ApiKey, ApiKeyState},
            paging::{Connection, Direction},
        },
    },
};

/// A filter of keys. Conditions are combined with AND.
#[derive(Debug, Default, InputObject)]
pub(crate) struct ApiKeyFilter {
    /// A part of the name, the owner's name, the prefix, the last four characters, or prefix and last four as in
    /// `sk-ada-73yM…7Jnt`, case-insensitive in names. A whole key is compared by its digest and neither stored nor
    /// logged.
    search: Option<String>,
    /// The keys of this user.
    user_id: Option<ID>,
    /// Keys in any of these states; all when omitted.
    states: Option<Vec<ApiKeyState>>,
    /// Keys not used for at least this many days: 1 to 3650. A key that was never used counts from its creation.
    unused_days: Option<i32>,
    /// Keys created at least this many days ago: 1 to 3650.
    created_before_days: Option<i32>,
    /// Active keys that end within this many days, also if they are used: 1 to 3650.
    expires_within_days: Option<i32>,
}

impl ApiKeyFilter {
    fn read(self) -> Result<api_keys::ApiKeyFilter> {
        let user_id = self.user_id.as_ref().map(|id| input::id(id, "user"));
        let states = self.states.into_iter();
        Ok(api_keys::ApiKeyFilter {
            search: self.search,
            user_id: user_id.transpose()?,
            states: states
                .map(|states| states.into_iter().map(Into::into).collect())
                .next(),
            unused_days: self.unused_days,
            created_before_days: self.created_before_days,
            expires_within_days: self.expires_within_days,
        })
    }
}

/// The order of a list of keys.
#[derive(Clone, Copy, Debug, InputObject)]
pub(crate) struct ApiKeyOrder {
    /// The field to order by.
    field: ApiKeyOrderField,
    /// The direction.
    direction: Direction,
}

impl Default for ApiKeyOrder {
    fn default() -> Self {
        Self {
            field: ApiKeyOrderField::LastUsedAt,
            direction: Direction::Desc,
        }
    }
}

impl From<ApiKeyOrder> for api_keys::ApiKeyOrder {
    fn from(order: ApiKeyOrder) -> Self {
        Self {
            field: order.field.into(),
            descending: order.direction == Direction::Desc,
        }
    }
}

/// The field that keys are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "api_keys::ApiKeyOrderField")]
pub(crate) enum ApiKeyOrderField {
    /// By the time of the last use, or of creation if never used.
    LastUsedAt,
    /// By the time of creation.
    CreatedAt,
    /// By the time of expiry; keys that do not expire are the last.
    ExpiresAt,
    /// By the tokens of the last 30 days.
    Tokens,
    /// By the cost of the last 30 days.
    Cost,
}

/// A page of keys.
#[derive(MergedObject)]
pub(crate) struct ApiKeyConnection(Connection<ApiKey>, ApiKeyCount);

/// Counts keys only when `totalCount` is selected.
#[derive(Debug)]
struct ApiKeyCount(api_keys::ApiKeyFilter);

#[Object]
impl ApiKeyCount {
    /// The number of keys on all pages.
    #[graphql(complexity = "COUNT")]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(ctx.service::<ApiKeys>().count(&self.0).await?)
    }
}

#[derive(Debug, Default)]
pub(crate) struct ApiKeyQuery;

#[Object(guard = "Declared")]
impl ApiKeyQuery {
    /// A page of the keys of all users, including expired and revoked ones.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "page(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "a connection has as many")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; all keys when omitted.")] filter: Option<ApiKeyFilter>,
        #[graphql(desc = "The order.", default_with = "Some(ApiKeyOrder::default())")]
        order_by: Option<ApiKeyOrder>,
        #[graphql(desc = "The page size from the start: 1 to 200, 50 when omitted.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 200.")] last: Option<i32>,
        #[graphql(desc = "Return items before this cursor.")] before: Option<String>,
    ) -> Result<ApiKeyConnection> {
        let filter = filter.unwrap_or_default().read()?;
        let order = order_by.unwrap_or_default().into();
        let page = PageRequest {
            first,
            after,
            last,
            before,
        };
        let (keys, usage) = (ctx.service::<ApiKeys>(), ctx.service::<Usage>());
        let page = keys.list(&filter, order, &page, usage).await?;
        let keys = Connection::new(page, ApiKey::from);
        Ok(ApiKeyConnection(keys, ApiKeyCount(filter)))
    }

    /// The key with this secret, in any state: to find the owner of a leaked key. Null if this server has never issued
    /// it or no longer has it; `BAD_USER_INPUT` for text that is no whole key of this server. The secret is compared by its digest and
    /// neither stored nor logged. Send it as a variable.
    #[graphql(directive = requires_role::apply(Role::Viewer), complexity = "one(child_complexity)")]
    async fn api_key_by_secret(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The whole key (`sk-…`).", secret)] secret: String,
    ) -> Result<Option<ApiKey>> {
        let secret = SecretString::from(secret);
        let found = ctx.service::<ApiKeys>().find_by_secret(&secret).await?;
        Ok(found.map(ApiKey::from))
    }
}
