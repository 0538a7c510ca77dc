//! How tools are told to use this server.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use crate::{
    clock::SharedClock,
    domain::{Error, Viewer, client_setup, model_aliases::ModelAliases, models},
    engine::EngineHandle,
    graphql::resolver::{
        context::{ContextExt as _, ServerFacts},
        cost::REMOTE,
        error::Result,
        guard::KnownCaller,
        input,
        loaders::{ApiKeyId, UserId},
    },
};

/// A tool that can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "client_setup::ClientKind")]
enum ClientKind {
    /// Anthropic's Claude Code.
    ClaudeCode,
    /// OpenAI's Codex CLI.
    CodexCli,
    /// Google's Gemini CLI.
    GeminiCli,
    /// The program `OpenCode`.
    #[graphql(name = "OPENCODE")]
    OpenCode,
    /// Cline, the extension.
    Cline,
    /// Roo Code, the extension.
    RooCode,
    /// Cursor, the editor.
    Cursor,
    /// Continue, the extension.
    Continue,
    /// OpenAI's libraries.
    #[graphql(name = "OPENAI_SDK")]
    OpenAiSdk,
    /// Anthropic's libraries.
    AnthropicSdk,
    /// Google's libraries.
    #[graphql(name = "GOOGLE_GENAI_SDK")]
    GoogleGenAiSdk,
    /// The command line.
    Curl,
}

/// Something to paste.
#[derive(SimpleObject)]
struct ClientSetupFile {
    /// Where it goes: a path, or a place in words.
    place: String,
    /// Its language, as code fences name it.
    language: String,
    /// The text.
    content: String,
}

/// How a tool is told to use this server.
#[derive(SimpleObject)]
struct ClientSetup {
    /// Which tool.
    client: ClientKind,
    /// Its name for people.
    name: String,
    /// What to know before pasting.
    note: String,
    /// What to paste.
    files: Vec<ClientSetupFile>,
    /// What stands where the key belongs, which is known to its owner alone.
    key_placeholder: String,
    /// The models that the key may use now; none while the engine does not run.
    models: Vec<String>,
}

/// The tools' part of the queries.
#[derive(Debug, Default)]
pub(crate) struct ClientSetupQuery;

#[Object]
impl ClientSetupQuery {
    /// Ready-to-paste files that tell a tool to use this server. End users may ask for keys of their own.
    #[graphql(guard = "KnownCaller", complexity = "child_complexity + REMOTE")]
    async fn client_setup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tool.")] client: ClientKind,
        #[graphql(desc = "Whose models are put in.")] api_key_id: ID,
        #[graphql(desc = "Where clients reach this server; its public address when left out.")]
        base_url: Option<String>,
    ) -> Result<ClientSetup> {
        let models = models_of(ctx, &api_key_id).await?;
        let public_url = ctx.service::<ServerFacts>().public_url.as_str();
        let base_url = base_url.as_deref().unwrap_or(public_url);
        let setup = client_setup::describe(client.into(), base_url, &models)?;
        let file = |file: client_setup::SetupFile| ClientSetupFile {
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

/// The models that a key may use now.
async fn models_of(ctx: &Context<'_>, api_key_id: &ID) -> Result<Vec<String>> {
    let mine = match ctx.viewer() {
        Viewer::KeyHolder { user_id, .. } => Some(*user_id),
        Viewer::Anonymous | Viewer::Session(_) | Viewer::ApiToken(_) => None,
    };
    // A stranger's key and no key look the same to an end user.
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
    let patterns = [&user.allowed_models, &key.allowed_models];
    let may_use = |name: &str| {
        let mut patterns = patterns.into_iter().flatten();
        patterns.all(|patterns| models::matches(patterns, name))
    };
    let listed = ctx
        .service::<EngineHandle>()
        .models()
        .await
        .unwrap_or_default();
    let aliases = ctx.service::<ModelAliases>().current();
    let now = ctx.service::<SharedClock>().now();
    let names = listed.listed.keys();
    Ok(names
        .filter(|name| {
            may_use(name)
                || aliases
                    .target(name, now)
                    .is_some_and(|target| may_use(&target))
        })
        .cloned()
        .collect())
}
