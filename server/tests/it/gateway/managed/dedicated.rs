//! Accounts with an engine process of their own: stop lines, requests at a time, and which process has a sign-in.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use entity::provider_account::{self, ProviderKind};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use proxypal_server::{
    domain::{
        account_groups::{AccessSubject, NewAccountGroup},
        account_limits::AccountObstacle,
        patch::Patch,
        provider_accounts::{NewAuthFile, ProviderAccountChanges},
    },
    engine::{DedicatedPhase, EngineState, EngineStatus},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Delivery, Managed, Protocol};
use crate::support::{
    Options, TestDatabase, eventually,
    operator::Operator,
    programs::is_alive,
    server::{PASSWORD, Server, managing, server},
    test_context,
    token_endpoint::TokenEndpoint,
};

impl Managed {
    async fn stop_at(&self, id: Uuid, percent: Option<i32>) {
        let accounts = &self.app.services.provider_accounts;
        let set = accounts.set_stop_line(test_context(), id, "five_hour", percent);
        set.await.unwrap();
        self.apply_limits().await;
    }

    pub(super) async fn serve_at_a_time(&self, id: Uuid, requests: Option<i32>) {
        let changes = ProviderAccountChanges {
            max_concurrent_requests: requests.map_or(Patch::Clear, Patch::Set),
            ..ProviderAccountChanges::default()
        };
        let accounts = &self.app.services.provider_accounts;
        let updated = accounts.update(test_context(), id, None, changes);
        updated.await.unwrap();
        self.apply_limits().await;
    }

    /// Does the same as the mutations after a change.
    async fn apply_limits(&self) {
        let services = &self.app.services;
        services.account_limits.reload().await.unwrap();
        services.engine.apply_managed_accounts().await;
    }

    fn process(&self, id: Uuid) -> Option<(DedicatedPhase, EngineStatus)> {
        let dedicated = self.app.services.engine.dedicated();
        let member = dedicated.get(&id)?;
        Some((member.phase(), member.status()))
    }

    /// Waits until an account is served by its own process.
    pub(super) async fn is_dedicated(&self, id: Uuid) -> EngineStatus {
        eventually("the account's own process", async || {
            let (phase, status) = self.process(id)?;
            let serves = phase == DedicatedPhase::Serving && status.state == EngineState::Running;
            serves.then_some(status)
        })
        .await
    }

    /// Waits until an account is served by the shared engine again.
    async fn is_shared(&self, id: Uuid) {
        eventually("the return to the shared engine", async || {
            self.process(id).is_none().then_some(())
        })
        .await;
    }

    /// Waits until the server knows the window of an account at this level.
    async fn knows_window(&self, id: Uuid, percent: i32) {
        let windows = self.app.services.provider_accounts.windows();
        eventually("the reported level", async || {
            let reported = windows.latest(id)?;
            let mut windows = reported.windows.iter();
            windows
                .find(|window| window.used_percent == percent)
                .map(drop)
        })
        .await;
    }

    /// Uses the window up to this level.
    async fn reach(&self, id: Uuid, protocol: Protocol, percent: i32) {
        let script = format!("usage:window={percent}");
        let answer = self.ask(protocol, Delivery::Whole, &script).await;
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap();
        self.knows_window(id, percent).await;
    }

    async fn spent(&self) -> u64 {
        let url = format!("{}/spent", self.provider.url);
        let spent: Value = self
            .app
            .http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let values = spent.as_object().unwrap().values();
        values.map(|value| value.as_u64().unwrap()).sum()
    }
}

fn error_of(answer: &reqwest::Response) -> (u16, String, Option<u64>) {
    let status = answer.status().as_u16();
    let header = |name: &str| Some(answer.headers().get(name)?.to_str().unwrap().to_owned());
    let code = header("x-proxypal-error").unwrap_or_default();
    let wait = header("retry-after").map(|text| text.parse().unwrap());
    (status, code, wait)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_stops_at_its_line_in_a_process_of_its_own_and_others_go_on() {
    let managed = Managed::start().await;
    let id = managed.account_of(ProviderKind::Claude).await;
    let whole = Delivery::Whole;
    managed.reach(id, Protocol::Messages, 41).await;
    assert!(managed.app.services.engine.is_shared_only());

    managed.stop_at(id, Some(80)).await;
    // From the first moment on: no request fails while the account moves.
    let answer = managed
        .ask(Protocol::Messages, whole, "usage:output=1")
        .await;
    assert_eq!(answer.status(), 200);
    let request = answer.headers()["x-request-id"].to_str().unwrap();
    let record = managed.reconciled(request.parse().unwrap()).await;
    assert_eq!(record.account_id, Some(id));
    managed.is_dedicated(id).await;
    managed.lists(Protocol::Messages.model(), true).await;

    managed.reach(id, Protocol::Messages, 80).await;
    let answer = managed
        .ask(Protocol::Messages, whole, "usage:output=1")
        .await;
    let (status, code, wait) = error_of(&answer);
    assert_eq!((status, code.as_str()), (429, "proxypal_account_stopped"));
    assert!(wait.unwrap() > 1_000_000, "until the window resets in 2100");
    let obstacle = managed.app.services.account_limits.obstacle(id);
    assert!(
        matches!(obstacle, Some(AccountObstacle::Stopped(stopped)) if stopped.name == "five_hour")
    );
    let answer = managed.ask(Protocol::Chat, whole, "usage:output=1").await;
    assert_eq!(answer.status(), 200);

    managed.stop_at(id, Some(90)).await;
    let answer = managed
        .ask(Protocol::Messages, whole, "usage:output=1")
        .await;
    assert_eq!(answer.status(), 200);
    managed.stop_at(id, None).await;
    let answer = managed
        .ask(Protocol::Messages, whole, "usage:output=1")
        .await;
    assert_eq!(answer.status(), 200);
    managed.is_shared(id).await;
    let answer = managed
        .ask(Protocol::Messages, whole, "usage:output=1")
        .await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_agents_stop_close_to_the_line_and_their_streams_end_whole() {
    let managed = Arc::new(Managed::start().await);
    managed.app.without_rate_limit().await;
    let id = managed.account_of(ProviderKind::Claude).await;
    managed.reach(id, Protocol::Messages, 0).await;
    managed.stop_at(id, Some(40)).await;
    managed.is_dedicated(id).await;

    let (is_refused, whole) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut agents = JoinSet::new();
    for _ in 0..10 {
        let (managed, is_refused, whole) = (managed.clone(), is_refused.clone(), whole.clone());
        agents.spawn(async move {
            while !is_refused.load(Ordering::SeqCst) {
                let script = "usage:spend=100,chunks=5,delay_ms=30";
                let answer = managed
                    .ask(Protocol::Messages, Delivery::Streamed, script)
                    .await;
                if answer.status() == 200 {
                    let text = answer.text().await.unwrap();
                    assert!(text.contains("message_stop"), "{text}");
                    whole.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let (status, code, _) = error_of(&answer);
                assert_eq!((status, code.as_str()), (429, "proxypal_account_stopped"));
                // Others may still be admitted: readings arrive later than the estimate.
                let reported = managed.app.services.provider_accounts.windows().latest(id);
                let level = reported.map_or(0, |reported| reported.windows[0].used_percent);
                is_refused.fetch_or(level >= 40, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
    while let Some(agent) = agents.join_next().await {
        agent.unwrap();
    }

    let spent = eventually("the use of the last requests", async || {
        let spent = managed.spent().await;
        (spent == 100 * whole.load(Ordering::SeqCst) as u64).then_some(spent)
    })
    .await;
    // Fifty requests of one percent each end in a second, which is how late a busy machine may read the provider's reports.
    assert!((4000..=6000).contains(&spent), "{spent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_serves_as_many_requests_at_a_time_as_it_may() {
    let managed = Arc::new(Managed::start().await);
    let id = managed.account_of(ProviderKind::Claude).await;
    managed.serve_at_a_time(id, Some(2)).await;
    managed.is_dedicated(id).await;

    let slow = "usage:chunks=4,delay_ms=100";
    let mut running = Vec::new();
    for _ in 0..2 {
        let answer = managed
            .ask(Protocol::Messages, Delivery::Streamed, slow)
            .await;
        assert_eq!(answer.status(), 200);
        running.push(answer);
    }
    let answer = managed
        .ask(Protocol::Messages, Delivery::Whole, "usage:output=1")
        .await;
    let refused = error_of(&answer);
    assert_eq!(refused, (429, "proxypal_account_busy".to_owned(), Some(1)));
    for answer in running {
        assert!(answer.text().await.unwrap().contains("message_stop"));
    }
    eventually("a free place", async || {
        let answer = managed
            .ask(Protocol::Messages, Delivery::Whole, "usage:output=1")
            .await;
        (answer.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_starts_again_and_others_go_on() {
    let managed = Managed::start().await;
    let id = managed.account_of(ProviderKind::Claude).await;
    managed.serve_at_a_time(id, Some(100)).await;
    let pid = managed.is_dedicated(id).await.pid.unwrap();
    let shared = managed.app.services.engine.status();
    assert_ne!(Some(pid), shared.pid);

    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
    for _ in 0..5 {
        let answer = managed
            .ask(Protocol::Chat, Delivery::Whole, "usage:output=1")
            .await;
        assert_eq!(answer.status(), 200);
    }
    let status = eventually("another process", async || {
        let (_, status) = managed.process(id)?;
        let runs = status.state == EngineState::Running && status.pid != Some(pid);
        runs.then_some(status)
    })
    .await;
    assert_eq!(status.restarts, 1);
    eventually("an answer of the new process", async || {
        let answer = managed
            .ask(Protocol::Messages, Delivery::Whole, "usage:output=1")
            .await;
        let status = answer.status().as_u16();
        assert!([200, 502, 503].contains(&status), "{status}");
        (status == 200).then_some(())
    })
    .await;
    assert_eq!(managed.app.services.engine.status().pid, shared.pid);
}

async fn sign_in(managed: &Managed, endpoint: &TokenEndpoint) -> provider_account::Model {
    let content = endpoint.ending_sign_in(&format!("{}/codex", managed.provider.url));
    let new = NewAuthFile {
        kind: ProviderKind::Xai,
        label: None,
        email: None,
        plan: None,
        file_name: None,
        content,
        expires_at: None,
    };
    let accounts = &managed.app.services.provider_accounts;
    accounts.save_auth_file(test_context(), new).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_moves_between_processes_is_refreshed_by_one_at_a_time() {
    let options = Options {
        refresh_limit: Some(Duration::from_millis(600)),
        ..Options::default()
    };
    let managed = Managed::start_with(options).await;
    let endpoint = TokenEndpoint::start().await;
    let account = sign_in(&managed, &endpoint).await;
    managed.lists("grok-4.3", true).await;
    let ask = async || {
        let mut body = Protocol::Responses.body(Delivery::Streamed, "hello");
        body["model"] = json!("grok-4.3");
        let request = managed.app.http.post(managed.app.url("/v1/responses"));
        let answer = request.bearer_auth(&managed.key).json(&body).send().await;
        let answer = answer.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{text}");
    };
    let refreshed_more = async || {
        let before = endpoint.remembered().latest;
        eventually("another refresh", async || {
            (endpoint.remembered().latest > before + 1).then_some(())
        })
        .await;
    };
    refreshed_more().await;

    managed.serve_at_a_time(account.id, Some(10)).await;
    ask().await;
    managed.is_dedicated(account.id).await;
    refreshed_more().await;
    ask().await;
    let file_name = account.file_name.as_ref().unwrap();
    let is_disabled = eventually("the report of the account's engine", async || {
        let reported = managed.app.services.engine.accounts().await?;
        Some(reported.by_file.get(file_name)?.disabled)
    })
    .await;
    assert!(!is_disabled);

    managed.serve_at_a_time(account.id, None).await;
    ask().await;
    managed.is_shared(account.id).await;
    ask().await;
    refreshed_more().await;
    assert_eq!(endpoint.remembered().replays, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_an_account_refuses_is_sent_to_another_account() {
    let (managed, [first, second]) = Managed::with_two_of_claude().await;
    let revoked = ProviderAccountChanges {
        api_key: Some("sk-canary-revoked".into()),
        ..ProviderAccountChanges::default()
    };
    let accounts = &managed.app.services.provider_accounts;
    let updated = accounts.update(test_context(), first, None, revoked);
    updated.await.unwrap();
    for (id, percent) in [(first, 10), (second, 50)] {
        report_window(&managed, id, percent).await;
        managed.stop_at(id, Some(90)).await;
        managed.is_dedicated(id).await;
    }

    let answer = managed
        .ask(Protocol::Messages, Delivery::Whole, "usage:output=7")
        .await;
    assert_eq!(answer.status(), 200);
    let id = answer.headers()["x-request-id"].to_str().unwrap();
    let id = id.parse().unwrap();
    let record = eventually("the report of the second account", async || {
        let record = managed.app.services.requests.find(id).await.unwrap()?;
        (record.account_id == Some(second)).then_some(record)
    })
    .await;
    assert_eq!(record.output_tokens, Some(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_of_which_most_is_left_serves_first_and_a_session_stays() {
    let (managed, [first, second]) = Managed::with_two_of_claude().await;
    let windows = [(first, 70), (second, 20)];
    for (id, percent) in windows {
        report_window(&managed, id, percent).await;
        managed.stop_at(id, Some(90)).await;
        managed.is_dedicated(id).await;
    }
    let served_by = async |session: &str| {
        let request = managed.request(Protocol::Messages, Delivery::Whole, "usage:output=1");
        let answer = request
            .header("x-session-id", session)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let id = answer.headers()["x-request-id"].to_str().unwrap();
        let record = managed.reconciled(id.parse().unwrap()).await;
        record.account_id.unwrap()
    };

    assert_eq!(served_by("one").await, second);
    report_window(&managed, second, 80).await;
    assert_eq!(served_by("two").await, first);
    assert_eq!(served_by("one").await, second, "its session");
    report_window(&managed, second, 90).await;
    assert_eq!(served_by("one").await, first, "its account is stopped");
    report_window(&managed, first, 95).await;
    let answer = managed
        .ask(Protocol::Messages, Delivery::Whole, "usage:output=1")
        .await;
    assert_eq!(error_of(&answer).1, "proxypal_account_stopped");
}

/// A group of one account, for the only user.
async fn reserve(managed: &Managed, id: Uuid, is_for_user: bool) -> Uuid {
    let services = &managed.app.services;
    let new = NewAccountGroup {
        name: "Team Claude".to_owned(),
        account_ids: vec![id],
        is_default: false,
    };
    let groups = &services.account_groups;
    let group = groups.create(test_context(), new).await.unwrap();
    if is_for_user {
        let user = AccessSubject::User(managed.app.caller(&managed.key).user_id);
        let permitted = [group.id];
        let access = groups.set_access(test_context(), user, None, Some(&permitted));
        access.await.unwrap();
    }
    group.id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_of_a_group_reaches_its_accounts_alone_whatever_it_asks_for() {
    let (managed, [_, second]) = Managed::with_two_of_claude().await;
    managed.app.without_rate_limit().await;
    reserve(&managed, second, true).await;
    // From the next request on, and while the account moves.
    let answer = managed
        .ask(Protocol::Messages, Delivery::Whole, "usage:output=1")
        .await;
    assert_eq!(answer.status(), 200);
    managed.is_dedicated(second).await;

    let before = managed.provider.list().await.len();
    let mut models: Vec<String> = Protocol::ALL.map(|each| each.model().to_owned()).into();
    models.extend(["auto", "", "*", "Claude", "no-such-model", "team/claude"].map(str::to_owned));
    let mut served = 0;
    for number in 0..200 {
        let model = &models[number % models.len()];
        let protocol = Protocol::ALL[number % Protocol::ALL.len()];
        let mut body = protocol.body(Delivery::Whole, "usage:output=1");
        body["model"] = json!(model);
        let path = protocol
            .path(Delivery::Whole)
            .replace(protocol.model(), model);
        let request = managed.app.http.post(managed.app.url(&path));
        let answer = request
            .bearer_auth(&managed.key)
            .json(&body)
            .send()
            .await
            .unwrap();
        served += usize::from(answer.status() == 200);
        let id = answer.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        let is_served = answer.status() == 200;
        answer.bytes().await.unwrap();
        if is_served {
            assert_eq!(
                managed.reconciled(id).await.account_id,
                Some(second),
                "{path} {model}"
            );
        }
    }
    let after = managed.provider.list().await;
    assert_eq!(
        after.len() - before,
        served,
        "no other request reached the provider"
    );
    let others = after[before..].iter();
    assert_eq!(
        others
            .filter(|entry| entry["model"] != Protocol::Messages.model())
            .count(),
        0
    );
    // Lists have the models of the group alone.
    managed.lists(Protocol::Messages.model(), true).await;
    managed.lists(Protocol::Chat.model(), false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_a_group_is_used_for_no_other_caller() {
    let managed = Managed::start().await;
    let id = managed.account_of(ProviderKind::Claude).await;
    let group = reserve(&managed, id, false).await;

    for _ in 0..5 {
        let answer = managed
            .ask(Protocol::Messages, Delivery::Whole, "usage:output=1")
            .await;
        assert!(answer.status().is_client_error(), "{}", answer.status());
    }
    assert_eq!(managed.provider.list().await.len(), 0);
    let answer = managed
        .ask(Protocol::Chat, Delivery::Whole, "usage:output=1")
        .await;
    assert_eq!(answer.status(), 200);

    let groups = &managed.app.services.account_groups;
    let deleted = groups.delete(test_context(), group, None, true);
    deleted.await.unwrap();
    let answer = managed
        .ask(Protocol::Messages, Delivery::Whole, "usage:output=1")
        .await;
    assert_eq!(answer.status(), 200);
}

async fn report_window(managed: &Managed, id: Uuid, used_percent: i32) {
    use chrono::DateTime;
    use entity::{provider_account::SubscriptionWindow, window_reading::ReadingSource};
    use proxypal_server::{
        clock::{Clock as _, SystemClock},
        domain::window_readings::WindowReport,
    };

    let window = SubscriptionWindow {
        name: "five_hour".to_owned(),
        used_percent,
        resets_at: DateTime::from_timestamp(4_102_444_800, 0),
        length_seconds: Some(18_000),
    };
    let report = WindowReport {
        account_id: id,
        observed_at: SystemClock.now(),
        source: ReadingSource::Answer,
        windows: vec![window],
    };
    let accounts = &managed.app.services.provider_accounts;
    accounts.record_windows(vec![report]).await;
}

const PROCESSES: &str = "{ engine { processes { phase state pid accountLabel } } }";
const IMPORT: &str = "mutation($files: [ImportedFileInput!]!) { importProviderAccount(files: $files) \
    { accounts { id } problems { message } } }";
const LIMIT: &str = "mutation($id: ID!) { updateProviderAccount(id: $id, input: \
    { maxConcurrentRequests: 5 }) { account { maxConcurrentRequests } } }";

/// Waits until the only process of an account serves; returns its id.
async fn process_of(operator: &Operator) -> u32 {
    eventually("the account's own process", async || {
        let data = operator.ask(PROCESSES, json!({})).await;
        let process = &data["engine"]["processes"][0];
        let serves = process["phase"] == "SERVING" && process["state"] == "RUNNING";
        let pid = u32::try_from(process["pid"].as_u64()?).ok();
        pid.filter(|_| serves)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_leaves_no_process_and_no_second_refresher() {
    let (home, endpoint) = (TestDatabase::create().await, TokenEndpoint::start().await);
    let mut running = Server::start(managing(&mut server(&home))).await;
    running.engine_runs().await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    let file = Value::Object(endpoint.ending_sign_in("http://127.0.0.1:9/v1")).to_string();
    let files = json!([{"name": "ada.json", "content": file}]);
    let imported = operator.ask(IMPORT, json!({ "files": files })).await;
    let id = &imported["importProviderAccount"]["accounts"][0]["id"];
    operator.ask(LIMIT, json!({ "id": id })).await;
    let refreshed = async || {
        let before = endpoint.remembered().latest;
        eventually("refreshes", async || {
            (endpoint.remembered().latest > before + 2).then_some(())
        })
        .await;
    };
    for round in 0..2 {
        let process = process_of(&operator_at(&operator, &running)).await;
        // At first the shared engine may be refreshing the token.
        if round > 0 {
            refreshed().await;
        }
        let engine = running.engine_pid().await.unwrap();
        running.program.signal(Signal::SIGKILL);
        running.program.ended().await;
        eventually("the end of both processes", async || {
            (!is_alive(process) && !is_alive(engine)).then_some(())
        })
        .await;
        running = Server::start(managing(&mut server(&home))).await;
        running.engine_runs().await;
    }
    process_of(&operator_at(&operator, &running)).await;
    refreshed().await;
    running.program.signal(Signal::SIGTERM);
    running.program.ended().await;

    assert_eq!(endpoint.remembered().replays, 0);
    let accounts = home.directory.path().join("engine/accounts");
    let left = std::fs::read_dir(accounts).into_iter().flatten().count();
    assert_eq!(left, 0, "directories of processes");
}

fn operator_at(operator: &Operator, server: &Server) -> Operator {
    operator.clone().at(&server.url)
}
