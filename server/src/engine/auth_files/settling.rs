//! Synchronises the directory of auth files with the database.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::directory::{AuthDirectory, Bytes, Inventory};
use super::gate::RefreshGate;
use crate::domain::provider_accounts::{
    AuthFileStep, FoundAuthFile, FoundContent, completed_auth_file, has_refresh_token,
    refreshed_auth_file, retired_auth_file,
};
use crate::engine::public_state::PublicState;
use crate::engine::source::CredentialSource;

/// The time after which an unparsable file counts as broken; a write takes a millisecond.
const WRITE_TIMEOUT: Duration = Duration::from_secs(3);
/// The number of attempts while the engine writes files concurrently.
const MAX_ROUNDS: usize = 5;

/// Whether the engine may be writing files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Writers {
    /// The engine runs.
    Engine,
    /// The engine is stopped.
    None,
}

/// The files of signed-in accounts during one run of the engine.
pub(in crate::engine) struct AuthFiles {
    directory: AuthDirectory,
    source: Arc<dyn CredentialSource>,
    /// The log from which the secrets of the files are redacted.
    public: Arc<PublicState>,
    /// Hashes of the settled content of the directory.
    settled: Option<Vec<u64>>,
    unfinished: HashMap<String, Instant>,
    /// Invalid files that are left in place; each is logged once.
    left: HashSet<String>,
    gate: RefreshGate,
    /// The whole content of files that were written without a refresh token, because the gate was closed.
    withheld: HashMap<String, SecretString>,
}

impl std::fmt::Debug for AuthFiles {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "AuthFiles({})", self.directory.path().display())
    }
}

impl AuthFiles {
    /// The files in this directory. While the gate is closed they have no refresh tokens.
    pub(in crate::engine) fn new(
        path: PathBuf,
        source: Arc<dyn CredentialSource>,
        public: Arc<PublicState>,
        gate: RefreshGate,
    ) -> Self {
        Self {
            directory: AuthDirectory::new(path),
            source,
            public,
            settled: None,
            unfinished: HashMap::new(),
            left: HashSet::new(),
            gate,
            withheld: HashMap::new(),
        }
    }

    pub(super) fn path(&self) -> &std::path::Path {
        self.directory.path()
    }

    pub(super) fn gate(&self) -> &RefreshGate {
        &self.gate
    }

    pub(super) fn source(&self) -> &Arc<dyn CredentialSource> {
        &self.source
    }

    /// The database has changed, so the directory may be stale.
    pub(super) fn unsettle(&mut self) {
        self.settled = None;
    }

    /// Stores tokens that are newer in the directory, then writes what differs from the database.
    pub(in crate::engine) async fn settle(
        mut self,
        writers: Writers,
    ) -> (Self, Result<(), String>) {
        for _ in 0..MAX_ROUNDS {
            match self.round(writers).await {
                Ok(false) => {}
                Ok(true) => return (self, Ok(())),
                Err(reason) => {
                    self.settled = None;
                    return (self, Err(reason));
                }
            }
        }
        // The engine is writing the files; the next sweep continues.
        self.settled = None;
        (self, Ok(()))
    }

    /// Returns whether the directory agrees with the database.
    async fn round(&mut self, writers: Writers) -> Result<bool, String> {
        let inventory = self.on_disk(AuthDirectory::read).await?;
        let hashes = content_hashes(&inventory);
        if inventory.salvaged.is_empty() && self.settled.as_ref() == Some(&hashes) {
            return Ok(true);
        }
        if !self.gate.is_closed() {
            // Files without their refresh tokens are stale now, and written again.
            self.withheld.clear();
        }
        let found = self.found(&inventory, writers);
        // Immediately: the engine may log a refreshed token before the next rendering.
        let hidden = found.iter().flat_map(|file| file.content.hidden());
        self.public.logs.redact_also(hidden);
        let steps = self
            .source
            .settle_auth_files(found)
            .await
            .map_err(|error| format!("the engine's auth files could not be stored: {error}"))?;
        let seen: HashMap<String, Bytes> = inventory.files.into_iter().collect();
        let mut is_settled = true;
        for step in steps {
            is_settled &= self.execute(step, &seen).await?;
        }
        // An unfinished file is read again.
        self.settled = (is_settled && self.unfinished.is_empty()).then_some(hashes);
        Ok(is_settled)
    }

    /// Returns false when the directory was changed.
    async fn execute(
        &mut self,
        step: AuthFileStep,
        seen: &HashMap<String, Bytes>,
    ) -> Result<bool, String> {
        match step {
            AuthFileStep::Write { name, json, .. } => {
                let seen = seen.get(&name).cloned();
                let json = self.for_engine(&name, json);
                self.on_disk(move |directory| {
                    directory.replace(&name, seen.as_ref(), json.expose_secret())
                })
                .await?;
                Ok(false)
            }
            AuthFileStep::Delete { name } => {
                self.on_disk(move |directory| directory.delete(&name))
                    .await?;
                Ok(false)
            }
            AuthFileStep::Leave { name, reason } => {
                if !self.left.contains(&name) {
                    tracing::warn!(
                        file = name,
                        reason,
                        "one of the engine's auth files is invalid"
                    );
                    self.left.insert(name);
                }
                Ok(true)
            }
        }
    }

    /// The content to write: without the refresh token while the gate is closed.
    fn for_engine(&mut self, name: &str, json: SecretString) -> SecretString {
        let content = serde_json::from_str(json.expose_secret()).ok();
        let withheld = content
            .filter(|content| self.gate.is_closed() && has_refresh_token(content))
            .map(|content| Value::Object(retired_auth_file(content)).to_string());
        if let Some(without) = withheld {
            self.withheld.insert(name.to_owned(), json);
            without.into()
        } else {
            self.withheld.remove(name);
            json
        }
    }

    /// The content of a file with the refresh token that was withheld from it.
    fn completed(&self, name: &str, content: Map<String, Value>) -> Map<String, Value> {
        let full = self.withheld.get(name);
        match full.and_then(|full| serde_json::from_str(full.expose_secret()).ok()) {
            Some(full) => completed_auth_file(content, &full),
            None => content,
        }
    }

    fn found(&mut self, inventory: &Inventory, writers: Writers) -> Vec<FoundAuthFile> {
        let mut found: Vec<_> = inventory
            .salvaged
            .iter()
            .filter_map(|(name, bytes)| {
                let content = self.completed(name, parse(bytes)?);
                let (name, content) = (name.clone(), FoundContent::Whole(content));
                Some(FoundAuthFile { name, content })
            })
            .collect();
        let mut unfinished = HashMap::new();
        for (name, bytes) in &inventory.files {
            let content = parse(bytes).map_or_else(
                || {
                    let since = self.unfinished.get(name).copied();
                    let since = since.unwrap_or_else(Instant::now);
                    if writers == Writers::None || since.elapsed() > WRITE_TIMEOUT {
                        return FoundContent::Broken;
                    }
                    unfinished.insert(name.clone(), since);
                    FoundContent::Unfinished
                },
                |content| FoundContent::Whole(self.completed(name, content)),
            );
            let name = name.clone();
            found.push(FoundAuthFile { name, content });
        }
        self.unfinished = unfinished;
        found
    }

    /// Replaces each file by one with which the engine serves on and refreshes nothing. Returns whether there are any. Call it
    /// when the files are settled.
    pub(in crate::engine) async fn retire(mut self) -> Result<(Self, bool), String> {
        let inventory = self.on_disk(AuthDirectory::read).await?;
        let mut has_any = false;
        for (name, bytes) in inventory.files {
            let Some(content) = parse(&bytes) else {
                continue;
            };
            has_any = true;
            let retired = Zeroizing::new(Value::Object(retired_auth_file(content)).to_string());
            self.on_disk(move |directory| directory.replace(&name, Some(&bytes), &retired))
                .await?;
        }
        Ok((self, has_any))
    }

    /// Stores tokens that the engine has refreshed in retired files, and retires those again: it must not refresh them a second
    /// time.
    pub(in crate::engine) async fn collect_late(self) -> Result<Self, String> {
        let (files, has_any) = self.collect_refreshed().await?;
        if !has_any {
            return Ok(files);
        }
        files.retire().await.map(|(files, _)| files)
    }

    /// Stores tokens that the engine has refreshed in retired files. Returns whether there are any.
    async fn collect_refreshed(mut self) -> Result<(Self, bool), String> {
        let inventory = self.on_disk(AuthDirectory::read).await?;
        let all = inventory.salvaged.into_iter().chain(inventory.files);
        let found: Vec<_> = all
            .filter_map(|(name, bytes)| {
                let content = FoundContent::Whole(refreshed_auth_file(parse(&bytes)?)?);
                Some(FoundAuthFile { name, content })
            })
            .collect();
        let has_any = !found.is_empty();
        if has_any {
            let hidden = found.iter().flat_map(|file| file.content.hidden());
            self.public.logs.redact_also(hidden);
            let stored = self.source.store_auth_files(found).await;
            stored.map_err(|error| format!("late tokens could not be stored: {error}"))?;
        }
        Ok((self, has_any))
    }

    /// Stores tokens that are newer in the directory, and deletes the files. For files of a process that has ended beside
    /// the serving one.
    pub(in crate::engine) async fn collect(mut self) -> Result<Self, String> {
        (self, _) = self.collect_refreshed().await?;
        self.on_disk(|directory| {
            for (name, _) in directory.read()?.files {
                directory.delete(&name)?;
            }
            directory.clean()
        })
        .await?;
        Ok(self)
    }

    /// Deletes the files after they are stored and the engine has stopped.
    pub(in crate::engine) async fn wipe(self) -> Result<(), String> {
        let (mut files, settled) = self.settle(Writers::None).await;
        settled?;
        let left = std::mem::take(&mut files.left);
        files
            .on_disk(move |directory| {
                for (name, _) in directory.read()?.files {
                    if !left.contains(&name) {
                        directory.delete(&name)?;
                    }
                }
                directory.clean()?;
                // Fails when other files are in it.
                let _ = std::fs::remove_dir(directory.path());
                Ok(())
            })
            .await
    }

    async fn on_disk<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut AuthDirectory) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let empty = AuthDirectory::new(PathBuf::new());
        let mut directory = std::mem::replace(&mut self.directory, empty);
        let (directory, done) = tokio::task::spawn_blocking(move || {
            let done = work(&mut directory);
            (directory, done)
        })
        .await
        .map_err(|error| error.to_string())?;
        self.directory = directory;
        done.map_err(|error| format!("the engine's auth files cannot be accessed: {error}"))
    }
}

fn parse(bytes: &Bytes) -> Option<Map<String, Value>> {
    serde_json::from_slice(bytes).ok()
}

/// Hashes the state of the directory.
fn content_hashes(inventory: &Inventory) -> Vec<u64> {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    let mut hashes: Vec<_> = inventory
        .files
        .iter()
        .map(|(name, bytes)| {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            bytes.as_slice().hash(&mut hasher);
            hasher.finish()
        })
        .collect();
    hashes.sort_unstable();
    hashes
}
