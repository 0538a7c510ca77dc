//! Updates of the engine: releases, progress, and the mutations that start one.

use async_graphql::{Context, Enum, Object, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt as _};
use tokio_stream::wrappers::WatchStream;

use super::control::subject;
use crate::{
    engine::{
        ContractCheck, EngineHandle, EngineRelease, EngineUpdates, InstalledEngine, LastUpdate,
        TESTED_VERSION, UpdateProgress,
    },
    graphql::{
        resolver::{
            audit,
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        types::scalar::{BigInt, DateTime},
    },
};

/// A step of an update of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::engine::UpdatePhase")]
enum EngineUpdatePhase {
    /// No update is in progress.
    Idle,
    /// The archive is being downloaded; an interrupted download is resumed.
    Downloading,
    /// The checksum and the machine of the program are being verified.
    Verifying,
    /// The new version runs beside the engine and is checked.
    Trying,
    /// The new version takes over. Requests of the old one finish there.
    Switching,
}

/// How the engine's version changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::engine::UpdateKind")]
enum EngineUpdateKind {
    /// Another version was installed.
    Update,
    /// An administrator returned to the previous version.
    Rollback,
    /// The server returned to the previous version, because the new one failed.
    AutomaticRollback,
}

/// The progress of an update of the engine.
#[derive(Clone, Debug, SimpleObject)]
struct EngineUpdateProgress {
    /// The present step.
    phase: EngineUpdatePhase,
    /// The version to which it leads; null if there is none or it is unknown.
    version: Option<String>,
    /// The bytes that have been downloaded, those of an earlier attempt included.
    downloaded_bytes: BigInt,
    /// The size of the archive in bytes; null if it is unknown.
    total_bytes: Option<BigInt>,
}

impl From<UpdateProgress> for EngineUpdateProgress {
    fn from(progress: UpdateProgress) -> Self {
        Self {
            phase: progress.phase.into(),
            version: progress.version,
            downloaded_bytes: progress.downloaded_bytes.into(),
            total_bytes: progress.total_bytes.map(Into::into),
        }
    }
}

/// A check of an engine that did not pass.
#[derive(Clone, Debug, SimpleObject)]
struct EngineCheck {
    /// The subject of the check.
    name: String,
    /// The behaviour that this server relies on.
    expected: String,
    /// The behaviour of the engine; at most 300 characters.
    found: String,
}

impl From<ContractCheck> for EngineCheck {
    fn from(check: ContractCheck) -> Self {
        Self {
            name: check.name,
            expected: check.expected,
            found: check.found,
        }
    }
}

/// How the last update or rollback ended.
#[derive(Clone, Debug, SimpleObject)]
struct EngineUpdateOutcome {
    /// The version that it led to or should have led to; null if it is unknown.
    version: Option<String>,
    /// The version that ran before; null if it is unknown.
    replaced_version: Option<String>,
    /// The kind of change.
    kind: EngineUpdateKind,
    /// The time at which it ended.
    ended_at: DateTime,
    /// Whether the version runs.
    succeeded: bool,
    /// Why it failed, or why the server returned to the previous version by itself; null otherwise.
    reason: Option<String>,
    /// The checks of the trial that did not pass.
    failed_checks: Vec<EngineCheck>,
}

impl From<LastUpdate> for EngineUpdateOutcome {
    fn from(last: LastUpdate) -> Self {
        Self {
            version: last.version,
            replaced_version: last.replaced,
            kind: last.kind.into(),
            ended_at: last.ended_at.into(),
            succeeded: last.succeeded,
            reason: last.reason,
            failed_checks: last.failed_checks.into_iter().map(Into::into).collect(),
        }
    }
}

/// A release of the engine.
#[derive(Clone, Debug, SimpleObject)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about a release"
)]
struct EngineReleaseInfo {
    /// The version, without a leading v.
    version: String,
    /// The changes, as the release describes them: plain text of at most 8000 characters.
    notes: String,
    /// The time of publication; null if the feed has none.
    published_at: Option<DateTime>,
    /// Whether it is marked as a pre-release.
    is_prerelease: bool,
    /// Whether this server was tested with it.
    is_tested: bool,
    /// Whether it is the running version.
    is_running: bool,
    /// Whether it has an archive with a checksum for this machine.
    can_install: bool,
    /// The size of the archive in bytes; null if it is unknown.
    size_bytes: Option<BigInt>,
}

impl EngineReleaseInfo {
    fn new(release: &EngineRelease, running: Option<&str>) -> Self {
        let archive = release.archive.as_ref();
        let is = |version: &str| version.trim_start_matches('v') == release.version;
        Self {
            version: release.version.clone(),
            notes: release.notes.clone(),
            published_at: release.published_at.map(Into::into),
            is_prerelease: release.is_prerelease,
            is_tested: is(TESTED_VERSION),
            is_running: running.is_some_and(is),
            can_install: archive.is_some(),
            size_bytes: archive
                .and_then(|archive| archive.size_bytes)
                .map(Into::into),
        }
    }
}

/// The installed versions of the engine, and the releases to which it can be updated.
#[derive(SimpleObject)]
struct EngineUpdatesInfo {
    /// The address of the release feed (`ENGINE_RELEASES_URL`).
    feed: String,
    /// The version that this server was tested with.
    tested_version: &'static str,
    /// The version that an update has installed; null while the program of the machine runs.
    installed_version: Option<String>,
    /// When that version was installed.
    installed_at: Option<DateTime>,
    /// Whether `rollBackEngine` can return to an earlier version.
    can_roll_back: bool,
    /// That version; null if it is unknown.
    previous_version: Option<String>,
    /// How the last update or rollback ended; null if there was none.
    last: Option<EngineUpdateOutcome>,
    /// The present progress.
    progress: EngineUpdateProgress,
    /// When the feed was last read since the server started; null if it was not. `checkEngineReleases` reads it.
    checked_at: Option<DateTime>,
    /// The releases of the feed in its order, at most 50; empty before the first check.
    releases: Vec<EngineReleaseInfo>,
}

async fn overview(ctx: &Context<'_>) -> Result<EngineUpdatesInfo> {
    let updates = ctx.service::<EngineUpdates>();
    let InstalledEngine {
        active,
        activated_at,
        has_previous,
        previous,
        last,
    } = updates.installed().await?;
    let running = ctx.service::<EngineHandle>().status().version;
    let known = updates.known();
    let releases = known.iter().flat_map(|known| &known.releases);
    let progress = updates.watch().borrow().clone();
    Ok(EngineUpdatesInfo {
        feed: updates.feed().to_string(),
        tested_version: TESTED_VERSION,
        installed_version: active,
        installed_at: activated_at.map(Into::into),
        can_roll_back: has_previous,
        previous_version: previous,
        last: last.map(Into::into),
        progress: progress.into(),
        checked_at: known.as_ref().map(|known| known.checked_at.into()),
        releases: releases
            .map(|release| EngineReleaseInfo::new(release, running.as_deref()))
            .collect(),
    })
}

/// The result of a mutation of the engine's version.
#[derive(SimpleObject)]
struct EngineUpdatesPayload {
    /// The state after the mutation. An update continues in the background; `engineUpdateChanged` publishes its progress.
    updates: EngineUpdatesInfo,
}

#[derive(Debug, Default)]
pub(super) struct EngineUpdateQuery;

#[Object(guard = "Declared")]
impl EngineUpdateQuery {
    /// The installed versions of the engine, and the releases to which it can be updated.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn engine_updates(&self, ctx: &Context<'_>) -> Result<EngineUpdatesInfo> {
        overview(ctx).await
    }
}

#[derive(Debug, Default)]
pub(super) struct EngineUpdateMutation;

#[Object(guard = "Declared")]
impl EngineUpdateMutation {
    /// Read the releases of the engine from the feed.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn check_engine_releases(&self, ctx: &Context<'_>) -> Result<EngineUpdatesPayload> {
        ctx.audit().about(subject());
        ctx.service::<EngineUpdates>().check().await?;
        audit::record(ctx).await?;
        let updates = overview(ctx).await?;
        Ok(EngineUpdatesPayload { updates })
    }

    /// Start an update of the engine to a release of the feed: download, verify the checksum, try it beside the running
    /// engine, let it take over. No request fails; if a step fails, the running engine stays as it is, and `last` has the
    /// reason. `CONFLICT` while another update is in progress. A version that this server was not tested with is
    /// allowed.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_engine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version of a release.")] version: String,
    ) -> Result<EngineUpdatesPayload> {
        ctx.audit().about(subject());
        ctx.service::<EngineUpdates>().update(&version).await?;
        audit::record(ctx).await?;
        let updates = overview(ctx).await?;
        Ok(EngineUpdatesPayload { updates })
    }

    /// Start the return to the previous version of the engine, which is kept on disk. No request fails. `CONFLICT` while
    /// an update is in progress.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn roll_back_engine(&self, ctx: &Context<'_>) -> Result<EngineUpdatesPayload> {
        ctx.audit().about(subject());
        ctx.service::<EngineUpdates>().roll_back().await?;
        audit::record(ctx).await?;
        let updates = overview(ctx).await?;
        Ok(EngineUpdatesPayload { updates })
    }
}

#[derive(Debug, Default)]
pub(super) struct EngineUpdateSubscription;

#[Subscription(guard = "Declared")]
impl EngineUpdateSubscription {
    /// The progress of the engine's update: first the present one, then each change. When it becomes `IDLE`, the outcome is
    /// in `engineUpdates`.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn engine_update_changed(
        &self,
        ctx: &Context<'_>,
    ) -> impl Stream<Item = EngineUpdateProgress> + use<> {
        WatchStream::new(ctx.service::<EngineUpdates>().watch()).map(EngineUpdateProgress::from)
    }
}
