//! GitHub Copilot. The server itself exchanges the GitHub token for short-lived tokens, which the engine uses
//! as keys of an OpenAI-compatible server.

use entity::provider_account::ProviderKind;

use super::{
    EngineNames, NO_API_KEYS, OPENAI_COMPATIBLE_PROTOCOLS, Profile, ProviderSpec, SIGN_IN, SignIn,
    always_kept, no_windows,
};

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Copilot,
    name: "copilot",
    display_name: "GitHub Copilot",
    engine: EngineNames {
        key_list: Some("openai-compatibility"),
        imported_key_lists: &[],
        catalogue: None,
        channels: &[],
        auth_files: &[],
        usage_records: &[],
        login: None,
    },
    api_keys: NO_API_KEYS,
    sign_in: Some(SignIn {
        client_id: "Iv1.b507a08c87ecfe98",
        scopes: "read:user",
        authorize_url: "https://github.com/login/oauth/authorize",
        token_url: "https://github.com/login/oauth/access_token",
        device_url: "https://github.com/login/device/code",
        profile_url: "https://api.github.com/user",
        exchange_url: "https://api.github.com/copilot_internal/v2/token",
        api_url: "https://api.githubcopilot.com",
        profile: Profile::Github,
        ..SIGN_IN
    }),
    native_protocols: OPENAI_COMPATIBLE_PROTOCOLS,
    keeps_output_limit: always_kept,
    windows: no_windows,
};
