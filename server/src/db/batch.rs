//! A transaction of many rows. On SQLite, statements and values are passed to the driver as they are; the ORM copies both once more.

use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    Statement, Values,
    prelude::async_trait::async_trait,
    sqlx::{
        self, AssertSqlSafe, IntoArguments, Sqlite, SqliteTransaction,
        query::Query,
        sqlite::{SqliteArguments, SqlitePool},
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::Mutex;

/// Rolled back when dropped.
#[derive(Debug)]
pub struct BatchTransaction(Kind);

#[derive(Debug)]
enum Kind {
    Sqlite(SqliteBatch),
    Other(DatabaseTransaction),
}

/// Values may be bound directly.
#[derive(Debug)]
pub struct SqliteBatch(Mutex<SqliteTransaction<'static>>);

impl BatchTransaction {
    pub(super) async fn on_sqlite(pool: &SqlitePool) -> Result<Self, DbErr> {
        // A deferred transaction that reads first cannot become a writer under load.
        let transaction = pool.begin_with("BEGIN IMMEDIATE").await;
        let transaction = transaction.map_err(failed)?;
        Ok(Self(Kind::Sqlite(SqliteBatch(Mutex::new(transaction)))))
    }

    pub(super) fn on_other(transaction: DatabaseTransaction) -> Self {
        Self(Kind::Other(transaction))
    }

    /// `None` on PostgreSQL.
    pub fn sqlite(&self) -> Option<&SqliteBatch> {
        match &self.0 {
            Kind::Sqlite(batch) => Some(batch),
            Kind::Other(_) => None,
        }
    }

    pub async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Kind::Sqlite(SqliteBatch(transaction)) => {
                transaction.into_inner().commit().await.map_err(failed)
            }
            Kind::Other(transaction) => transaction.commit().await,
        }
    }
}

impl SqliteBatch {
    /// Executes a statement, which is prepared once.
    pub async fn execute(&self, sql: Arc<str>, arguments: SqliteArguments) -> Result<(), DbErr> {
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        self.run(query).await?;
        Ok(())
    }

    async fn run<A>(&self, query: Query<'_, Sqlite, A>) -> Result<ExecResult, DbErr>
    where
        A: IntoArguments<Sqlite> + Send,
    {
        let mut transaction = self.0.lock().await;
        let done = query.execute(&mut **transaction).await.map_err(failed)?;
        Ok(done.into())
    }
}

#[async_trait]
impl ConnectionTrait for BatchTransaction {
    fn get_database_backend(&self) -> DbBackend {
        match &self.0 {
            Kind::Sqlite(_) => DbBackend::Sqlite,
            Kind::Other(transaction) => transaction.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::Sqlite(batch) => batch.run(query(statement)).await,
            Kind::Other(transaction) => transaction.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.0 {
            Kind::Sqlite(batch) => {
                let query = query(Statement::from_string(DbBackend::Sqlite, sql));
                batch.run(query.persistent(false)).await
            }
            Kind::Other(transaction) => transaction.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.0 {
            Kind::Sqlite(SqliteBatch(transaction)) => {
                let mut transaction = transaction.lock().await;
                let row = query(statement).fetch_optional(&mut **transaction).await;
                Ok(row.map_err(failed)?.map(QueryResult::from))
            }
            Kind::Other(transaction) => transaction.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.0 {
            Kind::Sqlite(SqliteBatch(transaction)) => {
                let mut transaction = transaction.lock().await;
                let rows = query(statement).fetch_all(&mut **transaction).await;
                Ok(rows.map_err(failed)?.into_iter().map(Into::into).collect())
            }
            Kind::Other(transaction) => transaction.query_all_raw(statement).await,
        }
    }
}

fn query(statement: Statement) -> Query<'static, Sqlite, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}
