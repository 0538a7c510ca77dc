//! The release feed: a list of releases in the format of GitHub's API.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::Url;

use super::error::UpdateError;
use crate::engine::install::machine;

/// The releases of the project.
const DEFAULT_FEED: &str =
    "https://api.github.com/repos/router-for-me/CLIProxyAPI/releases?per_page=30";
/// The checksums of all files of a release, as `sha256sum` prints them.
const CHECKSUMS: &str = "checksums.txt";
/// Bytes of the list, and of the checksums of a release.
const MAX_FEED_BYTES: usize = 8 * 1024 * 1024;
const MAX_CHECKSUM_BYTES: usize = 256 * 1024;
/// The releases that are kept, latest first as in the feed.
const MAX_RELEASES: usize = 50;
/// Characters of the notes; the rest is cut.
const MAX_NOTES: usize = 8000;
const MAX_VERSION: usize = 40;
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// A release of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineRelease {
    /// Without the leading `v`.
    pub version: String,
    /// The changes, as plain text; at most 8000 characters.
    pub notes: String,
    pub published_at: Option<DateTime<Utc>>,
    pub is_prerelease: bool,
    /// The archive for this machine; none if the release has none or no checksums.
    pub archive: Option<ReleaseArchive>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseArchive {
    pub file: String,
    pub url: Url,
    pub size_bytes: Option<u64>,
    checksums: Url,
}

#[derive(Deserialize)]
struct FeedRelease {
    tag_name: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    published_at: Option<DateTime<Utc>>,
    #[serde(default)]
    prerelease: bool,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    assets: Vec<FeedAsset>,
}

#[derive(Deserialize)]
struct FeedAsset {
    name: String,
    browser_download_url: String,
    #[serde(default)]
    size: Option<u64>,
}

/// The feed of the project.
pub fn default_feed() -> Url {
    #[expect(clippy::expect_used, reason = "the address is a constant")]
    Url::parse(DEFAULT_FEED).expect("a valid address")
}

/// Reads the releases of a feed, in its order.
pub(super) async fn releases(feed: &Url) -> Result<Vec<EngineRelease>, UpdateError> {
    let text = get(feed, MAX_FEED_BYTES).await?;
    parse(feed, &text)
}

/// The SHA-256 of an archive, from the checksums of its release.
pub(super) async fn checksum(archive: &ReleaseArchive) -> Result<String, UpdateError> {
    let text = get(&archive.checksums, MAX_CHECKSUM_BYTES).await?;
    let text = String::from_utf8_lossy(&text);
    checksum_in(&text, &archive.file).ok_or_else(|| UpdateError::NoChecksum(archive.file.clone()))
}

fn parse(feed: &Url, text: &[u8]) -> Result<Vec<EngineRelease>, UpdateError> {
    let invalid =
        |error: serde_json::Error| UpdateError::InvalidFeed(feed.clone(), error.to_string());
    let releases: Vec<FeedRelease> = serde_json::from_slice(text).map_err(invalid)?;
    let releases = releases.into_iter().filter(|release| !release.draft);
    Ok(releases
        .filter_map(|release| read(feed, release))
        .take(MAX_RELEASES)
        .collect())
}

/// None for a release whose version could not be a file name.
fn read(feed: &Url, release: FeedRelease) -> Option<EngineRelease> {
    let version = release.tag_name.trim().trim_start_matches('v').to_owned();
    if !is_version(&version) {
        return None;
    }
    let asset = |name: &str| release.assets.iter().find(|asset| asset.name == name);
    let machine = machine(std::env::consts::ARCH);
    let file = format!("CLIProxyAPI_{version}_linux_{machine}.tar.gz");
    let url = |asset: &FeedAsset| {
        let url = feed.join(&asset.browser_download_url).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    };
    let archive = asset(&file).and_then(|archive| {
        Some(ReleaseArchive {
            url: url(archive)?,
            size_bytes: archive.size,
            checksums: url(asset(CHECKSUMS)?)?,
            file,
        })
    });
    Some(EngineRelease {
        version,
        notes: plain(&release.body.unwrap_or_default()),
        published_at: release.published_at,
        is_prerelease: release.prerelease,
        archive,
    })
}

/// Whether it is a version, and safe as the name of a directory.
pub(super) fn is_version(version: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
    version.len() <= MAX_VERSION
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(is_plain)
        && !version.contains("..")
}

/// Text without control characters, up to the limit.
fn plain(notes: &str) -> String {
    let notes = notes.replace("\r\n", "\n");
    let kept = notes.chars().filter(|c| !c.is_control() || *c == '\n');
    kept.take(MAX_NOTES).collect::<String>().trim().to_owned()
}

fn checksum_in(text: &str, file: &str) -> Option<String> {
    let mut lines = text
        .lines()
        .filter_map(|line| line.split_once(char::is_whitespace));
    let (sum, _) = lines.find(|(_, name)| name.trim().trim_start_matches('*') == file)?;
    let sum = sum.to_lowercase();
    hex::decode(&sum)
        .is_ok_and(|bytes| bytes.len() == 32)
        .then_some(sum)
}

/// The body of a successful answer, up to this size.
async fn get(url: &Url, max_bytes: usize) -> Result<Vec<u8>, UpdateError> {
    let failed = |error: reqwest::Error| UpdateError::unreachable(url, &error);
    let http = crate::tls::http_client()
        .timeout(TIME_LIMIT)
        .user_agent(concat!("proxypal-server/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(failed)?;
    let mut answer = http.get(url.clone()).send().await.map_err(failed)?;
    if !answer.status().is_success() {
        return Err(UpdateError::Status(url.clone(), answer.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(failed)? {
        if body.len() + piece.len() > max_bytes {
            return Err(UpdateError::TooLarge(url.clone(), max_bytes));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn feed() -> Url {
        Url::parse("http://releases.example/engine/releases.json").unwrap()
    }

    #[test]
    fn a_release_without_an_archive_for_this_machine_or_checksums_cannot_be_installed() {
        let machine = machine(std::env::consts::ARCH);
        let archive = json!({"name": format!("CLIProxyAPI_8.0.0_linux_{machine}.tar.gz"), "size": 9,
            "browser_download_url": "8.0.0/archive"});
        let checksums = json!({"name": "checksums.txt", "browser_download_url": "8.0.0/sums"});
        let text = json!([
            {"tag_name": "v8.0.0", "assets": [archive, checksums], "body": "One\r\nTwo\u{7}"},
            {"tag_name": "v8.0.0", "assets": [archive]},
            {"tag_name": "v8.0.0", "assets": [checksums]},
            {"tag_name": "../../etc", "assets": []},
            {"tag_name": "v9", "draft": true},
        ]);

        let releases = parse(&feed(), text.to_string().as_bytes()).unwrap();

        assert_eq!(releases.len(), 3);
        let archive = releases[0].archive.as_ref().unwrap();
        assert_eq!(
            archive.url.as_str(),
            "http://releases.example/engine/8.0.0/archive"
        );
        assert_eq!(releases[0].notes, "One\nTwo");
        assert!(
            releases[1..]
                .iter()
                .all(|release| release.archive.is_none())
        );
        assert!(parse(&feed(), b"{}").is_err());
    }

    #[test]
    fn finds_a_checksum_in_both_formats_of_sha256sum() {
        let sum = "AB".repeat(32);
        let text = format!("{sum}  other.tar.gz\n{sum} *this.tar.gz\nshort  bad.tar.gz\n");

        assert_eq!(checksum_in(&text, "this.tar.gz"), Some(sum.to_lowercase()));
        assert_eq!(checksum_in(&text, "bad.tar.gz"), None);
        assert_eq!(checksum_in(&text, "none.tar.gz"), None);
    }
}
