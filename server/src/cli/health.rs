//! `healthcheck`, for containers and scripts.

use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

use super::Done;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Checks the health of a running server.
#[derive(Debug, Args)]
pub(super) struct Healthcheck {
    /// The port of the server on this machine.
    #[arg(long, env = "PORT", default_value = "3000", value_name = "PORT")]
    port: u16,
}

impl Healthcheck {
    pub(super) async fn run(self) -> Done {
        let url = format!("http://127.0.0.1:{}/healthz", self.port);
        check(&url).await?;
        Ok(())
    }
}

async fn check(url: &str) -> anyhow::Result<()> {
    let client = crate::tls::http_client()
        .no_proxy()
        .timeout(REQUEST_TIMEOUT)
        .build()?;
    let response = client
        .get(url)
        .send()
        .await
        .with_context(|| format!("no response from {url}"))?;
    let status = response.status();
    if !status.is_success() {
        bail!(
            "the server is unhealthy ({status}): {}",
            response.text().await.unwrap_or_default()
        );
    }
    Ok(())
}
