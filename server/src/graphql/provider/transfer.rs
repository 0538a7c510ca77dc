//! Bringing accounts in and taking them out.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use entity::admin::Role;
use secrecy::ExposeSecret as _;

use super::account::ProviderAccount;
use crate::{
    domain::provider_accounts::{ImportedDocument, ProviderAccounts},
    graphql::resolver::{
        confirmation,
        context::ContextExt as _,
        error::Result,
        guard::{AtLeast, WithSession},
    },
};

/// A file that holds accounts.
#[derive(InputObject)]
struct ImportedFileInput {
    /// Its name, to tell what became of it.
    name: String,
    /// What is in it: an auth file of the engine's, a service account of Google's, the configuration of
    /// the engine (YAML) or of the desktop program, or an export of this server.
    #[graphql(secret)]
    content: String,
}

/// Something in a file that could not be taken.
#[derive(SimpleObject)]
struct ImportProblem {
    /// The name of the file.
    file: String,
    /// Why, in words.
    message: String,
}

/// Accounts were imported.
#[derive(SimpleObject)]
struct ImportProviderAccountPayload {
    /// The accounts that are there now; one that was there already has the tokens of the file.
    accounts: Vec<ProviderAccount>,
    /// What could not be taken.
    problems: Vec<ImportProblem>,
}

/// Accounts with their secrets.
#[derive(SimpleObject)]
struct ExportProviderAccountsPayload {
    /// A JSON document with every key and token in the clear. `importProviderAccount` takes it.
    content: String,
}

/// The transfer's part of the changes.
#[derive(Debug, Default)]
pub(crate) struct ProviderTransferMutation;

#[Object]
impl ProviderTransferMutation {
    /// Import accounts from files. One that cannot be taken stops no other.
    #[graphql(guard = "AtLeast(Role::Admin)")]
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
            accounts: report.accounts.into_iter().map(ProviderAccount).collect(),
        })
    }

    /// Export all accounts with their keys and tokens in the clear. Two servers must not use the same
    /// sign-in: each would make the other's tokens worthless.
    #[graphql(guard = "AtLeast(Role::Owner).and(WithSession)")]
    async fn export_provider_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The caller's password, once more.")] password: String,
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
