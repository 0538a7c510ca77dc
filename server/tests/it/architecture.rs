//! The structure of the code: modules import only what the table allows, each file begins with its purpose, no
//! unfinished work is marked.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support;

/// Which modules each top-level module may import.
const ALLOWED_IMPORTS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("client_address", &[]),
    ("deadlines", &[]),
    ("metrics", &[]),
    ("outage", &[]),
    ("providers", &[]),
    ("traces", &[]),
    ("crypto", &[]),
    ("db", &[]),
    ("config", &["crypto", "providers"]),
    ("telemetry", &["config"]),
    ("shutdown", &[]),
    ("http_server", &["client_address", "deadlines", "outage"]),
    (
        "domain",
        &[
            "clock",
            "config",
            "crypto",
            "db",
            "metrics",
            "outage",
            "providers",
        ],
    ),
    ("engine", &["clock", "domain", "providers"]),
    (
        "checkup",
        &["clock", "domain", "engine", "outage", "providers"],
    ),
    (
        "notify",
        &["clock", "domain", "engine", "metrics", "outage"],
    ),
    (
        "oauth",
        &[
            "clock",
            "config",
            "crypto",
            "domain",
            "engine",
            "outage",
            "providers",
        ],
    ),
    (
        "gateway",
        &[
            "client_address",
            "clock",
            "deadlines",
            "domain",
            "engine",
            "metrics",
            "outage",
            "traces",
        ],
    ),
    (
        "watch",
        &[
            "clock",
            "db",
            "domain",
            "engine",
            "gateway",
            "metrics",
            "notify",
            "outage",
            "providers",
        ],
    ),
    (
        "web",
        &[
            "client_address",
            "clock",
            "db",
            "domain",
            "engine",
            "oauth",
            "providers",
        ],
    ),
    (
        "graphql",
        &[
            "checkup",
            "client_address",
            "clock",
            "deadlines",
            "domain",
            "engine",
            "notify",
            "oauth",
            "outage",
            "providers",
            "web",
        ],
    ),
    (
        "app",
        &[
            "checkup",
            "client_address",
            "clock",
            "config",
            "crypto",
            "db",
            "deadlines",
            "domain",
            "engine",
            "gateway",
            "graphql",
            "http_server",
            "notify",
            "oauth",
            "traces",
            "watch",
            "web",
        ],
    ),
    ("doctor", &["clock", "config", "db", "domain", "engine"]),
    ("fuzzing", &["domain", "gateway", "graphql"]),
    (
        "cli",
        &[
            "app",
            "clock",
            "config",
            "db",
            "doctor",
            "domain",
            "engine",
            "shutdown",
            "telemetry",
        ],
    ),
];

/// Marks of unfinished work, written so that this file does not find itself.
const UNFINISHED: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (module, allowed) in ALLOWED_IMPORTS {
        for (file, text) in
            rust_files(&[source().join(module), source().join(format!("{module}.rs"))])
        {
            for used in modules_used(&text) {
                let known = ALLOWED_IMPORTS.iter().any(|(name, _)| *name == used);
                if known && used != *module && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{} must not use {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_is_in_the_table() {
    let library = fs::read_to_string(source().join("lib.rs")).unwrap();
    for module in library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "))
    {
        let module = module.trim_end_matches(';');
        assert!(
            ALLOWED_IMPORTS.iter().any(|(name, _)| *name == module),
            "{module} is not in the table"
        );
    }
}

#[test]
fn every_file_begins_with_its_purpose_and_has_no_mark_of_unfinished_work() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = [
        "server/src",
        "server/tests",
        "server/examples",
        "server/benches",
        "entity/src",
        "migration/src",
        "crates/metering/src",
    ];
    let mut wrong = Vec::new();
    for (file, text) in rust_files(&folders.map(|folder| root.join(folder))) {
        if !text.starts_with("//!") {
            wrong.push(format!(
                "{} does not begin with a `//!` comment on its purpose",
                file.display()
            ));
        }
        for mark in UNFINISHED {
            if text.contains(mark) {
                wrong.push(format!("{} has a {mark}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sources below `crates/` outside their tests: calculations only.
#[test]
fn pure_crates_do_no_input_or_output() {
    const IMPURE: [&str; 9] = [
        "entity::",
        "proxypal_server::",
        "sea_orm::",
        "std::env",
        "std::fs",
        "std::net",
        "std::thread",
        "Instant::now",
        "tokio",
    ];
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(crates).unwrap() {
        for (file, text) in rust_files(&[entry.unwrap().path().join("src")]) {
            let is_test = file.components().any(|part| part.as_os_str() == "tests")
                || file.ends_with("tests.rs");
            for impure in IMPURE.iter().filter(|_| !is_test) {
                if text.contains(impure) {
                    wrong.push(format!("{} must not use {impure}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The first path segments after `crate::`, also inside braces at the first level.
fn modules_used(text: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for rest in text.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            modules.push(identifier(rest));
            continue;
        };
        let mut depth = 0_u32;
        let mut start = true;
        for (at, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                letter if start && letter.is_alphabetic() => {
                    modules.push(identifier(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    modules
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}
