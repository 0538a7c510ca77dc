//! Interprets a provider's response to the check of an account.

use chrono::{DateTime, Utc};
use entity::provider_account::{ProviderKind, SubscriptionWindows};
use serde_json::Value;

use crate::{domain::provider_accounts::Finding, engine::ProviderAnswer, providers};

const MAX_PLAN_LENGTH: usize = 100;

/// Interprets the response; `None` when there was none.
pub(super) fn finding(
    kind: ProviderKind,
    answer: Option<&ProviderAnswer>,
    now: DateTime<Utc>,
) -> Finding {
    let failure = match answer.map(|answer| answer.status) {
        None => Some("the engine cannot reach the provider".to_owned()),
        // 404: authenticated, but the endpoint does not exist. 429 is not a failure of the account.
        Some(200..=299 | 404 | 405 | 429) => None,
        Some(status @ 401..=403) => Some(format!(
            "the provider refused the credential (HTTP {status})"
        )),
        Some(status) => Some(format!("the provider responded with HTTP {status}")),
    };
    let body = answer.filter(|answer| answer.is_success());
    let body = body.and_then(|answer| serde_json::from_str::<Value>(&answer.body).ok());
    let body = body.unwrap_or_default();
    let windows = providers::spec(kind)
        .windows
        .map_or_else(Vec::new, |read| read(&body));
    let reported_at = now;
    let error = failure
        .as_ref()
        .map(|_| answer.map_or((0, None), |answer| (answer.status, answer.message.clone())));
    Finding {
        failure,
        error,
        windows: (!windows.is_empty()).then_some(SubscriptionWindows {
            reported_at,
            windows,
        }),
        plan: text(&body["plan_type"]),
    }
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    Some(text.chars().take(MAX_PLAN_LENGTH).collect())
}

#[cfg(test)]
mod tests {
    use entity::provider_account::SubscriptionWindow;
    use serde_json::json;

    use super::*;

    fn found(kind: ProviderKind, status: u16, body: &Value) -> Finding {
        let body = body.to_string();
        finding(
            kind,
            Some(&ProviderAnswer {
                status,
                body,
                is_failed: false,
                message: None,
            }),
            DateTime::UNIX_EPOCH,
        )
    }

    fn window(name: &str, used_percent: i32, resets_at: Option<&str>) -> SubscriptionWindow {
        SubscriptionWindow {
            name: name.to_owned(),
            used_percent,
            resets_at: resets_at.map(|at| at.parse().unwrap()),
            length_seconds: Some(if name == "five_hour" { 18_000 } else { 604_800 }),
        }
    }

    #[test]
    fn windows_of_claude_have_names() {
        let body = json!({
            "five_hour": {"utilization": 37.4, "resets_at": "2026-11-26T12:00:00.5+00:00"},
            "seven_day": {"utilization": 120, "resets_at": null},
            "seven_day_opus": null,
            "extra_usage": {"is_enabled": false, "utilization": null},
        });

        let found = found(ProviderKind::Claude, 200, &body);

        assert_eq!(found.failure, None);
        let expected = [
            window("five_hour", 37, Some("2026-11-26T12:00:00.5Z")),
            window("seven_day", 100, None),
        ];
        assert_eq!(found.windows.unwrap().windows, expected);
    }

    #[test]
    fn windows_of_chatgpt_have_lengths_and_a_plan() {
        let body = json!({"plan_type": "plus", "rate_limit": {
            "primary_window": {"used_percent": 12, "limit_window_seconds": 18000, "reset_at": 1_790_000_000},
            "secondary_window": {"used_percent": 80, "limit_window_seconds": 604_800, "reset_at": 1_790_500_000},
        }});

        let found = found(ProviderKind::Chatgpt, 200, &body);

        assert_eq!(found.plan.as_deref(), Some("plus"));
        let windows = found.windows.unwrap().windows;
        let names: Vec<_> = windows.iter().map(|window| window.name.as_str()).collect();
        assert_eq!(names, ["five_hour", "seven_day"]);
        assert_eq!(windows[1].used_percent, 80);
    }

    #[test]
    fn refusals_outages_and_missing_endpoints_are_distinguished() {
        let of = |status| found(ProviderKind::Xai, status, &json!({})).failure;

        assert!(of(401).unwrap().contains("refused"));
        assert!(of(503).unwrap().contains("HTTP 503"));
        assert_eq!((of(404), of(429), of(200)), (None, None, None));
        let silent = finding(ProviderKind::Xai, None, DateTime::UNIX_EPOCH);
        assert!(silent.failure.unwrap().contains("reach"));
    }

    #[test]
    fn malformed_windows_are_ignored() {
        for body in [
            json!([1]),
            json!({"five_hour": 3}),
            json!({"rate_limit": {"primary_window": {"used_percent": "much"}}}),
        ] {
            for kind in [ProviderKind::Claude, ProviderKind::Chatgpt] {
                assert_eq!(found(kind, 200, &body).windows, None, "{body}");
            }
        }
    }
}
