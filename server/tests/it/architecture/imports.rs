//! Which modules import which, read from the source text.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The imports between the modules directly inside one folder of `src`.
pub(super) struct ImportGraph {
    /// By importing and imported module; the value is an example of such an import.
    imports: BTreeMap<String, BTreeMap<String, String>>,
}

impl ImportGraph {
    /// Reads a folder of `src`; an empty name is `src` itself.
    pub(super) fn read(area: &str) -> Self {
        let folder = super::source().join(area);
        let parent: Vec<String> = area
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        let modules = children(&folder);
        let reexports = reexports(&folder);
        let mut imports = BTreeMap::<String, BTreeMap<String, String>>::new();
        for (name, paths) in &modules {
            let imported = imports.entry(name.clone()).or_default();
            for (file, text) in super::rust_files(paths) {
                for path in imported_paths(&module_path(&file), &without_comments(&text)) {
                    let Some(rest) = path.strip_prefix(parent.as_slice()) else {
                        continue;
                    };
                    let Some(first) = rest.first() else { continue };
                    let target = reexports.get(first).unwrap_or(first);
                    if target != name && modules.contains_key(target) {
                        let example = || format!("{} uses {}", file.display(), path.join("::"));
                        imported.entry(target.clone()).or_insert_with(example);
                    }
                }
            }
        }
        Self { imports }
    }

    /// A line for each module with the modules that it imports.
    pub(super) fn table(&self) -> String {
        let line = |(name, imported): (&String, &BTreeMap<String, String>)| {
            let imported: Vec<&str> = imported.keys().map(String::as_str).collect();
            format!("{name}: {}", imported.join(" "))
                .trim_end()
                .to_owned()
                + "\n"
        };
        self.imports.iter().map(line).collect()
    }

    /// The sets of modules that import each other in a circle.
    pub(super) fn cycles(&self) -> BTreeSet<BTreeSet<String>> {
        let reached: BTreeMap<&String, BTreeSet<&String>> = self
            .imports
            .keys()
            .map(|name| (name, self.reached_from(name)))
            .collect();
        let cycle = |name: &&String| -> BTreeSet<String> {
            let others = reached[*name]
                .iter()
                .filter(|other| reached[**other].contains(*name));
            others.map(|other| (*other).clone()).collect()
        };
        self.imports
            .keys()
            .map(|name| cycle(&name))
            .filter(|cycle| !cycle.is_empty())
            .collect()
    }

    /// Examples of the imports between these modules.
    pub(super) fn examples(&self, modules: &BTreeSet<String>) -> String {
        let within = modules.iter().flat_map(|name| &self.imports[name]);
        let examples = within
            .filter(|(target, _)| modules.contains(*target))
            .map(|(_, example)| example.as_str());
        examples.collect::<Vec<_>>().join("\n  ")
    }

    fn reached_from(&self, start: &str) -> BTreeSet<&String> {
        let mut reached = BTreeSet::new();
        let mut pending: Vec<&String> = self.imports[start].keys().collect();
        while let Some(name) = pending.pop() {
            if reached.insert(name) {
                pending.extend(self.imports[name].keys());
            }
        }
        reached
    }
}

/// The modules in a folder, each with its file, its folder, or both.
fn children(folder: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut modules = BTreeMap::<String, Vec<PathBuf>>::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !matches!(name.as_str(), "mod" | "lib" | "main") {
            modules.entry(name).or_default().push(path);
        }
    }
    modules
}

/// The names that a folder's `mod.rs` exports from its modules, by name.
fn reexports(folder: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder.join("mod.rs")).unwrap_or_default();
    let text = without_comments(&text);
    let mut names = BTreeMap::new();
    for (at, _) in text.match_indices("self::") {
        let (paths, _) = paths_at(&text[at..]);
        for path in paths.into_iter().filter(|path| path.len() > 2) {
            names.insert(path[path.len() - 1].clone(), path[1].clone());
        }
    }
    names
}

/// `domain/ledger/gcra.rs` is `[domain, ledger, gcra]`, `domain/mod.rs` is `[domain]`.
fn module_path(file: &Path) -> Vec<String> {
    let relative = file
        .strip_prefix(super::source())
        .unwrap()
        .with_extension("");
    let parts = relative
        .iter()
        .map(|part| part.to_str().unwrap().to_owned());
    let mut path: Vec<String> = parts.collect();
    path.pop_if(|last| last == "mod");
    path
}

fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// All paths that begin with `crate` or `super`, from the root of the crate.
fn imported_paths(module: &[String], text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    // The depth of braces at which each inline module began.
    let (mut depth, mut inline) = (0_usize, Vec::new());
    let (mut at, mut word_before) = (0, "");
    while let Some(character) = text[at..].chars().next() {
        if character.is_alphanumeric() || character == '_' {
            let word = identifier(&text[at..]);
            let after = &text[at + word.len()..];
            let is_start = !text[..at].ends_with("::") && after.starts_with("::");
            if is_start && (word == "crate" || word == "super") {
                let (paths, length) = paths_at(&text[at..]);
                let here: Vec<String> = module
                    .iter()
                    .cloned()
                    .chain(inline.iter().map(|_| String::new()))
                    .collect();
                found.extend(paths.iter().filter_map(|path| resolved(&here, path)));
                at += length;
                continue;
            }
            if word_before == "mod" && after.trim_start().starts_with('{') {
                inline.push(depth);
            }
            word_before = word;
            at += word.len();
            continue;
        }
        match character {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                inline.pop_if(|began| *began == depth);
            }
            _ => {}
        }
        at += character.len_utf8();
    }
    found
}

/// Where a path leads that is written in a module; `None` when it leaves the crate.
fn resolved(module: &[String], path: &[String]) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    if ups == 0 {
        return Some(path[1..].to_vec());
    }
    let parent = module.get(..module.len().checked_sub(ups)?)?;
    Some(parent.iter().chain(&path[ups..]).cloned().collect())
}

/// The paths of a use tree such as `crate::{a::B, c::{self, D}}`, and the length of its text.
fn paths_at(text: &str) -> (Vec<Vec<String>>, usize) {
    let mut prefix = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.starts_with('{') {
            let (groups, length) = group_at(rest);
            let whole = |group: Vec<String>| prefix.iter().cloned().chain(group).collect();
            return (groups.into_iter().map(whole).collect(), at + length);
        }
        let word = identifier(rest);
        at += word.len();
        prefix.extend(
            (!word.is_empty() && (prefix.is_empty() || word != "self")).then(|| word.to_owned()),
        );
        if word.is_empty() || !text[at..].starts_with("::") {
            return (vec![prefix], at);
        }
        at += 2;
    }
}

/// The paths within braces, and the length with them.
fn group_at(text: &str) -> (Vec<Vec<String>>, usize) {
    let mut paths = Vec::new();
    let mut at = 1;
    while let Some(character) = text[at..].chars().next() {
        if character == '}' {
            return (paths, at + 1);
        }
        if character.is_alphabetic() || character == '_' {
            let (more, length) = paths_at(&text[at..]);
            paths.extend(more.into_iter().map(|path| match path.split_first() {
                Some((first, rest)) if first == "self" => rest.to_vec(),
                _ => path,
            }));
            at += length;
            // Not the new name in `a as b`.
            if let Some(renamed) = text[at..].strip_prefix(" as ") {
                at += 4 + identifier(renamed).len();
            }
        } else {
            at += character.len_utf8();
        }
    }
    (paths, at)
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

#[test]
fn imports_are_read_from_use_trees_and_inline_paths() {
    let text = "use super::{a::{self, B}, super::c as d};\nfn f(x: crate::e::F) { super::g() }\n\
        mod tests { use super::h; use super::super::i; }\nuse super::j;";
    let module = ["area".to_owned(), "m".to_owned()];

    let paths = imported_paths(&module, text);

    let paths: Vec<String> = paths.iter().map(|path| path.join("::")).collect();
    let expected = [
        "area::a",
        "area::a::B",
        "c",
        "e::F",
        "area::g",
        "area::m::h",
        "area::i",
        "area::j",
    ];
    assert_eq!(paths, expected);
}
