//! `engine install` against a file server that is not always kind.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, StatusCode};
use proxypal_server::engine::{InstallError, InstallOptions, Release, install};
use sha2::{Digest as _, Sha256};

use super::support::serve;

const PROGRAM: &[u8] = b"#!/bin/sh\necho an engine\n";

/// How the file server behaves.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Kind,
    /// Hangs up in the middle of every answer that begins at the beginning.
    HangsUp,
    /// Does not know what a range is.
    IgnoresRanges,
    Missing,
}

#[derive(Clone)]
struct Files {
    archive: Vec<u8>,
    mood: Mood,
    /// The `Range` of each request.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Files {
    fn new(mood: Mood) -> Self {
        Self {
            archive: archive(),
            mood,
            asked: Arc::default(),
        }
    }

    async fn serve(&self) -> String {
        serve(
            Router::new()
                .route("/v1/{file}", any(send))
                .with_state(self.clone()),
        )
        .await
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.archive))
    }
}

/// An archive as releases are, with other files around the program.
fn archive() -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::fast(),
    ));
    let noise: Vec<u8> = (0..200_000_u32)
        .flat_map(|number| (number.wrapping_mul(2_654_435_761)).to_le_bytes())
        .collect();
    for (name, content) in [
        ("README.md", &noise[..]),
        ("cli-proxy-api", PROGRAM),
        ("LICENSE", b"free"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_cksum();
        tar.append_data(&mut header, name, content).unwrap();
    }
    let mut gzip = tar.into_inner().unwrap();
    gzip.flush().unwrap();
    gzip.finish().unwrap()
}

async fn send(State(files): State<Files>, headers: HeaderMap) -> Response {
    let range = headers
        .get("range")
        .map(|range| range.to_str().unwrap().to_owned());
    files
        .asked
        .lock()
        .unwrap()
        .push(range.clone().unwrap_or_default());
    let length = files.archive.len();
    let from = range.and_then(|range| {
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    });
    match (files.mood, from) {
        (Mood::Missing, _) => StatusCode::NOT_FOUND.into_response(),
        (Mood::HangsUp, None) => {
            let half = files.archive[..length / 2].to_vec();
            // The pause lets the first half leave before the connection breaks.
            let gone = stream::once(async {
                tokio::task::yield_now().await;
                Err(std::io::Error::other("gone"))
            });
            let cut = Body::from_stream(stream::iter([Ok(half)]).chain(gone));
            ([("content-length", length.to_string())], cut).into_response()
        }
        (Mood::Kind | Mood::HangsUp, Some(from)) => {
            let range = format!("bytes {from}-{}/{length}", length - 1);
            let rest = files.archive.get(from..).unwrap_or_default().to_vec();
            (
                StatusCode::PARTIAL_CONTENT,
                [("content-range", range)],
                rest,
            )
                .into_response()
        }
        (Mood::Kind, None) | (Mood::IgnoresRanges, _) => files.archive.into_response(),
    }
}

async fn install_from(
    files: &Files,
    folder: &Path,
    sha256: &str,
) -> Result<std::path::PathBuf, InstallError> {
    let url = files.serve().await.parse().unwrap();
    let release = Release::choose(Some(&url), None, Some(sha256)).unwrap();
    install(
        InstallOptions {
            data_dir: folder.to_owned(),
            release,
        },
        |_| {},
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn installs_the_program_and_nothing_else() {
    let (files, folder) = (Files::new(Mood::Kind), tempfile::tempdir().unwrap());
    let url = files.serve().await.parse().unwrap();
    let release = Release::choose(Some(&url), None, Some(&files.sha256())).unwrap();
    let last = Mutex::new(None);

    let options = InstallOptions {
        data_dir: folder.path().to_owned(),
        release,
    };
    let program = install(options, |progress| *last.lock().unwrap() = Some(progress))
        .await
        .unwrap();

    assert_eq!(program, folder.path().join("engine/cli-proxy-api"));
    assert_eq!(std::fs::read(&program).unwrap(), PROGRAM);
    assert_eq!(
        std::fs::metadata(&program).unwrap().permissions().mode() & 0o777,
        0o755
    );
    let mut left: Vec<_> = std::fs::read_dir(program.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["cli-proxy-api", "cli-proxy-api.sha256"]);
    let last = last.into_inner().unwrap().unwrap();
    assert_eq!(last.total_bytes, Some(last.downloaded_bytes));
}

#[tokio::test(flavor = "multi_thread")]
async fn installing_twice_downloads_once() {
    let (files, folder) = (Files::new(Mood::Kind), tempfile::tempdir().unwrap());
    let sha256 = files.sha256();

    let first = install_from(&files, folder.path(), &sha256).await.unwrap();
    let second = install_from(&files, folder.path(), &sha256).await.unwrap();
    assert_eq!(
        (first.as_path(), files.asked().len()),
        (second.as_path(), 1)
    );

    std::fs::write(&first, "harmed").unwrap();
    install_from(&files, folder.path(), &sha256).await.unwrap();
    assert_eq!(std::fs::read(first).unwrap(), PROGRAM);
}

#[tokio::test(flavor = "multi_thread")]
async fn resumes_an_interrupted_download() {
    let (files, folder) = (Files::new(Mood::HangsUp), tempfile::tempdir().unwrap());

    let program = install_from(&files, folder.path(), &files.sha256())
        .await
        .unwrap();

    assert_eq!(std::fs::read(program).unwrap(), PROGRAM);
    assert_eq!(files.asked().len(), 2);
    assert!(files.asked()[1].starts_with("bytes="));
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_a_download_without_range_support() {
    let (files, folder) = (
        Files::new(Mood::IgnoresRanges),
        tempfile::tempdir().unwrap(),
    );
    let release = Release::choose(None, None, Some(&files.sha256())).unwrap();
    let part = folder
        .path()
        .join("engine")
        .join(format!("{}.part", release.file));
    std::fs::create_dir_all(part.parent().unwrap()).unwrap();
    std::fs::write(part, "something old").unwrap();

    let program = install_from(&files, folder.path(), &files.sha256())
        .await
        .unwrap();

    assert_eq!(std::fs::read(program).unwrap(), PROGRAM);
    assert_eq!(files.asked(), ["bytes=13-"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_checksum_installs_nothing_and_names_both() {
    let (files, folder) = (Files::new(Mood::Kind), tempfile::tempdir().unwrap());
    let wrong = "ab".repeat(32);

    let error = install_from(&files, folder.path(), &wrong)
        .await
        .unwrap_err();

    let words = error.to_string();
    assert!(
        words.contains(&wrong) && words.contains(&files.sha256()),
        "{words}"
    );
    assert_eq!(
        std::fs::read_dir(folder.path().join("engine"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_reported() {
    let (files, folder) = (Files::new(Mood::Missing), tempfile::tempdir().unwrap());

    let error = install_from(&files, folder.path(), &files.sha256())
        .await
        .unwrap_err();

    assert!(
        error.to_string().ends_with("the server answered 404"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_reported() {
    let (files, folder) = (Files::new(Mood::Kind), tempfile::tempdir().unwrap());
    let release = Release::choose(None, None, Some(&files.sha256())).unwrap();
    let part = folder
        .path()
        .join("engine")
        .join(format!("{}.part", release.file));
    std::fs::create_dir_all(part.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/full", part).unwrap();

    let error = install_from(&files, folder.path(), &files.sha256())
        .await
        .unwrap_err();

    assert!(
        error.to_string().contains("No space left on device"),
        "{error}"
    );
}
