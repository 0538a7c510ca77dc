//! Google: Gemini API keys, Vertex service accounts, and Google accounts (Antigravity).

use entity::{
    provider_account::{CredentialKind, ProviderKind},
    request::Protocol,
};

use super::{
    ApiKeys, EngineNames, Flow, NO_API_KEYS, Profile, ProviderSpec, SIGN_IN, SignIn, no_windows,
};

const USER_INFORMATION: &str = "https://www.googleapis.com/oauth2/v1/userinfo?alt=json";

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Gemini,
    name: "gemini",
    display_name: "Gemini",
    engine: EngineNames {
        key_list: Some("gemini-api-key"),
        imported_key_lists: &["geminiApiKeys"],
        catalogue: Some("gemini"),
        channels: &["antigravity", "vertex", "aistudio"],
        auth_files: &["antigravity", "vertex"],
        usage_records: &[
            "gemini",
            "gemini-interactions",
            "vertex",
            "aistudio",
            "antigravity",
        ],
        login: Some("antigravity"),
    },
    api_keys: ApiKeys {
        accepted: true,
        check_base_url: "https://generativelanguage.googleapis.com",
        check_path: "/v1beta/models?pageSize=1",
        authorization: ("x-goog-api-key", ""),
        ..NO_API_KEYS
    },
    sign_in: Some(SignIn {
        flow: Flow::Engine,
        scopes: "https://www.googleapis.com/auth/cloud-platform \
                 https://www.googleapis.com/auth/userinfo.email \
                 https://www.googleapis.com/auth/userinfo.profile \
                 https://www.googleapis.com/auth/cclog \
                 https://www.googleapis.com/auth/experimentsandconfigs",
        authorize_url: "https://accounts.google.com/o/oauth2/v2/auth",
        token_url: "https://oauth2.googleapis.com/token",
        profile_url: USER_INFORMATION,
        check_url: USER_INFORMATION,
        redirect_url: "http://localhost:51121/oauth-callback",
        authorize_parameters: &[("access_type", "offline"), ("prompt", "consent")],
        profile: Profile::Google,
        ..SIGN_IN
    }),
    native_protocols: &[Protocol::Gemini],
    keeps_output_limit,
    windows: no_windows,
};

/// Google accounts are served by Antigravity, which keeps limits of Claude models only.
fn keeps_output_limit(credential: Option<CredentialKind>, protocol: Protocol, model: &str) -> bool {
    if credential == Some(CredentialKind::ApiKey) {
        protocol != Protocol::AnthropicMessages
    } else {
        model.to_lowercase().contains("claude")
    }
}
