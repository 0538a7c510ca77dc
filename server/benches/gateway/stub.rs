//! The upstream: answers immediately, with minimal work.

use std::{
    convert::Infallible,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr},
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::Context as _;
use bytes::Bytes;
use canned::{Answer, TokenCounts, openai};
use futures_util::stream;
use http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{net::TcpListener, time::Instant};
use tokio_util::task::TaskTracker;

use crate::process::Process;

/// The model of every request.
pub(crate) const MODEL: &str = "bench-model";
/// The usage in each answer.
const TOKENS: TokenCounts = TokenCounts {
    input: 26,
    cache_read: 4,
    cache_write: 0,
    cache_write_1h: 0,
    output: 197,
    reasoning: 3,
};
pub(crate) const TOTAL_TOKENS: u64 = 230;
/// Selects a stream without pauses, with as many events per write as fit.
pub(crate) const BURST: &str = "burst";
/// Selects a slow, long stream.
pub(crate) const SLOWLY: &str = "slowly";

/// Selects a stream of two seconds, like a short answer of a model.
pub(crate) const BRIEFLY: &str = "briefly";

/// The last event of every stream.
pub(crate) const DONE: &[u8] = canned::sse::DONE.as_bytes();

const EVENTS: usize = 200;
const SLOW_PAUSE: Duration = Duration::from_millis(100);
const BRIEF_PAUSE: Duration = Duration::from_millis(10);
const PLAIN_BYTES: usize = 1024;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The upstream as a child process.
#[derive(Debug)]
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    _process: Process,
}

impl Stub {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let mut process = Process::spawn(
            Command::new(std::env::current_exe()?)
                .arg("--stub")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        )?;
        let stdout = process
            .child()
            .stdout
            .take()
            .context("the stub has no output")?;
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        Ok(Self {
            address: address
                .trim()
                .parse()
                .context("the stub did not say where it listens")?,
            _process: process,
        })
    }
}

/// Serves until standard input is closed, which happens when the benchmark exits or is killed.
#[tokio::main]
pub(crate) async fn serve() -> anyhow::Result<()> {
    thread::spawn(|| {
        io::stdin().read_to_end(&mut Vec::new()).ok();
        std::process::exit(0);
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    let answers = Arc::new(Answers::prepare());
    let connections = TaskTracker::new();
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let answers = Arc::clone(&answers);
        let service = service_fn(move |request| answer(request, Arc::clone(&answers)));
        // One buffer for all ready events, so that a burst is one write.
        let mut http = http1::Builder::new();
        http.writev(false);
        connections.spawn(http.serve_connection(TokioIo::new(socket), service));
    }
}

/// Constant answers, built once.
#[derive(Debug)]
struct Answers {
    plain: Bytes,
    events: Vec<Bytes>,
}

impl Answers {
    fn prepare() -> Self {
        let mut answer = Answer {
            id: "bench".to_owned(),
            model: MODEL.to_owned(),
            created: 1_700_000_000,
            pieces: vec![String::new()],
            tokens: TOKENS,
            ..Answer::default()
        };
        let missing = PLAIN_BYTES.saturating_sub(openai::whole(&answer).to_string().len());
        answer.pieces = vec!["x".repeat(missing)];
        let plain = openai::whole(&answer);
        // The events without text: role, end, usage and DONE.
        answer.pieces = vec![" word".to_owned(); EVENTS - 4];
        let events = openai::events(&answer)
            .into_iter()
            .map(Bytes::from)
            .collect();
        Self {
            plain: plain.to_string().into(),
            events,
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    answers: Arc<Answers>,
) -> Result<Response<Body>, hyper::Error> {
    let is_get = request.method() == Method::GET;
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    Ok(match path.as_str() {
        "/v1/chat/completions" if has(&body, "\"stream\":true") => {
            respond("text/event-stream", streamed(answers, pace(&body)))
        }
        "/v1/chat/completions" => respond("application/json", full(answers.plain.clone())),
        "/healthz" if is_get => respond("application/json", full(r#"{"status":"ok"}"#.into())),
        "/v1/models" if is_get => respond("application/json", full(models())),
        _ => {
            let mut response = Response::new(full(Bytes::new()));
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}

/// How events follow one another.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// Together.
    Burst,
    /// One write per event, without pauses.
    OneByOne,
    Every(Duration),
}

fn pace(body: &[u8]) -> Pace {
    if has(body, SLOWLY) {
        Pace::Every(SLOW_PAUSE)
    } else if has(body, BRIEFLY) {
        Pace::Every(BRIEF_PAUSE)
    } else if has(body, BURST) {
        Pace::Burst
    } else {
        Pace::OneByOne
    }
}

fn has(body: &[u8], words: &str) -> bool {
    memchr::memmem::find(body, words.as_bytes()).is_some()
}

fn models() -> Bytes {
    let model =
        json!({"id": MODEL, "object": "model", "created": 1_700_000_000, "owned_by": "bench"});
    json!({"object": "list", "data": [model]})
        .to_string()
        .into()
}

fn respond(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let content_type = http::HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes).boxed_unsync()
}

/// Each event has its time, counted from the first, so that a late one delays no other. Where there is no
/// pause, letting others run makes each event a write of its own.
fn streamed(answers: Arc<Answers>, pace: Pace) -> Body {
    let events = stream::unfold((0_u32, Instant::now()), move |(index, began)| {
        let event = answers.events.get(index as usize).cloned();
        async move {
            match pace {
                Pace::Every(pause) => tokio::time::sleep_until(began + pause * index).await,
                Pace::OneByOne if index > 0 => tokio::task::yield_now().await,
                Pace::OneByOne | Pace::Burst => {}
            }
            event.map(|event| (Ok(Frame::data(event)), (index + 1, began)))
        }
    });
    StreamBody::new(events).boxed_unsync()
}

/// The body of every request: about 1 KB, like a short conversation.
pub(crate) fn request(stream: bool, words: &str) -> String {
    let text = "Tell me of the sea. ".repeat(45);
    format!(
        r#"{{"model":"{MODEL}","stream":{stream},"messages":[{{"role":"system","content":"{text}"}},{{"role":"user","content":"{words}"}}]}}"#
    )
}
