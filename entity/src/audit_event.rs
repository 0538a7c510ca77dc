//! Something that was done, or tried, by whom. Rows are only ever added; each carries the hash of the one
//! before it.

use sea_orm::entity::prelude::*;

/// What sort of caller acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(16))",
    rename_all = "snake_case"
)]
pub enum ActorKind {
    /// An administrator, signed in.
    Admin,
    /// A script with an API token.
    ApiToken,
    /// Somebody who has not shown who they are.
    Stranger,
    /// A command on the machine of the server.
    Cli,
    /// The server itself.
    System,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    /// The place in the chain, from 1 without a gap.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// Microseconds since 1970.
    pub at: i64,
    pub actor_kind: ActorKind,
    pub actor_id: Option<Uuid>,
    /// What the actor was called at the time.
    pub actor_name: Option<String>,
    pub address: Option<String>,
    /// The mutation, or the command.
    pub action: String,
    pub subject_kind: Option<String>,
    pub subject_id: Option<String>,
    /// What the subject was called at the time.
    pub subject_name: Option<String>,
    /// What changed, as it was before. JSON as text: the hash is over these very bytes.
    #[sea_orm(column_type = "Text", nullable)]
    pub before: Option<String>,
    /// What changed, as it is now.
    #[sea_orm(column_type = "Text", nullable)]
    pub after: Option<String>,
    /// The code of the error, of something that was tried in vain.
    pub error: Option<String>,
    /// The hash of the event before; zeros for the first.
    pub previous_hash: Vec<u8>,
    /// SHA-256 of everything above.
    pub hash: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
