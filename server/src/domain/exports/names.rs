//! Resolves the ids of a page to names.

use std::collections::{HashMap, HashSet};

use entity::{agent_session, api_key, provider_account, user};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use super::cell::ExportCell;
use crate::domain::Result;

#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) users: HashSet<Uuid>,
    pub(super) api_keys: HashSet<Uuid>,
    pub(super) accounts: HashSet<Uuid>,
    pub(super) agent_sessions: HashSet<Uuid>,
}

/// Names by id, including archived users, revoked keys and removed accounts.
#[derive(Debug)]
pub(super) struct ExportNames {
    users: HashMap<Uuid, String>,
    api_keys: HashMap<Uuid, String>,
    accounts: HashMap<Uuid, String>,
    agent_sessions: HashMap<Uuid, String>,
}

impl ExportNames {
    pub(super) async fn of(ids: Ids, db: &DatabaseConnection) -> Result<Self> {
        use agent_session::Column as Session;
        use provider_account::Column as Account;

        Ok(Self {
            users: find((user::Column::Id, user::Column::Name), ids.users, db).await?,
            api_keys: find(
                (api_key::Column::Id, api_key::Column::Name),
                ids.api_keys,
                db,
            )
            .await?,
            accounts: find((Account::Id, Account::Label), ids.accounts, db).await?,
            agent_sessions: find((Session::Id, Session::Name), ids.agent_sessions, db).await?,
        })
    }

    pub(super) fn user(&self, id: Uuid) -> ExportCell {
        ExportCell::text(self.users.get(&id).cloned())
    }

    pub(super) fn api_key(&self, id: Uuid) -> ExportCell {
        ExportCell::text(self.api_keys.get(&id).cloned())
    }

    pub(super) fn account(&self, id: Option<Uuid>) -> ExportCell {
        ExportCell::text(id.and_then(|id| self.accounts.get(&id).cloned()))
    }

    /// The id that the agent sent.
    pub(super) fn agent_session(&self, id: Option<Uuid>) -> ExportCell {
        ExportCell::text(id.and_then(|id| self.agent_sessions.get(&id).cloned()))
    }
}

async fn find<C: ColumnTrait>(
    (id, name): (C, C),
    ids: HashSet<Uuid>,
    db: &DatabaseConnection,
) -> Result<HashMap<Uuid, String>>
where
    <C as ColumnTrait>::EntityName: EntityTrait,
{
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = <C::EntityName as EntityTrait>::find()
        .select_only()
        .column(id)
        .column(name)
        .filter(id.is_in(ids))
        .filter(name.is_not_null())
        .into_tuple::<(Uuid, String)>();
    Ok(query.all(db).await?.into_iter().collect())
}
