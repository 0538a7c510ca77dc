//! Parses a line of the engine's output.

use crate::engine::logs::LogLevel;

/// A parsed line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LogLineParts<'a> {
    pub(super) level: LogLevel,
    pub(super) message: &'a str,
}

/// Reads `[time] [request] [level] [file:line] message`. Anything else is a plain message.
pub(super) fn parse(line: &str) -> LogLineParts<'_> {
    let line = line.trim_end();
    level_and_rest(line).unwrap_or(LogLineParts {
        level: LogLevel::Info,
        message: line,
    })
}

/// Whether a line only logs a request of this server; these would fill the buffer.
pub(super) fn is_own_request(message: &str) -> bool {
    message.contains("gin_logger.go")
        && message.contains("] 200 |")
        && (message.contains("\"/v0/management/") || message.contains("\"/healthz"))
}

/// The version in the engine's first line.
pub(super) fn version(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("CLIProxyAPI Version: ")?;
    rest.split(',').next().map(str::trim)
}

fn level_and_rest(line: &str) -> Option<LogLineParts<'_>> {
    let mut rest = line;
    for _ in 0..3 {
        let (word, after) = rest.strip_prefix('[')?.split_once(']')?;
        rest = after.trim_start();
        if let Some(level) = level(word.trim()) {
            return Some(LogLineParts {
                level,
                message: rest,
            });
        }
    }
    None
}

fn level(word: &str) -> Option<LogLevel> {
    match word {
        "trace" | "debug" => Some(LogLevel::Debug),
        "info" => Some(LogLevel::Info),
        "warn" | "warning" => Some(LogLevel::Warn),
        "error" | "fatal" | "panic" => Some(LogLevel::Error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_level_and_message() {
        let parts = parse("[2026-11-22 20:05:49] [--------] [warn ] [main.go:1] all is odd\n");

        assert_eq!(
            parts,
            LogLineParts {
                level: LogLevel::Warn,
                message: "[main.go:1] all is odd"
            }
        );
    }

    #[test]
    fn a_line_in_another_format_is_kept_whole() {
        assert_eq!(parse("[a] plain").message, "[a] plain");
        assert_eq!(parse("[error] cannot execute").level, LogLevel::Error);
    }

    #[test]
    fn recognises_log_lines_of_its_own_requests() {
        let polled = "[gin_logger.go:97] 200 |  0s | 127.0.0.1 | GET     \"/v0/management/usage-queue?count=500\"";

        assert!(is_own_request(polled));
        assert!(!is_own_request(&polled.replace("200", "401")));
        assert!(!is_own_request(
            "[gin_logger.go:97] 200 |  0s | 127.0.0.1 | GET     \"/v1/models\""
        ));
    }

    #[test]
    fn finds_the_version() {
        assert_eq!(
            version("CLIProxyAPI Version: 7.2.140, Commit: a, BuiltAt: b"),
            Some("7.2.140")
        );
        assert_eq!(version("something else"), None);
    }
}
