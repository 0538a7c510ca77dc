//! Understands a line of the engine's output.

use crate::engine::logs::LogLevel;

/// The meaning of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words<'a> {
    pub(super) level: LogLevel,
    pub(super) message: &'a str,
}

/// Reads `[time] [request] [level] [file:line] message`. Anything else is a plain message.
pub(super) fn read(line: &str) -> Words<'_> {
    let line = line.trim_end();
    level_and_rest(line).unwrap_or(Words {
        level: LogLevel::Info,
        message: line,
    })
}

/// Whether a line only logs a request of ours; these would fill the buffer.
pub(super) fn is_echo_of_ours(message: &str) -> bool {
    message.contains("gin_logger.go")
        && message.contains("] 200 |")
        && (message.contains("\"/v0/management/") || message.contains("\"/healthz"))
}

/// The version in the engine's first line.
pub(super) fn version(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("CLIProxyAPI Version: ")?;
    rest.split(',').next().map(str::trim)
}

fn level_and_rest(line: &str) -> Option<Words<'_>> {
    let mut rest = line;
    for _ in 0..3 {
        let (word, after) = rest.strip_prefix('[')?.split_once(']')?;
        rest = after.trim_start();
        if let Some(level) = level(word.trim()) {
            return Some(Words {
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
        let words = read("[2026-11-22 20:05:49] [--------] [warn ] [main.go:1] all is odd\n");

        assert_eq!(
            words,
            Words {
                level: LogLevel::Warn,
                message: "[main.go:1] all is odd"
            }
        );
    }

    #[test]
    fn a_line_of_another_form_is_kept_whole() {
        assert_eq!(read("[a] plain").message, "[a] plain");
        assert_eq!(read("[error] cannot execute").level, LogLevel::Error);
    }

    #[test]
    fn knows_the_echo_of_its_own_questions() {
        let polled = "[gin_logger.go:97] 200 |  0s | 127.0.0.1 | GET     \"/v0/management/usage-queue?count=500\"";

        assert!(is_echo_of_ours(polled));
        assert!(!is_echo_of_ours(&polled.replace("200", "401")));
        assert!(!is_echo_of_ours(
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
