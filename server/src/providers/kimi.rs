//! Kimi for Coding, by sign-in.

use entity::provider_account::ProviderKind;

use super::{
    EngineNames, NO_API_KEYS, OPENAI_COMPATIBLE_PROTOCOLS, Profile, ProviderSpec, SIGN_IN, SignIn,
    always_kept, no_windows,
};

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Kimi,
    name: "kimi",
    display_name: "Kimi",
    engine: EngineNames {
        key_list: None,
        imported_key_lists: &[],
        catalogue: None,
        channels: &["kimi"],
        auth_files: &["kimi"],
        usage_records: &["kimi"],
        login: Some("kimi"),
    },
    api_keys: NO_API_KEYS,
    sign_in: Some(SignIn {
        client_id: "17e5f671-d194-4dfb-9706-5516cb48c098",
        token_url: "https://auth.kimi.com/api/oauth/token",
        device_url: "https://auth.kimi.com/api/oauth/device_authorization",
        check_url: "https://api.kimi.com/coding/v1/models",
        own_client_needs_authorize_url: true,
        profile: Profile::Kimi,
        ..SIGN_IN
    }),
    native_protocols: OPENAI_COMPATIBLE_PROTOCOLS,
    keeps_output_limit: always_kept,
    windows: no_windows,
};
