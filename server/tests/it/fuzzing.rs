//! The fuzzers' targets keep their promises for every seed, among them whatever was ever found.

use std::{collections::BTreeSet, fs, path::Path};

use proxypal_server::fuzzing::{TARGETS, run};

#[test]
fn every_seed_keeps_the_promises() {
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
    let known: BTreeSet<String> = TARGETS.map(|(name, _)| format!("{name}.rs")).into();
    let files = fs::read_dir(fuzz().join("targets")).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, known);

    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for (target, _) in TARGETS {
        let program = fs::read_to_string(fuzz().join(format!("targets/{target}.rs"))).unwrap();
        assert!(program.contains(&format!("run(\"{target}\", data)")));
        assert!(manifest.contains(&format!("name = \"{target}\"")));
    }
}

fn fuzz() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}
