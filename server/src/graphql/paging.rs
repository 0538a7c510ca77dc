//! Connections: parts of long lists, with cursors to go on from.

use async_graphql::{Object, OutputType, SimpleObject};

use super::{audit_event::AuditEvent, price::Price, request::Request, user::User};
use crate::domain::paging::Page;

/// Something that stands in a list at a place one can come back to.
pub(super) trait Node: OutputType + Clone {
    /// Its place.
    fn cursor(&self) -> String;
}

/// An item of a list and its place there.
#[derive(SimpleObject)]
#[graphql(
    concrete(name = "AuditEventEdge", params(AuditEvent)),
    concrete(name = "UserEdge", params(User)),
    concrete(name = "RequestEdge", params(Request)),
    concrete(name = "PriceEdge", params(Price))
)]
pub(super) struct Edge<T: OutputType> {
    /// The place, to be given as `after` or `before`.
    cursor: String,
    /// The item.
    node: T,
}

/// What lies before and after a part of a list.
#[derive(SimpleObject)]
pub(super) struct PageInfo {
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
pub(super) struct Connection<T> {
    page: Page<T>,
}

impl<T> Connection<T> {
    /// Shows a page of rows as items.
    pub(super) fn new<R>(page: Page<R>, item: impl FnMut(R) -> T) -> Self {
        Self {
            page: Page {
                items: page.items.into_iter().map(item).collect(),
                has_next: page.has_next,
                has_previous: page.has_previous,
            },
        }
    }
}

/// A part of a list.
#[Object(
    concrete(name = "AuditEventPart", params(AuditEvent)),
    concrete(name = "UserPart", params(User)),
    concrete(name = "RequestConnection", params(Request)),
    concrete(name = "PricePart", params(Price))
)]
impl<T: Node> Connection<T>
where
    Edge<T>: OutputType,
{
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
