//! Versions of rows: a change that is based on an earlier state is refused instead of overwriting a later one.

use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait, ExprTrait as _, QueryFilter as _,
    sea_query::Expr,
};
use serde_json::Value;
use uuid::Uuid;

use super::{Error, Result};

/// Advances a version and so locks its row until the transaction ends. False if there is no such row, or if it has
/// another version than the expected one; `None` expects any.
pub(super) async fn advance<E: EntityTrait>(
    connection: &impl ConnectionTrait,
    (key, id): (E::Column, Uuid),
    version: E::Column,
    expected: Option<i32>,
) -> Result<bool> {
    let next = Expr::col(version).add(1);
    let mut update = E::update_many().col_expr(version, next).filter(key.eq(id));
    if let Some(expected) = expected {
        update = update.filter(version.eq(expected));
    }
    Ok(update.exec(connection).await?.rows_affected > 0)
}

/// The error for a change of an earlier version.
pub(super) fn outdated(what: &'static str, version: i32, current: Value) -> Error {
    Error::Outdated {
        what,
        version,
        current: Box::new(current),
    }
}
