//! `docs/configuration.md` is the output of `--help`.

use std::{fmt::Write as _, process::Command};

use crate::support::hold_to;

/// The committed page equals the output of the program. `UPDATE=1` rewrites it.
#[test]
fn the_page_on_configuration_is_up_to_date() {
    hold_to("docs/configuration.md", &page());
}

/// The commands in the order of the page.
const COMMANDS: [&str; 18] = [
    "",
    "engine install",
    "logs",
    "reset-password",
    "rotate-encryption-key",
    "accounts import",
    "prices import",
    "prices list",
    "audit verify",
    "backup create",
    "backup list",
    "backup verify",
    "backup restore",
    "export requests",
    "export usage",
    "doctor",
    "support-bundle",
    "healthcheck",
];

fn page() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         Every option is a flag or an environment variable; the flag wins. All errors are\n\
         reported together, with the variable and the remedy, and the program exits with 64. Settings that\n\
         can change while the server runs are under *Settings* in the web app (`updateSettings` in GraphQL).\n\n\
         This page is printed by the program and tested against it.\n",
    );
    for command in COMMANDS {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let title = format!("proxypal-server {command}");
        let title = title.trim_end();
        write!(
            page,
            "\n## `{title}`\n\n```text\n{}\n```\n",
            help(&arguments)
        )
        .unwrap();
    }
    page
}

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_proxypal-server"))
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}
