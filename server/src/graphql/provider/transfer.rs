//! Import and export of accounts.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret as _;

use super::account::{CredentialKind, ProviderAccount};
use crate::{
    domain::provider_accounts::{
        FoundAccount, ImportPreview, ImportedDocument, ProviderAccounts, RefreshTokens,
    },
    graphql::{
        resolver::{
            confirmation,
            context::ContextExt as _,
            cost::list,
            error::Result,
            guard::Declared,
            role::{Role, requires_role, requires_session},
        },
        types::{provider::ProviderKind, scalar::DateTime},
    },
};

/// A file with accounts.
#[derive(InputObject)]
struct ImportedFileInput {
    /// The file's name, which problems refer to.
    name: String,
    /// The content: an auth file of the engine, a Google service account, the configuration of the engine
    /// (YAML) or of the desktop program, an export of this server, or the credentials of Claude Code
    /// (`.credentials.json`), Codex CLI (`auth.json`), GitHub Copilot's editors (`apps.json`, `hosts.json`)
    /// or `OpenCode` (`auth.json`).
    #[graphql(secret)]
    content: String,
}

/// An entry of a file, before it is imported.
#[derive(SimpleObject)]
struct ImportPreviewEntry {
    /// The name of the file.
    file: String,
    /// The program that wrote the entry, such as `Claude Code`; `unknown` if it was not recognised.
    program: &'static str,
    /// The account; null if it cannot be imported.
    account: Option<ImportedAccount>,
    /// Why it cannot be imported; null if it can.
    problem: Option<String>,
}

/// An account in a file.
#[derive(SimpleObject)]
struct ImportedAccount {
    /// The provider.
    kind: ProviderKind,
    /// The kind of credential.
    credential: CredentialKind,
    /// The e-mail address, login or label; null if the file has none.
    identity: Option<String>,
    /// The provider's name of the subscription plan; null if unknown.
    plan: Option<String>,
    /// The time at which the access token expires; null if unknown.
    expires_at: Option<DateTime>,
    /// Whether it has a refresh token. If two programs refresh one sign-in, each makes the tokens of the other
    /// worthless.
    is_refreshable: bool,
    /// The account of the same sign-in or key, which the import would update; null if it would add one.
    existing: Option<ProviderAccount>,
}

impl From<FoundAccount> for ImportedAccount {
    fn from(found: FoundAccount) -> Self {
        Self {
            kind: found.kind.into(),
            credential: found.credential.into(),
            identity: found.identity,
            plan: found.plan,
            expires_at: found.expires_at.map(Into::into),
            is_refreshable: found.is_refreshable,
            existing: found.known.map(Into::into),
        }
    }
}

/// An entry that could not be imported.
#[derive(SimpleObject)]
struct ImportProblem {
    /// The name of the file.
    file: String,
    /// Why it could not be imported.
    message: String,
}

/// The result of `importProviderAccount`.
#[derive(SimpleObject)]
struct ImportProviderAccountPayload {
    /// The imported accounts. An account that existed already received the tokens of the file.
    accounts: Vec<ProviderAccount>,
    /// The entries that could not be imported.
    problems: Vec<ImportProblem>,
}

/// Accounts and their secrets.
#[derive(SimpleObject)]
struct ExportProviderAccountsPayload {
    /// A JSON document with all keys and tokens in plain text, for `importProviderAccount`.
    content: String,
}

fn documents(files: Vec<ImportedFileInput>) -> Vec<ImportedDocument> {
    let documents = files.into_iter().map(|file| ImportedDocument {
        name: file.name,
        content: file.content.into(),
    });
    documents.collect()
}

#[derive(Debug, Default)]
pub(crate) struct ProviderTransferQuery;

#[Object(guard = "Declared")]
impl ProviderTransferQuery {
    /// The accounts in these files, as an import would read them. Nothing is imported or kept.
    #[graphql(directive = requires_role::apply(Role::Admin), complexity = "list(child_complexity, 50)")]
    async fn import_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The files.")] files: Vec<ImportedFileInput>,
    ) -> Result<Vec<ImportPreviewEntry>> {
        let accounts = ctx.service::<ProviderAccounts>();
        let previews = accounts.preview_import(documents(files)).await?.into_iter();
        let entry = |preview: ImportPreview| {
            let (account, problem) = match preview.found {
                Ok(found) => (Some(found.into()), None),
                Err(problem) => (None, Some(problem)),
            };
            ImportPreviewEntry {
                file: preview.document,
                program: preview.program,
                account,
                problem,
            }
        };
        Ok(previews.map(entry).collect())
    }
}

#[derive(Debug, Default)]
pub(crate) struct ProviderTransferMutation;

#[Object(guard = "Declared")]
impl ProviderTransferMutation {
    /// Import accounts from files. An entry that cannot be imported does not affect the others.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn import_provider_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The files.")] files: Vec<ImportedFileInput>,
        #[graphql(
            default = false,
            desc = "Whether to leave out refresh tokens: the other program stays signed in, and the account ends when its access token expires."
        )]
        without_refreshing: bool,
    ) -> Result<ImportProviderAccountPayload> {
        let accounts = ctx.service::<ProviderAccounts>();
        let refresh_tokens = if without_refreshing {
            RefreshTokens::LeftOut
        } else {
            RefreshTokens::Imported
        };
        let report = accounts
            .import(&ctx.audit(), documents(files), refresh_tokens)
            .await?;
        let problems = report.problems.into_iter().map(|problem| ImportProblem {
            file: problem.document,
            message: problem.message,
        });
        Ok(ImportProviderAccountPayload {
            problems: problems.collect(),
            accounts: report
                .accounts
                .into_iter()
                .map(ProviderAccount::from)
                .collect(),
        })
    }

    /// Export all accounts with their keys and tokens in plain text. Do not use the same sign-in on two
    /// servers: each refresh would invalidate the other's tokens.
    #[graphql(directive = requires_role::apply(Role::Owner), directive = requires_session::apply())]
    async fn export_provider_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The caller's password, as confirmation.")] password: String,
    ) -> Result<ExportProviderAccountsPayload> {
        confirmation::confirm(ctx, password.into()).await?;
        let export = ctx
            .service::<ProviderAccounts>()
            .export(&ctx.audit())
            .await?;
        let content = export.expose_secret().to_owned();
        Ok(ExportProviderAccountsPayload { content })
    }
}
