//! A peer to compare with: the proxy of `LiteLLM`, without a database.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::bail;
use tokio::{net::TcpStream, time::sleep};

use crate::{
    process::{Process, command, free_address, tail},
    stub,
};

/// The key of requests.
pub(crate) const KEY: &str = "sk-benchmark";

/// Its imports alone take several seconds.
const LONGEST_START: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct LiteLlm {
    pub(crate) address: SocketAddr,
    process: Process,
}

impl LiteLlm {
    /// Starts `program`, the `litellm` command of `pip install 'litellm[proxy]'`.
    pub(crate) async fn start(
        program: PathBuf,
        home: &Path,
        upstream: SocketAddr,
    ) -> anyhow::Result<Self> {
        let address = free_address()?;
        let home = home.join("litellm");
        fs::create_dir(&home)?;
        let path = home.join("config.yaml");
        fs::write(&path, configuration(upstream))?;
        let log = home.join("litellm.log");
        let output = fs::File::create(&log)?;
        let mut command = command(&program);
        command
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .env("LITELLM_LOG", "ERROR")
            .env_remove("DATABASE_URL")
            .arg("--config")
            .arg(&path)
            .args(["--host", &address.ip().to_string()])
            .args(["--port", &address.port().to_string()])
            .args(["--telemetry", "False"])
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut process = Process::spawn(&mut command)?;
        let started = Instant::now();
        while started.elapsed() < LONGEST_START && process.is_running()? {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(Self { address, process });
            }
            sleep(POLL).await;
        }
        bail!("LiteLLM did not start:\n{}", tail(&log))
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }
}

fn configuration(upstream: SocketAddr) -> String {
    let model = stub::MODEL;
    format!(
        "model_list:
  - model_name: {model}
    litellm_params:
      model: openai/{model}
      api_base: http://{upstream}/v1
      api_key: sk-upstream
general_settings:
  master_key: {KEY}
"
    )
}
