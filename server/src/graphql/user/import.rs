//! Creating the users of a CSV file.

use async_graphql::{Context, Object, SimpleObject};
use secrecy::ExposeSecret as _;

use crate::{
    domain::users::{self, MAX_IMPORTED, Users},
    graphql::{
        resolver::{
            context::ContextExt as _,
            cost::list,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::{scalar::DateTime, user::User},
    },
};

/// Users that a file is expected to have.
const USUAL_USERS: usize = 50;

/// A line of a file of users, as it was read.
#[derive(SimpleObject)]
struct UserImportLine {
    /// The number of the line in the file, from 1.
    line: i32,
    /// The name; empty if there is none.
    name: String,
    /// The e-mail address; null if there is none.
    email: Option<String>,
    /// The note for administrators; null if there is none.
    note: Option<String>,
    /// The name of the group of users; null if there is none.
    group: Option<String>,
    /// The patterns of allowed models; null for those of the group, or all without one.
    allowed_models: Option<Vec<String>>,
    /// The time at which the key expires; null if it does not expire.
    key_expires_at: Option<DateTime>,
    /// Why the user cannot be created; null if there is no problem.
    problem: Option<String>,
}

impl From<users::ImportedUser> for UserImportLine {
    fn from(user: users::ImportedUser) -> Self {
        Self {
            line: user.line.try_into().unwrap_or(i32::MAX),
            name: user.name,
            email: user.email,
            note: user.note,
            group: user.group,
            allowed_models: user.allowed_models,
            key_expires_at: user.key_expires_at.map(Into::into),
            problem: user.problem,
        }
    }
}

/// A user of a file, and the secret of the first key, which is not shown again.
#[derive(SimpleObject)]
struct ImportedUser {
    /// The user.
    user: User,
    /// The key itself, which the user's tools send. It is not shown again.
    secret: String,
}

/// The result of `importUsers`.
#[derive(SimpleObject)]
struct ImportUsersPayload {
    /// The users in the order of the file, each with the first key.
    #[graphql(complexity = "list(USUAL_USERS, child_complexity)")]
    users: Vec<ImportedUser>,
}

#[derive(Debug, Default)]
pub(crate) struct UserImportQuery;

#[Object(guard = "Declared")]
impl UserImportQuery {
    /// Read a file of users as `importUsers` does, without creating any.
    #[graphql(
        directive = requires_role::apply(Role::Admin),
        complexity = "list(USUAL_USERS, child_complexity)"
    )]
    async fn user_import_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The content of the CSV file.")] csv: String,
    ) -> Result<Vec<UserImportLine>> {
        let users = ctx.service::<Users>().preview_import(&csv).await?;
        Ok(users.into_iter().map(UserImportLine::from).collect())
    }
}

#[derive(Debug, Default)]
pub(crate) struct UserImportMutation;

#[Object(guard = "Declared")]
impl UserImportMutation {
    /// Create the users of a CSV file, each with a first key: all of them, or none if a line has a problem. The first line names
    /// the columns: `name`, and as wanted `email`, `note`, `group` (the name of a group of users), `allowed_models` (patterns
    /// separated by spaces) and `key_expires_at` (a date or a time). The separator is a comma, a semicolon or a tab. At most
    /// 500 users and 1 MiB.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn import_users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The content of the CSV file.")] csv: String,
    ) -> Result<ImportUsersPayload> {
        let created = ctx.service::<Users>().import(&ctx.audit(), &csv).await?;
        let users = created.into_iter().map(|(user, issued)| ImportedUser {
            user: User::from(user),
            secret: issued.secret.expose_secret().to_owned(),
        });
        Ok(ImportUsersPayload {
            users: users.collect(),
        })
    }
}

const _: () = assert!(
    MAX_IMPORTED == 500,
    "as the description of importUsers has it"
);
