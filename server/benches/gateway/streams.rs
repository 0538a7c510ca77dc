//! Memory of many open streams.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, ensure};
use http_body_util::BodyExt as _;
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use crate::{
    client::{self, Http, chat},
    gateway::Gateway,
    stub,
};

/// Concurrent streams.
pub(crate) const OPEN_STREAMS: usize = 500;

/// Time for each stream to carry some twenty events.
const SETTLE: Duration = Duration::from_secs(2);

/// Opens the streams, waits while they carry events and returns the gateway's resident memory in bytes.
pub(crate) async fn memory_with_open_streams(gateway: &Gateway, key: &str) -> anyhow::Result<u64> {
    let http = client::http();
    let (started, mut starts) = mpsc::channel(OPEN_STREAMS);
    let mut streams = JoinSet::new();
    for _ in 0..OPEN_STREAMS {
        streams.spawn(read(
            http.clone(),
            gateway.address,
            key.to_owned(),
            started.clone(),
        ));
    }
    for _ in 0..OPEN_STREAMS {
        tokio::select! {
            start = starts.recv() => start.context("no stream is left")?,
            Some(end) = streams.join_next() => {
                end?.context("a stream ended early")?;
                anyhow::bail!("a stream ended early");
            }
        }
    }
    sleep(SETTLE).await;
    ensure!(streams.try_join_next().is_none(), "a stream ended early");
    gateway.memory()
}

async fn read(
    http: Http,
    address: SocketAddr,
    key: String,
    started: mpsc::Sender<()>,
) -> anyhow::Result<()> {
    let answer = chat(&http, address, &key, stub::request(true, stub::SLOWLY)).await?;
    ensure!(answer.status().is_success(), "answered {}", answer.status());
    let mut body = answer.into_body();
    body.frame().await.context("an empty stream")??;
    started.send(()).await?;
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}
