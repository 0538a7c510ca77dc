//! Usage as it happens: what was settled since the last tick, and the day so far.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::request;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Preset, Sums, Usage, UsageFilter};
use crate::domain::{
    Error, Result,
    requests::{RequestFilter, RequestLog},
};

/// Seconds between two ticks, at most.
const LONGEST_INTERVAL: u64 = 60 * 60;

/// Requests that are counted at one go.
const MOST_AT_ONCE: usize = 4096;

/// What happened.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    pub at: DateTime<Utc>,
    /// Settled since the last tick, or since the beginning.
    pub since_last: Sums,
    pub today: Sums,
}

/// Somebody who follows usage.
struct Follower<F> {
    usage: Usage,
    filter: UsageFilter,
    zone: Tz,
    requests: F,
    ticks: Interval,
    since_last: Sums,
}

impl Usage {
    /// Ticks at once and then regularly. Whoever is slow gets fewer ticks, of which each tells more:
    /// no request is missing and none is told twice.
    pub async fn follow(
        &self,
        requests: &RequestLog,
        filter: UsageFilter,
        (seconds, zone): (i32, Tz),
    ) -> Result<impl Stream<Item = Result<Tick>> + Send + use<>> {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        if !(1..=LONGEST_INTERVAL).contains(&seconds) {
            let message = format!("an interval has 1 to {LONGEST_INTERVAL} seconds");
            return Err(Error::BadInput(message));
        }
        let mut ticks = interval(Duration::from_secs(seconds));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let follower = Follower {
            usage: self.clone(),
            filter,
            zone,
            requests: Box::pin(requests.follow(RequestFilter::default(), None).await?),
            ticks,
            since_last: Sums::default(),
        };
        Ok(stream::try_unfold(follower, |mut follower| async move {
            Ok(follower.next().await?.map(|tick| (tick, follower)))
        }))
    }
}

impl<F> Follower<F>
where
    F: Stream<Item = Result<Arc<request::Model>>> + Unpin,
{
    async fn next(&mut self) -> Result<Option<Tick>> {
        loop {
            tokio::select! {
                // Under a load that never pauses, the tick must come all the same.
                biased;
                _ = self.ticks.tick() => return self.tick().await.map(Some),
                row = self.requests.next() => match row {
                    Some(row) => self.count(&*row?),
                    None => return Ok(None),
                }
            }
        }
    }

    fn count(&mut self, row: &request::Model) {
        if self.filter.matches(row) {
            self.since_last.add(&Sums::of(row), 1);
        }
    }

    async fn tick(&mut self) -> Result<Tick> {
        // Who is slower than the interval comes only here.
        for _ in 0..MOST_AT_ONCE {
            let Some(Some(row)) = self.requests.next().now_or_never() else {
                break;
            };
            self.count(&*row?);
        }
        let today = self.usage.span(Preset::Today, self.zone).await?;
        let today = self.usage.totals(today, &self.filter).await?;
        Ok(Tick {
            at: self.usage.now(),
            since_last: std::mem::take(&mut self.since_last),
            today,
        })
    }
}
