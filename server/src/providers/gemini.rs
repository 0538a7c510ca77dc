//! Google: Gemini API keys, Vertex service accounts, and Google accounts (Antigravity).

use entity::{
    provider_account::{CredentialKind, ProviderKind},
    request::Protocol,
};
use serde_json::{Map, Value, json};

use super::{
    ApiKeySpec, EngineNames, Flow, Identity, NO_API_KEYS, OtherProgram, ProfileFetch, ProviderSpec,
    SIGN_IN, SignInResponse, SignInSpec, ThemeColors, identity,
};

/// The location with all models.
const VERTEX_LOCATION: &str = "us-central1";
const USER_INFORMATION: &str = "https://www.googleapis.com/oauth2/v1/userinfo?alt=json";

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Gemini,
    name: "gemini",
    display_name: "Gemini",
    description: "Google's Gemini.",
    colors: ThemeColors {
        light: "oklch(0.56 0.16 262)",
        dark: "oklch(0.74 0.13 258)",
    },
    opencode_names: &["google"],
    options: &[],
    engine: EngineNames {
        key_list: Some("gemini-api-key"),
        key_id: None,
        imported_key_lists: &["geminiApiKeys"],
        catalogue: Some("gemini"),
        channels: &["antigravity", "vertex", "aistudio"],
        auth_files: &["antigravity", "vertex"],
        usage_records: &["gemini", "vertex", "aistudio", "antigravity"],
        login: Some("antigravity"),
        model_rules: None,
    },
    api_keys: ApiKeySpec {
        accepted: true,
        check_base_url: "https://generativelanguage.googleapis.com",
        check_path: "/v1beta/models?pageSize=1",
        authorization: ("x-goog-api-key", ""),
        models_path: "/v1beta/models?pageSize=1000",
        test: (Protocol::Gemini, "/v1beta/models/{model}:generateContent"),
        ..NO_API_KEYS
    },
    sign_in: Some(SignInSpec {
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
        converts: Some(OtherProgram {
            name: "Google Cloud",
            file_type: "service_account",
            convert: vertex,
        }),
        // A service account has no token before it is used.
        tokenless_auth_files: &["vertex"],
        redirect_url: "http://localhost:51121/oauth-callback",
        authorize_parameters: &[("access_type", "offline"), ("prompt", "consent")],
        profile: ProfileFetch::Required,
        identity: |response| Some(identity(response)),
        ..SIGN_IN
    }),
    model_prefixes: &["gemini-"],
    native_protocols: &[Protocol::Gemini],
    keeps_output_limit,
    windows: None,
    answer_windows: None,
};

/// Reads Google's user information. The engine determines the project.
fn identity(response: &SignInResponse<'_>) -> Identity {
    Identity {
        email: response.profile.get("email").and_then(identity::text),
        plan: None,
        fields: identity::fields(json!({
            "type": "antigravity",
            "expires_in": response.expires_in,
            "timestamp": response.now.timestamp_millis(),
        })),
    }
}

/// A service account in the engine's auth file.
fn vertex(service_account: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let required = |name: &str| {
        let text = service_account.get(name).and_then(Value::as_str);
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        text.ok_or_else(|| {
            format!("the service account has no {name}; download its key as JSON again")
        })
    };
    required("private_key")?;
    let members = [
        ("type", json!("vertex")),
        ("project_id", json!(required("project_id")?)),
        ("email", json!(required("client_email")?)),
        ("location", json!(VERTEX_LOCATION)),
        ("service_account", json!(service_account)),
    ];
    let members = members.into_iter();
    Ok(members
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

/// Google accounts are served by Antigravity, which keeps limits of Claude models only.
fn keeps_output_limit(credential: Option<CredentialKind>, protocol: Protocol, model: &str) -> bool {
    if credential == Some(CredentialKind::ApiKey) {
        protocol != Protocol::AnthropicMessages
    } else {
        model.to_lowercase().contains("claude")
    }
}
