//! Downloads an archive with resumption.

use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_RANGE, RANGE};
use reqwest::Response;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::DownloadProgress;
use super::error::InstallError;
use super::release::Release;

/// Larger than any release; in bytes.
const LIMIT_BYTES: u64 = 256 * 1024 * 1024;
/// The time limit for the response, and for each further byte.
const SILENCE: Duration = Duration::from_secs(30);
/// Consecutive attempts without progress before the download fails.
const ATTEMPTS: u32 = 3;
/// The delay between attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// The download of one archive.
pub(super) struct ArchiveDownload<'a> {
    http: reqwest::Client,
    url: String,
    part: &'a Path,
}

impl<'a> ArchiveDownload<'a> {
    /// Downloads this release into this file.
    pub(super) fn new(release: &Release, part: &'a Path) -> Result<Self, InstallError> {
        let url = release.url.clone();
        let http = crate::tls::http_client()
            .connect_timeout(SILENCE)
            .read_timeout(SILENCE)
            .build()
            .map_err(|error| network(&url, &error))?;
        Ok(Self { http, url, part })
    }

    /// Downloads the missing bytes; retries while attempts make progress.
    pub(super) async fn run(
        &self,
        progress: &(impl Fn(DownloadProgress) + Sync),
    ) -> Result<(), InstallError> {
        let mut idle_attempts = 0;
        loop {
            let before = self.downloaded().await?;
            let Err(error) = self.attempt(before, progress).await else {
                return Ok(());
            };
            idle_attempts = if self.downloaded().await? > before {
                0
            } else {
                idle_attempts + 1
            };
            let is_final = !matches!(error, InstallError::Network { .. });
            if is_final || idle_attempts == ATTEMPTS {
                return Err(error);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn attempt(
        &self,
        from: u64,
        progress: &(impl Fn(DownloadProgress) + Sync),
    ) -> Result<(), InstallError> {
        let mut answer = self.ask(from).await?;
        if answer.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            if total(&answer) == Some(from) {
                return Ok(());
            }
            // The partial file is longer than the archive, so it is another file.
            self.truncate().await?;
            answer = self.ask(0).await?;
        }
        match answer.status() {
            StatusCode::PARTIAL_CONTENT if starts_at(&answer, from) => {
                self.take(answer, from, progress).await
            }
            // The server ignored the range and sends the whole archive.
            StatusCode::OK => {
                self.truncate().await?;
                self.take(answer, 0, progress).await
            }
            status => Err(InstallError::Status {
                url: self.url.clone(),
                status: status.as_u16(),
            }),
        }
    }

    async fn ask(&self, from: u64) -> Result<Response, InstallError> {
        let mut request = self.http.get(&self.url);
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        request
            .send()
            .await
            .map_err(|error| network(&self.url, &error))
    }

    async fn take(
        &self,
        mut answer: Response,
        from: u64,
        progress: &(impl Fn(DownloadProgress) + Sync),
    ) -> Result<(), InstallError> {
        let total_bytes = answer.content_length().map(|rest| from + rest);
        self.check(total_bytes.unwrap_or(0))?;
        let mut downloaded_bytes = from;
        let mut file = self.open().await?;
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| network(&self.url, &error))?
        {
            downloaded_bytes += chunk.len() as u64;
            self.check(downloaded_bytes)?;
            // Flushed for each chunk, so that a failure loses no received bytes.
            file.write_all(&chunk)
                .await
                .map_err(|error| self.disk(error))?;
            file.flush().await.map_err(|error| self.disk(error))?;
            progress(DownloadProgress {
                downloaded_bytes,
                total_bytes,
            });
        }
        file.sync_all().await.map_err(|error| self.disk(error))
    }

    fn check(&self, bytes: u64) -> Result<(), InstallError> {
        if bytes <= LIMIT_BYTES {
            return Ok(());
        }
        Err(InstallError::TooLarge {
            url: self.url.clone(),
            limit_bytes: LIMIT_BYTES,
        })
    }

    async fn downloaded(&self) -> Result<u64, InstallError> {
        match tokio::fs::metadata(self.part).await {
            Ok(file) => Ok(file.len()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(self.disk(error)),
        }
    }

    async fn open(&self) -> Result<File, InstallError> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.part)
            .await;
        file.map_err(|error| self.disk(error))
    }

    async fn truncate(&self) -> Result<(), InstallError> {
        let file = File::create(self.part).await;
        file.map(drop).map_err(|error| self.disk(error))
    }

    fn disk(&self, error: std::io::Error) -> InstallError {
        InstallError::disk(self.part, error)
    }
}

/// Whether a partial response starts at the end of the partial file.
fn starts_at(answer: &Response, from: u64) -> bool {
    range(answer).is_some_and(|range| range.starts_with(&format!("bytes {from}-")))
}

/// The size of the file, from a range response.
fn total(answer: &Response) -> Option<u64> {
    range(answer)?.rsplit_once('/')?.1.parse().ok()
}

fn range(answer: &Response) -> Option<&str> {
    answer.headers().get(CONTENT_RANGE)?.to_str().ok()
}

fn network(url: &str, error: &reqwest::Error) -> InstallError {
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        reason = source.to_string();
        cause = source.source();
    }
    InstallError::Network {
        url: url.to_owned(),
        reason,
    }
}
