//! Creating, changing and deleting saved views.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::list::{SavedView, SavedViewPage};
use crate::{
    domain::saved_views::SavedViews,
    graphql::resolver::{
        context::ContextExt as _, error::Result, guard::Declared, input, role::requires_session,
    },
};

/// A new saved view.
#[derive(InputObject)]
struct CreateSavedViewInput {
    /// The page.
    page: SavedViewPage,
    /// The name: 1 to 60 characters; `CONFLICT` if another view of the page has it.
    name: String,
    /// The query string of the page's address, without `?`: at most 2,000 characters.
    search: String,
}

/// Changes of a saved view. Fields that are omitted keep their value.
#[derive(InputObject)]
struct UpdateSavedViewInput {
    /// The new name: 1 to 60 characters; `CONFLICT` if another view of the page has it.
    name: Option<String>,
    /// The new query string of the page's address, without `?`: at most 2,000 characters.
    search: Option<String>,
}

/// The result of a change of a saved view.
#[derive(SimpleObject)]
struct SavedViewPayload {
    /// The view.
    view: SavedView,
}

#[derive(Debug, Default)]
pub(crate) struct SavedViewMutation;

#[Object(guard = "Declared")]
impl SavedViewMutation {
    /// Save a view of a page for the caller: at most 50 for each page.
    #[graphql(directive = requires_session::apply())]
    async fn create_saved_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create it with.")] input: CreateSavedViewInput,
    ) -> Result<SavedViewPayload> {
        let admin_id = ctx.session()?.admin.id;
        let views = ctx.service::<SavedViews>();
        let new = (input.page.into(), &*input.name, &*input.search);
        let view = views.create(&ctx.audit(), admin_id, new).await?;
        Ok(SavedViewPayload { view: view.into() })
    }

    /// Rename a saved view of the caller, or replace its filters.
    #[graphql(directive = requires_session::apply())]
    async fn update_saved_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The view's id.")] id: ID,
        #[graphql(desc = "The values to change.")] input: UpdateSavedViewInput,
    ) -> Result<SavedViewPayload> {
        let own = (ctx.session()?.admin.id, input::id(&id, "saved view")?);
        let new = (input.name.as_deref(), input.search.as_deref());
        let views = ctx.service::<SavedViews>();
        let view = views.update(&ctx.audit(), own, new).await?;
        Ok(SavedViewPayload { view: view.into() })
    }

    /// Delete a saved view of the caller.
    #[graphql(directive = requires_session::apply())]
    async fn delete_saved_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The view's id.")] id: ID,
    ) -> Result<SavedViewPayload> {
        let admin_id = ctx.session()?.admin.id;
        let id = input::id(&id, "saved view")?;
        let views = ctx.service::<SavedViews>();
        let view = views.delete(&ctx.audit(), admin_id, id).await?;
        Ok(SavedViewPayload { view: view.into() })
    }
}
