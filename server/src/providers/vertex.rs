//! Vertex AI by API key: Google Cloud, and services with the same API. Service accounts are accounts of Gemini.

use entity::{
    provider_account::{CredentialKind, ProviderKind},
    request::Protocol,
};

use super::{ApiKeySpec, EngineNames, NO_API_KEYS, ProviderSpec, ThemeColors};

/// A count of tokens is free.
const CHECK_BODY: &str = r#"{"contents":[{"role":"user","parts":[{"text":"OK"}]}]}"#;

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Vertex,
    name: "vertex",
    display_name: "Vertex AI",
    description: "Google Cloud's Vertex AI by API key, and services with its API. Service accounts are accounts of `GEMINI`.",
    colors: ThemeColors {
        light: "oklch(0.55 0.14 145)",
        dark: "oklch(0.78 0.14 145)",
    },
    opencode_names: &[],
    options: &[],
    engine: EngineNames {
        key_list: Some("vertex-api-key"),
        key_id: Some("vertex:apikey"),
        imported_key_lists: &[],
        catalogue: Some("vertex"),
        channels: &[],
        auth_files: &[],
        // Service accounts have the same name there, so that only the account distinguishes them.
        usage_records: &[],
        login: None,
        model_rules: None,
    },
    api_keys: ApiKeySpec {
        accepted: true,
        check_base_url: "https://aiplatform.googleapis.com",
        check_path: "/v1/publishers/google/models/gemini-2.5-flash:countTokens",
        check_body: Some(CHECK_BODY),
        authorization: ("x-goog-api-key", ""),
        models_path: "/v1beta1/publishers/google/models?pageSize=300",
        test: (
            Protocol::Gemini,
            "/v1/publishers/google/models/{model}:generateContent",
        ),
        ..NO_API_KEYS
    },
    sign_in: None,
    model_prefixes: &["gemini-"],
    native_protocols: &[Protocol::Gemini],
    keeps_output_limit,
    windows: None,
    answer_windows: None,
};

/// As with API keys of Gemini: the engine translates with the same code.
fn keeps_output_limit(_: Option<CredentialKind>, protocol: Protocol, _: &str) -> bool {
    protocol != Protocol::AnthropicMessages
}
