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

/// The interval between two requests of a user.
const REQUEST_INTERVAL: Duration = Duration::from_secs(1);
/// One request in this many is a stream; the others are short answers.
const STREAM_EVERY: usize = 5;
/// How long before the first request all requests of a round are prepared.
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
        let users = u32::try_from(self.keys.len())?;
        let step = REQUEST_INTERVAL / users;
        let turns = usize::try_from(self.length.as_nanos() / step.as_nanos())?;
        let first_request_at = Instant::now() + HEAD_START;
        let mut requests = JoinSet::new();
        for turn in 0..turns {
            let scheduled_at = first_request_at + step * u32::try_from(turn)?;
            let key = self.keys[turn % self.keys.len()].clone();
            let is_stream = is_stream(turn, self.keys.len());
            requests.spawn(ask(
                self.http.clone(),
                self.address,
                key,
                is_stream,
                scheduled_at,
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

/// Spreads the streams over the users.
fn is_stream(turn: usize, users: usize) -> bool {
    let (user, lap) = (turn % users, turn / users);
    (user + lap).is_multiple_of(STREAM_EVERY)
}

async fn ask(
    http: Http,
    address: SocketAddr,
    key: String,
    is_stream: bool,
    scheduled_at: Instant,
) -> anyhow::Result<(Timing, Option<String>)> {
    let words = if is_stream { stub::BRIEFLY } else { "hello" };
    let body = stub::request(is_stream, words);
    sleep_until(scheduled_at).await;
    let answer = chat(&http, address, &key, body).await?;
    ensure!(answer.status().is_success(), "answered {}", answer.status());
    let id = answer.headers().get("x-request-id");
    let id = id.map(|id| id.to_str().map(str::to_owned)).transpose()?;
    let mut body = answer.into_body();
    let mut last = body.frame().await.context("an empty answer")??;
    let first = scheduled_at.elapsed();
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
    let whole = scheduled_at.elapsed();
    Ok((
        Timing {
            is_stream,
            first,
            whole,
        },
        id,
    ))
}
