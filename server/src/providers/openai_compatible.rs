//! Any server that speaks the protocol of `OpenAI`, by API key.

use entity::provider_account::ProviderKind;

use super::{
    ApiKeys, EngineNames, NO_API_KEYS, OPENAI_COMPATIBLE_PROTOCOLS, ProviderSpec, always_kept,
    no_windows,
};

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::OpenaiCompatible,
    name: "openai_compatible",
    display_name: "OpenAI-compatible",
    engine: EngineNames {
        key_list: Some("openai-compatibility"),
        imported_key_lists: &["ampOpenaiProviders", "ampOpenaiProvider"],
        catalogue: None,
        channels: &[],
        auth_files: &[],
        usage_records: &["openai-compatib*"],
        login: None,
    },
    api_keys: ApiKeys {
        accepted: true,
        needs_base_url: true,
        ..NO_API_KEYS
    },
    sign_in: None,
    native_protocols: OPENAI_COMPATIBLE_PROTOCOLS,
    keeps_output_limit: always_kept,
    windows: no_windows,
};
