//! Checks that other users of the machine cannot read or change the server's files.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access, geteuid};
use secrecy::ExposeSecret as _;

use super::Check;
use crate::{config::Config, domain::server_secrets, engine};

const OTHERS_WRITE: u32 = 0o022;
const OTHERS_READ: u32 = 0o044;
const OTHERS: u32 = 0o077;

/// Checks every file and directory that exists.
pub(super) fn examine(config: &Config) -> Vec<Check> {
    let data_dir = &config.storage.data_dir;
    let mut checks = vec![directory(data_dir)];
    let key = server_secrets::key_file(data_dir);
    checks.extend(private("encryption key file", &key));
    if let Some(file) = sqlite_file(config) {
        checks.extend(database_file(data_dir, &file));
    }
    if let Ok((configuration, auths)) = engine::places(data_dir, config.auth_dir.as_deref()) {
        checks.extend(private("auth files", &auths));
        checks.extend(private("engine's configuration", &configuration));
    }
    checks
}

fn directory(data_dir: &Path) -> Check {
    const TOPIC: &str = "data directory";
    let path = data_dir.display();
    let metadata = match fs::metadata(data_dir) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Check::ok(
                TOPIC,
                format!("{path} does not exist yet; the server creates it"),
            );
        }
        Err(error) => {
            let remedy = "run the doctor as the server's user";
            return Check::problem(TOPIC, format!("{path} cannot be read: {error}"), remedy);
        }
    };
    let mode = metadata.permissions().mode();
    let observed = format!("{path} has the mode {:o}", mode & 0o7777);
    if !metadata.is_dir() {
        let remedy = "set DATA_DIR to a directory";
        return Check::problem(TOPIC, format!("{path} is not a directory"), remedy);
    }
    if access(data_dir, AccessFlags::W_OK | AccessFlags::X_OK).is_err() {
        let remedy = format!("give it to the server's user: chown USER {path}");
        return Check::problem(
            TOPIC,
            format!("{path} is not writable for this user"),
            remedy,
        );
    }
    if mode & OTHERS_WRITE != 0 {
        let remedy = format!("other users can replace the database: chmod 700 {path}");
        return Check::problem(TOPIC, observed, remedy);
    }
    if metadata.uid() != geteuid().as_raw() {
        let observed = format!(
            "{observed} and belongs to user {}, not to you",
            metadata.uid()
        );
        let remedy = "run commands as the server's user; otherwise they create files that the server cannot write";
        return Check::warning(TOPIC, observed, remedy);
    }
    Check::ok(TOPIC, observed)
}

/// The database contains digests, encrypted secrets and the audit log.
fn database_file(data_dir: &Path, file: &Path) -> Option<Check> {
    const TOPIC: &str = "database file";
    let mode = fs::metadata(file).ok()?.permissions().mode();
    let is_behind = |path: &Path| {
        fs::metadata(path).is_ok_and(|directory| directory.permissions().mode() & 0o011 == 0)
    };
    let is_private =
        mode & OTHERS_READ == 0 || file.parent().is_some_and(is_behind) || is_behind(data_dir);
    let observed = format!("{} has the mode {:o}", file.display(), mode & 0o7777);
    Some(if is_private {
        Check::ok(TOPIC, observed)
    } else {
        let remedy = format!(
            "other users of this machine can read it: chmod 700 {}",
            file.parent().unwrap_or(data_dir).display()
        );
        Check::warning(TOPIC, observed, remedy)
    })
}

/// Checks a path that contains plain-text secrets.
fn private(topic: &'static str, path: &Path) -> Option<Check> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let mode = metadata.permissions().mode() & 0o7777;
    let observed = format!("{} has the mode {mode:o}", path.display());
    let mode_wanted = if metadata.is_dir() { "700" } else { "600" };
    Some(if mode & OTHERS == 0 {
        Check::ok(topic, observed)
    } else {
        let remedy = format!(
            "other users can read secrets in it: chmod {mode_wanted} {}",
            path.display()
        );
        Check::problem(topic, observed, remedy)
    })
}

fn sqlite_file(config: &Config) -> Option<PathBuf> {
    crate::db::file_of(config.storage.database_url.expose_secret())
}
