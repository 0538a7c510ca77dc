//! The engine is killed under load.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use entity::{provider_account::ProviderKind, request};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sea_orm::{Database, EntityTrait as _};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{CHAT, Delivery, Protocol};
use crate::support::{
    TestDatabase, eventually,
    operator::Operator,
    provider::Provider,
    server::{PASSWORD, Server, managing, server},
};

const CLIENTS: usize = 20;
/// How soon the engine must answer again: one second, and more on a machine that has other things to do.
const BACK: Duration = Duration::from_secs(5);
/// Handles that the server may open for reasons of its own.
const OTHER_HANDLES: usize = 10;

/// The state and observations of all clients.
#[derive(Clone)]
struct Load {
    url: String,
    key: String,
    whole: Arc<AtomicUsize>,
    broken: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Load {
    /// Asks again and again; returns the ids of all requests that were answered.
    async fn client(self) -> Vec<Uuid> {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut ids = Vec::new();
        let mut delivery = Delivery::Whole;
        while !self.stop.is_cancelled() {
            delivery = match delivery {
                Delivery::Whole => Delivery::Streamed,
                Delivery::Streamed => Delivery::Whole,
            };
            let body = Protocol::Chat.body(delivery, "usage:chunks=5,delay_ms=5");
            let request = http.post(format!("{}/v1/chat/completions", self.url));
            let answer = request.bearer_auth(&self.key).json(&body).send().await;
            ids.push(self.check(answer.unwrap(), delivery).await);
        }
        ids
    }

    /// Whole, or broken in a way that the client's SDK understands.
    async fn check(&self, answer: reqwest::Response, delivery: Delivery) -> Uuid {
        let id = answer.headers()["x-request-id"].to_str().unwrap().parse();
        let status = answer.status().as_u16();
        let text = answer.text().await;
        let is_whole = match (status, delivery, &text) {
            (200, Delivery::Whole, Ok(text)) => serde_json::from_str::<Value>(text).is_ok(),
            (200, Delivery::Streamed, Ok(text)) => text.contains("[DONE]"),
            _ => false,
        };
        let is_clean = match (status, delivery, &text) {
            (200, Delivery::Streamed, Ok(text)) => text.contains("data: {\"error\""),
            // An answer that was begun can only be cut.
            (200, _, cut) => cut.is_err(),
            (502 | 503, _, Ok(text)) => text.contains("\"proxypal_engine_"),
            _ => false,
        };
        assert!(is_whole || is_clean, "{status} {delivery:?} {text:?}");
        let counter = if is_whole { &self.whole } else { &self.broken };
        counter.fetch_add(1, Ordering::Relaxed);
        id.unwrap()
    }

    /// Waits for this many more whole answers.
    async fn answers(&self, count: usize) {
        let goal = self.whole.load(Ordering::Relaxed) + count;
        let reached = async || (self.whole.load(Ordering::Relaxed) >= goal).then_some(());
        eventually("answers", reached).await;
    }
}

async fn engine_pid(server: &Server) -> Option<u32> {
    server.engine_pid().await
}

fn handles(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count()
}

pub(super) async fn add_account(operator: &Operator, provider: &Provider) {
    let account = provider.account(ProviderKind::OpenaiCompatible, CHAT);
    let query = "mutation($url: String!, $models: [ProviderModelInput!]) { addProviderApiKey(input: \
        {kind: OPENAI_COMPATIBLE, apiKey: \"sk-provider\", baseUrl: $url, models: $models}) { __typename } }";
    let variables = serde_json::json!({"url": account.base_url, "models": [{"name": CHAT}]});
    operator.ask(query, variables).await;
}

async fn recorded(home: &TestDatabase) -> HashSet<Uuid> {
    let database = Database::connect(&home.url).await.unwrap();
    let rows = request::Entity::find().all(&database).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_fail_cleanly_until_the_engine_is_back_and_nothing_leaks() {
    let (home, provider) = (TestDatabase::create().await, Provider::start().await);
    let mut running = Server::start(managing(&mut server(&home))).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    add_account(&operator, &provider).await;
    operator.lift_rate_limit().await;
    let load = Load {
        url: running.url.clone(),
        key: operator.issue_key().await,
        whole: Arc::default(),
        broken: Arc::default(),
        stop: CancellationToken::new(),
    };
    eventually("the first answer", async || {
        let body = Protocol::Chat.body(Delivery::Whole, "hello");
        let request = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = request.post(format!("{}/v1/chat/completions", load.url));
        let answer = request.bearer_auth(&load.key).json(&body).send().await;
        answer.unwrap().status().is_success().then_some(())
    })
    .await;
    let handles_before = handles(running.program.pid());
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(load.clone().client());
    }
    load.answers(5 * CLIENTS).await;

    let killed = engine_pid(&running).await.unwrap();
    kill(Pid::from_raw(killed.cast_signed()), Signal::SIGKILL).unwrap();
    let began = Instant::now();
    eventually("a failure", async || {
        (load.broken.load(Ordering::Relaxed) > 0).then_some(())
    })
    .await;
    load.answers(1 + CLIENTS).await;
    let away = began.elapsed();
    load.answers(5 * CLIENTS).await;
    load.stop.cancel();
    let ids: Vec<Uuid> = clients.join_all().await.concat();

    assert!(away < BACK, "{away:?}");
    assert_ne!(engine_pid(&running).await, Some(killed));
    eventually("closed handles", async || {
        // The new engine's connections are kept for the next requests.
        let now = handles(running.program.pid());
        (now <= handles_before + CLIENTS + OTHER_HANDLES).then_some(())
    })
    .await;
    let stopping = Instant::now();
    running.program.signal(Signal::SIGTERM);
    assert_eq!(running.program.ended().await.code(), Some(0));
    // No receipt is out that the stop would have to wait for.
    assert!(stopping.elapsed() < Duration::from_secs(10));
    let recorded = recorded(&home).await;
    let lost: Vec<_> = ids.iter().filter(|id| !recorded.contains(id)).collect();
    assert!(lost.is_empty(), "{} of {} lost", lost.len(), ids.len());
}
