//! xAI: API keys, and Grok subscriptions.

use entity::{
    provider_account::{CredentialKind, ProviderKind},
    request::Protocol,
};

use super::{
    ApiKeySpec, EngineNames, NO_API_KEYS, ProviderSpec, SIGN_IN, SignInSpec, SignInTest,
    ThemeColors, identity,
};

const API: &str = "https://api.x.ai/v1";

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Xai,
    name: "xai",
    display_name: "xAI",
    description: "xAI's Grok.",
    colors: ThemeColors {
        light: "oklch(0.42 0.01 260)",
        dark: "oklch(0.85 0.01 260)",
    },
    opencode_names: &["xai"],
    options: &[],
    engine: EngineNames {
        key_list: Some("xai-api-key"),
        key_id: None,
        imported_key_lists: &["xaiApiKeys"],
        catalogue: Some("xai"),
        channels: &["xai"],
        auth_files: &["xai"],
        usage_records: &["xai"],
        login: Some("xai"),
        model_rules: None,
    },
    api_keys: ApiKeySpec {
        accepted: true,
        engine_base_url: Some(API),
        check_base_url: API,
        test: (Protocol::OpenaiResponses, "/responses"),
        ..NO_API_KEYS
    },
    sign_in: Some(SignInSpec {
        client_id: "b1a00492-073a-47ea-816f-4c329264a828",
        scopes: "openid profile email offline_access grok-cli:access api:access",
        discovery_url: "https://auth.x.ai/.well-known/openid-configuration",
        api_url: API,
        check_url: "https://api.x.ai/v1/models",
        test: Some(SignInTest {
            protocol: Protocol::OpenaiResponses,
            base_url: API,
            path: "/responses",
            as_claude_code: false,
            has_output_limit: true,
        }),
        own_client_needs_authorize_url: true,
        identity: |response| Some(identity::open_id(response, "xai")),
        ..SIGN_IN
    }),
    model_prefixes: &["grok-"],
    native_protocols: &[Protocol::OpenaiResponses, Protocol::OpenaiImages],
    keeps_output_limit,
    windows: None,
    answer_windows: None,
};

/// Limits of the `OpenAI` protocols are put back after a translation, others are not.
fn keeps_output_limit(_: Option<CredentialKind>, protocol: Protocol, _: &str) -> bool {
    !matches!(protocol, Protocol::AnthropicMessages | Protocol::Gemini)
}
