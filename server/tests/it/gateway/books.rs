//! The books are right whatever happens to the server, its disk and its database: what was served is
//! counted, once, and what cannot be counted is not served.

mod away;
mod budget;
mod counts;
mod journal;
mod left_over;

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::Response,
    routing::post,
};
use chrono::{DateTime, Utc};
use entity::{
    api_key,
    quota::{self, FreeModelPolicy, Metric, UnpricedPolicy, WindowKind},
    quota_bucket, request,
    usage_rollup::{self, Period},
    usage_slice::{self, Dimension},
    user,
};
use futures_util::stream;
use nix::sys::signal::Signal;
use sea_orm::{
    ColumnTrait as _, Database, DatabaseConnection, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use serde_json::json;
use tokio::{process::Command, sync::watch};
use uuid::Uuid;

use super::raw::Raw;
use crate::support::{
    Script, TestDatabase, eventually,
    operator::Operator,
    scripted,
    server::{PASSWORD, Server, before, server},
};

/// Larger than anything that is used here.
const PLENTY: i64 = 1_000_000_000;

/// An engine that records its answers. It begins immediately, and ends on a signal.
#[derive(Clone)]
struct Engine {
    /// The tokens that it reported, by request.
    reported: Arc<Mutex<HashMap<Uuid, i64>>>,
    next: Arc<AtomicI64>,
    may_end: watch::Sender<bool>,
}

impl Engine {
    fn new() -> Self {
        Self {
            reported: Arc::default(),
            next: Arc::default(),
            may_end: watch::Sender::new(true),
        }
    }

    fn script(&self) -> Script {
        let engine = self.clone();
        Router::new().fallback(post(move |request: Request| async move {
            let id = request.headers()["x-forwarded-for"].to_str().unwrap();
            engine.answer(id.parse().unwrap())
        }))
    }

    fn answer(&self, id: Uuid) -> Response<Body> {
        let output = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        self.reported.lock().unwrap().insert(id, 10 + output);
        let mut may_end = self.may_end.subscribe();
        let end = async move {
            let _ = may_end.wait_for(|may| *may).await;
            let usage = json!({"prompt_tokens": 10, "completion_tokens": output});
            format!("data: {{\"choices\":[],\"usage\":{usage}}}\n\ndata: [DONE]\n\n").into()
        };
        let beginning =
            Bytes::from_static(b"data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n");
        let pieces = futures_util::StreamExt::chain(
            stream::iter([beginning]),
            futures_util::StreamExt::boxed(stream::once(end)),
        );
        let pieces = futures_util::StreamExt::map(pieces, Ok::<_, std::io::Error>);
        Response::builder()
            .header("content-type", "text/event-stream")
            .body(Body::from_stream(pieces))
            .unwrap()
    }
}

/// A server with one user, their key and a quota, before an engine that remembers.
struct TestServer {
    home: TestDatabase,
    engine: Engine,
    address: SocketAddr,
    key: String,
    /// The user of the key.
    holder: api_key::Model,
}

impl TestServer {
    /// Everything but the server.
    async fn build() -> Self {
        let (home, engine) = (TestDatabase::create().await, Engine::new());
        let address = scripted(engine.script()).await;
        let mut running = Server::start(before(address, &mut server(&home))).await;
        let operator = Operator::sign_in(&running.url, PASSWORD).await.unwrap();
        operator.lift_rate_limit().await;
        let key = operator.issue_key().await;
        running.program.signal(Signal::SIGTERM);
        running.program.ended().await;
        let database = Database::connect(&home.url).await.unwrap();
        let holder = api_key::Entity::find().one(&database).await.unwrap();
        let holder = holder.unwrap();
        set_quotas(
            &home,
            vec![in_total(holder.user_id, Metric::Tokens, PLENTY)],
        )
        .await;
        Self {
            home,
            engine,
            address,
            key,
            holder,
        }
    }

    async fn start(&self) -> Server {
        self.start_as(server(&self.home)).await
    }

    async fn start_as(&self, mut command: Command) -> Server {
        let running = Server::start(before(self.address, &mut command)).await;
        running.engine_runs().await;
        running
    }

    /// Stops a server, and reads the books.
    async fn close(&self, mut running: Server) -> Books {
        running.program.signal(Signal::SIGTERM);
        assert_eq!(running.program.ended().await.code(), Some(0));
        let journal = self.home.directory.path().join("journal");
        let pending = std::fs::read_dir(journal).unwrap().count();
        assert_eq!(pending, 0, "entries are still pending");
        Books::read(&self.home).await
    }

    /// The database, without the server.
    async fn database(&self) -> DatabaseConnection {
        Database::connect(&self.home.url).await.unwrap()
    }

    /// Begins a request whose answer the engine does not end yet.
    async fn begin(&self, running: &Server) -> (Uuid, Raw) {
        let mut raw = Raw::connect(running.address()).await;
        let body = r#"{"model":"m","stream":true}"#;
        raw.send(format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
            self.key,
            body.len(),
        ))
        .await;
        let head = raw.read_until("hi").await;
        let rest = head.split_once("x-request-id: ").unwrap().1;
        (rest.split_once("\r\n").unwrap().0.parse().unwrap(), raw)
    }

    /// Asks, and reads the whole answer.
    async fn ask(&self, running: &Server, path: &str) -> ReceivedAnswer {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(format!("{}{path}", running.url));
        let request = request
            .bearer_auth(&self.key)
            .body(r#"{"model":"m","stream":true}"#);
        let answer = request.send().await.unwrap();
        let header = |name: &str| {
            let value = answer.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        ReceivedAnswer {
            status: answer.status().as_u16(),
            id: header("x-request-id").unwrap().parse().unwrap(),
            error: header("x-proxypal-error"),
            retry_after: header("retry-after"),
            text: answer.text().await.unwrap(),
        }
    }

    /// Asks until the answer has this status. Gives it, and who was served meanwhile.
    async fn until(&self, running: &Server, status: u16) -> (ReceivedAnswer, BTreeSet<Uuid>) {
        let mut served = BTreeSet::new();
        let result = eventually("the status", async || {
            let result = self.ask(running, CHAT).await;
            if result.status == 200 {
                assert!(result.text.ends_with("[DONE]\n\n"), "{result:?}");
                served.insert(result.id);
            }
            (result.status == status).then_some(result)
        })
        .await;
        (result, served)
    }

    /// New requests are refused in every dialect, and do not reach the engine.
    async fn refuses(&self, running: &Server) {
        let reports_before = self.engine.reported.lock().unwrap().len();
        for (path, mark) in [
            (CHAT, "\"code\":\"proxypal_overloaded\""),
            ("/v1/messages", "\"type\":\"overloaded_error\""),
            (
                "/v1beta/models/m:streamGenerateContent",
                "\"status\":\"UNAVAILABLE\"",
            ),
        ] {
            let result = self.ask(running, path).await;
            assert_eq!(result.status, 503, "{result:?}");
            assert_eq!(result.error.as_deref(), Some("proxypal_overloaded"));
            assert!(result.retry_after.is_some(), "{result:?}");
            assert!(result.text.contains(mark), "{result:?}");
        }
        assert_eq!(self.engine.reported.lock().unwrap().len(), reports_before);
    }
}

const CHAT: &str = "/v1/chat/completions";

/// The outcome for a client.
#[derive(Debug)]
struct ReceivedAnswer {
    status: u16,
    id: Uuid,
    error: Option<String>,
    retry_after: Option<String>,
    text: String,
}

/// A quota on all usage of a user, without a reset.
fn in_total(user_id: Uuid, metric: Metric, limit: i64) -> quota::Model {
    quota::Model {
        id: Uuid::now_v7(),
        user_id,
        api_key_id: None,
        metric,
        limit,
        window: WindowKind::Lifetime,
        rolling_seconds: None,
        timezone: "UTC".to_owned(),
        provider: None,
        model_pattern: None,
        soft_percents: quota::Percents::default(),
        strict: false,
        unpriced: UnpricedPolicy::default(),
        free_models: FreeModelPolicy::default(),
        created_at: DateTime::<Utc>::UNIX_EPOCH,
        temporary_raise: None,
    }
}

/// Gives quotas to a server that does not run.
async fn set_quotas(home: &TestDatabase, quotas: Vec<quota::Model>) {
    let database = Database::connect(&home.url).await.unwrap();
    let quotas = quotas.into_iter().map(quota::Model::into_active_model);
    quota::Entity::insert_many(quotas)
        .exec_without_returning(&database)
        .await
        .unwrap();
    database.close().await.unwrap();
}

/// All that is written of what was used.
struct Books {
    rows: HashMap<Uuid, request::Model>,
    quotas: HashMap<Uuid, quota::Model>,
    buckets: Vec<quota_bucket::Model>,
    rollups: Vec<usage_rollup::Model>,
    slices: Vec<usage_slice::Model>,
    users: Vec<user::Model>,
}

impl Books {
    async fn read(home: &TestDatabase) -> Self {
        let database = Database::connect(&home.url).await.unwrap();
        let days =
            usage_rollup::Entity::find().filter(usage_rollup::Column::Period.eq(Period::Day));
        let total = usage_slice::Entity::find()
            .filter(usage_slice::Column::Dimension.eq(Dimension::Total))
            .filter(usage_slice::Column::Period.eq(Period::Day));
        let rows = request::Entity::find().all(&database).await.unwrap();
        let quotas = quota::Entity::find().all(&database).await.unwrap();
        Self {
            rows: rows.into_iter().map(|row| (row.id, row)).collect(),
            quotas: quotas.into_iter().map(|quota| (quota.id, quota)).collect(),
            buckets: quota_bucket::Entity::find().all(&database).await.unwrap(),
            rollups: days.all(&database).await.unwrap(),
            slices: total.all(&database).await.unwrap(),
            users: user::Entity::find().all(&database).await.unwrap(),
        }
    }

    /// Usage of the quotas that count this.
    fn used(&self, metric: Metric) -> i64 {
        let counting = self
            .buckets
            .iter()
            .filter(|bucket| self.quotas[&bucket.quota_id].metric == metric);
        counting.map(|bucket| bucket.used).sum()
    }

    /// The one sum of all requests.
    fn total(&self) -> &usage_slice::Model {
        assert_eq!(self.slices.len(), 1, "{:?}", self.slices);
        &self.slices[0]
    }

    /// Rows, sums, the users' counts and the quota on tokens agree.
    fn agree(&self) {
        let written: i64 = self.rows.values().map(tokens).sum();
        let rejected = |row: &&request::Model| row.outcome == request::Outcome::Rejected;
        let forwarded = self.rows.values().filter(|row| !rejected(row)).count();
        let days = self.slices.iter();
        let total: i64 = days.map(|day| day.input_tokens + day.output_tokens).sum();
        let days = self.rollups.iter();
        let rolled: i64 = days.map(|day| day.input_tokens + day.output_tokens).sum();
        let requests: i64 = self.rollups.iter().map(|day| day.requests).sum();
        let used: i64 = self.users.iter().map(|user| user.used_tokens).sum();
        assert_eq!((total, rolled, used), (written, written, written));
        assert_eq!(self.used(Metric::Tokens), written);
        assert_eq!(usize::try_from(requests).unwrap(), forwarded);
    }

    /// The engine's word on each request is in the books, and nothing else is.
    fn are_those_of(&self, engine: &Engine) {
        let reported = engine.reported.lock().unwrap();
        let written = self.rows.iter().map(|(id, row)| (*id, tokens(row)));
        assert_eq!(written.collect::<HashMap<_, _>>(), *reported);
    }
}

fn tokens(row: &request::Model) -> i64 {
    let counts = [row.input_tokens, row.output_tokens];
    counts.into_iter().flatten().sum()
}
