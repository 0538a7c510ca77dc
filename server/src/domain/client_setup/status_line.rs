//! Status lines that show usage and limits.

use serde_json::json;

use super::{KEY_PLACEHOLDER as KEY, SetupFile, SetupPurpose};

/// A setting and the script that it runs. Claude Code passes the session as JSON to the script.
pub(super) fn claude_code(base_url: &str) -> [SetupFile; 2] {
    let setting = json!({
        "statusLine": {"type": "command", "command": "sh ~/.claude/proxypal-status.sh"},
    });
    let script = format!(
        r#"# Prints the model, the cost of today (UTC) and the quotas. Needs curl and jq.
model=$(jq -r '.model.display_name // ""')
curl -fsS --max-time 2 -H "Authorization: Bearer {KEY}" "{base_url}/v1/proxypal/usage" |
  jq -r --arg model "$model" '
    def window: if .window_seconds then "\(.window_seconds / 3600) h" else .window end;
    [$model, "$\(.today.cost_usd * 100 | round / 100) today"]
      + [.quotas[] | "\(.percent)% of \(.limit) \(.metric) per \(window)"]
      | join(" | ")'
"#
    );
    [
        of("~/.claude/settings.json", "json", format!("{setting:#}")),
        of("~/.claude/proxypal-status.sh", "sh", script),
    ]
}

/// Codex shows the limits that come with each answer.
pub(super) fn codex() -> SetupFile {
    let config = r#"[tui]
status_line = ["model-with-reasoning", "context-remaining", "five-hour-limit", "weekly-limit"]
"#;
    of("~/.codex/config.toml", "toml", config.to_owned())
}

fn of(place: &'static str, language: &'static str, content: String) -> SetupFile {
    SetupFile {
        purpose: SetupPurpose::StatusLine,
        place,
        language,
        content,
    }
}
