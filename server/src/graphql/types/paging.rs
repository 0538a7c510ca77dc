//! Connections: parts of long lists, with cursors to go on from.

use std::borrow::Cow;

use async_graphql::{Object, OutputType, SimpleObject, TypeName};

use crate::domain::paging::Page;

/// An item of a list that has cursors.
pub(crate) trait Node: OutputType + Clone {
    /// The name of the type of a part of the list.
    const CONNECTION: &'static str;

    /// The item's place in the list.
    fn cursor(&self) -> String;
}

/// An item of a list and its place there.
#[derive(SimpleObject)]
#[graphql(name_type)]
pub(crate) struct Edge<T: Node> {
    /// The place, to be given as `after` or `before`.
    cursor: String,
    /// The item.
    node: T,
}

impl<T: Node> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <T as OutputType>::type_name()).into()
    }
}

/// What lies before and after a part of a list.
#[derive(SimpleObject)]
pub(crate) struct PageInfo {
    /// Whether the list goes on after this part.
    has_next_page: bool,
    /// Whether something comes before this part.
    has_previous_page: bool,
    /// The place of the first item.
    start_cursor: Option<String>,
    /// The place of the last item.
    end_cursor: Option<String>,
}

/// A part of a list.
#[derive(Debug)]
pub(crate) struct Connection<T> {
    page: Page<T>,
}

impl<T> Connection<T> {
    /// Shows a page of rows as items.
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

/// A part of a list.
#[Object(name_type)]
impl<T: Node> Connection<T> {
    /// The items.
    async fn nodes(&self) -> &[T] {
        &self.page.items
    }

    /// The items, each with its place in the list.
    async fn edges(&self) -> Vec<Edge<T>> {
        let edge = |node: &T| Edge {
            cursor: node.cursor(),
            node: node.clone(),
        };
        self.page.items.iter().map(edge).collect()
    }

    /// What lies before and after.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: self.page.items.first().map(Node::cursor),
            end_cursor: self.page.items.last().map(Node::cursor),
        }
    }
}
