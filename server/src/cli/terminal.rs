//! Talking to whoever sits at the terminal.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::Context as _;
use secrecy::SecretString;

/// A line on standard output. A reader who left is no reason to fail.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line on standard error.
pub(super) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Rewrites the last line on standard error, if that is a terminal.
pub(super) fn show_progress(line: &str) {
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() {
        let _ = write!(terminal, "\r\x1b[K{line}");
        let _ = terminal.flush();
    }
}

/// Clears the line of [`show_progress`].
pub(super) fn end_progress() {
    show_progress("");
}

/// A password from the terminal without showing it, or from a pipe.
pub(super) fn read_password(prompt: &str) -> anyhow::Result<SecretString> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password(prompt)
            .map(SecretString::from)
            .context("cannot read the password");
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
}
