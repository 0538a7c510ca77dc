//! Finds the engine's program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::options::EngineOptions;
use super::versions::UpdateState;

/// The names under which the program is distributed.
const NAMES: [&str; 2] = ["cli-proxy-api", "CLIProxyAPI"];

/// No program was found; the message has a remedy.
#[derive(Debug, thiserror::Error)]
pub(super) enum BinaryError {
    #[error(
        "{} is not a program that can be executed; correct ENGINE_BINARY, or remove it and run `proxypal-server engine install`",
        .0.display()
    )]
    Unusable(PathBuf),
    #[error(
        "no engine was found; run `proxypal-server engine install`, or set ENGINE_BINARY to a CLIProxyAPI program"
    )]
    Missing,
}

/// The path to which `engine install` writes the program.
pub(super) fn installed(data_dir: &Path) -> PathBuf {
    data_dir.join("engine").join(NAMES[0])
}

/// The program to start: an installed update, else the program of the machine.
pub(super) fn find(options: &EngineOptions) -> Result<PathBuf, BinaryError> {
    find_in(
        options.binary.as_deref(),
        &options.search_path,
        &options.data_dir,
    )
}

/// As [`find`], from single options. An installed update takes precedence over the program of the machine that it replaced.
pub(super) fn find_in(
    configured: Option<&Path>,
    search_path: &OsStr,
    data_dir: &Path,
) -> Result<PathBuf, BinaryError> {
    let machine = find_machine(configured, search_path, data_dir);
    let state = UpdateState::load(data_dir);
    match state.program(data_dir, machine.as_deref().ok()) {
        Some(updated) => std::path::absolute(&updated).map_err(|_| BinaryError::Unusable(updated)),
        None => machine,
    }
}

/// The program of the machine: the configured one, else one in the search path, else the installed one.
pub(super) fn find_machine(
    configured: Option<&Path>,
    search_path: &OsStr,
    data_dir: &Path,
) -> Result<PathBuf, BinaryError> {
    if let Some(configured) = configured {
        return if is_program(configured) {
            std::path::absolute(configured)
                .map_err(|_| BinaryError::Unusable(configured.to_owned()))
        } else {
            Err(BinaryError::Unusable(configured.to_owned()))
        };
    }
    std::env::split_paths(search_path)
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .chain([installed(data_dir)])
        .find(|path| is_program(path))
        .ok_or(BinaryError::Missing)
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}
