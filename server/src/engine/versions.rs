//! Which installed version runs, in a small file that survives restarts: replaced as a whole, so that a kill at any moment
//! leaves the old or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::engine::contract::ContractCheck;

const FILE: &str = "updates.json";
const VERSIONS: &str = "versions";
const PROGRAM: &str = "cli-proxy-api";

/// The choice of a version, and the last attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::engine) struct UpdateState {
    /// The installed version that runs; none for the program of the machine.
    pub(in crate::engine) active: Option<InstalledVersion>,
    /// The program before the active version; kept on disk.
    pub(in crate::engine) previous: Option<PreviousProgram>,
    /// The program of the machine when the active version replaced it. A later one, of a new image or package, takes
    /// precedence over the active version.
    pub(in crate::engine) replaced: Option<ProgramFile>,
    pub(in crate::engine) last: Option<LastUpdate>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct InstalledVersion {
    pub(in crate::engine) version: String,
    pub(in crate::engine) activated_at: DateTime<Utc>,
}

/// The program before the active one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) enum PreviousProgram {
    /// An installed version.
    Installed(String),
    /// The program of the machine, with its version if it is known.
    Machine(Option<String>),
}

/// Identifies a program without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::engine) struct ProgramFile {
    path: PathBuf,
    size_bytes: u64,
    modified_seconds: i64,
}

/// The outcome of the last update or rollback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUpdate {
    /// The version to which it led or should have led; none for the program of the machine with an unknown version.
    pub version: Option<String>,
    /// The version that ran before; none if it is unknown.
    #[serde(default)]
    pub replaced: Option<String>,
    pub kind: UpdateKind,
    pub ended_at: DateTime<Utc>,
    /// Why it failed; none if it succeeded. For an automatic rollback, its reason.
    pub reason: Option<String>,
    pub succeeded: bool,
    /// The checks of the trial that failed.
    pub failed_checks: Vec<ContractCheck>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpdateKind {
    /// Another version was installed.
    Update,
    /// An administrator returned to the previous version.
    Rollback,
    /// The server returned to the previous version, because the new one failed.
    AutomaticRollback,
}

impl PreviousProgram {
    pub(in crate::engine) fn version(&self) -> Option<&str> {
        match self {
            Self::Installed(version) => Some(version),
            Self::Machine(version) => version.as_deref(),
        }
    }
}

impl ProgramFile {
    /// The program at this path; none if there is none.
    pub(in crate::engine) fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        Some(Self {
            path: path.to_owned(),
            size_bytes: file.len(),
            modified_seconds: file.mtime(),
        })
    }
}

impl UpdateState {
    /// The state below a data directory. A file that cannot be read counts as none: the program of the machine runs.
    pub(in crate::engine) fn load(data_dir: &Path) -> Self {
        Self::read(data_dir).unwrap_or_else(|error| {
            let path = path(data_dir);
            tracing::warn!(path = %path.display(), %error, "the record of engine updates is invalid and is ignored");
            Self::default()
        })
    }

    /// The same, with an error for an invalid file.
    pub(in crate::engine) fn read(data_dir: &Path) -> Result<Self, serde_json::Error> {
        match fs::read(path(data_dir)) {
            Ok(text) => serde_json::from_slice(&text),
            Err(_) => Ok(Self::default()),
        }
    }

    pub(in crate::engine) fn store(&self, data_dir: &Path) -> io::Result<()> {
        let path = path(data_dir);
        let new = path.with_extension("new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(folder(data_dir))?.sync_all()
    }

    /// The program of the active version, unless the program of the machine has changed since or the file is gone.
    pub(in crate::engine) fn program(
        &self,
        data_dir: &Path,
        machine: Option<&Path>,
    ) -> Option<PathBuf> {
        let active = self.active.as_ref()?;
        if machine.and_then(ProgramFile::of) != self.replaced {
            return None;
        }
        let program = program(data_dir, &active.version);
        program.is_file().then_some(program)
    }
}

/// The directory of the engine in a data directory.
pub(in crate::engine) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("engine")
}

/// The program of an installed version.
pub(in crate::engine) fn program(data_dir: &Path, version: &str) -> PathBuf {
    folder(data_dir).join(VERSIONS).join(version).join(PROGRAM)
}

fn path(data_dir: &Path) -> PathBuf {
    folder(data_dir).join(FILE)
}

/// Removes the versions other than these, and what an interrupted update has left.
pub(in crate::engine) fn remove_others(data_dir: &Path, kept: &[&str]) -> io::Result<()> {
    let folder = folder(data_dir).join(VERSIONS);
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if !kept.iter().any(|kept| name == *kept) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(machine: Option<&Path>) -> UpdateState {
        UpdateState {
            active: Some(InstalledVersion {
                version: "8.0.0".to_owned(),
                activated_at: DateTime::UNIX_EPOCH,
            }),
            replaced: machine.and_then(ProgramFile::of),
            ..UpdateState::default()
        }
    }

    #[test]
    fn a_new_program_of_the_machine_takes_precedence_over_the_installed_version() {
        let data = tempfile::tempdir().unwrap();
        let machine = data.path().join("machine");
        fs::write(&machine, "old").unwrap();
        let installed = program(data.path(), "8.0.0");
        fs::create_dir_all(installed.parent().unwrap()).unwrap();
        let state = state(Some(&machine));
        assert_eq!(state.program(data.path(), Some(&machine)), None);

        fs::write(&installed, "new").unwrap();
        assert_eq!(state.program(data.path(), Some(&machine)), Some(installed));

        fs::write(&machine, "of a new image").unwrap();
        assert_eq!(state.program(data.path(), Some(&machine)), None);
    }

    #[test]
    fn the_state_survives_and_a_damaged_file_counts_as_none() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder(data.path())).unwrap();
        let state = state(None);

        state.store(data.path()).unwrap();
        assert_eq!(UpdateState::load(data.path()), state);

        fs::write(path(data.path()), "{").unwrap();
        assert_eq!(UpdateState::load(data.path()), UpdateState::default());
    }

    #[test]
    fn only_the_kept_versions_stay_on_disk() {
        let data = tempfile::tempdir().unwrap();
        for version in ["7.0.0", "8.0.0", "8.1.0.part"] {
            fs::create_dir_all(program(data.path(), version)).unwrap();
        }

        remove_others(data.path(), &["8.0.0"]).unwrap();

        let left = fs::read_dir(folder(data.path()).join(VERSIONS)).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["8.0.0"]);
    }
}
