//! The structure of the code: which modules may import which, no cycles between modules, and each file
//! begins with its purpose.

mod imports;

use std::{
    fs,
    path::{Path, PathBuf},
};

use self::imports::ImportGraph;
use crate::support::{self, sources};

/// Which modules each top-level module may import.
const ALLOWED_IMPORTS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("client_address", &[]),
    ("deadlines", &[]),
    ("disk", &[]),
    ("in_flight", &[]),
    ("metrics", &[]),
    ("outage", &[]),
    ("providers", &[]),
    ("redaction", &[]),
    ("tls", &[]),
    ("traces", &[]),
    ("crypto", &[]),
    ("db", &["crypto"]),
    ("config", &["crypto", "db", "providers"]),
    ("telemetry", &["config"]),
    ("shutdown", &[]),
    ("observed_io", &[]),
    (
        "http_server",
        &["client_address", "deadlines", "observed_io", "outage"],
    ),
    ("domain", &["clock", "crypto", "db", "outage", "providers"]),
    (
        "engine",
        &[
            "clock",
            "crypto",
            "domain",
            "in_flight",
            "providers",
            "redaction",
            "tls",
        ],
    ),
    (
        "checkup",
        &["clock", "domain", "engine", "outage", "providers"],
    ),
    ("alerting", &["clock", "disk", "domain", "engine", "outage"]),
    (
        "notify",
        &["clock", "domain", "engine", "metrics", "outage", "tls"],
    ),
    ("price_feed", &["clock", "domain", "notify", "tls"]),
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
            "tls",
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
            "in_flight",
            "metrics",
            "observed_io",
            "outage",
            "redaction",
            "tls",
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
            "price_feed",
            "providers",
            "web",
        ],
    ),
    (
        "app",
        &[
            "alerting",
            "checkup",
            "client_address",
            "clock",
            "config",
            "crypto",
            "db",
            "deadlines",
            "disk",
            "domain",
            "engine",
            "gateway",
            "graphql",
            "http_server",
            "in_flight",
            "notify",
            "oauth",
            "price_feed",
            "traces",
            "watch",
            "web",
        ],
    ),
    (
        "doctor",
        &[
            "clock",
            "config",
            "db",
            "disk",
            "domain",
            "engine",
            "redaction",
            "tls",
        ],
    ),
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
            "notify",
            "price_feed",
            "shutdown",
            "telemetry",
            "tls",
        ],
    ),
];

/// Folders whose modules are held to a table too: `<folder>.txt` beside this file. A new import between two
/// of its modules changes the table, which a review then sees; `UPDATE=1` rewrites it.
const AREAS: [&str; 4] = ["domain", "engine", "gateway", "graphql"];

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
fn the_import_tables_are_up_to_date() {
    for area in AREAS {
        let table = ImportGraph::read(area).table();
        support::hold_to(&format!("server/tests/it/architecture/{area}.txt"), &table);
    }
}

#[test]
fn no_modules_import_each_other_in_a_cycle() {
    let mut wrong = Vec::new();
    for area in [""].iter().chain(&AREAS) {
        let graph = ImportGraph::read(area);
        for cycle in graph.cycles() {
            let examples = graph.examples(&cycle);
            wrong.push(format!("a cycle in src/{area}:\n  {examples}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
        "crates",
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
    const IMPURE: [&str; 8] = [
        "entity::",
        "proxypal_server::",
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

fn rust_files(places: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let mut files = sources(places);
    files.retain(|(path, _)| path.extension().is_some_and(|extension| extension == "rs"));
    files
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
