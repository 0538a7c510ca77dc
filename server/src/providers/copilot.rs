//! GitHub Copilot. The server itself exchanges the GitHub token for short-lived tokens, which the engine uses
//! as keys of an OpenAI-compatible server.

use std::collections::BTreeMap;

use entity::provider_account::{ProviderKind, SubscriptionWindow};
use url::form_urlencoded;

use super::{
    LimitHeaders, NO_API_KEYS, OPENAI_COMPATIBLE_ENGINE, OPENAI_COMPATIBLE_PROTOCOLS, ProviderSpec,
    SIGN_IN, SignInSpec, ThemeColors, TokenExchange, always_kept, windows,
};

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Copilot,
    name: "copilot",
    display_name: "GitHub Copilot",
    description: "GitHub Copilot.",
    colors: ThemeColors {
        light: "oklch(0.55 0.17 305)",
        dark: "oklch(0.76 0.13 305)",
    },
    opencode_names: &["github-copilot"],
    options: &[],
    engine: OPENAI_COMPATIBLE_ENGINE,
    api_keys: NO_API_KEYS,
    sign_in: Some(SignInSpec {
        client_id: "Iv1.b507a08c87ecfe98",
        scopes: "read:user",
        authorize_url: "https://github.com/login/oauth/authorize",
        token_url: "https://github.com/login/oauth/access_token",
        device_url: "https://github.com/login/device/code",
        profile_url: "https://api.github.com/user",
        exchange_url: "https://api.github.com/copilot_internal/v2/token",
        api_url: "https://api.githubcopilot.com",
        exchange: Some(TokenExchange {
            api_domain: "githubcopilot.com",
            // The API requires headers that name an editor.
            headers: &[
                ("copilot-integration-id", "vscode-chat"),
                ("editor-version", "vscode/1.104.1"),
                ("editor-plugin-version", "copilot-chat/0.31.0"),
                ("openai-intent", "conversation-panel"),
                ("user-agent", "GitHubCopilotChat/0.31.0"),
                ("x-github-api-version", "2025-05-01"),
            ],
        }),
        ..SIGN_IN
    }),
    model_prefixes: &[],
    native_protocols: OPENAI_COMPATIBLE_PROTOCOLS,
    keeps_output_limit: always_kept,
    windows: None,
    answer_windows: Some(answer_windows),
};

/// `x-quota-snapshot-{quota}: ent=300&rem=35.5&rst=2026-12-01T00%3A00%3A00Z`: the percentage that is left, and the
/// reset. Quotas without a limit have the entitlement -1.
fn answer_windows(headers: &LimitHeaders) -> Vec<SubscriptionWindow> {
    let window = |(quota, snapshot): (&str, &str)| {
        let mut snapshot: BTreeMap<_, _> = form_urlencoded::parse(snapshot.as_bytes()).collect();
        if snapshot
            .get("ent")
            .is_some_and(|limit| limit.starts_with('-'))
        {
            return None;
        }
        let left: f64 = snapshot.remove("rem")?.parse().ok()?;
        let resets_at = snapshot.get("rst").and_then(|at| at.parse().ok());
        Some(windows::named(
            quota,
            windows::rounded(100.0 - left)?,
            resets_at,
        ))
    };
    headers
        .between("x-quota-snapshot-", "")
        .filter_map(window)
        .take(windows::MAX_WINDOWS)
        .collect()
}
