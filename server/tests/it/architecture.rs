//! The shape of the code: modules import only what the table allows, files say why they exist, nothing is
//! left for later.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Which modules each top-level module may import.
const ALLOWED_IMPORTS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("client_address", &[]),
    ("deadlines", &[]),
    ("metrics", &[]),
    ("outage", &[]),
    ("traces", &[]),
    ("crypto", &[]),
    ("db", &[]),
    ("config", &["crypto"]),
    ("telemetry", &["config"]),
    ("shutdown", &[]),
    ("http_server", &["client_address", "deadlines", "outage"]),
    (
        "domain",
        &["clock", "config", "crypto", "db", "metrics", "outage"],
    ),
    ("engine", &["clock", "domain"]),
    ("checkup", &["clock", "domain", "engine", "outage"]),
    (
        "notify",
        &["clock", "domain", "engine", "metrics", "outage"],
    ),
    (
        "oauth",
        &["clock", "config", "crypto", "domain", "engine", "outage"],
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
            "clock", "db", "domain", "engine", "gateway", "metrics", "notify", "outage",
        ],
    ),
    (
        "web",
        &["client_address", "clock", "db", "domain", "engine", "oauth"],
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
        for (file, text) in sources(&[source().join(module), source().join(format!("{module}.rs"))])
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
fn every_file_says_why_it_exists_and_leaves_nothing_for_later() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = [
        "server/src",
        "server/tests",
        "server/examples",
        "server/benches",
        "entity/src",
        "migration/src",
    ];
    let mut wrong = Vec::new();
    for (file, text) in sources(&folders.map(|folder| root.join(folder))) {
        if !text.starts_with("//!") {
            wrong.push(format!(
                "{} does not begin with what it is for",
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

fn sources(places: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut places = places.to_vec();
    while let Some(place) = places.pop() {
        if place.is_dir() {
            places.extend(
                fs::read_dir(&place)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if place.extension().is_some_and(|extension| extension == "rs")
            && let Ok(text) = fs::read_to_string(&place)
        {
            found.push((place, text));
        }
    }
    found
}
