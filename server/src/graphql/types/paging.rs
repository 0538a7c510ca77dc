//! Connections: pages of long lists, with cursors.

use std::borrow::Cow;

use async_graphql::{Enum, Object, OutputType, SimpleObject, TypeName};

use crate::domain::paging::Page;

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum Direction {
    /// Ascending.
    Asc,
    /// Descending.
    Desc,
}

/// An item of a list that has cursors.
pub(crate) trait Node: OutputType + Clone {
    /// The name of the type of a page.
    const CONNECTION: &'static str;

    /// The position in the list.
    fn cursor(&self) -> String;
}

/// An item of a list and its cursor.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub(crate) struct Edge<T: Node> {
    /// The cursor, for `after` or `before`.
    cursor: String,
    /// The item.
    node: T,
}

impl<T: Node> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <T as OutputType>::type_name()).into()
    }
}

/// Whether there are items before and after a page.
#[derive(SimpleObject)]
pub(crate) struct PageInfo {
    /// Whether there are items after this page.
    has_next_page: bool,
    /// Whether there are items before this page.
    has_previous_page: bool,
    /// The cursor of the first item; null for an empty page.
    start_cursor: Option<String>,
    /// The cursor of the last item; null for an empty page.
    end_cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct Connection<T> {
    page: Page<T>,
}

impl<T> Connection<T> {
    /// Converts a page of rows.
    pub(crate) fn new<R>(page: Page<R>, item: impl FnMut(R) -> T) -> Self {
        Self {
            page: Page {
                items: page.items.into_iter().map(item).collect(),
                has_next: page.has_next,
                has_previous: page.has_previous,
            },
        }
    }
}

impl<T: Node> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        T::CONNECTION.into()
    }
}

/// A page of a list.
#[Object(name_type)]
impl<T: Node> Connection<T> {
    /// The items.
    async fn nodes(&self) -> &[T] {
        &self.page.items
    }

    /// The items with their cursors.
    async fn edges(&self) -> Vec<Edge<T>> {
        let edge = |node: &T| Edge {
            cursor: node.cursor(),
            node: node.clone(),
        };
        self.page.items.iter().map(edge).collect()
    }

    /// Whether there are items before and after this page.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: self.page.items.first().map(Node::cursor),
            end_cursor: self.page.items.last().map(Node::cursor),
        }
    }
}
