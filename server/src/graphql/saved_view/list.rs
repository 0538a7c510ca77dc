//! The caller's saved views.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use entity::saved_view;

use crate::{
    domain::saved_views::SavedViews,
    graphql::{
        resolver::{
            context::ContextExt as _, cost::list, error::Result, guard::Declared,
            role::requires_session,
        },
        types::scalar::DateTime,
    },
};

/// A page of the web app with filters in its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::saved_view::ViewPage")]
pub(crate) enum SavedViewPage {
    /// The page `/usage`.
    Usage,
    /// The page `/requests`.
    Requests,
}

/// Filters of a page under a name. Only its administrator sees it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct SavedView {
    /// The view's id.
    id: ID,
    /// The page.
    page: SavedViewPage,
    /// The name, unique among the administrator's views of the page: 1 to 60 characters.
    name: String,
    /// The query string of the page's address, without `?`: at most 2,000 characters. It is stored as sent; the page
    /// ignores parameters that it does not know.
    search: String,
    /// The time of creation.
    created_at: DateTime,
}

impl From<saved_view::Model> for SavedView {
    fn from(row: saved_view::Model) -> Self {
        Self {
            id: row.id.into(),
            page: row.page.into(),
            name: row.name,
            search: row.search,
            created_at: row.created_at.into(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct SavedViewQuery;

#[Object(guard = "Declared")]
impl SavedViewQuery {
    /// The caller's saved views of a page, by name: at most 50.
    #[graphql(
        directive = requires_session::apply(),
        complexity = "list(20, child_complexity)"
    )]
    async fn saved_views(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The page.")] page: SavedViewPage,
    ) -> Result<Vec<SavedView>> {
        let admin_id = ctx.session()?.admin.id;
        let views = ctx.service::<SavedViews>();
        let views = views.list(admin_id, page.into()).await?;
        Ok(views.into_iter().map(SavedView::from).collect())
    }
}
