//! Every provider as data, one file each: its names and colour, the engine's names for it, how API keys and sign-ins
//! work, what a health check requests and how its answer is read. The schema and the web app are built from it.
//!
//! To add a provider: a variant of [`ProviderKind`], a file here, a line in [`ALL`]. What the engine can do
//! with it is in the engine's source (`internal/config`, `internal/auth`, `internal/runtime/executor`).

mod chatgpt;
mod claude;
mod copilot;
mod gemini;
mod gemini_interactions;
mod identity;
mod kimi;
mod openai_compatible;
mod openrouter;
mod vertex;
mod windows;
mod xai;

use chrono::{DateTime, Utc};
use entity::{
    provider_account::{CredentialKind, ProviderKind, SubscriptionWindow},
    request::Protocol,
};
use serde_json::{Map, Value};

pub use self::windows::LimitHeaders;

pub(crate) use self::identity::{Identity, ProfileFetch, SignInResponse, rfc3339};

/// All providers, in the order of [`ProviderKind`].
pub const ALL: [&ProviderSpec; ProviderKind::OpenaiCompatible as usize + 1] = [
    &claude::SPEC,
    &chatgpt::SPEC,
    &gemini::SPEC,
    &copilot::SPEC,
    &kimi::SPEC,
    &xai::SPEC,
    &openrouter::SPEC,
    &vertex::SPEC,
    &gemini_interactions::SPEC,
    &openai_compatible::SPEC,
];

/// The header of OAuth access tokens and of most API keys.
pub const BEARER: (&str, &str) = ("authorization", "Bearer ");
/// The engine's list of OpenAI-compatible servers. Its entries have names, and several providers share it.
pub const OPENAI_COMPATIBLE_LIST: &str = "openai-compatibility";
/// The engine's names for a provider that it knows by its address only.
const OPENAI_COMPATIBLE_ENGINE: EngineNames = EngineNames {
    key_list: Some(OPENAI_COMPATIBLE_LIST),
    key_id: None,
    imported_key_lists: &[],
    catalogue: None,
    channels: &[],
    auth_files: &[],
    usage_records: &[],
    login: None,
    model_rules: None,
};
/// The protocols of an OpenAI-compatible server.
const OPENAI_COMPATIBLE_PROTOCOLS: &[Protocol] = &[
    Protocol::OpenaiChat,
    Protocol::OpenaiCompletions,
    Protocol::OpenaiImages,
];

/// The provider with this name in a URL, among those that people sign in at.
pub fn by_name(name: &str) -> Option<ProviderKind> {
    let mut specs = ALL.into_iter().filter(|spec| spec.sign_in.is_some());
    Some(specs.find(|spec| spec.name == name)?.kind)
}

/// The specification of one provider.
#[derive(Debug)]
pub struct ProviderSpec {
    pub kind: ProviderKind,
    /// Lower case: in URLs, metric labels and, upper case, environment variables (`OAUTH_{NAME}_CLIENT_ID`).
    pub name: &'static str,
    pub display_name: &'static str,
    /// A sentence for the schema.
    pub description: &'static str,
    pub colors: ThemeColors,
    /// Its names in `OpenCode`'s `auth.json`.
    pub opencode_names: &'static [&'static str],
    /// Settings of its accounts beside those that all providers have.
    pub options: &'static [OptionSpec],
    pub engine: EngineNames,
    pub api_keys: ApiKeySpec,
    /// `None` if accounts have API keys only.
    pub sign_in: Option<SignInSpec>,
    /// How the names of its own models begin, in lower case. Empty if it serves models of other providers.
    pub model_prefixes: &'static [&'static str],
    /// The protocols that the engine forwards without translating. Translations lose or fold token counts.
    pub native_protocols: &'static [Protocol],
    /// Whether a request's output limit reaches the provider. The engine's translations and executors drop some
    /// (read in 7.2.140). Arguments: the credential, if known, the client's protocol and the model.
    pub keeps_output_limit: fn(Option<CredentialKind>, Protocol, &str) -> bool,
    /// Reads usage windows from the answer to a health check.
    /// `None` if it reports none.
    pub windows: Option<fn(&Value) -> Vec<SubscriptionWindow>>,
    /// Reads usage windows from the headers of the answer to any request.
    /// `None` if it reports none.
    pub answer_windows: Option<fn(&LimitHeaders) -> Vec<SubscriptionWindow>>,
}

/// A provider's colour in lists and charts, in CSS: at least 3:1 against the page in either theme.
#[derive(Debug)]
pub struct ThemeColors {
    pub light: &'static str,
    pub dark: &'static str,
}

/// A setting that only some providers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderOption {
    /// Requests of other clients are sent as Claude Code's.
    Cloaking,
    /// A session that moves between accounts has a separate identity at each.
    IdentityPerAccount,
}

impl ProviderOption {
    pub const ALL: [Self; 2] = [Self::Cloaking, Self::IdentityPerAccount];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cloaking => "cloaking",
            Self::IdentityPerAccount => "identityPerAccount",
        }
    }
}

/// A setting of one provider and the switch of the engine's configuration that it sets.
#[derive(Debug)]
pub struct OptionSpec {
    pub option: ProviderOption,
    /// An object that has no other switch; `None` at the top level.
    pub section: Option<&'static str>,
    pub name: &'static str,
    /// Whether the switch turns the option off.
    pub is_inverted: bool,
}

/// The engine's names for a provider. Each part of the engine has its own.
#[derive(Debug)]
pub struct EngineNames {
    /// The list of the configuration that holds API keys; `None` if there is no such list.
    pub key_list: Option<&'static str>,
    /// The kind in the engine's ids of keys, where these are digests of the key, its address and its proxy; `None` where they
    /// name the list, the address and the key.
    pub key_id: Option<&'static str>,
    /// Further names of that list in files that can be imported: those of the desktop program.
    pub imported_key_lists: &'static [&'static str],
    /// Its models in the engine's catalogue; `None` if the catalogue has none.
    pub catalogue: Option<&'static str>,
    /// Signed-in accounts in `oauth-model-alias` and `oauth-excluded-models`.
    pub channels: &'static [&'static str],
    /// The `type` of auth files that the engine can use.
    pub auth_files: &'static [&'static str],
    /// `provider` in usage records; `*` at the end stands for any suffix.
    pub usage_records: &'static [&'static str],
    /// The engine's own sign-in, `{login}-auth-url`; `None` if it has none.
    pub login: Option<&'static str>,
    /// The protocol in the configuration's rules that replace the model of a signed-in account's request; `None` where the
    /// engine sets the model after the rules (read in 7.2.140).
    pub model_rules: Option<&'static str>,
}

/// API keys of a provider, and how one is checked.
#[derive(Debug)]
pub struct ApiKeySpec {
    /// Whether administrators may add keys.
    pub accepted: bool,
    /// Whether an account must say where the provider is.
    pub needs_base_url: bool,
    /// Whether an account must list its models, because neither the engine nor this server knows them.
    pub needs_models: bool,
    /// The address in the engine's configuration if the account has none. The engine drops some entries without.
    pub engine_base_url: Option<&'static str>,
    /// Where a key is checked if the account has no address; empty if only the account can know.
    pub check_base_url: &'static str,
    /// A request that is free and needs a valid key: usually the list of models.
    pub check_path: &'static str,
    /// JSON to post; `None` for a GET request.
    pub check_body: Option<&'static str>,
    /// The header with the key, and what precedes the key.
    pub authorization: (&'static str, &'static str),
    pub check_headers: &'static [(&'static str, &'static str)],
    /// The list of models, as long as one answer can be.
    pub models_path: &'static str,
    /// The protocol and the path of a request for a model; `{model}` stands for its name.
    pub test: (Protocol, &'static str),
}

/// Makes an auth file of another program's file.
pub type Conversion = fn(&Map<String, Value>) -> Result<Map<String, Value>, String>;

/// The tokens of a sign-in that a coding agent made with the provider's public client, the one that the engine uses.
#[derive(Clone, Copy, Default)]
pub struct ProgramTokens<'a> {
    pub access: Option<&'a str>,
    /// Without it the sign-in ends when the access token expires.
    pub refresh: Option<&'a str>,
    pub id_token: Option<&'a str>,
    pub account_id: Option<&'a str>,
    pub expires_at: Option<DateTime<Utc>>,
    pub plan: Option<&'a str>,
}

impl std::fmt::Debug for ProgramTokens<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ProgramTokens(…)")
    }
}

impl ProgramTokens<'_> {
    /// The members that the auth files of all providers have.
    fn auth_file(&self, engine_type: &str) -> Result<Map<String, Value>, String> {
        if self.access.is_none() && self.refresh.is_none() {
            return Err("the sign-in has no tokens; sign in with the program again".to_owned());
        }
        let members = [
            ("type", Some(engine_type.to_owned())),
            ("access_token", self.access.map(str::to_owned)),
            ("refresh_token", self.refresh.map(str::to_owned)),
            ("expired", self.expires_at.map(rfc3339)),
        ];
        let members = members.into_iter();
        Ok(members
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
            .collect())
    }
}

/// Makes an auth file of a coding agent's tokens, or reports why it cannot.
pub type FromTokens = fn(&ProgramTokens<'_>) -> Result<MadeAuthFile, String>;

/// An auth file made of a coding agent's tokens, and the subscription plan if it is known.
pub type MadeAuthFile = (Map<String, Value>, Option<String>);

/// Files of another program, and what makes an auth file of one or reports why it cannot.
#[derive(Debug)]
pub struct OtherProgram {
    /// The name, for people.
    pub name: &'static str,
    /// The `type` of its files.
    pub file_type: &'static str,
    pub convert: Conversion,
}

/// How people sign in. Each address can be replaced by an environment variable; empty is unknown.
#[derive(Debug)]
pub struct SignInSpec {
    pub flow: Flow,
    pub client_id: &'static str,
    /// Separated by spaces.
    pub scopes: &'static str,
    pub authorize_url: &'static str,
    pub token_url: &'static str,
    pub device_url: &'static str,
    /// `OpenID` Connect discovery, for addresses that are not known.
    pub discovery_url: &'static str,
    pub profile_url: &'static str,
    /// Exchanges a sign-in for a short-lived token of the API.
    pub exchange_url: &'static str,
    pub api_url: &'static str,
    /// The free request of a health check: usage windows where there are any.
    pub check_url: &'static str,
    pub check_headers: CheckHeaders,
    /// A request for a model; `None` if only the engine can make one.
    pub test: Option<SignInTest>,
    /// Files of another program that can be imported.
    pub converts: Option<OtherProgram>,
    /// Makes an auth file of a coding agent's tokens; `None` if the engine cannot use them.
    pub from_tokens: Option<FromTokens>,
    /// The `type` of auth files that hold no token, so that they cannot be checked.
    pub tokenless_auth_files: &'static [&'static str],
    /// Headers of the device flow.
    pub device_headers: &'static [(&'static str, &'static str)],
    /// The header with an id of the device, for tokens that are bound to one.
    pub device_id_header: Option<&'static str>,
    /// Where the client's browsers return to: the machine of the person who signs in.
    pub redirect_url: &'static str,
    pub authorize_parameters: &'static [(&'static str, &'static str)],
    pub headers: &'static [(&'static str, &'static str)],
    pub encoding: TokenEncoding,
    /// Whether a client of the operator's own must name the authorization endpoint, which is not published.
    pub own_client_needs_authorize_url: bool,
    /// `None` if the sign-in's token is sent to the API.
    pub exchange: Option<TokenExchange>,
    pub profile: ProfileFetch,
    /// Reads who signed in; `None` if the response lacks what requests need.
    pub(crate) identity: fn(&SignInResponse<'_>) -> Option<Identity>,
}

/// The steps of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Authorization code with PKCE: the browser returns with a code.
    Code,
    /// Device authorization (RFC 8628).
    Device,
    /// The engine signs in, since its client has a secret that this server does not have.
    Engine,
}

/// The body of requests to the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenEncoding {
    Form,
    /// An object whose members are in the order of the provider's own program.
    Json,
}

/// The exchange of a sign-in's token for a short-lived token of the API. The server keeps the token itself and makes no
/// auth file.
#[derive(Debug)]
pub struct TokenExchange {
    /// The domain of the API's addresses, which differ by subscription.
    pub api_domain: &'static str,
    /// Headers of the exchange and of requests to the API.
    pub headers: &'static [(&'static str, &'static str)],
}

/// Headers of a health check with a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckHeaders {
    Fixed(&'static [(&'static str, &'static str)]),
    /// `account_id` of the auth file, in this header.
    AccountId(&'static str),
}

/// A request for a model with a sign-in. It has the headers of the health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInTest {
    pub protocol: Protocol,
    pub base_url: &'static str,
    pub path: &'static str,
    /// Whether the request must present itself as Claude Code's.
    pub as_claude_code: bool,
    /// Whether the provider accepts a limit of the output.
    pub has_output_limit: bool,
}

/// The usual sign-in, as a base for the others.
const SIGN_IN: SignInSpec = SignInSpec {
    flow: Flow::Device,
    client_id: "",
    scopes: "",
    authorize_url: "",
    token_url: "",
    device_url: "",
    discovery_url: "",
    profile_url: "",
    exchange_url: "",
    api_url: "",
    check_url: "",
    check_headers: CheckHeaders::Fixed(&[]),
    test: None,
    converts: None,
    from_tokens: None,
    tokenless_auth_files: &[],
    device_headers: &[],
    device_id_header: None,
    redirect_url: "",
    authorize_parameters: &[],
    headers: &[],
    encoding: TokenEncoding::Form,
    own_client_needs_authorize_url: false,
    exchange: None,
    profile: ProfileFetch::Never,
    identity: |_| Some(Identity::default()),
};

/// API keys that administrators cannot add.
const NO_API_KEYS: ApiKeySpec = ApiKeySpec {
    accepted: false,
    needs_base_url: false,
    needs_models: false,
    engine_base_url: None,
    check_base_url: "",
    check_path: "/models",
    check_body: None,
    authorization: BEARER,
    check_headers: &[],
    models_path: "/models",
    test: (Protocol::OpenaiChat, "/chat/completions"),
};

impl ApiKeySpec {
    /// The address of an account with this one of its own, as the engine has it.
    pub fn base_url<'a>(&self, own: Option<&'a str>) -> Option<&'a str> {
        let own = own.map(|url| url.trim().trim_end_matches('/'));
        own.filter(|url| !url.is_empty()).or(self.engine_base_url)
    }
}

impl ProviderSpec {
    /// The lists of API keys that administrators may add, as an import or an export names them.
    pub fn key_lists(&self) -> impl Iterator<Item = &'static str> {
        let engine = self.engine.key_list.filter(|_| self.api_keys.accepted);
        engine
            .into_iter()
            .chain(self.engine.imported_key_lists.iter().copied())
    }
}

/// The usage windows in an event of a WebSocket; none in most.
#[must_use]
pub fn event_windows(event: &str) -> Vec<SubscriptionWindow> {
    chatgpt::event_windows(event)
}

/// The specification of a provider.
pub fn spec(kind: ProviderKind) -> &'static ProviderSpec {
    ALL[kind as usize]
}

/// The provider of an entry in a list of API keys. Providers that share the list of OpenAI-compatible servers are
/// distinguished by the name that our own export adds, else by their address.
pub fn by_key_list(list: &str, name: Option<&str>, base_url: Option<&str>) -> Option<ProviderKind> {
    let sharing = || {
        let specs = ALL.into_iter();
        specs.filter(|spec| spec.key_lists().any(|each| each == list))
    };
    let named = sharing().find(|spec| name == Some(spec.name));
    let at_home = || {
        let url = base_url.map(|url| url.trim().trim_end_matches('/'))?;
        sharing().find(|spec| spec.api_keys.engine_base_url == Some(url))
    };
    let general = || sharing().max_by_key(|spec| spec.api_keys.needs_base_url);
    Some(named.or_else(at_home).or_else(general)?.kind)
}

/// The provider of an auth file; `None` if the engine cannot use such a file.
pub fn by_auth_file(engine_type: &str) -> Option<ProviderKind> {
    let mut specs = ALL.into_iter();
    let spec = specs.find(|spec| spec.engine.auth_files.contains(&engine_type))?;
    Some(spec.kind)
}

/// The program that writes files of this type, and their conversion; `None` for files that are none of these.
pub fn converter(file_type: &str) -> Option<(&'static str, Conversion)> {
    let mut programs = ALL
        .into_iter()
        .filter_map(|spec| spec.sign_in.as_ref()?.converts.as_ref());
    let program = programs.find(|program| program.file_type == file_type)?;
    Some((program.name, program.convert))
}

/// The provider with this name in `OpenCode`'s `auth.json`.
pub fn by_opencode_name(name: &str) -> Option<ProviderKind> {
    let mut specs = ALL.into_iter();
    let spec = specs.find(|spec| spec.opencode_names.contains(&name))?;
    Some(spec.kind)
}

/// The provider that a usage record names.
pub fn by_usage_record(name: &str) -> Option<ProviderKind> {
    let fits = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *pattern,
    };
    let mut specs = ALL.into_iter();
    let spec = specs.find(|spec| spec.engine.usage_records.iter().any(&fits))?;
    Some(spec.kind)
}

fn always_kept(_: Option<CredentialKind>, _: Protocol, _: &str) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use sea_orm::{ActiveEnum as _, Iterable as _};

    use super::*;

    #[test]
    fn every_provider_has_a_specification_of_its_own() {
        for kind in ProviderKind::iter() {
            assert_eq!(spec(kind).kind, kind);
            assert_eq!(spec(kind).name, kind.to_value());
        }
    }

    #[test]
    fn no_engine_name_belongs_to_two_providers() {
        let of_all = |names: fn(&EngineNames) -> Vec<&'static str>| -> Vec<_> {
            ALL.into_iter()
                .flat_map(|spec| names(&spec.engine))
                .collect()
        };
        for names in [
            of_all(|engine| engine.auth_files.to_vec()),
            of_all(|engine| engine.usage_records.to_vec()),
            of_all(|engine| engine.channels.to_vec()),
            of_all(|engine| engine.imported_key_lists.to_vec()),
            of_all(|engine| engine.catalogue.into_iter().collect()),
        ] {
            let distinct: HashSet<_> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{names:?}");
        }
    }

    #[test]
    fn an_entry_of_a_shared_list_belongs_to_the_provider_that_it_names() {
        let of = |name| by_key_list(OPENAI_COMPATIBLE_LIST, name, Some("https://llm.example/v1"));

        assert_eq!(of(Some("unknown")), Some(ProviderKind::OpenaiCompatible));
        // Copilot has an entry there that administrators cannot add.
        assert_eq!(of(Some("copilot")), Some(ProviderKind::OpenaiCompatible));
        let xai = by_key_list("xai-api-key", None, None);
        assert_eq!(xai, Some(ProviderKind::Xai));
        assert_eq!(by_key_list("unknown", None, None), None);
    }

    #[test]
    fn names_of_the_engine_lead_to_the_provider() {
        assert_eq!(by_auth_file("vertex"), Some(ProviderKind::Gemini));
        assert_eq!(by_auth_file("qwen"), None);
        let report = by_usage_record("openai-compatibility");
        assert_eq!(report, Some(ProviderKind::OpenaiCompatible));
        assert_eq!(by_usage_record("codex"), Some(ProviderKind::Chatgpt));
    }
}
