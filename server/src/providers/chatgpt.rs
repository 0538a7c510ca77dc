//! `OpenAI`: API keys, and `ChatGPT` subscriptions (Codex).

use chrono::DateTime;
use entity::{
    provider_account::{CredentialKind, ProviderKind, SubscriptionWindow},
    request::Protocol,
};
use serde_json::{Value, json};

use super::{
    ApiKeySpec, CheckHeaders, EngineNames, Flow, Identity, LimitHeaders, MadeAuthFile, NO_API_KEYS,
    OptionSpec, ProgramTokens, ProviderOption, ProviderSpec, SIGN_IN, SignInResponse, SignInSpec,
    SignInTest, ThemeColors, identity, windows,
};

/// `OpenAI`'s own claims of its tokens.
const OPENAI_CLAIMS: &str = "https://api.openai.com/auth";
const OPENAI_PROFILE: &str = "https://api.openai.com/profile";
const API: &str = "https://api.openai.com/v1";

pub(super) const SPEC: ProviderSpec = ProviderSpec {
    kind: ProviderKind::Chatgpt,
    name: "chatgpt",
    display_name: "ChatGPT",
    description: "OpenAI, through its API.",
    colors: ThemeColors {
        light: "oklch(0.55 0.1 170)",
        dark: "oklch(0.76 0.11 170)",
    },
    opencode_names: &["openai"],
    options: &[OptionSpec {
        option: ProviderOption::IdentityPerAccount,
        section: Some("codex"),
        name: "identity-confuse",
        is_inverted: false,
    }],
    engine: EngineNames {
        key_list: Some("codex-api-key"),
        key_id: None,
        imported_key_lists: &["codexApiKeys"],
        catalogue: Some("codex"),
        channels: &["codex"],
        auth_files: &["codex"],
        usage_records: &["codex"],
        login: Some("codex"),
        model_rules: None,
    },
    api_keys: ApiKeySpec {
        accepted: true,
        engine_base_url: Some(API),
        check_base_url: API,
        test: (Protocol::OpenaiResponses, "/responses"),
        ..NO_API_KEYS
    },
    sign_in: Some(SignInSpec {
        flow: Flow::Code,
        client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
        scopes: "openid email profile offline_access",
        authorize_url: "https://auth.openai.com/oauth/authorize",
        token_url: "https://auth.openai.com/oauth/token",
        check_url: "https://chatgpt.com/backend-api/wham/usage",
        check_headers: CheckHeaders::AccountId("chatgpt-account-id"),
        test: Some(SignInTest {
            protocol: Protocol::OpenaiResponses,
            base_url: "https://chatgpt.com/backend-api/codex",
            path: "/responses",
            as_claude_code: false,
            has_output_limit: false,
        }),
        redirect_url: "http://localhost:1455/auth/callback",
        authorize_parameters: &[
            ("prompt", "login"),
            ("id_token_add_organizations", "true"),
            ("codex_cli_simplified_flow", "true"),
        ],
        identity,
        from_tokens: Some(from_tokens),
        ..SIGN_IN
    }),
    model_prefixes: &["gpt-", "chatgpt-", "codex-", "o1", "o3", "o4"],
    native_protocols: &[Protocol::OpenaiResponses, Protocol::OpenaiImages],
    keeps_output_limit: never_kept,
    windows: Some(usage_windows),
    answer_windows: Some(answer_windows),
};

/// The tokens of Codex CLI. Requests need the account's id, which is beside the tokens or among their claims.
fn from_tokens(tokens: &ProgramTokens<'_>) -> Result<MadeAuthFile, String> {
    let mut content = tokens.auth_file("codex")?;
    let signed = [tokens.id_token, tokens.access].into_iter().flatten();
    let claims: Vec<_> = signed.filter_map(identity::claims).collect();
    let claimed = |part: Option<&str>, name: &str| {
        claims.iter().find_map(|claims| match part {
            Some(part) => identity::text(claims.get(part)?.get(name)?),
            None => identity::text(claims.get(name)?),
        })
    };
    let own = |name: &str| claimed(Some(OPENAI_CLAIMS), name);
    let account_id = tokens.account_id.map(str::to_owned);
    let account_id = account_id
        .or_else(|| own("chatgpt_account_id"))
        .ok_or("the tokens have no account id; sign in with codex login again")?;
    content.insert("account_id".to_owned(), account_id.into());
    content.insert(
        "id_token".to_owned(),
        tokens.id_token.unwrap_or_default().into(),
    );
    let expiry = tokens.access.and_then(identity::claims);
    let expiry = expiry.and_then(|claims| claims.get("exp")?.as_i64());
    let expiry = expiry.and_then(|at| DateTime::from_timestamp(at, 0));
    let email = claimed(None, "email").or_else(|| claimed(Some(OPENAI_PROFILE), "email"));
    identity::insert_known(
        &mut content,
        [
            ("email", email),
            (
                "expired",
                tokens.expires_at.or(expiry).map(identity::rfc3339),
            ),
        ],
    );
    let plan = own("chatgpt_plan_type");
    Ok((content, plan))
}

/// The Codex executor deletes every limit: the backend of `ChatGPT` has none.
fn never_kept(_: Option<CredentialKind>, _: Protocol, _: &str) -> bool {
    false
}

/// The account's id is in the ID token, and requests need it.
fn identity(response: &SignInResponse<'_>) -> Option<Identity> {
    let id_token = response.id_token?;
    let claims = identity::claims(id_token)?;
    let own = |name: &str| identity::text(claims.get(OPENAI_CLAIMS)?.get(name)?);
    Some(Identity {
        email: claims.get("email").and_then(identity::text),
        plan: own("chatgpt_plan_type"),
        fields: identity::fields(json!({
            "type": "codex",
            "id_token": id_token,
            "account_id": own("chatgpt_account_id")?,
            "last_refresh": identity::rfc3339(response.now),
        })),
    })
}

/// The windows have a length instead of a name.
fn usage_windows(usage: &Value) -> Vec<SubscriptionWindow> {
    let limits = &usage["rate_limit"];
    let window = |name: &str| {
        let window = &limits[name];
        let resets_at = window["reset_at"].as_i64();
        let seconds = window["limit_window_seconds"].as_u64();
        Some(SubscriptionWindow {
            name: windows::name_of_length(seconds).unwrap_or(name.to_owned()),
            used_percent: windows::percent(&window["used_percent"])?,
            resets_at: resets_at.and_then(|at| DateTime::from_timestamp(at, 0)),
            length_seconds: seconds.and_then(|seconds| u32::try_from(seconds).ok()),
        })
    };
    let both = ["primary_window", "secondary_window"];
    both.into_iter().filter_map(window).collect()
}

/// The type of an event of the Responses WebSocket.
const RATE_LIMITS_EVENT: &str = "codex.rate_limits";
/// Longer events are not read.
const MAX_EVENT: usize = 16 * 1024;

/// The usage windows in a `codex.rate_limits` event; none in any other.
pub(super) fn event_windows(event: &str) -> Vec<SubscriptionWindow> {
    if event.len() > MAX_EVENT || !event.contains(RATE_LIMITS_EVENT) {
        return Vec::new();
    }
    let event: Value = serde_json::from_str(event).unwrap_or_default();
    if event["type"] != RATE_LIMITS_EVENT {
        return Vec::new();
    }
    let limits = &event["rate_limits"];
    let window = |which: &str| {
        let window = &limits[which];
        let minutes = window["window_minutes"].as_u64();
        let seconds = minutes.and_then(|minutes| minutes.checked_mul(60));
        let resets_at = window["reset_at"].as_i64();
        Some(SubscriptionWindow {
            name: windows::name_of_length(seconds).unwrap_or(which.to_owned()),
            used_percent: windows::percent(&window["used_percent"])?,
            resets_at: resets_at.and_then(|at| DateTime::from_timestamp(at, 0)),
            length_seconds: seconds.and_then(|seconds| u32::try_from(seconds).ok()),
        })
    };
    ["primary", "secondary"]
        .into_iter()
        .filter_map(window)
        .collect()
}

/// `x-codex-{primary,secondary}-used-percent`, `-window-minutes` and `-reset-at`; further limits have a name before
/// `primary`. Which of the two is the longer window differs, so the length decides.
fn answer_windows(headers: &LimitHeaders) -> Vec<SubscriptionWindow> {
    const PREFIX: &str = "x-codex-";
    let window = |(which, used): (&str, &str)| {
        let of = |part: &str| headers.get(&format!("{PREFIX}{which}-{part}"));
        let limit = which
            .strip_suffix("primary")
            .or_else(|| which.strip_suffix("secondary"))?
            .trim_end_matches('-');
        let minutes: Option<u64> = of("window-minutes").and_then(|text| text.trim().parse().ok());
        let seconds = minutes.and_then(|minutes| minutes.checked_mul(60));
        let name = windows::name_of_length(seconds).unwrap_or_else(|| which.replace('-', "_"));
        let scope = if limit.is_empty() {
            String::new()
        } else {
            format!("_{}", limit.replace('-', "_"))
        };
        Some(SubscriptionWindow {
            name: windows::cut(&format!("{name}{scope}")),
            used_percent: windows::percent_text(used)?,
            resets_at: of("reset-at").and_then(windows::unix_time),
            length_seconds: seconds.and_then(|seconds| u32::try_from(seconds).ok()),
        })
    };
    headers
        .between(PREFIX, "-used-percent")
        .filter_map(window)
        .take(windows::MAX_WINDOWS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_windows_of_a_socket_are_read_from_its_events() {
        let event = r#"{"type":"codex.rate_limits","plan_type":"plus","rate_limits":{"allowed":true,
            "primary":{"used_percent":42.4,"window_minutes":300,"reset_at":1780000000},
            "secondary":{"used_percent":1,"window_minutes":10080,"reset_at":1780500000}}}"#;

        let windows = event_windows(event);

        let levels: Vec<_> = windows
            .iter()
            .map(|window| (window.name.as_str(), window.used_percent))
            .collect();
        assert_eq!(levels, [("five_hour", 42), ("seven_day", 1)]);
        assert_eq!(windows[1].length_seconds, Some(604_800));
        for other in [
            "codex.rate_limits",
            r#"{"type":"response.completed","text":"codex.rate_limits"}"#,
            r#"{"type":"codex.rate_limits","rate_limits":null}"#,
            &format!(
                r#"{{"type":"codex.rate_limits","pad":"{}"}}"#,
                "x".repeat(20_000)
            ),
        ] {
            assert!(event_windows(other).is_empty());
        }
    }
}
