//! Lists of users: filter, order, pages, and search by id or name.

use entity::user::{self, Entity as User};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, ExprTrait as _, Order, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
    sea_query::{Expr, Func, LikeExpr},
};
use uuid::Uuid;

use super::Users;
use crate::{
    db::Database,
    domain::{
        Result,
        paging::{self, Page, PageRequest},
    },
};

/// All conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Part of a name or e-mail address, ignoring case.
    pub search: Option<String>,
    pub enabled: Option<bool>,
    pub archived: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserOrderField {
    Name,
    #[default]
    CreatedAt,
    LastUsedAt,
}

/// The order of a list of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserOrder {
    pub field: UserOrderField,
    pub descending: bool,
}

impl Users {
    /// A page of users. A cursor is a user id.
    pub async fn list(
        &self,
        filter: &UserFilter,
        order: UserOrder,
        page: &PageRequest,
    ) -> Result<Page<user::Model>> {
        let window = page.window()?;
        let descending = order.descending != window.backwards;
        let mut query = filtered(filter);
        if let Some(cursor) = &window.cursor {
            let id = paging::id_of_cursor(cursor)?;
            let key = || sort_key(order.field);
            query = query.filter(paging::after::<User>(user::Column::Id, key, descending, id));
        }
        let direction = if descending { Order::Desc } else { Order::Asc };
        let users = query
            .order_by(sort_key(order.field), direction.clone())
            .order_by(user::Column::Id, direction)
            .limit(window.limit + 1)
            .all(self.db.reader())
            .await?;
        Ok(window.page(users))
    }

    pub async fn count(&self, filter: &UserFilter) -> Result<u64> {
        Ok(filtered(filter).count(self.db.reader()).await?)
    }
}

fn filtered(filter: &UserFilter) -> Select<User> {
    let archived = if filter.archived {
        user::Column::ArchivedAt.is_not_null()
    } else {
        user::Column::ArchivedAt.is_null()
    };
    let mut query = User::find().filter(archived);
    if let Some(enabled) = filter.enabled {
        query = query.filter(user::Column::Enabled.eq(enabled));
    }
    if let Some(search) = filter
        .search
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let escaped = search
            .to_lowercase()
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        let like = || LikeExpr::new(format!("%{escaped}%")).escape('\\');
        let lower = |column| Expr::expr(Func::lower(Expr::col((User, column))));
        query = query.filter(
            Condition::any()
                .add(lower(user::Column::Name).like(like()))
                .add(lower(user::Column::Email).like(like())),
        );
    }
    query
}

/// The sort key, which is never null, so that a cursor can be compared with it. A user who has never called
/// sorts by the time of creation.
fn sort_key(field: UserOrderField) -> Expr {
    match field {
        UserOrderField::Name => Expr::expr(Func::lower(Expr::col((User, user::Column::Name)))),
        UserOrderField::CreatedAt => Expr::col((User, user::Column::CreatedAt)),
        UserOrderField::LastUsedAt => Expr::expr(Func::coalesce([
            Expr::col((User, user::Column::LastUsedAt)),
            Expr::col((User, user::Column::CreatedAt)),
        ])),
    }
}

/// The users with this id or name. A user who is not archived has precedence; archived ones may share a name.
pub async fn id_of(db: &Database, id_or_name: &str) -> Result<Vec<Uuid>> {
    let is_named = match id_or_name.parse::<Uuid>() {
        Ok(id) => user::Column::Id.eq(id),
        Err(_) => user::Column::Name.eq(id_or_name),
    };
    let found = User::find().filter(is_named).all(db.reader()).await?;
    let active = found.iter().find(|user| user.archived_at.is_none());
    Ok(match active {
        Some(user) => vec![user.id],
        None => found.into_iter().map(|user| user.id).collect(),
    })
}
