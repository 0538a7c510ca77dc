//! The house keeps its shape: rooms use only the doors on the map, files say why they exist, nothing is
//! left for later.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Which rooms each room may use. Read it as the map of the house.
const DOORS: &[(&str, &[&str])] = &[
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
fn rooms_use_only_the_doors_on_the_map() {
    let mut wrong = Vec::new();
    for (room, allowed) in DOORS {
        for (file, text) in sources(&[source().join(room), source().join(format!("{room}.rs"))]) {
            for used in rooms_used(&text) {
                let known = DOORS.iter().any(|(name, _)| *name == used);
                if known && used != *room && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{} must not use {used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_on_the_map() {
    let library = fs::read_to_string(source().join("lib.rs")).unwrap();
    for room in library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "))
    {
        let room = room.trim_end_matches(';');
        assert!(
            DOORS.iter().any(|(name, _)| *name == room),
            "{room} has no doors"
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
fn rooms_used(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for rest in text.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            rooms.push(identifier(rest));
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
                    rooms.push(identifier(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    rooms
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
