//! Answer headers that do not reach the client; `docs/verbatim.md` gives the reasons.
//!
//! The managed engine passes no header of a provider on, but an external one may (`passthrough-headers`).

use axum::http::HeaderName;

/// Whole names, sorted.
const NAMES: [&str; 42] = [
    "alt-svc",
    "anthropic-organization-id",
    "api-key",
    "authentication-info",
    "authorization",
    "chatgpt-account-id",
    "clear-site-data",
    "content-security-policy",
    "content-security-policy-report-only",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "expect-ct",
    "nel",
    "openai-organization",
    "openai-project",
    "origin-agent-cluster",
    "permissions-policy",
    "proxy-authentication-info",
    "public-key-pins",
    "refresh",
    "report-to",
    "reporting-endpoints",
    "server",
    "service-worker-allowed",
    "set-cookie",
    "set-cookie2",
    "sourcemap",
    "speculation-rules",
    "strict-transport-security",
    "timing-allow-origin",
    "via",
    "www-authenticate",
    "x-api-key",
    "x-aspnet-version",
    "x-auth-token",
    "x-content-type-options",
    "x-frame-options",
    "x-goog-api-key",
    "x-goog-user-project",
    "x-management-key",
    "x-powered-by",
];

/// How names begin of which all are withheld.
const PREFIXES: [&str; 9] = [
    "access-control-",
    "anthropic-ratelimit-",
    "x-amz-security-",
    "x-codex-credits-",
    "x-codex-primary-",
    "x-codex-secondary-",
    "x-cpa-",
    "x-quota-",
    "x-ratelimit-",
];

/// Whether a header of the engine's answer does not pass.
pub(super) fn is_withheld(name: &HeaderName) -> bool {
    let name = name.as_str();
    NAMES.binary_search(&name).is_ok() || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_withheld_by_name(name: &'static str) -> bool {
        is_withheld(&HeaderName::from_static(name))
    }

    #[test]
    fn the_names_are_sorted_so_that_each_is_found() {
        assert!(NAMES.is_sorted());
        assert!(NAMES.iter().all(|name| is_withheld_by_name(name)));
    }

    #[test]
    fn what_describes_the_answer_passes() {
        for name in [
            "content-type",
            "content-length",
            "content-encoding",
            "cache-control",
            "retry-after",
            "request-id",
            "x-codex-turn-state",
            "x-should-retry",
            "openai-processing-ms",
            "date",
        ] {
            assert!(!is_withheld_by_name(name), "{name}");
        }
        assert!(is_withheld_by_name("anthropic-ratelimit-unified-status"));
        assert!(is_withheld_by_name("access-control-allow-origin"));
    }
}
