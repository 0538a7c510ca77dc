//! A release feed of the engine on a socket of its own, with releases made of the engine under test.

use std::{
    collections::HashMap,
    io::Write as _,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::get,
};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::task::TaskTracker;

use super::programs::engine_binary;

/// The feed; releases are added while it runs.
pub(crate) struct Releases {
    /// The address of the list.
    pub(crate) url: String,
    state: Arc<Feed>,
}

#[derive(Default)]
struct Feed {
    releases: Mutex<Vec<Value>>,
    files: Mutex<HashMap<String, Vec<u8>>>,
    /// The `Range` of each request for an archive.
    ranges: Mutex<Vec<Option<String>>>,
    /// While set, an archive stops after its first half.
    is_stalled: watch::Sender<bool>,
}

/// A defect of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    WrongChecksum,
    /// The archive ends in the middle, and the checksum is of what is there.
    Truncated,
    OtherMachine,
    NoProgram,
    /// It ends before it serves.
    Exits,
}

impl Releases {
    pub(crate) async fn start() -> Self {
        let state = Arc::<Feed>::default();
        let router = Router::new()
            .route("/releases", get(list))
            .route("/{version}/{file}", get(file))
            .with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/releases", listener.local_addr().unwrap());
        TaskTracker::new().spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    /// Publishes a release of the double with this variant.
    pub(crate) fn publish(&self, version: &str, mut variant: Value) {
        variant["version"] = version.into();
        self.add(version, archive(&program(&variant)), None);
    }

    /// Publishes a release that cannot be installed, or does not start. Its program is small, because it never serves.
    pub(crate) fn publish_flawed(&self, version: &str, flaw: Flaw) {
        let archive = match flaw {
            Flaw::Exits | Flaw::WrongChecksum => archive(&small_program()),
            Flaw::Truncated => {
                let mut archive = archive(&small_program());
                archive.truncate(archive.len() / 2);
                archive
            }
            Flaw::OtherMachine => {
                let mut program = small_program();
                // The machine in the header of the program: 183 is aarch64, 62 is x86-64.
                program[18] = if cfg!(target_arch = "aarch64") {
                    62
                } else {
                    183
                };
                archive(&program)
            }
            Flaw::NoProgram => archive(b"#!/bin/sh\nexec /bin/sleep 60\n"),
        };
        let checksum = (flaw == Flaw::WrongChecksum).then(|| "ab".repeat(32));
        self.add(version, archive, checksum);
    }

    fn add(&self, version: &str, archive: Vec<u8>, checksum: Option<String>) {
        let machine = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            other => other,
        };
        let name = format!("CLIProxyAPI_{version}_linux_{machine}.tar.gz");
        let checksum = checksum.unwrap_or_else(|| hex::encode(Sha256::digest(&archive)));
        let size = archive.len();
        let asset = |name: &str| json!({"name": name, "browser_download_url": format!("/{version}/{name}")});
        let mut archive_asset = asset(&name);
        archive_asset["size"] = size.into();
        let release = json!({
            "tag_name": format!("v{version}"), "name": version, "published_at": "2026-11-29T08:00:00Z",
            "body": format!("## What changed in {version}\n\n* Something"),
            "prerelease": false, "draft": false, "assets": [archive_asset, asset("checksums.txt")],
        });
        let mut files = self.state.files.lock().unwrap();
        let sums = format!("{checksum}  {name}\n");
        files.insert(format!("{version}/checksums.txt"), sums.into_bytes());
        files.insert(format!("{version}/{name}"), archive);
        drop(files);
        self.state.releases.lock().unwrap().insert(0, release);
    }

    /// Lets archives stop after their first half, or continue.
    pub(crate) fn stall(&self, is_stalled: bool) {
        self.state.is_stalled.send_replace(is_stalled);
    }

    /// The `Range` of each request for an archive so far.
    pub(crate) fn ranges(&self) -> Vec<Option<String>> {
        self.state.ranges.lock().unwrap().clone()
    }
}

async fn list(State(feed): State<Arc<Feed>>) -> axum::Json<Value> {
    axum::Json(Value::Array(feed.releases.lock().unwrap().clone()))
}

async fn file(
    State(feed): State<Arc<Feed>>,
    Path((version, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let found = feed
        .files
        .lock()
        .unwrap()
        .get(&format!("{version}/{name}"))
        .cloned();
    let Some(file) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if name == "checksums.txt" {
        return file.into_response();
    }
    let range = headers
        .get("range")
        .map(|range| range.to_str().unwrap().to_owned());
    feed.ranges.lock().unwrap().push(range.clone());
    let from = range.and_then(|range| {
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    });
    let from: usize = from.unwrap_or(0);
    let (length, rest) = (file.len(), file[from.min(file.len())..].to_vec());
    let stalled = feed.is_stalled.subscribe();
    let half = rest.len() / 2;
    let pieces = [rest[..half].to_vec(), rest[half..].to_vec()];
    let body = futures_util::stream::unfold((0, pieces), move |(at, pieces)| {
        let mut stalled = stalled.clone();
        async move {
            if at == 1 {
                stalled.wait_for(|stalled| !stalled).await.ok()?;
            }
            let piece = pieces.get(at)?.clone();
            Some((Ok::<_, std::io::Error>(piece), (at + 1, pieces)))
        }
    });
    let body = axum::body::Body::from_stream(body);
    let sent = length - from;
    if from == 0 {
        return ([("content-length", sent.to_string())], body).into_response();
    }
    let range = format!("bytes {from}-{}/{length}", length - 1);
    let headers = [
        ("content-range", range),
        ("content-length", sent.to_string()),
    ];
    (StatusCode::PARTIAL_CONTENT, headers, body).into_response()
}

/// The engine under test; the double has the variant.
fn program(variant: &Value) -> Vec<u8> {
    let mut program = std::fs::read(engine_binary()).unwrap();
    write!(program, "\n#double:{variant}\n").unwrap();
    program
}

/// A program of this machine that ends immediately.
fn small_program() -> Vec<u8> {
    std::fs::read("/bin/true").unwrap()
}

fn archive(program: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(program.len() as u64);
    header.set_mode(0o755);
    header.set_cksum();
    tar.append_data(&mut header, "cli-proxy-api", program)
        .unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}
