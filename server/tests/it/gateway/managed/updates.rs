//! The engine is updated while requests pass: none fails, and a version that cannot be used changes nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use entity::RateLimit;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use proxypal_server::engine::{EngineState, LastUpdate, UpdateError, UpdateKind, UpdatePhase};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Delivery, Managed, Protocol, killed::add_account};
use crate::alerting::watcher;
use crate::support::{
    Options, TestDatabase, eventually,
    operator::Operator,
    programs::is_engine_double,
    provider::Provider,
    releases::{Flaw, Releases},
    server::{PASSWORD, Server, managing, server},
    test_context,
    token_endpoint::TokenEndpoint,
};

const CLIENTS: usize = 6;
const SCRIPT: &str = "usage:chunks=5,delay_ms=20";

/// The answers that the clients received.
#[derive(Clone, Default)]
struct Load {
    whole: Arc<AtomicUsize>,
    failed: Arc<std::sync::Mutex<Vec<String>>>,
    stop: CancellationToken,
}

impl Load {
    fn whole(&self) -> usize {
        self.whole.load(Ordering::SeqCst)
    }

    fn note(&self, status: u16, text: &str, is_whole: bool) {
        if status == 200 && is_whole {
            self.whole.fetch_add(1, Ordering::SeqCst);
        } else {
            let mut failed = self.failed.lock().unwrap();
            failed.push(format!("{status}: {text}"));
        }
    }

    /// Waits until this many more requests were answered.
    async fn more(&self, count: usize) {
        let wanted = self.whole() + count;
        eventually("more answers", async || {
            (self.whole() >= wanted).then_some(())
        })
        .await;
    }
}

impl Managed {
    async fn with_releases(releases: &Releases) -> Self {
        let feed = format!("--engine-releases-url={}", releases.url);
        let managed = Self::start_with(Options::default().with(&feed)).await;
        let settings = &managed.app.services.settings;
        let version = settings.current().version;
        let unlimited = settings.update(test_context(), version, |gateway| {
            gateway.default_rate_limit = RateLimit::default();
        });
        unlimited.await.unwrap();
        managed
    }

    fn version(&self) -> Option<String> {
        self.app.services.engine.status().version
    }

    /// Updates and waits for the end.
    async fn update(&self, version: &str) -> LastUpdate {
        let updates = &self.app.services.engine_updates;
        updates.check().await.unwrap();
        updates.update(version).await.unwrap();
        self.outcome().await
    }

    async fn outcome(&self) -> LastUpdate {
        let updates = &self.app.services.engine_updates;
        let mut progress = updates.watch();
        let ended = progress.wait_for(|progress| progress.phase == UpdatePhase::Idle);
        let ended = tokio::time::timeout(std::time::Duration::from_mins(1), ended).await;
        ended.unwrap().unwrap();
        updates.installed().await.unwrap().last.unwrap()
    }

    /// Clients that ask again and again, in the protocol and model of each.
    fn load(&self, clients: &mut JoinSet<()>) -> Load {
        let load = Load::default();
        for number in 0..CLIENTS {
            let (load, key, http) = (load.clone(), self.key.clone(), self.app.http.clone());
            let url = self.app.url("/v1/chat/completions");
            let delivery = [Delivery::Whole, Delivery::Streamed][number % 2];
            clients.spawn(async move {
                while !load.stop.is_cancelled() {
                    let body = Protocol::Chat.body(delivery, SCRIPT);
                    let request = http.post(&url).bearer_auth(&key).json(&body);
                    let answer = request.send().await.unwrap();
                    let status = answer.status().as_u16();
                    let text = answer
                        .text()
                        .await
                        .unwrap_or_else(|error| error.to_string());
                    let is_whole = delivery == Delivery::Whole || text.contains("[DONE]");
                    load.note(status, &text, is_whole);
                }
            });
        }
        let (load_of_account, key, http) = (load.clone(), self.key.clone(), self.app.http.clone());
        let url = self.app.url("/v1/responses");
        clients.spawn(async move {
            let load = load_of_account;
            while !load.stop.is_cancelled() {
                let mut body = Protocol::Responses.body(Delivery::Streamed, SCRIPT);
                body["model"] = json!("grok-4.3");
                let request = http.post(&url).bearer_auth(&key).json(&body);
                let answer = request.send().await.unwrap();
                let status = answer.status().as_u16();
                let text = answer
                    .text()
                    .await
                    .unwrap_or_else(|error| error.to_string());
                load.note(status, &text, text.contains("response.completed"));
            }
        });
        load
    }

    /// Administrators see the return to the previous version in the alerts and in the audit log, until the next update.
    async fn shows_the_rollback(&self, before: Option<&str>) {
        let (services, script) = (&self.app.services, self.app.viewer().await);
        watcher(services).evaluate().await.unwrap();
        let raised = script.ask(ROLLBACKS).await;
        let alert = &raised["data"]["alerts"]["nodes"][0];
        let reason = alert["detail"]["reason"].as_str().unwrap();
        assert!(reason.contains("2 times within ten minutes"), "{alert}");
        let versions = (
            alert["detail"]["failedVersion"].as_str(),
            alert["detail"]["previousVersion"].as_str(),
        );
        assert_eq!(
            (versions, &alert["severity"]),
            ((Some("8.0.0"), before), &json!("WARNING"))
        );
        let sentence =
            "the new engine version 8.0.0 failed, and the server returned to the previous one";
        assert!(
            alert["message"].as_str().unwrap().starts_with(sentence),
            "{alert}"
        );
        let event = eventually("the event", async || {
            let answer = script.ask(EVENTS).await;
            let events = answer["data"]["auditEvents"]["nodes"].as_array()?;
            events.first().cloned()
        })
        .await;
        assert_eq!(event["actor"]["kind"], "SYSTEM", "{event}");
        assert_eq!(event["errorCode"], Value::Null, "{event}");
        assert_eq!(event["after"]["from"], "8.0.0", "{event}");

        assert!(self.update("8.0.0").await.succeeded);
        watcher(services).evaluate().await.unwrap();
        let ended = script.ask(ROLLBACKS).await;
        assert_eq!(ended["data"]["alerts"]["nodes"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_and_a_rollback_under_load_fail_no_request() {
    let (releases, endpoint) = (Releases::start().await, TokenEndpoint::start().await);
    releases.publish("8.0.0", json!({}));
    let managed = Managed::with_releases(&releases).await;
    managed.sign_in_with(&endpoint).await;
    let before = (managed.version(), managed.app.services.engine.status().pid);
    let mut clients = JoinSet::new();
    let load = managed.load(&mut clients);
    load.more(20).await;

    let outcome = managed.update("8.0.0").await;
    load.more(20).await;
    let after = (managed.version(), managed.app.services.engine.status().pid);
    let updates = &managed.app.services.engine_updates;
    let installed = updates.installed().await.unwrap();
    updates.roll_back().await.unwrap();
    let rolled_back = managed.outcome().await;
    load.more(20).await;
    load.stop.cancel();
    clients.join_all().await;

    assert_eq!(*load.failed.lock().unwrap(), [] as [String; 0]);
    assert!(outcome.succeeded, "{outcome:?}");
    if is_engine_double() {
        assert_eq!(after.0.as_deref(), Some("8.0.0"));
    }
    assert_ne!(after.1, before.1);
    assert_eq!(installed.active.as_deref(), Some("8.0.0"));
    assert_eq!(
        (rolled_back.kind, rolled_back.succeeded),
        (UpdateKind::Rollback, true)
    );
    assert_eq!(managed.version(), before.0);
    // No token was refreshed by two processes.
    assert_eq!(endpoint.remembered().replays, 0);
    assert_eq!(managed.app.services.engine.status().restarts, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_cannot_be_used_leaves_the_engine_untouched() {
    if !is_engine_double() {
        return; // The real engine has no variants.
    }
    let releases = Releases::start().await;
    releases.publish_flawed("8.0.1", Flaw::WrongChecksum);
    releases.publish_flawed("8.0.2", Flaw::Truncated);
    releases.publish_flawed("8.0.3", Flaw::OtherMachine);
    releases.publish_flawed("8.0.4", Flaw::NoProgram);
    releases.publish_flawed("8.0.5", Flaw::Exits);
    releases.publish("8.0.6", json!({"loses_usage": true}));
    let managed = Managed::with_releases(&releases).await;
    let pid = managed.app.services.engine.status().pid;

    for (version, reason) in [
        ("8.0.1", "SHA-256 is"),
        ("8.0.2", "archive cannot be used"),
        ("8.0.3", "this machine is"),
        ("8.0.4", "no ELF program"),
        ("8.0.5", "the process ended"),
        ("8.0.6", "usage"),
    ] {
        let outcome = managed.update(version).await;
        let found = outcome.reason.unwrap();
        assert!(
            !outcome.succeeded && found.contains(reason),
            "{version}: {found}"
        );
        let is_trial = matches!(version, "8.0.5" | "8.0.6");
        assert_eq!(outcome.failed_checks.is_empty(), !is_trial, "{version}");
    }

    let status = managed.app.services.engine.status();
    assert_eq!((status.pid, status.state), (pid, EngineState::Running));
    let answer = managed.ask(Protocol::Chat, Delivery::Whole, SCRIPT).await;
    assert_eq!(answer.status(), 200);
    let updates = &managed.app.services.engine_updates;
    assert!(matches!(
        updates.update("9.9.9").await,
        Err(UpdateError::UnknownVersion(_))
    ));
    assert!(matches!(
        updates.roll_back().await,
        Err(UpdateError::NoPrevious)
    ));
    let left = managed
        .app
        .database
        .directory
        .path()
        .join("engine/versions");
    for version in ["8.0.3", "8.0.4", "8.0.5", "8.0.6"] {
        assert!(!left.join(version).exists(), "{version} was kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_that_dies_twice_is_replaced_by_the_previous_one() {
    if !is_engine_double() {
        return;
    }
    let releases = Releases::start().await;
    releases.publish("8.0.0", json!({}));
    let managed = Managed::with_releases(&releases).await;
    let before = managed.version();
    assert!(managed.update("8.0.0").await.succeeded);

    let mut status = managed.app.services.engine.watch();
    for death in 1..=2 {
        let running = status.wait_for(|status| status.state == EngineState::Running);
        let pid = running.await.unwrap().pid.unwrap();
        kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
        let lost = status.wait_for(|status| status.restarts == death);
        lost.await.unwrap();
    }

    eventually("the previous version", async || {
        (managed.version() == before).then_some(())
    })
    .await;
    let last = eventually("the outcome", async || {
        let last = managed
            .app
            .services
            .engine_updates
            .installed()
            .await
            .unwrap()
            .last?;
        (last.kind == UpdateKind::AutomaticRollback).then_some(last)
    })
    .await;
    assert!(last.succeeded && last.reason.unwrap().contains("2 times within ten minutes"));
    managed.shows_the_rollback(before.as_deref()).await;
    let answer = managed.ask(Protocol::Chat, Delivery::Whole, SCRIPT).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_update_is_in_progress_at_a_time() {
    if !is_engine_double() {
        return;
    }
    let releases = Releases::start().await;
    releases.publish("8.0.0", json!({}));
    let managed = Managed::with_releases(&releases).await;
    let updates = &managed.app.services.engine_updates;
    releases.stall(true);
    updates.update("8.0.0").await.unwrap();

    assert!(matches!(
        updates.update("8.0.0").await,
        Err(UpdateError::Busy)
    ));
    assert!(matches!(updates.roll_back().await, Err(UpdateError::Busy)));

    releases.stall(false);
    assert!(managed.outcome().await.succeeded);
}

const ROLLBACKS: &str = "{ alerts(filter: { open: true, kinds: [ENGINE_ROLLED_BACK] }) { nodes {
    severity message detail { reason failedVersion previousVersion } } } }";
const EVENTS: &str = r#"{ auditEvents(filter: { actions: ["rollBackEngine"] }) { nodes { actor { kind } errorCode after } } }"#;

const PROGRESS: &str =
    "{ engine { version } engineUpdates { installedVersion progress { phase downloadedBytes } } }";

/// A server as a program, whose engine has releases.
async fn updatable(home: &TestDatabase, releases: &Releases) -> Server {
    let mut command = server(home);
    managing(&mut command).env("ENGINE_RELEASES_URL", &releases.url);
    let running = Server::start(&mut command).await;
    running.engine_runs().await;
    running
}

async fn start_update(operator: &Operator) {
    let check = "mutation { checkEngineReleases { __typename } }";
    operator.ask(check, json!({})).await;
    let update = r#"mutation { updateEngine(version: "8.0.0") { __typename } }"#;
    operator.ask(update, json!({})).await;
}

/// Waits until the update is in this phase, or beyond the download's first bytes. On a busy machine an update takes long and
/// a phase is short.
async fn reaches(operator: &Operator, phase: &str) {
    let polling = async {
        loop {
            let data = operator.ask(PROGRESS, json!({})).await;
            let progress = &data["engineUpdates"]["progress"];
            let has_begun = phase != "DOWNLOADING" || progress["downloadedBytes"] != 0;
            if progress["phase"] == phase && has_begun {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let reached = tokio::time::timeout(Duration::from_mins(1), polling).await;
    reached.unwrap_or_else(|_| panic!("{phase} was not reached"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_during_an_update_serves_and_completes_it_later() {
    if !is_engine_double() {
        return;
    }
    let (home, provider) = (TestDatabase::create().await, Provider::start().await);
    let releases = Releases::start().await;
    releases.publish("8.0.0", json!({}));
    let mut running = updatable(&home, &releases).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    add_account(&operator, &provider).await;
    let key = operator.issue_key().await;

    for phase in ["DOWNLOADING", "TRYING", "SWITCHING"] {
        releases.stall(phase == "DOWNLOADING");
        let operator = operator.clone().at(&running.url);
        start_update(&operator).await;
        reaches(&operator, phase).await;
        running.program.signal(Signal::SIGKILL);
        running.program.ended().await;
        releases.stall(false);

        running = updatable(&home, &releases).await;
        eventually("an answer", async || {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let body = Protocol::Chat.body(Delivery::Whole, SCRIPT);
            let request = http.post(format!("{}/v1/chat/completions", running.url));
            let answer = request.bearer_auth(&key).json(&body).send().await.unwrap();
            answer.status().is_success().then_some(())
        })
        .await;
    }

    let operator = operator.at(&running.url);
    let data = operator.ask(PROGRESS, json!({})).await;
    if data["engineUpdates"]["installedVersion"].is_null() {
        start_update(&operator).await;
    }
    eventually("the new version", async || {
        let data = operator.ask(PROGRESS, json!({})).await;
        (data["engine"]["version"] == "8.0.0").then_some(())
    })
    .await;
    // The download went on where it was interrupted.
    let resumed = releases.ranges().into_iter().flatten().count();
    assert_eq!(resumed, 1, "{:?}", releases.ranges());
}
