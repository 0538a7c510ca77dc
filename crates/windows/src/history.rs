//! The use of an account in the quarters of an hour of the last weeks.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::units::Units;

/// The length of a block.
pub const BLOCK: TimeDelta = TimeDelta::minutes(15);
const SECONDS: i64 = 15 * 60;
const DAY: i64 = 24 * 4;
const WEEK: i64 = 7 * DAY;
/// Blocks that are kept: four weeks and the current day.
const KEPT: i64 = 4 * WEEK + DAY;

/// How use repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Season {
    /// The blocks of the same time of day in the last seven days.
    EachDay,
    /// The blocks of the same time of the week in the last four weeks.
    EachWeek,
}

/// Bounded: four weeks of blocks, without empty ones.
#[derive(Clone, Debug, Default)]
pub struct UsageHistory {
    /// By their number since 1970.
    blocks: BTreeMap<i64, Units>,
}

impl UsageHistory {
    pub fn add(&mut self, at: DateTime<Utc>, now: DateTime<Utc>, units: Units) {
        let (block, current) = (block_of(at), block_of(now));
        if block <= current - KEPT || block > current {
            return;
        }
        let sum = self.blocks.entry(block).or_default();
        *sum = sum.plus(units);
        // Also those after now, once the clock was set back.
        self.blocks = match (self.blocks.first_key_value(), self.blocks.last_key_value()) {
            (Some((first, _)), Some((last, _))) if *first <= current - KEPT || *last > current => {
                let mut kept = self.blocks.split_off(&(current - KEPT + 1));
                kept.retain(|block, _| *block <= current);
                kept
            }
            _ => std::mem::take(&mut self.blocks),
        };
    }

    /// The use in earlier blocks at the time of this one, where it is known. The block may be past or future.
    pub fn usual(&self, at: DateTime<Utc>, now: DateTime<Utc>, season: Season) -> Vec<Units> {
        let found = self.earlier(at, now, season);
        if found.is_empty() && season == Season::EachWeek {
            return self.earlier(at, now, Season::EachDay);
        }
        found
    }

    fn earlier(&self, at: DateTime<Utc>, now: DateTime<Utc>, season: Season) -> Vec<Units> {
        let Some(first) = self.blocks.keys().next().copied() else {
            return Vec::new();
        };
        let (period, count) = match season {
            Season::EachDay => (DAY, 7),
            Season::EachWeek => (WEEK, 4),
        };
        let (block, current) = (block_of(at), block_of(now));
        // The latest block at this time that is over.
        let periods = (block - current).div_euclid(period) + 1;
        let latest = block - period * periods.max(1);
        let blocks = (0..count).map(|number| latest - period * number);
        blocks
            .filter(|block| *block >= first)
            .map(|block| {
                let units = self.blocks.get(&block).copied();
                units.unwrap_or_default().at_least_zero()
            })
            .collect()
    }
}

fn block_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(1000 + day) + TimeDelta::minutes(minute)
    }

    fn fresh(fresh: f64) -> Units {
        Units { fresh, cache: 0.0 }
    }

    fn usual(
        history: &UsageHistory,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        season: Season,
    ) -> Vec<f64> {
        let units = history.usual(at, now, season).into_iter();
        units.map(|units| units.fresh).collect()
    }

    #[test]
    fn the_usual_use_is_that_of_the_same_time() {
        let mut history = UsageHistory::default();
        for day in 0..10 {
            let time = at(day, 600);
            history.add(
                time,
                time,
                fresh(1.0 + f64::from(i32::try_from(day).unwrap())),
            );
        }
        let now = at(10, 590);

        assert_eq!(
            usual(&history, at(10, 601), now, Season::EachDay),
            [10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0]
        );
        assert_eq!(usual(&history, at(10, 601), now, Season::EachWeek), [4.0]);
        // In two days, the latest that is known is yesterday's.
        assert!((usual(&history, at(12, 601), now, Season::EachDay)[0] - 10.0).abs() < 1e-9);
        assert!(usual(&history, at(10, 700), now, Season::EachDay)[0].abs() < 1e-9);
    }

    #[test]
    fn a_new_account_has_no_usual_use() {
        let mut history = UsageHistory::default();
        assert_eq!(
            usual(&history, at(0, 0), at(0, 0), Season::EachWeek),
            [0.0; 0]
        );

        history.add(at(0, 600), at(0, 600), fresh(1.0));
        assert_eq!(
            usual(&history, at(1, 600), at(1, 0), Season::EachWeek),
            [1.0]
        );
    }

    #[test]
    fn the_history_is_bounded_and_survives_jumps_of_the_clock() {
        let mut history = UsageHistory::default();
        for day in 0..100 {
            for hour in 0..24 {
                history.add(at(day, hour * 60), at(day, hour * 60), fresh(1.0));
            }
        }
        assert!(history.blocks.len() <= 29 * 24, "{}", history.blocks.len());
        history.add(at(500, 0), at(99, 0), fresh(1.0));
        history.add(at(-500, 0), at(99, 0), fresh(1.0));
        history.add(at(50, 0), at(50, 0), fresh(1.0));
        assert!(
            history
                .blocks
                .keys()
                .all(|block| *block <= block_of(at(50, 0)))
        );
    }
}
