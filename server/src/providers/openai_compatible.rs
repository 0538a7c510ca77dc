//! Any server that speaks the protocol of `OpenAI`, by API key.

use entity::provider_account::ProviderKind;

use super::{
    ApiKeySpec, EngineNames, NO_API_KEYS, OPENAI_COMPATIBLE_ENGINE, OPENAI_COMPATIBLE_PROTOCOLS,
    ProviderSpec, ThemeColors, always_kept,
};

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::OpenaiCompatible,
    name: "openai_compatible",
    display_name: "OpenAI-compatible",
    description: "Any other service that implements OpenAI's API.",
    colors: ThemeColors {
        light: "oklch(0.6 0.11 95)",
        dark: "oklch(0.8 0.13 100)",
    },
    opencode_names: &[],
    options: &[],
    engine: EngineNames {
        imported_key_lists: &["ampOpenaiProviders", "ampOpenaiProvider"],
        usage_records: &["openai-compatib*"],
        ..OPENAI_COMPATIBLE_ENGINE
    },
    api_keys: ApiKeySpec {
        accepted: true,
        needs_base_url: true,
        needs_models: true,
        ..NO_API_KEYS
    },
    sign_in: None,
    model_prefixes: &[],
    native_protocols: OPENAI_COMPATIBLE_PROTOCOLS,
    keeps_output_limit: always_kept,
    windows: None,
    answer_windows: None,
};
