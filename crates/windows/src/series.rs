//! The units that an account has used lately, to the second, and ever.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::units::Units;

/// Uses within this time are summed up.
const STEP: i64 = 5;
/// How far back uses are kept apart. Readings are as old as the request that carried them.
const KEPT: TimeDelta = TimeDelta::hours(2);
/// Uses that end later than now, after the clock was set back, count as of now.
const AHEAD: TimeDelta = TimeDelta::minutes(1);

/// Bounded: one entry for each five seconds of two hours.
#[derive(Clone, Debug, Default)]
pub struct UsageSeries {
    /// Of all times.
    total: Units,
    /// Starts, in steps since 1970, in order.
    steps: VecDeque<(i64, Units)>,
}

impl UsageSeries {
    /// Adds a use that ended at a time; a correction may be negative.
    pub fn add(&mut self, at: DateTime<Utc>, now: DateTime<Utc>, units: Units) {
        let at = if at > now + AHEAD { now } else { at };
        self.total = self.total.plus(units);
        self.forget(now);
        let step = step_of(at);
        if step < step_of(now - KEPT) {
            return;
        }
        let place = self.steps.partition_point(|(other, _)| *other < step);
        match self.steps.get_mut(place) {
            Some((other, sum)) if *other == step => *sum = sum.plus(units),
            _ => self.steps.insert(place, (step, units)),
        }
    }

    /// Drops what is too old, and what is later than now after the clock was set back.
    fn forget(&mut self, now: DateTime<Utc>) {
        let (first, last) = (step_of(now - KEPT), step_of(now + AHEAD));
        while self.steps.front().is_some_and(|(step, _)| *step < first) {
            self.steps.pop_front();
        }
        while self.steps.back().is_some_and(|(step, _)| *step > last) {
            self.steps.pop_back();
        }
    }

    /// The units of all times before this one.
    pub fn before(&self, at: DateTime<Utc>) -> Units {
        self.total.minus(self.since(at))
    }

    /// The units since a time, at most two hours ago.
    pub fn since(&self, at: DateTime<Utc>) -> Units {
        let first = step_of(at);
        let later = self.steps.iter().rev();
        later
            .take_while(|(step, _)| *step >= first)
            .fold(Units::default(), |sum, (_, units)| sum.plus(*units))
    }

    /// The units of each of the last blocks of this length before `now`, the oldest first, but none before `from`.
    pub fn blocks(
        &self,
        from: DateTime<Utc>,
        now: DateTime<Utc>,
        (count, length): (i32, TimeDelta),
    ) -> Vec<Units> {
        let blocks = (1..=count).rev().filter_map(|number| {
            let start = now - length * number;
            (start >= from).then(|| {
                let sum = self.since(start).minus(self.since(start + length));
                sum.at_least_zero()
            })
        });
        blocks.collect()
    }
}

fn step_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(10_000 + minute)
    }

    fn fresh(fresh: f64) -> Units {
        Units { fresh, cache: 0.0 }
    }

    #[test]
    fn uses_are_found_by_time_however_late_they_are_reported() {
        let mut series = UsageSeries::default();
        series.add(at(10), at(10), fresh(1.0));
        series.add(at(5), at(11), fresh(2.0));
        series.add(at(10), at(11), fresh(-0.5));

        assert_eq!(series.before(at(5)), fresh(0.0));
        assert_eq!(series.before(at(6)), fresh(2.0));
        assert_eq!(series.before(at(11)), fresh(2.5));
        let blocks = series.blocks(at(0), at(15), (2, TimeDelta::minutes(5)));
        assert_eq!(blocks, [fresh(2.0), fresh(0.5)]);
    }

    #[test]
    fn the_series_is_bounded_and_survives_jumps_of_the_clock() {
        let mut series = UsageSeries::default();
        for second in 0..30_000 {
            let now = at(0) + TimeDelta::seconds(second);
            series.add(now, now, fresh(1.0));
        }
        assert!(series.steps.len() <= 1_442, "{}", series.steps.len());
        assert_eq!(series.before(at(100_000)), fresh(30_000.0));

        series.add(at(1_000_000), at(10), fresh(1.0));
        assert_eq!(series.before(at(11)), fresh(30_001.0));
        series.add(at(-1_000_000), at(11), fresh(1.0));
        assert_eq!(series.before(at(9)), fresh(30_001.0));
    }
}
