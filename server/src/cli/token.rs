//! `token`: prints an access token for an agent that cannot sign in itself, and signs in when it has none.

use std::{
    fs,
    io::{IsTerminal as _, stderr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Args;
use reqwest::{Client, header::CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use url::{Url, form_urlencoded};

use super::{Done, terminal};
use crate::clock::{Clock as _, SystemClock};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// A token that ends sooner is refreshed, in seconds.
const REFRESH_BEFORE: i64 = 300;
/// The longest pause between two polls that a server may ask for, in seconds.
const MAX_INTERVAL: u64 = 60;
const MAX_ANSWER: usize = 64 * 1024;

/// Prints an access token for a ProxyPal server on standard output. Refreshes it when it ends soon, and signs in with the
/// browser when there is none.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// The URL of the server, such as <https://ai.example.org>.
    #[arg(value_name = "URL")]
    server: Url,

    /// The directory of the tokens, below which only you can read.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,

    #[arg(long, env = "HOME", hide = true, value_name = "DIRECTORY")]
    home: Option<PathBuf>,

    /// Print a token that is valid as long as the sign-in, for an agent that stores it; keep none.
    #[arg(long)]
    long_lived: bool,
}

/// The tokens in the file.
#[derive(Serialize, Deserialize)]
struct Stored {
    access_token: String,
    /// In seconds since 1970.
    expires_at: i64,
    refresh_token: String,
}

#[derive(Deserialize)]
struct Codes {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    interval: Option<u64>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: i64,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

/// The answer of the token endpoint.
enum Answer {
    Granted(Granted),
    Refused(Refusal),
}

impl Token {
    pub(super) async fn run(self) -> Done {
        let token = self.token().await?;
        terminal::print_line(&token);
        Ok(())
    }

    async fn token(&self) -> anyhow::Result<String> {
        let server = Server::new(&self.server)?;
        if self.long_lived {
            return Ok(server.sign_in("scope=long_lived").await?.access_token);
        }
        let file = self.file()?;
        let now = SystemClock.now().timestamp();
        if let Some(stored) = read(&file)? {
            if stored.expires_at > now + REFRESH_BEFORE {
                return Ok(stored.access_token);
            }
            match server.refresh(&stored.refresh_token).await? {
                Answer::Granted(granted) => return keep(&file, now, granted),
                Answer::Refused(refusal) if refusal.error == "invalid_grant" => {}
                Answer::Refused(refusal) => bail!(refusal.into_text()),
            }
        }
        // Agents run this as a helper, whose output no user sees.
        if !stderr().is_terminal() {
            bail!(
                "not signed in; run this in a terminal first: proxypal-server token {}",
                server.base
            );
        }
        keep(&file, now, server.sign_in("").await?)
    }

    /// One file for each server.
    fn file(&self) -> anyhow::Result<PathBuf> {
        let directory = match (&self.directory, &self.home) {
            (Some(directory), _) => directory.clone(),
            (None, Some(home)) => home.join(".config/proxypal"),
            (None, None) => bail!("HOME is not set; name a --directory"),
        };
        let name: String =
            form_urlencoded::byte_serialize(self.server.as_str().as_bytes()).collect();
        Ok(directory.join(format!("{name}.json")))
    }
}

/// The endpoints of a server.
struct Server {
    http: Client,
    base: String,
}

impl Server {
    fn new(url: &Url) -> anyhow::Result<Self> {
        let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !is_local {
            bail!(
                "the server must have an https URL, so that no one reads the tokens on their way"
            );
        }
        let http = crate::tls::http_client()
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("proxypal/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { http, base })
    }

    /// Signs in: shows a code, and polls until the user has decided.
    async fn sign_in(&self, form: &str) -> anyhow::Result<Granted> {
        let (status, text) = self.post("device_authorization", form.to_owned()).await?;
        let codes: Codes = match serde_json::from_str(&text) {
            Ok(codes) if status => codes,
            _ => bail!(refusal(&text).into_text()),
        };
        let page = codes.verification_uri_complete.as_ref();
        let page = page.unwrap_or(&codes.verification_uri);
        terminal::print_error(&format!(
            "Open {page}\nand compare the code: {}",
            codes.user_code
        ));
        let mut interval = codes.interval.unwrap_or(5).clamp(1, MAX_INTERVAL);
        loop {
            sleep(Duration::from_secs(interval)).await;
            let fields = [
                ("grant_type", DEVICE_CODE),
                ("device_code", codes.device_code.as_str()),
            ];
            match self.grant(&fields).await? {
                Answer::Granted(granted) => return Ok(granted),
                Answer::Refused(refusal) => match refusal.error.as_str() {
                    "authorization_pending" => {}
                    "slow_down" => interval = (interval + 5).min(MAX_INTERVAL),
                    _ => bail!(refusal.into_text()),
                },
            }
        }
    }

    async fn refresh(&self, refresh_token: &str) -> anyhow::Result<Answer> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ];
        self.grant(&fields).await
    }

    async fn grant(&self, fields: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let (is_success, text) = self.post("token", form).await?;
        Ok(match serde_json::from_str(&text) {
            Ok(granted) if is_success => Answer::Granted(granted),
            _ => Answer::Refused(refusal(&text)),
        })
    }

    /// Whether it succeeded, and the answer.
    async fn post(&self, path: &str, form: String) -> anyhow::Result<(bool, String)> {
        let url = format!("{}/oauth/{path}", self.base);
        let request = self.http.post(&url).body(form);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let sent = request.send().await;
        let mut response = sent.with_context(|| format!("no response from {}", self.base))?;
        let is_success = response.status().is_success();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                bail!("the answer of {} is too long", self.base);
            }
        }
        Ok((is_success, String::from_utf8_lossy(&body).into_owned()))
    }
}

impl Refusal {
    fn into_text(self) -> String {
        self.error_description.unwrap_or(self.error)
    }
}

fn refusal(text: &str) -> Refusal {
    serde_json::from_str(text).unwrap_or_else(|_| Refusal {
        error: "the server sent an invalid response; is this the URL of a ProxyPal server?"
            .to_owned(),
        error_description: None,
    })
}

/// `None` if there is no file, or an unreadable one.
fn read(file: &Path) -> anyhow::Result<Option<Stored>> {
    match fs::read(file) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// Stores the tokens where only this user can read them (the umask of this program), and returns the access token.
fn keep(file: &Path, now: i64, granted: Granted) -> anyhow::Result<String> {
    let Some(refresh_token) = granted.refresh_token else {
        return Ok(granted.access_token);
    };
    let stored = Stored {
        access_token: granted.access_token,
        expires_at: now.saturating_add(granted.expires_in),
        refresh_token,
    };
    let write = || -> std::io::Result<()> {
        if let Some(directory) = file.parent() {
            fs::create_dir_all(directory)?;
        }
        let partial = file.with_extension(format!("{}.part", std::process::id()));
        fs::write(&partial, serde_json::to_vec(&stored)?)?;
        fs::rename(&partial, file)
    };
    write().with_context(|| format!("cannot write {}", file.display()))?;
    Ok(stored.access_token)
}
