//! Bodies that open to more than they seem, or to something else.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, body::Bytes, routing::post};
use serde_json::{Value, json};

use crate::support::TestApp;

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const GEMINI: &str = "/v1beta/models/m:generateContent";
const EDITS: &str = "/v1/images/edits";

const PLAIN: &[u8] = br#"{"model":"m","messages":[]}"#;

/// A server whose engine counts what reaches it.
struct Target {
    app: TestApp,
    key: String,
    reached: Arc<AtomicUsize>,
}

impl Target {
    async fn new() -> Self {
        let reached = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&reached);
        let engine = Router::new().fallback(post(move |body: Bytes| async move {
            counter.fetch_add(1, Ordering::Relaxed);
            Json(json!({ "usage": { "prompt_tokens": 1, "completion_tokens": 1 }, "bytes": body.len() }))
        }));
        let app = Box::pin(TestApp::with_engine(engine)).await;
        app.without_rate_limit().await;
        let key = app.issue_key().await;
        Self { app, key, reached }
    }

    async fn send(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> reqwest::Response {
        let mut request = self
            .app
            .http
            .post(self.app.url(path))
            .bearer_auth(&self.key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body).send().await.unwrap()
    }

    /// The status, and our own code.
    async fn outcome(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> (u16, String) {
        let answer = self.send(path, headers, body).await;
        let code = answer.headers().get("x-proxypal-error");
        let code = code.map_or_else(String::new, |code| code.to_str().unwrap().to_owned());
        (answer.status().as_u16(), code)
    }

    fn reached(&self) -> usize {
        self.reached.load(Ordering::Relaxed)
    }
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn frame(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 3).unwrap()
}

fn skippable(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [b"\x50\x2a\x4d\x18".as_slice(), &length, content].concat()
}

/// JSON that opens to so many MiB.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 19).unwrap();
    encoder.write_all(br#"{"model":"m","a":""#).unwrap();
    let piece = vec![b'x'; 1 << 20];
    (0..mebibytes).for_each(|_| encoder.write_all(&piece).unwrap());
    encoder.write_all(br#""}"#).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn unsupported_encodings_are_refused_in_the_dialect_of_the_route() {
    let target = Target::new().await;
    let unsupported = refused(415, "proxypal_unsupported_encoding");
    for encoding in [
        "gzip",
        "br",
        "deflate",
        "x-gzip",
        "zstd, zstd",
        "zstd, gzip",
        "identity, zstd",
    ] {
        let headers = [("content-encoding", encoding)];
        for path in [CHAT, MESSAGES, GEMINI, EDITS] {
            let result = target.outcome(path, &headers, PLAIN.to_vec()).await;
            assert_eq!(result, unsupported, "{encoding} {path}");
        }
    }
    let zstd = [("content-encoding", "zstd")];
    for path in [MESSAGES, GEMINI] {
        assert_eq!(
            target.outcome(path, &zstd, frame(PLAIN)).await,
            unsupported,
            "{path}"
        );
    }
    let form = [
        ("content-encoding", "zstd"),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    assert_eq!(
        target.outcome(EDITS, &form, frame(PLAIN)).await,
        unsupported
    );
    assert_eq!(target.reached(), 0);

    let answer = target
        .send(MESSAGES, &[("content-encoding", "gzip")], PLAIN.to_vec())
        .await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["type"], "invalid_request_error");
}

#[tokio::test]
async fn a_decompression_bomb_is_refused_at_the_body_limit() {
    let target = Target::new().await;
    let zstd = [("content-encoding", "zstd")];
    let bomb = bomb(250);
    assert!(bomb.len() < 32 * 1024, "{} bytes", bomb.len());
    let nested = frame(&bomb);

    let too_large = refused(413, "proxypal_body_too_large");
    assert_eq!(target.outcome(CHAT, &zstd, bomb.clone()).await, too_large);
    let in_frames = [frame(b"{"), skippable(&[0; 9999]), bomb].concat();
    assert_eq!(target.outcome(CHAT, &zstd, in_frames).await, too_large);
    // Once opened it is no JSON.
    let ambiguous = refused(400, "proxypal_model_ambiguous");
    assert_eq!(target.outcome(CHAT, &zstd, nested).await, ambiguous);
    assert_eq!(target.reached(), 0);
}

#[tokio::test]
async fn an_incomplete_compressed_body_is_refused() {
    let target = Target::new().await;
    let zstd = [("content-encoding", "zstd")];
    let whole = frame(PLAIN);
    let dictionary = PLAIN.repeat(20);
    let mut compressor = zstd::bulk::Compressor::with_dictionary(3, &dictionary).unwrap();
    let bodies = [
        whole[..whole.len() - 1].to_vec(),
        [whole.as_slice(), b"x"].concat(),
        PLAIN.to_vec(),
        compressor.compress(PLAIN).unwrap(),
        skippable(PLAIN)[..12].to_vec(),
    ];

    for body in bodies {
        let result = target.outcome(CHAT, &zstd, body.clone()).await;
        assert_eq!(result, refused(400, "proxypal_body_unreadable"), "{body:?}");
    }
    assert_eq!(target.reached(), 0);
}

#[tokio::test]
async fn complete_zstd_frames_are_forwarded_unchanged() {
    let target = Target::new().await;
    let zstd = [("content-encoding", "zstd")];
    let (head, tail) = PLAIN.split_at(9);
    let bodies = [
        frame(PLAIN),
        [frame(head), frame(tail)].concat(),
        [skippable(br#"{"model":"other"}"#), frame(PLAIN)].concat(),
    ];
    for body in bodies {
        let answer = target.send(CHAT, &zstd, body.clone()).await;
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["bytes"], body.len());
    }
}

/// The engine would have read the bytes as they are: the frame that is skipped holds another model.
#[tokio::test]
async fn an_encoding_cannot_be_hidden_from_the_engine() {
    let target = Target::new().await;
    let body = [
        skippable(br#"{"model":"dear","messages":[]}"#),
        frame(PLAIN),
    ]
    .concat();
    for named in [
        "close, content-encoding",
        "Content-Encoding",
        "content-type",
        "authorization",
        "x-api-key",
    ] {
        let headers = [("content-encoding", "zstd"), ("connection", named)];
        let result = target.outcome(CHAT, &headers, body.clone()).await;
        assert_eq!(
            result,
            refused(400, "proxypal_headers_ambiguous"),
            "{named}"
        );
    }
    let twice = [
        ("content-encoding", "zstd"),
        ("content-encoding", "identity"),
    ];
    let result = target.outcome(CHAT, &twice, body).await;
    assert_eq!(result, refused(400, "proxypal_headers_ambiguous"));
    assert_eq!(target.reached(), 0);
}
