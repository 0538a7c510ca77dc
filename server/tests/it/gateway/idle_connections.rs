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
};

use crate::support::{Options, TestApp};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}";
const BODY: &str = r#"{"model":"m"}"#;

/// What the engine does with the second request on a connection.
#[derive(Clone, Copy)]
enum Second {
    /// It has closed the connection right after the first.
    Closed,
    /// It reads some of it and hangs up.
    HungUp,
}

/// An engine on bare sockets that counts the requests for answers that it saw in part or whole.
async fn engine(second: Second) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&seen);
    #[expect(clippy::disallowed_methods, reason = "the engine dies with the test")]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, second, Arc::clone(&count)));
        }
    });
    (address, seen)
}

async fn serve(mut stream: TcpStream, second: Second, seen: Arc<AtomicUsize>) -> Option<()> {
    let first = read_request(&mut stream).await?;
    if first.starts_with("POST") {
        seen.fetch_add(1, Ordering::Relaxed);
    }
    stream.write_all(ANSWER).await.ok()?;
    match second {
        Second::Closed => {}
        Second::HungUp => {
            let mut piece = [0; 8];
            let read = stream.read(&mut piece).await.ok()?;
            if read > 0 && piece.starts_with(b"POST") {
                seen.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
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
        let is_whole = match request.starts_with("POST") {
            true => request.ends_with(BODY),
            false => request.ends_with("\r\n\r\n"),
        };
        if is_whole {
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
    let (address, seen) = engine(Second::Closed).await;
    let app = TestApp::before(address, Options::default()).await;
    app.without_rate_limit().await;
    let key = app.issue_key().await;

    for _ in 0..200 {
        assert_eq!(ask(&app, &key).await.status(), StatusCode::OK);
    }

    assert_eq!(seen.load(Ordering::Relaxed), 200);
}

#[tokio::test]
async fn a_request_that_the_engine_has_seen_in_part_is_not_sent_again() {
    let (address, seen) = engine(Second::HungUp).await;
    let app = TestApp::before(address, Options::default()).await;
    let key = app.issue_key().await;
    let mut records = app.records().await;

    let first = ask(&app, &key).await.status();
    let second = ask(&app, &key).await.status();

    assert_eq!((first, second), (StatusCode::OK, StatusCode::BAD_GATEWAY));
    assert_eq!(seen.load(Ordering::Relaxed), 2);
    let outcomes = [records.next().await.outcome, records.next().await.outcome];
    assert_eq!(outcomes, [Outcome::Completed, Outcome::UpstreamError]);
}
