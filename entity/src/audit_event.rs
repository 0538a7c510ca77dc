//! An audit event. Rows are append-only; each has the hash of the previous one.

use sea_orm::entity::prelude::*;

/// The kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum ActorKind {
    /// A signed-in administrator.
    Admin,
    /// A script with an API token.
    ApiToken,
    /// A user with one of their keys.
    User,
    /// A client that is not authenticated. Events are hashed with the stored value, so it keeps its first name.
    #[sea_orm(string_value = "stranger")]
    Anonymous,
    /// A command on the machine of the server.
    Cli,
    /// The server itself.
    System,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    /// The position in the chain, from 1 without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// Microseconds since 1970.
    pub at: i64,
    pub actor_kind: ActorKind,
    pub actor_id: Option<Uuid>,
    /// The name of the actor at the time.
    pub actor_name: Option<String>,
    pub address: Option<String>,
    /// The mutation or command.
    pub action: String,
    pub subject_kind: Option<String>,
    pub subject_id: Option<String>,
    /// The name of the subject at the time.
    pub subject_name: Option<String>,
    /// The changed fields before, JSON as text, because the hash is over these bytes.
    #[sea_orm(column_type = "Text", nullable)]
    pub before: Option<String>,
    /// The changed fields afterwards.
    #[sea_orm(column_type = "Text", nullable)]
    pub after: Option<String>,
    /// The error code of a failed action.
    pub error: Option<String>,
    /// The hash of the previous event; zeros for the first.
    pub previous_hash: Vec<u8>,
    /// SHA-256 of all fields above.
    pub hash: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
