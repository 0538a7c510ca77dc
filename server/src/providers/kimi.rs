//! Kimi for Coding, by sign-in.

use entity::provider_account::ProviderKind;
use serde_json::json;

use super::{
    EngineNames, Identity, NO_API_KEYS, OPENAI_COMPATIBLE_PROTOCOLS, ProviderSpec, SIGN_IN,
    SignInResponse, SignInSpec, ThemeColors, always_kept, identity,
};

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Kimi,
    name: "kimi",
    display_name: "Kimi",
    description: "Moonshot's Kimi.",
    colors: ThemeColors {
        light: "oklch(0.58 0.17 350)",
        dark: "oklch(0.77 0.13 350)",
    },
    opencode_names: &["moonshotai", "moonshot"],
    options: &[],
    engine: EngineNames {
        key_list: None,
        key_id: None,
        imported_key_lists: &[],
        catalogue: None,
        channels: &["kimi"],
        auth_files: &["kimi"],
        usage_records: &["kimi"],
        login: Some("kimi"),
        model_rules: None,
    },
    api_keys: NO_API_KEYS,
    sign_in: Some(SignInSpec {
        client_id: "17e5f671-d194-4dfb-9706-5516cb48c098",
        token_url: "https://auth.kimi.com/api/oauth/token",
        device_url: "https://auth.kimi.com/api/oauth/device_authorization",
        check_url: "https://api.kimi.com/coding/v1/models",
        // Tokens belong to a device, which the engine presents with the same headers.
        device_headers: &[
            ("x-msh-platform", "CLIProxyAPI"),
            ("x-msh-version", env!("CARGO_PKG_VERSION")),
            ("x-msh-device-name", "proxypal"),
            ("x-msh-device-model", "Linux"),
        ],
        device_id_header: Some("x-msh-device-id"),
        own_client_needs_authorize_url: true,
        identity: |response| Some(identity(response)),
        ..SIGN_IN
    }),
    model_prefixes: &["kimi-"],
    native_protocols: OPENAI_COMPATIBLE_PROTOCOLS,
    keeps_output_limit: always_kept,
    windows: None,
    answer_windows: None,
};

/// Kimi has no profile endpoint; the identity is in the access token. The account is bound to a device.
fn identity(response: &SignInResponse<'_>) -> Identity {
    let claims = identity::claims(response.access_token);
    let mut fields = identity::fields(json!({
        "type": "kimi",
        "token_type": "Bearer",
        "scope": response.scopes,
        "device_id": response.device_id,
        "timestamp": response.now.timestamp_millis(),
    }));
    let subject = claims.and_then(|claims| identity::text(claims.get("sub")?));
    identity::insert_known(&mut fields, [("sub", subject)]);
    Identity {
        fields,
        ..Identity::default()
    }
}
