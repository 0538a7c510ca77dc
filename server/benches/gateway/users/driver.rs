//! Sends requests at fixed times, and never waits for one before it sends the next.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, ensure};
use http_body_util::BodyExt as _;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{Outcome, Timing};
use crate::{
    client::{self, Http, chat},
    stub,
};

/// From one question of a user to the next.
const THINK: Duration = Duration::from_secs(1);
/// One request in so many is a stream; the others are short answers.
const STREAM_EVERY: usize = 5;
/// Time to prepare all requests of a round before the first is sent.
const HEAD_START: Duration = Duration::from_millis(500);

/// One round against one target.
#[derive(Debug)]
pub(super) struct Driver<'a> {
    address: SocketAddr,
    keys: &'a [String],
    length: Duration,
    http: Http,
}

impl<'a> Driver<'a> {
    pub(super) fn new(address: SocketAddr, keys: &'a [String], length: Duration) -> Self {
        Self {
            address,
            keys,
            length,
            http: client::http(),
        }
    }

    pub(super) async fn run(&self) -> anyhow::Result<Outcome> {
        let crowd = u32::try_from(self.keys.len())?;
        let step = THINK / crowd;
        let turns = usize::try_from(self.length.as_nanos() / step.as_nanos())?;
        let began = Instant::now() + HEAD_START;
        let mut requests = JoinSet::new();
        for turn in 0..turns {
            let intended = began + step * u32::try_from(turn)?;
            let key = self.keys[turn % self.keys.len()].clone();
            let is_stream = is_stream(turn, self.keys.len());
            requests.spawn(ask(
                self.http.clone(),
                self.address,
                key,
                is_stream,
                intended,
            ));
        }
        let mut outcome = Outcome::default();
        while let Some(ended) = requests.join_next().await {
            match ended? {
                Ok((timing, id)) => {
                    outcome.timings.push(timing);
                    outcome.ids.extend(id);
                }
                Err(error) => outcome.errors.push(format!("{error:#}")),
            }
        }
        Ok(outcome)
    }
}

/// Users stream from time to time, not all together.
fn is_stream(turn: usize, crowd: usize) -> bool {
    let (user, lap) = (turn % crowd, turn / crowd);
    (user + lap).is_multiple_of(STREAM_EVERY)
}

async fn ask(
    http: Http,
    address: SocketAddr,
    key: String,
    is_stream: bool,
    intended: Instant,
) -> anyhow::Result<(Timing, Option<String>)> {
    let words = if is_stream { stub::BRIEFLY } else { "hello" };
    let body = stub::request(is_stream, words);
    sleep_until(intended).await;
    let answer = chat(&http, address, &key, body).await?;
    ensure!(answer.status().is_success(), "answered {}", answer.status());
    let id = answer.headers().get("x-request-id");
    let id = id.map(|id| id.to_str().map(str::to_owned)).transpose()?;
    let mut body = answer.into_body();
    let mut last = body.frame().await.context("an empty answer")??;
    let first = intended.elapsed();
    let mut end = Vec::new();
    loop {
        if let Ok(data) = last.into_data() {
            end.drain(..end.len().saturating_sub(stub::DONE.len()));
            end.extend_from_slice(&data);
        }
        match body.frame().await {
            Some(frame) => last = frame?,
            None => break,
        }
    }
    ensure!(!is_stream || end.ends_with(stub::DONE), "a stream was cut");
    let whole = intended.elapsed();
    Ok((
        Timing {
            is_stream,
            first,
            whole,
        },
        id,
    ))
}
