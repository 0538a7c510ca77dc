//! A key, without the fields that need a service: `graphql::key::fields` has those.

use async_graphql::{Enum, ID, SimpleObject};
use entity::api_key;
use uuid::Uuid;

use super::{paging::Node, rate_limit::RateLimit, scalar::DateTime};
use crate::domain::{
    client_family::{self, ClientFamily as Family},
    requests::RecentAddress,
    users::api_keys::{self, KeyLife},
};

/// The state of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "api_keys::ApiKeyState")]
pub(crate) enum ApiKeyState {
    /// Valid while its user is enabled.
    Active,
    /// Past `endsAt`.
    Expired,
    /// Revoked or replaced.
    Revoked,
}

/// A family of clients, recognised by how their user agents begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "client_family::ClientFamily")]
pub(crate) enum ClientFamily {
    /// Anthropic's Claude Code.
    ClaudeCode,
    /// OpenAI's Codex, in the terminal and in editors.
    Codex,
    /// Google's Gemini CLI.
    GeminiCli,
    /// The `OpenCode` CLI.
    #[graphql(name = "OPENCODE")]
    OpenCode,
    /// Qwen Code.
    QwenCode,
    /// The Cline extension.
    Cline,
    /// The Roo Code extension.
    RooCode,
    /// OpenAI's SDKs.
    #[graphql(name = "OPENAI_SDK")]
    OpenAiSdk,
    /// Anthropic's SDKs.
    AnthropicSdk,
    /// Google's Gen AI SDKs.
    #[graphql(name = "GOOGLE_GENAI_SDK")]
    GoogleGenAiSdk,
    /// Vercel's AI SDK.
    AiSdk,
    /// The curl command.
    Curl,
}

/// An API key of a user for the gateway (`sk-…`).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(crate) struct ApiKey {
    #[graphql(skip)]
    pub(crate) key_id: Uuid,
    #[graphql(skip)]
    pub(crate) user_id: Uuid,
    #[graphql(skip)]
    pub(crate) life: KeyLife,
    /// The key's id.
    id: ID,
    /// The name.
    pub(crate) name: String,
    /// The first characters of the secret, to recognise it by; empty for the sign-in of an agent.
    prefix: String,
    /// The last four characters of the secret, to recognise it by; empty for the sign-in of an agent.
    last_four: String,
    /// The time of creation.
    created_at: DateTime,
    /// The time of the last use, to 30 seconds; null if never used.
    last_used_at: Option<DateTime>,
    /// The time at which it expires by its own expiry; null if it has none. The settings `maxKeyLifeDays` and
    /// `maxKeyIdleDays` can end it earlier: see `endsAt`.
    pub(crate) expires_at: Option<DateTime>,
    /// The time of revocation; null if not revoked.
    pub(crate) revoked_at: Option<DateTime>,
    /// Patterns of allowed models, in which `*` matches any characters; null allows all of the user's models.
    allowed_models: Option<Vec<String>>,
    /// The networks that it may be used from, in CIDR notation, sorted; null allows every network.
    allowed_networks: Option<Vec<String>>,
    /// The clients that may make requests with it; null allows every client. A client can send any user agent, so this
    /// does not keep out one that forges it.
    allowed_clients: Option<Vec<ClientFamily>>,
    /// The id of the key with which the user created it; null if an administrator created it.
    created_with_id: Option<ID>,
    #[graphql(skip)]
    pub(crate) signed_in_at: Option<DateTime>,
    /// The version, which increases with each change of the key apart from quotas and rate limit.
    version: i32,
    /// The version of the key's own quotas, which increases with each change of them.
    quotas_version: i32,
    /// The version of the key's own rate limit, which increases with each change of it.
    rate_limit_version: i32,
    /// The rate limit of this key; null if only the user's limit applies.
    rate_limit: Option<RateLimit>,
}

impl From<api_key::Model> for ApiKey {
    fn from(row: api_key::Model) -> Self {
        Self {
            life: KeyLife::of(&row),
            key_id: row.id,
            user_id: row.user_id,
            id: row.id.into(),
            name: row.name,
            prefix: row.prefix,
            last_four: row.last_four,
            created_at: row.created_at.into(),
            last_used_at: row.last_used_at.map(Into::into),
            expires_at: row.expires_at.map(Into::into),
            revoked_at: row.revoked_at.map(Into::into),
            allowed_models: row.allowed_models.map(|models| models.0),
            allowed_networks: row.allowed_networks.map(|networks| networks.0),
            allowed_clients: row
                .allowed_clients
                .map(|clients| named_families(&clients.0)),
            created_with_id: row.created_with.map(Into::into),
            signed_in_at: row.signed_in_at.map(Into::into),
            version: row.version,
            quotas_version: row.quotas_version,
            rate_limit_version: row.rate_limit_version,
            rate_limit: row.rate_limit.map(Into::into),
        }
    }
}

fn named_families(names: &[String]) -> Vec<ClientFamily> {
    let families = names.iter().filter_map(|name| Family::named(name));
    families.map(Into::into).collect()
}

/// The families of an input.
pub(crate) fn families(families: Option<Vec<ClientFamily>>) -> Option<Vec<Family>> {
    families.map(|families| families.into_iter().map(Into::into).collect())
}

impl Node for ApiKey {
    const CONNECTION: &'static str = "ApiKeyPart";

    fn cursor(&self) -> String {
        self.key_id.to_string()
    }
}

/// An address that a key was used from.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ApiKeyAddress {
    /// The IP address of the client.
    address: String,
    /// The start of the last request from there.
    last_seen_at: DateTime,
}

impl From<RecentAddress> for ApiKeyAddress {
    fn from(recent: RecentAddress) -> Self {
        Self {
            address: recent.address,
            last_seen_at: recent.last_seen_at.into(),
        }
    }
}
