//! How much of a window an account has probably used: its last reading, and what the provider has not reported yet.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::{StopLines, SubscriptionWindow, SubscriptionWindows};

/// Requests whose end is remembered.
const MAX_ENDED: usize = 4096;
/// A request that ended before is in the readings, if the provider reports any. So a wrong estimate ends soon.
const REPORTED_AFTER: TimeDelta = TimeDelta::seconds(60);
/// The part of a window that a request uses before that was observed, in percent.
const FIRST_ESTIMATE: f64 = 0.5;
/// Bounds of what a request is taken to use, in percent.
const ESTIMATES: (f64, f64) = (0.01, 5.0);
/// Readings are whole percents: what requests use is computed over at least this many of them, or this many requests.
const STEP_PERCENT: i32 = 3;
const STEP_REQUESTS: u32 = 30;
/// The part of the estimate that the latest step is.
const LATEST: f64 = 0.4;

/// A window that stops an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedWindow {
    pub name: String,
    /// The percentage at which it is stopped.
    pub stop_at_percent: u8,
    pub resets_at: DateTime<Utc>,
}

/// The requests of one account.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    pub(super) running: u32,
    /// When the latest request began.
    pub(super) begun_at: Option<DateTime<Utc>>,
    /// When the provider accepts requests again, after it refused one.
    pub(super) refused_until: Option<DateTime<Utc>>,
    ended: VecDeque<DateTime<Utc>>,
    typical: HashMap<String, Typical>,
}

/// The part of one window that a request uses.
#[derive(Debug)]
struct Typical {
    /// The reading from which the present step is counted.
    from: (DateTime<Utc>, SubscriptionWindow),
    percent: f64,
}

impl Gauge {
    pub(super) fn begin(&mut self, now: DateTime<Utc>) {
        self.begun_at = Some(now);
        self.running = self.running.saturating_add(1);
    }

    pub(super) fn end(&mut self, now: DateTime<Utc>) {
        self.running = self.running.saturating_sub(1);
        if self.ended.len() == MAX_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(now);
    }

    /// The window that stops the account, if one does: that which resets last. `None` without a reading.
    pub(super) fn stopped(
        &mut self,
        lines: &StopLines,
        reported: &SubscriptionWindows,
        now: DateTime<Utc>,
    ) -> Option<StoppedWindow> {
        let mut stopped: Option<StoppedWindow> = None;
        for (name, line) in &lines.0 {
            let mut windows = reported.windows.iter();
            let Some(window) = windows.find(|window| window.name == *name) else {
                continue;
            };
            let Some(resets_at) = enforceable(window, now) else {
                continue;
            };
            let level = self.level(window, reported.reported_at, now);
            if level.stops_at(*line) && stopped.as_ref().is_none_or(|one| one.resets_at < resets_at)
            {
                stopped = Some(StoppedWindow {
                    name: name.clone(),
                    stop_at_percent: *line,
                    resets_at,
                });
            }
        }
        stopped
    }

    fn level(
        &mut self,
        window: &SubscriptionWindow,
        observed_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Level {
        let percent = self.typical(window, observed_at);
        let since = observed_at.max(now - REPORTED_AFTER);
        Level {
            reported: window.used_percent,
            unreported: self.running + self.ended_after(since),
            typical: percent,
        }
    }

    /// The part of this window that a request uses, in percent; learns from the difference between two readings.
    fn typical(&mut self, window: &SubscriptionWindow, observed_at: DateTime<Utc>) -> f64 {
        let ended = &self.ended;
        let typical = self
            .typical
            .entry(window.name.clone())
            .or_insert_with(|| Typical {
                from: (observed_at, window.clone()),
                percent: FIRST_ESTIMATE,
            });
        let (from, before) = &typical.from;
        let gained = window.used_percent - before.used_percent;
        let is_other_cycle = match (before.resets_at, window.resets_at) {
            (Some(before), Some(at)) => (at - before).abs() > TimeDelta::minutes(2),
            (before, at) => before != at,
        };
        if is_other_cycle || gained < 0 {
            typical.from = (observed_at, window.clone());
            return typical.percent;
        }
        let between = ended
            .iter()
            .filter(|at| **at > *from && **at <= observed_at);
        let requests = u32::try_from(between.count()).unwrap_or(u32::MAX);
        let is_step = gained >= STEP_PERCENT || requests >= STEP_REQUESTS;
        if requests > 0 && is_step {
            let latest = f64::from(gained) / f64::from(requests);
            let mixed = LATEST * latest + (1.0 - LATEST) * typical.percent;
            typical.percent = mixed.clamp(ESTIMATES.0, ESTIMATES.1);
            typical.from = (observed_at, window.clone());
        }
        typical.percent
    }

    fn ended_after(&self, since: DateTime<Utc>) -> u32 {
        let after = self.ended.iter().rev().take_while(|at| **at > since);
        u32::try_from(after.count()).unwrap_or(u32::MAX)
    }
}

/// Used percent of a window.
#[derive(Clone, Copy, Debug)]
struct Level {
    reported: i32,
    /// Requests that are not in the reading.
    unreported: u32,
    /// Percent of one request.
    typical: f64,
}

impl Level {
    /// Whether one more request would exceed the line. Without unreported requests only the reading counts, so that a wrong
    /// estimate does not stop an account for good.
    fn stops_at(self, line: u8) -> bool {
        if self.reported >= i32::from(line) {
            return true;
        }
        let expected = f64::from(self.reported) + f64::from(self.unreported + 1) * self.typical;
        self.unreported > 0 && expected > f64::from(line)
    }
}

/// The reset of a window that may stop an account: others have no length or no end.
fn enforceable(window: &SubscriptionWindow, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    window.length_seconds?;
    window.resets_at.filter(|at| *at > now)
}

/// The percentage that is left of the fullest window; 100 without a reading.
pub(super) fn left(reported: &SubscriptionWindows, now: DateTime<Utc>) -> i32 {
    let windows = reported.windows.iter();
    let used = windows
        .filter(|window| enforceable(window, now).is_some())
        .map(|window| window.used_percent);
    100 - used.max().unwrap_or(0)
}

/// The earliest reset.
pub(super) fn next_reset(
    reported: &SubscriptionWindows,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let windows = reported.windows.iter();
    windows.filter_map(|window| enforceable(window, now)).min()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn reading(second: i64, used_percent: i32) -> SubscriptionWindows {
        SubscriptionWindows {
            reported_at: at(second),
            windows: vec![SubscriptionWindow {
                name: "five_hour".to_owned(),
                used_percent,
                resets_at: Some(at(10_000)),
                length_seconds: Some(18_000),
            }],
        }
    }

    fn line(percent: u8) -> StopLines {
        StopLines(BTreeMap::from([("five_hour".to_owned(), percent)]))
    }

    fn is_stopped(gauge: &mut Gauge, reading: &SubscriptionWindows, second: i64) -> bool {
        gauge.stopped(&line(80), reading, at(second)).is_some()
    }

    #[test]
    fn a_reading_at_the_line_stops_until_the_reset() {
        let mut gauge = Gauge::default();
        assert!(!is_stopped(&mut gauge, &reading(0, 79), 1));

        let stopped = gauge.stopped(&line(80), &reading(2, 80), at(3)).unwrap();
        assert_eq!(stopped.resets_at, at(10_000));
        assert_eq!(
            (stopped.name.as_str(), stopped.stop_at_percent),
            ("five_hour", 80)
        );
        assert!(is_stopped(&mut gauge, &reading(2, 80), 9999));
        assert!(!is_stopped(&mut gauge, &reading(2, 80), 10_000));
    }

    #[test]
    fn running_requests_and_those_that_the_reading_lacks_count() {
        let mut gauge = Gauge::default();
        let before = reading(0, 78);
        gauge.begin(at(0));
        gauge.begin(at(0));
        // Three requests of half a percent.
        assert!(!is_stopped(&mut gauge, &before, 1));
        gauge.begin(at(0));
        gauge.begin(at(0));
        assert!(is_stopped(&mut gauge, &before, 1));
        for _ in 0..4 {
            gauge.end(at(2));
        }
        assert!(is_stopped(&mut gauge, &before, 3));
        assert!(
            !is_stopped(&mut gauge, &reading(3, 78), 3),
            "a reading after their end"
        );
        assert!(
            !is_stopped(&mut gauge, &before, 63),
            "no reading for a minute"
        );
    }

    #[test]
    fn learns_what_a_request_uses() {
        let mut gauge = Gauge::default();
        assert!(!is_stopped(&mut gauge, &reading(0, 0), 0));
        let mut second = 0;
        for step in 1..=6 {
            for _ in 0..2 {
                second += 1;
                gauge.begin(at(0));
                gauge.end(at(second));
            }
            assert!(!is_stopped(&mut gauge, &reading(second, 4 * step), second));
        }
        let window = reading(second, 24).windows[0].clone();
        let learned = gauge.typical(&window, at(second));
        assert!((1.8..=2.0).contains(&learned), "{learned}");
    }

    #[test]
    fn a_window_without_a_length_or_a_reset_stops_nothing() {
        let mut gauge = Gauge::default();
        let mut unknown = reading(0, 100);
        unknown.windows[0].length_seconds = None;
        assert!(!is_stopped(&mut gauge, &unknown, 1));
        let mut endless = reading(0, 100);
        endless.windows[0].resets_at = None;
        assert!(!is_stopped(&mut gauge, &endless, 1));
        assert!(
            gauge
                .stopped(&StopLines::default(), &reading(0, 100), at(1))
                .is_none()
        );
    }

    #[test]
    fn the_fullest_window_counts() {
        let mut reported = reading(0, 30);
        let week = SubscriptionWindow {
            name: "seven_day".to_owned(),
            used_percent: 60,
            resets_at: Some(at(90_000)),
            length_seconds: Some(604_800),
        };
        reported.windows.push(week);

        assert_eq!(left(&reported, at(1)), 40);
        assert_eq!(next_reset(&reported, at(1)), Some(at(10_000)));
        assert_eq!(left(&reported, at(90_000)), 100);
    }
}
