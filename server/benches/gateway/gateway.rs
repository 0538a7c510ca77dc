//! The server under test, started as with an external engine.

use std::{
    fs::{self, OpenOptions},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::time::{sleep, timeout};

use crate::{
    client::{self, Http, chat},
    process::{Process, command, free_address, tail},
    stub,
};

/// The password of the administrator.
pub(crate) const PASSWORD: &str = "benchmark-administrator-1";

const LONGEST_START: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(2);
const RESTARTS: usize = 3;

/// `proxypal-server` with everything on.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    program: PathBuf,
    upstream: SocketAddr,
    home: PathBuf,
    process: Option<Process>,
}

impl Gateway {
    /// The server of this build, or what `TEST_SERVER_BINARY` names.
    pub(crate) fn new(home: &Path, upstream: SocketAddr) -> anyhow::Result<Self> {
        let named = std::env::var_os("TEST_SERVER_BINARY");
        let program = named.unwrap_or_else(|| env!("CARGO_BIN_EXE_proxypal-server").into());
        Self::of(program.into(), &home.join("gateway"), upstream)
    }

    /// Another build of the server.
    pub(crate) fn of(program: PathBuf, home: &Path, upstream: SocketAddr) -> anyhow::Result<Self> {
        fs::create_dir(home)?;
        Ok(Self {
            address: free_address()?,
            program,
            upstream,
            home: home.to_owned(),
            process: None,
        })
    }

    /// Starts the server and waits for its first response.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        self.spawn()?;
        let http = client::http();
        let healthz = format!("http://{}/healthz", self.address).parse::<http::Uri>()?;
        let ready = async {
            while !matches!(http.get(healthz.clone()).await, Ok(answer) if answer.status().is_success())
            {
                sleep(POLL).await;
            }
        };
        timeout(LONGEST_START, ready)
            .await
            .with_context(|| self.complaint())
    }

    /// Stops and starts it a few times: the median from its start to the first answer of a model.
    pub(crate) async fn restarted_until_first_answer(
        &mut self,
        key: &str,
    ) -> anyhow::Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..RESTARTS {
            self.process = None;
            let started = Instant::now();
            self.spawn()?;
            let answered = timeout(LONGEST_START, self.until_first_answer(key)).await;
            answered.with_context(|| self.complaint())?;
            times.push(started.elapsed());
        }
        times.sort();
        Ok(times[times.len() / 2])
    }

    async fn until_first_answer(&self, key: &str) {
        let http = client::http();
        while !self.answers(&http, key).await.unwrap_or(false) {
            sleep(POLL).await;
        }
    }

    async fn answers(&self, http: &Http, key: &str) -> anyhow::Result<bool> {
        let answer = chat(http, self.address, key, stub::request(false, "hello")).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        ensure!(status == StatusCode::OK, "answered {status}");
        Ok(true)
    }

    pub(crate) fn process(&self) -> anyhow::Result<&Process> {
        self.process.as_ref().context("the gateway is not running")
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        self.process()?.memory()
    }

    pub(crate) fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self
            .process
            .as_mut()
            .context("the gateway was not started")?
            .is_running()?)
    }

    fn spawn(&mut self) -> anyhow::Result<()> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())?;
        let mut command = command(&self.program);
        // The environment is not inherited, so that a `DATABASE_URL` set by the user is never used.
        command
            .env_clear()
            .env("HOST", self.address.ip().to_string())
            .env("PORT", self.address.port().to_string())
            .env("DATA_DIR", self.home.join("data"))
            .env("ADMIN_PASSWORD", PASSWORD)
            .env("LOG_LEVEL", "warn")
            .env("ENGINE", "external")
            .env("ENGINE_URL", format!("http://{}", self.upstream))
            .env("ENGINE_API_KEY", "bench-engine-key")
            .stdout(log.try_clone()?)
            .stderr(log);
        self.process = Some(Process::spawn(&mut command)?);
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.home.join("gateway.log")
    }

    fn complaint(&self) -> String {
        format!("the gateway did not get ready:\n{}", tail(&self.log()))
    }
}
