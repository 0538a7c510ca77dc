//! Live usage: at each interval, the sums of the requests settled since the last one, and of today.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::request;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{RequestFilter, RequestLog};
use crate::domain::{
    Error, Result,
    usage::{Preset, Sums, Usage, UsageFilter},
};

/// In seconds.
const MAX_INTERVAL: u64 = 60 * 60;

/// Requests that one tick counts at most.
const MAX_REQUESTS_PER_TICK: usize = 4096;

/// Usage at the end of an interval.
#[derive(Clone, Copy, Debug)]
pub struct UsageTick {
    pub at: DateTime<Utc>,
    /// Of requests settled since the last tick.
    pub since_last: Sums,
    pub today: Sums,
}

struct UsageFollower<F> {
    usage: Usage,
    filter: UsageFilter,
    zone: Tz,
    requests: F,
    ticks: Interval,
    since_last: Sums,
}

impl RequestLog {
    /// The first tick is sent immediately, the others every `seconds`. A slow reader gets fewer ticks, each with more
    /// requests; no request is skipped or counted twice.
    pub async fn follow_usage(
        &self,
        usage: &Usage,
        filter: UsageFilter,
        (seconds, zone): (i32, Tz),
    ) -> Result<impl Stream<Item = Result<UsageTick>> + Send + use<>> {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        if !(1..=MAX_INTERVAL).contains(&seconds) {
            let message = format!("intervalSeconds must be between 1 and {MAX_INTERVAL}");
            return Err(Error::BadInput(message));
        }
        let mut ticks = interval(Duration::from_secs(seconds));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let follower = UsageFollower {
            usage: usage.clone(),
            filter,
            zone,
            requests: Box::pin(self.follow(RequestFilter::default(), None).await?),
            ticks,
            since_last: Sums::default(),
        };
        Ok(stream::try_unfold(follower, |mut follower| async move {
            Ok(follower.next().await?.map(|tick| (tick, follower)))
        }))
    }
}

impl<F> UsageFollower<F>
where
    F: Stream<Item = Result<Arc<request::Model>>> + Unpin,
{
    async fn next(&mut self) -> Result<Option<UsageTick>> {
        loop {
            tokio::select! {
                // Ticks come first, so that they are sent under continuous load.
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

    async fn tick(&mut self) -> Result<UsageTick> {
        // A reader slower than the interval counts requests only here.
        for _ in 0..MAX_REQUESTS_PER_TICK {
            let Some(Some(row)) = self.requests.next().now_or_never() else {
                break;
            };
            self.count(&*row?);
        }
        let today = self.usage.span(Preset::Today, self.zone).await?;
        let today = self.usage.totals(today, &self.filter).await?;
        Ok(UsageTick {
            at: self.usage.now(),
            since_last: std::mem::take(&mut self.since_last),
            today,
        })
    }
}
