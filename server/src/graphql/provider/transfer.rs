//! Import and export of accounts.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret as _;

use super::account::ProviderAccount;
use crate::{
    domain::provider_accounts::{ImportedDocument, ProviderAccounts},
    graphql::resolver::{
        confirmation,
        context::ContextExt as _,
        error::Result,
        guard::Declared,
        role::{Role, requires_role, requires_session},
    },
};

/// A file with accounts.
#[derive(InputObject)]
struct ImportedFileInput {
    /// The file's name, which problems refer to.
    name: String,
    /// The content: an auth file of the engine, a Google service account, the configuration of the engine
    /// (YAML) or of the desktop program, or an export of this server.
    #[graphql(secret)]
    content: String,
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
    ) -> Result<ImportProviderAccountPayload> {
        let documents = files.into_iter().map(|file| ImportedDocument {
            name: file.name,
            content: file.content.into(),
        });
        let accounts = ctx.service::<ProviderAccounts>();
        let report = accounts.import(&ctx.audit(), documents.collect()).await?;
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
