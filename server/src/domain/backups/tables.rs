//! Every table, in an order in which a row follows the rows that it refers to.

use futures_util::TryStreamExt as _;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityName as _, EntityTrait, IdenStatic as _,
    Iterable as _, ModelTrait, PaginatorTrait as _, PrimaryKeyToColumn as _, QueryOrder as _,
};

use super::{
    cell::BackupCell,
    line::{BackupLine, TableHeader},
};
use crate::{db::Database, domain::Result};

/// Rows in one message to the writer.
const ROWS_PER_BATCH: usize = 200;

pub(super) trait LineSink: Send {
    /// Waits while the channel is full.
    fn put(&mut self, lines: Vec<BackupLine>) -> impl Future<Output = Result<()>> + Send;
}

/// Functions over these tables, in this order.
macro_rules! tables {
    ($($table:ident),* $(,)?) => {
        /// The names of the tables.
        pub fn names() -> Vec<&'static str> {
            vec![$(entity::$table::Entity.table_name()),*]
        }

        /// The number of rows of each table.
        pub async fn row_counts(db: &Database) -> Result<Vec<(&'static str, u64)>> {
            let counted = [$((
                entity::$table::Entity.table_name(),
                entity::$table::Entity::find().count(db.reader()).await?,
            )),*];
            Ok(counted.into())
        }

        /// Reads every row of every table.
        pub(super) async fn dump(
            snapshot: &DatabaseTransaction,
            sink: &mut impl LineSink,
        ) -> Result<Vec<(String, u64)>> {
            Ok(vec![$(dump_table::<entity::$table::Entity>(snapshot, sink).await?),*])
        }
    };
}

tables! {
    setting,
    secret,
    replica,
    ledger_batch,
    price,
    model_alias,
    seen_model,
    admin,
    recovery_code,
    saved_view,
    session,
    api_token,
    user_group,
    user,
    api_key,
    agent_sign_in_request,
    agent_sign_in,
    agent_token,
    user_invitation,
    alert_address_request,
    provider_account,
    provider_login,
    account_group,
    account_group_member,
    account_access,
    window_reading,
    account_window,
    window_cycle,
    window_cycle_user,
    window_opening,
    quota,
    quota_bucket,
    quota_warning,
    key_warning,
    share_pool,
    share_weight,
    share_override,
    share_hour,
    request,
    agent_session,
    usage_rollup,
    usage_slice,
    audit_event,
    notification_channel,
    notification_rule,
    notification_condition,
    notification,
    alert,
}

async fn dump_table<E: EntityTrait>(
    snapshot: &DatabaseTransaction,
    sink: &mut impl LineSink,
) -> Result<(String, u64)>
where
    E::Model: ModelTrait<Entity = E>,
{
    let name = E::default().table_name().to_owned();
    let columns = E::Column::iter().map(|column| column.as_str().to_owned());
    let head = TableHeader {
        name: name.clone(),
        columns: columns.collect(),
    };
    sink.put(vec![BackupLine::Table(head)]).await?;
    let mut query = E::find();
    for key in E::PrimaryKey::iter() {
        query = query.order_by_asc(key.into_column());
    }
    let mut rows = query.stream(snapshot).await?;
    let (mut count, mut lines) = (0, Vec::new());
    while let Some(row) = rows.try_next().await? {
        lines.push(BackupLine::Row(cells(&row)?));
        count += 1;
        if lines.len() == ROWS_PER_BATCH {
            sink.put(std::mem::take(&mut lines)).await?;
        }
    }
    sink.put(lines).await?;
    Ok((name, count))
}

fn cells<M: ModelTrait>(row: &M) -> Result<Vec<BackupCell>> {
    let columns = <M::Entity as EntityTrait>::Column::iter();
    let cells = columns.map(|column| {
        let cell = BackupCell::of(row.get(column));
        let definition = column.def();
        cell.ok_or_else(|| {
            let kind = definition.get_column_type();
            let name = column.as_str();
            anyhow::anyhow!("backups do not support the type {kind:?} of the column {name}").into()
        })
    });
    cells.collect()
}
