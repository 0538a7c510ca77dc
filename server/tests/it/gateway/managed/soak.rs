//! Hours in small: clients come and leave, the engine is restarted, and in the end the books are what
//! the provider reports, and nothing has grown.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use entity::request;
use nix::sys::signal::Signal;
use proxypal_server::domain::{requests::tokens_of, tokens::Tokens};
use sea_orm::{Database, EntityTrait as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Delivery, Protocol, killed::add_account};
use crate::support::{
    TestDatabase, eventually, number,
    operator::Operator,
    provider::Provider,
    server::{PASSWORD, Server, managing, server},
};

/// How long it takes, in seconds, unless `TEST_SOAK_SECONDS` is set.
const SECONDS: u64 = 6;
const CLIENTS: usize = 6;
/// One of so many clients leaves in the middle.
const LEAVES: usize = 20;
/// Some tenths of a second of answering.
const SCRIPT: &str = "usage:input=11,cached=4,output=7,reasoning=2,chunks=5,delay_ms=60";
/// Tolerated growth: kept connections, files of the database.
const SPARE_HANDLES: usize = 40;

#[derive(Clone)]
struct Soak {
    http: reqwest::Client,
    url: String,
    key: String,
    until: Instant,
    asked: Arc<AtomicUsize>,
}

impl Soak {
    async fn client(self) {
        while Instant::now() < self.until {
            let number = self.asked.fetch_add(1, Ordering::Relaxed);
            let delivery = match number % 3 {
                0 => Delivery::Whole,
                _ => Delivery::Streamed,
            };
            let body = Protocol::Chat.body(delivery, SCRIPT);
            let request = self.http.post(format!("{}/v1/chat/completions", self.url));
            let Ok(mut answer) = request.bearer_auth(&self.key).json(&body).send().await else {
                continue;
            };
            if number % LEAVES == 1 {
                let _ = answer.chunk().await;
            } else {
                let _ = answer.bytes().await;
            }
        }
    }
}

/// The resources of a process.
#[derive(Clone, Copy, Debug)]
struct Footprint {
    memory_kib: u64,
    handles: usize,
}

fn footprint(pid: u32) -> Footprint {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let memory = line.unwrap().split_whitespace().nth(1).unwrap();
    Footprint {
        memory_kib: memory.parse().unwrap(),
        handles: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(),
    }
}

fn add(total: &mut Tokens, tokens: Tokens) {
    total.input += tokens.input;
    total.cache_read += tokens.cache_read;
    total.cache_write += tokens.cache_write;
    total.cache_write_1h += tokens.cache_write_1h;
    total.output += tokens.output;
    total.reasoning += tokens.reasoning;
}

/// The usage that the provider reports.
fn produced(list: &[Value]) -> Tokens {
    let mut total = Tokens::default();
    for tokens in list.iter().map(|entry| &entry["tokens"]) {
        let count = |name: &str| tokens[name].as_i64().unwrap_or(0);
        let tokens = Tokens {
            input: count("input"),
            cache_read: count("cacheRead"),
            cache_write: count("cacheWrite"),
            cache_write_1h: count("cacheWrite1h"),
            output: count("output"),
            reasoning: count("reasoning"),
            ..Tokens::default()
        };
        add(&mut total, tokens);
    }
    total
}

async fn recorded(home: &TestDatabase) -> Tokens {
    let database = Database::connect(&home.url).await.unwrap();
    let mut total = Tokens::default();
    for row in request::Entity::find().all(&database).await.unwrap() {
        add(&mut total, tokens_of(&row).unwrap_or_default());
    }
    total
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "figures for long runs")]
async fn after_hours_the_records_match_the_provider_and_no_resource_has_grown() {
    let seconds = number("TEST_SOAK_SECONDS", SECONDS);
    let (home, provider) = (TestDatabase::create().await, Provider::start().await);
    let mut running = Server::start(managing(&mut server(&home))).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    add_account(&operator, &provider).await;
    operator.lift_rate_limit().await;
    let soak = Soak {
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
        url: running.url.clone(),
        key: operator.issue_key().await,
        until: Instant::now() + Duration::from_secs(seconds),
        asked: Arc::default(),
    };
    running.engine_runs().await;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(soak.clone().client());
    }

    let third = Duration::from_secs(seconds) / 3;
    let pid = running.program.pid();
    tokio::time::sleep(third).await;
    let early = footprint(pid);
    operator
        .ask("mutation { restartEngine { __typename } }", json!({}))
        .await;
    tokio::time::sleep(third).await;
    operator
        .ask("mutation { restartEngine { __typename } }", json!({}))
        .await;
    clients.join_all().await;
    let late = footprint(pid);
    let said = provider.list().await;
    eventually("the last records", async || {
        (recorded(&home).await == produced(&said)).then_some(())
    })
    .await;
    running.program.signal(Signal::SIGTERM);
    assert_eq!(running.program.ended().await.code(), Some(0));

    println!(
        "{} requests, {early:?} then {late:?}",
        soak.asked.load(Ordering::Relaxed)
    );
    assert_eq!(recorded(&home).await, produced(&said));
    assert!(
        late.handles <= early.handles + SPARE_HANDLES,
        "{early:?} {late:?}"
    );
    // The allocator keeps what it once had; what grows with time grows beyond that.
    assert!(
        late.memory_kib <= early.memory_kib * 3 / 2 + 20 * 1024,
        "{early:?} {late:?}"
    );
}
