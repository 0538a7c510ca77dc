//! Saved views: named filters of a page, of one administrator.

use entity::{
    admin::Entity as Admin,
    saved_view::{self, Entity as SavedView, ViewPage},
};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, ModelTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Error, Result,
    audit::{self, AuditChange, AuditContext, AuditSubject},
    text,
};
use crate::{clock::SharedClock, db::Database};

/// Views of one administrator and page.
const MAX_VIEWS: u64 = 50;
/// Characters of a name, and of the filters.
const MAX_NAME: usize = 60;
const MAX_SEARCH: usize = 2000;

/// The service for saved views. Every method is about the views of one administrator.
#[derive(Clone, Debug)]
pub struct SavedViews {
    db: Database,
    clock: SharedClock,
}

impl SavedViews {
    pub fn new(db: Database, clock: SharedClock) -> Self {
        Self { db, clock }
    }

    /// The views of a page, by name.
    pub async fn list(&self, admin_id: Uuid, page: ViewPage) -> Result<Vec<saved_view::Model>> {
        let views = of_page(admin_id, page).order_by_asc(saved_view::Column::Name);
        Ok(views.all(self.db.reader()).await?)
    }

    /// Fails with `Conflict` for a name that another view of the page has.
    pub async fn create(
        &self,
        context: &AuditContext,
        admin_id: Uuid,
        (page, name, search): (ViewPage, &str, &str),
    ) -> Result<saved_view::Model> {
        let view = saved_view::ActiveModel {
            id: Set(Uuid::now_v7()),
            admin_id: Set(admin_id),
            page: Set(page),
            name: Set(valid_name(name)?),
            search: Set(valid_search(search)?),
            created_at: Set(self.clock.now()),
        };
        let transaction = self.db.begin().await?;
        // Locked, so that two requests together do not exceed the limit.
        let owner = Admin::find_by_id(admin_id).lock_exclusive();
        owner
            .one(&transaction)
            .await?
            .ok_or(Error::Unauthenticated)?;
        if of_page(admin_id, page).count(&transaction).await? >= MAX_VIEWS {
            return Err(Error::BadInput(format!(
                "a page can have at most {MAX_VIEWS} saved views; delete one first"
            )));
        }
        let view = view.insert(&transaction).await.map_err(taken)?;
        let created = AuditChange::created(subject(&view), audited(&view));
        audit::record(&transaction, &self.clock, context, created).await?;
        transaction.commit().await?;
        Ok(view)
    }

    /// Changes the name, the filters or both.
    pub async fn update(
        &self,
        context: &AuditContext,
        (admin_id, id): (Uuid, Uuid),
        (name, search): (Option<&str>, Option<&str>),
    ) -> Result<saved_view::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let name = name.map(valid_name).transpose()?;
        let search = search.map(valid_search).transpose()?;
        let transaction = self.db.begin().await?;
        let old = find(&transaction, admin_id, id).await?;
        let mut view = old.clone().into_active_model();
        if let Some(name) = name {
            view.name = Set(name);
        }
        if let Some(search) = search {
            view.search = Set(search);
        }
        let view = view.update(&transaction).await.map_err(taken)?;
        let updated = AuditChange::updated(subject(&view), audited(&old), audited(&view));
        audit::record(&transaction, &self.clock, context, updated).await?;
        transaction.commit().await?;
        Ok(view)
    }

    pub async fn delete(
        &self,
        context: &AuditContext,
        admin_id: Uuid,
        id: Uuid,
    ) -> Result<saved_view::Model> {
        context.about(AuditSubject::new(SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let view = find(&transaction, admin_id, id).await?;
        let removed = AuditChange::removed(subject(&view), audited(&view));
        view.clone().delete(&transaction).await?;
        audit::record(&transaction, &self.clock, context, removed).await?;
        transaction.commit().await?;
        Ok(view)
    }
}

/// The kind of subject that the audit calls a view.
const SUBJECT: &str = "savedView";

fn of_page(admin_id: Uuid, page: ViewPage) -> Select<SavedView> {
    SavedView::find()
        .filter(saved_view::Column::AdminId.eq(admin_id))
        .filter(saved_view::Column::Page.eq(page))
}

/// Another administrator's view is not found.
async fn find(
    transaction: &DatabaseTransaction,
    admin_id: Uuid,
    id: Uuid,
) -> Result<saved_view::Model> {
    let view = SavedView::find_by_id(id)
        .filter(saved_view::Column::AdminId.eq(admin_id))
        .lock_exclusive();
    let view = view.one(transaction).await?;
    view.ok_or(Error::NotFound { what: "saved view" })
}

fn valid_name(name: &str) -> Result<String> {
    text::required("name", name, MAX_NAME)
}

fn valid_search(search: &str) -> Result<String> {
    let search = search.trim_start_matches('?');
    Ok(text::optional("search", Some(search), MAX_SEARCH)?.unwrap_or_default())
}

fn taken(error: sea_orm::DbErr) -> Error {
    Error::unless_taken(error, || {
        "another saved view of this page has this name; choose another name".to_owned()
    })
}

fn subject(view: &saved_view::Model) -> AuditSubject {
    AuditSubject::new(SUBJECT, &view.id).named(&view.name)
}

fn audited(view: &saved_view::Model) -> Value {
    json!({
        "page": view.page.to_value(),
        "name": view.name,
        "search": view.search,
    })
}
