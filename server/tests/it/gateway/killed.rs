//! The server is killed repeatedly while requests are in flight. Every answer whose end a client saw is recorded, once and
//! exactly.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::Response,
    routing::post,
};
use entity::{
    agent_session, quota_bucket,
    request::{self, Outcome},
    usage_slice,
};
use futures_util::stream;
use nix::sys::signal::Signal;
use rand::RngExt as _;
use sea_orm::{ColumnTrait as _, Database, EntityTrait as _, QueryFilter as _};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{
    Script, TestDatabase, eventually, number,
    operator::Operator,
    scripted,
    server::{PASSWORD, Server, before, server},
};

const CLIENTS: usize = 8;
/// The number of kills, unless `TEST_KILLS` is set.
const KILLS: u64 = 12;

/// The observations of the engine and the clients.
#[derive(Clone, Default)]
struct Seen {
    /// The tokens that the engine reported, by request.
    answered: Arc<Mutex<HashMap<Uuid, i64>>>,
    /// Requests whose end a client saw.
    ended: Arc<Mutex<HashSet<Uuid>>>,
    next: Arc<AtomicU64>,
    http: reqwest::Client,
}

/// An engine that answers with a number of tokens of its own each time, in one piece or in several.
fn engine(seen: Seen) -> Script {
    let answer = move |request: Request| {
        let seen = seen.clone();
        async move {
            let id = request.headers()["x-forwarded-for"].to_str().unwrap();
            let id: Uuid = id.parse().unwrap();
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await;
            let is_streamed = body.is_ok_and(|body| body.windows(8).any(|at| at == b"\"stream\""));
            let tokens = 1 + seen.next.fetch_add(1, Ordering::Relaxed).cast_signed() % 1000;
            seen.answered.lock().unwrap().insert(id, tokens + 10);
            let usage = json!({"prompt_tokens": 10, "completion_tokens": tokens});
            if is_streamed {
                return streamed(&usage.to_string());
            }
            let answer = json!({"object": "chat.completion", "choices": [], "usage": usage});
            Response::builder()
                .header("content-type", "application/json")
                .body(Body::from(answer.to_string()))
                .unwrap()
        }
    };
    Router::new().fallback(post(answer))
}

fn streamed(usage: &str) -> Response<Body> {
    let events = [
        "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n".to_owned(),
        format!(
            "data: {{\"choices\":[{{\"finish_reason\":\"stop\"}}]}}\n\ndata: {{\"choices\":[],\"usage\":{usage}}}\n\n"
        ),
        "data: [DONE]\n\n".to_owned(),
    ];
    let events = stream::unfold(events.into_iter(), |mut events| async move {
        let event = events.next()?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Some((Ok::<_, std::io::Error>(Bytes::from(event)), events))
    });
    Response::builder()
        .header("content-type", "text/event-stream")
        .body(Body::from_stream(events))
        .unwrap()
}

/// Asks again and again until the server is gone.
async fn client(url: String, key: String, seen: Seen, stop: CancellationToken) {
    let mut is_streamed = false;
    while !stop.is_cancelled() {
        is_streamed = !is_streamed;
        let mut body = json!({"model": "m", "messages": []});
        if is_streamed {
            body["stream"] = json!(true);
        }
        let request = seen.http.post(format!("{url}/v1/chat/completions"));
        let request = request.header("session-id", "task");
        let Ok(answer) = request.bearer_auth(&key).json(&body).send().await else {
            continue;
        };
        let id: Uuid = answer.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        let text = answer.text().await.unwrap_or_default();
        let end = if is_streamed { "[DONE]" } else { "}}" };
        if text.contains(end) && !text.contains("error") {
            seen.ended.lock().unwrap().insert(id);
        }
    }
}

/// Loads the server, and kills it a moment after the end of the first answer was seen.
async fn kill_under_load(running: &mut Server, key: &str, seen: &Seen) {
    running.engine_runs().await;
    let ended = || seen.ended.lock().unwrap().len();
    let before = ended();
    let stop = CancellationToken::new();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(client(
            running.url.clone(),
            key.to_owned(),
            seen.clone(),
            stop.clone(),
        ));
    }
    eventually("the end of an answer", async || {
        (ended() > before).then_some(())
    })
    .await;
    let moment = rand::rng().random_range(5_000..80_000);
    tokio::time::sleep(Duration::from_micros(moment)).await;
    running.program.signal(Signal::SIGKILL);
    running.program.ended().await;
    stop.cancel();
    clients.join_all().await;
}

/// The books after everything.
struct Books {
    rows: Vec<request::Model>,
    total: Vec<usage_slice::Model>,
    buckets: Vec<quota_bucket::Model>,
    sessions: Vec<agent_session::Model>,
}

async fn books(home: &TestDatabase) -> Books {
    let database = Database::connect(&home.url).await.unwrap();
    let days = usage_slice::Entity::find()
        .filter(usage_slice::Column::Dimension.eq(usage_slice::Dimension::Total))
        .filter(usage_slice::Column::Period.eq(entity::usage_rollup::Period::Day));
    Books {
        rows: request::Entity::find().all(&database).await.unwrap(),
        total: days.all(&database).await.unwrap(),
        buckets: quota_bucket::Entity::find().all(&database).await.unwrap(),
        sessions: agent_session::Entity::find().all(&database).await.unwrap(),
    }
}

fn tokens(row: &request::Model) -> i64 {
    let counts = [row.input_tokens, row.output_tokens];
    counts.into_iter().flatten().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_end_was_seen_is_recorded_however_often_the_server_is_killed() {
    survives_kills(number("TEST_KILLS", KILLS), "off").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_end_was_seen_is_recorded_with_a_synced_journal_too() {
    for sync in ["always", "group"] {
        survives_kills(number("TEST_KILLS", KILLS) / 4, sync).await;
    }
}

async fn survives_kills(kills: u64, sync: &str) {
    let (home, seen) = (TestDatabase::create().await, Seen::default());
    let address = scripted(engine(seen.clone())).await;
    let command = || {
        let mut command = server(&home);
        command.env("JOURNAL_SYNC", sync);
        command
    };
    let mut running = Server::start(before(address, &mut command())).await;
    let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
    operator.lift_rate_limit().await;
    let key = operator.issue_key().await;
    operator.set_token_quota(1_000_000_000).await;

    for _ in 0..kills {
        kill_under_load(&mut running, &key, &seen).await;
        running = Server::start(before(address, &mut command())).await;
    }
    running.program.signal(Signal::SIGTERM);
    assert_eq!(running.program.ended().await.code(), Some(0));

    let books = books(&home).await;
    let rows: HashMap<Uuid, &request::Model> = books.rows.iter().map(|row| (row.id, row)).collect();
    assert_eq!(rows.len(), books.rows.len());
    let (ended, answered) = (seen.ended.lock().unwrap(), seen.answered.lock().unwrap());
    assert!(ended.len() as u64 >= kills, "{} answers", ended.len());
    for id in ended.iter() {
        let row = rows.get(id).unwrap_or_else(|| panic!("{id} is missing"));
        assert_eq!(row.outcome, Outcome::Completed, "{row:?}");
        assert_eq!(tokens(row), answered[id], "{row:?}");
    }
    for id in answered.keys() {
        assert!(rows.contains_key(id), "{id} was forwarded and is missing");
    }
    let written: i64 = books.rows.iter().map(tokens).sum();
    let summed = books
        .total
        .iter()
        .map(|day| day.input_tokens + day.output_tokens);
    assert_eq!(summed.sum::<i64>(), written);
    let counted: i64 = books.total.iter().map(|day| day.requests).sum();
    assert_eq!(usize::try_from(counted).unwrap(), books.rows.len());
    let of_sessions = books.sessions.iter();
    let of_sessions = of_sessions.map(|one| (one.requests, one.input_tokens + one.output_tokens));
    assert_eq!(of_sessions.collect::<Vec<_>>(), [(counted, written)]);
    let charged: i64 = books.buckets.iter().map(|bucket| bucket.used).sum();
    assert_eq!(charged, written);
    let journal = home.directory.path().join("journal");
    assert_eq!(
        std::fs::read_dir(journal).unwrap().count(),
        0,
        "entries are still pending"
    );
}
