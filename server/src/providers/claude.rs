//! Anthropic: API keys, and Claude subscriptions.

use entity::{
    provider_account::{ProviderKind, SubscriptionWindow},
    request::Protocol,
};
use serde_json::{Value, json};

use super::{
    ApiKeySpec, CheckHeaders, EngineNames, Flow, Identity, LimitHeaders, MadeAuthFile, NO_API_KEYS,
    OptionSpec, ProfileFetch, ProgramTokens, ProviderOption, ProviderSpec, SIGN_IN, SignInResponse,
    SignInSpec, SignInTest, ThemeColors, TokenEncoding, always_kept, identity, windows,
};

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Claude,
    name: "claude",
    display_name: "Claude",
    description: "Anthropic's Claude.",
    colors: ThemeColors {
        light: "oklch(0.6 0.14 45)",
        dark: "oklch(0.74 0.13 50)",
    },
    opencode_names: &["anthropic"],
    options: &[OptionSpec {
        option: ProviderOption::Cloaking,
        section: None,
        name: "disable-claude-cloak-mode",
        is_inverted: true,
    }],
    engine: EngineNames {
        key_list: Some("claude-api-key"),
        key_id: None,
        imported_key_lists: &["claudeApiKeys"],
        catalogue: Some("claude"),
        channels: &["claude"],
        auth_files: &["claude"],
        usage_records: &["claude"],
        login: Some("anthropic"),
        model_rules: Some("claude"),
    },
    api_keys: ApiKeySpec {
        accepted: true,
        check_base_url: "https://api.anthropic.com",
        check_path: "/v1/models",
        authorization: ("x-api-key", ""),
        check_headers: &[("anthropic-version", "2023-06-01")],
        models_path: "/v1/models?limit=1000",
        test: (Protocol::AnthropicMessages, "/v1/messages"),
        ..NO_API_KEYS
    },
    sign_in: Some(SignInSpec {
        flow: Flow::Code,
        client_id: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
        scopes: "user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload",
        authorize_url: "https://claude.ai/oauth/authorize",
        token_url: "https://platform.claude.com/v1/oauth/token",
        profile_url: "https://api.anthropic.com/api/oauth/profile",
        check_url: "https://api.anthropic.com/api/oauth/usage",
        check_headers: CheckHeaders::Fixed(&[
            ("anthropic-beta", "oauth-2025-04-20"),
            ("anthropic-version", "2023-06-01"),
        ]),
        test: Some(SignInTest {
            protocol: Protocol::AnthropicMessages,
            base_url: "https://api.anthropic.com",
            path: "/v1/messages?beta=true",
            as_claude_code: true,
            has_output_limit: true,
        }),
        redirect_url: "http://localhost:54545/callback",
        authorize_parameters: &[("code", "true")],
        headers: &[
            ("accept", "application/json, text/plain, */*"),
            ("user-agent", "axios/1.15.2"),
        ],
        encoding: TokenEncoding::Json,
        profile: ProfileFetch::Optional,
        identity,
        from_tokens: Some(from_tokens),
        ..SIGN_IN
    }),
    model_prefixes: &["claude-"],
    native_protocols: &[Protocol::AnthropicMessages],
    keeps_output_limit: always_kept,
    windows: Some(usage_windows),
    answer_windows: Some(answer_windows),
};

/// The token response names the account, and the profile endpoint what that leaves out.
#[expect(
    clippy::unnecessary_wraps,
    reason = "other providers' responses may name no account"
)]
fn identity(response: &SignInResponse<'_>) -> Option<Identity> {
    let sent = |part: Option<&Value>, name: &str| identity::text(part?.get(name)?);
    let fetched = |part: &str, name: &str| identity::text(response.profile.get(part)?.get(name)?);
    let (account, organization) = (response.account, response.organization);
    let plan = fetched("organization", "organization_type");
    let mut fields = identity::fields(json!({
        "type": "claude",
        "id_token": "",
        "last_refresh": identity::rfc3339(response.now),
        // A device id of Claude's own client, one per sign-in.
        "claude_device_ids": [hex::encode(rand::random::<[u8; 32]>())],
    }));
    let known = [
        (
            "account_uuid",
            sent(account, "uuid").or_else(|| fetched("account", "uuid")),
        ),
        (
            "organization_uuid",
            sent(organization, "uuid").or_else(|| fetched("organization", "uuid")),
        ),
        (
            "organization_name",
            sent(organization, "name").or_else(|| fetched("organization", "name")),
        ),
    ];
    identity::insert_known(&mut fields, known);
    Some(Identity {
        email: sent(account, "email_address").or_else(|| fetched("account", "email")),
        plan: plan.map(|plan| plan.trim_start_matches("claude_").to_owned()),
        fields,
    })
}

/// The tokens of Claude Code, which does not keep the account's id beside them.
fn from_tokens(tokens: &ProgramTokens<'_>) -> Result<MadeAuthFile, String> {
    Ok((tokens.auth_file("claude")?, tokens.plan.map(str::to_owned)))
}

/// Each member with a `utilization` is a window.
fn usage_windows(usage: &Value) -> Vec<SubscriptionWindow> {
    let members = usage.as_object().into_iter().flatten();
    let window = |(name, member): (&String, &Value)| {
        let resets_at = member.get("resets_at")?;
        Some(windows::named(
            name,
            windows::percent(&member["utilization"])?,
            resets_at.as_str().and_then(|at| at.parse().ok()),
        ))
    };
    members
        .filter_map(window)
        .take(windows::MAX_WINDOWS)
        .collect()
}

/// `anthropic-ratelimit-unified-{window}-utilization` and `-reset`; the windows are `5h`, `7d` and, of some models,
/// `7d_sonnet` and others. A rejected window is full.
fn answer_windows(headers: &LimitHeaders) -> Vec<SubscriptionWindow> {
    const PREFIX: &str = "anthropic-ratelimit-unified-";
    let window = |(short, utilization): (&str, &str)| {
        let of = |part: &str| headers.get(&format!("{PREFIX}{short}-{part}"));
        let used = match of("status") {
            Some("rejected") => 100,
            _ => windows::fraction_text(utilization)?,
        };
        let name = match (short.strip_prefix("5h"), short.strip_prefix("7d")) {
            (Some(scope), _) => format!("five_hour{scope}"),
            (_, Some(scope)) => format!("seven_day{scope}"),
            // Overage is a balance without a reset, no window.
            _ => return None,
        };
        Some(windows::named(
            &name,
            used,
            of("reset").and_then(windows::unix_time),
        ))
    };
    headers
        .between(PREFIX, "-utilization")
        .filter_map(window)
        .take(windows::MAX_WINDOWS)
        .collect()
}
