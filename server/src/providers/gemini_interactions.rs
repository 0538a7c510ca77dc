//! Gemini's Interactions API, by API key. The engine translates the requests of all other protocols to it.

use entity::provider_account::ProviderKind;

use super::{ApiKeySpec, EngineNames, ProviderSpec, ThemeColors, gemini};

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::GeminiInteractions,
    name: "gemini_interactions",
    display_name: "Gemini Interactions",
    description: "Google's Gemini through its Interactions API.",
    colors: ThemeColors {
        light: "oklch(0.56 0.17 285)",
        dark: "oklch(0.75 0.13 285)",
    },
    opencode_names: &[],
    engine: EngineNames {
        key_list: Some("interactions-api-key"),
        imported_key_lists: &[],
        // Engines before 7.2.140 have none.
        catalogue: None,
        channels: &[],
        auth_files: &[],
        usage_records: &["gemini-interactions"],
        login: None,
        ..gemini::SPEC.engine
    },
    api_keys: ApiKeySpec {
        needs_models: true,
        ..gemini::SPEC.api_keys
    },
    sign_in: None,
    // Requests in Gemini's protocol are interactions or are translated to them.
    native_protocols: &[],
    keeps_output_limit: |_, _, _| false,
    ..gemini::SPEC
};
