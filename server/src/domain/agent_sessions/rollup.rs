//! Adds requests to the sums of their sessions, in the transaction that stores or corrects the requests.

use std::collections::{BTreeMap, btree_map::Entry};

use entity::{
    agent_session::{self, Agent, Column, Entity as AgentSession},
    request,
};
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait as _, IdenStatic as _, IntoActiveModel as _, Iterable as _,
    Statement, Value,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};
use uuid::Uuid;

use super::reference::{agent_of, version_of};
use crate::domain::usage::{Sums, rollup::RollupEntry};

/// Rows in one statement: with 24 columns each, below the parameter limits of both databases.
const MAX_ROWS: usize = 256;

/// Adds new requests, each with the name of its session.
pub(in crate::domain) async fn add<'a>(
    connection: &impl ConnectionTrait,
    requests: impl Iterator<Item = (&'a request::Model, Option<&'a str>)>,
) -> Result<(), DbErr> {
    // In the order of their keys, as every transaction that locks several rows.
    let mut sessions = BTreeMap::new();
    for (row, name) in requests {
        let Some(id) = row.agent_session_id else {
            continue;
        };
        let begun = session_of(id, row, name);
        match sessions.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(begun);
            }
            Entry::Occupied(mut entry) => merge(entry.get_mut(), begun),
        }
    }
    let sessions: Vec<_> = sessions.into_values().collect();
    for rows in sessions.chunks(MAX_ROWS) {
        let rows = rows.iter().cloned();
        let rows = rows.map(agent_session::Model::into_active_model);
        AgentSession::insert_many(rows)
            .on_conflict(on_conflict())
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Adds the difference that corrections of requests make. A session that the retention has deleted stays deleted.
pub(in crate::domain) async fn correct(
    connection: &impl ConnectionTrait,
    entries: &[RollupEntry<'_>],
) -> Result<(), DbErr> {
    let mut differences = BTreeMap::<Uuid, SessionSums>::new();
    for entry in entries {
        if let Some(id) = entry.row.agent_session_id {
            let sums = SessionSums::of(entry.row);
            differences.entry(id).or_default().add(sums, entry.sign);
        }
    }
    differences.retain(|_, sums| *sums != SessionSums::default());
    if differences.is_empty() {
        return Ok(());
    }
    let added = Column::iter().filter(|column| is_sum(*column)).enumerate();
    let added = added.map(|(number, column)| {
        let name = column.as_str();
        format!("{name} = {name} + ${}", number + 2)
    });
    let added = added.collect::<Vec<_>>().join(", ");
    let sql = format!("UPDATE agent_session SET {added} WHERE id = $1");
    for (id, sums) in differences {
        let values = Column::iter().filter_map(|column| sums.value_of(column));
        let values = std::iter::once(id.into()).chain(values.map(Value::from));
        let backend = connection.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, &sql, values);
        connection.execute_raw(statement).await?;
    }
    Ok(())
}

/// The sums of a session, with the part of its sub-agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct SessionSums {
    sums: Sums,
    sub_agent_requests: i64,
    sub_agent_cost: i64,
}

impl SessionSums {
    fn of(row: &request::Model) -> Self {
        let sums = Sums::of(row);
        let of_sub_agent = if row.sub_agent.is_some() {
            sums
        } else {
            Sums::default()
        };
        Self {
            sums,
            sub_agent_requests: of_sub_agent.requests,
            sub_agent_cost: of_sub_agent.cost,
        }
    }

    /// Adds the others `times` times; −1 subtracts them.
    fn add(&mut self, others: Self, times: i64) {
        let added = |sum: i64, other: i64| sum.saturating_add(other.saturating_mul(times));
        self.sums.add(&others.sums, times);
        self.sub_agent_requests = added(self.sub_agent_requests, others.sub_agent_requests);
        self.sub_agent_cost = added(self.sub_agent_cost, others.sub_agent_cost);
    }

    /// `None` for columns that are no sums.
    fn value_of(self, column: Column) -> Option<i64> {
        match column.as_str() {
            "sub_agent_requests" => Some(self.sub_agent_requests),
            "sub_agent_cost" => Some(self.sub_agent_cost),
            name => self.sums.value_of(name),
        }
    }
}

fn is_sum(column: Column) -> bool {
    SessionSums::default().value_of(column).is_some()
}

/// A session of one request.
fn session_of(id: Uuid, row: &request::Model, name: Option<&str>) -> agent_session::Model {
    let of_row = SessionSums::of(row);
    let mut session = agent_session::Model {
        id,
        user_id: row.user_id,
        api_key_id: row.api_key_id,
        name: name.map(str::to_owned),
        agent: agent_of(row.user_agent.as_deref()),
        agent_version: version_of(row.user_agent.as_deref()),
        started_at: row.started_at,
        last_request_at: row.started_at,
        sub_agent_requests: of_row.sub_agent_requests,
        sub_agent_cost: of_row.sub_agent_cost,
        requests: 0,
        failed: 0,
        rejected: 0,
        input_tokens: 0,
        cache_read_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: 0,
        reasoning_tokens: 0,
        cost: 0,
        unpriced: 0,
        assumed: 0,
        unknown: 0,
        estimated: 0,
        duration: 0,
    };
    of_row.sums.add_to(&mut session);
    session
}

/// Adds later requests of the same session. [`on_conflict`] does the same in the database.
fn merge(session: &mut agent_session::Model, later: agent_session::Model) {
    Sums::from(&later).add_to(session);
    session.sub_agent_requests += later.sub_agent_requests;
    session.sub_agent_cost = session.sub_agent_cost.saturating_add(later.sub_agent_cost);
    session.started_at = Ord::min(session.started_at, later.started_at);
    if later.last_request_at < session.last_request_at {
        return;
    }
    session.last_request_at = later.last_request_at;
    session.api_key_id = later.api_key_id;
    // Some requests of agents have the `User-Agent` of a library.
    if later.agent != Agent::Other {
        session.agent = later.agent;
        session.agent_version = later.agent_version.or(session.agent_version.take());
    }
}

fn on_conflict() -> OnConflict {
    let stored = |column: Column| Expr::col((AgentSession, column));
    let new = |column: Column| Expr::col(("excluded", column));
    let is_latest = || new(Column::LastRequestAt).gte(stored(Column::LastRequestAt));
    let is_agent = || is_latest().and(new(Column::Agent).ne("other"));
    let replaced = |column: Column, condition: Expr, value: Expr| {
        (
            column,
            Expr::case(condition, value).finally(stored(column)).into(),
        )
    };
    let is_earlier = new(Column::StartedAt).lt(stored(Column::StartedAt));
    let version = Expr::expr(new(Column::AgentVersion)).if_null(stored(Column::AgentVersion));
    let mut conflict = OnConflict::column(Column::Id);
    let values: [(Column, Expr); 5] = [
        replaced(Column::StartedAt, is_earlier, new(Column::StartedAt)),
        replaced(
            Column::LastRequestAt,
            is_latest(),
            new(Column::LastRequestAt),
        ),
        replaced(Column::ApiKeyId, is_latest(), new(Column::ApiKeyId)),
        replaced(Column::Agent, is_agent(), new(Column::Agent)),
        replaced(Column::AgentVersion, is_agent(), version),
    ];
    conflict.values(values);
    let sums = Column::iter().filter(|column| is_sum(*column));
    conflict.values(sums.map(|column| (column, stored(column).add(new(column)))));
    conflict
}
