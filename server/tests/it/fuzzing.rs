//! The properties that are fuzzed hold for every seed, among them every input that once broke one. The seeds of
//! the crates without I/O are tested there.

use std::{collections::BTreeSet, fs, path::Path};

use proxypal_server::fuzzing::{TARGETS, run};

/// The targets of crates without I/O.
const OF_CRATES: [(&str, &str); 6] = [
    ("event_streams", "event_templates"),
    ("http1", "http1_answers"),
    ("metering", "decompression"),
    ("metering", "model_scanner"),
    ("metering", "socket_turns"),
    ("metering", "usage_taps"),
];

#[test]
fn every_property_holds_for_every_seed() {
    for (target, _) in TARGETS {
        let seeds = fuzz().join("seeds").join(target);
        let mut count = 0;
        for seed in fs::read_dir(&seeds).unwrap() {
            assert!(run(target, &fs::read(seed.unwrap().path()).unwrap()));
            count += 1;
        }
        assert!(count > 0, "{target} has no seeds");
    }
}

#[test]
fn every_target_is_a_program() {
    let of_crates = OF_CRATES.map(|(_, name)| name);
    let known = TARGETS.map(|(name, _)| name).into_iter().chain(of_crates);
    let known: BTreeSet<String> = known.map(|name| format!("{name}.rs")).collect();
    let files = fs::read_dir(fuzz().join("targets")).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, known);

    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for (name, target) in OF_CRATES {
        let program = fs::read_to_string(fuzz().join(format!("targets/{target}.rs"))).unwrap();
        assert!(program.contains(&format!("{name}::{target}(data)")));
        assert!(manifest.contains(&format!("name = \"{target}\"")));
    }
    for (target, _) in TARGETS {
        let program = fs::read_to_string(fuzz().join(format!("targets/{target}.rs"))).unwrap();
        assert!(program.contains(&format!("run(\"{target}\", data)")));
        assert!(manifest.contains(&format!("name = \"{target}\"")));
    }
}

fn fuzz() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}
