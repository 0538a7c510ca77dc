//! Terminal output and password input.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::Context as _;
use secrecy::SecretString;

/// Prints a line on standard output. Ignores a closed pipe.
pub(super) fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line on standard error.
pub(super) fn print_error(line: &str) {
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

/// Clears the progress line.
pub(super) fn end_progress() {
    show_progress("");
}

/// Reads a password from the terminal without echo, or from a pipe.
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
