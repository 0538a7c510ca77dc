//! Memory after sign-ins, and the modes of the files of a running server.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use nix::sys::signal::Signal;

use crate::support::{
    TestDatabase,
    operator::Operator,
    server::{PASSWORD, Server, server},
};

const MIB: u64 = 1024 * 1024;

/// Anonymous resident memory of a process, in bytes.
fn anonymous_memory(pid: u32) -> u64 {
    let process = procfs::process::Process::new(i32::try_from(pid).unwrap()).unwrap();
    process.status().unwrap().rssanon.unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_returns_to_its_level_after_sign_ins() {
    let home = TestDatabase::create().await;
    let running = Server::start(server(&home).env("ENGINE", "demo")).await;
    running.engine_runs().await;
    let before = anonymous_memory(running.program.pid());

    for _ in 0..5 {
        Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    }

    let after = anonymous_memory(running.program.pid());
    let grown = after.saturating_sub(before);
    assert!(
        grown < 15 * MIB,
        "{} MiB more than {}",
        grown / MIB,
        before / MIB
    );
}

/// Regular files in a directory and below it, but for the engine's program.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

fn readable_by_others(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(directory, &mut found);
    assert!(found.len() > 1, "{found:?}");
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode();
    found.retain(|path| mode(path) & 0o077 != 0);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn files_in_an_open_directory_are_private_and_earlier_ones_become_so() {
    let home = TestDatabase::create().await;
    let data = home.directory.path();
    fs::set_permissions(data, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = server(&home);
    command.env("ENGINE", "demo").env_remove("ENCRYPTION_KEY");

    let mut running = Server::start(&mut command).await;
    assert_eq!(readable_by_others(data), Vec::<PathBuf>::new());
    // Killed, so that what belongs to a running database stays.
    running.program.signal(Signal::SIGKILL);
    running.program.ended().await;
    let mut all = Vec::new();
    files(data, &mut all);
    for file in all {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    fs::create_dir_all(data.join("backups")).unwrap();
    let backup = data.join("backups/old.backup");
    fs::write(&backup, "x").unwrap();
    fs::set_permissions(&backup, fs::Permissions::from_mode(0o644)).unwrap();

    let _running = Server::start(&mut command).await;

    assert_eq!(readable_by_others(data), Vec::<PathBuf>::new());
}
