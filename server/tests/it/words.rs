//! The words: standard terms in code, comments, schema, documentation and user interface; one name for one public type;
//! short commit subjects.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::sources;

/// Idioms that a reader must translate. An underscore, a line break and a comment marker count as a space.
const IDIOMS: &[&str] = &[
    "anew",
    "anybody",
    "asks after",
    "at once", // "immediately" or "concurrently"
    "everybody",
    "for ever",
    "forgive",
    "forgiven",
    "gives way",
    "hears",
    "heir",
    "hung up",
    "in vain",
    "mended",
    "mends",
    "nobody",
    "of no use",
    "of ours",
    "owed",
    "owes",
    "patience",
    "put together",
    "puts together",
    "says",
    "shall",
    "somebody",
    "sort of",
    "stand on",
    "stands before",
    "stands in",
    "stands on",
    "stranger",
    "strangers",
    "tells",
    "told",
    "whoever",
    "worth nothing",
];

/// A comment, a description or a heading that begins so has a relative clause as its subject.
const HEADLESS: [&str; 3] = ["What", "Who", "Whose"];

/// Names of constants that do not say what is timed or bounded.
const VAGUE_CONSTANTS: [&str; 12] = [
    "CAUTION", "COMPANY", "CROWD", "ENOUGH", "FAREWELL", "LITTLE", "LOOK", "MOST", "ODD",
    "PATIENCE", "SOON", "YOUNG",
];

/// How many idioms are left in each folder or file. Numbers may only fall. Elsewhere there may be none.
const REMAINING: &[(&str, usize)] = &[
    // The stored name of anonymous actors.
    ("entity/src/audit_event.rs", 1),
    // Names of former columns.
    ("migration/src", 2),
    ("server/tests/it/migrations.rs", 2),
];

const MAX_SUBJECT: usize = 72;

#[test]
#[expect(clippy::print_stdout, reason = "the list is asked for by SHOW_IDIOMS")]
fn idioms_only_become_fewer() {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, text) in texts() {
        let listed = REMAINING
            .iter()
            .filter(|(folder, _)| is_within(&path, folder));
        let folder = listed.max_by_key(|(folder, _)| folder.len());
        let folder = folder.map_or("elsewhere", |(folder, _)| folder);
        let of_file = idioms(&text)
            .into_iter()
            .map(|found| format!("{path}:{found}"));
        found.entry(folder).or_default().extend(of_file);
    }
    let mut report = String::new();
    for (folder, lines) in found {
        let listed = REMAINING.iter().find(|(name, _)| *name == folder);
        let allowed = listed.map_or(0, |(_, allowed)| *allowed);
        if lines.len() > allowed {
            let count = lines.len();
            let lines = lines.join("\n");
            let _ = writeln!(
                report,
                "{folder} has {count} idioms, {allowed} are allowed:\n{lines}"
            );
        } else if std::env::var_os("SHOW_IDIOMS").is_some() {
            println!("(\"{folder}\", {}),\n{}", lines.len(), lines.join("\n"));
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn idioms_are_found_across_lines_and_underscores() {
    let found = |text: &str| idioms(text).len();

    assert_eq!(
        found("/// Answers all of them at\n    /// once.\nfn a_stranger() {}"),
        2
    );
    assert_eq!(
        found("/// What is kept.\n//! Who may.\n## What we use\n\"\"\"\nWhat is it\n\"\"\""),
        4
    );
    assert_eq!(
        found("let what = \"What is it?\"; // says_nothing, sayst, atonce"),
        1
    );
}

#[test]
fn public_types_have_names_of_their_own() {
    // A type of the schema may share the name of the domain's type that it shows.
    let is_exempt = |path: &str, name: &str| path.contains("/graphql/") || name == "Result";
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in texts() {
        if !(path.starts_with("server/src") || path.starts_with("crates")) {
            continue;
        }
        for name in text.lines().filter_map(public_type) {
            if !is_exempt(&path, name) {
                places
                    .entry(name.to_owned())
                    .or_default()
                    .push(path.clone());
            }
        }
    }
    places.retain(|_, places| places.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

#[test]
fn constants_say_what_they_time_or_bound() {
    let mut vague = Vec::new();
    for (path, text) in texts() {
        let names = text.lines().filter_map(|line| {
            let (_, rest) = line.trim_start().split_once("const ")?;
            rest.split_once(':').map(|(name, _)| name.to_owned())
        });
        let names = names.filter(|name| VAGUE_CONSTANTS.contains(&name.as_str()));
        vague.extend(names.map(|name| format!("{path}: {name}")));
    }
    assert!(vague.is_empty(), "{vague:#?}");
}

/// Of the commits since this check was added; without the repository there is nothing to check.
#[test]
fn commit_subjects_are_short() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .current_dir(root())
            .args(arguments)
            .output();
        let output = output.ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let added = "--diff-filter=A --format=%H -- server/tests/it/words.rs";
    let added: Vec<&str> = ["log"].into_iter().chain(added.split(' ')).collect();
    let Some(first) = git(&added).and_then(|text| Some(text.lines().last()?.to_owned())) else {
        return;
    };
    let subjects = git(&["log", "--no-merges", "--format=%s", &format!("{first}..")]);
    let subjects = subjects.unwrap_or_default();
    let long: Vec<&str> = subjects
        .lines()
        .filter(|subject| subject.chars().count() > MAX_SUBJECT)
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

/// Each idiom in a text, with the number of its line.
fn idioms(text: &str) -> Vec<String> {
    let mut found = headless(text);
    let words: Vec<(usize, String)> = (1..)
        .zip(text.lines())
        .flat_map(|(number, line)| {
            let words = line.split(|character: char| !character.is_ascii_alphanumeric());
            let words = words.filter(|word| !word.is_empty());
            words.map(move |word| (number, word.to_ascii_lowercase()))
        })
        .collect();
    for idiom in IDIOMS {
        let idiom: Vec<&str> = idiom.split(' ').collect();
        let places = words.windows(idiom.len()).filter(|window| {
            let mut pairs = window.iter().zip(&idiom);
            pairs.all(|((_, word), wanted)| word == wanted)
        });
        found.extend(places.map(|window| format!("{}: {}", window[0].0, idiom.join(" "))));
    }
    found
}

fn headless(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut opens_description = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        let bare = line.trim_start_matches(['/', '!', '*', '"', '#']);
        let is_opening = opens_description
            || ["///", "//!", "/**", "\"\"\"", "#"]
                .iter()
                .any(|mark| line.starts_with(mark));
        let word = bare.split_whitespace().next().unwrap_or_default();
        if is_opening && HEADLESS.contains(&word) {
            found.push(format!("{number}: {word} …"));
        }
        opens_description = line == "\"\"\"";
    }
    found
}

fn public_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ")?;
    let (kind, rest) = rest.split_once(' ')?;
    let is_type = ["struct", "enum", "trait", "type", "union"].contains(&kind);
    let end = rest.find(|character: char| !character.is_alphanumeric())?;
    let name = &rest[..end];
    // An alias that only fills in the parameters of a type keeps its name.
    let is_alias = kind == "type" && rest.contains(&format!("::{name}<"));
    (is_type && !is_alias).then_some(name)
}

fn is_within(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Everything that people read, but this list of idioms: paths from the root, and texts.
fn texts() -> Vec<(String, String)> {
    const FOLDERS: [&str; 9] = [
        "crates",
        "docs",
        "entity/src",
        "frontend/messages/en",
        "frontend/src",
        "fuzz/targets",
        "migration/src",
        "scripts",
        "server",
    ];
    let root = root();
    let mut places = FOLDERS.map(|folder| root.join(folder)).to_vec();
    let files = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    places.extend(files.filter(|path| path.is_file()));
    let found = sources(&places).into_iter().filter_map(|(path, text)| {
        let path = path.strip_prefix(&root).unwrap().to_str()?.to_owned();
        is_written_by_us(&path).then_some((path, text))
    });
    found.collect()
}

fn is_written_by_us(path: &str) -> bool {
    let is_text = match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "rs" | "md" | "ts" | "tsx" | "graphql" | "py" => true,
        "json" => path.starts_with("frontend/messages"),
        _ => path.starts_with("scripts/"),
    };
    is_text && !path.contains("generated") && !path.ends_with("it/words.rs")
}
