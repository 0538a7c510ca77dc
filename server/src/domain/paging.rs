//! Pages of long lists, by cursor.

use sea_orm::{ColumnTrait as _, Condition, EntityTrait, ExprTrait as _, sea_query::Expr};
use uuid::Uuid;

use super::{Error, Result};

/// The maximum length of a page.
pub const MAX_PAGE_SIZE: u64 = 200;
/// The default length of a page.
pub const DEFAULT_PAGE_SIZE: u64 = 50;

/// The arguments of a connection.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// A part of a list, in the list's order.
#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub has_next: bool,
    pub has_previous: bool,
}

/// The direction and start of reading a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PageWindow {
    pub(super) limit: u64,
    pub(super) cursor: Option<String>,
    /// Read from the end of the list towards its start.
    pub(super) backwards: bool,
}

impl PageRequest {
    /// Checks the length, and that only one direction is given.
    pub(super) fn window(&self) -> Result<PageWindow> {
        let backwards = self.last.is_some() || (self.before.is_some() && self.first.is_none());
        if backwards && (self.first.is_some() || self.after.is_some()) {
            return Err(Error::bad_input("use either first/after or last/before"));
        }
        if !backwards && self.before.is_some() {
            return Err(Error::bad_input("use before together with last"));
        }
        let (length, cursor) = if backwards {
            (self.last, &self.before)
        } else {
            (self.first, &self.after)
        };
        let limit = match length.map(u64::try_from) {
            None => DEFAULT_PAGE_SIZE,
            Some(Ok(limit)) if (1..=MAX_PAGE_SIZE).contains(&limit) => limit,
            Some(_) => {
                return Err(Error::BadInput(format!(
                    "first and last must be between 1 and {MAX_PAGE_SIZE}"
                )));
            }
        };
        Ok(PageWindow {
            limit,
            cursor: cursor.clone(),
            backwards,
        })
    }
}

impl PageWindow {
    /// Makes a page of items in the direction of reading: up to one more than the limit, to know whether there are
    /// more.
    pub(super) fn page<T>(&self, mut items: Vec<T>) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let from_cursor = self.cursor.is_some();
        if self.backwards {
            items.reverse();
        }
        let (has_next, has_previous) = if self.backwards {
            (from_cursor, more)
        } else {
            (more, from_cursor)
        };
        Page {
            items,
            has_next,
            has_previous,
        }
    }
}

/// The id that is the cursor of a list.
pub(super) fn id_of_cursor(cursor: &str) -> Result<Uuid> {
    let invalid = "invalid cursor; use one that this list has returned";
    cursor.parse().map_err(|_| Error::bad_input(invalid))
}

/// The rows after the one with this id, in a list that is ordered by a key that is never null and then by id.
pub(super) fn after<E: EntityTrait>(
    id_column: E::Column,
    sort_key: impl Fn() -> Expr,
    descending: bool,
    id: Uuid,
) -> Condition {
    let of_cursor = sea_orm::sea_query::Query::select()
        .expr(sort_key())
        .from(E::default())
        .and_where(id_column.eq(id))
        .to_owned();
    let cursor_key = || Expr::SubQuery(None, Box::new(of_cursor.clone().into()));
    let (further, further_id) = if descending {
        (sort_key().lt(cursor_key()), id_column.lt(id))
    } else {
        (sort_key().gt(cursor_key()), id_column.gt(id))
    };
    Condition::any().add(further).add(
        Condition::all()
            .add(sort_key().eq(cursor_key()))
            .add(further_id),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_200_items() {
        for first in [0, -1, 201] {
            let request = PageRequest {
                first: Some(first),
                ..PageRequest::default()
            };
            assert!(request.window().is_err(), "{first}");
        }
        assert_eq!(
            PageRequest::default().window().unwrap().limit,
            DEFAULT_PAGE_SIZE
        );
    }

    #[test]
    fn a_page_read_backwards_is_in_list_order() {
        let request = PageRequest {
            last: Some(2),
            before: Some("9".into()),
            ..PageRequest::default()
        };
        let page = request.window().unwrap().page(vec![8, 7, 6]);

        assert_eq!(page.items, [7, 8]);
        assert!(page.has_next && page.has_previous);
    }
}
