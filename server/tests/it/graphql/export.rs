//! Exports: whole, exact and harmless files, once and only for whom they were meant.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use chrono::TimeDelta;
use entity::{
    admin::Role,
    request::{self, Entity as Request, Outcome, Protocol, UsageSource},
    usage_rollup::{self, Entity as UsageRollup, Period},
};
use futures_util::{FutureExt as _, StreamExt as _, future, stream};
use proxypal_server::domain::{
    Viewer,
    downloads::{Content, Offer},
    exports::{Every, Format, UsageExport},
    requests::RequestFilter,
    usage::{Span, UsageFilter},
};
use reqwest::{Method, StatusCode, header::HeaderMap};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Caller, ControlPlane, code, eventually, soon, test_context};

const REQUESTS: &str =
    "mutation { exportRequests(format: CSV) { download { path url fileName expiresAt } } }";
const REQUEST_LINES: &str = "mutation { exportRequests(format: JSON_LINES) { download { path } } }";

/// A midnight.
const DAY: i64 = 1_780_012_800;

/// A control plane and a user with a key, for whom rows can be written.
struct Book {
    plane: ControlPlane,
    user_id: Uuid,
    api_key_id: Uuid,
}

impl Book {
    async fn open(user: &str) -> Self {
        let plane = ControlPlane::start().await;
        let (user_id, _) = plane.key_holder(user).await;
        let keys = plane.services.api_keys.of_users(&[user_id]).await.unwrap();
        Self {
            plane,
            user_id,
            api_key_id: keys[0].id,
        }
    }

    /// The row with this place in the order of settlement.
    fn row(&self, sequence: i64) -> request::Model {
        request::Model {
            id: Uuid::now_v7(),
            sequence,
            connection_id: None,
            user_id: self.user_id,
            api_key_id: self.api_key_id,
            started_at: 1_780_000_000_000_001,
            duration: 1_500_000,
            time_to_first_byte: Some(250_999),
            waited_ms: Some(1500),
            endpoint: "POST /v1/chat/completions".to_owned(),
            protocol: Protocol::OpenaiChat,
            model: Some("gpt-5".to_owned()),
            served_model: None,
            provider: None,
            account_id: None,
            streamed: true,
            http_status: Some(200),
            outcome: Outcome::Completed,
            error_code: None,
            error_message: None,
            rejected_by: None,
            attempts: None,
            usage_source: UsageSource::Wire,
            reconciliation: None,
            input_tokens: Some(10),
            cache_read_tokens: Some(0),
            cache_write_tokens: Some(0),
            cache_write_1h_tokens: None,
            output_tokens: Some(5),
            reasoning_tokens: Some(1),
            images: 0,
            video_seconds: 0,
            client_ip: None,
            user_agent: None,
            agent_session_id: None,
            sub_agent: None,
            requested_service_tier: None,
            service_tier: None,
            price_id: None,
            cost: Some(1_250_000_001),
            cost_assumed: false,
        }
    }

    async fn insert(&self, rows: impl IntoIterator<Item = request::Model>) {
        let rows: Vec<_> = rows.into_iter().collect();
        for some in rows.chunks(500) {
            let some = some.iter().cloned().map(request::Model::into_active_model);
            Request::insert_many(some)
                .exec_without_returning(self.plane.db.writer())
                .await
                .unwrap();
        }
    }

    /// So many rows.
    async fn fill(&self, rows: i64) {
        self.insert((1..=rows).map(|sequence| self.row(sequence)))
            .await;
    }

    /// A script, and who it is to the server.
    async fn script(&self, role: Role) -> (Caller, Viewer) {
        let tokens = &self.plane.services.api_tokens;
        let secret = tokens
            .create(test_context(), "script", role, None)
            .await
            .unwrap()
            .secret;
        let token = tokens.find(secret.expose_secret()).await.unwrap().unwrap();
        let caller = self.plane.anonymous().with_bearer(secret.expose_secret());
        (caller, Viewer::ApiToken(token))
    }

    /// Offers these pieces to a caller. Returns the path.
    fn offer(
        &self,
        viewer: &Viewer,
        role: Role,
        bytes: stream::BoxStream<'static, proxypal_server::domain::Result<Bytes>>,
    ) -> String {
        let content = Content {
            length: None,
            bytes,
        };
        let offer = Offer {
            file_name: "file".to_owned(),
            media_type: "text/plain",
            role,
            open: Box::new(|| future::ready(Ok(content)).boxed()),
        };
        let ticket = self.plane.services.downloads.offer(offer, viewer).unwrap();
        format!("/downloads/{}", ticket.secret)
    }
}

async fn path(caller: &Caller, operation: &str) -> String {
    let answer = caller.ask(operation).await;
    let data = answer["data"]
        .as_object()
        .and_then(|data| data.values().next());
    let path = data.unwrap_or_else(|| panic!("{answer}"))["download"]["path"].as_str();
    path.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// The content of a file, and the headers of its response.
async fn fetch(caller: &Caller, operation: &str) -> (HeaderMap, String) {
    let answer = caller.get(&path(caller, operation).await).await;
    assert_eq!(answer.status(), 200);
    (answer.headers().clone(), answer.text().await.unwrap())
}

/// The rows of a CSV file, by column.
fn rows(csv: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.deserialize::<std::collections::HashMap<String, String>>();
    rows.map(|row| serde_json::to_value(row.unwrap()).unwrap())
        .collect()
}

/// A column of a table.
fn column(table: &[Value], name: &str) -> Vec<String> {
    let cells = table.iter().map(|row| row[name].as_str().unwrap());
    cells.map(str::to_owned).collect()
}

fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn nothing() -> stream::BoxStream<'static, proxypal_server::domain::Result<Bytes>> {
    stream::empty().boxed()
}

#[tokio::test]
async fn exported_requests_are_exact_and_contain_no_spreadsheet_formulas() {
    let book = Book::open("=HYPERLINK(\"http://evil\")").await;
    let priced = book.row(1);
    let unpriced = request::Model {
        model: Some("+1, \"and\" more".to_owned()),
        cost: None,
        ..book.row(2)
    };
    let unknown = request::Model {
        input_tokens: None,
        cache_read_tokens: None,
        cache_write_tokens: None,
        cache_write_1h_tokens: None,
        output_tokens: None,
        reasoning_tokens: None,
        usage_source: UsageSource::Unknown,
        outcome: Outcome::ClientGone,
        http_status: None,
        cost: None,
        ..book.row(3)
    };
    let id = priced.id.to_string();
    book.insert([priced, unpriced, unknown]).await;
    let (viewer, _) = book.script(Role::Viewer).await;

    let (headers, csv) = fetch(&viewer, REQUESTS).await;
    let (_, json) = fetch(&viewer, REQUEST_LINES).await;

    assert_eq!(
        headers["content-type"],
        "text/csv; charset=utf-8; header=present"
    );
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"requests-20260601T120000Z.csv\""
    );
    assert!(csv.starts_with("id,connection_id,started_at,"), "{csv}");
    let table = rows(&csv);
    let column = |name: &str| column(&table, name);
    assert_eq!(column("id")[0], id);
    assert_eq!(column("user"), ["'=HYPERLINK(\"http://evil\")"; 3]);
    assert_eq!(column("model"), ["gpt-5", "'+1, \"and\" more", "gpt-5"]);
    assert_eq!(column("started_at"), ["2026-05-28T20:26:40.000001Z"; 3]);
    assert_eq!(column("finished_at"), ["2026-05-28T20:26:43.000001Z"; 3]);
    assert_eq!(column("time_to_first_byte_ms"), ["250"; 3]);
    assert_eq!(column("input_tokens"), ["10", "10", ""]);
    assert_eq!(column("cache_read_tokens"), ["0", "0", ""]);
    assert_eq!(column("total_tokens"), ["16", "16", ""]);
    assert_eq!(column("cost_usd"), ["1.250000001", "", ""]);
    assert_eq!(column("unpriced"), ["false", "true", "false"]);
    assert_eq!(column("outcome"), ["COMPLETED", "COMPLETED", "CLIENT_GONE"]);
    assert_eq!(column("http_status"), ["200", "200", ""]);
    let objects = lines(&json);
    assert_eq!(objects[1]["model"], "+1, \"and\" more");
    assert_eq!(objects[0]["user"], "=HYPERLINK(\"http://evil\")");
    assert_eq!(objects[0]["cost_usd"], "1.250000001");
    assert_eq!(objects[1]["cost_usd"], Value::Null);
    assert_eq!(objects[2]["total_tokens"], Value::Null);
    assert_eq!(objects[0]["total_tokens"], 16);
}

#[tokio::test]
async fn exports_apply_the_filter() {
    let book = Book::open("ada").await;
    let rejected = request::Model {
        outcome: Outcome::Rejected,
        ..book.row(1)
    };
    book.insert([rejected, book.row(2), book.row(3)]).await;
    let (viewer, _) = book.script(Role::Viewer).await;
    let unknown = Uuid::now_v7();
    let export = |filter: &str| {
        format!(
            "mutation {{ exportRequests(format: JSON_LINES, filter: {{ {filter} }}) {{ download {{ path }} }} }}"
        )
    };

    for (filter, expected) in [
        ("outcomes: [REJECTED]".to_owned(), 1),
        (format!("userId: \"{}\"", book.user_id), 3),
        (format!("userId: \"{unknown}\""), 0),
        (
            "from: \"2026-05-28T20:26:40Z\", to: \"2026-05-28T20:26:41Z\"".to_owned(),
            3,
        ),
        ("to: \"2026-05-28T20:26:40Z\"".to_owned(), 0),
    ] {
        let (_, json) = fetch(&viewer, &export(&filter)).await;
        assert_eq!(lines(&json).len(), expected, "{filter}");
    }
}

#[tokio::test]
async fn concurrent_writes_and_deletions_cause_no_gaps_or_duplicates() {
    let book = Book::open("ada").await;
    book.fill(2500).await;
    let exports = &book.plane.services.exports;
    let content = exports.requests(RequestFilter::default(), Format::JsonLines);
    let mut bytes = content.await.unwrap().bytes;

    let mut text = bytes.next().await.unwrap().unwrap().to_vec();
    book.insert([book.row(2501)]).await;
    // As retention does: the oldest, among them some that were not read yet.
    Request::delete_many()
        .filter(request::Column::Sequence.lte(1200))
        .exec(book.plane.db.writer())
        .await
        .unwrap();
    while let Some(piece) = bytes.next().await {
        text.extend(piece.unwrap());
    }

    let lines = lines(std::str::from_utf8(&text).unwrap());
    let ids: std::collections::HashSet<_> =
        lines.iter().map(|line| line["id"].to_string()).collect();
    assert_eq!((lines.len(), ids.len()), (1000 + 1300, 2300));
}

#[tokio::test]
async fn a_database_failure_midway_ends_the_export_with_an_error() {
    let book = Book::open("ada").await;
    book.fill(1001).await;
    let exports = &book.plane.services.exports;
    let content = exports.requests(RequestFilter::default(), Format::JsonLines);
    let mut bytes = content.await.unwrap().bytes;
    bytes.next().await.unwrap().unwrap();

    let rename = "ALTER TABLE request RENAME TO request_away";
    let writer = book.plane.db.writer();
    writer.execute_unprepared(rename).await.unwrap();

    assert!(bytes.next().await.unwrap().is_err());
    // One that has not begun fails instead of returning an empty file.
    let (viewer, _) = book.script(Role::Viewer).await;
    let answer = viewer.get(&path(&viewer, REQUESTS).await).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_client_can_tell_that_a_file_is_incomplete() {
    let book = Book::open("ada").await;
    let (viewer, identity) = book.script(Role::Viewer).await;
    let (fail, failing) = tokio::sync::oneshot::channel();
    let first = stream::iter([Ok(Bytes::from_static(b"one,two"))]);
    let failure = stream::once(async {
        failing.await.unwrap();
        Err(anyhow::anyhow!("the disk is gone").into())
    });
    let path = book.offer(&identity, Role::Viewer, first.chain(failure).boxed());

    let mut answer = viewer.get(&path).await;
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "one,two");
    fail.send(()).unwrap();

    assert!(soon("the end", answer.chunk()).await.is_err());
}

#[tokio::test]
async fn the_export_stops_reading_when_the_client_disconnects() {
    struct Guard(Arc<AtomicBool>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let book = Book::open("ada").await;
    let (viewer, identity) = book.script(Role::Viewer).await;
    let left = Arc::new(AtomicBool::new(false));
    let guard = Guard(Arc::clone(&left));
    let endless = stream::repeat_with(move || {
        let _ = &guard;
        Ok(Bytes::from_static(&[b'x'; 4096]))
    });
    let path = book.offer(&identity, Role::Viewer, endless.boxed());

    let mut answer = viewer.get(&path).await;
    answer.chunk().await.unwrap().unwrap();
    assert!(!left.load(Ordering::Acquire));
    drop(answer);

    eventually("the end of reading", async || {
        left.load(Ordering::Acquire).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_ticket_is_valid_once_briefly_and_only_for_its_caller() {
    let book = Book::open("ada").await;
    book.fill(1).await;
    let (viewer, _) = book.script(Role::Viewer).await;
    let (other, _) = book.script(Role::Admin).await;
    let (_, key_holder) = book.plane.key_holder("bob").await;
    let path_of = path(&viewer, REQUESTS).await;

    // None of these uses it up.
    let status = async |caller: &Caller, path: &str| caller.get(path).await.status();
    assert_eq!(status(&book.plane.anonymous(), &path_of).await, 401);
    assert_eq!(status(&key_holder, &path_of).await, 403);
    assert_eq!(status(&other, &path_of).await, 404);
    let head = viewer.request(Method::HEAD, &path_of).send().await.unwrap();
    assert_eq!(head.status(), 405);

    assert_eq!(status(&viewer, &path_of).await, 200);
    assert_eq!(status(&viewer, &path_of).await, 404);
    assert_eq!(status(&viewer, "/downloads/dl_nothing").await, 404);

    let late = path(&viewer, REQUESTS).await;
    book.plane.advance(TimeDelta::seconds(60));
    assert_eq!(status(&viewer, &late).await, 404);
}

#[tokio::test]
async fn a_browser_downloads_with_its_session_and_another_origin_cannot() {
    let book = Book::open("ada").await;
    let admin = book.plane.admin().await;
    let answer = admin.ask(REQUESTS).await;
    let download = &answer["data"]["exportRequests"]["download"];
    let path = download["path"].as_str().unwrap();
    assert_eq!(
        download["url"],
        format!("http://proxypal.test{path}"),
        "{answer}"
    );
    assert_eq!(download["expiresAt"], "2026-06-01T12:01:00Z");

    let foreign = admin
        .clone()
        .with("sec-fetch-site", "cross-site")
        .get(path)
        .await;
    let own = admin.clone().with("sec-fetch-site", "same-origin");
    let own = own.without("x-csrf-token").get(path).await;

    assert_eq!(
        (foreign.status().as_u16(), own.status().as_u16()),
        (403, 200)
    );
}

#[tokio::test]
async fn a_role_that_is_too_low_gets_no_ticket() {
    let book = Book::open("ada").await;
    let (_, viewer) = book.script(Role::Viewer).await;
    let offer = Offer {
        file_name: "file".to_owned(),
        media_type: "text/plain",
        role: Role::Admin,
        open: Box::new(|| {
            future::ready(Ok(Content {
                length: None,
                bytes: nothing(),
            }))
            .boxed()
        }),
    };

    let refused = book.plane.services.downloads.offer(offer, &viewer);

    assert_eq!(refused.unwrap_err().code(), "FORBIDDEN");
    let (_, key_holder) = book.plane.key_holder("bob").await;
    for (caller, expected) in [
        (key_holder, "FORBIDDEN"),
        (book.plane.anonymous(), "UNAUTHENTICATED"),
    ] {
        assert_eq!(code(&caller.ask(REQUESTS).await), expected);
    }
}

#[tokio::test]
async fn a_download_stops_when_the_callers_credential_ends() {
    let book = Book::open("ada").await;
    let (viewer, identity) = book.script(Role::Viewer).await;
    let first = stream::iter([Ok(Bytes::from_static(b"one"))]);
    let path = book.offer(
        &identity,
        Role::Viewer,
        first.chain(stream::pending()).boxed(),
    );
    let mut answer = viewer.get(&path).await;
    answer.chunk().await.unwrap().unwrap();

    let Viewer::ApiToken(token) = identity else {
        panic!("a script has a token")
    };
    book.plane
        .services
        .api_tokens
        .revoke(test_context(), token.id)
        .await
        .unwrap();

    assert!(soon("the end", answer.chunk()).await.is_err());
}

/// Sums of these models in this hour or day.
fn rollups(book: &Book, period: Period, starts_at: i64, models: i64) -> Vec<usage_rollup::Model> {
    let sums = |number: i64| usage_rollup::Model {
        user_id: book.user_id,
        period,
        starts_at,
        api_key_id: book.api_key_id,
        provider: "claude".to_owned(),
        account_id: Uuid::nil(),
        model: format!("model-{number:04}"),
        requests: 2,
        failed: 1,
        rejected: 0,
        input_tokens: 10,
        cache_read_tokens: 1,
        cache_write_tokens: 2,
        output_tokens: 3,
        reasoning_tokens: 4,
        cost: 5,
        unpriced: 0,
        assumed: 0,
        unknown: 0,
        estimated: 0,
        duration: 3000,
    };
    (0..models).map(sums).collect()
}

async fn write_sums(book: &Book, sums: Vec<usage_rollup::Model>) {
    for some in sums.chunks(500) {
        let some = some
            .iter()
            .cloned()
            .map(usage_rollup::Model::into_active_model);
        UsageRollup::insert_many(some)
            .exec_without_returning(book.plane.db.writer())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn every_sum_is_exported_once_over_many_pages_and_in_order() {
    let book = Book::open("ada").await;
    let day = DAY;
    for (starts_at, models) in [(day, 1500), (day + 86_400, 700)] {
        write_sums(&book, rollups(&book, Period::Day, starts_at, models)).await;
    }
    write_sums(&book, rollups(&book, Period::Hour, day, 3)).await;
    let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap();
    let export = |from, to, every| UsageExport {
        span: Span::new(at(from), at(to)).unwrap(),
        filter: UsageFilter::default(),
        every,
        zone: chrono_tz::UTC,
    };
    let read = async |export: UsageExport| {
        let content = book.plane.services.exports.usage(export, Format::JsonLines);
        let pieces: Vec<_> = content
            .bytes
            .map(|piece| piece.unwrap().to_vec())
            .collect()
            .await;
        lines(std::str::from_utf8(&pieces.concat()).unwrap())
    };

    let all = read(export(day + 1, day + 86_401, Every::Day)).await;

    let keys: Vec<_> = all
        .iter()
        .map(|row| (row["from"].to_string(), row["model"].to_string()))
        .collect();
    let mut sorted = keys.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(keys.len(), 2200);
    assert_eq!(keys, sorted);
    assert_eq!(
        read(export(day + 86_400, day + 86_401, Every::Day))
            .await
            .len(),
        700
    );
    assert_eq!(read(export(day, day + 1, Every::Hour)).await.len(), 3);
}

#[tokio::test]
async fn unknown_sums_are_exported_empty_and_not_as_zero() {
    let book = Book::open("ada").await;
    let mut sums = rollups(&book, Period::Day, DAY, 3);
    sums[1].cost = 0;
    sums[1].unpriced = 2;
    let unknown = &mut sums[2];
    (unknown.unknown, unknown.cost) = (2, 0);
    unknown.input_tokens = 0;
    unknown.cache_read_tokens = 0;
    unknown.cache_write_tokens = 0;
    unknown.output_tokens = 0;
    unknown.reasoning_tokens = 0;
    write_sums(&book, sums).await;
    let (viewer, _) = book.script(Role::Viewer).await;
    let operation = "mutation { exportUsage(format: CSV, range: { from: \"2026-05-01T00:00:00Z\" }) \
        { download { path } } }";

    let (headers, csv) = fetch(&viewer, operation).await;

    let disposition = headers["content-disposition"].to_str().unwrap();
    assert!(disposition.contains("usage-20260601T120000Z.csv"));
    let table = rows(&csv);
    let column = |name: &str| column(&table, name);
    assert_eq!(column("user"), ["ada"; 3]);
    assert_eq!(column("provider"), ["CLAUDE"; 3]);
    assert_eq!(column("account_id"), [""; 3]);
    assert_eq!(column("cost_usd"), ["0.000000005", "", ""]);
    assert_eq!(column("unpriced"), ["0", "2", "0"]);
    assert_eq!(column("total_tokens"), ["20", "20", ""]);
    assert_eq!(column("input_tokens"), ["10", "10", ""]);
    assert_eq!(column("average_duration_ms"), ["1"; 3]);
    assert!(column("from")[0].ends_with("T00:00:00Z"));
}
