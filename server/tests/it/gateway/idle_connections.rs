//! Engines that close connections at nasty moments. What was not sent is sent on another connection; what
//! was sent in part is never sent again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::http::StatusCode;
use entity::request::Outcome;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use crate::support::{Options, TestApp, soon};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}";
const LAST_ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\
    connection: close\r\n\r\n{}";
const BODY: &str = r#"{"model":"m"}"#;

/// How the engine treats the second request on a connection.
#[derive(Clone, Copy)]
enum Second {
    /// It closes the connection after the first, before there is a second.
    Closed,
    /// It reads some of it and hangs up.
    HungUp,
}

/// An engine on bare sockets.
#[derive(Clone)]
struct Engine {
    second: Second,
    /// The requests for answers that it saw in part or whole.
    seen: Arc<AtomicUsize>,
    /// A permit for each connection that it has closed after an answer.
    closed: Arc<Semaphore>,
}

async fn engine(second: Second) -> (SocketAddr, Engine) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let engine = Engine {
        second,
        seen: Arc::default(),
        closed: Arc::new(Semaphore::new(0)),
    };
    let serving = engine.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "the engine is killed with the test"
    )]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, serving.clone()));
        }
    });
    (address, engine)
}

async fn serve(mut stream: TcpStream, engine: Engine) -> Option<()> {
    let first = read_request(&mut stream).await?;
    if !first.starts_with("POST") {
        // The server asks whether the engine is well.
        return stream.write_all(LAST_ANSWER).await.ok();
    }
    engine.seen.fetch_add(1, Ordering::Relaxed);
    stream.write_all(ANSWER).await.ok()?;
    match engine.second {
        Second::Closed => {}
        Second::HungUp => {
            let mut piece = [0; 8];
            let read = stream.read(&mut piece).await.ok()?;
            if read > 0 && piece.starts_with(b"POST") {
                engine.seen.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    drop(stream);
    engine.closed.add_permits(1);
    Some(())
}

/// A whole request; nothing when the other side closed.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = String::new();
    let mut piece = [0; 4096];
    loop {
        let count = stream
            .read(&mut piece)
            .await
            .ok()
            .filter(|&count| count > 0)?;
        request += &String::from_utf8_lossy(&piece[..count]);
        let end = if request.starts_with("POST") {
            BODY
        } else {
            "\r\n\r\n"
        };
        if request.ends_with(end) {
            return Some(request);
        }
    }
}

async fn ask(app: &TestApp, key: &str) -> reqwest::Response {
    let request = app.http.post(app.url("/v1/messages")).bearer_auth(key);
    request.body(BODY).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_engine_closed_while_idle_never_become_an_error() {
    let (address, engine) = engine(Second::Closed).await;
    let app = TestApp::before(address, Options::default()).await;
    app.without_rate_limit().await;
    let key = app.issue_key().await;

    for _ in 0..200 {
        assert_eq!(ask(&app, &key).await.status(), StatusCode::OK);
        let closed = soon("the engine's close", engine.closed.acquire()).await;
        closed.unwrap().forget();
    }

    assert_eq!(engine.seen.load(Ordering::Relaxed), 200);
}

#[tokio::test]
async fn a_request_that_the_engine_received_in_part_is_not_retried() {
    let (address, engine) = engine(Second::HungUp).await;
    let app = TestApp::before(address, Options::default()).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let first = ask(&app, &key).await.status();
    let second = ask(&app, &key).await.status();

    assert_eq!((first, second), (StatusCode::OK, StatusCode::BAD_GATEWAY));
    assert_eq!(engine.seen.load(Ordering::Relaxed), 2);
    let outcomes = [records.next().await.outcome, records.next().await.outcome];
    assert_eq!(outcomes, [Outcome::Completed, Outcome::UpstreamError]);
}
