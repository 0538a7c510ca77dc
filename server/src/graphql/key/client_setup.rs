//! Set-up files for tools.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use crate::{
    domain::{Error, Viewer, client_setup},
    graphql::{
        model::own::OwnModel,
        resolver::{
            context::{ContextExt as _, ServerFacts},
            cost::REMOTE,
            error::Result,
            guard::KnownCaller,
            input,
            loaders::{ApiKeyId, UserId},
        },
    },
};

/// A tool for which set-up files are available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "client_setup::ClientKind")]
enum ClientKind {
    /// Anthropic's Claude Code.
    ClaudeCode,
    /// OpenAI's Codex CLI.
    CodexCli,
    /// Google's Gemini CLI.
    GeminiCli,
    /// The `OpenCode` CLI.
    #[graphql(name = "OPENCODE")]
    OpenCode,
    /// The Cline extension.
    Cline,
    /// The Roo Code extension.
    RooCode,
    /// The Cursor editor.
    Cursor,
    /// The Continue extension.
    Continue,
    /// OpenAI's SDKs.
    #[graphql(name = "OPENAI_SDK")]
    OpenAiSdk,
    /// Anthropic's SDKs.
    AnthropicSdk,
    /// Google's Gen AI SDKs.
    #[graphql(name = "GOOGLE_GENAI_SDK")]
    GoogleGenAiSdk,
    /// The curl command.
    Curl,
}

/// The purpose of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "client_setup::SetupPurpose")]
enum ClientSetupPurpose {
    /// The tool needs it to use this server.
    Connect,
    /// Optional: it makes the tool show usage and limits in its status line. To be merged into a file of the same
    /// place.
    StatusLine,
}

/// A file or snippet to copy.
#[derive(SimpleObject)]
struct ClientSetupFile {
    /// The purpose of the file.
    purpose: ClientSetupPurpose,
    /// The path of the file, or a description of the place.
    place: String,
    /// The language of the content, as in Markdown code fences.
    language: String,
    /// The text.
    content: String,
}

/// Instructions for configuring a tool to use this server.
#[derive(SimpleObject)]
struct ClientSetup {
    /// The tool.
    client: ClientKind,
    /// The display name.
    name: String,
    /// A note to show above the files.
    note: String,
    /// The files and snippets.
    files: Vec<ClientSetupFile>,
    /// The placeholder in the files that the user replaces with their key.
    key_placeholder: String,
    /// The models that the key can use now; empty while the engine does not run.
    models: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct ClientSetupQuery;

#[Object]
impl ClientSetupQuery {
    /// Files that configure a tool to use this server. End users can query this for their own keys.
    #[graphql(guard = "KnownCaller", complexity = "child_complexity + REMOTE")]
    async fn client_setup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tool.")] client: ClientKind,
        #[graphql(desc = "The key whose models the files list.")] api_key_id: ID,
        #[graphql(
            desc = "The URL at which the tool reaches this server; the public URL when omitted."
        )]
        base_url: Option<String>,
    ) -> Result<ClientSetup> {
        let models = models_of(ctx, &api_key_id).await?;
        let public_url = ctx.service::<ServerFacts>().public_url.as_str();
        let base_url = base_url.as_deref().unwrap_or(public_url);
        let setup = client_setup::describe(client.into(), base_url, &models)?;
        let file = |file: client_setup::SetupFile| ClientSetupFile {
            purpose: file.purpose.into(),
            place: file.place.to_owned(),
            language: file.language.to_owned(),
            content: file.content,
        };
        Ok(ClientSetup {
            client,
            name: setup.name.to_owned(),
            note: setup.note.to_owned(),
            files: setup.files.into_iter().map(file).collect(),
            key_placeholder: client_setup::KEY_PLACEHOLDER.to_owned(),
            models,
        })
    }
}

async fn models_of(ctx: &Context<'_>, api_key_id: &ID) -> Result<Vec<String>> {
    let mine = match ctx.viewer() {
        Viewer::KeyHolder { user_id, .. } => Some(*user_id),
        Viewer::Anonymous | Viewer::Session(_) | Viewer::ApiToken(_) => None,
    };
    // Another user's key and a missing one are indistinguishable to an end user.
    let missing = || match mine {
        Some(_) => Error::Forbidden,
        None => Error::NotFound { what: "API key" },
    };
    let id = input::id(api_key_id, "API key").map_err(|_| missing())?;
    let key = ctx
        .loader()
        .load_one(ApiKeyId(id))
        .await?
        .ok_or_else(missing)?;
    if mine.is_some_and(|user_id| user_id != key.user_id) {
        return Err(missing().into());
    }
    let user = ctx.loader().load_one(UserId(key.user_id)).await?;
    let user = user.ok_or_else(missing)?;
    let own = OwnModel::names_of(ctx, &user, &key).await?;
    Ok(own.unwrap_or_default())
}
